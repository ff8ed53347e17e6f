// SPDX-License-Identifier: Apache-2.0
#include "membership.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/utsname.h>
#include "file.h"
#include "macros.h"
#include "procfs.h"

/* Mount and network namespaces have fixed initial numbers since 6.18. */
static bool kernel_numbers_all(const struct membership_source *source)
{
	struct utsname u = {0};
	int major = 0, minor = 0;

	if (!source->release)
		uname(&u);
	sscanf(source->release ? source->release : u.release, "%d.%d", &major, &minor);
	return major > 6 || (major == 6 && minor >= 18);
}

static bool link_inode(int proc, int32_t pid, enum namespace_type type, uint64_t *ret,
		       int *ret_error)
{
	char path[PROCFS_PATH_SIZE], name[24], text[64];
	ssize_t n;

	snprintf(name, sizeof(name), "ns/%s", namespace_infos[type].name);
	if (pid)
		procfs_path(path, sizeof(path), pid, name);
	else
		snprintf(path, sizeof(path), "self/%s", name);
	n = read_link_at(proc, path, text, sizeof(text));
	*ret_error = n < 0 ? (int)n : 0;
	return n >= 0 && ns_parse_link(text, ret) == (int)type;
}

/*
 * Older kernels: kernel threads stay in the initial namespaces, and kthreadd is process 2
 * where /proc shows the initial PID namespace. Reading its links takes rights over it.
 */
static enum ns_place compare_with_kthreadd(int proc, enum namespace_type type, uint64_t inode)
{
	struct proc_stat st;
	uint64_t its;
	int error;

	if (!link_inode(proc, 0, NAMESPACE_PID, &its, &error) ||
	    its != ns_initial_inode(NAMESPACE_PID))
		return PLACE_UNKNOWN;
	if (procfs_stat(proc, 2, &st) < 0 || st.ppid != 0 || strcmp(st.comm, "kthreadd") != 0)
		return PLACE_UNKNOWN;
	if (!link_inode(proc, 2, type, &its, &error))
		return PLACE_UNKNOWN;
	return its == inode ? PLACE_INITIAL : PLACE_OWN;
}

static enum ns_place place_of(const struct membership_source *source, enum namespace_type type,
			      uint64_t inode)
{
	if (inode == ns_initial_inode(type))
		return PLACE_INITIAL;
	if ((type == NAMESPACE_MNT || type == NAMESPACE_NET) && !kernel_numbers_all(source))
		return compare_with_kthreadd(source->proc, type, inode);
	return PLACE_OWN;
}

static void relate(const struct membership_source *source, int fd, enum namespace_type type,
		   struct ns_member *m)
{
	ns_relate_function *ask = source->relate ? source->relate : ns_relate_by_ioctl;
	struct ns_relations rel = {.owner_fd = -1, .parent_fd = -1};

	if (ask(fd, type, m->inode, &rel) < 0)
		return;
	m->owner = rel.owner;
	m->parent = rel.parent;
	m->owner_uid = rel.owner_uid;
	if (rel.owner_fd >= 0)
		close(rel.owner_fd);
	if (rel.parent_fd >= 0)
		close(rel.parent_fd);
}

static int open_ns(int proc, int32_t pid, enum namespace_type type)
{
	char path[PROCFS_PATH_SIZE], name[24];

	snprintf(name, sizeof(name), "ns/%s", namespace_infos[type].name);
	if (pid)
		procfs_path(path, sizeof(path), pid, name);
	else
		snprintf(path, sizeof(path), "self/%s", name);
	return openat(proc, path, O_RDONLY | O_CLOEXEC);
}

/* "NSpid:	4711	23	1" of status. */
static void read_pids(int proc, int32_t pid, struct membership *m)
{
	char path[PROCFS_PATH_SIZE] = "self/status";
	FREE_PTR char *text = NULL;
	char *at;

	if (pid)
		procfs_path(path, sizeof(path), pid, "status");
	if (read_file_at(proc, path, 1 << 20, &text) < 0)
		return;
	at = strstr(text, "\nNSpid:");
	if (!at)
		return;
	for (at += 7; m->n_pids < DEEPEST_PID_NAMESPACE; m->n_pids++) {
		int used = 0, number;

		if (sscanf(at, "%*[ \t]%d%n", &number, &used) != 1)
			break;
		m->pids[m->n_pids] = number;
		at += used;
	}
}

/* Each level's namespace, from the innermost up by NS_GET_PARENT. */
static void name_pid_levels(const struct membership_source *source, struct membership *m)
{
	ns_relate_function *ask = source->relate ? source->relate : ns_relate_by_ioctl;
	CLOSE_FD int fd = open_ns(source->proc, m->pid, NAMESPACE_PID);
	uint64_t inode = m->ns[NAMESPACE_PID].inode;

	for (size_t i = m->n_pids; i-- > 0 && inode;) {
		struct ns_relations rel = {.owner_fd = -1, .parent_fd = -1};

		m->pid_ns[i] = inode;
		if (i == 0 || ask(fd, NAMESPACE_PID, inode, &rel) < 0)
			break;
		inode = rel.parent;
		if (rel.owner_fd >= 0)
			close(rel.owner_fd);
		if (fd >= 0)
			close(fd);
		fd = rel.parent_fd;
	}
}

static int no_access(const struct membership_source *source, int32_t pid, int error,
		     struct err *err)
{
	uint32_t uid;

	if (!pid) {
		err_set(err, -error, "cannot read '/proc/self/ns'");
		return err_remedy(err, "is /proc mounted? mount -t proc proc /proc");
	}
	if (procfs_uid(source->proc, pid, &uid) < 0)
		return err_set(err, 0, "no process '%d'", pid);
	err_set(err, -error, "cannot see the namespaces of process '%d'", pid);
	if (error == -EACCES || error == -EPERM)
		return err_remedy(err, "it belongs to another user, or has more rights than you; "
				       "run this as root");
	return err_remedy(err, "it has ended, and waits for its parent to notice");
}

int membership_read(const struct membership_source *source, int32_t pid, struct membership *ret,
		    struct err *err)
{
	struct membership m = {.pid = pid};
	bool any = false;
	int error = 0, first_error = 0;

	for (int t = 0; t < NAMESPACE_TYPES; t++) {
		struct ns_member *member = &m.ns[t];
		CLOSE_FD int fd = -1;

		member->present = link_inode(source->proc, pid, (enum namespace_type)t,
					     &member->inode, &error);
		if (!member->present) {
			first_error = first_error ? first_error : error;
			continue;
		}
		any = true;
		member->place = place_of(source, (enum namespace_type)t, member->inode);
		fd = open_ns(source->proc, pid, (enum namespace_type)t);
		relate(source, fd, (enum namespace_type)t, member);
	}
	/* A process that has ended keeps its user namespace only. */
	if (!any || (!m.ns[NAMESPACE_MNT].present && !m.ns[NAMESPACE_UTS].present))
		return no_access(source, pid, first_error, err);
	read_pids(source->proc, pid, &m);
	name_pid_levels(source, &m);
	*ret = m;
	return 0;
}

int membership_of_file(const struct membership_source *source, int fd, enum namespace_type type,
		       struct membership *ret, struct err *err)
{
	struct membership m = {.pid = 0};
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_errno(err, "cannot look at the namespace");
	m.ns[type] = (struct ns_member){.present = true, .inode = st.st_ino};
	m.ns[type].place = place_of(source, type, st.st_ino);
	relate(source, fd, type, &m.ns[type]);
	*ret = m;
	return 0;
}

bool membership_is_below(const struct membership_source *source, const struct membership *m,
			 enum namespace_type type, uint64_t above)
{
	ns_relate_function *ask = source->relate ? source->relate : ns_relate_by_ioctl;
	CLOSE_FD int fd = m->pid ? open_ns(source->proc, m->pid, type) : -1;
	uint64_t inode = m->ns[type].inode;

	for (int i = 0; i < DEEPEST_PID_NAMESPACE && inode && inode != above; i++) {
		struct ns_relations rel = {.owner_fd = -1, .parent_fd = -1};

		if (ask(fd, type, inode, &rel) < 0)
			return false;
		inode = rel.parent;
		if (rel.owner_fd >= 0)
			close(rel.owner_fd);
		if (fd >= 0)
			close(fd);
		fd = rel.parent_fd;
	}
	return inode == above && inode != m->ns[type].inode;
}

int ns_open_file(const char *path, enum namespace_type *ret_type, struct err *err)
{
	CLOSE_FD int place = open(path, O_PATH | O_CLOEXEC);
	char self[40];
	struct statfs fs;
	int fd, flag;

	if (place < 0)
		return err_errno(err, "cannot open '%s'", path);
	if (fstatfs(place, &fs) < 0 || fs.f_type != NSFS_MAGIC) {
		err_set(err, 0, "'%s' is no namespace", path);
		return err_remedy(
			err, "give a file of /proc/PID/ns, or one that a namespace is bound on");
	}
	/* Opened only now: an open of what is no namespace may have effects (a FIFO, a device). */
	snprintf(self, sizeof(self), "/proc/self/fd/%d", place);
	fd = open(self, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, "cannot open '%s'", path);
	flag = ioctl(fd, NS_GET_NSTYPE);
	for (int t = 0; t < NAMESPACE_TYPES; t++) {
		if (flag > 0 && namespace_infos[t].flag == (uint64_t)flag) {
			*ret_type = (enum namespace_type)t;
			return fd;
		}
	}
	close(fd);
	return err_set(err, 0, "'%s' is a namespace of a kind unknown to kokon", path);
}
