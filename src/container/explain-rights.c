// SPDX-License-Identifier: Apache-2.0
/* Who a container's program runs as, and with which rights and limits, in shell. */
#include "explain.h"
#include "names.h"

void explain_leash(struct explain *x)
{
	const struct container_plan *c = &x->plan->container;

	explain_row(x, ROW_leash);
	explain_command(x, "# system call prctl(PR_SET_PDEATHSIG, SIGKILL)");
	if (c->null_stdin) {
		explain_why(x, "without -i it reads nothing");
		explain_command(x, "exec </dev/null");
	}
	if (c->set_oom_score) {
		explain_why(x, "how eagerly it is killed when memory is short");
		explain_command(x, "echo %d > /proc/self/oom_score_adj", c->oom_score);
	}
}

void explain_open_label(struct explain *x)
{
	const struct labels_plan *p = &x->plan->container.labels;

	explain_row(x, ROW_open_label);
	if (p->apparmor)
		explain_command(x, "# aa-exec -p %s, at the end", p->apparmor);
	if (p->selinux)
		explain_command(x, "# runcon %s, at the end", p->selinux);
}

void explain_limits(struct explain *x)
{
	const struct rlimits_plan *r = &x->plan->container.rlimits;

	explain_row(x, ROW_limits);
	for (uint32_t i = 0; i < r->count; i++) {
		OUT_CLEANUP struct out o = {0};

		rlimit_print(&r->ops[i], &o);
		explain_command(x, "# prlimit --%s", o.text);
	}
}

static void put_groups(const struct credentials_plan *c, struct out *o)
{
	const char *separator = "";

	if (c->setgroups != SETGROUPS_SET) {
		out_puts(o, " --keep-groups");
		return;
	}
	if (!c->ids_count && !c->names_count) {
		out_puts(o, c->lookup & LOOKUP_GROUPS ? " --init-groups" : " --clear-groups");
		return;
	}
	out_puts(o, c->lookup & LOOKUP_GROUPS ? " --init-groups, and groups " : " --groups=");
	for (uint32_t i = 0; i < c->ids_count; i++, separator = ",")
		out_printf(o, "%s%u", separator, c->ids[i]);
	for (uint32_t i = 0; i < c->names_count; i++, separator = ",")
		out_printf(o, "%s%s", separator, c->names[i]);
}

void explain_credentials(struct explain *x)
{
	const struct credentials_plan *c = &x->plan->container.credentials;
	OUT_CLEANUP struct out ids = {0}, word = {0};

	explain_row(x, ROW_credentials);
	if (c->user)
		out_printf(&ids, " --reuid=%s", explain_quoted(c->user, &word));
	else
		out_printf(&ids, " --reuid=%u", c->uid);
	if (c->group)
		out_printf(&ids, " --regid=%s", explain_quoted(c->group, &word));
	else if (c->group_given || !c->user)
		out_printf(&ids, " --regid=%u", c->gid);
	put_groups(c, &ids);
	explain_command(x, "# setpriv%s", ids.text);
	if (c->umask >= 0)
		explain_command(x, "umask %04o", (unsigned)c->umask);
	if (x->plan->container.cwd)
		explain_command(x, "cd %s", explain_quoted(x->plan->container.cwd, &word));
}

void explain_schedule(struct explain *x)
{
	const struct scheduler_plan *s = &x->plan->container.scheduler;
	const struct memory_policy_plan *m = &x->plan->container.memory;
	const char *policy = value_to_name(scheduler_policies, s->policy);

	explain_row(x, ROW_schedule);
	if (s->cpus_size)
		explain_command(x, "# taskset 0x%llx", (unsigned long long)s->cpus[0]);
	if (s->set_policy)
		explain_command(x, "# chrt: %s, nice %d, priority %u, %llu/%llu/%llu ns",
				policy ? policy : "?", s->nice, s->priority,
				(unsigned long long)s->runtime, (unsigned long long)s->deadline,
				(unsigned long long)s->period);
	if (s->set_io)
		explain_command(x, "# ionice -c %u -n %u", s->io_class, s->io_priority);
	if (m->set)
		explain_command(x, "# system call set_mempolicy(%#x, 0x%llx)", m->mode,
				m->nodes ? (unsigned long long)m->nodes[0] : 0ULL);
	if (m->change_persona)
		explain_command(x, "# setarch: personality %#llx", (unsigned long long)m->persona);
}

void explain_confine(struct explain *x)
{
	const struct container_plan *c = &x->plan->container;
	OUT_CLEANUP struct out names = {0};

	explain_row(x, ROW_confine);
	capabilities_print(c->capabilities.set.bounding, &names);
	explain_command(x, "# capsh --keep=0, bounding set: %s", names.text ? names.text : "none");
	if (c->no_new_privileges)
		explain_command(x, "# setpriv --no-new-privs");
	if (c->seccomp.count)
		explain_command(x,
				"# system call seccomp(SECCOMP_SET_MODE_FILTER), %u instructions",
				c->seccomp.count);
}
