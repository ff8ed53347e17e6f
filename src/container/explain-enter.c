// SPDX-License-Identifier: Apache-2.0
/* The rows of nsenter in shell: one command does them all, in front of the program. */
#include <sched.h>

#include "explain.h"
#include "router.h"
#include "uapi.h"

/* A user namespace of its own, in another one: then the last line enters none. */
static bool is_nested(const struct plan *plan)
{
	return (plan->namespaces.create & CLONE_NEWUSER) != 0;
}

static void in_the_last_line(struct explain *x)
{
	explain_command(x, "# nsenter, see the last line");
}

void explain_label(struct explain *x)
{
	OUT_CLEANUP struct out word = {0};

	explain_row(x, ROW_label);
	explain_command(x, "# runcon %s, see the last line", explain_quoted(x->plan->label, &word));
	explain_prefix(x, "runcon %s", word.text);
}

void explain_drop_groups(struct explain *x)
{
	explain_row(x, ROW_drop_groups);
	explain_command(x, "# system call setgroups(0), part of nsenter in the last line");
}

void explain_guard(struct explain *x)
{
	explain_row(x, ROW_guard);
	explain_command(x,
			"# system call prctl(PR_SET_DUMPABLE, 0), until the program is executed");
}

static void joins_of(struct explain *x, uint64_t types)
{
	const struct namespaces_plan *p = &x->plan->namespaces;

	for (uint32_t i = 0; i < p->n_joins; i++) {
		const struct namespace_info *info = &namespace_infos[p->joins[i].type];

		if (info->flag & types)
			explain_why(x, "enter the %s namespace '%s': %s", info->name,
				    p->joins[i].shown, info->purpose);
	}
	in_the_last_line(x);
}

void explain_join_user(struct explain *x)
{
	explain_row(x, ROW_join_user);
	if (!is_nested(x->plan)) {
		joins_of(x, CLONE_NEWUSER);
		return;
	}
	explain_command(x, "kokon netns add %s || true # all networks of a user are in there",
			ROUTER_NAME);
	explain_command(x, "# system call setns() to the user namespace that owns it");
}

void explain_join_user_last(struct explain *x)
{
	explain_row(x, ROW_join_user_last);
	joins_of(x, CLONE_NEWUSER);
}

void explain_join(struct explain *x)
{
	joins_of(x, ~(uint64_t)(CLONE_NEWUSER | CLONE_NEWPID));
}

void explain_join_pid(struct explain *x)
{
	explain_row(x, x->plan->container.fork_last ? ROW_join_pid_last : ROW_join_pid);
	joins_of(x, CLONE_NEWPID);
}

void explain_join_pid_last(struct explain *x)
{
	explain_join_pid(x);
}

void explain_join_cgroups(struct explain *x)
{
	OUT_CLEANUP struct out word = {0};

	explain_row(x, ROW_join_cgroups);
	for (uint32_t i = 0; i < x->plan->join_cgroups.n; i++)
		explain_command(x, "echo $$ > %s",
				explain_quoted(x->plan->join_cgroups.groups[i].path, &word));
}

static void identity_options(const struct plan *plan, struct out *o)
{
	const struct identity_plan *id = &plan->identity;

	if (id->follow_uid && id->uid == UINT32_MAX)
		out_puts(o, " --setuid=follow");
	else if (id->set_uid)
		out_printf(o, " --setuid=%u", id->uid);
	if (id->follow_gid && id->gid == UINT32_MAX)
		out_puts(o, " --setgid=follow");
	else if (id->set_gid)
		out_printf(o, " --setgid=%u", id->gid);
	if (!id->set_uid && !id->set_gid)
		out_puts(o, " --preserve-credentials");
	if (id->keep_caps)
		out_puts(o, " --keep-caps");
}

void explain_nsenter(struct explain *x)
{
	const struct plan *plan = x->plan;
	const struct namespaces_plan *p = &plan->namespaces;
	OUT_CLEANUP struct out o = {0};
	OUT_CLEANUP struct out word = {0};

	for (uint32_t i = 0; i < p->n_joins; i++)
		if (p->joins[i].type == NAMESPACE_USER && is_nested(plan))
			continue;
		else if (p->joins[i].option)
			out_printf(&o, " %s", p->joins[i].option);
		else
			out_printf(&o, " --%s=%s", namespace_infos[p->joins[i].type].option,
				   explain_quoted(p->joins[i].shown, &word));
	if (plan->root.handle >= 0)
		out_printf(&o, " --root=%s", explain_quoted(plan->root.directory, &word));
	if (plan->root.cwd)
		out_printf(&o, " --wdns=%s", explain_quoted(plan->root.cwd, &word));
	if (plan->root.cwd_handle >= 0)
		out_printf(&o, " --wd=%s",
			   explain_quoted(plan->handles[plan->root.cwd_handle].path, &word));
	if (!o.len)
		return;
	identity_options(plan, &o);
	if (!p->fork && plan->spawn == SPAWN_IN_PLACE)
		out_puts(&o, " --no-fork");
	explain_tool(x, "nsenter");
	explain_prefix(x, "%s --", o.text + 1);
}
