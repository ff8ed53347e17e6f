// SPDX-License-Identifier: Apache-2.0
/*
 * kokon-rootfs: the part of `kokon rootfs` and `kokon run host:…` that needs libelf. kokon
 * execs it with the words of its own command line, already checked there.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "deps.h"
#include "diagnose.h"
#include "layer.h"
#include "parse.h"
#include "rootfs-make.h"

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	stopped = signal;
}

static int fail(const char *command, const struct err *err, int status)
{
	char text[sizeof(err->text) + sizeof(err->remedy) + 128];

	err_format(err, text, sizeof(text));
	fprintf(stderr, "kokon rootfs %s: %s\n", command, text);
	return err->exit ? err->exit : status;
}

static int print(const char *command, const struct out *o, int status)
{
	struct err err;
	int r = out_write(o, STDOUT_FILENO);

	if (r == 0 || r == -EPIPE)
		return r == 0 ? status : 1;
	err_set(&err, -r, "cannot write to standard output");
	return fail(command, &err, 1);
}

static int usage(const char *command, const struct err *err)
{
	fail(command, err, 2);
	fprintf(stderr, "  see: kokon rootfs %s --help\n", command);
	return 2;
}

static void traced(void *data UNUSED, const struct build *b, const struct node *n, int64_t ns)
{
	OUT_CLEANUP struct out o = {0};

	build_explain_node(b, n, &o);
	fprintf(stderr, "%9.3f ms  %s", (double)ns / 1e6, o.text);
}

/* A signal that ends the program lets it remove what it has half made. */
static void catch_signals(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction now = {.sa_handler = stop}, before;

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
			sigaction(signals[i], &now, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static int end_by_signal(int status)
{
	if (!stopped)
		return status;
	signal(stopped, SIG_DFL);
	raise(stopped);
	return status;
}

static void trace_remove(const char *dir, const struct timespec *start)
{
	OUT_CLEANUP struct out o = {0};
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	out_shell_word(&o, dir);
	fprintf(stderr, "%9.3f ms  rm -rf --one-file-system -- %s\n",
		(double)(now.tv_sec - start->tv_sec) * 1e3 +
			(double)(now.tv_nsec - start->tv_nsec) / 1e6,
		o.text);
}

typedef int operation(const struct rootfs_call *, struct err *);

static int change(const char *command, operation *run, struct rootfs_request *q, char **args)
{
	OUT_CLEANUP struct out explain = {0};
	OUT_CLEANUP struct out verbose = {0};
	struct rootfs_call call = {
		.request = q,
		.dir = args[0],
		.path = getenv("PATH"),
		.term = getenv("TERM"),
		.stop = &stopped,
		.traced = q->trace ? traced : NULL,
		.explain = q->explain ? &explain : NULL,
		.verbose = q->verbose ? &verbose : NULL,
	};
	struct timespec start;
	struct err err = {0};
	int r;

	catch_signals();
	umask(022);
	clock_gettime(CLOCK_MONOTONIC, &start);
	r = run(&call, &err);
	if (r == 0 && q->trace && run == rootfs_remove)
		trace_remove(args[0], &start);
	if (r < 0)
		return end_by_signal(fail(command, &err, 1));
	return print(command, q->explain ? &explain : &verbose, 0);
}

static int run_create(struct rootfs_request *q, char **args)
{
	return change("create", rootfs_create, q, args);
}

static int run_add(struct rootfs_request *q, char **args)
{
	return change("add", rootfs_add, q, args);
}

static int run_remove(struct rootfs_request *q, char **args)
{
	return change("remove", rootfs_remove, q, args);
}

static int one_deps(struct planning *p, const struct rootfs_request *q, const char *file, bool many,
		    struct out *o, struct err *err)
{
	const char *path = file;
	struct closure *c = NULL;
	int r = 0;

	/* A word without a slash is a file here, or else a program. */
	if (!q->root && !strchr(file, '/') && access(file, F_OK) == 0)
		path = arena_printf(p->tree->arena, "./%s", file);
	if (!q->root)
		r = program_find(p, path, &path, err);
	else if (file[0] != '/')
		path = arena_printf(p->tree->arena, "/%s", file);
	if (r == 0)
		r = closure_find(p->host, path, &c, err);
	if (r < 0)
		return r;
	if (q->json) {
		deps_json(c, o);
	} else if (q->tree) {
		deps_tree(c, o);
	} else {
		if (many)
			out_printf(o, "%s:\n", path);
		deps_list(c, o);
	}
	return closure_missing(c) ? 1 : 0;
}

static int run_deps(struct rootfs_request *q, char **args)
{
	CLOSE_FD int root = open(q->root ? q->root : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	OUT_CLEANUP struct out o = {0};
	struct arena arena;
	struct view view;
	struct tree tree = {.arena = &arena};
	struct planning p = {&view, &tree, getenv("PATH"), NULL};
	struct err err = {0};
	int status = 0;

	if (root < 0 || arena_init(&arena) < 0) {
		err_errno(&err, "cannot open '%s'", q->root ? q->root : "/");
		return fail("deps", &err, 1);
	}
	view_init(&view, root, &arena);
	if (q->json)
		out_puts(&o, "[");
	for (size_t i = 0; args[i]; i++) {
		size_t before = o.len;
		int r;

		if (q->json && before > 1)
			out_puts(&o, ",\n ");
		r = one_deps(&p, q, args[i], args[1] != NULL, &o, &err);
		if (r != 0)
			status = 1;
		if (r < 0) {
			fail("deps", &err, 1);
			o.len = before;
		}
	}
	if (q->json)
		out_puts(&o, "]\n");
	view_free(&view);
	arena_free(&arena);
	/* A script's first line may hold anything. */
	for (size_t i = 0; i < o.len; i++)
		if (((unsigned char)o.text[i] < 0x20 && o.text[i] != '\n' && o.text[i] != '\t') ||
		    o.text[i] == 0x7f)
			o.text[i] = '?';
	return o.len ? print("deps", &o, status) : status;
}

static int run_cache(struct rootfs_request *q, char **args)
{
	OUT_CLEANUP struct out o = {0};
	OUT_CLEANUP struct out trace = {0};
	struct err err = {0};
	bool prune = strcmp(args[0], "prune") == 0;
	int r = prune ? layer_prune(q, &o, &trace, &err) : layer_list(q->json, &o, &err);

	if (trace.text)
		fputs(trace.text, stderr);

	return r < 0 ? fail(prune ? "cache prune" : "cache list", &err, 1)
		     : print(prune ? "cache prune" : "cache list", &o, 0);
}

static int check_json(const struct rootfs_request *q, const char *command, const struct err *err,
		      int r)
{
	OUT_CLEANUP struct out o = {0};

	(void)q;
	out_puts(&o, "{\"command\": ");
	out_json_string(&o, command);
	out_printf(&o, ", \"starts\": %s, \"reason\": ", r == 0 ? "true" : "false");
	out_json_string(&o, r == 0 ? NULL : err->text);
	out_puts(&o, ", \"remedy\": ");
	out_json_string(&o, r < 0 && *err->remedy ? err->remedy : NULL);
	out_puts(&o, "}\n");
	return print("check", &o, r == 0 ? 0 : 1);
}

static int run_check(struct rootfs_request *q, char **args)
{
	CLOSE_FD int root = open(args[0], O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct diagnosis d = {.root = root, .dir = args[0], .command = args[1]};
	struct err err = {0};
	int r;

	if (root < 0) {
		err_errno(&err, "cannot open '%s'", args[0]);
		return fail("check", &err, 1);
	}
	r = diagnose(&d, &err);
	err.exit = 0;
	if (err.code != EMFILE)
		err.code = 0;
	if (q->json)
		return check_json(q, args[1], &err, r);
	if (r < 0)
		return fail("check", &err, 1);
	printf("'%s' would start in '%s'\n", args[1], args[0]);
	return fflush(stdout) == 0 ? 0 : 1;
}

/* For kokon itself: nothing is sent when nothing is found. */
static int run_diagnose(struct rootfs_request *q, char **args)
{
	struct diagnosis d = q->diagnosis;
	struct err err = {0};

	d.command = args[0] ? args[0] : "";
	/* Without descriptors nothing could be looked at, and so nothing found. */
	if (diagnose(&d, &err) == 0 || err.code == EMFILE)
		return 0;
	/* The text says what the errno would repeat. */
	err.code = 0;
	return write(q->report_fd, &err, sizeof(err)) == sizeof(err) ? 0 : 1;
}

/* For kokon itself: the error goes back through a descriptor, as it is. */
static int run_layer(struct rootfs_request *q, char **args)
{
	struct err err = {0};

	catch_signals();
	umask(022);
	if (layer_build(args[0] ? args[0] : "", &stopped, &err) == 0)
		return 0;
	if (q->report_fd > 0 && write(q->report_fd, &err, sizeof(err)) == sizeof(err))
		return end_by_signal(1);
	return end_by_signal(fail("layer", &err, 1));
}

static int set_number(void *request, const struct option_def *def, const char *value,
		      struct err *err)
{
	int64_t fd;

	if (parse_i64(value, 0, 1 << 20, &fd) < 0)
		return err_set(err, 0, "'%s' is no number", value);
	*(int *)((char *)request + def->data) = (int)fd;
	return 0;
}

static int set_text(void *request, const struct option_def *def, const char *value,
		    struct err *err UNUSED)
{
	*(const char **)((char *)request + def->data) = value;
	return 0;
}

#define NUMBER_OPTION(long_name, field)                                                            \
	{                                                                                          \
		.name = long_name, .arg = ARG_REQUIRED, .metavar = "N", .set = set_number,         \
		.data = offsetof(struct rootfs_request, field)                                     \
	}
#define TEXT_OPTION(long_name, field)                                                              \
	{                                                                                          \
		.name = long_name, .arg = ARG_REQUIRED, .metavar = "TEXT", .set = set_text,        \
		.data = offsetof(struct rootfs_request, field)                                     \
	}
#define REPORT_OPTION NUMBER_OPTION("report-fd", report_fd)

static const struct option_def check_options[] = {ROOTFS_CHECK_OPTIONS, OPTIONS_END};
static const struct option_def diagnose_options[] = {
	REPORT_OPTION,
	NUMBER_OPTION("root-fd", diagnosis.root),
	NUMBER_OPTION("code", diagnosis.code),
	TEXT_OPTION("path", diagnosis.path),
	TEXT_OPTION("cwd", diagnosis.cwd),
	TEXT_OPTION("dir", diagnosis.dir),
	TEXT_OPTION("image", diagnosis.image),
	OPTIONS_END,
};
static const struct option_def layer_options[] = {REPORT_OPTION, OPTIONS_END};
static const struct option_def cache_options[] = {ROOTFS_CACHE_OPTIONS, OPTIONS_END};
static const struct option_def create_options[] = {ROOTFS_CREATE_OPTIONS, OPTIONS_END};
static const struct option_def add_options[] = {ROOTFS_ADD_OPTIONS, OPTIONS_END};
static const struct option_def remove_options[] = {ROOTFS_REMOVE_OPTIONS, OPTIONS_END};
static const struct option_def deps_options[] = {ROOTFS_DEPS_OPTIONS, OPTIONS_END};

static const struct verb {
	const char *name;
	const struct option_def *options;
	int (*run)(struct rootfs_request *q, char **args);
} verbs[] = {
	{"create", create_options, run_create}, {"add", add_options, run_add},
	{"remove", remove_options, run_remove}, {"deps", deps_options, run_deps},
	{"check", check_options, run_check},    {"diagnose", diagnose_options, run_diagnose},
	{"cache", cache_options, run_cache},    {"layer", layer_options, run_layer},
};

int main(int argc, char **argv)
{
	static struct rootfs_request request;
	struct err err = {0};
	size_t rest;

	for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(verbs); i++) {
		if (strcmp(verbs[i].name, argv[1]) != 0)
			continue;
		if (options_parse(verbs[i].options, OPTIONS_ANYWHERE, &request, argv + 2, &rest,
				  &err) < 0)
			return usage(argv[1], &err);
		return verbs[i].run(&request, argv + 2);
	}
	fprintf(stderr, "kokon-rootfs: a helper of kokon; see: kokon rootfs --help\n");
	return 2;
}
