// SPDX-License-Identifier: Apache-2.0
#include "rdt.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "file.h"
#include "out.h"

enum { SCHEMATA_MAX = 65536 };

/* --- planning --- */

static int check_name(const char *name, struct err *err)
{
	static const char *const kernels[] = {"info", "mon_groups", "mon_data", ".", "..", NULL};
	bool bad = !*name || strchr(name, '/') || strchr(name, '\n');

	for (size_t i = 0; kernels[i]; i++)
		bad = bad || strcmp(name, kernels[i]) == 0;
	if (bad)
		return err_set(err, 0, "'%s' is no name of a class of service (closID)", name);
	return 0;
}

/* The lines of l3 that are not "MB:", then bandwidth, then the others, as the specification says.
 */
static int put_lines(const struct rdt_request *q, struct out *o, struct err *err)
{
	if (q->bandwidth && (strncmp(q->bandwidth, "MB:", 3) != 0 || strchr(q->bandwidth, '\n')))
		return err_set(err, 0,
			       "the memory bandwidth schema '%s' must be one line that "
			       "begins with 'MB:'",
			       q->bandwidth);
	for (const char *line = q->l3; line && *line;) {
		size_t len = strcspn(line, "\n");

		if (len && !(q->bandwidth && strncmp(line, "MB:", 3) == 0))
			out_printf(o, "%.*s\n", (int)len, line);
		line += len + (line[len] == '\n');
	}
	if (q->bandwidth)
		out_printf(o, "%s\n", q->bandwidth);
	for (const char *const *l = q->lines; l && *l; l++)
		out_printf(o, "%s\n", *l);
	return 0;
}

int rdt_make_plan(const struct rdt_request *q, struct arena *a, struct rdt_plan *ret,
		  struct err *err)
{
	const char *name = q->clos ? q->clos : q->id;
	OUT_CLEANUP struct out lines = {0};
	int r = check_name(name, err);

	if (r == 0)
		r = put_lines(q, &lines, err);
	if (r < 0)
		return r;
	if (!q->root) {
		err_set(err, ENOENT, "cannot use Intel RDT: no resctrl file system is mounted");
		return err_remedy(err, "mount -t resctrl resctrl /sys/fs/resctrl, on a processor "
				       "that has it");
	}
	*ret = (struct rdt_plan){
		.directory = arena_printf(a, "%s/%s", q->root, name),
		.schemata = lines.len ? arena_strdup(a, lines.text) : NULL,
		.own = q->clos == NULL,
		.must_exist = q->clos && !lines.len,
	};
	if (q->monitoring)
		ret->monitor = arena_printf(a, "%s/mon_groups/%s", ret->directory, q->id);
	return 0;
}

/* --- doing --- */

/* Is this line among those that the class has? The kernel pads names and sorts domains, so names,
 * and each domain by itself, are compared without blanks. */
static bool has_domain(const char *have, const char *domain, size_t len)
{
	for (const char *at = have; (at = strstr(at, "=")) != NULL; at++) {
		const char *start = at;

		while (start > have && start[-1] >= '0' && start[-1] <= '9')
			start--;
		if (strncmp(start, domain, len) == 0 &&
		    !strchr("0123456789abcdefABCDEF", start[len]))
			return true;
		if (strncmp(start, domain, len) == 0 && start[len] == '\0')
			return true;
	}
	return false;
}

static bool has_line(const char *have, const char *line, size_t len)
{
	size_t name = strcspn(line, ":"), colon;

	for (const char *at = have; *at; at += strcspn(at, "\n"), at += *at == '\n') {
		const char *end = strchr(at, '\n');
		char own[1024];

		at += strspn(at, " ");
		colon = strcspn(at, ":\n");
		if (colon != name || strncmp(at, line, name) != 0)
			continue;
		snprintf(own, sizeof(own), "%.*s", (int)((end ? end : at + strlen(at)) - at), at);
		for (const char *d = line + name + 1; d < line + len;) {
			size_t n = strcspn(d, ";\n");

			if (n && !has_domain(own, d, n))
				return false;
			d += n + 1;
		}
		return true;
	}
	return false;
}

static int compare(int dir, const struct rdt_plan *p, struct err *err)
{
	FREE_PTR char *have = NULL;
	ssize_t n = read_file_at(dir, "schemata", SCHEMATA_MAX, &have);

	if (n < 0)
		return err_set(err, (int)-n, "cannot read '%s/schemata'", p->directory);
	for (const char *line = p->schemata; *line;) {
		size_t len = strcspn(line, "\n");

		if (len && !has_line(have, line, len)) {
			err_set(err, 0,
				"the class of service '%s' exists, and does not have '%.*s'",
				p->directory, (int)len, line);
			return err_remedy(err, "give the values that it has, or another closID");
		}
		line += len + (line[len] == '\n');
	}
	return 0;
}

static int refused(int dir, const char *what, const char *path, int code, struct err *err)
{
	char status[256];

	err_set(err, code, "cannot write '%s' of the class of service '%s'", what, path);
	if (read_line_at(dir, "../info/last_cmd_status", status, sizeof(status)) > 0 &&
	    strcmp(status, "ok") != 0)
		return err_remedy(err, "the kernel says: %s", status);
	return -code;
}

static int fill(int dir, const struct rdt_plan *p, pid_t pid, bool fresh, struct err *err)
{
	char number[16];
	int r = 0;

	if (p->schemata && !fresh)
		r = compare(dir, p, err);
	else if (p->schemata && (r = write_file_at(dir, "schemata", p->schemata)) < 0)
		return refused(dir, "schemata", p->directory, -r, err);
	if (r < 0)
		return r;
	snprintf(number, sizeof(number), "%d", (int)pid);
	r = write_file_at(dir, "tasks", number);
	if (r < 0)
		return refused(dir, "tasks", p->directory, -r, err);
	if (!p->monitor)
		return 0;
	if (mkdir(p->monitor, 0755) < 0)
		return err_errno(err, "cannot make the monitoring group '%s'", p->monitor);
	{
		CLOSE_FD int monitor = open(p->monitor, O_PATH | O_DIRECTORY | O_CLOEXEC);

		r = monitor < 0 ? -errno : write_file_at(monitor, "tasks", number);
	}
	if (r < 0) {
		rmdir(p->monitor);
		return refused(dir, "tasks", p->monitor, -r, err);
	}
	return 0;
}

int rdt_apply(const struct rdt_plan *p, pid_t pid, struct err *err)
{
	bool made = !p->must_exist && mkdir(p->directory, 0755) == 0;
	CLOSE_FD int dir = -1;
	int r;

	if (!made && !p->must_exist && errno != EEXIST) {
		err_errno(err, "cannot make the class of service '%s'", p->directory);
		return err->code == ENOSPC
			       ? err_remedy(err, "the processor has no more classes (num_closids)")
			       : -err->code;
	}
	if (!made && p->own)
		return err_set(err, EEXIST, "cannot make the class of service '%s'", p->directory);
	dir = open(p->directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_errno(err, "cannot open the class of service '%s'", p->directory);
	r = fill(dir, p, pid, made, err);
	if (r < 0 && made)
		rmdir(p->directory);
	return r;
}

int rdt_check_free(const struct rdt_plan *p, struct err *err)
{
	if (!p->directory || !p->own || faccessat(AT_FDCWD, p->directory, F_OK, 0) < 0)
		return 0;
	err_set(err, EEXIST, "cannot make the class of service '%s'", p->directory);
	return err_remedy(err, "give a closID to share it, or rmdir it if it is left over");
}

int rdt_change(const char *directory, const char *l3, const char *bandwidth, struct err *err)
{
	CLOSE_FD int dir = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const char *const schemata[] = {l3, bandwidth};

	if (dir < 0)
		return err_errno(err, "cannot open the class of service '%s'", directory);
	for (size_t i = 0; i < ARRAY_SIZE(schemata); i++) {
		OUT_CLEANUP struct out line = {0};
		int r;

		if (!schemata[i])
			continue;
		out_printf(&line, "%s\n", schemata[i]);
		r = write_file_at(dir, "schemata", line.text);
		if (r < 0)
			return refused(dir, "schemata", directory, -r, err);
	}
	return 0;
}

int rdt_remove(const char *directory, const char *monitor, struct err *err)
{
	const char *const paths[] = {monitor, directory};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		if (paths[i] && rmdir(paths[i]) < 0 && errno != ENOENT)
			return err_errno(err, "cannot remove '%s' of resctrl", paths[i]);
	return 0;
}

const char *rdt_mounted(struct arena *a)
{
	FREE_PTR char *text = NULL;

	if (read_file_at(AT_FDCWD, "/proc/self/mountinfo", 16 << 20, &text) < 0)
		return NULL;
	for (char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		size_t len = strcspn(line, "\n");
		char *type = strstr(line, " - resctrl ");
		const char *at = line;

		if (!type || type > line + len)
			continue;
		for (int i = 0; i < 4; i++)
			at += strcspn(at, " ") + 1;
		return arena_strndup(a, at, strcspn(at, " "));
	}
	return NULL;
}
