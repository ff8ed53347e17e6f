// SPDX-License-Identifier: Apache-2.0
#include "plan-tool.h"

#include <linux/capability.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <linux/mount.h>
#include "message.h"
#include "parse.h"
#include "plan-parts.h"
#include "uapi.h"

/* --- ids --- */

static int subids_missing(const struct facts *facts, const char *file, struct err *err)
{
	err_set(err, 0, "no range of ids is granted to %s%s%s in '%s'",
		facts->user ? "user '" : "uid ", facts->user ? facts->user : "",
		facts->user ? "'" : "", file);
	return err_remedy(
		err, "as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 %s",
		facts->user ? facts->user : "USER");
}

/*
 * The granted range from 0 on. A single id within it takes one number inside but none outside,
 * so the range goes one number further, as unshare(1) does it.
 */
static struct idmap_range auto_range(const struct idmap_range *sub, uint32_t single, uint32_t own)
{
	bool hole = single != REQUEST_UNSET && single < sub->count;
	bool own_is_in = own - sub->outside < sub->count;

	return (struct idmap_range){0, sub->outside, sub->count + (hole && !own_is_in)};
}

/* The ranges that the request names, before a single id is put in front. */
static int plan_ranges(struct arena *a, const struct id_request *request, const struct facts *facts,
		       bool groups, struct idmap *ret, struct err *err)
{
	const struct idmap_range *sub = groups ? &facts->subgid : &facts->subuid;
	const struct idmap *own = groups ? &facts->own_gid : &facts->own_uid;
	struct idmap_range *ranges = arena_array(a, struct idmap_range, 32 + own->n);
	uint32_t n = 0;

	for (uint32_t i = 0; i < request->n; i++) {
		switch (request->ranges[i].source) {
		case IDS_RANGE: ranges[n++] = request->ranges[i].range; break;
		case IDS_ALL:
			for (uint32_t k = 0; k < own->n && n < 32 + own->n; k++)
				ranges[n++] = (struct idmap_range){own->ranges[k].inside,
								   own->ranges[k].inside,
								   own->ranges[k].count};
			break;
		case IDS_AUTO:
		case IDS_SUBIDS:
			if (sub->count == 0)
				return subids_missing(facts, groups ? "/etc/subgid" : "/etc/subuid",
						      err);
			ranges[n++] = request->ranges[i].source == IDS_AUTO
					      ? auto_range(sub, request->single,
							   groups ? facts->gid : facts->uid)
					      : (struct idmap_range){sub->outside, sub->outside,
								     sub->count};
			break;
		}
	}
	*ret = (struct idmap){ranges, n};
	return 0;
}

static int plan_map(struct arena *a, const struct id_request *request, const struct facts *facts,
		    bool groups, bool owned, struct idmap *ret, uint32_t *ret_writer,
		    struct err *err)
{
	uint32_t own = groups ? facts->gid : facts->uid;
	int r = plan_ranges(a, request, facts, groups, ret, err);

	if (r < 0)
		return r;
	*ret_writer = ret->n || owned ? facts->privileged ? IDMAP_HOST : IDMAP_HELPER : IDMAP_SELF;
	if (request->single != REQUEST_UNSET)
		idmap_add_single(a, ret, request->single, own);
	return 0;
}

static int plan_ids(struct arena *a, const struct tool_request *q, const struct facts *facts,
		    struct idmap_plan *ret, struct err *err)
{
	bool owned = q->owner_uid != REQUEST_UNSET;
	int r = plan_map(a, &q->uid, facts, false, owned, &ret->uid, &ret->uid_writer, err);

	if (r == 0)
		r = plan_map(a, &q->gid, facts, true, owned, &ret->gid, &ret->gid_writer, err);
	if (r < 0)
		return r;
	ret->setgroups = q->setgroups;
	if (ret->gid.n && ret->gid_writer == IDMAP_SELF) {
		if (q->setgroups == SETGROUPS_ALLOW) {
			err_set(err, 0, "--setgroups=allow and --map-group exclude each other");
			return err_remedy(err, "the kernel lets a process map its own group only "
					       "after setgroups(2) is denied; "
					       "with --map-groups or as root it can stay allowed");
		}
		ret->setgroups = SETGROUPS_DENY;
	}
	for (uint32_t i = 0; i < ret->uid.n; i++)
		if (ret->uid.ranges[i].inside == 0 && ret->uid.ranges[i].outside == facts->uid)
			ret->root_inside = 1;
	if (owned) {
		ret->root_inside = 0;
		ret->set_owner = 1;
		ret->owner_uid = q->owner_uid;
		ret->owner_gid = q->owner_gid;
	}
	return 0;
}

/* --- namespaces --- */

/* Adds a descriptor that the survey opened to the handles. Returns its index, or -1: none. */
static int32_t plan_handle(struct arena *a, struct plan *plan, int fd, const char *shown)
{
	struct handle_plan *handles = (struct handle_plan *)plan->handles;

	if (fd < 0)
		return -1;
	if (!handles)
		plan->handles = handles = arena_array(a, struct handle_plan, MESSAGE_FDS_MAX);
	handles[plan->n_handles] = (struct handle_plan){.kind = HANDLE_GIVEN,
							.path = arena_strdup(a, shown),
							.fd = fd};
	return (int32_t)plan->n_handles++;
}

static bool joins_type(const struct tool_request *q, uint32_t type)
{
	for (uint32_t i = 0; i < q->n_joins; i++)
		if (q->joins[i].type == type)
			return true;
	return false;
}

/*
 * The user namespace comes last where the caller's own rights are enough to enter the others
 * (entering it gives them up), and first where only it gives the right (setns(2)).
 */
static bool enters_user_last(const struct tool_request *q, const struct facts *facts)
{
	uint64_t needed = 1ULL << CAP_SYS_ADMIN;

	if (joins_type(q, NAMESPACE_MNT))
		needed |= 1ULL << CAP_SYS_CHROOT;
	return (facts->capabilities & needed) == needed;
}

static void plan_joins(struct arena *a, const struct tool_request *q, const struct facts *facts,
		       struct plan *plan)
{
	struct namespace_join *joins = arena_array(a, struct namespace_join, q->n_joins + 1);
	struct join_cgroups_plan *groups = &plan->join_cgroups;
	struct join_cgroup *group = arena_array(a, struct join_cgroup, q->n_cgroups + 1);

	for (uint32_t i = 0; i < q->n_joins; i++)
		joins[i] = (struct namespace_join){
			q->joins[i].type, plan_handle(a, plan, q->joins[i].fd, q->joins[i].shown),
			arena_strdup(a, q->joins[i].shown), arena_strdup(a, q->joins[i].option)};
	for (uint32_t i = 0; i < q->n_cgroups; i++)
		group[i] = (struct join_cgroup){plan_handle(a, plan, q->cgroups[i].fd,
							    q->cgroups[i].path),
						arena_strdup(a, q->cgroups[i].path)};
	*groups = (struct join_cgroups_plan){q->n_cgroups, group};
	plan->root.handle = plan_handle(a, plan, q->root_fd, q->root);
	plan->root.cwd_handle = plan_handle(a, plan, q->cwd_fd, q->cwd);
	plan->identity.follow_handle = plan_handle(a, plan, q->ids_fd, "the target process");
	plan->namespaces.joins = joins;
	plan->namespaces.n_joins = q->n_joins;
	plan->namespaces.join_user_last = enters_user_last(q, facts);
	plan->label = arena_strdup(a, q->exec_label);
}

static int plan_namespaces(struct arena *a, const struct tool_request *q,
			   struct namespaces_plan *ret, struct err *err)
{
	struct namespace_persist *persist =
		arena_array(a, struct namespace_persist, NAMESPACE_TYPES);

	if ((q->set_monotonic || q->set_boottime) && !(q->create & CLONE_NEWTIME)) {
		err_set(err, 0,
			"--monotonic and --boottime set the clocks of a new time namespace");
		return err_remedy(err, "add --time");
	}
	if (q->persist[NAMESPACE_PID] && !q->fork) {
		err_set(err, 0, "a PID namespace can be kept only once it has a first process");
		return err_remedy(err, "add --fork");
	}
	for (int i = 0; i < NAMESPACE_TYPES; i++)
		if (q->persist[i])
			persist[ret->n_persist++] =
				(struct namespace_persist){(uint32_t)i,
							   arena_strdup(a, q->persist[i])};
	ret->persist = persist;
	ret->create = q->create;
	ret->fork = q->fork || (joins_type(q, NAMESPACE_PID) && !q->no_fork);
	ret->kill_child = q->kill_child;
	ret->waiting = q->n_joins ? WAIT_FOLLOW : q->forward_signals ? WAIT_FORWARD : WAIT_DEAF;
	ret->set_monotonic = q->set_monotonic;
	ret->set_boottime = q->set_boottime;
	ret->monotonic_ns = q->monotonic_ns;
	ret->boottime_ns = q->boottime_ns;
	return 0;
}

/* --- mounts --- */

static struct mount_op filesystem(struct arena *a, const char *type, const char *target,
				  const char *why)
{
	const char **options = arena_array(a, const char *, 3);

	options[0] = arena_strdup(a, "source");
	options[1] = arena_strdup(a, type);
	return (struct mount_op){
		.kind = MOUNT_FILESYSTEM,
		.target = arena_strdup(a, target),
		.type = arena_strdup(a, type),
		.source = arena_strdup(a, type),
		.options = options,
		.set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
		.why = arena_strdup(a, why),
	};
}

static struct mount_op propagate(struct arena *a, const char *target, uint64_t propagation,
				 uint32_t flags, const char *why)
{
	return (struct mount_op){.kind = MOUNT_PROPAGATE,
				 .target = arena_strdup(a, target),
				 .propagation = propagation,
				 .flags = MOUNT_RECURSIVE | flags,
				 .why = arena_strdup(a, why)};
}

/* The flag F: the interpreter is opened at registration (binfmt-misc, kernel documentation). */
static bool interpreter_is_fixed(const char *rule)
{
	const char *flags = strrchr(rule, ':');

	return flags && strchr(flags, 'F');
}

static void plan_mounts(struct arena *a, const struct tool_request *q, struct plan *plan)
{
	struct mount_op *before = arena_array(a, struct mount_op, 4),
			*after = arena_array(a, struct mount_op, 4);
	uint32_t n = 0, m = 0;
	bool fixed = q->load_interp && q->root && interpreter_is_fixed(q->load_interp);

	if ((q->create & CLONE_NEWNS) && q->propagation)
		before[n++] = propagate(
			a, "/", q->propagation, 0,
			q->propagation == MS_PRIVATE
				? "no mount made here is seen outside, and none made outside here"
			: q->propagation == MS_SLAVE
				? "mounts made outside are seen here, and none made here outside"
				: "mounts are seen on both sides");
	if (fixed)
		before[n++] = filesystem(a, "binfmt_misc", "/proc/sys/fs/binfmt_misc",
					 "to register the interpreter of the old root");
	if (q->mount_proc && !q->root && q->propagation != MS_PRIVATE)
		after[m++] = propagate(a, q->mount_proc, MS_PRIVATE, MOUNT_OPTIONAL,
				       "the new /proc must not show outside");
	if (q->mount_proc)
		after[m++] = filesystem(
			a, "proc", q->mount_proc,
			"a /proc of the new PID namespace: ps reads process numbers from there");
	if (q->mount_binfmt)
		after[m++] = filesystem(a, "binfmt_misc", q->mount_binfmt,
					"binfmt_misc of the new user namespace");
	if (q->load_interp && fixed)
		plan->binfmt_before_root =
			(struct binfmt_plan){arena_strdup(a, q->load_interp),
					     arena_strdup(a, "/proc/sys/fs/binfmt_misc")};
	else if (q->load_interp)
		plan->binfmt = (struct binfmt_plan){arena_strdup(a, q->load_interp),
						    arena_strdup(a, q->mount_binfmt)};
	for (uint32_t i = 0; q->root && i < m; i++)
		after[i].shown =
			arena_printf(a, "%s%s%s", q->root, after[i].target[0] == '/' ? "" : "/",
				     after[i].target);
	plan->before_root = (struct mounts_plan){before, n};
	plan->mounts = (struct mounts_plan){after, m};
}

/* --- the program --- */

static const char *lookup_env(char *const *envp, const char *name)
{
	size_t len = strlen(name);

	for (; envp && *envp; envp++)
		if (strncmp(*envp, name, len) == 0 && (*envp)[len] == '=')
			return *envp + len + 1;
	return NULL;
}

static bool is_listed(const char *entry, const char *names)
{
	size_t len = strcspn(entry, "="), n;
	const char *name;

	while (next_field(&names, ',', &name, &n))
		if (n == len && strncmp(name, entry, n) == 0)
			return true;
	return false;
}

static bool is_kept(const struct tool_request *q, const char *entry)
{
	for (uint32_t i = 0; i < q->n_keep_env; i++)
		if (is_listed(entry, q->keep_env[i]))
			return true;
	return false;
}

static const char *const *plan_environment(struct arena *a, const struct tool_request *q)
{
	const char **envp;
	size_t n = 0, kept = 0;

	while (q->envp[n])
		n++;
	envp = arena_array(a, const char *, n + 1);
	for (size_t i = 0; i < n; i++)
		if ((!q->clear_env && !q->n_keep_env) || is_kept(q, q->envp[i]))
			envp[kept++] = arena_strdup(a, q->envp[i]);
	return envp;
}

static void plan_program(struct arena *a, const struct tool_request *q, struct program_plan *ret)
{
	const char *shell, *slash;
	const char **argv;
	size_t n = 0;

	ret->envp = plan_environment(a, q);
	/* The search uses what the program's own environment says, as execvp(3) does. */
	ret->path = lookup_env((char *const *)ret->envp, "PATH");
	ret->shell_fallback = 1;
	ret->clean = q->clear_env || q->n_keep_env || q->env_replaced;
	shell = lookup_env((char *const *)ret->envp, "SHELL");
	while (q->argv && q->argv[n])
		n++;
	if (n > 0) {
		ret->argv = (const char *const *)arena_strv(a, q->argv, n);
		ret->file = ret->argv[0];
		return;
	}
	if (!shell || !*shell)
		shell = "/bin/sh";
	slash = strrchr(shell, '/');
	ret->file = arena_strdup(a, shell);
	argv = arena_array(a, const char *, 3);
	if (q->interactive_shell) {
		argv[0] = ret->file;
		argv[1] = arena_strdup(a, "-i");
	} else {
		argv[0] = arena_printf(a, "-%s", slash ? slash + 1 : shell); /* a login shell */
	}
	ret->argv = argv;
}

/*
 * nsenter: in a user namespace the program is its root unless told otherwise, without the
 * caller's groups. setgroups(2) may be denied in there, so they are dropped before, by who may.
 */
static void plan_entered_identity(const struct tool_request *q, const struct facts *facts,
				  struct identity_plan *ret)
{
	bool user = joins_type(q, NAMESPACE_USER);

	ret->keep_caps = q->keep_caps && user;
	if (q->follow_uid || q->follow_gid) {
		ret->follow_uid = q->follow_uid;
		ret->follow_gid = q->follow_gid;
		ret->uid = q->follow_uid ? q->followed_uid : ret->uid;
		ret->gid = q->follow_gid ? q->followed_gid : ret->gid;
		ret->set_uid |= q->follow_uid;
		ret->set_gid |= q->follow_gid;
		ret->set_groups |= q->follow_gid;
	}
	if (!user || q->keep_credentials)
		return;
	if (!ret->set_uid)
		ret->uid = 0;
	if (!ret->set_gid)
		ret->gid = 0;
	ret->set_uid = ret->set_gid = ret->set_groups = 1;
	ret->drop_groups_first = (facts->capabilities >> CAP_SETGID & 1) != 0;
	ret->groups_optional = ret->drop_groups_first || !facts->has_groups;
}

static const uint32_t *copy_ids(struct arena *a, const uint32_t *ids, uint32_t n)
{
	uint32_t *copy = arena_array(a, uint32_t, n);

	if (n)
		memcpy(copy, ids, n * sizeof(*copy));
	return copy;
}

static void plan_identity(const struct tool_request *q, const struct facts *facts,
			  struct identity_plan *ret)
{
	ret->set_uid = q->set_uid != REQUEST_UNSET;
	ret->uid = q->set_uid;
	ret->set_gid = ret->set_groups = q->set_gid != REQUEST_UNSET;
	ret->gid = q->set_gid;
	ret->keep_caps = q->keep_caps;
	if (q->n_joins)
		plan_entered_identity(q, facts, ret);
}

static int plan_accounts(struct arena *a, const struct tool_request *q, struct identity_plan *ret,
			 struct err *err)
{
	struct accounts_plan *accounts;
	int r;

	if (!q->userspec && !q->groups)
		return 0;
	accounts = arena_new(a, struct accounts_plan);
	r = accounts_parse(q->userspec, q->groups, a, accounts, err);
	if (r < 0)
		return r;
	accounts->user_is_outside = q->user_is_outside;
	accounts->outside_user = q->outside_user;
	accounts->outside_list = q->outside_list;
	accounts->outside_user.groups =
		copy_ids(a, q->outside_user.groups, q->outside_user.n_groups);
	accounts->outside_list.groups =
		copy_ids(a, q->outside_list.groups, q->outside_list.n_groups);
	ret->accounts = accounts;
	return 0;
}

int plan_tool(struct arena *a, const struct tool_request *q, const struct facts *facts,
	      struct plan **ret, struct err *err)
{
	struct plan *plan = plan_new(a, q->tool);
	int r;

	plan->spawn = SPAWN_IN_PLACE;
	plan->fail_status = q->fail_status;
	plan->trace = q->trace;
	plan_joins(a, q, facts, plan);
	r = plan_namespaces(a, q, &plan->namespaces, err);
	if (r == 0)
		r = plan_ids(a, q, facts, &plan->ids, err);
	if (r == 0)
		r = plan_accounts(a, q, &plan->identity, err);
	if (r < 0)
		return r;
	plan_mounts(a, q, plan);
	plan->root.change = q->root != NULL;
	plan->root.directory = arena_strdup(a, q->root);
	plan->root.cwd = arena_strdup(a, q->cwd_in_namespace ? q->cwd_in_namespace
					 : q->cwd_fd >= 0    ? NULL
					 : q->cwd            ? q->cwd
					 : q->root && q->root_fd < 0 && !q->skip_chdir ? "/"
										       : NULL);
	plan_identity(q, facts, &plan->identity);
	plan_program(a, q, &plan->program);
	plan->outside = plan->namespaces.n_persist > 0 ||
			(plan->ids.uid.n && plan->ids.uid_writer != IDMAP_SELF) ||
			(plan->ids.gid.n && plan->ids.gid_writer != IDMAP_SELF);
	*ret = plan;
	return 0;
}
