// SPDX-License-Identifier: Apache-2.0
/* The rows that only an OCI runtime has: hooks, and the wait between create and start. */
#include "explain.h"

static void explain_hooks(struct explain *x, const struct hooks_plan *hooks)
{
	for (uint32_t i = 0; i < hooks->n; i++) {
		OUT_CLEANUP struct out o = {0};

		out_puts(&o, "echo \"$STATE\" | ");
		if (hooks->list[i].timeout)
			out_printf(&o, "timeout %lld ", (long long)hooks->list[i].timeout);
		out_puts(&o, "env -i ");
		for (const char *const *v = hooks->list[i].envp; *v; v++) {
			out_shell_word(&o, *v);
			out_puts(&o, " ");
		}
		out_shell_word(&o, hooks->list[i].path);
		for (const char *const *v = hooks->list[i].argv; *v; v++) {
			if (v == hooks->list[i].argv)
				continue;
			out_puts(&o, " ");
			out_shell_word(&o, *v);
		}
		explain_command(x, "%s", o.text);
	}
}

void explain_scope(struct explain *x)
{
	const struct scope_plan *s = &x->plan->container.scope;
	OUT_CLEANUP struct out o = {0};

	for (const char *const *p = s->properties; *p; p++) {
		out_puts(&o, " ");
		out_shell_word(&o, *p);
	}
	explain_row(x, ROW_scope);
	explain_command(x, "%s start%s %s $PID%s", s->helper, s->user ? " --user" : "", s->unit,
			o.text ? o.text : "");
	if (s->user)
		cgroup_explain(x->plan->container.cgroup, x->out);
}

void explain_hooks_runtime(struct explain *x)
{
	explain_row(x, ROW_hooks_runtime);
	explain_hooks(x, &x->plan->container.hooks_prestart);
	explain_hooks(x, &x->plan->container.hooks_runtime);
}

void explain_hooks_container(struct explain *x)
{
	explain_row(x, ROW_hooks_container);
	explain_hooks(x, &x->plan->container.hooks_container);
}

void explain_hooks_start(struct explain *x)
{
	explain_row(x, ROW_hooks_start);
	explain_hooks(x, &x->plan->container.hooks_start);
}

void explain_program(struct explain *x)
{
	OUT_CLEANUP struct out word = {0};

	explain_row(x, ROW_program);
	explain_command(x, "command -v %s", explain_quoted(x->plan->program.file, &word));
}

void explain_record_pid(struct explain *x)
{
	explain_row(x, ROW_record_pid);
	explain_command(x, "# the pid goes to the record of '%s'", x->plan->container.name);
}

void explain_record_pid_last(struct explain *x)
{
	explain_record_pid(x);
}

void explain_wait_start(struct explain *x)
{
	explain_row(x, ROW_wait_start);
	explain_command(x, "# system call prctl(PR_SET_PDEATHSIG, 0)");
	if (x->plan->container.wait)
		explain_command(x,
				"# system call accept4() on '%s': the end of 'create', until "
				"'start' comes",
				x->plan->handles[x->plan->container.listener].path);
}

/* --- little memory --- */

void explain_enter_late(struct explain *x)
{
	explain_row(x, ROW_enter_late);
	cgroup_explain_join(x->plan->container.cgroup, "PID", CGROUP_JOIN_ALL, x->out);
}

void explain_make_cgroup(struct explain *x)
{
	explain_row(x, ROW_make_cgroup);
	explain_enter(x, "unshare --cgroup --");
}

void explain_settle(struct explain *x)
{
	explain_row(x, ROW_settle);
	explain_command(x, "# system call membarrier(MEMBARRIER_CMD_GLOBAL), twice");
}
