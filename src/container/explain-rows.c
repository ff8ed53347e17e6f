// SPDX-License-Identifier: Apache-2.0
/*
 * What each row of the table is in shell. Ids are in explain-ids.c, what nsenter does in
 * explain-enter.c, the root and the program of the tools in explain-exec.c.
 */
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <linux/mount.h>
#include <sys/mount.h>

#include "explain.h"
#include "names.h"
#include "uapi.h"

void explain_spawn(struct explain *x)
{
	const char *group = x->plan->container.group;
	OUT_CLEANUP struct out o = {0}, word = {0};

	explain_row(x, ROW_spawn);
	explain_command(x, "# system call clone3(%s), then execveat() of the sealed init",
			group ? "CLONE_INTO_CGROUP" : "");
	if (!group)
		return;
	out_printf(&o, "%s/cgroup.procs", group);
	explain_why(x, "in its group of version 2 from birth; a shell moves itself there");
	explain_command(x, "echo 0 > %s", explain_quoted(o.text, &word));
}

/* --- entering and making namespaces --- */

void explain_make_time(struct explain *x)
{
	const struct namespaces_plan *p = &x->plan->namespaces;
	OUT_CLEANUP struct out o = {0};

	if (p->set_monotonic)
		out_printf(&o, " --monotonic=%lld", (long long)(p->monotonic_ns / 1000000000));
	if (p->set_boottime)
		out_printf(&o, " --boottime=%lld", (long long)(p->boottime_ns / 1000000000));
	explain_row(x, ROW_make_time);
	explain_enter(x, "unshare --time%s --", o.text ? o.text : "");
}

/* The options of unshare(1) for a program that runs in a child. */
static void fork_options(const struct namespaces_plan *p, struct out *o)
{
	const char *signal = signal_name((int)p->kill_child);

	if (p->fork)
		out_puts(o, " --fork");
	if (p->kill_child && signal)
		out_printf(o, " --kill-child=%s", signal);
	else if (p->kill_child)
		out_printf(o, " --kill-child=%u", p->kill_child);
	if (p->waiting == WAIT_FORWARD)
		out_puts(o, " --forward-signals");
}

bool explain_pid_is_last(const struct plan *plan)
{
	return plan->spawn == SPAWN_IN_PLACE && (plan->namespaces.create & CLONE_NEWPID) &&
	       !plan->namespaces.fork;
}

void explain_make(struct explain *x)
{
	const struct namespaces_plan *p = &x->plan->namespaces;
	bool pid_is_last = explain_pid_is_last(x->plan);
	OUT_CLEANUP struct out o = {0};

	for (int i = 0; i < NAMESPACE_TYPES; i++) {
		const struct namespace_info *info = &namespace_infos[i];

		if (!(p->create & info->flag & ~(uint64_t)(CLONE_NEWUSER | CLONE_NEWTIME)))
			continue;
		explain_why(x, "a new %s namespace: %s of its own", info->name, info->purpose);
		if (i == NAMESPACE_PID && pid_is_last)
			explain_command(x, "# unshare --pid, see the last line");
		else
			out_printf(&o, " --%s", info->option);
	}
	if (p->create & CLONE_NEWNS)
		out_puts(&o, " --propagation=unchanged");
	if (p->fork)
		explain_row(x, ROW_fork);
	fork_options(p, &o);
	if (o.text)
		explain_enter(x, "unshare%s --", o.text);
}

static void clone_flags(const struct plan *plan, struct out *o)
{
	static const struct {
		uint64_t flag;
		const char *name;
	} flags[] = {
		{CLONE_NEWNS, "CLONE_NEWNS"},   {CLONE_NEWUTS, "CLONE_NEWUTS"},
		{CLONE_NEWIPC, "CLONE_NEWIPC"}, {CLONE_NEWNET, "CLONE_NEWNET"},
		{CLONE_NEWPID, "CLONE_NEWPID"}, {CLONE_NEWCGROUP, "CLONE_NEWCGROUP"},
	};
	uint64_t later = plan_enters_late(plan) ? CLONE_NEWCGROUP : 0;

	out_puts(o, "CLONE_PARENT");
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (plan->namespaces.create & ~later & flags[i].flag)
			out_printf(o, " | %s", flags[i].name);
}

void explain_fork(struct explain *x)
{
	const struct plan *plan = x->plan;
	OUT_CLEANUP struct out o = {0};

	if (plan->spawn == SPAWN_CHILD && plan->container.root < 0) {
		explain_why(x, "a new process: only a child is in the PID namespace entered");
		explain_command(x, "# system call clone3()");
	} else if (plan->spawn == SPAWN_CHILD) {
		if (plan->namespaces.create & CLONE_NEWPID)
			explain_row(x, ROW_fork);
		else
			explain_why(x, "a new process, in the new namespaces");
		clone_flags(plan, &o);
		explain_command(x, "# system call clone3(%s)", o.text);
	} else if (plan->namespaces.n_joins == 0 && !steps[ROW_make].when(plan)) {
		explain_row(x, ROW_fork);
		fork_options(&plan->namespaces, &o);
		explain_enter(x, "unshare%s --", o.text);
	}
}

void explain_names(struct explain *x)
{
	OUT_CLEANUP struct out word = {0};

	explain_row(x, ROW_names);
	if (x->plan->namespaces.hostname)
		explain_command(x, "hostname %s",
				explain_quoted(x->plan->namespaces.hostname, &word));
	if (x->plan->namespaces.domainname)
		explain_command(x, "domainname %s",
				explain_quoted(x->plan->namespaces.domainname, &word));
}

void explain_loopback(struct explain *x)
{
	explain_row(x, ROW_loopback);
	explain_command(x, "ip link set lo up");
}

/* --- mounts --- */

static const char *propagation_name(uint64_t propagation)
{
	return propagation == MS_PRIVATE  ? "private"
	       : propagation == MS_SLAVE  ? "slave"
	       : propagation == MS_SHARED ? "shared"
					  : "unbindable";
}

static void attribute_words(struct out *o, uint64_t set)
{
	if (set & MOUNT_ATTR_RDONLY)
		out_puts(o, ",ro");
	if (set & MOUNT_ATTR_NOSUID)
		out_puts(o, ",nosuid");
	if (set & MOUNT_ATTR_NODEV)
		out_puts(o, ",nodev");
	if (set & MOUNT_ATTR_NOEXEC)
		out_puts(o, ",noexec");
}

/* mount(8) of one who is not root, but could become root, refuses to work. */
static const char *as_root(const struct plan *plan)
{
	const struct idmap *map = &plan->ids.uid;

	if (plan->spawn != SPAWN_IN_PLACE || plan->ids.root_inside)
		return "";
	for (uint32_t i = 0; i < map->n; i++)
		if (map->ranges[i].inside == 0)
			return "setpriv --reuid=0 -- ";
	return "";
}

static void explain_filesystem(struct explain *x, const struct mount_op *op, const char *target)
{
	OUT_CLEANUP struct out options = {0};
	OUT_CLEANUP struct out inside = {0};

	attribute_words(&options, op->set);
	for (const char *const *o = op->options; o && o[0]; o += 2) {
		if (strcmp(o[0], "source") == 0)
			continue;
		out_printf(&options, ",%s%s%s", o[0], o[1] ? "=" : "", o[1] ? o[1] : "");
	}
	if (op->flags & MOUNT_OF_PID) {
		out_puts(&inside, "nsenter --pid=");
		out_shell_word(&inside, x->plan->handles[op->handle].path);
		out_puts(&inside, " ");
	}
	explain_command(x, "%s%smount -t %s%s%s %s %s", inside.text ? inside.text : "",
			as_root(x->plan), op->type, options.text ? " -o " : "",
			options.text ? options.text + 1 : "", op->source ? op->source : op->type,
			target);
}

static void explain_tree(struct explain *x, const struct mount_op *op, const char *target)
{
	const struct handle_plan *h = &x->plan->handles[op->handle];
	OUT_CLEANUP struct out options = {0};
	OUT_CLEANUP struct out source = {0};

	attribute_words(&options, h->set | (h->change ? h->change->set : 0));
	if (h->kind == HANDLE_TREE)
		explain_command(x, "mount --%sbind%s%s %s %s", h->recursive ? "r" : "",
				options.text ? " -o " : "", options.text ? options.text + 1 : "",
				explain_quoted(h->path, &source), target);
	else
		explain_command(x, "# system call move_mount() of '%s' to %s", h->path, target);
}

/* Operations on what is there already; a target that is missing is passed over. */
static void explain_existing(struct explain *x, const struct mount_op *op, const char *target)
{
	OUT_CLEANUP struct out options = {0};

	attribute_words(&options, op->set | (op->change ? op->change->set : 0));
	if (op->kind == MOUNT_MASK)
		explain_command(x, "mount --bind /dev/null %s || mount -t tmpfs -o ro tmpfs %s",
				target, target);
	else if (op->kind == MOUNT_READONLY)
		explain_command(x, "mount --rbind -o ro %s %s", target, target);
	else if (op->kind == MOUNT_ATTRIBUTES && options.text)
		explain_command(x, "mount -o remount,bind%s %s", options.text, target);
}

/* Before chroot the same target has the new root in front. */
static void explain_ops(struct explain *x, const struct mounts_plan *mounts, const char *root)
{
	for (uint32_t i = 0; i < mounts->n; i++) {
		const struct mount_op *op = &mounts->ops[i];
		OUT_CLEANUP struct out path = {0};
		OUT_CLEANUP struct out word = {0};

		if (op->only_otherwise)
			continue;
		out_printf(&path, "%s%s%s", root ? root : "",
			   root && op->target[0] != '/' ? "/" : "", op->target);
		if (op->why)
			explain_why(x, "%s", op->why);
		if (op->kind == MOUNT_FILESYSTEM)
			explain_filesystem(x, op, explain_quoted(path.text, &word));
		else if (op->kind == MOUNT_PROPAGATE)
			explain_command(x, "%smount --make-%s%s %s%s", as_root(x->plan),
					op->flags & MOUNT_RECURSIVE ? "r" : "",
					propagation_name(op->propagation),
					explain_quoted(path.text, &word),
					op->flags & MOUNT_OPTIONAL ? " 2>/dev/null || true" : "");
		else if (op->kind == MOUNT_TREE)
			explain_tree(x, op, explain_quoted(path.text, &word));
		else
			explain_existing(x, op, explain_quoted(path.text, &word));
	}
}

void explain_before_root(struct explain *x)
{
	explain_ops(x, &x->plan->before_root, NULL);
}

void explain_mounts(struct explain *x)
{
	const struct plan *plan = x->plan;

	/* A container's new root is the current directory by then. */
	explain_ops(x, &plan->mounts,
		    plan->root.change                                         ? plan->root.directory
		    : plan->container.root >= 0 && plan->spawn == SPAWN_CHILD ? "."
									      : NULL);
}

static void binfmt(struct explain *x, const struct binfmt_plan *plan, const char *root, int row)
{
	OUT_CLEANUP struct out rule = {0};
	OUT_CLEANUP struct out path = {0};
	OUT_CLEANUP struct out word = {0};

	explain_row(x, row);
	out_printf(&path, "%s%s/register", root ? root : "", plan->directory);
	explain_command(x, "printf %%s %s > %s", explain_quoted(plan->rule, &rule),
			explain_quoted(path.text, &word));
}

void explain_binfmt_before_root(struct explain *x)
{
	binfmt(x, &x->plan->binfmt_before_root, NULL, ROW_binfmt_before_root);
}

void explain_binfmt(struct explain *x)
{
	binfmt(x, &x->plan->binfmt, x->plan->root.change ? x->plan->root.directory : NULL,
	       ROW_binfmt);
}

/* --- rows of a container --- */

void explain_record(struct explain *x)
{
	explain_row(x, ROW_record);
	explain_command(x, "mkdir -m 700 /run/kokon/%s && echo creating > /run/kokon/%s/record",
			x->plan->container.name, x->plan->container.name);
}

void explain_top(struct explain *x)
{
	OUT_CLEANUP struct out word = {0};

	explain_row(x, ROW_top);
	explain_quoted(x->plan->container.top, &word);
	explain_command(x, "mkdir -p %s/upper %s/work", word.text, word.text);
}

void explain_cgroup(struct explain *x)
{
	explain_row(x, ROW_cgroup);
	cgroup_explain(x->plan->container.cgroup, x->out);
}

void explain_finish_cgroup(struct explain *x)
{
	explain_row(x, ROW_finish_cgroup);
	cgroup_explain_finish(x->plan->container.cgroup, x->out);
}

void explain_finish_cgroup_last(struct explain *x)
{
	explain_finish_cgroup(x);
}

static const char *explain_map(struct explain *x, const struct idmap *map, struct out *o)
{
	(void)x;
	for (uint32_t i = 0; i < map->n; i++)
		out_printf(o, "%s%u %u %u", i ? ", " : "", map->ranges[i].inside,
			   map->ranges[i].outside, map->ranges[i].count);
	return o->text;
}

static void explain_handle(struct explain *x, const struct handle_plan *h)
{
	OUT_CLEANUP struct out word = {0};
	OUT_CLEANUP struct out options = {0};

	if (h->kind == HANDLE_TREE) {
		explain_command(x, "# system call open_tree(%s, OPEN_TREE_CLONE%s)",
				explain_quoted(h->path, &word),
				h->recursive ? " | AT_RECURSIVE" : "");
	} else if (h->kind == HANDLE_USERNS) {
		explain_command(x, "# a user namespace with the map %s, for '%s'",
				h->map->uid.n ? explain_map(x, &h->map->uid, &word)
					      : "of the "
						"container",
				h->path);
	} else if (h->kind == HANDLE_OVERLAY) {
		for (const char *const *o = h->options; o[0]; o += 2)
			if (strcmp(o[0], "source") != 0)
				out_printf(&options, "%s%s%s%s", options.len ? "," : "", o[0],
					   o[1] ? "=" : "", o[1] ? o[1] : "");
		explain_command(x, "# mount -t overlay -o %s overlay, detached", options.text);
	}
}

void explain_handles(struct explain *x)
{
	explain_row(x, ROW_handles);
	for (uint32_t i = 0; i < x->plan->n_handles; i++)
		if (!x->plan->handles[i].inside)
			explain_handle(x, &x->plan->handles[i]);
}

void explain_sources(struct explain *x)
{
	explain_row(x, ROW_sources);
	for (uint32_t i = 0; i < x->plan->n_handles; i++)
		if (x->plan->handles[i].inside)
			explain_handle(x, &x->plan->handles[i]);
}

void explain_guardian(struct explain *x)
{
	bool all = x->plan->container.guardian == GUARDIAN_MOUNTS;

	explain_row(x, steps[ROW_guardian].when(x->plan) ? ROW_guardian : ROW_guardian_last);
	explain_command(x,
			"# fork(2): setsid sh -c 'tail --pid=KOKON -f /dev/null; kill -KILL PID'%s",
			all ? ", and the other processes of its mount namespace" : "");
}

void explain_guardian_last(struct explain *x)
{
	explain_guardian(x);
}

void explain_give_up(struct explain *x)
{
	explain_row(x, ROW_give_up);
	explain_command(x, "# system calls capset()%s: as below",
			x->plan->container.filter_first ? ", seccomp()" : "");
}

void explain_fork_last(struct explain *x)
{
	explain_row(x, ROW_fork_last);
	explain_command(x, "# system call clone()");
}

void explain_enter_cgroup(struct explain *x)
{
	const struct handle_plan *first = &x->plan->handles[x->plan->container.first_task];

	explain_row(x, ROW_enter_cgroup);
	for (uint32_t i = 0; i < x->plan->container.n_tasks; i++)
		explain_command(x, "echo 0 > %s", first[i].path);
}

void explain_become_root(struct explain *x)
{
	explain_row(x, ROW_become_root);
	explain_command(x, "# system calls setgroups(0), setresgid(0, 0, 0), setresuid(0, 0, 0)");
}

void explain_seal(struct explain *x)
{
	explain_row(x, ROW_seal);
	explain_command(x, "# system call prctl(PR_SET_DUMPABLE, 0)");
}

static const char *root_path(struct explain *x)
{
	return x->plan->handles[x->plan->container.root].path;
}

void explain_attach_root(struct explain *x)
{
	OUT_CLEANUP struct out word = {0};
	const char *root = explain_quoted(root_path(x), &word);

	explain_row(x, ROW_attach_root);
	explain_command(x, "mount --rbind %s %s && cd %s", root, root, root);
}

void explain_pivot(struct explain *x)
{
	explain_row(x, ROW_pivot);
	explain_command(x, "pivot_root . . && umount -l . && cd /");
}

void explain_protect(struct explain *x)
{
	explain_ops(x, &x->plan->container.protect, NULL);
	if (x->plan->container.readonly_root) {
		explain_why(x, "nothing in the root can be changed");
		explain_command(x, "mount -o remount,bind,ro /");
	}
}

void explain_devices(struct explain *x)
{
	const struct devices_plan *d = &x->plan->container.devices;

	explain_row(x, ROW_devices);
	for (uint32_t i = 0; i < d->count; i++) {
		if (d->bind)
			explain_command(x, "touch .%s && mount --bind %s .%s", d->list[i].path,
					d->list[i].source, d->list[i].path);
		else
			explain_command(x, "mknod -m %o .%s c %u %u", d->list[i].mode,
					d->list[i].path, d->list[i].major, d->list[i].minor);
	}
	explain_command(x, "ln -s pts/ptmx dev/ptmx; ln -s /proc/self/fd dev/fd; ln -s "
			   "/proc/self/fd/0 dev/stdin; "
			   "ln -s /proc/self/fd/1 dev/stdout; ln -s /proc/self/fd/2 dev/stderr");
}

void explain_sysctl(struct explain *x)
{
	const struct sysctl_plan *s = &x->plan->container.sysctls;
	OUT_CLEANUP struct out word = {0};

	explain_row(x, ROW_sysctl);
	for (uint32_t i = 0; i < s->count; i++)
		explain_command(x, "echo %s > /proc/%s", explain_quoted(s->list[i].value, &word),
				s->list[i].path);
}

void explain_terminal(struct explain *x)
{
	explain_row(x, ROW_terminal);
	if (x->plan->container.root < 0) {
		explain_command(x, "# open /dev/pts/ptmx, ioctl TIOCGPTPEER");
		return;
	}
	explain_command(x, "# open dev/pts/ptmx, ioctl TIOCGPTPEER; touch dev/console && mount "
			   "--bind dev/pts/0 dev/console");
}

void explain_rdt(struct explain *x)
{
	const struct rdt_plan *p = &x->plan->container.rdt;

	explain_row(x, ROW_rdt);
	if (!p->must_exist)
		explain_command(x, "mkdir -p %s", p->directory);
	if (p->schemata)
		explain_command(x, "printf '%s' > %s/schemata", p->schemata, p->directory);
	explain_command(x, "echo $PID > %s/tasks", p->directory);
	if (p->monitor)
		explain_command(x, "mkdir %s && echo $PID > %s/tasks", p->monitor, p->monitor);
}

void explain_net_devices(struct explain *x)
{
	const struct container_plan *c = &x->plan->container;

	explain_row(x, ROW_net_devices);
	for (uint32_t i = 0; i < c->n_net_devices; i++)
		explain_command(
			x, "ip link set dev %s netns $PID%s%s && ip -n $PID link set dev %s up",
			c->net_devices[i].host, c->net_devices[i].name ? " name " : "",
			c->net_devices[i].name ? c->net_devices[i].name : "",
			c->net_devices[i].name ? c->net_devices[i].name : c->net_devices[i].host);
}
