// SPDX-License-Identifier: Apache-2.0
/* kokon cgroup create, set, exec, move, freeze, thaw, kill, remove. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cgroup-options.h"
#include "clock.h"
#include "parse.h"
#include "traced.h"

int set_cgroup_limit(void *request, const struct option_def *def, const char *value,
		     struct err *err)
{
	struct cgroup_options *o = request;

	return cgroup_limit_parse(&o->limits, (enum cgroup_limit)def->data, value, err);
}

enum cgroup_other {
	OTHER_CPUS,
	OTHER_CPUSET_CPUS,
	OTHER_CPUSET_MEMS,
	OTHER_IO,
	OTHER_VALUE,
	OTHER_CONTROLLERS
};

static int set_raw(struct cgroup_options *o, const char *value, struct err *err)
{
	const char *equals = strchr(value, '=');

	if (!equals || equals == value || !equals[1] || equals - value > 255) {
		err_set(err, 0, "'%s' is no FILE=VALUE", value);
		return err_remedy(err, "name a file of the group, such as memory.oom.group=1");
	}
	if (o->limits.n_raw == ARRAY_SIZE(o->raw))
		return err_set(err, 0, "more than %zu values", ARRAY_SIZE(o->raw));
	/* argv lives as long as the process, and so does this copy */
	o->raw[o->limits.n_raw].file = strndup(value, (size_t)(equals - value));
	o->raw[o->limits.n_raw++].value = equals + 1;
	o->limits.raw = o->raw;
	return 0;
}

static int set_controllers(struct cgroup_options *o, const char *value, struct err *err)
{
	const char *rest = value, *field;
	size_t len;

	while (next_field(&rest, ',', &field, &len)) {
		char name[32];
		uint32_t bit;

		snprintf(name, sizeof(name), "%.*s", (int)MIN(len, sizeof(name) - 1), field);
		bit = cgroup_controllers_parse(name, ',');
		if (!bit) {
			err_set(err, 0, "'%s' is no controller", name);
			return err_remedy(err, "accepted: a list of cpu, cpuacct, cpuset, memory, "
					       "io, pids, hugetlb, rdma, misc, freezer, devices, "
					       "net_cls, net_prio, perf_event");
		}
		o->controllers |= bit;
	}
	return 0;
}

int set_cgroup_other(void *request, const struct option_def *def, const char *value,
		     struct err *err)
{
	struct cgroup_options *o = request;
	int r;

	switch ((enum cgroup_other)def->data) {
	case OTHER_CPUS: return cgroup_cpus_parse(&o->limits, value, err);
	case OTHER_CPUSET_CPUS: o->limits.cpuset_cpus = value; return cgroup_list_check(value, err);
	case OTHER_CPUSET_MEMS: o->limits.cpuset_mems = value; return cgroup_list_check(value, err);
	case OTHER_VALUE: return set_raw(o, value, err);
	case OTHER_CONTROLLERS: return set_controllers(o, value, err);
	case OTHER_IO:
		if (o->limits.n_io == ARRAY_SIZE(o->io))
			return err_set(err, 0, "more than %zu devices", ARRAY_SIZE(o->io));
		r = cgroup_io_max_parse(value, &o->io[o->limits.n_io], err);
		if (r == 0) {
			o->limits.n_io++;
			o->limits.io = o->io;
		}
		return r;
	default: return -EINVAL;
	}
}

#define LIMIT(name_, limit_, metavar_, help_)                                                      \
	{                                                                                          \
		.name = name_, .arg = ARG_REQUIRED, .metavar = metavar_, .help = help_,            \
		.set = set_cgroup_limit, .data = limit_                                            \
	}
#define OTHER(name_, other_, metavar_, help_)                                                      \
	{                                                                                          \
		.name = name_, .arg = ARG_REQUIRED, .metavar = metavar_, .help = help_,            \
		.set = set_cgroup_other, .data = other_                                            \
	}

static const struct option_def limit_options[] = {
	LIMIT("memory", CGROUP_LIMIT_MEMORY, "BYTES",
	      "memory above which processes are killed (64M, max)"),
	LIMIT("memory-swap", CGROUP_LIMIT_MEMORY_SWAP, "BYTES", "memory and swap together"),
	LIMIT("memory-low", CGROUP_LIMIT_MEMORY_LOW, "BYTES", "memory that is reclaimed last"),
	LIMIT("memory-high", CGROUP_LIMIT_MEMORY_HIGH, "BYTES",
	      "memory above which the group is slowed down (v2)"),
	OTHER("cpus", OTHER_CPUS, "NUMBER", "CPU time, in CPUs (1.5, max)"),
	LIMIT("cpu-shares", CGROUP_LIMIT_CPU_SHARES, "NUMBER",
	      "share under contention, 2 to 262144 (usual: 1024)"),
	OTHER("cpuset-cpus", OTHER_CPUSET_CPUS, "LIST", "the CPUs to run on (0-2,4)"),
	OTHER("cpuset-mems", OTHER_CPUSET_MEMS, "LIST", "the memory nodes to use"),
	LIMIT("pids-limit", CGROUP_LIMIT_PIDS, "NUMBER", "processes and threads at most (max)"),
	OTHER("io-max", OTHER_IO, "DEV:KEY=N",
	      "per second and disk: rbps, wbps, riops, wiops; may be repeated"),
	OTHER("value", OTHER_VALUE, "FILE=VALUE",
	      "write any other file of the group; may be repeated"),
	OTHER("controllers", OTHER_CONTROLLERS, "LIST",
	      "take part in these without a limit (cpu,memory)"),
	CGROUP_EXPLAIN,
	CGROUP_TRACE,
	OPTION_HELP,
	OPTION_VERSION,
	OPTIONS_END,
};
static const struct option_def explain_options[] = {CGROUP_EXPLAIN, CGROUP_TRACE, OPTION_HELP,
						    OPTION_VERSION, OPTIONS_END};
static const struct option_def remove_options[] = {
	CGROUP_FLAG(recursive, "recursive", "groups below too"),
	CGROUP_FLAG(kill, "kill", "kill every process in them first"),
	CGROUP_EXPLAIN,
	CGROUP_TRACE,
	OPTION_HELP,
	OPTION_VERSION,
	OPTIONS_END,
};

/* The shape of every command here: parse, one call below, print. */
typedef int operation(const struct cgroup_session *s, const struct cgroup_options *o, char **words,
		      struct err *err);

/* The steps as --explain has them, then the deed, then how long it took. */
static int traced(operation *f, struct cgroup_session *s, const struct cgroup_options *o,
		  char **words, struct err *err)
{
	double start;
	int r;

	s->context.explain = &s->out;
	r = f(s, o, words, err);
	if (r < 0 || o->explain)
		return r;
	s->context.explain = NULL;
	start = clock_ms();
	r = f(s, o, words, err);
	traced_print(&s->out, start, r);
	return r;
}

static int run_operation(const struct command *self, char **argv, operation *f, size_t most)
{
	struct cgroup_options o = {0};
	struct cgroup_session s;
	struct err err = {0};
	size_t rest;
	int status = cgroup_parse(self, &o, OPTIONS_ANYWHERE, argv, most > 1 ? 2 : 1, most, &rest);

	if (status < 0)
		status = cgroup_begin(self, &o, &s);
	if (status >= 0)
		return status;
	argv[1 + rest] = NULL;
	status = (o.trace ? traced(f, &s, &o, argv + 1, &err) : f(&s, &o, argv + 1, &err)) < 0
			 ? command_fail(self, &err, 1)
			 : 0;
	return cgroup_end(self, &s, status);
}

static int do_create(const struct cgroup_session *s, const struct cgroup_options *o, char **words,
		     struct err *err)
{
	return group_create(&s->context, words[0], &o->limits, o->controllers, err);
}

static int run_create(const struct command *self, char **argv)
{
	return run_operation(self, argv, do_create, 1);
}

static int do_set(const struct cgroup_session *s, const struct cgroup_options *o, char **words,
		  struct err *err)
{
	if (!cgroup_limits_any(&o->limits) && !o->controllers) {
		err_set(err, 0, "nothing to set for group '%s'", words[0]);
		err_remedy(err, "give a limit, such as --memory 64M");
		return err_exit(err, 2);
	}
	return group_set(&s->context, words[0], &o->limits, o->controllers, err);
}

static int run_set(const struct command *self, char **argv)
{
	return run_operation(self, argv, do_set, 1);
}

static int do_move(const struct cgroup_session *s, const struct cgroup_options *o UNUSED,
		   char **words, struct err *err)
{
	pid_t pids[1024];
	size_t n = 0;

	for (char **w = words + 1; *w; w++) {
		int64_t pid;

		if (parse_i64(strncmp(*w, "pid:", 4) == 0 ? *w + 4 : *w, 1, INT32_MAX, &pid) < 0) {
			err_set(err, 0, "'%s' is no PID", *w);
			return err_remedy(err, "give numbers of processes; 'ps -e' lists them");
		}
		if (n == ARRAY_SIZE(pids))
			return err_set(err, 0, "more than %zu PIDs", ARRAY_SIZE(pids));
		pids[n++] = (pid_t)pid;
	}
	return group_move(&s->context, words[0], pids, n, err);
}

static int run_move(const struct command *self, char **argv)
{
	return run_operation(self, argv, do_move, SIZE_MAX);
}

static int do_freeze(const struct cgroup_session *s, const struct cgroup_options *o UNUSED,
		     char **words, struct err *err)
{
	return group_freeze(&s->context, words[0], true, err);
}

static int run_freeze(const struct command *self, char **argv)
{
	return run_operation(self, argv, do_freeze, 1);
}

static int do_thaw(const struct cgroup_session *s, const struct cgroup_options *o UNUSED,
		   char **words, struct err *err)
{
	return group_freeze(&s->context, words[0], false, err);
}

static int run_thaw(const struct command *self, char **argv)
{
	return run_operation(self, argv, do_thaw, 1);
}

static int do_kill(const struct cgroup_session *s, const struct cgroup_options *o UNUSED,
		   char **words, struct err *err)
{
	return group_kill(&s->context, words[0], err);
}

static int run_kill(const struct command *self, char **argv)
{
	return run_operation(self, argv, do_kill, 1);
}

static int do_remove(const struct cgroup_session *s, const struct cgroup_options *o, char **words,
		     struct err *err)
{
	return group_remove(&s->context, words[0],
			    (o->recursive ? GROUP_RECURSIVE : 0) | (o->kill ? GROUP_KILL : 0), err);
}

static int run_remove(const struct command *self, char **argv)
{
	return run_operation(self, argv, do_remove, 1);
}

static int run_exec(const struct command *self, char **argv)
{
	struct cgroup_options o = {0};
	struct cgroup_session s;
	struct err err = {0};
	const char *note = NULL;
	size_t rest;
	char **command;
	int status = cgroup_parse(self, &o, OPTIONS_FIRST, argv, 2, SIZE_MAX, &rest);

	if (status >= 0)
		return status;
	command = argv + 2;
	if (strcmp(*command, "--") == 0)
		command++;
	if (!*command) {
		err_set(&err, 0, "a command is missing");
		return command_usage(self, &err);
	}
	status = cgroup_begin(self, &o, &s);
	if (status >= 0)
		return status;
	if (o.trace && !o.explain) {
		s.context.explain = &s.out;
		if (group_exec(&s.context, argv[1], command, &note, &err) == 0)
			out_write(&s.out, STDERR_FILENO);
		s.context.explain = NULL;
	}
	err = (struct err){0};
	status = group_exec(&s.context, argv[1], command, &note, &err);
	if (status < 0)
		status = command_fail(self, &err, 1);
	if (note)
		fprintf(stderr, "kokon cgroup exec: %s\n", note);
	if (!o.explain)
		s.out.len = 0;
	return cgroup_end(self, &s, status);
}

#define COMMAND(word, synopsis_, summary_, options_)                                               \
	const struct command cgroup_##word##_command = {                                           \
		.name = "cgroup " #word,                                                           \
		.synopsis = synopsis_,                                                             \
		.summary = summary_,                                                               \
		.options = options_,                                                               \
		.run = run_##word,                                                                 \
		.usage_status = 2,                                                                 \
	}

COMMAND(create, "[OPTIONS] PATH", "Make a group, and the groups above it", limit_options);
COMMAND(set, "[OPTIONS] PATH", "Change the limits of a group", limit_options);
COMMAND(exec, "[OPTIONS] PATH [--] COMMAND [ARGUMENT…]", "Run a command in a group",
	explain_options);
COMMAND(move, "[OPTIONS] PATH PID…", "Move processes into a group", explain_options);
COMMAND(freeze, "[OPTIONS] PATH", "Stop every process in and below a group", explain_options);
COMMAND(thaw, "[OPTIONS] PATH", "Let a frozen group run again", explain_options);
COMMAND(kill, "[OPTIONS] PATH", "Kill every process in and below a group", explain_options);
COMMAND(remove, "[OPTIONS] PATH", "Remove a group", remove_options);
