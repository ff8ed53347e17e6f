// SPDX-License-Identifier: Apache-2.0
/*
 * Theory of operation. What to place is planned in a tree first (programs.c, tree.c), then made
 * (build.c). A new root is made beside its place and renamed into it (staging.c); when the place
 * is a mount point, which cannot be renamed over, it is made inside and its entries are moved up.
 * A root that exists is completed in place: each file appears at once, and libraries before the
 * programs that need them, so whatever an interruption leaves is usable.
 */
#include "rootfs-make.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include "file.h"
#include "remove.h"
#include "staging.h"

/* Where a root is, or is going to be. */
struct spot {
	int parent; /* its folder */
	char name[256];
	int dir;      /* itself; -1: absent */
	bool mounted; /* a mount point: no rename over it */
	bool empty;
	struct stat st; /* unless absent */
};

static void spot_close(struct spot *s)
{
	if (s->dir >= 0)
		close(s->dir);
	if (s->parent >= 0)
		close(s->parent);
}
#define SPOT_CLEANUP __attribute__((cleanup(spot_close)))

static bool is_empty(int dir)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *e;
	bool empty = true;
	char staged[STAGING_NAME_MAX];

	if (!d) {
		if (copy >= 0)
			close(copy);
		return false;
	}
	staging_name("root", staged);
	/* A fresh ext4 has a lost+found, an interrupted create its staged folder. */
	while (empty && (e = readdir(d)))
		empty = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
			strcmp(e->d_name, "lost+found") == 0 || strcmp(e->d_name, staged) == 0;
	closedir(d);
	return empty;
}

static int open_parent(const char *dir, struct spot *s, struct err *err)
{
	FREE_PTR char *copy = strdup(dir);
	size_t len = copy ? strlen(copy) : 0;
	char *slash;

	while (len > 1 && copy[len - 1] == '/')
		copy[--len] = '\0';
	if (len == 0)
		return err_set(err, 0, "the directory's name is empty");
	slash = strrchr(copy, '/');
	if (strlen(slash ? slash + 1 : copy) >= sizeof(s->name))
		return err_set(err, ENAMETOOLONG, "cannot use '%.100s…'", dir);
	snprintf(s->name, sizeof(s->name), "%s", slash ? slash + 1 : copy);
	if (slash)
		slash[slash == copy] = '\0';
	s->parent = open(slash ? copy : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->parent < 0) {
		err_errno(err, "cannot open '%s', where '%s' is to be", slash ? copy : ".",
			  s->name);
		return err->code == ENOENT ? err_remedy(err, "mkdir -p '%s'", copy) : -err->code;
	}
	return 0;
}

static int spot_open(const char *dir, struct spot *s, struct err *err)
{
	CLOSE_FD int own = -1;
	struct stat st;
	int r;

	*s = (struct spot){.parent = -1, .dir = -1};
	r = open_parent(dir, s, err);
	if (r < 0)
		return r;
	if (strcmp(s->name, ".") == 0 || strcmp(s->name, "..") == 0 || !s->name[0])
		return err_set(err, 0, "'%s' is no name for a root: give the directory's own name",
			       dir);
	s->dir = openat(s->parent, s->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir < 0 && errno == ENOENT)
		return 0;
	if (s->dir < 0 || fstat(s->dir, &s->st) < 0)
		return err_errno(err, "cannot open '%s'", dir);
	own = open_how(s->parent, s->name, O_PATH | O_NOFOLLOW, 0,
		       RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS);
	/* A link to a folder is used like a mount point: as it stands. */
	s->mounted = own < 0 || fstat(own, &st) < 0 || st.st_ino != s->st.st_ino;
	s->empty = is_empty(s->dir);
	return 0;
}

struct work {
	const struct rootfs_call *call;
	struct arena arena;
	struct view host;
	struct tree tree;
	int host_root;
};

static void work_end(struct work *w)
{
	view_free(&w->host);
	if (w->host_root >= 0)
		close(w->host_root);
	arena_free(&w->arena);
}
#define WORK_CLEANUP __attribute__((cleanup(work_end)))

static int work_begin(const struct rootfs_call *c, int target, struct work *w, struct err *err)
{
	int r = arena_init(&w->arena);

	w->call = c;
	w->host_root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (r < 0 || w->host_root < 0)
		return err_set(err, r < 0 ? -r : errno, "cannot open '/'");
	view_init(&w->host, w->host_root, &w->arena);
	tree_init(&w->tree, &w->arena, target, c->dir);
	w->tree.replace = c->request->replace;
	return 0;
}

static int plan_programs(struct work *w, bool skeleton, struct err *err)
{
	const struct rootfs_request *q = w->call->request;
	struct planning p = {&w->host, &w->tree, w->call->path, w->call->term};
	int r = 0;

	for (size_t i = 0; r == 0 && i < q->bins_count; i++) {
		const char *path;

		r = program_find(&p, q->bins[i], &path, err);
		if (r == 0)
			r = program_place(&p, path,
					  arena_printf(&w->arena, "%s, asked for with --bin",
						       q->bins[i]),
					  err);
	}
	if (r == 0)
		r = data_place(&p, q->with, err);
	return r < 0 || !skeleton ? r : skeleton_place(&p, geteuid() == 0, err);
}

static struct build build_of(const struct work *w, int root, const char *shown, bool live)
{
	return (struct build){
		.root = root,
		.shown = shown,
		.live = live,
		.copying = {.link = w->call->request->link,
			    .keep_owner = geteuid() == 0,
			    .stop = w->call->stop},
		.traced = w->call->traced,
	};
}

static void tell(const struct work *w)
{
	for (const struct node *n = w->tree.first; w->call->verbose && n; n = n->next)
		out_printf(w->call->verbose, "%s: %s\n", n->path, n->why);
}

/* The path of the staged folder, for messages and commands. */
static const char *staged_path(struct work *w, const struct spot *s, const char *name)
{
	const char *dir = w->call->dir;
	size_t len = strlen(dir);

	while (len > 1 && dir[len - 1] == '/')
		len--;
	if (s->mounted)
		return arena_printf(&w->arena, "%.*s/%s", (int)len, dir, name);
	while (len > 0 && dir[len - 1] != '/')
		len--;
	return arena_printf(&w->arena, "%.*s%s", (int)len, dir, name);
}

static void explain_create(struct work *w, const struct spot *s)
{
	struct out *o = w->call->explain;
	char name[STAGING_NAME_MAX];
	struct build b;

	staging_name(s->mounted ? "root" : s->name, name);
	b = build_of(w, -1, staged_path(w, s, name), false);
	out_puts(o, "# the new root is made beside its place: a half-made one never stands "
		    "there\nmkdir -m 0700 ");
	out_shell_word(o, b.shown);
	out_puts(o, "\n");
	build_explain(&w->tree, &b, o);
	out_printf(o, "# it is complete: open it to its users\nchmod %04o ",
		   s->dir >= 0 ? s->st.st_mode & 07777 : 0755);
	out_shell_word(o, b.shown);
	out_puts(o, "\n# into its place, in one step\n");
	if (s->mounted) {
		out_puts(o, "mv ");
		out_shell_word(o, b.shown);
		out_puts(o, "/* ");
		out_shell_word(o, w->call->dir);
		out_puts(o, "/ && rmdir ");
		out_shell_word(o, b.shown);
	} else {
		out_puts(o, "mv -T ");
		out_shell_word(o, b.shown);
		out_puts(o, " ");
		out_shell_word(o, w->call->dir);
	}
	out_puts(o, "\n");
}

/* The root folder itself: as the empty one that it replaces, else readable by all. */
static int finish_root(const struct spot *s, int fd, struct err *err)
{
	if (s->dir >= 0 && geteuid() == 0 && fchown(fd, s->st.st_uid, s->st.st_gid) < 0)
		return err_errno(err, "cannot give '%s' to its owner", s->name);
	if (fchmod(fd, s->dir >= 0 ? s->st.st_mode & 07777 : 0755) < 0)
		return err_errno(err, "cannot set the mode of '%s'", s->name);
	return 0;
}

static int move_entries(int from, int to, struct err *err)
{
	int copy = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *e;
	int r = 0;

	if (!d) {
		if (copy >= 0)
			close(copy);
		return err_errno(err, "cannot read the new root");
	}
	while (r == 0 && (e = readdir(d))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (renameat(from, e->d_name, to, e->d_name) < 0)
			r = err_errno(err, "cannot put '%s' into its place", e->d_name);
	}
	closedir(d);
	return r;
}

static int make_new_root(struct work *w, struct spot *s, struct err *err)
{
	struct staging st = {.fd = -1};
	struct build b;
	int r = staging_open(s->mounted ? s->dir : s->parent, s->mounted ? "root" : s->name, &st,
			     err);

	if (r < 0)
		return r;
	/* A set-group-id folder around it would give its own group to all that is made here. */
	if (fchmod(st.fd, 0700) < 0)
		r = err_errno(err, "cannot set the mode of '%s'", st.name);
	b = build_of(w, st.fd, staged_path(w, s, st.name), false);
	if (r == 0)
		r = build_tree(&w->tree, &b, err);
	if (r == 0 && s->mounted)
		r = move_entries(st.fd, s->dir, err);
	else if (r == 0 && (r = finish_root(s, st.fd, err)) == 0)
		r = staging_commit(&st, s->name, err);
	staging_discard(&st);
	return r;
}

int rootfs_create(const struct rootfs_call *c, struct err *err)
{
	SPOT_CLEANUP struct spot s;
	WORK_CLEANUP struct work w = {.host_root = -1};
	int r = spot_open(c->dir, &s, err);

	if (r < 0)
		return r;
	if (s.dir >= 0 && !s.empty) {
		err_set(err, ENOTEMPTY, "cannot make a root at '%s'", c->dir);
		return err_remedy(err,
				  "to put programs into it: kokon rootfs add '%s' --bin NAME,…",
				  c->dir);
	}
	r = work_begin(c, -1, &w, err);
	if (r == 0)
		r = plan_programs(&w, true, err);
	if (r < 0)
		return r;
	if (c->explain) {
		explain_create(&w, &s);
		return 0;
	}
	r = make_new_root(&w, &s, err);
	if (r == 0)
		tell(&w);
	return r;
}

int rootfs_add(const struct rootfs_call *c, struct err *err)
{
	CLOSE_FD int dir = open(c->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	WORK_CLEANUP struct work w = {.host_root = -1};
	struct build b;
	int r;

	if (dir < 0) {
		err_errno(err, "cannot open '%s'", c->dir);
		return err->code == ENOENT
			       ? err_remedy(err,
					    "to make it: kokon rootfs create '%s' --bin NAME,…",
					    c->dir)
			       : -err->code;
	}
	/* One at a time: two would take each other's unfinished files for leftovers. */
	if (!c->explain && flock(dir, LOCK_EX) < 0)
		return err_errno(err, "cannot lock '%s'", c->dir);
	r = work_begin(c, dir, &w, err);
	if (r == 0)
		r = plan_programs(&w, false, err);
	if (r < 0)
		return r;
	b = build_of(&w, dir, strcmp(c->dir, "/") == 0 ? "" : c->dir, true);
	if (c->explain) {
		build_explain(&w.tree, &b, c->explain);
		return 0;
	}
	r = build_tree(&w.tree, &b, err);
	if (r == 0)
		tell(&w);
	return r;
}

static const char *const root_signs[] = {"usr", "bin", "lib", "etc", "sbin", "proc", "dev"};

/* A folder of somebody's letters is no root: kokon removes what looks like one only. */
static bool looks_like_root(const struct spot *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(root_signs); i++)
		if (faccessat(s->dir, root_signs[i], F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			return true;
	return s->empty;
}

static int refuse_remove(const struct rootfs_call *c, const struct spot *s, struct err *err)
{
	FREE_PTR char *real = realpath(c->dir, NULL);
	FREE_PTR char *cwd = getcwd(NULL, 0);
	char below[512];
	struct stat st;
	size_t len = real ? strlen(real) : 0;
	int r;

	if (s->dir < 0 || !real)
		return err_set(err, ENOENT, "cannot remove '%s'", c->dir);
	if (fstatat(s->parent, s->name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode))
		return err_set(err, 0, "'%s' is a link: name the directory itself, '%s'", c->dir,
			       real);
	if (strcmp(real, "/") == 0)
		return err_set(err, 0, "'/' is this machine's own root");
	if (cwd && strncmp(cwd, real, len) == 0 && (cwd[len] == '/' || !cwd[len])) {
		err_set(err, EBUSY, "cannot remove '%s': it holds the current directory", c->dir);
		return err_remedy(err, "cd /");
	}
	r = mount_at_or_below(real, below, sizeof(below));
	if (r < 0)
		return err_set(err, -r, "cannot read '/proc/self/mountinfo'");
	if (r > 0) {
		err_set(err, EBUSY, "cannot remove '%s': '%s' is mounted", c->dir, below);
		return err_remedy(err, "umount '%s'", below);
	}
	if (looks_like_root(s))
		return 0;
	err_set(err, 0, "'%s' does not look like a root: it has none of usr, bin, lib, etc",
		c->dir);
	return err_remedy(err, "this removes only what 'kokon rootfs create' makes");
}

int rootfs_remove(const struct rootfs_call *c, struct err *err)
{
	SPOT_CLEANUP struct spot s;
	char old[STAGING_NAME_MAX];
	int r = spot_open(c->dir, &s, err);

	if (r == 0)
		r = refuse_remove(c, &s, err);
	if (r < 0)
		return r;
	staging_name(s.name, old);
	if (c->explain) {
		out_puts(c->explain, "# no link is followed, and no other file system is "
				     "entered\nrm -rf --one-file-system -- ");
		out_shell_word(c->explain, c->dir);
		out_puts(c->explain, "\n");
		return 0;
	}
	/* Away from its place first: an interruption leaves no half a root, and the next command
	 * in this folder removes the rest. */
	staging_clean(s.parent);
	if (renameat(s.parent, s.name, s.parent, old) < 0)
		return err_errno(err, "cannot remove '%s'", c->dir);
	return remove_tree(s.parent, old, err);
}
