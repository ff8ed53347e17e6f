// SPDX-License-Identifier: Apache-2.0
#include "ld-conf.h"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include "file.h"

enum { DEPTH_MAX = 8, CONF_MAX = 1 << 20, NAMES_MAX = 1024 };

struct conf {
	struct view *view;
	const char **dirs;
	size_t count;
};

static void read_conf(struct conf *c, const char *path, int depth);

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The word behind "include": a glob pattern in its last component. */
static void include(struct conf *c, const char *pattern, int depth)
{
	struct arena *a = c->view->arena;
	const char *path = pattern[0] == '/' ? pattern : arena_printf(a, "/etc/%s", pattern);
	const char *slash = strrchr(path, '/');
	const char *dir = slash == path ? "/" : arena_strndup(a, path, (size_t)(slash - path));
	const char **names = arena_array(a, const char *, NAMES_MAX);
	int fd = open_in_root(c->view->root, dir, O_RDONLY | O_DIRECTORY, 0);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	size_t n = 0;

	if (!d) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while (n < NAMES_MAX && (e = readdir(d)))
		if (fnmatch(slash + 1, e->d_name, FNM_PERIOD) == 0)
			names[n++] = arena_printf(a, "%s/%s", dir, e->d_name);
	closedir(d);
	qsort(names, n, sizeof(*names), compare);
	for (size_t i = 0; i < n; i++)
		read_conf(c, names[i], depth + 1);
}

static void read_line(struct conf *c, char *line, int depth)
{
	char *word, *rest = line, *next;

	line[strcspn(line, "#")] = '\0';
	word = strtok_r(rest, " \t", &next);
	if (!word)
		return;
	if (strcmp(word, "include") == 0) {
		while ((word = strtok_r(NULL, " \t", &next)))
			include(c, word, depth);
		return;
	}
	/* "hwcap N name" is of old glibc; "/lib=libc6" names a type that nobody uses. */
	word[strcspn(word, "=:,")] = '\0';
	if (word[0] == '/' && c->count < LD_CONF_DIRS_MAX)
		c->dirs[c->count++] = arena_strdup(c->view->arena, word);
}

static void read_conf(struct conf *c, const char *path, int depth)
{
	FREE_PTR char *text = NULL;
	char *line, *next;

	if (depth > DEPTH_MAX || view_read(c->view, path, CONF_MAX, &text) < 0)
		return;
	for (line = strtok_r(text, "\n", &next); line; line = strtok_r(NULL, "\n", &next))
		read_line(c, line, depth);
}

size_t ld_conf_dirs(struct view *v, const char *ret[LD_CONF_DIRS_MAX])
{
	struct conf c = {.view = v, .dirs = ret};

	read_conf(&c, "/etc/ld.so.conf", 0);
	return c.count;
}
