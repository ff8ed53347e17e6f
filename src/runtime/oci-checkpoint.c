// SPDX-License-Identifier: Apache-2.0
/*
 * `checkpoint`: what the container's processes are is asked of the kernel by criu; what of them
 * leads out of the container, criu must be told:
 *
 *   mounts      bind mounts of the config and what lies below them, nodes of the machine's /dev,
 *               version 1 control groups: by their place in the container
 *   namespaces  the network and PID namespaces that the config names a path for
 *   streams     pipes and files that 0-2 of the first process led to (descriptors.json)
 *
 * `restore` names the same things by the same names, and says what takes their place.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "cgroup.h"
#include "file.h"
#include "json-write.h"
#include "mountinfo.h"
#include "names.h"
#include "oci-criu.h"
#include "oci-store.h"
#include "parse.h"

struct dump {
	struct criu_job j;
	const struct oci_checkpoint *q;
	struct oci_container c;
	struct spec *spec;
	int status_fd;
	int freezer; /* the group by which criu stops it; -1: none */
	const char *streams[3];
};

/* --- what was asked for --- */

static int check_parent(const struct oci_checkpoint *q, struct err *err)
{
	CLOSE_FD int images = -1;
	struct stat st;

	if (!q->parent)
		return 0;
	if (q->parent[0] == '/') {
		err_set(err, 0, "--parent-path must be relative");
		return err_remedy(err, "it begins at the directory of the new images, for example "
				       "'../earlier'");
	}
	images = open(q->criu.images ? q->criu.images : "checkpoint",
		      O_PATH | O_DIRECTORY | O_CLOEXEC);
	/* A directory that is yet to be made stands where its name says. */
	if (images < 0)
		return 0;
	if (fstatat(images, q->parent, &st, 0) < 0)
		return err_errno(err, "invalid --parent-path '%s'", q->parent);
	return S_ISDIR(st.st_mode) ? 0
				   : err_set(err, ENOTDIR, "invalid --parent-path '%s'", q->parent);
}

static int set_page_server(struct dump *d)
{
	const char *text = d->q->page_server, *colon = text ? strrchr(text, ':') : NULL;
	uint64_t port;

	if (!text)
		return 0;
	if (!colon || colon == text || parse_u64(colon + 1, 1, 65535, &port) < 0) {
		err_set(d->j.err, 0, "invalid page server '%s'", text);
		return err_remedy(d->j.err, "give ADDRESS:PORT, for example 127.0.0.1:7000");
	}
	criu_set_pair(&d->j.options, CRIU_PAGE_SERVER,
		      arena_strndup(d->j.a, text, (size_t)(colon - text)), NULL, port);
	return 0;
}

static int check_status_fd(struct dump *d)
{
	uint64_t fd = 0;
	int flags;

	d->status_fd = -1;
	if (!d->q->status_fd)
		return 0;
	if (parse_u64(d->q->status_fd, 0, INT32_MAX, &fd) < 0)
		return err_set(d->j.err, 0, "invalid --status-fd '%s': it is no number",
			       d->q->status_fd);
	flags = fcntl((int)fd, F_GETFL);
	if (flags < 0)
		return err_errno(d->j.err, "invalid --status-fd %d", (int)fd);
	if ((flags & O_ACCMODE) == O_RDONLY)
		return err_set(d->j.err, 0, "invalid --status-fd %d: not writable", (int)fd);
	d->status_fd = (int)fd;
	return 0;
}

static int open_container(struct dump *d)
{
	int r = oci_open_id(d->j.o->root, d->q->id, OCI_SWEEP, d->j.a, &d->c, d->j.err);

	if (r == 0 && !d->q->criu.explain)
		r = oci_lock(&d->c, d->j.a, d->j.err);
	if (r == 0 && d->c.status != OCI_RUNNING && d->c.status != OCI_PAUSED) {
		err_set(d->j.err, 0, "container '%s' cannot be checkpointed in %s state", d->q->id,
			value_to_name(oci_statuses, d->c.status));
		return err_remedy(d->j.err, "a running or paused one can");
	}
	return r < 0 ? r : oci_config(&d->c, d->j.a, true, &d->spec, d->j.err);
}

/* --- mounts --- */

/* Where a destination of the config leads inside, links followed. */
static const char *resolved(struct dump *d, int root, const char *destination)
{
	CLOSE_FD int fd = open_in_root(root, destination, O_PATH, 0);
	char link[40], target[4096];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (fd < 0 || read_link_at(AT_FDCWD, link, target, sizeof(target)) <= 0)
		return destination;
	return arena_strdup(d->j.a, target);
}

static bool is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

static bool is_external(const struct dump *d, const struct mountinfo *m, const char *const *binds,
			bool own_group_root)
{
	if (strcmp(m->fs_type, "devtmpfs") == 0)
		return true;
	if (strncmp(m->fs_type, "cgroup", 6) == 0 && !own_group_root)
		return true;
	for (; *binds; binds++)
		if (is_below(m->target, *binds))
			return true;
	for (uint32_t i = 0; i < d->spec->linux_.n_devices; i++)
		if (strcmp(m->target, d->spec->linux_.devices[i].path) == 0)
			return true;
	return false;
}

static int set_mounts(struct dump *d)
{
	const struct spec *spec = d->spec;
	const char **binds = arena_array(d->j.a, const char *, spec->n_mounts + 1);
	bool own_group_root = spec_namespace_of(spec, CLONE_NEWCGROUP) != NULL;
	CLOSE_FD int root = -1;
	FREE_PTR char *text = NULL;
	struct mountinfo m;
	char path[40], *at;
	ssize_t n;
	size_t k = 0;

	snprintf(path, sizeof(path), "/proc/%d/root", (int)d->c.state.pid);
	root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/%d/mountinfo", (int)d->c.state.pid);
	n = read_file_at(AT_FDCWD, path, 64 << 20, &text);
	if (root < 0 || n < 0)
		return err_set(d->j.err, root < 0 ? errno : (int)-n,
			       "cannot look at the mounts of '%s'", d->q->id);
	for (uint32_t i = 0; i < spec->n_mounts; i++)
		if (spec->mounts[i].bind && !spec->mounts[i].remount)
			binds[k++] = resolved(d, root, spec->mounts[i].destination);
	at = text;
	while (mountinfo_next(&at, &m))
		if (is_external(d, &m, binds, own_group_root))
			criu_set_pair(&d->j.options, CRIU_EXT_MOUNT, m.target, m.target, 0);
	return 0;
}

/* --- namespaces --- */

static int set_namespaces(struct dump *d)
{
	for (uint32_t i = 0; i < d->spec->linux_.n_namespaces; i++) {
		const struct spec_namespace *ns = &d->spec->linux_.namespaces[i];
		const char *key = criu_namespace_key(ns->flag);
		char path[40];
		struct stat st;

		if (!ns->path || !key)
			continue;
		/* As the process has it: what is at the path may be another one by now. */
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)d->c.state.pid,
			 ns->flag == CLONE_NEWNET ? "net" : "pid");
		if (stat(path, &st) < 0)
			return err_errno(d->j.err, "cannot look at '%s'", path);
		criu_set_text(&d->j.options, CRIU_EXTERNAL,
			      arena_printf(d->j.a, "%s[%llu]:%s",
					   ns->flag == CLONE_NEWNET ? "net" : "pid",
					   (unsigned long long)st.st_ino, key));
	}
	return 0;
}

/* --- streams --- */

/* A file that no path in the container leads to, by the mount that it was opened through. */
static const char *outer_file(struct dump *d, int stream)
{
	CLOSE_FD int images = -1;
	FREE_PTR char *mounts = NULL, *info = NULL;
	struct mountinfo m;
	char path[48], *at;
	struct stat st;
	int id;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)d->c.state.pid, stream);
	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return NULL;
	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", (int)d->c.state.pid, stream);
	if (read_file_at(AT_FDCWD, path, 65536, &info) < 0 || !(at = strstr(info, "mnt_id:")) ||
	    sscanf(at, "mnt_id:%d", &id) != 1)
		return NULL;
	snprintf(path, sizeof(path), "/proc/%d/mountinfo", (int)d->c.state.pid);
	if (read_file_at(AT_FDCWD, path, 64 << 20, &mounts) < 0)
		return NULL;
	at = mounts;
	while (mountinfo_next(&at, &m))
		if (m.id == id)
			return NULL;
	return arena_printf(d->j.a, "file[%x:%llx]", (unsigned int)id,
			    (unsigned long long)st.st_ino);
}

static void set_streams(struct dump *d)
{
	for (int i = 0; i < 3; i++) {
		d->streams[i] = d->c.state.stdio[i];
		if (d->streams[i])
			continue;
		d->streams[i] = outer_file(d, i);
		if (d->streams[i] &&
		    (i == 0 || !d->streams[i - 1] || strcmp(d->streams[i], d->streams[i - 1]) != 0))
			criu_set_text(&d->j.options, CRIU_EXTERNAL, d->streams[i]);
	}
}

static int write_streams(struct dump *d)
{
	OUT_CLEANUP struct out o = {0};
	struct json_writer w = json_writer_to(&o, NULL);
	CLOSE_FD int fd = openat(d->j.images_dir, criu_descriptors,
				 O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	json_put_list(&w, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(d->streams); i++)
		json_put_string(&w, NULL, d->streams[i] ? d->streams[i] : "");
	json_put_end(&w);
	r = fd < 0 ? -errno : out_write(&o, fd);
	return r < 0 ? err_set(d->j.err, -r, "cannot write '%s/%s'", d->j.images, criu_descriptors)
		     : 0;
}

/* --- all of it --- */

/* criu stops the processes by the freezer of version 1 where there is one, else of version 2. */
static void set_freezer(struct dump *d)
{
	static const char *const files[] = {"freezer.state", "cgroup.freeze"};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		for (size_t k = 0; d->c.state.cgroups[k] && d->freezer < 0; k++) {
			const char *path = d->c.state.cgroups[k];
			CLOSE_FD int dir =
				open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

			if (dir < 0 || faccessat(dir, files[i], F_OK, 0) < 0)
				continue;
			criu_set_text(&d->j.options, CRIU_FREEZE_CGROUP, path);
			d->freezer = TAKE_FD(dir);
		}
	}
}

/* Where both versions are, a container is paused by version 2, and criu would wait forever for what
 * is frozen by a freezer that it does not know of. So the pause is handed over: to criu's freezer,
 * and back (`back`) when the container is still there. */
static int hand_pause(struct dump *d, bool back)
{
	CLOSE_FD int own = d->c.status == OCI_PAUSED ? oci_freezer(&d->c.state, d->j.err) : -1;
	struct stat a, b;
	int r;

	if (own < 0 || d->freezer < 0 || fstat(own, &a) < 0 || fstat(d->freezer, &b) < 0 ||
	    a.st_dev == b.st_dev)
		return 0;
	r = cgroup_freeze_fd(back ? own : d->freezer, true, d->j.err);
	return r < 0 ? r : cgroup_freeze_fd(back ? d->freezer : own, false, d->j.err);
}

static int set_options(struct dump *d)
{
	const struct oci_checkpoint *q = d->q;
	struct criu_options *o = &d->j.options;
	char pid[16];
	int r;

	criu_job_directories(&d->j, d->j.images_dir, d->j.work_dir);
	snprintf(pid, sizeof(pid), "%d", (int)d->c.state.pid);
	criu_set(o, CRIU_PID, (uint64_t)d->c.state.pid, pid);
	criu_set_text(o, CRIU_ROOT, d->c.state.image);
	set_freezer(d);
	if (q->parent)
		criu_set_text(o, CRIU_PARENT_IMAGES, q->parent);
	if (q->parent || q->pre_dump)
		criu_set(o, CRIU_TRACK_MEM, 1, NULL);
	if (q->tcp_skip_in_flight)
		criu_set(o, CRIU_TCP_SKIP_IN_FLIGHT, 1, NULL);
	r = set_page_server(d);
	if (r < 0 || q->pre_dump)
		return r;
	if (q->leave_running)
		criu_set(o, CRIU_LEAVE_RUNNING, 1, NULL);
	if (q->link_remap)
		criu_set(o, CRIU_LINK_REMAP, 1, NULL);
	r = set_mounts(d);
	if (r == 0)
		r = set_namespaces(d);
	if (r == 0)
		set_streams(d);
	return r;
}

static int told(void *context, const struct criu_notice *notice, struct err *err UNUSED)
{
	struct dump *d = context;

	if (d->status_fd < 0 || strcmp(notice->what, "status-ready") != 0)
		return 0;
	if (write(d->status_fd, "", 1) != 1)
		out_puts(d->j.o->notes, "cannot write to --status-fd\n");
	close(TAKE_FD(d->status_fd));
	return 0;
}

static int check_features(struct dump *d)
{
	const struct oci_checkpoint *q = d->q;
	int r = q->pre_dump || q->parent || q->criu.lazy_pages ? criu_features(&d->j.criu, d->j.err)
							       : 0;

	if (r < 0)
		return r;
	if ((q->pre_dump || q->parent) && !d->j.criu.tracks_memory) {
		err_set(d->j.err, 0,
			"this kernel does not tell which memory has changed, so there is no "
			"--pre-dump");
		return err_remedy(d->j.err, "a kernel with CONFIG_MEM_SOFT_DIRTY does; without, "
					    "checkpoint once");
	}
	if (q->criu.lazy_pages && !d->j.criu.lazy_pages)
		return err_set(d->j.err, 0, "criu and this kernel cannot do --lazy-pages");
	return 0;
}

static int dump(struct dump *d)
{
	const struct oci_checkpoint *q = d->q;
	struct criu_start start = {.program = d->j.o->criu ? d->j.o->criu : "criu"};
	struct err ignored;
	int r = q->pre_dump ? 0 : write_streams(d);

	if (r == 0)
		r = criu_start(&d->j.criu, &start, d->j.err);
	if (r == 0)
		r = check_features(d);
	if (r == 0)
		r = hand_pause(d, false);
	if (r < 0)
		return r;
	r = criu_call(&d->j.criu, q->pre_dump ? CRIU_PRE_DUMP : CRIU_DUMP, &d->j.options, told, d,
		      NULL, d->j.err);
	if (r < 0)
		criu_job_failed(&d->j, "checkpoint", q->id, r);
	/* After a pre-dump it waits for more. */
	criu_end(&d->j.criu, r < 0 || q->pre_dump);
	if (r == 0 && !q->leave_running && !q->pre_dump)
		return oci_remove(d->j.o, &d->c, d->j.a, d->j.err);
	d->j.err = &ignored;
	hand_pause(d, true);
	return r;
}

int oci_checkpoint(const struct oci *o, const struct oci_checkpoint *q, struct out *ret,
		   struct err *err)
{
	struct arena a;
	struct dump d = {
		.j = {.o = o,
		      .q = &q->criu,
		      .a = &a,
		      .err = err,
		      .log = "dump.log",
		      .images_dir = -1,
		      .work_dir = -1,
		      .criu = CRIU_NONE},
		.q = q,
		.c = OCI_CONTAINER_NONE,
		.status_fd = -1,
		.freezer = -1,
	};
	int r = open_container(&d);

	if (r == 0)
		r = check_parent(q, err);
	if (r == 0)
		r = check_status_fd(&d);
	if (r == 0)
		r = criu_job_begin(&d.j, true, d.spec);
	if (r == 0)
		r = set_options(&d);
	if (r == 0 && q->criu.explain)
		criu_job_explain(&d.j, q->pre_dump ? "pre-dump" : "dump", ret);
	else if (r == 0)
		r = dump(&d);
	criu_job_end(&d.j);
	if (d.freezer >= 0)
		close(d.freezer);
	oci_close(&d.c);
	return r;
}
