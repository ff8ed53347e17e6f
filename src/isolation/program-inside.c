// SPDX-License-Identifier: Apache-2.0
/*
 * Theory of operation
 *
 * execve(2) has one errno for many causes: ENOENT may mean the file, its ELF interpreter or
 * its "#!" interpreter. When it fails, the first bytes of the file are read here, in the very
 * root and with the very rights in which it failed, and the cause is named.
 */
#include "program.h"

#include <elf.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include "names.h"
#include "parse.h"

static const struct name machines[] = {
	{"x86-64", EM_X86_64}, {"i386", EM_386},        {"aarch64", EM_AARCH64}, {"arm", EM_ARM},
	{"riscv", EM_RISCV},   {"ppc64", EM_PPC64},     {"s390x", EM_S390},      {"mips", EM_MIPS},
	{"ppc", EM_PPC},       {"sparc64", EM_SPARCV9}, {"loongarch", 258},      {NULL, 0},
};

#if defined(__x86_64__)
enum { OWN_MACHINE = EM_X86_64 };
#elif defined(__aarch64__)
enum { OWN_MACHINE = EM_AARCH64 };
#elif defined(__riscv)
enum { OWN_MACHINE = EM_RISCV };
#elif defined(__powerpc64__)
enum { OWN_MACHINE = EM_PPC64 };
#elif defined(__s390x__)
enum { OWN_MACHINE = EM_S390 };
#else
enum { OWN_MACHINE = EM_NONE };
#endif

static const char *machine_name(int machine)
{
	const char *name = value_to_name(machines, machine);

	return name ? name : "unknown";
}

static bool exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

/* A script: its first line names an interpreter. `head` is terminated. */
static void explain_script(const char *file, char *head, struct err *err)
{
	char *interpreter = head + 2 + strspn(head + 2, " \t");
	size_t len = strcspn(interpreter, " \t\n");

	interpreter[len] = '\0';
	if (len > 0 && interpreter[len - 1] == '\r') {
		interpreter[len - 1] = '\0';
		err_set(err, err->code,
			"cannot run '%s': its first line ends with a carriage return, so its "
			"interpreter is '%s\\r'",
			file, interpreter);
		err_remedy(err, "the file has DOS line ends: sed -i 's/\\r$//' '%s'", file);
	} else if (len > 0 && err->code == ENOENT && !exists(interpreter)) {
		err_set(err, err->code,
			"cannot run '%s': its interpreter '%s' (named in its first line) is "
			"missing",
			file, interpreter);
		err_remedy(err, "kokon rootfs add DIR --bin '%s'", interpreter);
	} else if (len > 0 && err->code == EACCES) {
		err_set(err, err->code, "cannot run '%s': its interpreter '%s' may not be executed",
			file, interpreter);
	}
}

/* The path in PT_INTERP, into buf; empty: none. */
static void read_interpreter(int fd, const Elf64_Ehdr *ehdr, char *buf, size_t size)
{
	buf[0] = '\0';
	for (int i = 0; i < ehdr->e_phnum && i < 128; i++) {
		Elf64_Phdr phdr;
		off_t at = (off_t)(ehdr->e_phoff + (uint64_t)i * sizeof(phdr));
		ssize_t n;

		if (pread(fd, &phdr, sizeof(phdr), at) != sizeof(phdr))
			return;
		if (phdr.p_type != PT_INTERP)
			continue;
		n = pread(fd, buf, MIN(size - 1, (size_t)phdr.p_filesz), (off_t)phdr.p_offset);
		buf[n > 0 ? n : 0] = '\0';
		return;
	}
}

static void explain_elf(int fd, const char *file, const Elf64_Ehdr *ehdr, struct err *err)
{
	char interpreter[256];

	if (ehdr->e_machine != OWN_MACHINE && err->code == ENOEXEC) {
		err_set(err, ENOEXEC,
			"cannot run '%s': it is a program for %s, and this machine is %s", file,
			machine_name(ehdr->e_machine), machine_name(OWN_MACHINE));
		err_remedy(err,
			   "use a build for %s, or register an emulator (package qemu-user-static)",
			   machine_name(OWN_MACHINE));
		return;
	}
	if (ehdr->e_ident[EI_CLASS] != ELFCLASS64) {
		err_set(err, err->code,
			"cannot run '%s': it is a 32-bit program, and its interpreter or the "
			"kernel's support for it is missing",
			file);
		return;
	}
	read_interpreter(fd, ehdr, interpreter, sizeof(interpreter));
	if (!interpreter[0] || exists(interpreter))
		return;
	err_set(err, err->code, "cannot run '%s': its interpreter '%s' is missing in this root",
		file, interpreter);
	err_remedy(err,
		   "the file is there, but the dynamic linker that it names is not; 'kokon rootfs "
		   "add DIR --bin %s' brings both",
		   file);
}

static void explain_mode(const char *file, const struct stat *st, struct err *err)
{
	struct statvfs fs;

	if (S_ISDIR(st->st_mode)) {
		err_set(err, err->code, "cannot run '%s': it is a directory", file);
	} else if (!S_ISREG(st->st_mode)) {
		err_set(err, err->code, "cannot run '%s': it is no regular file", file);
	} else if (!(st->st_mode & 0111)) {
		err_set(err, err->code, "cannot run '%s': it is not executable (mode %04o)", file,
			(unsigned int)st->st_mode & 07777);
		err_remedy(err, "chmod +x '%s'", file);
	} else if (statvfs(file, &fs) == 0 && (fs.f_flag & ST_NOEXEC)) {
		err_set(err, err->code,
			"cannot run '%s': it is on a file system mounted with noexec", file);
		err_remedy(err, "mount -o remount,exec, or put the program elsewhere");
	}
}

/* `err` holds the bare failure of execve on `file`; make it say the cause. */
static void explain(const char *file, struct err *err)
{
	CLOSE_FD int fd = -1;
	struct stat st;
	union {
		Elf64_Ehdr ehdr;
		char text[256];
	} head = {.text = ""};
	ssize_t n;

	if (stat(file, &st) < 0)
		return;
	if (err->code == EACCES || !S_ISREG(st.st_mode))
		explain_mode(file, &st, err);
	if (!S_ISREG(st.st_mode))
		return;
	fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return;
	n = pread(fd, head.text, sizeof(head.text) - 1, 0);
	if (n >= (ssize_t)sizeof(Elf64_Ehdr) && memcmp(head.text, ELFMAG, SELFMAG) == 0)
		explain_elf(fd, file, &head.ehdr, err);
	else if (n > 2 && head.text[0] == '#' && head.text[1] == '!')
		explain_script(file, head.text, err);
	else if (err->code == ENOEXEC)
		err_set(err, ENOEXEC,
			"cannot run '%s': it is neither a program for this machine nor a script "
			"with a '#!' line",
			file);
}

static int failed(const char *file, int code, struct err *err)
{
	int status = code == ENOENT ? 127 : 126;

	err_set(err, code, "cannot run '%s'", file);
	/* Before as well as after: looking for the cause may be the end, under a filter. */
	err_exit(err, status);
	explain(file, err);
	return err_exit(err, status);
}

/* Apart, so that its 32 KB of stack are touched only when it runs. */
__attribute__((noinline)) static void run_by_shell(const struct program_plan *plan,
						   const char *path)
{
	const char *argv[4096 + 2] = {"/bin/sh", path};
	size_t argc = 0;

	while (plan->argv[argc])
		argc++;
	if (argc >= 4096)
		return;
	for (size_t i = 1; i <= argc; i++)
		argv[i + 1] = plan->argv[i];
	execve(argv[0], (char *const *)argv, (char *const *)plan->envp);
}

/* execve(2), and for a text without "#!" what execvp(3) does instead. */
static void attempt(const struct program_plan *plan, const char *path)
{
	execve(path, (char *const *)plan->argv, (char *const *)plan->envp);
	if (errno != ENOEXEC || !plan->shell_fallback)
		return;
	run_by_shell(plan, path);
	errno = ENOEXEC;
}

static int search(const struct program_plan *plan, struct err *err)
{
	const char *at = plan->path ? plan->path : "/bin:/usr/bin", *dir;
	char denied[512] = "", path[512];
	size_t len;
	int code = ENOENT;

	while (next_field(&at, ':', &dir, &len)) {
		int n = snprintf(path, sizeof(path), "%.*s%s%s", (int)len, dir, len ? "/" : "",
				 plan->file);

		if (n < 0 || (size_t)n >= sizeof(path))
			continue;
		attempt(plan, path);
		/* Found, but something it needs is missing: looking further would hide that. */
		if (errno != ENOENT && errno != ENOTDIR && errno != EACCES)
			return failed(path, errno, err);
		if (errno == ENOENT && exists(path))
			return failed(path, ENOENT, err);
		if (errno == EACCES && !denied[0] && exists(path)) {
			snprintf(denied, sizeof(denied), "%s", path);
			code = EACCES;
		}
	}
	if (denied[0])
		return failed(denied, code, err);
	err_set(err, ENOENT, "cannot run '%s'", plan->file);
	err_remedy(err, "no directory of PATH has it: %s",
		   plan->path ? plan->path : "/bin:/usr/bin");
	return err_exit(err, 127);
}

int program_exec(const struct program_plan *plan, struct err *err)
{
	if (!strchr(plan->file, '/') && plan->file[0])
		return search(plan, err);
	attempt(plan, plan->file);
	return failed(plan->file, errno, err);
}

/* 0 or the errno that execve(2) would have, but for what is inside of the file. */
static int executable(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno;
	if (!S_ISREG(st.st_mode))
		return EACCES;
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0 ? errno : 0;
}

int program_find(const struct program_plan *plan, struct err *err)
{
	const char *at = plan->path ? plan->path : "/bin:/usr/bin", *dir;
	char path[512];
	size_t len;
	int code;

	if (strchr(plan->file, '/') || !plan->file[0]) {
		code = executable(plan->file);
		return code ? failed(plan->file, code, err) : 0;
	}
	while (next_field(&at, ':', &dir, &len)) {
		int n = snprintf(path, sizeof(path), "%.*s%s%s", (int)len, dir, len ? "/" : "",
				 plan->file);

		if (n > 0 && (size_t)n < sizeof(path) && executable(path) == 0)
			return 0;
	}
	/* None of them: search() fails in each, and says why. */
	return search(plan, err);
}
