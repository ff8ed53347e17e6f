// SPDX-License-Identifier: Apache-2.0
/* state, list and ps, in the shapes that the engines parse. */
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include "cgroup.h"
#include "oci-store.h"
#include "oci.h"
#include "parse.h"
#include "process.h"

enum { PS_OUTPUT_MAX = 16 << 20 };

/* --- state --- */

/* RFC 3339 with nanoseconds. */
static void put_time(struct out *o, const struct state *s)
{
	time_t seconds = (time_t)s->created;
	char text[32];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	out_printf(o, "%s.%09lluZ", text, (unsigned long long)s->created_ns);
}

static pid_t shown_pid(const struct oci_container *c)
{
	return c->pidfd >= 0 && c->status != OCI_STOPPED ? c->state.pid : 0;
}

static void put_state(struct out *o, const struct oci_container *c, const struct spec *spec,
		      const char *owner, const char *indent)
{
	OUT_CLEANUP struct out created = {0};
	struct oci_state state = {
		.id = c->id,
		.status = c->status,
		.pid = shown_pid(c),
		.bundle = c->state.bundle ? c->state.bundle : "",
		.rootfs = c->state.image ? c->state.image : "",
		.owner = owner,
	};

	put_time(&created, &c->state);
	state.created = created.text;
	if (spec)
		state.annotations = spec->annotations;
	oci_state_put(&state, indent, o);
}

int oci_state(const struct oci *o, const char *id, struct out *ret, struct err *err)
{
	OCI_CONTAINER_CLEANUP struct oci_container c = OCI_CONTAINER_NONE;
	struct spec *spec = NULL;
	struct err ignored;
	struct arena a;
	int r = oci_open_id(o->root, id, false, &a, &c, err);

	if (r < 0)
		return r;
	if (oci_config(&c, &a, &spec, &ignored) < 0)
		spec = NULL;
	put_state(ret, &c, spec, "", "  ");
	out_puts(ret, "\n");
	return 0;
}

/* --- list --- */

static const char *owner_of(const struct oci_container *c, struct arena *a)
{
	struct stat st;
	struct passwd *pw;

	if (fstat(c->handle.dir, &st) < 0)
		return "";
	pw = getpwuid(st.st_uid);
	return pw ? arena_strdup(a, pw->pw_name) : arena_printf(a, "#%u", st.st_uid);
}

struct line {
	const char *cell[6];
};

static void put_table(struct out *o, const struct line *lines, size_t n)
{
	size_t width[6];

	for (size_t k = 0; k < 6; k++) {
		width[k] = 9;
		for (size_t i = 0; i < n; i++)
			width[k] = MAX(width[k], strlen(lines[i].cell[k]));
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < 5; k++)
			out_printf(o, "%-*s   ", (int)width[k], lines[i].cell[k]);
		out_printf(o, "%s\n", lines[i].cell[5]);
	}
}

static struct line line_of(const struct oci_container *c, struct arena *a)
{
	OUT_CLEANUP struct out created = {0};

	put_time(&created, &c->state);
	return (struct line){{c->id, arena_printf(a, "%d", (int)shown_pid(c)),
			      value_to_name(oci_statuses, c->status),
			      c->state.bundle ? c->state.bundle : "", arena_strdup(a, created.text),
			      owner_of(c, a)}};
}

static void list_one(struct oci_container *c, enum oci_list_format format, struct arena *a,
		     struct line *lines, size_t *n, struct out *ret)
{
	struct spec *spec = NULL;
	struct err ignored;

	if (format == OCI_LIST_IDS) {
		out_printf(ret, "%s\n", c->id);
	} else if (format == OCI_LIST_TABLE) {
		lines[*n] = line_of(c, a);
	} else {
		if (oci_config(c, a, &spec, &ignored) < 0)
			spec = NULL;
		out_puts(ret, *n > 1 ? "," : "");
		put_state(ret, c, spec, owner_of(c, a), NULL);
	}
	++*n;
}

int oci_list(const struct oci *o, enum oci_list_format format, struct out *ret, struct err *err)
{
	CLOSE_FD int root = oci_store(o->root, false, err);
	const char *const *ids = NULL;
	struct line *lines;
	struct arena a;
	size_t n = 0;
	int r = arena_init(&a);

	if (r == 0 && root >= 0)
		r = oci_ids(root, &a, &ids, err);
	else if (root != -ENOENT)
		r = root;
	if (r < 0)
		return r;
	while (ids && ids[n])
		n++;
	lines = arena_array(&a, struct line, n + 1);
	lines[0] = (struct line){{"ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"}};
	n = 1;
	out_puts(ret, format == OCI_LIST_JSON ? "[" : "");
	for (; ids && *ids; ids++) {
		OCI_CONTAINER_CLEANUP struct oci_container c = OCI_CONTAINER_NONE;

		/* One that is being deleted meanwhile is not there any more. */
		if (oci_open(dup(root), *ids, &a, &c, err) == 0)
			list_one(&c, format, &a, lines, &n, ret);
	}
	if (format == OCI_LIST_JSON)
		out_puts(ret, "]\n");
	else if (format == OCI_LIST_TABLE)
		put_table(ret, lines, n);
	return 0;
}

/* --- ps --- */

static int pids_of(const struct oci_container *c, pid_t **ret, size_t *ret_n, struct err *err)
{
	for (size_t i = 0; c->state.cgroups[i]; i++) {
		CLOSE_FD int dir =
			open(c->state.cgroups[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (dir >= 0)
			return cgroup_pids_fd(dir, true, ret, ret_n, err);
	}
	*ret_n = c->pidfd >= 0;
	*ret = calloc(1, sizeof(**ret));
	if (*ret && *ret_n)
		**ret = c->state.pid;
	return *ret ? 0 : err_set(err, ENOMEM, "cannot list processes");
}

NORETURN static void become_ps(int output, char *const *args)
{
	char *argv[64] = {"ps", "-ef", NULL};

	for (size_t i = 0; args[i] && i < ARRAY_SIZE(argv) - 2; i++) {
		argv[i + 1] = args[i];
		argv[i + 2] = NULL;
	}
	if (dup2(output, STDOUT_FILENO) >= 0)
		execvp("ps", argv);
	_exit(127);
}

static char *read_all(int fd)
{
	struct out o = {0};
	char part[4096];
	ssize_t n;

	while (o.len < PS_OUTPUT_MAX && ((n = read(fd, part, sizeof(part))) > 0 || errno == EINTR))
		if (n > 0)
			out_put(&o, part, (size_t)n);
	return o.text;
}

static int run_ps(char *const *args, char **ret, struct err *err)
{
	int ends[2], status;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_errno(err, "cannot make a pipe");
	child = fork();
	if (child == 0)
		become_ps(ends[1], args);
	close(ends[1]);
	*ret = child < 0 ? NULL : read_all(ends[0]);
	close(ends[0]);
	if (child < 0)
		return err_errno(err, "cannot run ps");
	process_wait(child, &status);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && *ret)
		return 0;
	err_set(err, 0, "ps failed");
	return err_remedy(err,
			  "its options stand behind the container's id; package procps has it");
}

/* Which word of a line is the pid; -1: none. */
static int pid_column(const char *header, size_t len)
{
	const char *at = header, *end = header + len;
	int column = 0;

	while (at < end) {
		size_t word;

		while (at < end && (*at == ' ' || *at == '\t'))
			at++;
		word = strcspn(at, " \t\n");
		if (word == 3 && strncmp(at, "PID", 3) == 0)
			return column;
		at += word;
		column++;
		if (at < end && *at == '\n')
			break;
	}
	return -1;
}

static bool is_listed(const char *line, int column, const pid_t *pids, size_t n)
{
	long pid;

	for (; column >= 0; column--) {
		line += strspn(line, " \t");
		if (column > 0)
			line += strcspn(line, " \t\n");
	}
	pid = strtol(line, NULL, 10);
	for (size_t i = 0; i < n; i++)
		if (pids[i] == pid)
			return true;
	return false;
}

static int put_processes(const char *text, const pid_t *pids, size_t n, struct out *ret,
			 struct err *err)
{
	const char *at = text, *line;
	size_t len;
	int column = -1;

	for (bool first = true; next_field(&at, '\n', &line, &len); first = false) {
		if (first) {
			column = pid_column(line, len);
			if (column < 0)
				return err_set(err, 0, "these options of ps show no column PID");
		}
		if (len && (first || is_listed(line, column, pids, n)))
			out_printf(ret, "%.*s\n", (int)len, line);
	}
	return 0;
}

int oci_ps(const struct oci *o, const char *id, bool json, char *const *args, struct out *ret,
	   struct err *err)
{
	OCI_CONTAINER_CLEANUP struct oci_container c = OCI_CONTAINER_NONE;
	FREE_PTR pid_t *pids = NULL;
	FREE_PTR char *text = NULL;
	struct arena a;
	size_t n = 0;
	int r = oci_open_id(o->root, id, false, &a, &c, err);

	if (r == 0)
		r = pids_of(&c, &pids, &n, err);
	if (r == 0 && !json)
		r = run_ps(args, &text, err);
	if (r < 0)
		return r;
	if (!json)
		return put_processes(text, pids, n, ret, err);
	out_puts(ret, n ? "[" : "null");
	for (size_t i = 0; i < n; i++)
		out_printf(ret, "%s%d", i ? "," : "", (int)pids[i]);
	out_puts(ret, n ? "]\n" : "\n");
	return 0;
}
