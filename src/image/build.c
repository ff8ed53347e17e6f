// SPDX-License-Identifier: Apache-2.0
#include "build.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <time.h>
#include "file.h"

/* The folder that the last node was made in: neighbours mostly share it. */
struct place {
	int fd;
	char path[4096];
};

static const char *last_name(const char *path)
{
	return strrchr(path, '/') + 1;
}

/* No link is followed: a tree's paths have none, so one that is there was put in between. */
static int open_parent(const struct build *b, const char *path, struct place *at, struct err *err)
{
	size_t len = (size_t)(last_name(path) - path);

	if (at->fd >= 0 && strncmp(at->path, path, len) == 0 && at->path[len] == '\0')
		return 0;
	if (at->fd >= 0)
		close(at->fd);
	at->path[0] = '\0';
	if (len < sizeof(at->path)) {
		memcpy(at->path, path, len);
		at->path[len] = '\0';
	}
	at->fd = open_how(b->root, len > 1 ? at->path + 1 : ".", O_RDONLY | O_DIRECTORY, 0,
			  RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	return at->fd < 0 ? err_set(err, -at->fd, "cannot open the directory of '%s%s'", b->shown,
				    path)
			  : 0;
}

static int make_text(const struct node *n, int dir, const char *name)
{
	CLOSE_FD int fd =
		openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return -errno;
	r = write_all(fd, n->text, strlen(n->text));
	return r == 0 && fchmod(fd, n->st.st_mode & 07777) < 0 ? -errno : r;
}

static int make_link(const struct build *b, const struct node *n, int dir, const char *name)
{
	const struct timespec times[2] = {n->st.st_mtim, n->st.st_mtim};
	struct stat own;

	if (symlinkat(n->target, dir, name) < 0)
		return -errno;
	/* As far as it goes: a link's owner and time matter to nobody. */
	if (b->copying.keep_owner && fstatat(dir, name, &own, AT_SYMLINK_NOFOLLOW) == 0 &&
	    !same_owner(&own, &n->st) &&
	    fchownat(dir, name, n->st.st_uid, n->st.st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (n->st.st_mtim.tv_sec && utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	return 0;
}

static int make_device(const struct node *n, int dir, const char *name)
{
	if (mknodat(dir, name, n->st.st_mode, n->st.st_rdev) < 0)
		return -errno;
	return fchmodat(dir, name, n->st.st_mode & 07777, 0) < 0 ? -errno : 0;
}

static int make_node(struct build *b, const struct node *n, int dir, const char *shown,
		     struct err *err)
{
	const char *name = last_name(n->path);
	int r;

	switch (n->kind) {
	case NODE_FILE:
		return copy_file(&b->copying, n->source, &n->st, dir, name, shown,
				 n->replaces ? COPY_OVER
				 : b->live   ? COPY_WHOLE
					     : COPY_PLAIN,
				 err);
	case NODE_DIR: r = mkdirat(dir, name, 0700) < 0 ? -errno : 0; break;
	case NODE_LINK: r = make_link(b, n, dir, name); break;
	case NODE_TEXT: r = make_text(n, dir, name); break;
	case NODE_DEVICE: r = make_device(n, dir, name); break;
	default: return 0;
	}
	return r < 0 ? write_failed(err, -r, shown) : 0;
}

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* What snprintf() would do, at a tenth of its time. */
static void put_shown(const struct build *b, const struct node *n, char *buf, size_t size)
{
	size_t before = strnlen(b->shown, size - 1), rest;

	memcpy(buf, b->shown, before);
	rest = strnlen(n->path, size - 1 - before);
	memcpy(buf + before, n->path, rest);
	buf[before + rest] = '\0';
}

/* A folder gets its mode last: it may forbid writing even to its owner. */
static int finish_dir(const struct build *b, const struct node *n, struct err *err)
{
	const struct timespec times[2] = {n->st.st_atim, n->st.st_mtim};
	CLOSE_FD int fd = open_how(b->root, n->path + 1, O_RDONLY | O_DIRECTORY, 0,
				   RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	mode_t mode = n->st.st_mode & 07777;
	struct stat own;

	if (fd < 0 || fstat(fd, &own) < 0)
		return err_set(err, fd < 0 ? -fd : errno, "cannot open '%s%s'", b->shown, n->path);
	if (b->copying.keep_owner && !same_owner(&own, &n->st) &&
	    fchown(fd, n->st.st_uid, n->st.st_gid) < 0)
		mode &= ~(mode_t)S_ISGID;
	if (fchmod(fd, mode) < 0 || (n->source && futimens(fd, times) < 0))
		return write_failed(err, errno, n->path);
	return 0;
}

static int finish_dirs(const struct build *b, const struct node *n, struct err *err)
{
	for (; n; n = n->next) {
		int r = n->kind == NODE_DIR ? finish_dir(b, n, err) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

static int make_nodes(const struct tree *t, struct build *b, struct place *at, struct err *err)
{
	for (const struct node *n = t->first; n; n = n->next) {
		int64_t start = b->traced ? now_ns() : 0;
		char shown[1024];
		int r = open_parent(b, n->path, at, err);

		if (b->copying.stop && *b->copying.stop)
			return err_set(err, EINTR, "stopped at '%s%s'", b->shown, n->path);
		put_shown(b, n, shown, sizeof(shown));
		if (r == 0)
			r = make_node(b, n, at->fd, shown, err);
		if (r < 0)
			return r;
		if (b->traced)
			b->traced(b->data, b, n, now_ns() - start);
	}
	return 0;
}

int build_tree(const struct tree *t, struct build *b, struct err *err)
{
	struct place at = {.fd = -1};
	int r = make_nodes(t, b, &at, err);

	if (at.fd >= 0)
		close(at.fd);
	return r < 0 ? r : finish_dirs(b, t->first, err);
}

static void put_place(const struct build *b, const struct node *n, struct out *o)
{
	OUT_CLEANUP struct out path = {0};

	out_printf(&path, "%s%s", b->shown, n->path);
	out_puts(o, " ");
	out_shell_word(o, path.text);
}

static void put_copy(const struct build *b, const struct node *n, struct out *o)
{
	static const char *const commands[] = {
		[LINK_AUTO] = "cp -a --reflink=auto ",
		[LINK_REFLINK] = "cp -a --reflink=always ",
		[LINK_HARDLINK] = "ln ",
		[LINK_COPY] = "cp -a --reflink=never ",
	};

	out_puts(o, commands[b->copying.link]);
	if (n->replaces)
		out_puts(o, b->copying.link == LINK_HARDLINK ? "-f " : "--remove-destination ");
	out_shell_word(o, n->source);
	put_place(b, n, o);
}

static void put_text(const struct build *b, const struct node *n, struct out *o)
{
	out_puts(o, "cat >");
	put_place(b, n, o);
	out_printf(o, " <<'END' && chmod %04o", n->st.st_mode & 07777);
	put_place(b, n, o);
	out_printf(o, "\n%sEND", n->text);
}

void build_explain_node(const struct build *b, const struct node *n, struct out *o)
{
	switch (n->kind) {
	case NODE_FILE: put_copy(b, n, o); break;
	case NODE_DIR:
		out_printf(o, "mkdir -m %04o", n->st.st_mode & 07777);
		put_place(b, n, o);
		if (b->copying.keep_owner && (n->st.st_uid != 0 || n->st.st_gid != 0)) {
			out_printf(o, " && chown %u:%u", n->st.st_uid, n->st.st_gid);
			put_place(b, n, o);
		}
		break;
	case NODE_LINK:
		out_puts(o, "ln -s ");
		out_shell_word(o, n->target);
		put_place(b, n, o);
		break;
	case NODE_TEXT: put_text(b, n, o); break;
	case NODE_DEVICE:
		out_printf(o, "mknod -m %04o", n->st.st_mode & 07777);
		put_place(b, n, o);
		out_printf(o, " c %u %u", major(n->st.st_rdev), minor(n->st.st_rdev));
		break;
	default: break;
	}
	out_puts(o, "\n");
}

void build_explain(const struct tree *t, const struct build *b, struct out *o)
{
	for (const struct node *n = t->first; n; n = n->next) {
		out_printf(o, "# %s\n", n->why);
		build_explain_node(b, n, o);
	}
}
