// SPDX-License-Identifier: Apache-2.0
/*
 * Doing a plan: make directories, write values, put processes in.
 *
 * Every name is taken below a descriptor of the mount that is checked to be a cgroup file
 * system; cgroup file systems hold no symbolic links that we follow, and names were checked by
 * cgroup_path_check(). When an operation fails, directories made by this call are removed and
 * values written to groups that were there before are put back.
 */
#include "cgroup.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup-do.h"
#include "device-filter.h"
#include "file.h"

struct undo {
	bool made; /* MKDIR made the directory */
	char *old; /* WRITE: the value before, malloc()ed */
};

struct doing {
	const struct cgroup_plan *plan;
	int mount[CGROUP_MAX_HIERARCHIES];  /* descriptor per place, -1: not open yet */
	bool fresh[CGROUP_MAX_HIERARCHIES]; /* the group was made in this place by us */
	struct undo *undo;                  /* per operation */
	struct undo usual[64];              /* it, where that is enough */
	int file;                           /* open for writing, -1: none: a device filter is */
	const struct cgroup_op *file_of;    /* a dozen writes to one file */
	bool missing;                       /* the optional file asked for last is not there */
};

/* "dir/file" below the mount; at most 2000 + 255 bytes long, see cgroup_path_check(). */
static const char *file_path(const char *dir, const char *file, char *buf, size_t size)
{
	snprintf(buf, size, "%s%s%s", dir, *dir ? "/" : "", file);
	return buf;
}

/* ---- operations ------------------------------------------------------------------------- */

static int mount_of(struct doing *d, uint32_t in, struct err *err)
{
	if (d->mount[in] < 0)
		d->mount[in] = cgroup_open_mount(d->plan->in[in].mount, err);
	return d->mount[in];
}

/* A group below a threaded one, or below one that has both processes and children with
 * controllers of threads (cpu, cpuset, pids), is of the type "domain invalid": the kernel makes
 * it, but no process can ever enter. */
static int refuse_invalid(struct doing *d, const struct cgroup_op *op, struct err *err)
{
	char path[4200], type[32];

	if (d->plan->in[op->in].version != 2 ||
	    read_line_at(d->mount[op->in], file_path(op->dir, "cgroup.type", path, sizeof(path)),
			 type, sizeof(type)) < 0 ||
	    strcmp(type, "domain invalid") != 0)
		return 0;
	err_set(err, EOPNOTSUPP,
		"the group '%s' would be below a threaded one, and could take no process",
		d->plan->path);
	return err_remedy(err, "make it below a group whose cgroup.type is 'domain'");
}

/* A group that others use, or that is frozen, would do to the container what nobody meant. */
static int refuse_occupied(struct doing *d, const struct cgroup_op *op, struct err *err)
{
	const struct cgroup_place *in = &d->plan->in[op->in];
	char path[4200], line[64];
	bool v2 = in->version == 2;
	ssize_t n = read_line_at(d->mount[op->in],
				 file_path(op->dir, "cgroup.procs", path, sizeof(path)), line,
				 sizeof(line));

	if (n == -ENOENT) /* there is no such group yet */
		return 0;
	if (n > 0) {
		err_set(err, EBUSY, "the group '%s/%s' has processes already", in->mount, op->dir);
		return err_remedy(err,
				  "choose another cgroupsPath, or end them: kokon cgroup kill "
				  "%s",
				  d->plan->path);
	}
	if (read_line_at(d->mount[op->in],
			 file_path(op->dir, v2 ? "cgroup.freeze" : "freezer.state", path,
				   sizeof(path)),
			 line, sizeof(line)) > 0 &&
	    strcmp(line, v2 ? "1" : "FROZEN") == 0) {
		err_set(err, EBUSY, "the group '%s/%s' is frozen", in->mount, op->dir);
		return err_remedy(err, "kokon cgroup thaw %s", d->plan->path);
	}
	return 0;
}

static int do_mkdir(struct doing *d, const struct cgroup_op *op, struct undo *undo, struct err *err)
{
	int mount = mount_of(d, op->in, err);
	const char *show = d->plan->in[op->in].mount;

	if (mount < 0)
		return mount;
	if (d->plan->flags & CGROUP_EXISTING)
		return faccessat(mount, op->dir, F_OK, 0) == 0
			       ? 0
			       : err_errno(err, "there is no group '%s/%s'", show, op->dir);
	if (mkdirat(mount, op->dir, 0755) == 0) {
		undo->made = true;
		d->fresh[op->in] |= op->last;
		return op->last ? refuse_invalid(d, op, err) : 0;
	}
	if (errno == EEXIST && op->last &&
	    (d->plan->flags & (CGROUP_EMPTY | CGROUP_ENTERED)) == CGROUP_EMPTY)
		return refuse_occupied(d, op, err);
	if (errno == EEXIST && !(op->last && (d->plan->flags & CGROUP_NEW)))
		return 0;
	err_errno(err, "cannot make the group '%s/%s'", show, op->dir);
	if (err->code == EEXIST)
		err_remedy(err, "change it with 'kokon cgroup set %s', or remove it first",
			   d->plan->path);
	else if (err->code == EAGAIN)
		err_remedy(err, "a group above it allows no more: raise its cgroup.max.descendants "
				"or cgroup.max.depth");
	else if (err->code == ENOENT)
		err_remedy(err,
			   "another process removed a group above it at this moment: try again");
	else if (err->code == EACCES || err->code == EPERM)
		err_remedy(err, "this part of the tree is not yours; run it as root, or name a "
				"group below your own");
	return -err->code;
}

static int do_inherit(struct doing *d, const struct cgroup_op *op, struct err *err)
{
	char path[4200], parent[4200], value[4096];
	int mount = mount_of(d, op->in, err), e;
	const char *slash = strrchr(op->dir, '/');
	ssize_t n;

	if (mount < 0)
		return mount;
	n = read_line_at(mount, file_path(op->dir, op->file, path, sizeof(path)), value,
			 sizeof(value));
	if (n > 0)
		return 0;
	snprintf(parent, sizeof(parent), "%.*s%s%s", slash ? (int)(slash - op->dir) : 0, op->dir,
		 slash ? "/" : "", op->file);
	if (n == 0)
		n = read_line_at(mount, parent, value, sizeof(value));
	e = n < 0 ? (int)n : write_file_at(mount, path, value);
	return e < 0 ? err_set(err, -e, "cannot fill '%s/%s' from its parent",
			       d->plan->in[op->in].mount, path)
		     : 0;
}

static int do_check(struct doing *d, const struct cgroup_op *op, struct err *err)
{
	char path[4200], value[64];
	int mount = mount_of(d, op->in, err);
	ssize_t n;

	if (mount < 0)
		return mount;
	n = read_line_at(mount, file_path(op->dir, op->file, path, sizeof(path)), value,
			 sizeof(value));
	if (n <= 0 || strtoull(value, NULL, 10) <= strtoull(op->value, NULL, 10))
		return 0; /* a group that is not there yet uses nothing */
	err_set(err, EBUSY, "the limit %s is below present use: '%s' of group '%s' is %s",
		op->value, op->file, d->plan->path, value);
	return err_remedy(err, "give at least %s, or end processes first (kokon cgroup show %s)",
			  value, d->plan->path);
}

/* The old value, to be put back. Files of many lines are left alone. */
static void remember(int mount, const char *path, struct undo *undo)
{
	char value[512];
	ssize_t n = read_line_at(mount, path, value, sizeof(value));

	if (n > 0 && n < (ssize_t)sizeof(value) - 1 && !strchr(value, '\n'))
		undo->old = strdup(value);
}

/* The controllers of "+memory +pids". */
static uint32_t asked_for(const struct cgroup_op *op)
{
	char text[256];
	size_t n = 0;

	for (const char *s = op->value; *s && n < sizeof(text) - 1; s++)
		if (*s != '+')
			text[n++] = *s;
	text[n] = '\0';
	return cgroup_controllers_parse(text, ' ');
}

/* Nearly always an earlier group wanted the same. Looking takes no lock of the kernel's. */
static bool is_enabled(int mount, const struct cgroup_op *op)
{
	char path[4200], text[256];

	return read_line_at(mount, file_path(op->dir, op->file, path, sizeof(path)), text,
			    sizeof(text)) >= 0 &&
	       !(asked_for(op) & ~cgroup_controllers_parse(text, ' '));
}

/* The kernel refuses a group with processes to give away controllers of memory and disks, but
 * lets it give those of threads, whereupon its children are "domain invalid". The same rule for
 * both is ours. The top of the tree has no cgroup.type and is exempt. */
static int refuse_enable(int mount, const struct cgroup_op *op)
{
	const uint32_t of_threads = CGROUP_BIT(CGROUP_CPU) | CGROUP_BIT(CGROUP_CPUSET) |
				    CGROUP_BIT(CGROUP_PIDS) | CGROUP_BIT(CGROUP_PERF_EVENT);
	char path[4200], text[64];

	if (asked_for(op) & ~of_threads)
		return 0;
	if (read_line_at(mount, file_path(op->dir, "cgroup.type", path, sizeof(path)), text,
			 sizeof(text)) < 0)
		return 0;
	if (strcmp(text, "threaded") == 0 || strcmp(text, "domain invalid") == 0)
		return EOPNOTSUPP;
	return read_line_at(mount, file_path(op->dir, "cgroup.procs", path, sizeof(path)), text,
			    sizeof(text)) > 0
		       ? EBUSY
		       : 0;
}

static int write_value(struct doing *d, int mount, const char *path, const struct cgroup_op *op)
{
	const struct cgroup_op *last = d->file_of;
	size_t len = strlen(op->value);
	ssize_t n;

	if (!last || last->in != op->in || strcmp(last->dir, op->dir) != 0 ||
	    strcmp(last->file, op->file) != 0) {
		if (d->file >= 0)
			close(d->file);
		d->file = openat(mount, path, O_WRONLY | O_CLOEXEC);
		d->file_of = d->file < 0 ? NULL : op;
	}
	if (d->file < 0)
		return -errno;
	do
		n = write(d->file, op->value, len);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : (size_t)n == len ? 0 : -EIO;
}

static int do_write(struct doing *d, uint32_t i, struct err *err)
{
	const struct cgroup_op *op = &d->plan->ops[i];
	int mount = mount_of(d, op->in, err), e;
	char path[4200];

	if (mount < 0)
		return mount;
	if (op->otherwise && !d->missing)
		return 0;
	if (op->kind == CGROUP_OP_ENABLE && is_enabled(mount, op))
		return 0;
	e = op->kind == CGROUP_OP_ENABLE ? refuse_enable(mount, op) : 0;
	if (e > 0 && op->optional)
		return 0;
	if (e > 0)
		return cgroup_diagnose_write(d->plan, op, mount, e, err);
	file_path(op->dir, op->file, path, sizeof(path));
	if (op->kind == CGROUP_OP_WRITE && !d->fresh[op->in] && !d->undo[i].old)
		remember(mount, path, &d->undo[i]);
	e = write_value(d, mount, path, op);
	d->missing = e == -ENOENT && op->optional;
	if (d->missing || (e < 0 && op->optional && op->kind == CGROUP_OP_ENABLE))
		return 0;
	if (e < 0 && op->retry && i + 1 < d->plan->n_ops) {
		/* the pair must be written in the other order */
		if (do_write(d, i + 1, NULL) == 0)
			e = write_value(d, mount, path, op);
	}
	return e < 0 ? cgroup_diagnose_write(d->plan, op, mount, -e, err) : 0;
}

/* Processes of one group into another of the same or another hierarchy. New ones may appear
 * while we read, so it is repeated until none is left. */
static int move_all(int from, const char *from_path, int to, const char *to_path, bool until_empty,
		    struct err *err)
{
	for (int round = 0; round < 50; round++) {
		FREE_PTR char *text = NULL;
		ssize_t n = read_file_at(from, from_path, 16 << 20, &text);
		char *save = NULL;

		if (n < 0)
			return n == -ENOENT ? 0
					    : err_set(err, (int)-n, "cannot read '%s'", from_path);
		for (char *pid = strtok_r(text, "\n", &save); pid;
		     pid = strtok_r(NULL, "\n", &save)) {
			int e = write_file_at(to, to_path, pid);

			if (e < 0 && e != -ESRCH)
				return err_set(err, -e, "cannot move process %s to '%s'", pid,
					       to_path);
		}
		if (n == 0 || !until_empty)
			return 0;
	}
	return err_set(err, EBUSY, "processes keep appearing in '%s'", from_path);
}

static int do_room(struct doing *d, const struct cgroup_op *op, struct err *err)
{
	int mount = mount_of(d, op->in, err);
	char leaf[4300], from[4200], to[4400];

	if (mount < 0)
		return mount;
	snprintf(leaf, sizeof(leaf), "%s/%s", op->dir, op->value);
	snprintf(to, sizeof(to), "%s/cgroup.procs", leaf);
	if (mkdirat(mount, leaf, 0755) < 0 && errno != EEXIST)
		return err_errno(err, "cannot make the group '%s'", leaf);
	return move_all(mount, file_path(op->dir, "cgroup.procs", from, sizeof(from)), mount, to,
			true, err);
}

static int do_adopt(struct doing *d, const struct cgroup_op *op, struct err *err)
{
	const struct cgroup_place *in = d->plan->in;
	int from = mount_of(d, op->from, err), to = mount_of(d, op->in, err);
	char from_path[4200], to_path[4200];

	if (from < 0 || to < 0)
		return from < 0 ? from : to;
	if (!d->fresh[op->in] || d->fresh[op->from])
		return 0;
	return move_all(from,
			file_path(in[op->from].dir, "cgroup.procs", from_path, sizeof(from_path)),
			to, file_path(op->dir, "cgroup.procs", to_path, sizeof(to_path)), false,
			err);
}

static int do_op(struct doing *d, uint32_t i, struct err *err)
{
	const struct cgroup_op *op = &d->plan->ops[i];

	switch (op->kind) {
	case CGROUP_OP_CHECK: return do_check(d, op, err);
	case CGROUP_OP_MKDIR: return do_mkdir(d, op, &d->undo[i], err);
	case CGROUP_OP_INHERIT: return do_inherit(d, op, err);
	case CGROUP_OP_ENABLE:
	case CGROUP_OP_WRITE: return do_write(d, i, err);
	case CGROUP_OP_ROOM: return do_room(d, op, err);
	case CGROUP_OP_ADOPT: return do_adopt(d, op, err);
	default: return err_set(err, EINVAL, "unknown operation %u", op->kind);
	}
}

static void undo(struct doing *d, uint32_t done)
{
	char path[4200];

	for (uint32_t i = done; i-- > 0;) {
		const struct cgroup_op *op = &d->plan->ops[i];

		if (d->undo[i].old)
			write_file_at(d->mount[op->in],
				      file_path(op->dir, op->file, path, sizeof(path)),
				      d->undo[i].old);
		if (d->undo[i].made)
			unlinkat(d->mount[op->in], op->dir, AT_REMOVEDIR);
	}
}

static int attach_devices(const struct cgroup_plan *p, struct err *err)
{
	CLOSE_FD int fd = p->n_devices ? cgroup_fd_v2(p, err) : -1;

	if (!p->n_devices)
		return 0;
	return fd < 0 ? fd : device_filter_attach(fd, p->devices, p->n_devices, err);
}

static int give_file(int dir, const char *file, uint32_t owner, struct err *err)
{
	if (fchownat(dir, file, owner, (gid_t)-1, AT_SYMLINK_NOFOLLOW) < 0 && errno != ENOENT)
		return err_errno(err, "cannot give '%s' of the group to user %u", file, owner);
	return 0;
}

/* The directory and the files that the kernel lists are the new owner's, no limits. */
static int give_away(const struct cgroup_plan *p, struct err *err)
{
	static const char usual[] = "cgroup.procs\ncgroup.subtree_control\ncgroup.threads\n";
	CLOSE_FD int fd = p->n_in && p->in[0].version == 2 ? cgroup_fd_v2(p, err) : -ENOENT;
	FREE_PTR char *list = NULL;
	char *save = NULL;
	int e;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if (read_file_at(AT_FDCWD, "/sys/kernel/cgroup/delegate", 65536, &list) < 0)
		list = strdup(usual);
	e = fchown(fd, p->owner, (gid_t)-1) < 0
		    ? err_errno(err, "cannot give the group to user %u", p->owner)
		    : 0;
	for (char *file = list ? strtok_r(list, "\n", &save) : NULL; file && e == 0;
	     file = strtok_r(NULL, "\n", &save))
		if (!strchr(file, '/'))
			e = give_file(fd, file, p->owner, err);
	return e;
}

/* All operations of one kind, and what comes with them. */
static int do_all(const struct cgroup_plan *p, bool late, struct cgroup_mounts *keep,
		  struct err *err)
{
	struct doing d = {.plan = p, .file = -1};
	struct cgroup_mounts mounts = {.n = p->n_in};
	uint32_t i;
	int e = 0;

	memset(d.mount, -1, sizeof(d.mount));
	d.undo = p->n_ops < ARRAY_SIZE(d.usual) ? d.usual : calloc(p->n_ops, sizeof(*d.undo));
	if (!d.undo)
		return err_set(err, ENOMEM, "cannot make the group '%s'", p->path);
	for (i = 0; e == 0 && i < p->n_ops; i++)
		if (!!p->ops[i].late == late)
			e = do_op(&d, i, err);
	if (e == 0 && !late)
		e = attach_devices(p, err);
	if (e == 0 && !late && (p->flags & CGROUP_OWN))
		e = give_away(p, err);
	if (e < 0)
		undo(&d, i);
	for (i = 0; i < p->n_ops; i++)
		free(d.undo[i].old);
	if (d.undo != d.usual)
		free(d.undo);
	if (d.file >= 0)
		close(d.file);
	memcpy(mounts.fd, d.mount, sizeof(mounts.fd));
	if (keep && e == 0)
		*keep = mounts;
	else
		cgroup_mounts_close(&mounts);
	return e;
}

int cgroup_create(const struct cgroup_plan *p, struct err *err)
{
	return do_all(p, false, NULL, err);
}

int cgroup_create_keeping(const struct cgroup_plan *p, struct cgroup_mounts *ret, struct err *err)
{
	return do_all(p, false, ret, err);
}

/* Mostly the group does not exist, and that is known by one look. */
static bool is_absent(const struct cgroup_place *in, const struct cgroup_op *op)
{
	char path[4200];

	return (size_t)snprintf(path, sizeof(path), "%s/%s", in->mount, op->dir) < sizeof(path) &&
	       faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;
}

int cgroup_check_free(const struct cgroup_plan *p, struct err *err)
{
	struct doing d = {.plan = p, .file = -1};
	int e = 0;

	memset(d.mount, -1, sizeof(d.mount));
	for (uint32_t i = 0; e == 0 && (p->flags & CGROUP_EMPTY) && i < p->n_ops; i++) {
		const struct cgroup_op *op = &p->ops[i];

		if (op->kind != CGROUP_OP_MKDIR || !op->last || is_absent(&p->in[op->in], op))
			continue;
		e = mount_of(&d, op->in, err);
		e = e < 0 ? e : refuse_occupied(&d, op, err);
	}
	for (uint32_t i = 0; i < p->n_in; i++)
		if (d.mount[i] >= 0)
			close(d.mount[i]);
	return e;
}

int cgroup_finish(const struct cgroup_plan *p, struct err *err)
{
	return p->n_late ? do_all(p, true, NULL, err) : 0;
}

/* ---- joining ---------------------------------------------------------------------------- */

int cgroup_refuse_join(const struct cgroup_plan *p, uint32_t place, pid_t pid, int code,
		       struct err *err)
{
	const struct cgroup_place *in = &p->in[place];

	if (code == ENOENT) {
		err_set(err, ENOENT, "no group '%s' in the hierarchy '%s'", p->path, in->label);
		return err_remedy(err, "make it: kokon cgroup create %s", p->path);
	}
	err_set(err, code, "cannot move process %d to the group '%s' in the hierarchy '%s'",
		(int)pid, p->path, in->label);
	switch (code) {
	case ESRCH: return err_remedy(err, "process %d has ended", (int)pid);
	case EBUSY:
		return err_remedy(err, "this group gives controllers to its children, so version 2 "
				       "lets no process into it: choose a group below it");
	case EOPNOTSUPP:
		return err_remedy(err, "the group is threaded, or below a threaded one, and takes "
				       "single threads only: choose another group");
	case ENOSPC:
		return err_remedy(
			err,
			"its cpuset is empty: kokon cgroup set %s --cpuset-cpus 0 --cpuset-mems 0",
			p->path);
	case EINVAL:
		return err_remedy(err, "threads of the kernel stay where they are, and a real-time "
				       "process needs a real-time share in the group");
	case EACCES:
	case EPERM:
		return err_remedy(err, "you must own the process, and have write access to the "
				       "nearest group above both its present group and this one; a "
				       "login session is outside of your delegated part: start "
				       "with systemd-run --user --scope -p Delegate=yes");
	default: return -code;
	}
}

int cgroup_join(const struct cgroup_plan *p, pid_t pid, enum cgroup_join_which which,
		struct err *err)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", (int)pid);
	for (uint32_t i = 0; i < p->n_in; i++) {
		const struct cgroup_place *in = &p->in[i];
		const char *file = pid == 0 && in->version == 1 ? "tasks" : "cgroup.procs";
		char path[4200];
		CLOSE_FD int mount = -1;
		int e;

		if (which == CGROUP_JOIN_V1 && in->version == 2)
			continue;
		mount = cgroup_open_mount(in->mount, err);
		if (mount < 0)
			return mount;
		e = write_file_at(mount, file_path(in->dir, file, path, sizeof(path)), text);
		if (e < 0)
			return cgroup_refuse_join(p, i, pid, -e, err);
	}
	return 0;
}
