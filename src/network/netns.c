// SPDX-License-Identifier: Apache-2.0
/*
 * How a name is made (add, attach), which is what `ip netns` does too:
 *
 *	lock the directory; make it a shared mount of its own where it is none (root)
 *	make the file, O_EXCL; bind the namespace on it
 *
 * The directory is shared so that a mount on it appears in the mount namespaces that follow the
 * machine's, and an unmount lets go of the namespace in all of them. Signals wait. A SIGKILL
 *between the two calls of the last line leaves a file without a namespace (ADR 13): its mode
 *NETNS_MARK says that kokon made it, so that `kokon system check --repair` can remove it.
 */
#include "netns.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "file.h"
#include "macros.h"
#include "names.h"
#include "netns-user.h"
#include "uapi.h"

/* --- where names are --- */

/* Root of the machine, or of a container: what has uid 0 and is not inside a user's namespace
 * that kokon made. */
static bool is_of_user(void)
{
	char line[64];

	if (geteuid() != 0)
		return true;
	return getenv("XDG_RUNTIME_DIR") &&
	       read_line_at(AT_FDCWD, "/proc/self/uid_map", line, sizeof(line)) > 0 &&
	       !strstr(line, "4294967295");
}

void netns_home_of_root(struct netns_home *ret)
{
	struct netns_home home = NETNS_HOME_NONE;

	snprintf(home.path, sizeof(home.path), "%s", NETNS_RUN);
	home.dir = open(NETNS_RUN, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*ret = home;
}

static int open_of_root(bool make, struct netns_home *ret, struct err *err)
{
	netns_home_of_root(ret);
	if (ret->dir < 0 && errno == ENOENT && make) {
		if (mkdir(NETNS_RUN, 0755) < 0 && errno != EEXIST)
			return err_errno(err, "cannot make '%s'", NETNS_RUN);
		netns_home_of_root(ret);
	}
	if (ret->dir < 0 && (make || errno != ENOENT))
		return err_errno(err, "cannot open '%s'", NETNS_RUN);
	return 0;
}

static int open_home(bool make, netns_mapper map, struct netns_home *ret, struct err *err)
{
	struct netns_home home = NETNS_HOME_NONE;
	int r = 0;

	home.of_user = is_of_user();
	if (home.of_user)
		r = make ? netns_user_hold(&home, map, err) : netns_user_find(&home, err);
	/* uid 0 in a user namespace of another making: a container's root, with a /run of its own
	 */
	if (r < 0 && geteuid() == 0)
		home.of_user = false;
	if (!home.of_user)
		r = open_of_root(make, &home, err);
	if (r < 0)
		netns_home_close(&home);
	else
		*ret = home;
	return r;
}

int netns_home_open(struct netns_home *ret, struct err *err)
{
	return open_home(false, NULL, ret, err);
}

int netns_home_make(netns_mapper map, struct netns_home *ret, struct err *err)
{
	return open_home(true, map, ret, err);
}

void netns_home_close(struct netns_home *home)
{
	close_fd_cleanup(&home->dir);
	close_fd_cleanup(&home->user);
	close_fd_cleanup(&home->mnt);
	close_fd_cleanup(&home->lock);
	*home = (struct netns_home)NETNS_HOME_NONE;
}

int netns_home_enter(struct netns_home *home, struct err *err)
{
	if (home->user >= 0 && setns(home->user, CLONE_NEWUSER) < 0)
		return err_errno(err, "cannot enter the user namespace of your network namespaces");
	if (home->mnt >= 0 && setns(home->mnt, CLONE_NEWNS) < 0)
		return err_errno(err,
				 "cannot enter the mount namespace of your network namespaces");
	close_fd_cleanup(&home->user);
	close_fd_cleanup(&home->mnt);
	home->user = home->mnt = -1;
	return 0;
}

/* --- names --- */

int netns_check_name(const char *name, struct err *err)
{
	if (!*name)
		return err_set(err, 0, "'' is no name of a network namespace");
	if (strlen(name) > NAME_MAX) {
		err_set(err, 0, "the name '%.40s…' of a network namespace is too long", name);
		return err_remedy(err, "the file system allows %d bytes; this has %zu", NAME_MAX,
				  strlen(name));
	}
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strchr(name, '/')) {
		err_set(err, 0, "'%s' is no name of a network namespace", name);
		return err_remedy(err,
				  "it becomes the name of a file in '%s': no '/', not '.' or "
				  "'..'",
				  NETNS_RUN);
	}
	for (const char *p = name; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return err_set(err, 0,
				       "the name of a network namespace holds the control "
				       "character \\x%02x",
				       (unsigned char)*p);
	return 0;
}

void netns_names_free(struct netns_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->v[i].name);
	free(names->v);
	*names = (struct netns_names){0};
}

/* Is this descriptor a network namespace? */
static bool is_netns(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == NSFS_MAGIC &&
	       ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWNET;
}

/* The inode of the namespace on a file of the directory; 0: none is. */
static uint64_t inode_of(int dir, const char *name)
{
	CLOSE_FD int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct statfs fs;
	struct stat st;

	if (fd < 0 || fstatfs(fd, &fs) < 0 || fs.f_type != NSFS_MAGIC || fstat(fd, &st) < 0)
		return 0;
	return st.st_ino;
}

static int compare_names(const void *a, const void *b)
{
	const struct netns_name *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int add_name(struct netns_names *names, int dir, const struct dirent *d)
{
	struct netns_name *more = realloc(names->v, (names->n + 1) * sizeof(*more));
	char *name = strdup(d->d_name);

	if (more)
		names->v = more;
	if (!more || !name) {
		free(name);
		return -ENOMEM;
	}
	names->v[names->n++] = (struct netns_name){name, inode_of(dir, name), -1};
	return 0;
}

int netns_list(const struct netns_home *home, struct netns_names *ret, struct err *err)
{
	struct netns_names names = {0};
	struct dirent *d;
	int r = 0, fd = home->dir < 0 ? -1 : openat(home->dir, ".", O_RDONLY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (home->dir >= 0 && !dir) {
		close_fd_cleanup(&fd);
		return err_errno(err, "cannot read '%s'", home->path);
	}
	while (r == 0 && dir && (d = readdir(dir))) {
		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0 ||
		    (home->of_user && d->d_name[0] == '.'))
			continue;
		r = add_name(&names, fd, d);
	}
	if (dir)
		closedir(dir);
	if (r < 0) {
		netns_names_free(&names);
		return err_set(err, -r, "cannot list network namespaces");
	}
	if (names.n)
		qsort(names.v, names.n, sizeof(*names.v), compare_names);
	*ret = names;
	return 0;
}

/* The message for a name that does not exist; `wanted`: for something that can be done once it is
 * made. */
static int no_such(const struct netns_home *home, const char *name, bool wanted, struct err *err)
{
	NETNS_NAMES_CLEANUP struct netns_names names = {0};
	char of_root[NAME_MAX + 16];
	const char *v[128] = {NULL}, *near;
	size_t n = 0;

	netns_list(home, &names, NULL);
	for (size_t i = 0; i < names.n && n < ARRAY_SIZE(v) - 1; i++)
		v[n++] = names.v[i].name;
	near = nearest_name(name, v);
	snprintf(of_root, sizeof(of_root), "%s/%s", NETNS_RUN, name);
	err_set(err, 0, "there is no network namespace '%s'", name);
	if (home->of_user && access(of_root, F_OK) == 0)
		err_remedy(err, "'%s' is root's, and yours are apart from it: run this as root",
			   of_root);
	else if (near)
		err_remedy(err, "did you mean '%s'?", near);
	else if (n)
		err_remedy(err, "'kokon netns list' lists them");
	else if (wanted)
		err_remedy(err, "make it: kokon netns add %s", name);
	else
		err_remedy(err, "there is none with a name");
	return -ENOENT;
}

int netns_open(const struct netns_home *home, const char *name, struct err *err)
{
	CLOSE_FD int fd = -1;
	int r = netns_check_name(name, err);

	if (r < 0)
		return r;
	if (home->dir >= 0 && (!home->of_user || name[0] != '.'))
		fd = openat(home->dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && (home->dir < 0 || errno == ENOENT))
		return no_such(home, name, true, err);
	if (fd >= 0 && is_netns(fd))
		return TAKE_FD(fd);
	if (fd < 0 && errno != EACCES && errno != EPERM)
		return err_errno(err, "cannot open '%s/%s'", home->path, name);
	err_set(err, 0, "'%s/%s' holds no network namespace any more", home->path, name);
	return err_remedy(err,
			  "something else unmounted it, or its making was broken off: kokon "
			  "netns delete %s",
			  name);
}

/* --- making and removing --- */

/* A name that is made or removed. */
struct deed {
	char path[256 + NAME_MAX + 2];
	const struct netns_home *home;
	const char *name;
	int source; /* attach: the namespace; -1: a new one */
	bool locked;
	sigset_t signals; /* that were blocked before */
};

/* As iproute2: a shared mount of its own. */
static int share(const char *directory, struct err *err)
{
	for (int tries = 0; tries < 2; tries++) {
		if (mount("", directory, "none", MS_SHARED | MS_REC, NULL) == 0)
			return 0;
		if (errno != EINVAL ||
		    mount(directory, directory, "none", MS_BIND | MS_REC, NULL) < 0)
			break;
	}
	err_errno(err, "cannot make '%s' a shared mount", directory);
	return err && err->code == EPERM
		       ? err_remedy(err,
				    "this takes CAP_SYS_ADMIN: run it as root, or as an "
				    "ordinary user, who has network namespaces of the user's own")
		       : -EPERM;
}

static int exists_already(const struct deed *d, struct err *err)
{
	if (inode_of(AT_FDCWD, d->path)) {
		err_set(err, EEXIST, "cannot add the network namespace '%s'", d->name);
		return err_remedy(err,
				  "there is one of that name: kokon netns exec %s COMMAND, or "
				  "kokon netns delete %s",
				  d->name, d->name);
	}
	err_set(err, EEXIST, "cannot make '%s'", d->path);
	return err_remedy(err, "it is a leftover without a namespace: kokon netns delete %s",
			  d->name);
}

/* The lock is held. */
static int make_name(const struct deed *d, struct err *err)
{
	char source[40] = "/proc/self/ns/net";
	int fd = open(d->path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, NETNS_MARK);

	if (fd < 0)
		return errno == EEXIST ? exists_already(d, err)
				       : err_errno(err, "cannot make '%s'", d->path);
	close(fd);
	if (d->source >= 0)
		snprintf(source, sizeof(source), "/proc/self/fd/%d", d->source);
	if (mount(source, d->path, "none", MS_BIND, NULL) == 0)
		return 0;
	err_errno(err, "cannot keep the network namespace on '%s'", d->path);
	unlink(d->path);
	return -err->code;
}

/* While it waits it can be interrupted, from then on not. */
static int lock(struct deed *d, struct err *err)
{
	sigset_t all;

	/* Held already by whoever has made a directory of a user's. */
	if (d->home->lock < 0 && flock(d->home->dir, LOCK_EX) < 0)
		return err_errno(err, "cannot lock '%s'", d->home->path);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &d->signals);
	d->locked = true;
	return 0;
}

static int make(struct deed *d, struct err *err)
{
	int r;

	/* Before the lock is taken: it is what takes time. */
	if (d->source < 0 && unshare(CLONE_NEWNET) < 0) {
		err_errno(err, "cannot make a new network namespace");
		return err->code == ENOSPC ? err_remedy(err, "the limit of namespaces is reached, "
							     "see "
							     "/proc/sys/user/max_net_namespaces")
					   : -err->code;
	}
	r = lock(d, err);
	if (r == 0 && !d->home->of_user)
		r = share(d->home->path, err);
	return r < 0 ? r : make_name(d, err);
}

static int begin(struct deed *d, const struct netns_home *home, const char *name, struct err *err)
{
	int r = netns_check_name(name, err);

	if (r < 0)
		return r;
	if (home->of_user && name[0] == '.') {
		err_set(err, 0, "'%s' is no name of a network namespace", name);
		return err_remedy(err, "names of an ordinary user's do not begin with a dot");
	}
	snprintf(d->path, sizeof(d->path), "%s/%s", home->path, name);
	d->home = home;
	d->name = name;
	d->source = -1;
	d->locked = false;
	return 0;
}

static int end(const struct deed *d, int r)
{
	if (!d->locked)
		return r;
	if (d->home->lock < 0)
		flock(d->home->dir, LOCK_UN);
	sigprocmask(SIG_SETMASK, &d->signals, NULL);
	return r;
}

int netns_attach(const struct netns_home *home, const char *name, int netns, struct err *err)
{
	struct deed d;
	int r = begin(&d, home, name, err);

	if (r < 0)
		return r;
	d.source = netns;
	return end(&d, make(&d, err));
}

int netns_add(const struct netns_home *home, const char *name, struct err *err)
{
	return netns_attach(home, name, -1, err);
}

static int cannot_unmount(const struct deed *d, struct err *err)
{
	err_errno(err, "cannot unmount '%s'", d->path);
	return err->code == EPERM || err->code == EINVAL
		       ? err_remedy(err, "it was mounted outside of this mount namespace, "
					 "or takes CAP_SYS_ADMIN: run it as root")
		       : -err->code;
}

static int remove_name(struct deed *d, struct err *err)
{
	int r = lock(d, err);

	/* Mounts can be stacked, by `ip netns attach` over a leftover for instance. */
	while (r == 0 && inode_of(AT_FDCWD, d->path)) {
		if (umount2(d->path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
			return cannot_unmount(d, err);
		if (unlink(d->path) == 0)
			return 0;
	}
	if (r < 0 || unlink(d->path) == 0)
		return r;
	err_errno(err, "cannot remove '%s'", d->path);
	if (err->code == EBUSY)
		err_remedy(err, "something else is mounted on it: findmnt '%s'", d->path);
	return -err->code;
}

int netns_delete(const struct netns_home *home, const char *name, struct err *err)
{
	struct deed d;
	struct stat st;
	int r = begin(&d, home, name, err);

	if (r < 0)
		return r;
	if (home->dir < 0 || fstatat(home->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		r = no_such(home, name, false, err);
	else if (S_ISDIR(st.st_mode))
		r = err_set(err, EISDIR, "'%s' is no network namespace", d.path);
	else
		r = remove_name(&d, err);
	return end(&d, r);
}

/* Whoever makes a name has the lock until it is whole; iproute2 has none, and no mark. */
void netns_leftovers(const struct netns_home *home, bool remove,
		     void (*found)(void *arg, const char *name), void *arg)
{
	CLOSE_FD int dir = home->dir >= 0
				   ? openat(home->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
				   : open(home->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	NETNS_NAMES_CLEANUP struct netns_names names = {0};
	struct netns_home locked = *home;
	struct stat st;

	locked.dir = dir;
	if (dir < 0 || flock(dir, LOCK_EX) < 0 || netns_list(&locked, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.n; i++) {
		const char *name = names.v[i].name;

		if (names.v[i].inode || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISREG(st.st_mode) || (st.st_mode & 07777) != NETNS_MARK)
			continue;
		if (!remove || unlinkat(dir, name, 0) == 0)
			found(arg, name);
	}
}
