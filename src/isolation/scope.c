// SPDX-License-Identifier: Apache-2.0
#include "scope.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "cgroup-limits.h"
#include "file.h"
#include "helper.h"
#include "parse.h"
#include "process.h"

/* --- names --- */

static int no_slice(const char *slice, struct err *err)
{
	err_set(err, EINVAL, "'%s' is no slice of systemd", slice);
	return err_remedy(err, "a cgroupsPath for systemd is SLICE:PREFIX:NAME, such as "
			       "machine.slice:kokon:web");
}

int scope_expand_slice(struct arena *a, const char *slice, const char **ret, struct err *err)
{
	size_t len = strlen(slice);
	const char *path = "", *end;

	if (strcmp(slice, "-.slice") == 0) {
		*ret = "";
		return 0;
	}
	if (len < 7 || strcmp(slice + len - 6, ".slice") != 0 || strchr(slice, '/') ||
	    *slice == '-' || slice[len - 7] == '-' || strstr(slice, "--"))
		return no_slice(slice, err);
	for (end = slice; end < slice + len - 6;) {
		end++;
		end += strcspn(end, "-.");
		if (*end == '.' && end < slice + len - 6)
			continue;
		path = arena_printf(a, "%s%s%.*s.slice", path, *path ? "/" : "", (int)(end - slice),
				    slice);
	}
	*ret = path;
	return 0;
}

/* --- properties --- */

struct properties {
	struct arena *a;
	const char **list;
	uint32_t n;
};

static void put(struct properties *p, const char *text)
{
	if (p->n < SCOPE_PROPERTIES_MAX)
		p->list[p->n++] = text;
}

static void put_number(struct properties *p, const char *name, uint64_t value)
{
	put(p, arena_printf(p->a, "%s=t:%" PRIu64, name, value));
}

static bool has(const struct cgroup_limits *l, enum cgroup_limit limit)
{
	return l->set & (1ULL << limit);
}

/* systemd counts CPU time per second, in steps of 10 ms. */
static void put_quota(struct properties *p, const struct cgroup_limits *l)
{
	uint64_t quota = l->value[CGROUP_LIMIT_CPU_QUOTA];
	uint64_t period =
		has(l, CGROUP_LIMIT_CPU_PERIOD) ? l->value[CGROUP_LIMIT_CPU_PERIOD] : 100000;

	if (has(l, CGROUP_LIMIT_CPU_PERIOD))
		put_number(p, "CPUQuotaPeriodUSec", period);
	if (!has(l, CGROUP_LIMIT_CPU_QUOTA))
		return;
	if (quota != CGROUP_MAX) {
		quota = quota * 1000000 / MAX(period, (uint64_t)1);
		quota = (quota + 9999) / 10000 * 10000;
	}
	put_number(p, "CPUQuotaPerSecUSec", quota);
}

static void put_memory(struct properties *p, const struct cgroup_limits *l)
{
	uint64_t memory = l->value[CGROUP_LIMIT_MEMORY], swap = l->value[CGROUP_LIMIT_MEMORY_SWAP];

	if (has(l, CGROUP_LIMIT_MEMORY))
		put_number(p, "MemoryMax", memory);
	if (has(l, CGROUP_LIMIT_MEMORY_LOW))
		put_number(p, "MemoryLow", l->value[CGROUP_LIMIT_MEMORY_LOW]);
	if (has(l, CGROUP_LIMIT_MEMORY_SWAP))
		put_number(p, "MemorySwapMax",
			   swap == CGROUP_MAX || memory == CGROUP_MAX || swap < memory
				   ? CGROUP_MAX
				   : swap - memory);
}

/* Files written by name that systemd has a property for: else it would write its own value there.
 */
static void put_raw(struct properties *p, const struct cgroup_raw *raw)
{
	static const char *const known[][2] = {
		{"memory.high", "MemoryHigh"}, {"memory.max", "MemoryMax"},
		{"memory.low", "MemoryLow"},   {"memory.min", "MemoryMin"},
		{"pids.max", "TasksMax"},      {"memory.swap.max", "MemorySwapMax"},
		{"cpu.weight", "CPUWeight"},
	};
	uint64_t value = CGROUP_MAX;

	if (strcmp(raw->value, "max") != 0 && parse_u64(raw->value, 0, UINT64_MAX, &value) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strcmp(raw->file, known[i][0]) == 0)
			put_number(p, known[i][1], value);
}

static void put_limits(struct properties *p, const struct cgroup_limits *l)
{
	put_memory(p, l);
	put_quota(p, l);
	if (has(l, CGROUP_LIMIT_CPU_SHARES))
		put_number(p, "CPUWeight",
			   cgroup_weight_of_shares(l->value[CGROUP_LIMIT_CPU_SHARES]));
	if (has(l, CGROUP_LIMIT_CPU_WEIGHT))
		put_number(p, "CPUWeight", l->value[CGROUP_LIMIT_CPU_WEIGHT]);
	/* A weight of 0 is its "idle". */
	if (has(l, CGROUP_LIMIT_CPU_IDLE) && l->value[CGROUP_LIMIT_CPU_IDLE])
		put_number(p, "CPUWeight", 0);
	for (uint32_t i = 0; i < l->n_raw; i++)
		put_raw(p, &l->raw[i]);
	/* systemd takes no 0; the group itself gets it. */
	if (has(l, CGROUP_LIMIT_PIDS))
		put_number(p, "TasksMax", MAX(l->value[CGROUP_LIMIT_PIDS], (uint64_t)1));
	if (l->cpuset_cpus)
		put(p, arena_printf(p->a, "AllowedCPUs=ay:%s", l->cpuset_cpus));
	if (l->cpuset_mems)
		put(p, arena_printf(p->a, "AllowedMemoryNodes=ay:%s", l->cpuset_mems));
	for (uint32_t i = 0; i < l->n_settings; i++) {
		const char *weight = l->settings[i].value2;

		if (l->settings[i].v2 && strcmp(l->settings[i].v2, "io.weight") == 0 &&
		    strncmp(weight, "default ", 8) == 0)
			put(p, arena_printf(p->a, "IOWeight=t:%s", weight + 8));
	}
}

static void put_unit(struct properties *p, const char *slice, const char *id)
{
	static const char *const always[] = {"Delegate=b:true",
					     "CPUAccounting=b:true",
					     "MemoryAccounting=b:true",
					     "TasksAccounting=b:true",
					     "IOAccounting=b:true",
					     "DefaultDependencies=b:false",
					     "CollectMode=s:inactive-or-failed"};

	put(p, arena_printf(p->a, "Description=s:kokon container %s", id));
	put(p, arena_printf(p->a, "Slice=s:%s", slice));
	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		put(p, arena_strdup(p->a, always[i]));
}

/* --- planning --- */

static int split(struct arena *a, const char *path, const char *parts[3], struct err *err)
{
	const char *field;
	size_t len;
	int n = 0;

	while (next_field(&path, ':', &field, &len)) {
		if (n == 3 || memchr(field, '/', len))
			return no_slice(path ? path : field, err);
		parts[n++] = arena_strndup(a, field, len);
	}
	return n == 3 ? 0 : no_slice(parts[0], err);
}

int scope_make_plan(struct arena *a, const char *cgroups_path, const char *id, bool user,
		    const char *helper, const struct cgroup_limits *limits, struct scope_plan *ret,
		    const char **ret_path, struct err *err)
{
	const char *parts[3] = {"", "kokon", id}, *slices, *slice;
	struct properties p = {a, arena_array(a, const char *, SCOPE_PROPERTIES_MAX + 1), 0};
	bool whole;
	int r = cgroups_path && *cgroups_path ? split(a, cgroups_path, parts, err) : 0;

	if (r < 0)
		return r;
	if (!helper) {
		err_set(err, ENOENT, "cannot find the helper program 'kokon-systemd'");
		return err_remedy(err, "it is installed with kokon where libsystemd is; or use the "
				       "other driver (--cgroup-manager=cgroupfs)");
	}
	slice = *parts[0] ? parts[0] : user ? "user.slice" : "system.slice";
	r = scope_expand_slice(a, slice, &slices, err);
	if (r < 0)
		return r;
	/* A name that is a slice stands for itself (as the kubelet's do), else it is a scope. */
	whole = strlen(parts[2]) > 6 && strcmp(parts[2] + strlen(parts[2]) - 6, ".scope") == 0;
	ret->unit = whole       ? parts[2]
		    : *parts[1] ? arena_printf(a, "%s-%s.scope", parts[1], parts[2])
				: arena_printf(a, "%s.scope", parts[2]);
	put_unit(&p, slice, id);
	put_limits(&p, limits);
	ret->properties = p.list;
	ret->helper = arena_strdup(a, helper);
	ret->user = user;
	*ret_path = arena_printf(a, "%s%s%s", slices, *slices ? "/" : "", ret->unit);
	return 0;
}

/* --- asking the helper --- */

/* Its line on standard error is the message; what it prints goes to `text`. */
static int run(const char *const *argv, char **ret_text, struct err *err)
{
	FREE_PTR char *said = NULL, *printed = NULL;
	int out[2], bad[2], status = 0, r;
	pid_t child;

	if (pipe2(out, O_CLOEXEC) < 0)
		return err_errno(err, "cannot make a pipe");
	if (pipe2(bad, O_CLOEXEC) < 0) {
		close(out[0]);
		close(out[1]);
		return err_errno(err, "cannot make a pipe");
	}
	child = process_clone(0, SIGCHLD, -1, NULL);
	if (child == 0) {
		dup2(out[1], STDOUT_FILENO);
		dup2(bad[1], STDERR_FILENO);
		execv(argv[0], (char *const *)argv);
		_exit(127);
	}
	close(out[1]);
	close(bad[1]);
	if (child > 0) {
		/* Both are short: neither fills its pipe. */
		if (read_fd(out[0], 8192, &printed) < 0 || read_fd(bad[0], 8192, &said) < 0)
			said = NULL;
		process_wait(child, &status);
	}
	close(out[0]);
	close(bad[0]);
	if (child < 0)
		return err_set(err, -child, "cannot start '%s'", argv[0]);
	r = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
	if (r == 127)
		return err_set(err, ENOENT, "cannot run '%s'", argv[0]);
	if (said)
		said[strcspn(said, "\n")] = '\0';
	if (r != 0) {
		err_set(err, 0, "%s", said && *said ? said : "systemd could not be asked");
		return err_remedy(err, "systemd must run here, with its bus (dbus); without it use "
				       "--cgroup-manager=cgroupfs");
	}
	if (ret_text && printed) {
		printed[strcspn(printed, "\n")] = '\0';
		*ret_text = TAKE_PTR(printed);
	}
	return 0;
}

static void arguments(const struct scope_plan *plan, const char *command, const char *pid,
		      const char **argv)
{
	size_t n = 0;

	argv[n++] = plan->helper;
	argv[n++] = command;
	if (plan->user)
		argv[n++] = "--user";
	argv[n++] = plan->unit;
	if (pid)
		argv[n++] = pid;
	for (const char *const *p = plan->properties; p && *p; p++)
		argv[n++] = *p;
	argv[n] = NULL;
}

int scope_start(const struct scope_plan *plan, pid_t pid, struct err *err)
{
	const char *argv[SCOPE_PROPERTIES_MAX + 8];
	char number[16];

	snprintf(number, sizeof(number), "%d", (int)pid);
	arguments(plan, "start", number, argv);
	return run(argv, NULL, err);
}

/* Whose manager keeps a group: a user's has "user@UID.service" for its own. That user may be root
 * of a user namespace, as under an engine. */
static bool is_of_user(const char *dir)
{
	return strstr(dir, "/user@") != NULL;
}

int scope_update(struct arena *a, const char *dir, const char *helper,
		 const struct cgroup_limits *limits, struct err *err)
{
	struct properties p = {a, arena_array(a, const char *, SCOPE_PROPERTIES_MAX + 1), 0};
	const char *argv[SCOPE_PROPERTIES_MAX + 8], *slash = strrchr(dir, '/');
	struct scope_plan plan = {.unit = slash ? slash + 1 : dir,
				  .helper = helper,
				  .user = is_of_user(dir)};
	size_t len = strlen(plan.unit);

	if (!helper || len < 7 || strcmp(plan.unit + len - 6, ".scope") != 0)
		return 0;
	put_limits(&p, limits);
	if (p.n == 0)
		return 0;
	plan.properties = p.list;
	arguments(&plan, "set", NULL, argv);
	return run(argv, NULL, err);
}

int scope_stop(const char *helper, const char *unit, bool user, struct err *err)
{
	const struct scope_plan plan = {.unit = unit, .helper = helper, .user = user};
	const char *argv[8];

	arguments(&plan, "stop", NULL, argv);
	return run(argv, NULL, err);
}

int scope_forget(const char *dir, struct err *err)
{
	FREE_PTR char *copy = NULL;
	char *unit, helper[4096];
	size_t len = strlen(dir);

	if (len < 8 || strcmp(dir + len - 6, ".scope") != 0)
		return 0;
	copy = strdup(dir);
	unit = copy ? strrchr(copy, '/') : NULL;
	if (!unit || strlen(unit) < 8)
		return 0;
	*unit++ = '\0';
	len = strlen(copy);
	if (len < 6 || strcmp(copy + len - 6, ".slice") != 0 ||
	    helper_path("kokon-systemd", helper, sizeof(helper), NULL) < 0)
		return 0;
	return scope_stop(helper, unit, is_of_user(dir), err);
}

int scope_manager_group(struct arena *a, const char *helper, bool user, const char **ret,
			struct err *err)
{
	const char *argv[] = {helper, "group", user ? "--user" : NULL, NULL};
	FREE_PTR char *text = NULL;
	int r = run(argv, &text, err);

	if (r == 0)
		*ret = arena_strdup(a, text ? text : "");
	return r;
}
