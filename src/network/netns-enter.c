// SPDX-License-Identifier: Apache-2.0
/*
 * sysfs shows the interfaces of the network namespace of whoever mounted it, so the old one is
 * unmounted and a new one mounted on /sys. The mounts below the old one (control groups, tracefs,
 * bpf …) are cloned before and attached to the new one: `ip netns exec` loses them.
 *
 * In a user namespace the old one is locked, and the new one is put over it. There the kernel
 * refuses when a mount hides part of the old one (mount_too_revealing()): then the old
 * /sys stays, and a note says so.
 */
#include "netns-enter.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "file.h"
#include "macros.h"
#include "mount.h"

enum { KEPT_MAX = 32, MOUNTINFO_MAX = 16 << 20 };

#ifndef AT_RECURSIVE /* 5.2 */
#define AT_RECURSIVE 0x8000
#endif

struct kept {
	char path[128];
	int tree; /* detached, with all that is below */
};

/* Clones of the mounts that lie directly on the present /sys. */
static size_t keep_below(struct kept *kept)
{
	FREE_PTR char *text = NULL;
	int top = -1, id, parent;
	char target[128];
	size_t n = 0;

	if (read_file_at(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_MAX, &text) < 0)
		return 0;
	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (sscanf(line, "%d %d %*s %*s %127s", &id, &parent, target) == 3 &&
		    strcmp(target, "/sys") == 0)
			top = id;
	}
	for (const char *line = text; line && *line && n < KEPT_MAX; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (sscanf(line, "%d %d %*s %*s %127s", &id, &parent, target) != 3 ||
		    parent != top || strncmp(target, "/sys/", 5) != 0)
			continue;
		kept[n].tree = mount_open_tree(AT_FDCWD, target, OPEN_TREE_CLONE | AT_RECURSIVE);
		if (kept[n].tree < 0)
			continue;
		memcpy(kept[n++].path, target, sizeof(target));
	}
	return n;
}

static void put_back(struct kept *kept, size_t n, bool mounted, struct out *notes)
{
	for (size_t i = 0; i < n; i++) {
		CLOSE_FD int target = -1;

		if (mounted)
			target = open(kept[i].path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (mounted && (target < 0 || mount_attach(kept[i].tree, target) < 0))
			out_printf(notes, "'%s' is not visible inside\n", kept[i].path);
		close(kept[i].tree);
	}
}

static void put_whole_back(int tree)
{
	CLOSE_FD int target = open("/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (target >= 0)
		mount_attach(tree, target);
}

static void show_sys(const char *name, struct out *notes)
{
	struct kept kept[KEPT_MAX];
	struct statvfs fs;
	unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
	CLOSE_FD int whole = mount_open_tree(AT_FDCWD, "/sys", OPEN_TREE_CLONE | AT_RECURSIVE);
	size_t n = keep_below(kept);
	bool mounted, removed = umount2("/sys", MNT_DETACH) == 0;

	/* Not removed: it is locked. A read-only one must then stay read-only. */
	if (!removed && statvfs("/sys", &fs) == 0 && (fs.f_flag & ST_RDONLY))
		flags |= MS_RDONLY;
	mounted = mount(name, "/sys", "sysfs", flags, NULL) == 0;
	if (!mounted && removed)
		put_whole_back(whole);
	if (!mounted)
		out_printf(notes,
			   "/sys/class/net shows the interfaces of the outer network namespace: "
			   "a new sysfs cannot be mounted (%s)\n",
			   strerror(errno));
	put_back(kept, n, mounted, notes);
}

static void show_etc(const char *name, struct out *notes)
{
	char from[NAME_MAX + 32], file[2 * NAME_MAX + 40], onto[NAME_MAX + 8];
	struct dirent *d;
	DIR *dir;

	snprintf(from, sizeof(from), "/etc/netns/%s", name);
	dir = opendir(from);
	while (dir && (d = readdir(dir))) {
		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		snprintf(file, sizeof(file), "%s/%s", from, d->d_name);
		snprintf(onto, sizeof(onto), "/etc/%s", d->d_name);
		if (mount(file, onto, "none", MS_BIND, NULL) < 0)
			out_printf(notes, "cannot show '%s' as '%s': %s\n", file, onto,
				   strerror(errno));
	}
	if (dir)
		closedir(dir);
}

int netns_enter(int netns, const char *name, struct out *notes, struct err *err)
{
	if (setns(netns, CLONE_NEWNET) < 0) {
		err_errno(err, "cannot enter the network namespace '%s'", name);
		return err && err->code == EPERM
			       ? err_remedy(err, "this takes CAP_SYS_ADMIN here and in the user "
						 "namespace that owns it: run it as root")
			       : -EPERM;
	}
	if (unshare(CLONE_NEWNS) < 0 || mount("", "/", "none", MS_SLAVE | MS_REC, NULL) < 0)
		return err_errno(err, "cannot make a mount namespace");
	show_sys(name, notes);
	show_etc(name, notes);
	return 0;
}

/* --- the same in words --- */

static void explain_etc(const char *name, struct out *o)
{
	char from[NAME_MAX + 32], word[2 * NAME_MAX + 40];
	struct dirent *d;
	DIR *dir;

	snprintf(from, sizeof(from), "/etc/netns/%s", name);
	dir = opendir(from);
	while (dir && (d = readdir(dir))) {
		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		snprintf(word, sizeof(word), "%s/%s", from, d->d_name);
		out_puts(o, "mount --bind ");
		out_shell_word(o, word);
		snprintf(word, sizeof(word), "/etc/%s", d->d_name);
		out_puts(o, " ");
		out_shell_word(o, word);
		out_puts(o, "\n");
	}
	if (dir)
		closedir(dir);
}

void netns_explain_enter(const char *path, const char *name, char *const *argv, struct out *o)
{
	OUT_CLEANUP struct out script = {0};

	out_puts(&script, "[ ! -d /sys/fs/cgroup ] || exec 9</sys/fs/cgroup\n"
			  "mount -t sysfs ");
	out_shell_word(&script, name);
	out_puts(&script, " /sys\n# likewise for whatever else is mounted below /sys\n"
			  "[ ! -d /sys/fs/cgroup ] || mount -c --rbind /proc/self/fd/9 "
			  "/sys/fs/cgroup\n"
			  "exec 9<&-\n");
	explain_etc(name, &script);
	out_puts(&script, "exec ");
	out_shell_words(&script, argv);
	out_puts(o, "nsenter --net=");
	out_shell_word(o, path);
	out_puts(o, " unshare --mount --propagation slave sh -e -c ");
	out_shell_word(o, script.text);
	out_puts(o, "\n");
}
