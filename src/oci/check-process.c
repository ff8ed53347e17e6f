// SPDX-License-Identifier: Apache-2.0
/* spec_check(): process. */
#include <linux/sched.h>
#include <string.h>
#include <sys/resource.h>
#include "checker.h"
#include "kernel-names.h"

enum { SCHED_ISO_ = 4 /* reserved, never implemented */, IDS_MAX = 65536 };

static const struct rule no_args = {SPEC_ERROR, "process.args", "at least the program is required",
				    "Add it: \"args\": [\"/bin/sh\"]."};
static const struct rule empty_program = {SPEC_ERROR, "process.args[0]",
					  "the program's name is empty", NULL};
static const struct rule cwd_relative = {SPEC_ERROR, "process.cwd", "'%s' is not absolute", NULL};
static const struct rule env_form = {SPEC_WARNING, "process.env[%u]",
				     "'%s' is not of the form NAME=VALUE", NULL};
static const struct rule console_size = {SPEC_ERROR, "process.consoleSize",
					 "with a terminal, height and width are required", NULL};
static const struct rule umask_large = {SPEC_ERROR, "process.user.umask",
					"it is above 511 (octal 777)",
					"JSON has no octal numbers: octal 022 is 18."};
static const struct rule many_groups = {SPEC_ERROR, "process.user.additionalGids",
					"there are more than 65536, which is the kernel's limit",
					NULL};
static const struct rule no_id = {SPEC_ERROR, "process.user.%s",
				  "4294967295 is no id: it means \"unchanged\" to the kernel",
				  NULL};
static const struct rule unmapped_uid = {SPEC_ERROR, "process.user.uid",
					 "linux.uidMappings does not map it", NULL};
static const struct rule unmapped_gid = {SPEC_ERROR, "process.user.gid",
					 "linux.gidMappings does not map it", NULL};
static const struct rule unmapped_group = {SPEC_ERROR, "process.user.additionalGids[%u]",
					   "linux.gidMappings does not map it", NULL};
static const struct rule rlimit_twice = {SPEC_ERROR, "process.rlimits[%u].type",
					 "'%s' is there twice", NULL};
static const struct rule rlimit_order = {SPEC_ERROR, "process.rlimits[%u]",
					 "the soft limit of '%s' is above its hard limit", NULL};
static const struct rule unknown_capability = {SPEC_WARNING, "process.capabilities",
					       "'%s' is unknown, and is left out", NULL};
static const struct rule effective_alone = {SPEC_WARNING, "process.capabilities.effective",
					    "what is not permitted too is left out", NULL};
static const struct rule ambient_alone = {SPEC_WARNING, "process.capabilities.ambient",
					  "what is not permitted and inheritable too is left out",
					  NULL};
static const struct rule oom_range = {SPEC_ERROR, "process.oomScoreAdj",
				      "it is outside -1000 to 1000", NULL};
static const struct rule io_range = {SPEC_ERROR, "process.ioPriority.priority",
				     "it is outside 0 (highest) to 7", NULL};
static const struct rule affinity = {SPEC_ERROR, "process.execCPUAffinity.%s",
				     "it is no list of processors such as \"0-3,7\"", NULL};

static const struct rule sched_iso = {SPEC_ERROR, "process.scheduler.policy",
				      "no kernel implements SCHED_ISO", NULL};
static const struct rule sched_nice = {SPEC_ERROR, "process.scheduler.nice",
				       "it is outside -20 to 19", NULL};
static const struct rule sched_nice_policy = {SPEC_ERROR, "process.scheduler.nice",
					      "it is for SCHED_OTHER and SCHED_BATCH only", NULL};
static const struct rule sched_priority = {SPEC_ERROR, "process.scheduler.priority",
					   "SCHED_FIFO and SCHED_RR need one from 1 to 99", NULL};
static const struct rule sched_priority_policy = {SPEC_ERROR, "process.scheduler.priority",
						  "it is for SCHED_FIFO and SCHED_RR only", NULL};
static const struct rule sched_times = {
	SPEC_ERROR, "process.scheduler",
	"SCHED_DEADLINE needs 1024 <= runtime <= deadline <= period (a period of 0 is the "
	"deadline), in nanoseconds",
	NULL};
static const struct rule sched_times_policy = {
	SPEC_ERROR, "process.scheduler", "runtime, deadline and period are for SCHED_DEADLINE only",
	NULL};

static bool set(const struct opt_u64 *v)
{
	return v->given && v->value != 0;
}

static void check_deadline(struct checker *c, const struct spec_scheduler *s)
{
	uint64_t period = s->period.value ? s->period.value : s->deadline.value;

	if (s->policy != SCHED_DEADLINE) {
		if (set(&s->runtime) || set(&s->deadline) || set(&s->period))
			broken(c, &sched_times_policy, NOWHERE);
	} else if (s->runtime.value < 1024 || s->runtime.value > s->deadline.value ||
		   s->deadline.value > period) {
		broken(c, &sched_times, NOWHERE);
	}
}

static void check_scheduler(struct checker *c, const struct spec_scheduler *s)
{
	bool realtime = s->policy == SCHED_FIFO || s->policy == SCHED_RR;
	bool fair = s->policy == SCHED_NORMAL || s->policy == SCHED_BATCH;

	if (s->policy == SCHED_ISO_)
		broken(c, &sched_iso, NOWHERE);
	if (s->nice.value < -20 || s->nice.value > 19)
		broken(c, &sched_nice, NOWHERE);
	else if (s->nice.value && !fair)
		broken(c, &sched_nice_policy, NOWHERE);
	if (realtime && (s->priority.value < 1 || s->priority.value > 99))
		broken(c, &sched_priority, NOWHERE);
	if (!realtime && s->priority.value)
		broken(c, &sched_priority_policy, NOWHERE);
	check_deadline(c, s);
}

static bool mapped(const struct spec_idmap *map, uint32_t id)
{
	for (uint32_t i = 0; i < map->n; i++)
		if (id >= map->list[i].container_id &&
		    id - map->list[i].container_id < map->list[i].size)
			return true;
	return map->n == 0; /* nothing is known of it */
}

static void check_user(struct checker *c, const struct spec_user *u)
{
	const struct spec_linux *l = &c->spec->linux_;

	if (u->umask.value > 0777)
		broken(c, &umask_large, NOWHERE);
	if (u->additional_gids.n > IDS_MAX)
		broken(c, &many_groups, NOWHERE);
	if (u->uid == UINT32_MAX)
		broken(c, &no_id, at_of(0, "uid"));
	else if (!mapped(&l->uid_map, u->uid))
		broken(c, &unmapped_uid, NOWHERE);
	if (u->gid == UINT32_MAX)
		broken(c, &no_id, at_of(0, "gid"));
	else if (!mapped(&l->gid_map, u->gid))
		broken(c, &unmapped_gid, NOWHERE);
	for (uint32_t i = 0; i < u->additional_gids.n; i++)
		if (!mapped(&l->gid_map, u->additional_gids.list[i]))
			broken(c, &unmapped_group, at(i));
}

static void check_rlimits(struct checker *c, const struct spec_process *p)
{
	uint32_t seen = 0;

	for (uint32_t i = 0; i < p->n_rlimits; i++) {
		const struct spec_rlimit *l = &p->rlimits[i];
		const char *name = value_to_name(rlimit_names, l->resource);

		if (seen & 1U << l->resource)
			broken(c, &rlimit_twice, at_of(i, name));
		seen |= 1U << l->resource;
		if (l->soft > l->hard)
			broken(c, &rlimit_order, at_of(i, name));
	}
}

static void check_capabilities(struct checker *c, const struct spec_capabilities *s)
{
	for (uint32_t i = 0; i < s->unknown.n; i++)
		broken(c, &unknown_capability, at_of(0, s->unknown.list[i]));
	if (s->effective & ~s->permitted)
		broken(c, &effective_alone, NOWHERE);
	if (s->ambient & ~(s->permitted & s->inheritable))
		broken(c, &ambient_alone, NOWHERE);
}

static void check_command(struct checker *c, const struct spec_process *p)
{
	if (!p->args.n)
		broken(c, &no_args, NOWHERE);
	else if (!*p->args.list[0])
		broken(c, &empty_program, NOWHERE);
	if (p->cwd[0] != '/')
		broken(c, &cwd_relative, at_of(0, p->cwd));
	for (uint32_t i = 0; i < p->env.n; i++)
		if (!strchr(p->env.list[i], '=') || p->env.list[i][0] == '=')
			broken(c, &env_form, at_of(i, p->env.list[i]));
	if (p->terminal && p->console_size.given &&
	    (!p->console_size.height || !p->console_size.width))
		broken(c, &console_size, NOWHERE);
}

static void check_affinity(struct checker *c, const struct spec_cpu_affinity *a)
{
	if (a->initial && *a->initial && !spec_is_list(a->initial))
		broken(c, &affinity, at_of(0, "initial"));
	if (a->final && *a->final && !spec_is_list(a->final))
		broken(c, &affinity, at_of(0, "final"));
}

void check_process(struct checker *c, const struct spec_process *p)
{
	check_command(c, p);
	check_user(c, &p->user);
	check_rlimits(c, p);
	if (p->capabilities)
		check_capabilities(c, p->capabilities);
	if (p->oom_score_adj.value < -1000 || p->oom_score_adj.value > 1000)
		broken(c, &oom_range, NOWHERE);
	if (p->scheduler)
		check_scheduler(c, p->scheduler);
	if (p->io_priority && (p->io_priority->priority < 0 || p->io_priority->priority > 7))
		broken(c, &io_range, NOWHERE);
	if (p->exec_cpu_affinity)
		check_affinity(c, p->exec_cpu_affinity);
}
