// SPDX-License-Identifier: Apache-2.0
#include "view.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include "file.h"

enum { CACHE_MAX = 64 << 20, SCRIPT_HEAD = 256 /* BINPRM_BUF_SIZE */ };

void view_init(struct view *v, int root, struct arena *a)
{
	*v = (struct view){.root = root, .arena = a, .files.arena = a, .memo.arena = a};
}

void view_free(struct view *v)
{
	ld_cache_free(&v->cache);
}

/* Open for reading what an O_PATH descriptor stands for. */
static int reopen(int fd)
{
	char path[40];
	int r;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	r = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return r < 0 ? -errno : r;
}

/* "#! /bin/sh -e\n": the kernel's reading of the first line (fs/binfmt_script.c). */
static void read_script(struct view *v, struct view_file *f, const char *head, size_t n)
{
	const char *end = memchr(head, '\n', n);
	const char *at = head + 2, *word;

	if (!end)
		end = head + n;
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	for (word = at; at < end && *at != ' ' && *at != '\t' && *at; at++)
		;
	f->interp = arena_strndup(v->arena, word, (size_t)(at - word));
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	while (end > at && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	if (at < end)
		f->interp_arg = arena_strndup(v->arena, at, (size_t)(end - at));
	f->kind = FILE_SCRIPT;
}

static void read_contents(struct view *v, struct view_file *f, int fd)
{
	char head[SCRIPT_HEAD];
	struct err err = {0};
	ssize_t n = pread(fd, head, sizeof(head), 0);
	int r;

	if (n < 0) {
		f->kind = FILE_UNREADABLE;
		f->error = errno;
		return;
	}
	f->kind = FILE_OTHER;
	if (n >= 2 && head[0] == '#' && head[1] == '!') {
		read_script(v, f, head, (size_t)n);
		return;
	}
	if (n < 4 || memcmp(head, "\177ELF", 4) != 0)
		return;
	r = elf_facts_read(fd, v->arena, &f->elf, &err);
	f->kind = r == 0 ? FILE_ELF : FILE_BAD_ELF;
	if (r < 0)
		f->why = arena_strdup(v->arena, err.text);
}

static void read_file(struct view *v, struct view_file *f)
{
	CLOSE_FD int path = open_in_root(v->root, f->path, O_PATH, 0);
	CLOSE_FD int fd = -1;

	f->kind = FILE_ABSENT;
	if (path < 0 || fstat(path, &f->st) < 0) {
		f->error = path < 0 ? -path : errno;
		return;
	}
	f->kind = FILE_NOT_REGULAR;
	if (!S_ISREG(f->st.st_mode))
		return;
	fd = reopen(path);
	if (fd < 0) {
		f->kind = FILE_UNREADABLE;
		f->error = -fd;
		return;
	}
	read_contents(v, f, fd);
}

const struct view_file *view_file(struct view *v, const char *path)
{
	struct view_file *f = strmap_get(&v->files, path);

	if (f)
		return f;
	f = arena_new(v->arena, struct view_file);
	f->path = arena_strdup(v->arena, path);
	read_file(v, f);
	strmap_put(&v->files, f->path, f);
	return f;
}

static const char *fd_path(struct view *v, int fd)
{
	char link[40], buf[ELF_TEXT_MAX];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = read_link_at(AT_FDCWD, link, buf, sizeof(buf));
	return n < 0 ? NULL : arena_strdup(v->arena, buf);
}

const char *view_real_path(struct view *v, const char *path)
{
	CLOSE_FD int fd = open_in_root(v->root, path, O_PATH, 0);
	const char *real;
	size_t len;

	if (!v->prefix)
		v->prefix = fd_path(v, v->root);
	real = fd < 0 ? NULL : fd_path(v, fd);
	if (!v->prefix || !real)
		return path;
	len = strcmp(v->prefix, "/") == 0 ? 0 : strlen(v->prefix);
	return strncmp(real, v->prefix, len) == 0 && real[len] == '/' ? real + len : path;
}

ssize_t view_read(struct view *v, const char *path, size_t max, char **ret)
{
	CLOSE_FD int at = open_in_root(v->root, path, O_PATH, 0);
	CLOSE_FD int fd = -1;
	struct stat st;

	if (at < 0)
		return at;
	if (fstat(at, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	fd = reopen(at);
	return fd < 0 ? fd : read_fd(fd, max, ret);
}

const struct ld_cache *view_ld_cache(struct view *v)
{
	char *buf = NULL;
	ssize_t n;

	if (v->cache_read)
		return &v->cache;
	v->cache_read = true;
	n = view_read(v, "/etc/ld.so.cache", CACHE_MAX, &buf);
	if (n >= 0)
		ld_cache_init(&v->cache, buf, (size_t)n);
	return &v->cache;
}
