// SPDX-License-Identifier: Apache-2.0
/*
 * exec: another process in a container, either as a file describes it (--process, what engines
 * do) or as the first one with what the options change.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include "capabilities.h"
#include "environment.h"
#include "explain.h"
#include "file.h"
#include "first-process.h"
#include "oci-debug.h"
#include "oci-handover.h"
#include "oci-store.h"
#include "oci.h"
#include "parse.h"
#include "plan-oci-exec.h"
#include "process.h"
#include "supervise.h"

enum { PROCESS_MAX = 32 << 20 };

struct entering {
	const struct oci *o;
	const struct oci_exec *q;
	struct err *err;
	struct arena scratch, arena;
	int memory;
	struct oci_container container;
	struct spec *spec;
	struct spec_process process;
	struct exec_request survey;
	struct plan *plan;
	struct begun begun;
};

/* --- what is to run --- */

static int merge_environment(struct entering *e)
{
	struct environment env;
	int r = 0;

	environment_init(&env, &e->scratch);
	for (uint32_t i = 0; i < e->process.env.n; i++) {
		const char *word = e->process.env.list[i], *equals = strchr(word, '=');

		if (equals)
			environment_set(&env,
					arena_strndup(&e->scratch, word, (size_t)(equals - word)),
					equals + 1);
	}
	for (const char *const *word = e->q->env; r == 0 && word && *word; word++) {
		const char *equals = strchr(*word, '=');

		if (!equals || equals == *word)
			r = err_set(e->err, 0, "'%s' is not of the form NAME=VALUE", *word);
		else
			environment_set(&env,
					arena_strndup(&e->scratch, *word, (size_t)(equals - *word)),
					equals + 1);
	}
	e->process.env = (struct spec_strings){(uint32_t)env.count, (const char *const *)env.v};
	return r;
}

static int merge_user(struct entering *e)
{
	struct spec_user *user = &e->process.user;
	const char *colon = e->q->user ? strchr(e->q->user, ':') : NULL;
	uint32_t *groups;
	size_t n = 0, k = 0;

	if (e->q->user) {
		size_t len = colon ? (size_t)(colon - e->q->user) : strlen(e->q->user);

		if (parse_id(arena_strndup(&e->scratch, e->q->user, len), &user->uid) < 0 ||
		    (colon && parse_id(colon + 1, &user->gid) < 0)) {
			err_set(e->err, 0, "'%s' is no user", e->q->user);
			return err_remedy(e->err, "write UID or UID:GID, in digits");
		}
	}
	while (e->q->groups && e->q->groups[n])
		n++;
	if (n == 0)
		return 0;
	groups = arena_array(&e->scratch, uint32_t, n + user->additional_gids.n);
	for (; k < user->additional_gids.n; k++)
		groups[k] = user->additional_gids.list[k];
	for (size_t i = 0; i < n; i++)
		if (parse_id(e->q->groups[i], &groups[k++]) < 0)
			return err_set(e->err, 0, "'%s' is no group id", e->q->groups[i]);
	user->additional_gids = (struct spec_numbers){(uint32_t)k, groups};
	return 0;
}

static int merge_capabilities(struct entering *e)
{
	struct spec_capabilities *caps = arena_new(&e->scratch, struct spec_capabilities);
	uint64_t more = 0;

	for (const char *const *name = e->q->caps; name && *name; name++) {
		int r = capabilities_parse(*name, &more, e->err);

		if (r < 0)
			return r;
	}
	if (!more)
		return 0;
	if (e->process.capabilities)
		*caps = *e->process.capabilities;
	caps->bounding |= more;
	caps->effective |= more;
	caps->permitted |= more;
	e->process.capabilities = caps;
	return 0;
}

/* The container's first process, with what the options change. */
static int merge(struct entering *e)
{
	size_t n = 0;
	int r;

	if (!e->spec->process)
		return err_set(e->err, 0, "the container's config has no process");
	e->process = *e->spec->process;
	while (e->q->argv && e->q->argv[n])
		n++;
	if (n == 0)
		return err_set(e->err, 0, "there is no command to run");
	e->process.args = (struct spec_strings){(uint32_t)n, (const char *const *)e->q->argv};
	e->process.terminal = e->q->tty;
	if (e->q->cwd)
		e->process.cwd = e->q->cwd;
	if (e->q->apparmor)
		e->process.apparmor_profile = e->q->apparmor;
	if (e->q->label)
		e->process.selinux_label = e->q->label;
	e->process.no_new_privileges |= e->q->no_new_privs;
	r = merge_environment(e);
	if (r == 0)
		r = merge_user(e);
	return r < 0 ? r : merge_capabilities(e);
}

static int read_process(struct entering *e)
{
	char *text;
	struct spec_process *process;
	ssize_t n = read_file_into(&e->scratch, AT_FDCWD, e->q->process, PROCESS_MAX, &text);

	if (n < 0)
		return err_set(e->err, (int)-n, "cannot read '%s'", e->q->process);
	if (spec_decode_process(&e->scratch, text, (size_t)n, &process, e->err) < 0)
		return err_context(e->err, "%s", e->q->process);
	e->process = *process;
	e->process.terminal |= e->q->tty;
	return 0;
}

/* --- where --- */

static int check(const struct entering *e)
{
	const struct oci_container *c = &e->container;

	if (c->status == OCI_PAUSED && !e->q->ignore_paused) {
		err_set(e->err, 0, "cannot exec in a paused container: '%s'", c->id);
		return err_remedy(e->err, "kokon-oci resume %s, or --ignore-paused", c->id);
	}
	if (c->status == OCI_CREATING || c->status == OCI_STOPPED)
		return err_set(e->err, 0, "cannot exec in a container that is %s: '%s'",
			       value_to_name(oci_statuses, c->status), c->id);
	return 0;
}

static int leads_out(const char *path, struct err *err)
{
	const char *at = path, *part;
	size_t len;

	while (next_field(&at, '/', &part, &len))
		if (len == 2 && strncmp(part, "..", 2) == 0)
			return err_set(err, 0, "--cgroup: '%s' leads out of the container's group",
				       path);
	return 0;
}

/* Does the hierarchy of a group have one of these controllers? `controllers` NULL: it does. */
static bool is_meant(const struct cgroup_layout *l, const char *dir, const char *controllers)
{
	uint32_t bits = controllers ? cgroup_controllers_parse(controllers, ',') : 0;

	for (uint32_t i = 0; controllers && i < l->n; i++) {
		size_t len = strlen(l->h[i].mount);

		if (strncmp(dir, l->h[i].mount, len) == 0 && dir[len] == '/')
			return (l->h[i].present & bits) || strcmp(l->h[i].label, controllers) == 0;
	}
	return !controllers;
}

static int go_below_one(struct entering *e, const struct cgroup_layout *l, const char *word)
{
	const char *colon = strchr(word, ':'), *path = colon ? colon + 1 : word;
	const char *controllers =
		colon ? arena_strndup(&e->scratch, word, (size_t)(colon - word)) : NULL;
	bool any = false;

	if (leads_out(path, e->err) < 0)
		return -EINVAL;
	for (const char **dir = e->container.state.cgroups; *dir; dir++) {
		if (!is_meant(l, *dir, controllers))
			continue;
		any = true;
		*dir = arena_printf(&e->scratch, "%s/%s", *dir, path + (*path == '/'));
	}
	return any ? 0
		   : err_set(e->err, 0, "--cgroup: the container has no group of '%s'",
			     controllers ? controllers : path);
}

/* --cgroup: groups below the container's own. */
static int go_below(struct entering *e)
{
	struct cgroup_layout *layout = NULL;
	int r = 0;

	for (const char *const *word = e->q->cgroups; r == 0 && word && *word; word++) {
		if (!layout && strchr(*word, ':'))
			r = cgroup_layout_probe(&e->scratch, &layout, e->err);
		if (r == 0)
			r = go_below_one(e, layout, *word);
	}
	return r;
}

static int prepare(struct entering *e)
{
	const struct oci_exec *q = e->q;
	int r = arena_init_shared(&e->arena, &e->memory);

	if (r < 0)
		return err_set(e->err, -r, "cannot allocate memory");
	r = oci_check_preserved(q->preserve_fds, e->err);
	if (r == 0)
		r = oci_open_id(e->o->root, q->id, 0, &e->scratch, &e->container, e->err);
	if (r == 0)
		r = check(e);
	if (r == 0)
		r = oci_config(&e->container, &e->scratch, false, &e->spec, e->err);
	if (r == 0)
		r = q->process ? read_process(e) : merge(e);
	if (r == 0 && e->process.terminal && q->detach && !q->console_socket && !q->explain)
		r = err_set(e->err, 0,
			    "cannot allocate tty if kokon-oci will detach without "
			    "setting console socket");
	if (r == 0 && q->console_socket && !e->process.terminal)
		r = err_set(e->err, 0,
			    "cannot use console socket if kokon-oci will not detach or "
			    "allocate tty");
	return r < 0 ? r : go_below(e);
}

/* Entering the one that we are in already would be refused for a user namespace alone. */
static uint64_t made_namespaces(const struct spec *spec)
{
	uint64_t made = 0;

	for (uint32_t i = 0; i < spec->linux_.n_namespaces; i++)
		if (!spec->linux_.namespaces[i].path)
			made |= spec->linux_.namespaces[i].flag;
	return made & ~(uint64_t)CLONE_NEWUSER;
}

static int decide(struct entering *e)
{
	struct oci_exec_request request = {
		.spec = e->spec,
		.process = &e->process,
		.survey = &e->survey,
		.outlives = e->q->detach,
		.preserve_fds = e->q->preserve_fds,
		.trace = e->q->trace || e->o->debug,
	};
	struct facts facts;
	int r;

	e->survey.made = made_namespaces(e->spec);
	r = exec_survey(&e->scratch, e->container.pidfd, &e->survey, e->err);
	if (r == 0)
		r = facts_survey_rights(&facts, e->err);
	if (r == 0 && e->spec->linux_.seccomp)
		facts_find_seccomp(&e->scratch, &facts);
	if (r == 0)
		r = plan_oci_exec(&e->arena, &request, &facts, &e->plan, e->o->notes, e->err);
	return r;
}

/* --- doing --- */

static int hand_over(const struct entering *e, struct run *run)
{
	const struct oci_exec *q = e->q;
	int r = 0;

	if (q->console_socket) {
		r = oci_send_fd(q->console_socket, run->terminal, "/dev/ptmx", e->err);
		close(TAKE_FD(run->terminal));
	}
	if (r == 0 && q->pidfd_socket)
		r = oci_send_fd(q->pidfd_socket, run->pidfd, "pidfd", e->err);
	if (r == 0 && q->pid_file)
		r = oci_write_pid(q->pid_file, run->pid, e->err);
	if (r < 0)
		process_signal(run->pidfd, SIGKILL);
	return r;
}

static int begin(struct entering *e)
{
	int r;

	e->survey.state = &e->container.state;
	r = exec_survey_group(&e->scratch, &e->survey, e->err);
	if (r < 0 || e->q->explain)
		return r;
	return supervise_begin(&e->begun,
			       &(struct begin_request){
				       .arena = e->memory,
				       .group = e->survey.group.fd,
				       .group_path = e->survey.group.path,
				       .preserve_fds = e->q->preserve_fds,
				       .outlives = e->q->detach,
				       .later = e->process.exec_cpu_affinity != NULL,
			       },
			       e->err);
}

static int run_it(struct entering *e)
{
	struct run run = supervise_begun(&e->begun, e->plan, e->err);
	struct live *live = run.live;
	int r;

	live->send_fd = oci_send_fd;
	oci_find_agent(e->spec, e->container.state.name, e->container.state.bundle, &live->agent);
	live->agent.state.status = OCI_RUNNING;
	oci_debug_plan(e->o, e->plan);
	if (!e->q->trace)
		oci_debug_steps(e->o, &run);
	r = start_container(&run);
	if (r == 0)
		oci_debug(e->o, "%s: process %d runs", e->q->id, (int)run.pid);
	if (r == 0)
		r = hand_over(e, &run);
	return r < 0 || e->q->detach ? r : supervise_wait(&run, e->begun.signals, 0);
}

int oci_exec(const struct oci *o, const struct oci_exec *q, struct out *ret, struct err *err)
{
	struct entering e = {.o = o, .q = q, .err = err, .container = OCI_CONTAINER_NONE};
	int r = prepare(&e);

	if (r == 0)
		r = begin(&e);
	if (r == 0)
		r = decide(&e);
	if (r == 0 && q->explain)
		explain_plan(e.plan, ret);
	else if (r == 0)
		return run_it(&e);
	first_process_abandon(&e.begun.run);
	return r;
}
