// SPDX-License-Identifier: Apache-2.0
/*
 * Theory of operation
 *
 * A target is opened by target_open(): a pidfd for its number, then its directory in /proc,
 * then the pidfd is asked again. As long as the process behind the pidfd lives its number
 * belongs to it, so the directory is that of the same process; from there on the directory
 * itself refuses (ESRCH) once the process is gone. /proc may be of another PID namespace than
 * ours; the pidfd's fdinfo says the number that the process has there.
 *
 * Which namespaces to enter: those asked for by file or by number are opened whatever they
 * are. With --all, those that the target shares with us are passed over, since entering them
 * changes nothing and may need a right that we lack; but the mount namespace is entered again
 * by who may, since that changes the root and the working directory, as in nsenter(1).
 */
#include "enter.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include "cgroup.h"
#include "facts.h"
#include "file.h"
#include "parse.h"
#include "process.h"
#include "uapi.h"

enum { PROC_FILE_MAX = 16 << 20 };

struct process {
	int32_t pid;
	int pidfd, dir;
};

struct survey {
	struct arena *arena;
	const struct enter_request *request;
	struct tool_request *q;
	struct process target; /* dir -1: none */
	bool may_enter_mounts;
	struct err *err;
};

/* The number that a process has in the PID namespace of /proc; -1: it has ended. */
static int64_t number_in_proc(int pidfd)
{
	FREE_PTR char *text = NULL;
	char path[64];
	const char *line;
	int number;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	if (read_file_at(AT_FDCWD, path, 4096, &text) < 0)
		return 0;
	line = strstr(text, "\nPid:");
	return line && sscanf(line, "\nPid: %d", &number) == 1 ? number : 0;
}

static int no_process(const struct process *p, int code, struct err *err)
{
	err_set(err, code == ENOENT ? ESRCH : code, "cannot open process %d", p->pid);
	if (code == ENOENT || code == ESRCH)
		return err_remedy(err, "'kokon lsns' lists namespaces with a process of each");
	return -code;
}

/* A process, or one thread of it (PIDFD_THREAD, Linux 6.9). */
static int open_pidfd(pid_t pid)
{
	int fd = process_open(pid);
	long thread;

	if (fd != -EINVAL && fd != -ENOENT)
		return fd;
	thread = syscall(SYS_pidfd_open, pid, PIDFD_THREAD);
	return thread < 0 ? -ESRCH : (int)thread;
}

static int target_open(const struct enter_request *request, struct process *p, struct err *err)
{
	struct stat st;
	char path[32];
	int64_t number;

	p->pid = request->pid;
	p->pidfd = request->pidfd >= 0 ? fcntl(request->pidfd, F_DUPFD_CLOEXEC, 3)
				       : open_pidfd(p->pid);
	if (p->pidfd < 0)
		return no_process(p, request->pidfd >= 0 ? errno : -p->pidfd, err);
	if (request->pidfd_inode &&
	    (fstat(p->pidfd, &st) < 0 || st.st_ino != request->pidfd_inode)) {
		err_set(err, ESRCH, "process %d is not the one with the pidfd inode %llu", p->pid,
			(unsigned long long)request->pidfd_inode);
		return err_remedy(err, "that process has ended, and its number was given to "
				       "another; kernels before 6.9 cannot tell");
	}
	number = number_in_proc(p->pidfd);
	if (number < 0)
		return no_process(p, ESRCH, err);
	snprintf(path, sizeof(path), "/proc/%d", number > 0 ? (int)number : p->pid);
	p->dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (p->dir < 0)
		return no_process(p, errno, err);
	if (poll(&(struct pollfd){.fd = p->pidfd, .events = POLLIN}, 1, 0) != 0)
		return no_process(p, ESRCH, err);
	return 0;
}

/* A file of the target, or the one named. *ret_shown is for messages and explanations. */
static int open_file(struct survey *s, const char *of_target, const char *named, int flags,
		     int *ret, const char **ret_shown)
{
	bool is_named = named != NULL;
	int fd;

	if (!is_named && s->target.dir < 0) {
		err_set(s->err, 0, "neither a file nor a target process is given for '%s'",
			of_target);
		return err_remedy(s->err, "add --target PID");
	}
	*ret_shown = is_named ? arena_strdup(s->arena, named)
			      : arena_printf(s->arena, "/proc/%d/%s", s->target.pid, of_target);
	fd = openat(is_named ? AT_FDCWD : s->target.dir, is_named ? named : of_target,
		    flags | O_CLOEXEC);
	if (fd >= 0) {
		*ret = fd;
		return 0;
	}
	err_errno(s->err, "cannot open '%s'", *ret_shown);
	if (errno == ENOENT && is_named && named[strspn(named, "muinpCUTrwWeFcZ")] == '\0')
		return err_remedy(s->err, "a short option takes the letters behind it for its "
					  "file: write them apart, as in -m -p");
	if (errno == EACCES && !is_named)
		return err_remedy(s->err, "the process belongs to another user, or has more "
					  "rights: run it as root");
	if (errno == ENOENT && !is_named && strncmp(of_target, "ns/", 3) == 0)
		return err_remedy(s->err, "the process has ended, or this kernel lacks that "
					  "kind of namespace, see /proc/self/ns");
	return -s->err->code;
}

/* --- namespaces --- */

static struct join_request *join_of(struct tool_request *q, uint32_t type)
{
	for (uint32_t i = 0; i < q->n_joins; i++)
		if (q->joins[i].type == type)
			return &q->joins[i];
	return NULL;
}

/* A later one replaces an earlier one of the same type. */
static void set_join(struct survey *s, uint32_t type, int fd, const char *shown, const char *option)
{
	struct join_request *join = join_of(s->q, type);

	if (join)
		close(join->fd);
	else
		join = &s->q->joins[s->q->n_joins++];
	*join = (struct join_request){type, fd, shown, option};
}

/* By its number (nsenter --net=:ID): through a file handle of nsfs, made after one of ours. */
static int open_by_number(const char *text, int *ret, struct err *err)
{
	union {
		struct {
			uint32_t bytes, type;
			struct {
				uint64_t id;
				uint32_t kind, inode;
			} nsfs;
		} handle;
		char space[128];
	} own = {.handle = {.bytes = sizeof(own.handle.nsfs)}};
	CLOSE_FD int any = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	uint64_t id;
	int mount, fd;

	if (parse_u64(text, 1, UINT64_MAX, &id) < 0)
		return err_set(err, 0, "'%s' is no number of a namespace", text);
	if (any < 0 || syscall(SYS_name_to_handle_at, any, "", &own, &mount,
			       AT_EMPTY_PATH | AT_HANDLE_FID) < 0) {
		err_errno(err, "cannot find namespaces by number");
		return err_remedy(err, "this takes Linux 6.18; name a process (--target) or a "
				       "file instead");
	}
	own.handle.nsfs.id = id;
	own.handle.nsfs.kind = own.handle.nsfs.inode = 0;
	fd = (int)syscall(SYS_open_by_handle_at, any, &own, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		err_errno(err, "cannot open the namespace with the number %s", text);
		return err_remedy(err, "there is none, or it may not be seen from here, or this "
				       "kernel cannot find it by number alone: name a process "
				       "(--target) or a file instead");
	}
	*ret = fd;
	return 0;
}

/* Is the target's namespace the one that we are in, or that our children would be in? */
static bool is_shared(const struct survey *s, const struct namespace_info *info)
{
	char theirs[32], ours[32], children[32];
	struct stat a, b, c;

	snprintf(theirs, sizeof(theirs), "ns/%s", info->name);
	snprintf(ours, sizeof(ours), "/proc/self/ns/%s", info->name);
	snprintf(children, sizeof(children), "/proc/self/ns/%s", info->children);
	return fstatat(s->target.dir, theirs, &a, 0) == 0 && stat(ours, &b) == 0 &&
	       stat(children, &c) == 0 && a.st_ino == b.st_ino && a.st_ino == c.st_ino &&
	       a.st_dev == b.st_dev;
}

static bool is_known(const struct namespace_info *info)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/ns/%s", info->name);
	return access(path, F_OK) == 0;
}

static bool is_wanted(const struct survey *s, int type)
{
	const struct namespace_info *info = &namespace_infos[type];
	bool given = s->request->given >= 0 && s->request->given_type == (uint32_t)type;

	if (s->request->types[type].wanted)
		return s->request->types[type].file || !given;
	if (!s->request->all || !is_known(info))
		return false;
	return !is_shared(s, info) || (type == NAMESPACE_MNT && s->may_enter_mounts);
}

static int open_namespace(struct survey *s, int type)
{
	const char *file = s->request->types[type].file, *shown;
	char of_target[32];
	int fd = -1, r;

	snprintf(of_target, sizeof(of_target), "ns/%s", namespace_infos[type].name);
	if (file && file[0] == ':') {
		r = open_by_number(file + 1, &fd, s->err);
		shown = arena_strdup(s->arena, file);
	} else {
		r = open_file(s, of_target, file, O_RDONLY, &fd, &shown);
	}
	if (r == 0)
		set_join(s, (uint32_t)type, fd, shown, NULL);
	return r;
}

/* The parent of the user namespace asked for, else the owner of any namespace asked for, else
 * the parent of the target's. */
static int open_user_parent(struct survey *s)
{
	struct join_request *join = join_of(s->q, NAMESPACE_USER);
	const char *shown;
	CLOSE_FD int own = -1;
	int fd, r;

	if (!join && s->q->n_joins > 0)
		join = &s->q->joins[0];
	if (!join) {
		r = open_file(s, "ns/user", NULL, O_RDONLY, &own, &shown);
		if (r < 0)
			return r;
	}
	fd = ioctl(join ? join->fd : own, NS_GET_USERNS);
	if (fd < 0) {
		err_errno(s->err, "cannot open the parent user namespace of '%s'",
			  join ? join->shown : shown);
		return s->err->code == EPERM
			       ? err_remedy(s->err, "it is outside of what can be seen from "
						    "the user namespace that you are in")
			       : -s->err->code;
	}
	set_join(s, NAMESPACE_USER, fd, "the parent user namespace", "--user-parent");
	return 0;
}

static int open_socket_namespace(struct survey *s)
{
	CLOSE_FD int sock = -1;
	int fd;

	if (s->target.dir < 0) {
		err_set(s->err, 0, "--net-socket names a descriptor of a process");
		return err_remedy(s->err, "add --target PID");
	}
	sock = (int)syscall(SYS_pidfd_getfd, s->target.pidfd, s->request->net_socket, 0);
	if (sock < 0)
		return err_errno(s->err, "cannot take descriptor %d of process %d",
				 s->request->net_socket, s->target.pid);
	fd = ioctl(sock, SIOCGSKNS);
	if (fd < 0)
		return err_errno(s->err,
				 "cannot open the network namespace of descriptor %d of "
				 "process %d: is it a socket?",
				 s->request->net_socket, s->target.pid);
	set_join(s, NAMESPACE_NET, fd, "the network namespace of a socket",
		 arena_printf(s->arena, "--net-socket=%d", s->request->net_socket));
	return 0;
}

static int open_namespaces(struct survey *s)
{
	int r = 0;

	if (s->request->all && s->target.dir < 0) {
		err_set(s->err, 0, "--all names the namespaces of a process");
		return err_remedy(s->err, "add --target PID");
	}
	if (s->request->given >= 0)
		set_join(s, s->request->given_type, fcntl(s->request->given, F_DUPFD_CLOEXEC, 3),
			 s->request->given_shown, NULL);
	for (int i = 0; r == 0 && i < NAMESPACE_TYPES; i++)
		if (is_wanted(s, i))
			r = open_namespace(s, i);
	if (r == 0 && s->request->user_parent)
		r = open_user_parent(s);
	if (r == 0 && s->request->net_socket >= 0)
		r = open_socket_namespace(s);
	if (r == 0 && s->q->n_joins == 0 && !s->request->all) {
		err_set(s->err, 0, "no namespace is named");
		return err_remedy(s->err, "add --all, or some of --mount --uts --ipc --net --pid "
					  "--user --cgroup --time");
	}
	return r;
}

/* --- the rest of the target --- */

static int open_directories(struct survey *s)
{
	const struct enter_request *e = s->request;
	int r = 0;

	if (e->root || e->root_directory)
		r = open_file(s, "root", e->root_directory, O_RDONLY | O_DIRECTORY, &s->q->root_fd,
			      &s->q->root);
	if (r == 0 && (e->wd || e->wd_directory))
		r = open_file(s, "cwd", e->wd_directory, O_RDONLY | O_DIRECTORY, &s->q->cwd_fd,
			      &s->q->cwd);
	return r;
}

/* /proc/PID/environ: "NAME=value" ended by NUL, as the process was started with. */
static int read_environment(struct survey *s)
{
	FREE_PTR char *text = NULL;
	CLOSE_FD int fd = -1;
	const char *shown;
	char **envp;
	size_t n = 0;
	ssize_t len;
	int r = open_file(s, "environ", NULL, O_RDONLY, &fd, &shown);

	if (r < 0)
		return r;
	len = read_fd(fd, PROC_FILE_MAX, &text);
	if (len < 0)
		return err_set(s->err, (int)-len, "cannot read '%s'", shown);
	for (ssize_t i = 0; i < len; i++)
		n += text[i] == '\0';
	envp = arena_array(s->arena, char *, n + 2);
	n = 0;
	for (ssize_t i = 0; i < len; i += (ssize_t)strlen(text + i) + 1)
		if (strchr(text + i, '='))
			envp[n++] = arena_strdup(s->arena, text + i);
	s->q->envp = envp;
	s->q->env_replaced = true;
	return 0;
}

/* The id inside that `outside` is mapped from, by the target's own map as we see it. */
static uint32_t translate(const struct survey *s, const char *map, uint32_t outside)
{
	FREE_PTR char *text = NULL;
	const char *at, *line;
	size_t len;
	uint32_t range[3];

	if (read_file_at(s->target.dir, map, PROC_FILE_MAX, &text) < 0)
		return REQUEST_UNSET;
	at = text;
	while (next_field(&at, '\n', &line, &len))
		if (sscanf(line, "%u %u %u", &range[0], &range[1], &range[2]) == 3 &&
		    outside - range[1] < range[2])
			return range[0] + (outside - range[1]);
	return REQUEST_UNSET;
}

static int survey_ids(struct survey *s)
{
	const struct join_request *user = join_of(s->q, NAMESPACE_USER);
	bool of_target =
		user && !s->request->types[NAMESPACE_USER].file && !s->request->user_parent;
	struct stat st;

	if (s->target.dir < 0) {
		err_set(s->err, 0, "'follow' takes the ids of a process");
		return err_remedy(s->err, "add --target PID");
	}
	if (fstat(s->target.dir, &st) < 0)
		return err_errno(s->err, "cannot look at process %d", s->target.pid);
	s->q->followed_uid = of_target ? translate(s, "uid_map", st.st_uid)
			     : user    ? REQUEST_UNSET
				       : st.st_uid;
	s->q->followed_gid = of_target ? translate(s, "gid_map", st.st_gid)
			     : user    ? REQUEST_UNSET
				       : st.st_gid;
	s->q->ids_fd = fcntl(s->target.dir, F_DUPFD_CLOEXEC, 3);
	return s->q->ids_fd < 0 ? err_errno(s->err, "cannot keep a descriptor") : 0;
}

/* With SELinux only, as nsenter(1); elsewhere there is nothing to follow. */
static int read_context(struct survey *s)
{
	char label[4096];
	ssize_t n;

	if (s->target.dir < 0) {
		err_set(s->err, 0, "--follow-context takes the label of a process");
		return err_remedy(s->err, "add --target PID");
	}
	if (access("/sys/fs/selinux/enforce", F_OK) < 0)
		return 0;
	n = read_line_at(s->target.dir, "attr/current", label, sizeof(label));
	if (n < 0)
		return err_set(s->err, (int)-n, "cannot read the label of process %d",
			       s->target.pid);
	s->q->exec_label = n > 0 ? arena_strdup(s->arena, label) : NULL;
	return 0;
}

/* --- control groups --- */

static int layout_of(struct survey *s, int dir, const char *file, const struct cgroup_texts *common,
		     struct cgroup_layout **ret)
{
	FREE_PTR char *text = NULL;
	struct cgroup_texts texts = *common;
	ssize_t n = read_file_at(dir, file, PROC_FILE_MAX, &text);

	if (n < 0)
		return err_set(s->err, (int)-n, "cannot read '%s' of process %d", file,
			       s->target.pid);
	texts.self_cgroup = arena_strdup(s->arena, text);
	return cgroup_layout_parse(s->arena, &texts, ret, s->err);
}

static int open_group(struct survey *s, const struct cgroup_hierarchy *h)
{
	/* By "tasks" a process of one thread moves without the lock that "cgroup.procs" takes. */
	const char *path = arena_printf(s->arena, "%s%s%s/%s", h->mount, h->own[0] ? "/" : "",
					h->own, h->version == 1 ? "tasks" : "cgroup.procs");
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0) {
		err_errno(s->err, "cannot open '%s' to join the control group", path);
		return s->err->code == EACCES
			       ? err_remedy(s->err, "run it as root, or as the user that the "
						    "group is delegated to")
			       : -s->err->code;
	}
	s->q->cgroups[s->q->n_cgroups++] = (struct cgroup_entry_request){fd, path};
	return 0;
}

/* Every hierarchy in which the target is in another group than we are. */
static int open_groups(struct survey *s)
{
	FREE_PTR char *mountinfo = NULL, *known = NULL;
	struct cgroup_texts texts = {0};
	struct cgroup_layout *theirs, *ours;
	int r;

	if (s->target.dir < 0) {
		err_set(s->err, 0, "--join-cgroup takes the control groups of a process");
		return err_remedy(s->err, "add --target PID");
	}
	if (read_file_at(AT_FDCWD, "/proc/self/mountinfo", PROC_FILE_MAX, &mountinfo) < 0 ||
	    read_file_at(AT_FDCWD, "/proc/cgroups", PROC_FILE_MAX, &known) < 0)
		return err_set(s->err, 0, "cannot find out where control groups are mounted");
	texts.mountinfo = mountinfo;
	texts.proc_cgroups = known;
	r = layout_of(s, s->target.dir, "cgroup", &texts, &theirs);
	if (r == 0)
		r = layout_of(s, AT_FDCWD, "/proc/self/cgroup", &texts, &ours);
	for (uint32_t i = 0; r == 0 && i < theirs->n && i < ours->n; i++) {
		const char *there = theirs->h[i].own, *here = ours->h[i].own;

		if (!there)
			return err_set(s->err, 0,
				       "the control group of process %d in the hierarchy '%s' is "
				       "outside of what is mounted here",
				       s->target.pid, theirs->h[i].label);
		if ((!here || strcmp(there, here) != 0) &&
		    s->q->n_cgroups < ARRAY_SIZE(s->q->cgroups))
			r = open_group(s, &theirs->h[i]);
	}
	return r;
}

int enter_survey(struct arena *a, const struct enter_request *request, struct tool_request *q,
		 struct err *err)
{
	const uint64_t needed = 1ULL << CAP_SYS_ADMIN | 1ULL << CAP_SYS_CHROOT;
	struct survey s = {
		a,  request, q, {.pidfd = -1, .dir = -1}, (facts_capabilities() & needed) == needed,
		err};
	int r = request->pid ? target_open(request, &s.target, err) : 0;

	if (r == 0)
		r = open_namespaces(&s);
	if (r == 0)
		r = open_directories(&s);
	if (r == 0 && request->env)
		r = read_environment(&s);
	if (r == 0 && (q->follow_uid || q->follow_gid))
		r = survey_ids(&s);
	if (r == 0 && request->follow_context)
		r = read_context(&s);
	if (r == 0 && request->join_cgroup)
		r = open_groups(&s);
	close_fd_cleanup(&s.target.dir);
	close_fd_cleanup(&s.target.pidfd);
	return r;
}
