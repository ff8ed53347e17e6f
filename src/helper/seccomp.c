// SPDX-License-Identifier: Apache-2.0
/*
 * kokon-seccomp: compiles a seccomp profile (standard input) to a filter program (standard
 * output), because libseccomp is too large to be in kokon itself and does not link with musl.
 *
 *   kokon-seccomp compile CAPABILITIES KERNEL    the program for a set of capabilities (a mask
 *                                                in hexadecimal) and a kernel ("6.1")
 *   kokon-seccomp template                       C source with one program for all sets
 *
 * On failure one line is on standard error and the exit status is 1.
 */
#include <stdio.h>
#include <string.h>
#include "file.h"
#include "seccomp-compile.h"
#include "seccomp-format.h"

enum { OLDEST_KERNEL = 5 << 16 | 14 };

static int fail(const struct err *err)
{
	char text[1200];

	err_format(err, text, sizeof(text));
	fprintf(stderr, "%s\n", text);
	return 1;
}

static int usage(void)
{
	fputs("usage: kokon-seccomp compile CAPABILITIES KERNEL | template\n", stderr);
	return 2;
}

static int run_compile(const struct profile *p, uint64_t caps, struct arena *a, struct err *err)
{
	static struct bpf_program program;
	struct seccomp_format head = {.magic = SECCOMP_FORMAT_MAGIC, .flags = p->flags};
	int r = compile_for(p, caps, a, &program, err);

	if (r < 0)
		return r;
	head.notify = p->notify;
	head.count = (uint32_t)program.count;
	r = write_all(STDOUT_FILENO, &head, sizeof(head));
	if (r >= 0)
		r = write_all(STDOUT_FILENO, program.code, program.count * sizeof(program.code[0]));
	return r < 0 ? err_set(err, -r, "cannot write the program") : 0;
}

static int run_template(const struct profile *p, struct arena *a, struct err *err)
{
	static struct bpf_program program;
	struct seccomp_class classes[TEMPLATE_CLASSES_MAX];
	size_t count;
	int r = compile_template(p, a, &program, classes, &count, err);

	if (r < 0)
		return r;
	printf("// SPDX-License-Identifier: Apache-2.0\n"
	       "/* Made by kokon-seccomp from seccomp-default.json. */\n"
	       "#include \"seccomp-format.h\"\n\n"
	       "const struct seccomp_class seccomp_default_classes[] = {\n");
	for (size_t i = 0; i < count; i++)
		printf("\t{0x%llx, %u},\n", (unsigned long long)classes[i].caps,
		       classes[i].otherwise);
	printf("};\nconst uint32_t seccomp_default_classes_count = %zu;\n\n"
	       "const struct sock_filter seccomp_default_program[] = {\n",
	       count);
	for (size_t i = 0; i < program.count; i++)
		printf("\t{0x%02x, %u, %u, 0x%08x},\n", program.code[i].code, program.code[i].jt,
		       program.code[i].jf, program.code[i].k);
	printf("};\nconst uint32_t seccomp_default_program_count = %zu;\n", program.count);
	if (fflush(stdout) != 0)
		return err_errno(err, "cannot write the program");
	return 0;
}

static int run(char **argv, bool template, struct err *err)
{
	uint32_t kernel = OLDEST_KERNEL;
	struct profile profile;
	FREE_PTR char *text = NULL;
	struct arena a;
	uint64_t caps = 0;
	unsigned major, minor;
	ssize_t n = read_fd(STDIN_FILENO, SECCOMP_PROFILE_MAX, &text);
	int r;

	if (n < 0)
		return err_set(err, (int)-n, "cannot read the profile");
	if (!template) {
		caps = strtoull(argv[2], NULL, 16);
		if (sscanf(argv[3], "%u.%u", &major, &minor) != 2)
			return err_set(err, 0, "'%s' is no kernel version", argv[3]);
		kernel = major << 16 | minor;
	}
	r = arena_init(&a);
	if (r < 0)
		return err_set(err, -r, "cannot get memory");
	r = profile_read(text, (size_t)n, kernel, &a, &profile, err);
	if (r >= 0)
		r = template ? run_template(&profile, &a, err)
			     : run_compile(&profile, caps, &a, err);
	arena_free(&a);
	return r;
}

int main(int argc, char **argv)
{
	struct err err = {0};
	bool template = argc == 2 && strcmp(argv[1], "template") == 0;

	if (!template && !(argc == 4 && strcmp(argv[1], "compile") == 0))
		return usage();
	return run(argv, template, &err) < 0 ? fail(&err) : 0;
}
