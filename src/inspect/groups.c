// SPDX-License-Identifier: Apache-2.0
#include "groups.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "file.h"
#include "procfs.h"

struct names {
	char **v;
	size_t n, size;
};

static void add_name(struct names *names, char *name)
{
	if (names->n == names->size) {
		size_t size = names->size * 2 + 64;
		char **more = realloc(names->v, size * sizeof(*more));

		if (!more)
			out_of_memory();
		names->v = more;
		names->size = size;
	}
	names->v[names->n++] = name;
}

/* Names below `dir`, which is called `path`. A group may vanish while we look. */
static void collect(struct arena *a, int dir, const char *path, int depth, struct names *names)
{
	DIR *d = fdopendir(dir);
	struct dirent *e;

	if (!d) {
		close(dir);
		return;
	}
	while (depth < 64 && (e = readdir(d))) {
		char *name;
		int fd;

		if (e->d_type != DT_DIR || e->d_name[0] == '.')
			continue;
		name = arena_printf(a, "%s%s%s", path, *path ? "/" : "", e->d_name);
		add_name(names, name);
		fd = openat(dirfd(d), e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0)
			collect(a, fd, name, depth + 1, names);
	}
	closedir(d);
}

/* '/' sorts before everything, so that children follow their parent at once. */
static int by_path(const void *x, const void *y)
{
	const unsigned char *a = *(unsigned char *const *)x, *b = *(unsigned char *const *)y;

	while (*a && *a == *b)
		a++, b++;
	if (*a == '/' || *b == '/')
		return !*a ? -1 : !*b ? 1 : *a == '/' ? -1 : 1;
	return *a - *b;
}

static uint32_t parts(const char *path)
{
	uint32_t n = *path != '\0';

	for (; *path; path++)
		n += *path == '/';
	return n;
}

int groups_collect(struct arena *a, const struct cgroup_layout *l, const char *path,
		   struct group **ret, size_t *ret_n, struct err *err)
{
	struct names names = {0};
	struct cgroup_plan *top;
	struct group *v;
	size_t n = 0;
	int r = cgroup_find(a, l, path, &top, err);

	if (r < 0)
		return r;
	add_name(&names, arena_strdup(a, top->path));
	for (uint32_t i = 0; i < top->n_in; i++) {
		int fd = cgroup_open_place(top, i, NULL);

		if (fd >= 0)
			collect(a, fd, top->path, 0, &names);
	}
	qsort(names.v, names.n, sizeof(*names.v), by_path);
	v = arena_array(a, struct group, names.n);
	for (size_t i = 0; i < names.n; i++) {
		struct cgroup_plan *found;

		if (i && strcmp(names.v[i], names.v[i - 1]) == 0)
			continue;
		if (cgroup_find(a, l, *names.v[i] ? names.v[i] : "/", &found, NULL) < 0)
			continue;
		v[n++] = (struct group){names.v[i], parts(names.v[i]) - parts(top->path), found};
	}
	free(names.v);
	*ret = v;
	*ret_n = n;
	return 0;
}

static bool place_of_line(struct arena *a, const struct cgroup_layout *l, char *line,
			  struct cgroup_place *ret)
{
	char *label = strchr(line, ':'), *path = label ? strchr(label + 1, ':') : NULL;

	if (!path)
		return false;
	*label++ = '\0';
	*path++ = '\0';
	for (uint32_t i = 0; i < l->n; i++) {
		const struct cgroup_hierarchy *h = &l->h[i];

		if (strcmp(h->version == 2 ? "" : h->label, label) != 0 ||
		    strncmp(path, "/..", 3) == 0)
			continue;
		*ret = (struct cgroup_place){.version = h->version,
					     .controllers = h->present,
					     .label = h->label,
					     .mount = h->mount,
					     .base = "",
					     .dir = arena_strdup(a, path + 1)};
		return true;
	}
	return false;
}

int group_of_process(struct arena *a, const struct cgroup_layout *l, pid_t pid, struct group *ret,
		     struct err *err)
{
	struct cgroup_place *in = arena_array(a, struct cgroup_place, CGROUP_MAX_HIERARCHIES),
			    place;
	struct cgroup_plan *p = arena_new(a, struct cgroup_plan);
	FREE_PTR char *text = NULL;
	char *save = NULL;
	ssize_t n =
		read_file_at(AT_FDCWD, arena_printf(a, "/proc/%d/cgroup", (int)pid), 65536, &text);

	if (n < 0) {
		err_set(err, n == -ENOENT ? ESRCH : (int)-n, "no process %d", (int)pid);
		return err_remedy(err, "'ps -e' lists the processes");
	}
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (p->n_in == CGROUP_MAX_HIERARCHIES || !place_of_line(a, l, line, &place))
			continue;
		in[p->n_in++] = place;
		if (place.version == 2 && p->n_in > 1) { /* v2 comes first */
			in[p->n_in - 1] = in[0];
			in[0] = place;
		}
	}
	if (p->n_in == 0)
		return err_set(err, ENOENT, "process %d is in no group that this mount shows",
			       (int)pid);
	p->in = in;
	p->path = in[0].dir;
	*ret = (struct group){p->path, 0, p};
	return 0;
}

static int by_pid(const void *x, const void *y)
{
	pid_t a = *(const pid_t *)x, b = *(const pid_t *)y;

	return (a > b) - (a < b);
}

int group_processes(struct arena *a, const struct cgroup_plan *found, bool below, pid_t **ret,
		    size_t *ret_n, struct err *err)
{
	FREE_PTR pid_t *all = NULL;
	size_t n = 0, unique = 0;

	for (uint32_t i = 0; i < found->n_in; i++) {
		CLOSE_FD int dir = cgroup_open_place(found, i, err);
		FREE_PTR pid_t *some = NULL;
		pid_t *more;
		size_t k;
		int r;

		if (dir == -ENOENT)
			continue;
		r = dir < 0 ? dir : cgroup_pids_fd(dir, below, &some, &k, err);
		if (r < 0)
			return r;
		more = realloc(all, (n + k + 1) * sizeof(*all));
		if (!more)
			return err_set(err, ENOMEM, "cannot list the processes of '%s'",
				       found->path);
		all = more;
		if (k)
			memcpy(all + n, some, k * sizeof(*all));
		n += k;
	}
	if (n)
		qsort(all, n, sizeof(*all), by_pid);
	*ret = arena_array(a, pid_t, n + 1);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || all[i] != all[i - 1])
			(*ret)[unique++] = all[i];
	*ret_n = unique;
	return 0;
}

const char *group_process_text(struct arena *a, pid_t pid)
{
	FREE_PTR char *command = NULL;
	CLOSE_FD int proc = procfs_open("/proc", NULL);

	if (proc < 0 || procfs_command(proc, pid, &command) < 0)
		return arena_printf(a, "%d (ended)", (int)pid);
	return arena_printf(a, "%d %.60s", (int)pid, command);
}

int group_is_frozen(const struct cgroup_plan *found)
{
	int frozen = -ENOENT;

	for (uint32_t i = 0; i < found->n_in && frozen <= 0; i++) {
		CLOSE_FD int dir = cgroup_open_place(found, i, NULL);
		int r = dir < 0 ? dir : cgroup_is_frozen_fd(dir);

		if (r >= 0)
			frozen = r;
	}
	return frozen;
}

const char *group_type(struct arena *a, const struct cgroup_plan *found)
{
	char type[32];

	if (found->in[0].version != 2)
		return NULL;
	if (read_line_at(AT_FDCWD,
			 arena_printf(a, "%s/%s/cgroup.type", found->in[0].mount, found->in[0].dir),
			 type, sizeof(type)) <= 0 ||
	    strcmp(type, "domain") == 0)
		return NULL;
	return arena_strdup(a, type);
}
