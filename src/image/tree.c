// SPDX-License-Identifier: Apache-2.0
/*
 * Theory of operation. place() walks a path from the root, component by component. For each,
 * the tree (or the root that it is laid over) is asked first; only what it lacks is taken from
 * the machine. A link is followed inside the tree: its target is placed by a nested walk from
 * the root, which mirrors the machine's own path of the same name. The nesting is bounded as
 * the kernel bounds links (40), so looping links end with ELOOP.
 *
 * Invariants:
 *  1. A node's folder is in `nodes` before the node, and comes before it in the order of making.
 *  2. No node's path goes through a link: paths in `nodes` are canonical inside the tree.
 */
#include "tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "file.h"

enum { LINKS_MAX = 40, DEPTH_MAX = 200, PATH_LONGEST = 4095 };

void tree_init(struct tree *t, struct arena *a, int target, const char *target_name)
{
	struct node *root = arena_new(a, struct node);

	*t = (struct tree){.arena = a, .target = target, .target_name = target_name};
	t->nodes.arena = a;
	*root = (struct node){.path = "/", .kind = NODE_DIR, .exists = true};
	strmap_put(&t->nodes, root->path, root);
}

static struct node *append(struct tree *t, const struct node *what)
{
	struct node *n = arena_new(t->arena, struct node);

	*n = *what;
	strmap_put(&t->nodes, n->path, n);
	if (n->exists)
		return n;
	if (t->last)
		t->last->next = n;
	else
		t->first = n;
	t->last = n;
	return n;
}

static enum node_kind kind_of(mode_t mode)
{
	return S_ISDIR(mode)   ? NODE_DIR
	       : S_ISLNK(mode) ? NODE_LINK
	       : S_ISREG(mode) ? NODE_FILE
			       : NODE_OTHER;
}

static const char *read_link(struct tree *t, int dirfd, const char *path)
{
	char buf[PATH_LONGEST + 1];
	ssize_t n = read_link_at(dirfd, path, buf, sizeof(buf));

	return n < 0 ? NULL : arena_strdup(t->arena, buf);
}

/* What the target root has at a canonical path. */
static struct node *from_target(struct tree *t, const char *path)
{
	CLOSE_FD int fd = -1;
	struct node n = {.path = path, .exists = true};

	if (t->target < 0)
		return NULL;
	fd = open_how(t->target, path + 1, O_PATH | O_NOFOLLOW, 0,
		      RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	/* RESOLVE_NO_SYMLINKS refuses a link at the end too, unless O_NOFOLLOW is there. */
	if (fd < 0 || fstat(fd, &n.st) < 0)
		return NULL;
	n.kind = kind_of(n.st.st_mode);
	if (n.kind == NODE_LINK) {
		n.target = read_link(t, fd, "");
		if (!n.target)
			return NULL;
	}
	return append(t, &n);
}

/* "DIR/NAME", as often as a path has components: printf's formatting would cost more than it. */
static char *join(struct arena *a, const char *dir, const char *name)
{
	size_t d = strcmp(dir, "/") == 0 ? 0 : strlen(dir), n = strlen(name) + 1;
	char *path = arena_alloc(a, d + 1 + n);

	memcpy(path, dir, d);
	path[d] = '/';
	memcpy(path + d + 1, name, n);
	return path;
}

static struct node *child_of(struct tree *t, const struct node *dir, const char *name,
			     const char **ret_path)
{
	const char *path = join(t->arena, dir->path, name);
	struct node *n = strmap_get(&t->nodes, path);

	*ret_path = path;
	return n ? n : from_target(t, path);
}

struct walk {
	struct tree *t;
	const char *why;
	int links; /* followed so far */
	struct err *err;
};

enum mirror {
	MIRROR_FILE, /* the last component is taken from the machine, which must have it */
	MIRROR_DIRS, /* a folder is wanted: as on the machine where it has one, else a plain one */
};

static int walk_to(struct walk *w, const char *path, enum mirror mirror, struct node **ret);

static int too_long(const struct walk *w, const char *path)
{
	return err_set(w->err, ENAMETOOLONG, "cannot place '%.200s…'", path);
}

/* Where a link in folder `dir` leads, as a path of the tree. */
static const char *link_path(struct tree *t, const struct node *dir, const char *target)
{
	if (target[0] == '/')
		return target;
	return join(t->arena, dir->path, target);
}

static int follow(struct walk *w, const struct node *dir, const struct node *link,
		  enum mirror mirror, struct node **ret)
{
	const char *path = link_path(w->t, dir, link->target);

	if (++w->links > LINKS_MAX)
		return err_set(w->err, ELOOP, "cannot follow the link '%s'", link->path);
	if (strlen(path) > PATH_LONGEST)
		return too_long(w, path);
	return walk_to(w, path, mirror, ret);
}

/* Same contents? Only asked when sizes are equal and times are not. */
static bool same_contents(int a, int b)
{
	char x[16384], y[16384];

	for (;;) {
		ssize_t n = read(a, x, sizeof(x)), m;

		if (n < 0)
			return false;
		for (ssize_t got = 0; got < n; got += m) {
			m = read(b, y, (size_t)(n - got));
			if (m <= 0 || memcmp(x + got, y, (size_t)m) != 0)
				return false;
		}
		if (n == 0)
			return read(b, y, 1) == 0;
	}
}

static bool same_file(const struct tree *t, const struct node *there, const char *source,
		      const struct stat *st)
{
	CLOSE_FD int a = -1;
	CLOSE_FD int b = -1;

	if (there->st.st_size != st->st_size)
		return false;
	if (there->st.st_mtim.tv_sec == st->st_mtim.tv_sec &&
	    there->st.st_mtim.tv_nsec == st->st_mtim.tv_nsec)
		return true;
	a = open_how(t->target, there->path + 1, O_RDONLY | O_NOFOLLOW, 0,
		     RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	b = open(source, O_RDONLY | O_CLOEXEC);
	return a >= 0 && b >= 0 && same_contents(a, b);
}

/* The tree has something at the place of the machine's file `source`. */
static int meet_file(struct walk *w, struct node *n, const char *source)
{
	struct tree *t = w->t;
	struct stat st;

	if (!n->exists)
		return 0;
	if (stat(source, &st) < 0)
		return err_errno(w->err, "cannot find '%s'", source);
	if (n->kind != NODE_FILE || !S_ISREG(st.st_mode))
		return err_set(w->err, 0, "'%s' in '%s' is in the way", n->path, t->target_name);
	if (same_file(t, n, source, &st))
		return 0;
	if (!t->replace) {
		err_set(w->err, 0, "'%s' in '%s' differs from this machine's '%s'", n->path,
			t->target_name, source);
		return err_remedy(w->err, "to replace it, and what else differs, add --replace");
	}
	n->exists = false;
	n->replaces = true;
	n->source = source;
	n->why = w->why;
	n->st = st;
	append(t, n);
	return 0;
}

/* Add what the machine has at `source` to the tree at `path`. */
static int take(struct walk *w, const char *path, const char *source, bool last, struct node **ret)
{
	struct node n = {.path = path, .why = w->why};

	if (lstat(source, &n.st) < 0)
		return err_errno(w->err, "cannot find '%s'", source);
	n.kind = kind_of(n.st.st_mode);
	if (n.kind == NODE_LINK) {
		n.target = read_link(w->t, AT_FDCWD, source);
		if (!n.target)
			return err_errno(w->err, "cannot read the link '%s'", source);
		n.why = "a link of this machine's layout";
	} else if (n.kind == NODE_OTHER) {
		return err_set(w->err, 0, "'%s' is no regular file, link or directory", source);
	} else if (n.kind == NODE_FILE && !last) {
		return err_set(w->err, ENOTDIR, "cannot place '%s'", source);
	} else if (n.kind == NODE_DIR && !last) {
		n.why = "a directory of this machine's layout";
	}
	n.source = arena_strdup(w->t->arena, source);
	*ret = append(w->t, &n);
	return 0;
}

/* A folder that the machine lacks: only on the way of a link that differs there. */
static struct node *plain_dir(struct tree *t, const char *path, mode_t mode, const char *why)
{
	struct node n = {.path = path, .kind = NODE_DIR, .why = why};

	n.st.st_mode = S_IFDIR | mode;
	n.st.st_uid = geteuid();
	n.st.st_gid = getegid();
	return append(t, &n);
}

/* The parent of a canonical path: "..", inside the tree. */
static struct node *parent_of(struct tree *t, const struct node *n)
{
	const char *slash = strrchr(n->path, '/');

	if (slash == n->path)
		return strmap_get(&t->nodes, "/");
	return strmap_get(&t->nodes, arena_strndup(t->arena, n->path, (size_t)(slash - n->path)));
}

/* A folder of the machine, or a link that leads to one. */
static bool is_way(const char *source)
{
	struct stat st;

	return stat(source, &st) == 0 && S_ISDIR(st.st_mode);
}

/* One component. `source` is the same place on the machine. */
static int step(struct walk *w, struct node *dir, const char *name, const char *source, bool last,
		enum mirror mirror, struct node **ret)
{
	const char *path;
	struct node *n = child_of(w->t, dir, name, &path);
	int r = 0;

	if (!n && ((mirror == MIRROR_FILE && last) || is_way(source)))
		r = take(w, path, source, last, &n);
	else if (!n)
		n = plain_dir(w->t, path, 0755, w->why);
	else if (n->kind == NODE_FILE && last && mirror == MIRROR_FILE)
		r = meet_file(w, n, source);
	if (r < 0)
		return r;
	if (n->kind == NODE_LINK)
		return follow(w, dir, n, mirror, ret);
	if (n->kind != NODE_DIR && !last)
		return err_set(w->err, ENOTDIR, "cannot place anything below '%s' in '%s'", n->path,
			       w->t->target_name);
	*ret = n;
	return 0;
}

static int walk_to(struct walk *w, const char *path, enum mirror mirror, struct node **ret)
{
	struct node *at = strmap_get(&w->t->nodes, "/");
	const char *p = path;

	while (*p) {
		size_t len;
		const char *name;
		bool last;
		int r;

		p += strspn(p, "/");
		len = strcspn(p, "/");
		if (len == 0)
			break;
		name = arena_strndup(w->t->arena, p, len);
		p += len;
		last = p[strspn(p, "/")] == '\0';
		if (strcmp(name, ".") == 0)
			continue;
		if (strcmp(name, "..") == 0) {
			at = parent_of(w->t, at);
			continue;
		}
		r = step(w, at, name, arena_strndup(w->t->arena, path, (size_t)(p - path)), last,
			 mirror, &at);
		if (r < 0)
			return r;
	}
	*ret = at;
	return 0;
}

int tree_place(struct tree *t, const char *path, const char *why, struct err *err)
{
	struct walk w = {.t = t, .why = why, .err = err};
	struct node *n;

	if (strlen(path) > PATH_LONGEST)
		return too_long(&w, path);
	return walk_to(&w, path, MIRROR_FILE, &n);
}

struct level {
	const char *path, *why;
	dev_t dev;
	int depth;
};

static int place_below(struct tree *t, const struct level *at, struct err *err);

static int place_entry(struct tree *t, const struct level *at, const char *name, struct err *err)
{
	const char *path = join(t->arena, at->path, name);
	struct level below = {path, at->why, at->dev, at->depth + 1};
	struct stat st, target;
	int r;

	if (lstat(path, &st) < 0)
		return err_errno(err, "cannot find '%s'", path);
	/* Links that lead nowhere, sockets, devices and mounts are no data. */
	if (S_ISLNK(st.st_mode) ? stat(path, &target) < 0
				: !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return 0;
	if (st.st_dev != at->dev)
		return 0;
	r = tree_place(t, path, at->why, err);
	return r < 0 || !S_ISDIR(st.st_mode) ? r : place_below(t, &below, err);
}

static int place_below(struct tree *t, const struct level *at, struct err *err)
{
	struct dirent **list;
	int n, r = 0;

	if (at->depth > DEPTH_MAX)
		return err_set(err, ELOOP, "'%s' is too deep", at->path);
	n = scandir(at->path, &list, NULL, alphasort);
	if (n < 0)
		return err_errno(err, "cannot read the directory '%s'", at->path);
	for (int i = 0; i < n; i++) {
		const char *name = list[i]->d_name;

		if (r == 0 && strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
			r = place_entry(t, at, name, err);
		free(list[i]);
	}
	free(list);
	return r;
}

int tree_place_all(struct tree *t, const char *path, const char *why, struct err *err)
{
	struct level top = {.path = path, .why = why};
	struct stat st;
	int r = tree_place(t, path, why, err);

	if (r < 0)
		return r;
	if (stat(path, &st) < 0)
		return err_errno(err, "cannot find '%s'", path);
	top.dev = st.st_dev;
	return S_ISDIR(st.st_mode) ? place_below(t, &top, err) : 0;
}

/* The folder for `path`, then the node to be made there, unless there is one. */
static int make_at(struct tree *t, const char *path, struct node *what, struct err *err)
{
	struct walk w = {.t = t, .why = what->why, .err = err};
	const char *slash = strrchr(path, '/');
	struct node *dir;
	int r = walk_to(&w, arena_strndup(t->arena, path, (size_t)(slash - path)), MIRROR_DIRS,
			&dir);

	if (r < 0 || child_of(t, dir, slash + 1, &what->path))
		return r;
	what->st.st_uid = geteuid();
	what->st.st_gid = getegid();
	append(t, what);
	return 0;
}

int tree_dir(struct tree *t, const char *path, mode_t mode, const char *why, struct err *err)
{
	struct node n = {.kind = NODE_DIR, .why = why, .st.st_mode = S_IFDIR | mode};

	return make_at(t, path, &n, err);
}

int tree_link(struct tree *t, const char *path, const char *target, const char *why,
	      struct err *err)
{
	struct node n = {.kind = NODE_LINK,
			 .why = why,
			 .target = target,
			 .st.st_mode = S_IFLNK | 0777};

	return make_at(t, path, &n, err);
}

int tree_text(struct tree *t, const char *path, mode_t mode, const char *text, const char *why,
	      struct err *err)
{
	struct node n = {.kind = NODE_TEXT, .why = why, .text = text, .st.st_mode = S_IFREG | mode};

	return make_at(t, path, &n, err);
}

int tree_device(struct tree *t, const char *path, mode_t mode, dev_t dev, const char *why,
		struct err *err)
{
	struct node n = {.kind = NODE_DEVICE, .why = why, .st.st_mode = S_IFCHR | mode};

	n.st.st_rdev = dev;
	return make_at(t, path, &n, err);
}

const struct node *tree_find(struct tree *t, const char *path)
{
	const struct node *at = strmap_get(&t->nodes, "/");
	const char *rest = path;

	for (int links = 0; links <= LINKS_MAX;) {
		size_t len;
		const char *child;

		rest += strspn(rest, "/");
		len = strcspn(rest, "/");
		if (len == 0)
			return at;
		if (strncmp(rest, "..", len) == 0) {
			if (len == 2)
				at = parent_of(t, at);
			rest += len;
			continue;
		}
		const struct node *n = child_of(t, at, arena_strndup(t->arena, rest, len), &child);

		rest += len;
		if (n && n->kind == NODE_LINK) {
			rest = arena_printf(t->arena, "%s%s", link_path(t, at, n->target), rest);
			at = strmap_get(&t->nodes, "/");
			links++;
			continue;
		}
		if (!n)
			return NULL;
		at = n;
	}
	return NULL;
}
