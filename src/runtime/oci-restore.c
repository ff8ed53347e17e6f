// SPDX-License-Identifier: Apache-2.0
/*
 * `restore`: the container's record, groups and the like are made as for `run`, by the same rows of
 * the table; in place of the sealed init, criu makes the processes.
 *
 * criu stands in the container's groups, so that all it makes is born there, and in a mount
 * namespace of its own, where the root can be a mount point. The first process becomes a child of
 * this one (--restore-sibling), as that of `run` is.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include "explain.h"
#include "file.h"
#include "json-read.h"
#include "mountinfo.h"
#include "namespaces.h"
#include "oci-criu.h"
#include "oci-handover.h"
#include "oci-making.h"
#include "process.h"
#include "relay.h"
#include "supervise.h"

enum { FDS_MAX = 8 };

struct restore {
	struct making m;
	struct criu_job j;
	const struct oci_restore *q;
	struct run *run;
	int fds[FDS_MAX];
	size_t n_fds;
};

/* --- mounts --- */

/* Where a target leads in the root, as long as nothing is mounted there. */
static const char *resolved(struct restore *r, int root, const char *target)
{
	CLOSE_FD int fd = open_in_root(root, target, O_PATH, 0);
	size_t n = strlen(r->m.bundle.rootfs);
	char link[40], path[4096];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (fd < 0 || read_link_at(AT_FDCWD, link, path, sizeof(path)) <= 0 ||
	    strncmp(path, r->m.bundle.rootfs, n) != 0 || path[n] != '/')
		return target;
	return arena_strdup(r->j.a, path + n);
}

/* With what is mounted below the source here, as a recursive bind mount has it. */
static int set_tree(struct restore *r, const char *target, const char *source, const char *mounts)
{
	FREE_PTR char *text = strdup(mounts);
	char *at = text;
	struct mountinfo m;
	size_t n = strlen(source);

	if (!text)
		return err_set(r->j.err, ENOMEM, "cannot look at the mounts");
	criu_set_pair(&r->j.options, CRIU_EXT_MOUNT, target, source, 0);
	while (strcmp(source, "/") != 0 && mountinfo_next(&at, &m))
		if (strncmp(m.target, source, n) == 0 && m.target[n] == '/')
			criu_set_pair(&r->j.options, CRIU_EXT_MOUNT,
				      arena_printf(r->j.a, "%s%s", target, m.target + n), m.target,
				      0);
	return 0;
}

static bool is_below_another(const struct mounts_plan *plan, const struct mount_op *op)
{
	for (uint32_t i = 0; i < plan->n && &plan->ops[i] != op; i++) {
		const char *target = plan->ops[i].target;
		size_t n = strlen(target);

		if (strncmp(op->target, target, n) == 0 && op->target[n] == '/')
			return true;
	}
	return false;
}

/* A root that was brought here may lack the mount points that `create` had made. */
static int make_target(struct restore *r, int root, const struct mount_op *op)
{
	const struct mounts_plan *plan = &r->m.plan->mounts;
	struct stat st = {.st_mode = S_IFDIR};
	int code;

	if ((op->kind != MOUNT_TREE && op->kind != MOUNT_FILESYSTEM) || r->q->criu.explain ||
	    is_below_another(plan, op))
		return 0;
	if (op->kind == MOUNT_TREE && stat(op->source, &st) < 0)
		return err_errno(r->j.err, "cannot find '%s', which is mounted on '%s'", op->source,
				 op->target);
	code = mounts_make_target(op, root, S_ISDIR(st.st_mode));
	return code < 0 ? err_set(r->j.err, -code, "cannot make '%s' in the root", op->target) : 0;
}

static int set_mounts(struct restore *r)
{
	const struct mounts_plan *plan = &r->m.plan->mounts;
	const struct devices_plan *devices = &r->m.plan->container.devices;
	const struct spec_strings *masked = &r->m.bundle.spec->linux_.masked_paths;
	CLOSE_FD int root = open(r->m.bundle.rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	FREE_PTR char *mounts = NULL;
	ssize_t n = read_file_at(AT_FDCWD, "/proc/self/mountinfo", 64 << 20, &mounts);
	int code = n < 0 ? (int)n : 0;

	if (root < 0 || n < 0)
		return err_set(r->j.err, root < 0 ? errno : -code, "cannot look at the mounts");
	for (uint32_t i = 0; code == 0 && i < plan->n; i++) {
		const struct mount_op *op = &plan->ops[i];

		code = make_target(r, root, op);
		if (code == 0 && op->kind == MOUNT_TREE)
			code = set_tree(r, resolved(r, root, op->target), op->source,
					r->q->criu.explain ? "" : mounts);
	}
	for (uint32_t i = 0; devices->bind && i < devices->count; i++)
		criu_set_pair(&r->j.options, CRIU_EXT_MOUNT, devices->list[i].path,
			      devices->list[i].source ? devices->list[i].source
						      : devices->list[i].path,
			      0);
	/* What hides a file is then the host's null device as well. */
	for (uint32_t i = 0; devices->bind && i < masked->n; i++)
		criu_set_pair(&r->j.options, CRIU_EXT_MOUNT, masked->list[i], "/dev/null", 0);
	return code;
}

/* --- namespaces and streams --- */

static void warn_of_sight(struct restore *r)
{
	const struct spec *spec = r->m.bundle.spec;
	const struct spec_namespace *pid = spec_namespace_of(spec, CLONE_NEWPID);

	if (pid && pid->path && !spec_namespace_of(spec, CLONE_NEWUSER))
		out_printf(
			r->m.o->notes,
			"criu works in the PID namespace '%s' with all rights: whoever may trace "
			"processes there can take them\n",
			pid->path);
}

static int set_namespaces(struct restore *r)
{
	const struct spec_linux *l = &r->m.bundle.spec->linux_;

	for (uint32_t i = 0; i < l->n_namespaces; i++) {
		const struct spec_namespace *ns = &l->namespaces[i];
		const char *key = criu_namespace_key(ns->flag);
		int type = 0, fd;

		if (!ns->path)
			continue;
		while (type < NAMESPACE_TYPES && namespace_infos[type].flag != ns->flag)
			type++;
		if (ns->flag == CLONE_NEWCGROUP || type == NAMESPACE_TYPES)
			return err_set(
				r->j.err, 0,
				"a container in the cgroup namespace '%s' cannot be restored",
				ns->path);
		if (!key) {
			criu_set_pair(&r->j.options, CRIU_JOIN_NS, namespace_infos[type].name,
				      ns->path, 0);
			continue;
		}
		fd = open(ns->path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return err_errno(r->j.err, "cannot open the namespace '%s'", ns->path);
		r->fds[r->n_fds++] = fd;
		criu_set_pair(&r->j.options, CRIU_INHERIT_FD, key, NULL, (uint64_t)fd);
	}
	return 0;
}

/* descriptors.json: a list of texts. What was a pipe or a file outside becomes what is there now.
 */
static int set_streams(struct restore *r)
{
	FREE_PTR char *text = NULL;
	ssize_t n = r->q->criu.explain
			    ? -ENOENT
			    : read_file_at(r->j.images_dir, criu_descriptors, 65536, &text);
	struct json j;
	const char *stream, *last = "";
	int code;

	if (r->q->criu.explain)
		return 0;
	if (n < 0) {
		err_set(r->j.err, (int)-n, "cannot read '%s/%s'", r->j.images, criu_descriptors);
		return err_remedy(r->j.err, "--image-path names the directory that 'kokon-oci "
					    "checkpoint' has filled");
	}
	json_start(&j, r->j.a, text, (size_t)n);
	code = json_enter(&j, r->j.err);
	for (uint64_t i = 0; code == 0 && i < 3 && (code = json_next(&j, r->j.err)) > 0; i++) {
		code = json_peek(&j) == JSON_STRING ? json_read_string(&j, &stream, r->j.err)
						    : json_error(&j, "expected a string", r->j.err);
		if (code == 0 && strcmp(stream, last) != 0 &&
		    (strncmp(stream, "pipe:", 5) == 0 || strncmp(stream, "file[", 5) == 0))
			criu_set_pair(&r->j.options, CRIU_INHERIT_FD, stream, NULL, i);
		last = stream;
	}
	return code < 0 ? err_context(r->j.err, "%s/%s", r->j.images, criu_descriptors) : 0;
}

/* criu puts what was in the groups of the container then into its groups of now. */
static void set_groups(struct restore *r)
{
	const struct cgroup_plan *group = r->m.plan->container.cgroup;

	for (uint32_t i = 0; group && i < group->n_in; i++) {
		const struct cgroup_place *in = &group->in[i];
		const char *path = arena_printf(r->j.a, "/%s", in->dir);

		for (uint32_t c = 0; in->version == 1 && c < CGROUP_N_CONTROLLERS; c++)
			if (in->controllers & CGROUP_BIT(c))
				criu_set_pair(&r->j.options, CRIU_CGROUP_ROOT,
					      cgroup_controller_name(c, 1), path, 0);
		if (in->version == 2 || !in->controllers)
			criu_set_pair(&r->j.options, CRIU_CGROUP_ROOT,
				      in->version == 2 ? "" : in->label, path, 0);
	}
}

static int set_options(struct restore *r)
{
	struct criu_options *o = &r->j.options;
	int code;

	criu_set_text(o, CRIU_ROOT, r->m.bundle.rootfs);
	criu_set(o, CRIU_EVASIVE_DEVICES, 1, NULL);
	criu_set(o, CRIU_RESTORE_SIBLING, 1, NULL);
	if (r->q->lsm_profile)
		criu_set_text(o, CRIU_LSM_PROFILE, r->q->lsm_profile);
	if (r->q->lsm_mount_context)
		criu_set_text(o, CRIU_LSM_MOUNT_CONTEXT, r->q->lsm_mount_context);
	set_groups(r);
	warn_of_sight(r);
	code = set_mounts(r);
	if (code == 0)
		code = set_namespaces(r);
	return code < 0 ? code : set_streams(r);
}

/* --- the rows of a walk that are its own --- */

static int row(struct restore *r, int id)
{
	if (steps[id].when && !steps[id].when(r->m.plan))
		return 0;
	return host_functions[id](r->run);
}

/* What criu forks from here on is born in the container's groups. It has tried out by then what the
 * kernel can do, which in the container's device filter would fail. */
static int enter_groups(struct restore *r)
{
	const struct cgroup_plan *group = r->m.plan->container.cgroup;
	int code = 0;

	r->run->pid = r->j.criu.pid;
	if (group && !r->m.plan->container.scope.user)
		code = cgroup_join(group, r->j.criu.pid, CGROUP_JOIN_ALL, r->j.err);
	if (code == 0)
		code = row(r, ROW_scope);
	if (code == 0)
		code = row(r, ROW_rdt);
	r->run->pid = 0;
	return code;
}

static int told(void *context, const struct criu_notice *notice, struct err *err)
{
	struct restore *r = context;
	int code = 0;

	if (strcmp(notice->what, "pre-restore") == 0) {
		code = enter_groups(r);
	} else if (strcmp(notice->what, "setup-namespaces") == 0) {
		r->run->pid = notice->pid;
		code = row(r, ROW_hooks_runtime);
	} else if (strcmp(notice->what, "orphan-pts-master") == 0 && notice->fd >= 0) {
		r->run->terminal = fcntl(notice->fd, F_DUPFD_CLOEXEC, 3);
	} else if (strcmp(notice->what, "post-restore") == 0) {
		r->run->pid = notice->pid;
		code = host_functions[ROW_record_pid](r->run);
	}
	return code < 0 && !err->text[0] ? err_set(err, -code, "cannot go on") : code;
}

static int make_processes(struct restore *r)
{
	int dirs[CRIU_DIRS] = {-1, -1};
	struct criu_start start = {.program = r->m.o->criu ? r->m.o->criu : "criu",
				   .root = r->m.bundle.rootfs,
				   .dirs = {r->j.images, r->j.work},
				   .ret_dirs = dirs,
				   .mask = &r->run->live->mask,
				   .fds = r->fds,
				   .n_fds = r->n_fds};
	pid_t pid = 0;
	int code = criu_start(&r->j.criu, &start, r->j.err);

	if (code < 0)
		return code;
	criu_job_directories(&r->j, dirs[0], dirs[1]);
	code = criu_call(&r->j.criu, CRIU_RESTORE, &r->j.options, told, r, &pid, r->j.err);
	close(dirs[0]);
	close(dirs[1]);
	if (code < 0)
		return criu_job_failed(&r->j, "restore", r->m.q->id, code);
	criu_end(&r->j.criu, false);
	r->run->pid = pid;
	r->run->pidfd = process_open(pid);
	if (r->run->pidfd < 0)
		return err_set(r->j.err, -r->run->pidfd, "cannot find the restored process %d",
			       (int)pid);
	return row(r, ROW_finish_cgroup);
}

static int walk_rows(struct restore *r)
{
	int code = row(r, ROW_record);

	if (code == 0)
		code = row(r, ROW_cgroup);
	if (code == 0)
		code = make_processes(r);
	if (code == 0)
		code = host_functions[ROW_record_pid](r->run);
	if (code == 0)
		code = oci_making_hand_over(&r->m, r->run);
	if (code == 0)
		code = oci_making_note_status(&r->m, r->run, STATE_RUNNING);
	return code;
}

static int restore(struct restore *r)
{
	struct live live = {.group = -1,
			    .state_handle = r->m.container.handle,
			    .state = r->m.state,
			    .arena = r->m.memory,
			    .send_fd = oci_send_fd};
	struct run run = supervise_new_run(r->m.plan, &live, r->j.err);
	CLOSE_FD int signals = -1;
	int code = 0;

	run.result = NULL;
	r->run = &run;
	if (r->m.q->detach)
		sigprocmask(SIG_SETMASK, NULL, &live.mask);
	else
		code = relay_signals(&live.mask, &signals, r->j.err);
	if (!r->m.q->detach && !r->m.q->no_subreaper)
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (code == 0)
		code = walk_rows(r);
	if (code < 0) {
		criu_end(&r->j.criu, true);
		oci_making_give_up(&r->m, &run);
		return code;
	}
	close(TAKE_FD(r->m.container.handle.lock));
	return r->m.q->detach ? 0 : oci_making_see_it_end(&r->m, &run, signals);
}

static void explain(struct restore *r, struct out *ret)
{
	const struct cgroup_plan *group = r->m.plan->container.cgroup;

	out_puts(ret, "# criu works in groups of the container's, and in a mount namespace of its "
		      "own where the root is a mount point\n");
	if (group)
		cgroup_explain(group, ret);
	out_puts(ret, "unshare --mount --propagation slave\n");
	if (group)
		cgroup_explain_join(group, "$$", CGROUP_JOIN_ALL, ret);
	out_puts(ret, "mount --rbind ");
	out_shell_word(ret, r->m.bundle.rootfs);
	out_puts(ret, " ");
	out_shell_word(ret, r->m.bundle.rootfs);
	out_puts(ret, "\n");
	criu_job_directories(&r->j, -1, -1);
	criu_job_explain(&r->j, "restore", ret);
}

int oci_restore(const struct oci *o, const struct oci_restore *q, struct out *ret, struct err *err)
{
	struct restore r = {
		.m = OCI_MAKING_OF(o, &q->create, err),
		.j = {.o = o,
		      .q = &q->criu,
		      .err = err,
		      .log = "restore.log",
		      .images_dir = -1,
		      .work_dir = -1,
		      .criu = CRIU_NONE},
		.q = q,
	};
	int code = oci_making_prepare(&r.m, false);

	r.j.a = &r.m.scratch;
	if (code == 0)
		code = criu_job_begin(&r.j, false, r.m.bundle.spec);
	if (code == 0)
		code = set_options(&r);
	if (code == 0 && q->criu.explain) {
		explain(&r, ret);
	} else if (code == 0) {
		code = oci_making_enter_store(&r.m);
		if (code == 0)
			code = restore(&r);
	}
	criu_job_end(&r.j);
	return code;
}
