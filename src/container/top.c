// SPDX-License-Identifier: Apache-2.0
#include "top.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include "file.h"
#include "idmap.h"
#include "message.h"
#include "parse.h"
#include "arena.h"
#include "process.h"

/* Deep trees must not exhaust descriptors: each level holds one, and beyond this many the
 * directory is moved up to the top, where its depth is one again. */
enum { DEPTH_MAX = 200, TOP_AGE = 60 /* seconds */ };

static int empty(int dir, int top, int depth);

static int remove_entry(int dir, const char *name, int top, int depth)
{
	static unsigned int moved;
	int sub, r;

	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -errno;
	if (depth >= DEPTH_MAX) {
		char unique[32];

		snprintf(unique, sizeof(unique), ".deep-%u", moved++);
		return renameat(dir, name, top, unique) < 0 ? -errno : 0;
	}
	sub = open_how(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0,
		       RESOLVE_BENEATH | RESOLVE_NO_XDEV);
	if (sub == -EACCES && fchmodat(dir, name, 0700, 0) == 0)
		sub = open_how(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0,
			       RESOLVE_BENEATH | RESOLVE_NO_XDEV);
	if (sub < 0)
		return sub;
	fchmod(sub, 0700);
	r = empty(sub, top, depth + 1);
	if (r == 0 && unlinkat(dir, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		r = -errno;
	return r;
}

/* Everything in `dir`, which is closed. */
static int empty(int dir, int top, int depth)
{
	DIR *entries = fdopendir(dir);
	struct dirent *entry;
	int r = 0;

	if (!entries) {
		close(dir);
		return -ENOMEM;
	}
	while (r == 0 && (entry = readdir(entries)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			r = remove_entry(dir, entry->d_name, top, depth);
	closedir(entries);
	return r;
}

static int remove_tree(const char *path)
{
	CLOSE_FD int top = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int r;

	if (top < 0)
		return errno == ENOENT ? 0 : -errno;
	/* Once more for what was moved up from the depth. */
	do {
		int dir = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		r = dir < 0 ? -errno : empty(dir, top, 0);
	} while (r == 0 && fstat(top, &st) == 0 && st.st_nlink > 2);
	if (r == 0 && rmdir(path) < 0 && errno != ENOENT && errno != EBUSY)
		r = -errno;
	return r;
}

/* "0 100000 65536\n…" back into ranges. */
static struct idmap parse_map(struct arena *a, const char *text)
{
	struct idmap_range *ranges = arena_array(a, struct idmap_range, 340);
	const char *line;
	uint32_t n = 0;
	size_t len;

	while (text && n < 340 && next_field(&text, '\n', &line, &len))
		if (sscanf(line, "%u %u %u", &ranges[n].inside, &ranges[n].outside,
			   &ranges[n].count) == 3)
			n++;
	return (struct idmap){ranges, n};
}

/* The child's part: a user namespace of its own, and after its maps are written, root of it. */
NORETURN static void remove_as_owner(const char *path, int sock)
{
	char go;

	if (unshare(CLONE_NEWUSER) < 0 || write(sock, "", 1) != 1 || read(sock, &go, 1) != 1)
		_exit(1);
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		_exit(1);
	_exit(remove_tree(path) < 0 ? 1 : 0);
}

static int remove_in_namespace(const char *path, const struct idmap_plan *ids, struct err *err)
{
	CLOSE_FD int ours = -1, theirs = -1;
	int pair[2], status = 0, r = message_pair(pair);
	pid_t child;
	char ready;

	if (r < 0)
		return err_set(err, -r, "cannot make a socket pair");
	ours = pair[0];
	theirs = pair[1];
	child = process_clone(0, SIGCHLD, -1, NULL);
	if (child < 0)
		return err_set(err, -child, "cannot fork");
	if (child == 0)
		remove_as_owner(path, theirs);
	close(TAKE_FD(theirs));
	if (read(ours, &ready, 1) == 1)
		r = idmap_write_host(child, ids, err);
	if (r == 0 && write(ours, "", 1) < 0)
		r = -errno;
	close(TAKE_FD(ours));
	process_wait(child, &status);
	if (r == 0 && status != 0)
		r = err_set(err, 0, "cannot remove '%s' as root of its user namespace", path);
	return r;
}

int top_remove(const char *path, const char *uid_map, const char *gid_map, struct err *err)
{
	int r = remove_tree(path);
	struct arena a;

	if (r == 0)
		return 0;
	if (!uid_map || geteuid() == 0 || arena_init(&a) < 0)
		return err_set(err, -r, "cannot remove '%s'", path);
	r = remove_in_namespace(path,
				&(struct idmap_plan){.uid = parse_map(&a, uid_map),
						     .gid = parse_map(&a, gid_map),
						     .uid_writer = IDMAP_HELPER,
						     .gid_writer = IDMAP_HELPER},
				err);
	arena_free(&a);
	return r == 0 ? (remove_tree(path) < 0 ? err_set(err, 0, "cannot remove '%s'", path) : 0)
		      : r;
}

const char *top_directory(struct arena *a)
{
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");

	if (process_is_root_of("/var/lib"))
		return "/var/lib/kokon/tops";
	if (data && *data == '/')
		return arena_printf(a, "%s/kokon/tops", data);
	return arena_printf(a, "%s/.local/share/kokon/tops", home ? home : "");
}

int top_make(const char *path, struct err *err)
{
	FREE_PTR char *parent = strdup(path);
	CLOSE_FD int top = -1;
	int r = parent ? 0 : -ENOMEM;

	if (r == 0) {
		*strrchr(parent, '/') = '\0';
		r = make_directories(AT_FDCWD, parent, 0711);
	}
	if (r == 0 && mkdir(path, 0755) < 0)
		r = -errno;
	top = r < 0 ? r : open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (r == 0 &&
	    (top < 0 || mkdirat(top, "upper", 0755) < 0 || mkdirat(top, "work", 0700) < 0 ||
	     fchmodat(top, "upper", 0755, 0) < 0)) /* it is the container's root */
		r = -errno;
	/* Until this process ends: it says that the top is in use (top_is_stray()). */
	if (r == 0)
		flock(TAKE_FD(top), LOCK_SH);
	return r < 0 ? err_set(err, -r, "cannot make the writable layer '%s'", path) : 0;
}

bool top_is_stray(int tops, const char *name)
{
	CLOSE_FD int top = openat(tops, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st, part;

	return top >= 0 && fstat(top, &st) == 0 && time(NULL) - st.st_mtime > TOP_AGE &&
	       fstatat(top, "upper", &part, AT_SYMLINK_NOFOLLOW) == 0 &&
	       fstatat(top, "work", &part, AT_SYMLINK_NOFOLLOW) == 0 &&
	       flock(top, LOCK_EX | LOCK_NB) == 0;
}
