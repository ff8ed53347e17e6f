// SPDX-License-Identifier: Apache-2.0
#include "plan-exec.h"

#include <sched.h>
#include <signal.h>
#include <string.h>
#include "message.h"
#include "plan-parts.h"
#include "state-record.h"
#include "uapi.h"

struct exec_planner {
	struct arena *a;
	const struct exec_request *q;
	const struct facts *facts;
	struct plan *plan;
	struct handle_plan *handles; /* room for what the survey has opened */
	struct out *notes;
	struct err *err;
};

static int add_handle(struct exec_planner *p, int fd, const char *path)
{
	return plan_add_handle(p->a, p->plan, p->handles,
			       (struct handle_plan){.kind = HANDLE_GIVEN, .path = path, .fd = fd},
			       "namespaces and control groups", p->err);
}

static int plan_groups(struct exec_planner *p)
{
	struct container_plan *c = &p->plan->container;

	if (p->q->group.fd >= 0)
		c->group = arena_strdup(p->a, p->q->group.path);
	for (uint32_t i = 0; i < p->q->n_tasks; i++) {
		int handle = add_handle(p, p->q->tasks[i].fd, p->q->tasks[i].path);

		if (handle < 0)
			return handle;
		if (c->n_tasks++ == 0)
			c->first_task = handle;
	}
	return 0;
}

static int plan_program(struct exec_planner *p)
{
	struct program_plan *program = &p->plan->program;
	const char *const *from = p->q->env;
	const char **env;
	size_t n = 0;

	while (from[n])
		n++;
	if (n > MAX_ENVIRONMENT)
		return err_set(p->err, E2BIG, "more than %d environment variables",
			       MAX_ENVIRONMENT);
	env = arena_array(p->a, const char *, n + 1);
	program->want_home = 1;
	for (size_t i = 0; i < n; i++) {
		env[i] = arena_strdup(p->a, from[i]);
		if (strncmp(env[i], "HOME=", 5) == 0)
			program->want_home = 0;
		if (strncmp(env[i], "PATH=", 5) == 0)
			program->path = env[i] + 5;
	}
	program->envp = env;
	program->clean = 1;
	for (n = 0; p->q->argv[n];)
		n++;
	program->argv = (const char *const *)arena_strv(p->a, p->q->argv, n);
	program->file = program->argv[0];
	return 0;
}

static int plan_limits(struct exec_planner *p)
{
	struct rlimit_op *ops = arena_array(p->a, struct rlimit_op, RLIMITS_COUNT);
	uint32_t n = 0;

	for (const char *const *word = p->q->state->ulimits; word && *word; word++) {
		struct rlimit_op op;
		int r = rlimit_parse(*word, &op, p->err);

		if (r < 0)
			return r;
		rlimits_put(ops, &n, &op);
	}
	p->plan->container.rlimits = (struct rlimits_plan){n, ops};
	return 0;
}

static int plan_user(struct exec_planner *p)
{
	struct credentials_plan *c = &p->plan->container.credentials;
	const struct state *s = p->q->state;
	const char *user = p->q->user ? p->q->user : s->user;

	c->lookup = LOOKUP_GROUPS | LOOKUP_HOME;
	c->umask = -1;
	if (s->umask && credentials_parse_umask(s->umask, &c->umask, p->err) < 0)
		return -EINVAL;
	if (user && credentials_parse_user(user, p->a, c, p->err) < 0)
		return -EINVAL;
	if (s->groups && *s->groups && credentials_parse_groups(s->groups, p->a, c, p->err) < 0)
		return -EINVAL;
	p->plan->container.deny_groups = s->deny_groups;
	return s->deny_groups ? credentials_deny_setgroups(c, p->err) : 0;
}

static int plan_seccomp(struct exec_planner *p)
{
	const struct state *s = p->q->state;
	struct seccomp_request request = {.source = SECCOMP_DEFAULT, .bounding = s->caps_bounding};
	struct seccomp_program *program = &p->plan->container.seccomp;

	if (p->q->privileged)
		return 0;
	if (s->seccomp)
		return state_seccomp_parse(s->seccomp, p->a, program, p->err);
	return s->seccomp_default ? seccomp_program_for(&request, p->a, program, p->err) : 0;
}

static int plan_rights(struct exec_planner *p)
{
	struct container_plan *c = &p->plan->container;
	const struct state *s = p->q->state;
	uint64_t have = c->become_root ? CAPABILITIES_ALL : p->facts->grantable;
	uint64_t bounding = p->q->privileged ? CAPABILITIES_ALL : s->caps_bounding;
	uint64_t added = p->q->privileged ? CAPABILITIES_ALL : s->caps_added;

	c->capabilities = capabilities_plan_for(bounding, added, have);
	if (c->capabilities.lacking) {
		OUT_CLEANUP struct out names = {0};

		capabilities_print(c->capabilities.lacking, &names);
		out_printf(p->notes, "this machine does not let you give %s\n", names.text);
	}
	c->no_new_privileges = s->no_new_privileges;
	if (!p->q->privileged) {
		c->labels.apparmor = arena_strdup(p->a, s->apparmor);
		c->labels.selinux = arena_strdup(p->a, s->selinux);
	}
	return plan_seccomp(p);
}

int plan_exec(struct arena *a, const struct exec_request *q, const struct facts *facts,
	      struct plan **ret, struct out *notes, struct err *err)
{
	struct plan *plan = plan_new(a, "exec");
	struct exec_planner p = {
		a,     q,  facts, plan, arena_array(a, struct handle_plan, q->n_joins + q->n_tasks),
		notes, err};
	struct container_plan *c = &plan->container;
	int r;

	plan->handles = p.handles;
	plan->spawn = SPAWN_CHILD;
	plan->fail_status = 125;
	plan->trace = q->trace;
	c->root = -1;
	c->parent_death = SIGKILL;
	c->guardian = GUARDIAN_FIRST;
	c->null_stdin = !q->interactive && !q->tty;
	c->cwd = arena_strdup(a, q->cwd ? q->cwd : q->state->cwd);
	c->set_oom_score = q->state->oom_score != NULL;
	if (c->set_oom_score && oom_score_parse(q->state->oom_score, &c->oom_score, err) < 0)
		return -EINVAL;
	c->terminal =
		(struct terminal_plan){.wanted = q->tty, .rows = q->rows, .columns = q->columns};
	r = plan_join(a, plan, p.handles, q->joins, q->n_joins, err);
	/* Its root is who may enter the rest of what it owns. */
	c->become_root = plan_joins_type(plan, NAMESPACE_USER);
	if (r == 0)
		r = plan_groups(&p);
	if (r == 0)
		r = plan_program(&p);
	if (r == 0)
		r = plan_limits(&p);
	if (r == 0)
		r = plan_user(&p);
	if (r == 0)
		r = plan_rights(&p);
	if (r < 0)
		return r;
	plan_fork_last(a, plan, notes);
	*ret = plan;
	return 0;
}
