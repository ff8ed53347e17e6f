// SPDX-License-Identifier: Apache-2.0
/* The process: program, user, rights, limits, terminal. For the first one and for those of exec. */
#include "plan-oci.h"

#include <string.h>

static const char *variable(const char *const *env, const char *name)
{
	size_t len = strlen(name);
	const char *value = NULL;

	for (; *env; env++)
		if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
			value = *env + len + 1;
	return value;
}

static int plan_program(struct oci_planner *p, const struct spec_process *s)
{
	struct program_plan *program = &p->plan->program;

	if (s->args.n == 0)
		return err_set(p->err, 0, "process.args: it is empty: there is nothing to run");
	if (s->env.n > MAX_ENVIRONMENT)
		return err_set(p->err, E2BIG, "process.env: more than %d variables",
			       MAX_ENVIRONMENT);
	program->argv =
		(const char *const *)arena_strv(p->a, (char *const *)s->args.list, s->args.n);
	program->envp = (const char *const *)arena_strv(p->a, (char *const *)s->env.list, s->env.n);
	program->file = program->argv[0];
	program->path = variable(program->envp, "PATH");
	program->want_home = !variable(program->envp, "HOME");
	program->clean = 1;
	return 0;
}

static int plan_user(struct oci_planner *p, const struct spec_process *s)
{
	struct container_plan *c = &p->plan->container;
	struct credentials_plan *plan = &c->credentials;
	uint32_t *ids = arena_array(p->a, uint32_t, s->user.additional_gids.n);

	for (uint32_t i = 0; i < s->user.additional_gids.n; i++)
		ids[i] = s->user.additional_gids.list[i];
	*plan = (struct credentials_plan){
		.uid = s->user.uid,
		.gid = s->user.gid,
		.group_given = 1,
		.lookup = p->plan->program.want_home ? LOOKUP_HOME : 0,
		.ids = ids,
		.ids_count = s->user.additional_gids.n,
		.umask = s->user.umask.given ? (int32_t)(s->user.umask.value & 0777) : 022,
	};
	return c->deny_groups ? credentials_deny_setgroups(plan, p->err) : 0;
}

static int plan_limits(struct oci_planner *p, const struct spec_process *s)
{
	struct rlimit_op *ops = arena_array(p->a, struct rlimit_op, RLIMITS_COUNT);
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->n_rlimits; i++)
		rlimits_put(ops, &n,
			    &(struct rlimit_op){.resource = s->rlimits[i].resource,
						.soft = s->rlimits[i].soft,
						.hard = s->rlimits[i].hard});
	p->plan->container.rlimits = (struct rlimits_plan){n, ops};
	return 0;
}

static void plan_capabilities(struct oci_planner *p, const struct spec_process *s)
{
	struct capabilities_plan *plan = &p->plan->container.capabilities;
	const struct spec_capabilities *c = s->capabilities;
	struct capset set = {0};

	if (c)
		set = (struct capset){.bounding = c->bounding,
				      .effective = c->effective,
				      .permitted = c->permitted,
				      .inheritable = c->inheritable,
				      .ambient = c->ambient};
	*plan = capabilities_plan_sets(&set, oci_has_user_namespace(p) ? CAPABILITIES_ALL
								       : p->facts->grantable);
	for (uint32_t i = 0; c && i < c->unknown.n; i++)
		out_printf(p->notes, "capability '%s' is unknown, and left out\n",
			   c->unknown.list[i]);
	if (plan->lacking) {
		OUT_CLEANUP struct out names = {0};

		capabilities_print(plan->lacking, &names);
		out_printf(p->notes, "this machine does not let you give %s\n", names.text);
	}
}

static int plan_seccomp(struct oci_planner *p)
{
	const struct spec_seccomp *s = p->spec->linux_.seccomp;
	struct seccomp_request request = {.source = SECCOMP_TEXT,
					  .bounding = p->plan->container.capabilities.set.bounding,
					  .helper = p->facts->seccomp_helper,
					  .cache = p->facts->seccomp_cache};

	if (!s || !s->text)
		return 0;
	request.text = s->text;
	request.text_len = s->text_len;
	if (seccomp_program_for(&request, p->a, &p->plan->container.seccomp, p->err) < 0)
		return err_context(p->err, "linux.seccomp");
	if (p->plan->container.seccomp.notify && !s->listener_path) {
		err_set(p->err, 0, "linux.seccomp: SCMP_ACT_NOTIFY without listenerPath");
		return err_remedy(p->err, "nobody would answer: give the socket of the agent");
	}
	return 0;
}

int oci_plan_process(struct oci_planner *p, const struct spec_process *s)
{
	struct container_plan *c = &p->plan->container;
	int r = plan_program(p, s);

	if (r == 0)
		r = plan_user(p, s);
	if (r == 0)
		r = plan_limits(p, s);
	if (r < 0)
		return r;
	plan_capabilities(p, s);
	c->no_new_privileges = s->no_new_privileges;
	c->set_oom_score = s->oom_score_adj.given;
	c->oom_score = s->oom_score_adj.value;
	c->cwd = arena_strdup(p->a, s->cwd && *s->cwd ? s->cwd : "/");
	c->terminal = (struct terminal_plan){.wanted = s->terminal,
					     .rows = (uint16_t)s->console_size.height,
					     .columns = (uint16_t)s->console_size.width};
	r = oci_plan_shares(p, s);
	return r == 0 ? plan_seccomp(p) : r;
}
