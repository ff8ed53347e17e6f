// SPDX-License-Identifier: Apache-2.0
/*
 * The last lines of a script: the root, the ids and the program. chroot(1) and setpriv(1) can
 * only stand directly before the program that they run, so these rows end up in one command.
 */
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "explain.h"
#include "uapi.h"

/* Are there ambient capabilities, of "unshare --keep-caps", that the program must not get? A
 * root that becomes somebody else has none to keep. */
static bool has_caps_to_drop(const struct plan *plan)
{
	const struct identity_plan *id = &plan->identity;

	if (plan->spawn != SPAWN_IN_PLACE || !(plan->namespaces.create & CLONE_NEWUSER))
		return false;
	return !id->keep_caps || (plan->ids.root_inside && id->set_uid && id->uid != 0);
}

void explain_root(struct explain *x)
{
	const struct root_plan *p = &x->plan->root;
	OUT_CLEANUP struct out word = {0};

	explain_row(x, ROW_root);
	if (x->plan->namespaces.n_joins > 0)
		explain_command(x, "# nsenter, see the last line");
	else if (p->change)
		explain_command(x, "# chroot %s, see the last line",
				explain_quoted(p->directory, &word));
	else if (p->cwd)
		explain_command(x, "cd %s", explain_quoted(p->cwd, &word));
	else
		explain_command(x, "# system call fchdir()");
}

static void setpriv_options(const struct plan *plan, struct out *o)
{
	const struct identity_plan *p = &plan->identity;

	if (p->set_uid)
		out_printf(o, " --reuid=%u", p->uid);
	if (p->set_gid)
		out_printf(o, " --regid=%u", p->gid);
	if (p->set_groups && p->n_groups == 0)
		out_puts(o, " --clear-groups");
	for (uint32_t i = 0; p->set_groups && i < p->n_groups; i++)
		out_printf(o, "%s%u", i ? "," : " --groups=", p->groups[i]);
	if (p->set_gid && !p->set_groups)
		out_puts(o, " --keep-groups");
}

void explain_identity(struct explain *x)
{
	OUT_CLEANUP struct out o = {0};

	explain_row(x, ROW_identity);
	if (x->plan->namespaces.n_joins > 0) {
		explain_command(x, "# nsenter, see the last line");
		return;
	}
	if (x->plan->identity.keep_caps)
		explain_command(x, "# the capabilities of unshare --keep-caps are kept");
	setpriv_options(x->plan, &o);
	if (o.text)
		explain_command(x, "# setpriv%s, see the last line", o.text);
	else if (x->plan->identity.accounts)
		explain_command(x, "# options of chroot, see the last line");
}

static void list_groups(const struct identity_plan *id, struct out *o)
{
	for (uint32_t i = 0; i < id->n_groups; i++)
		out_printf(o, "%s%u", i ? "," : "", id->groups[i]);
}

/* chroot(1) knows only users of the new root; others are given as ids. */
static void account_options(const struct accounts_plan *a, struct out *o)
{
	const struct account *user = &a->outside_user;
	OUT_CLEANUP struct out word = {0};

	if (a->user_is_outside)
		out_printf(o, "--userspec=+%u:+%u ", user->uid, user->gid);
	else if (a->userspec)
		out_printf(o, "--userspec=%s ", explain_quoted(a->userspec, &word));
	if (a->groups) {
		out_printf(o, "--groups=%s ", explain_quoted(a->groups, &word));
	} else if (a->user_is_outside) {
		out_puts(o, "--groups=");
		for (uint32_t i = 0; i < user->n_groups; i++)
			out_printf(o, "%s%u", i ? "," : "", user->groups[i]);
		out_puts(o, " ");
	}
}

/* chroot(1) changes the ids itself, since setpriv(1) is not in the new root. */
static void explain_chroot(struct explain *x)
{
	const struct root_plan *root = &x->plan->root;
	const struct identity_plan *id = &x->plan->identity;
	OUT_CLEANUP struct out o = {0};
	OUT_CLEANUP struct out word = {0};

	if (id->accounts)
		account_options(id->accounts, &o);
	if (id->set_uid || id->set_gid) {
		out_puts(&o, "--userspec=");
		if (id->set_uid)
			out_printf(&o, "%u", id->uid);
		if (id->set_gid)
			out_printf(&o, ":%u", id->gid);
		out_puts(&o, " ");
	}
	if (id->set_groups || id->set_uid) {
		out_puts(&o, "--groups=");
		list_groups(id, &o);
		out_puts(&o, " ");
	}
	if (!root->cwd)
		out_puts(&o, "--skip-chdir ");
	explain_tool(x, "chroot");
	explain_prefix(x, "%s%s", o.text ? o.text : "", explain_quoted(root->directory, &word));
}

/* Another directory than the new root's "/": unshare(1) can do both, and makes no namespace. */
static void explain_root_and_directory(struct explain *x)
{
	const struct root_plan *root = &x->plan->root;
	const struct identity_plan *id = &x->plan->identity;
	OUT_CLEANUP struct out o = {0};
	OUT_CLEANUP struct out word = {0};

	out_printf(&o, "--root=%s", explain_quoted(root->directory, &word));
	out_printf(&o, " --wd=%s", explain_quoted(root->cwd, &word));
	if (id->set_gid)
		out_printf(&o, " --setgid=%u", id->gid);
	if (id->set_uid)
		out_printf(&o, " --setuid=%u", id->uid);
	explain_tool(x, "unshare");
	explain_prefix(x, "%s --", o.text);
}

/*
 * Changing the root as an ordinary user of the user namespace takes the ambient capabilities, and
 * what drops them must come after it, when no program of this root is at hand: capsh(1) does
 * both, and is told the program's path.
 */
static void explain_capsh(struct explain *x, const struct program_plan *program, struct out *words)
{
	const struct root_plan *root = &x->plan->root;
	const struct identity_plan *id = &x->plan->identity;
	OUT_CLEANUP struct out o = {0};
	OUT_CLEANUP struct out word = {0};

	out_printf(&o, "--chroot=%s", explain_quoted(root->directory, &word));
	if (id->set_groups) {
		out_puts(&o, " --groups=");
		list_groups(id, &o);
	}
	if (id->set_gid)
		out_printf(&o, " --gid=%u", id->gid);
	if (id->set_uid)
		out_printf(&o, " --uid=%u", id->uid);
	explain_tool(x, "capsh");
	explain_prefix(x, "%s --noamb --inh= --shell=%s --", o.text,
		       explain_quoted(program->file, &word));
	out_free(words);
	for (size_t i = 1; program->argv[i]; i++) {
		out_puts(words, i > 1 ? " " : "");
		out_shell_word(words, program->argv[i]);
	}
}

static void explain_setpriv(struct explain *x)
{
	const struct plan *plan = x->plan;
	OUT_CLEANUP struct out o = {0};

	if (!plan->root.change)
		setpriv_options(plan, &o);
	if (has_caps_to_drop(plan))
		out_puts(&o, " --inh-caps=-all --ambient-caps=-all");
	if (!o.text)
		return;
	explain_tool(x, "setpriv");
	explain_prefix(x, "%s --", o.text + 1);
}

static void program_words(const struct program_plan *p, struct out *o)
{
	out_shell_word(o, p->file);
	/* A login shell's name begins with a dash, which the shell says with -l. */
	if (p->argv[0][0] == '-')
		out_puts(o, " -l");
	for (size_t i = 1; p->argv[i]; i++) {
		out_puts(o, " ");
		out_shell_word(o, p->argv[i]);
	}
}

static void explain_environment(struct explain *x)
{
	OUT_CLEANUP struct out o = {0};
	OUT_CLEANUP struct out word = {0};

	for (size_t i = 0; x->plan->program.envp[i]; i++)
		out_printf(&o, " %s", explain_quoted(x->plan->program.envp[i], &word));
	if (x->plan->program.want_home)
		out_puts(&o, " HOME=~");
	explain_prefix(x, "env -i%s", o.text ? o.text : "");
}

static void explain_new_root(struct explain *x, struct out *words)
{
	const struct plan *plan = x->plan;

	if (has_caps_to_drop(plan) && !plan->ids.root_inside) {
		explain_capsh(x, &plan->program, words);
		return;
	}
	explain_setpriv(x);
	if (plan->root.cwd && strcmp(plan->root.cwd, "/") != 0)
		explain_root_and_directory(x);
	else
		explain_chroot(x);
}

/* Without a fork the first child is the new namespace's PID 1, which ends the namespace when it
 * ends: so no command of the script may come after this one. */
static void explain_pid_namespace(struct explain *x)
{
	if (!explain_pid_is_last(x->plan))
		return;
	explain_tool(x, "unshare");
	explain_prefix(x, "--pid --");
}

void explain_exec(struct explain *x)
{
	const struct plan *plan = x->plan;
	OUT_CLEANUP struct out words = {0};

	program_words(&plan->program, &words);
	if (plan->program.clean || plan->spawn == SPAWN_CHILD)
		explain_environment(x);
	explain_pid_namespace(x);
	if (plan->namespaces.n_joins > 0)
		explain_nsenter(x);
	else if (plan->root.change)
		explain_new_root(x, &words);
	else if (plan->spawn == SPAWN_IN_PLACE)
		explain_setpriv(x);
	if (plan->container.reap) {
		explain_why(x,
			    "a small init stays PID 1: it collects orphans and passes signals on");
		explain_command(x, "# fork(2), and the program in the child");
	}
	explain_row(x, ROW_exec);
	explain_command(x, "exec %s%s", x->prefix.text ? x->prefix.text : "",
			words.text ? words.text : "");
}
