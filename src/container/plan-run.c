// SPDX-License-Identifier: Apache-2.0
#include "plan-run.h"

#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include "message.h"
#include "plan-parts.h"
#include "state-record.h"
#include "uapi.h"

enum { UTS_NAME_MAX = 64 }; /* bytes that sethostname(2) takes */

static const char default_path[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/* --- namespaces --- */

static int check_uts_name(struct run_planner *p, const char *option, const char *name)
{
	if (!name || (*name && strlen(name) <= UTS_NAME_MAX))
		return 0;
	err_set(p->err, 0, "%s: '%s' is no name for a machine", option, name);
	return err_remedy(p->err, "give 1 to %d bytes", UTS_NAME_MAX);
}

static int plan_names(struct run_planner *p)
{
	struct namespaces_plan *n = &p->plan->namespaces;

	if (check_uts_name(p, "--hostname", p->q->hostname) < 0 ||
	    check_uts_name(p, "--domainname", p->q->domainname) < 0)
		return -EINVAL;
	if (n->create & CLONE_NEWUTS) {
		/* A container's name may be longer than a machine's. */
		n->hostname = p->q->hostname ? arena_strdup(p->a, p->q->hostname)
					     : arena_printf(p->a, "%.*s", UTS_NAME_MAX, p->q->name);
		n->domainname = arena_strdup(p->a, p->q->domainname);
	} else if (p->q->hostname) {
		err_set(p->err, 0, "--hostname needs a UTS namespace of its own");
		return err_remedy(p->err, "leave out --uts");
	}
	return 0;
}

static int plan_namespaces(struct run_planner *p)
{
	struct namespaces_plan *n = &p->plan->namespaces;
	struct namespace_given given[NAMESPACE_TYPES];
	uint32_t n_given = 0;

	for (int type = 0; type < NAMESPACE_TYPES; type++) {
		const struct namespace_choice *choice = &p->q->namespaces[type];
		bool wanted = choice->source == SOURCE_NEW ||
			      (choice->source == SOURCE_DEFAULT && type != NAMESPACE_USER &&
			       type != NAMESPACE_TIME);

		if (type == NAMESPACE_USER)
			wanted = choice->source != SOURCE_JOIN && run_has_user_namespace(p);
		if (wanted)
			n->create |= namespace_infos[type].flag;
		if (choice->source == SOURCE_JOIN)
			given[n_given++] =
				(struct namespace_given){(uint32_t)type, choice->fd, choice->shown};
		if (type == NAMESPACE_USER && p->q->nested)
			given[n_given++] = (struct namespace_given){(uint32_t)type, p->q->around.fd,
								    p->q->around.shown};
	}
	n->loopback = (n->create & CLONE_NEWNET) != 0;
	return plan_join(p->a, p->plan, p->handles, given, n_given, p->err) < 0 ? -E2BIG
										: plan_names(p);
}

/* --- the program --- */

static bool has_variable(const char *const *env, const char *name)
{
	size_t len = strlen(name);

	for (; env && *env; env++)
		if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
			return true;
	return false;
}

static const char *variable(const char *const *env, const char *name)
{
	size_t len = strlen(name);
	const char *value = NULL;

	for (; env && *env; env++)
		if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
			value = *env + len + 1;
	return value;
}

static int plan_environment(struct run_planner *p, struct program_plan *program)
{
	const struct run_request *q = p->q;
	const char **env;
	size_t n = 0, k = 0;

	while (q->env && q->env[n])
		n++;
	if (n > MAX_ENVIRONMENT - 4)
		return err_set(p->err, E2BIG, "more than %d environment variables",
			       MAX_ENVIRONMENT - 4);
	env = arena_array(p->a, const char *, n + 5);
	if (!has_variable(q->env, "PATH"))
		env[k++] = arena_printf(p->a, "PATH=%s", default_path);
	if (q->tty && !has_variable(q->env, "TERM"))
		env[k++] = arena_printf(p->a, "TERM=%s", p->facts->term ? p->facts->term : "xterm");
	if (p->plan->namespaces.hostname && !has_variable(q->env, "HOSTNAME"))
		env[k++] = arena_printf(p->a, "HOSTNAME=%s", p->plan->namespaces.hostname);
	for (size_t i = 0; i < n; i++)
		env[k++] = arena_strdup(p->a, q->env[i]);
	program->want_home = !has_variable(q->env, "HOME");
	program->envp = env;
	program->path = arena_strdup(p->a, variable(env, "PATH"));
	return 0;
}

static void plan_program(struct run_planner *p, struct program_plan *program)
{
	const struct run_request *q = p->q;
	const char **argv;
	size_t n = 0, k = 0;

	while (q->argv && q->argv[n])
		n++;
	argv = arena_array(p->a, const char *, n + 3);
	if (q->entrypoint && *q->entrypoint)
		argv[k++] = arena_strdup(p->a, q->entrypoint);
	for (size_t i = 0; i < n; i++)
		argv[k++] = arena_strdup(p->a, q->argv[i]);
	if (k == 0)
		argv[k++] = arena_strdup(p->a, q->host_names ? "bash" : "/bin/sh");
	program->argv = argv;
	program->file = argv[0];
}

/* --- rights --- */

static int plan_seccomp(struct run_planner *p, uint64_t bounding)
{
	const struct security_options *o = &p->q->security;
	struct seccomp_request request = {.source = o->seccomp,
					  .path = o->seccomp_path,
					  .bounding = bounding,
					  .helper = p->facts->seccomp_helper};

	if (p->q->privileged && o->seccomp == SECCOMP_DEFAULT)
		return 0;
	return seccomp_program_for(&request, p->a, &p->plan->container.seccomp, p->err);
}

static uint32_t last_gid(const struct run_planner *p)
{
	const struct idmap *map = run_gid_map(p);
	uint32_t last = 0;

	if (!map)
		return UINT32_MAX - 1;
	for (uint32_t i = 0; i < map->n; i++)
		last = MAX(last, map->ranges[i].inside + map->ranges[i].count - 1);
	return last;
}

static int plan_sysctls(struct run_planner *p)
{
	uint64_t own = p->plan->namespaces.create;
	struct sysctl *list;
	uint32_t n;

	for (n = 0; p->q->sysctls && p->q->sysctls[n];)
		n++;
	list = arena_array(p->a, struct sysctl, n + 2);
	n = sysctl_defaults((uint32_t)own, last_gid(p), p->a, list);
	for (uint32_t i = 0; p->q->sysctls && p->q->sysctls[i]; i++, n++)
		if (sysctl_parse(p->q->sysctls[i], p->a, &list[n], p->err) < 0 ||
		    sysctl_check(&list[n], (uint32_t)own, p->err) < 0)
			return err_context(p->err, "--sysctl");
	p->plan->container.sysctls = (struct sysctl_plan){n, list};
	return 0;
}

static void plan_limits(struct run_planner *p)
{
	const struct rlimits_plan *r = &p->q->rlimits;
	struct rlimit_op *ops = arena_array(p->a, struct rlimit_op, r->count + 1);

	if (r->count)
		memcpy(ops, r->ops, r->count * sizeof(*ops));
	p->plan->container.rlimits = (struct rlimits_plan){r->count, ops};
}

static int plan_rights(struct run_planner *p)
{
	struct container_plan *c = &p->plan->container;
	const struct run_request *q = p->q;
	uint64_t have = run_has_user_namespace(p) ? CAPABILITIES_ALL : p->facts->grantable,
		 bounding, added;
	int r = capabilities_merge(q->privileged ? CAPABILITIES_ALL : CAPABILITIES_DEFAULT,
				   q->cap_add, q->cap_drop, &bounding, &added, p->err);

	if (r < 0)
		return r;
	c->capabilities = capabilities_plan_for(bounding, added, have);
	if (c->capabilities.lacking) {
		OUT_CLEANUP struct out names = {0};

		capabilities_print(c->capabilities.lacking, &names);
		out_printf(p->notes, "this machine does not let you give %s\n", names.text);
	}
	p->caps_added = added;
	c->no_new_privileges = q->security.no_new_privileges;
	if (q->security.apparmor && strcmp(q->security.apparmor, "unconfined") != 0)
		c->labels.apparmor = arena_strdup(p->a, q->security.apparmor);
	c->labels.selinux = arena_strdup(p->a, q->selinux);
	r = plan_seccomp(p, bounding);
	if (r < 0)
		return r;
	c->credentials.lookup = LOOKUP_GROUPS | LOOKUP_HOME;
	if (credentials_parse_umask(q->umask ? q->umask : "022", &c->credentials.umask, p->err) < 0)
		return -EINVAL;
	if (q->user && credentials_parse_user(q->user, p->a, &c->credentials, p->err) < 0)
		return -EINVAL;
	if (!q->user && q->keep_id) {
		c->credentials.uid = p->facts->uid;
		c->credentials.gid = p->facts->gid;
	}
	if (q->groups && credentials_parse_groups(q->groups, p->a, &c->credentials, p->err) < 0)
		return -EINVAL;
	if (c->deny_groups)
		return credentials_deny_setgroups(&c->credentials, p->err);
	return 0;
}

/* What `exec` needs for the same confinement, in the words of the options. */
static void plan_state_rights(struct run_planner *p, struct state *s)
{
	const struct container_plan *c = &p->plan->container;
	const struct run_request *q = p->q;
	const char **ulimits = arena_array(p->a, const char *, c->rlimits.count + 1);
	size_t n = 0;

	s->user = q->user ? arena_strdup(p->a, q->user)
		  : c->credentials.uid || c->credentials.gid
			  ? arena_printf(p->a, "%u:%u", c->credentials.uid, c->credentials.gid)
			  : NULL;
	s->umask = arena_strdup(p->a, q->umask ? q->umask : "022");
	s->oom_score = c->set_oom_score ? arena_printf(p->a, "%d", c->oom_score) : NULL;
	while (q->groups && q->groups[n])
		n++;
	s->groups = q->groups ? (const char *const *)arena_strv(p->a, (char *const *)q->groups, n)
			      : NULL;
	for (uint32_t i = 0; i < c->rlimits.count; i++) {
		OUT_CLEANUP struct out limit = {0};

		rlimit_print(&c->rlimits.ops[i], &limit);
		ulimits[i] = arena_strdup(p->a, limit.text);
	}
	s->ulimits = ulimits;
	s->caps_bounding = c->capabilities.set.bounding;
	s->caps_added = p->caps_added;
	s->no_new_privileges = c->no_new_privileges;
	s->deny_groups = c->deny_groups;
	s->seccomp_default = c->seccomp.count > 0 && q->security.seccomp == SECCOMP_DEFAULT;
	s->apparmor = c->labels.apparmor;
	s->selinux = c->labels.selinux;
	s->seccomp = s->seccomp_default ? NULL : state_seccomp_text(p->a, &c->seccomp);
}

static void plan_state(struct run_planner *p, struct state *s)
{
	OUT_CLEANUP struct out command = {0};
	const struct plan *plan = p->plan;
	const struct idmap *uid, *gid;

	out_shell_words(&command, (char *const *)plan->program.argv);
	s->name = plan->container.name;
	s->top = plan->container.top;
	s->status = STATE_CREATING;
	s->image = p->q->rootfs ? arena_strdup(p->a, p->q->rootfs)
				: arena_printf(p->a, "host:%s", p->q->host_names);
	s->command = arena_strdup(p->a, command.text);
	uid = p->uid.n ? &p->uid : plan->ids.uid.n ? &plan->ids.uid : &p->q->joined_uid;
	gid = p->gid.n ? &p->gid : plan->ids.gid.n ? &plan->ids.gid : &p->q->joined_gid;
	s->uid_map = uid->n ? idmap_text(p->a, uid) : NULL;
	s->gid_map = gid->n ? idmap_text(p->a, gid) : NULL;
	s->cwd = plan->container.cwd;
	plan_state_rights(p, s);
	s->stop_signal = p->q->stop_signal ? p->q->stop_signal : SIGTERM;
	s->stop_timeout = p->q->stop_timeout;
	s->env = plan->program.envp;
}

static int plan_net_devices(struct run_planner *p)
{
	const struct run_request *q = p->q;
	struct net_device_plan *list = arena_array(p->a, struct net_device_plan, q->n_net_devices);

	if (q->n_net_devices && !(p->plan->namespaces.create & CLONE_NEWNET)) {
		err_set(p->err, 0, "--netdev needs a network namespace of the container's own");
		return err_remedy(p->err, "leave --net away, or say --net none");
	}
	for (uint32_t i = 0; i < q->n_net_devices; i++) {
		list[i].host = arena_strdup(p->a, q->net_devices[i].host);
		list[i].name = arena_strdup(p->a, q->net_devices[i].name);
	}
	p->plan->container.net_devices = list;
	p->plan->container.n_net_devices = q->n_net_devices;
	p->plan->container.net_devices_return = 1;
	return 0;
}

int plan_run(struct arena *a, const struct run_request *request, const struct facts *facts,
	     const struct cgroup_layout *layout, struct plan **ret, struct state *ret_state,
	     struct out *notes, struct err *err)
{
	struct plan *plan = plan_new(a, "run");
	struct run_planner p = {
		a,     request, facts, plan, arena_array(a, struct handle_plan, MESSAGE_FDS_MAX),
		notes, err};
	struct container_plan *c = &plan->container;
	int r;

	*ret_state = (struct state){0};
	plan->handles = p.handles;
	plan->spawn = SPAWN_CHILD;
	plan->fail_status = 125;
	plan->trace = request->trace;
	c->name = arena_strdup(a, request->name);
	c->parent_death = SIGKILL;
	c->guardian = GUARDIAN_FIRST;
	c->top = request->host_names ? arena_strdup(a, request->top) : NULL;
	c->readonly_root = request->read_only;
	c->null_stdin = !request->interactive && !request->tty;
	c->cwd = arena_strdup(a, request->cwd ? request->cwd : "/");
	c->set_oom_score = request->set_oom_score_adj;
	c->oom_score = request->oom_score_adj;
	r = plan_namespaces(&p);
	if (r == 0)
		r = plan_run_ids(&p);
	if (r == 0)
		r = plan_run_cgroup(&p, layout, ret_state);
	if (r == 0)
		r = plan_run_network(&p);
	if (r == 0)
		r = plan_net_devices(&p);
	if (r == 0)
		r = plan_run_mounts(&p);
	if (r == 0)
		r = plan_environment(&p, &plan->program);
	if (r < 0)
		return r;
	/* Neither a PID namespace that ends with its first process nor a group to look into. */
	if (!(plan->namespaces.create & CLONE_NEWPID) && !c->cgroup)
		c->guardian = GUARDIAN_MOUNTS;
	plan_program(&p, &plan->program);
	plan_limits(&p);
	c->reap = request->init;
	c->terminal = (struct terminal_plan){.wanted = request->tty,
					     .rows = request->rows,
					     .columns = request->columns};
	r = plan_sysctls(&p);
	if (r == 0)
		r = plan_rights(&p);
	if (r < 0)
		return r;
	plan_fork_last(a, plan, notes);
	plan_state(&p, ret_state);
	*ret = plan;
	return 0;
}
