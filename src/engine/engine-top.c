// SPDX-License-Identifier: Apache-2.0
/*
 * Theory of operation
 *
 * Which processes: those of the container's control group, and of the groups below. A container
 * without a group: those in the PID namespace of its first process, and whatever descends from
 * them (so nested containers count too). Everything is read from /proc, where a process may
 * vanish between any two reads: then it is left out.
 *
 * A process has a number in each PID namespace from ours down to its own (NSpid in
 * /proc/PID/status); the container's is the one as deep as that of its first process.
 */
#include "engine-top.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include "cgroup.h"
#include "file.h"
#include "living.h"
#include "names.h"
#include "parse.h"
#include "procfs.h"

enum column { PID, HPID, PPID, USER, HUSER, STATE, CPU, RSS, ELAPSED, TIME, COMM, ARGS, N_COLUMNS };

static const struct top_column {
	const char *word; /* on the command line */
	struct table_column column;
} known[N_COLUMNS] = {
	[PID] = {"pid", {"PID", COLUMN_RIGHT, 0, TABLE_NUMBER}},
	[HPID] = {"hpid", {"HOSTPID", COLUMN_RIGHT, 0, TABLE_NUMBER}},
	[PPID] = {"ppid", {"PPID", COLUMN_RIGHT, 0, TABLE_NUMBER}},
	[USER] = {"user", {"USER", 0, 0, TABLE_STRING}},
	[HUSER] = {"huser", {"HOSTUSER", 0, 0, TABLE_STRING}},
	[STATE] = {"state", {"STATE", 0, 0, TABLE_STRING}},
	[CPU] = {"pcpu", {"%CPU", COLUMN_RIGHT, 0, TABLE_NUMBER}},
	[RSS] = {"rss", {"RSS", COLUMN_RIGHT, 0, TABLE_NUMBER}},
	[ELAPSED] = {"etime", {"ELAPSED", COLUMN_RIGHT, 0, TABLE_STRING}},
	[TIME] = {"time", {"TIME", COLUMN_RIGHT, 0, TABLE_STRING}},
	[COMM] = {"comm", {"NAME", 0, 0, TABLE_STRING}},
	[ARGS] = {"args", {"COMMAND", COLUMN_TRUNCATE, 12, TABLE_STRING}},
};
static const unsigned char default_columns[] = {PID, HPID, USER, CPU, TIME, ARGS};

/* Other words for the same, as ps(1) and podman-top(1) have them. */
static const struct name other_words[] = {
	{"hostpid", HPID},   {"%cpu", CPU},   {"cpu", CPU},      {"stat", STATE},
	{"s", STATE},        {"cmd", ARGS},   {"command", ARGS}, {"elapsed", ELAPSED},
	{"hostuser", HUSER}, {"uname", USER}, {"ucmd", COMM},    {NULL, 0},
};

struct process {
	int32_t host, inside, ppid;
	uint32_t uid;
	char state;
	char comm[65];
	uint64_t cpu_ticks, start_ticks, rss_pages;
};

struct top {
	struct arena *a;
	const struct living *c;
	int proc;
	size_t depth; /* of the container's PID namespace, as NSpid counts */
	struct process *v;
	size_t n, room;
	char *passwd; /* the container's; NULL: unreadable */
	char *uid_map;
	struct err *err;
};

/* --- columns --- */

static int column_by_word(const char *word)
{
	int64_t value;

	for (int i = 0; i < N_COLUMNS; i++)
		if (strcmp(known[i].word, word) == 0)
			return i;
	return name_to_value(other_words, word, &value) ? (int)value : -1;
}

int top_add_columns(struct top_request *q, const char *list, struct err *err)
{
	const char *field;
	size_t len;

	while (next_field(&list, ',', &field, &len)) {
		char word[16];
		int column;

		snprintf(word, sizeof(word), "%.*s", (int)len, field);
		column = len < sizeof(word) ? column_by_word(word) : -1;
		if (column < 0) {
			err_set(err, 0, "unknown column '%.*s'", (int)len, field);
			return err_remedy(err, "there are pid, hpid, ppid, user, huser, state, "
					       "pcpu, rss, etime, time, comm and args");
		}
		if (q->n_columns == TOP_COLUMNS_MAX)
			return err_set(err, 0, "more than %d columns", TOP_COLUMNS_MAX);
		q->columns[q->n_columns++] = (unsigned char)column;
	}
	return 0;
}

/* --- which processes --- */

/* The numbers of a process, outermost first (NSpid), and its effective user, which the owner of
 * its directory in /proc is not while it is non-dumpable. Returns how many numbers. */
static size_t read_status(int proc, int32_t pid, int32_t *numbers, size_t room, uint32_t *ret_uid)
{
	char path[PROCFS_PATH_SIZE];
	FREE_PTR char *text = NULL;
	const char *at;
	size_t n = 0;

	if (read_file_at(proc, procfs_path(path, sizeof(path), pid, "status"), 1 << 16, &text) < 0)
		return 0;
	at = strstr(text, "\nUid:");
	if (!at || sscanf(at, "\nUid: %*u %u", ret_uid) != 1)
		return 0;
	at = strstr(text, "\nNSpid:");
	if (!at)
		return 0;
	for (at += 7; *at && *at != '\n' && n < room;) {
		char *end;
		long v = strtol(at, &end, 10);

		if (end == at)
			break;
		numbers[n++] = (int32_t)v;
		at = end;
	}
	return n;
}

/* proc_pid_stat(5): the fields after the name, which may hold blanks and brackets itself. */
static int read_stat(int proc, int32_t pid, struct process *p)
{
	char path[PROCFS_PATH_SIZE], line[1024], *open, *close;
	unsigned long long user, system, start;
	long long rss;

	if (read_line_at(proc, procfs_path(path, sizeof(path), pid, "stat"), line, sizeof(line)) <
	    0)
		return -ESRCH;
	open = strchr(line, '(');
	close = strrchr(line, ')');
	if (!open || !close || close < open ||
	    sscanf(close + 1,
		   " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %*d %*d "
		   "%llu %*u %lld",
		   &p->state, &p->ppid, &user, &system, &start, &rss) != 6)
		return -ESRCH;
	snprintf(p->comm, sizeof(p->comm), "%.*s", (int)(close - open - 1), open + 1);
	p->cpu_ticks = user + system;
	p->start_ticks = start;
	p->rss_pages = rss > 0 ? (uint64_t)rss : 0;
	return 0;
}

static void add_process(struct top *t, int32_t pid)
{
	int32_t numbers[40];
	struct process p = {.host = pid};
	size_t n = read_status(t->proc, pid, numbers, ARRAY_SIZE(numbers), &p.uid);

	if (n == 0 || read_stat(t->proc, pid, &p) < 0)
		return;
	p.inside = n >= t->depth ? numbers[t->depth - 1] : 0;
	if (t->n == t->room) {
		struct process *v = t->v;

		t->room = t->room ? 2 * t->room : 64;
		t->v = arena_array(t->a, struct process, t->room);
		if (t->n)
			memcpy(t->v, v, t->n * sizeof(*v));
	}
	t->v[t->n++] = p;
}

/* From the container's control group. -ENOENT: it has none. */
static int collect_from_group(struct top *t)
{
	for (size_t i = 0; t->c->state.cgroups[i]; i++) {
		CLOSE_FD int dir = open(t->c->state.cgroups[i],
					O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		FREE_PTR pid_t *pids = NULL;
		struct err passed_over;
		size_t n;

		if (dir < 0 || cgroup_pids_fd(dir, true, &pids, &n, &passed_over) < 0)
			continue;
		for (size_t k = 0; k < n; k++)
			add_process(t, pids[k]);
		return 0;
	}
	return -ENOENT;
}

static uint64_t pid_namespace(int proc, int32_t pid)
{
	char path[PROCFS_PATH_SIZE];
	struct stat st;

	return fstatat(proc, procfs_path(path, sizeof(path), pid, "ns/pid"), &st, 0) == 0
		       ? st.st_ino
		       : 0;
}

static bool has_process(const struct top *t, int32_t pid)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].host == pid)
			return true;
	return false;
}

/* By PID namespace, unless it is our own, and by descent. */
static int collect_from_namespace(struct top *t)
{
	int32_t first = (int32_t)t->c->state.pid;
	uint64_t wanted = pid_namespace(t->proc, first);
	FREE_PTR int32_t *pids = NULL;
	bool own = wanted == pid_namespace(t->proc, (int32_t)getpid());
	size_t n, before;
	int r = procfs_numbers(t->proc, &pids, &n);

	if (r < 0)
		return err_set(t->err, -r, "cannot read /proc");
	for (size_t i = 0; i < n; i++)
		if (pids[i] == first ||
		    (!own && wanted && pid_namespace(t->proc, pids[i]) == wanted))
			add_process(t, pids[i]);
	do {
		before = t->n;
		for (size_t i = 0; i < n; i++) {
			struct proc_stat stat;

			if (!has_process(t, pids[i]) && procfs_stat(t->proc, pids[i], &stat) == 0 &&
			    has_process(t, stat.ppid))
				add_process(t, pids[i]);
		}
	} while (t->n > before);
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct process *x = a, *y = b;

	if (x->inside != y->inside)
		return x->inside < y->inside ? -1 : 1;
	return x->host < y->host ? -1 : x->host > y->host;
}

/* --- users --- */

/* The container's accounts, opened below its root, as a file of at most 1 MiB. */
static char *read_passwd(const struct top *t)
{
	char path[PROCFS_PATH_SIZE];
	CLOSE_FD int root =
		openat(t->proc, procfs_path(path, sizeof(path), (int32_t)t->c->state.pid, "root"),
		       O_PATH | O_DIRECTORY | O_CLOEXEC);
	CLOSE_FD int fd =
		root < 0 ? -1
			 : open_in_root(root, "/etc/passwd", O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	struct stat st;
	char *text = NULL;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || read_fd(fd, 1 << 20, &text) < 0)
		return NULL;
	return text;
}

static uint32_t uid_inside(const struct top *t, uint32_t uid)
{
	const char *at = t->uid_map, *line;
	uint32_t inside, outside, count;
	size_t len;

	if (!at)
		return uid;
	while (next_field(&at, '\n', &line, &len))
		if (sscanf(line, "%u %u %u", &inside, &outside, &count) == 3 &&
		    uid - outside < count)
			return inside + (uid - outside);
	return 65534;
}

/* The name is the container's word: short, and cleaned by the table. */
static const char *name_inside(const struct top *t, uint32_t uid)
{
	const char *at = t->passwd, *line;
	size_t len;

	while (at && next_field(&at, '\n', &line, &len)) {
		const char *colon = memchr(line, ':', len), *number;

		number = colon ? memchr(colon + 1, ':', len - (size_t)(colon + 1 - line)) : NULL;
		if (number && colon > line && colon - line <= 32 &&
		    strtoul(number + 1, NULL, 10) == uid && number[1] >= '0' && number[1] <= '9')
			return arena_strndup(t->a, line, (size_t)(colon - line));
	}
	return arena_printf(t->a, "%u", uid);
}

/* --- printing --- */

static double seconds_running(const struct process *p)
{
	struct timespec now;
	double passed;

	clock_gettime(CLOCK_BOOTTIME, &now);
	passed = (double)now.tv_sec + (double)now.tv_nsec / 1e9 -
		 (double)p->start_ticks / (double)sysconf(_SC_CLK_TCK);
	return passed > 0.01 ? passed : 0.01;
}

/* "[DAYS-]HH:MM:SS" */
static const char *clock_text(struct arena *a, uint64_t seconds)
{
	unsigned int h = (unsigned int)(seconds / 3600 % 24), m = (unsigned int)(seconds / 60 % 60),
		     s = (unsigned int)(seconds % 60);
	unsigned long long days = seconds / 86400;

	return days ? arena_printf(a, "%llu-%02u:%02u:%02u", days, h, m, s)
		    : arena_printf(a, "%02u:%02u:%02u", h, m, s);
}

static int32_t parent_inside(const struct top *t, const struct process *p)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].host == p->ppid)
			return t->v[i].inside;
	return 0;
}

static void set_command(const struct top *t, struct table *table, size_t row, size_t column,
			const struct process *p)
{
	FREE_PTR char *command = NULL;

	if (p->state == 'Z' || procfs_command(t->proc, p->host, &command) < 0)
		table_setf(table, row, column, "[%s]%s", p->comm,
			   p->state == 'Z' ? " <defunct>" : "");
	else
		table_set(table, row, column, command);
}

static void set_cell(const struct top *t, struct table *table, size_t row, size_t column,
		     enum column which, const struct process *p)
{
	uint64_t ticks = (uint64_t)sysconf(_SC_CLK_TCK);
	char name[64];

	switch (which) {
	case PID: table_setf(table, row, column, "%d", p->inside); break;
	case HPID: table_setf(table, row, column, "%d", p->host); break;
	case PPID: table_setf(table, row, column, "%d", parent_inside(t, p)); break;
	case USER: table_set(table, row, column, name_inside(t, uid_inside(t, p->uid))); break;
	case HUSER:
		user_name(p->uid, name, sizeof(name));
		table_set(table, row, column, name);
		break;
	case STATE: table_setf(table, row, column, "%c", p->state); break;
	case CPU:
		table_setf(table, row, column, "%.1f",
			   100.0 * (double)p->cpu_ticks / (double)ticks / seconds_running(p));
		break;
	case RSS:
		table_setf(table, row, column, "%llu",
			   (unsigned long long)(p->rss_pages * (uint64_t)sysconf(_SC_PAGESIZE) /
						1024));
		break;
	case ELAPSED:
		table_set(table, row, column, clock_text(t->a, (uint64_t)seconds_running(p)));
		break;
	case TIME: table_set(table, row, column, clock_text(t->a, p->cpu_ticks / ticks)); break;
	case COMM: table_set(table, row, column, p->comm); break;
	case ARGS: set_command(t, table, row, column, p); break;
	case N_COLUMNS: break;
	}
}

static void print(const struct top *t, const struct top_request *q, struct out *o)
{
	const unsigned char *which = q->n_columns ? q->columns : default_columns;
	size_t n = q->n_columns ? q->n_columns : ARRAY_SIZE(default_columns);
	struct table_column columns[TOP_COLUMNS_MAX];
	TABLE_CLEANUP struct table table;

	for (size_t i = 0; i < n; i++) {
		columns[i] = known[which[i]].column;
		if (q->style.format == TABLE_JSON) /* keys are the words of the command line */
			columns[i].name = known[which[i]].word;
	}
	table_init(&table, columns, n);
	for (size_t i = 0; i < t->n; i++) {
		size_t row = table_add_row(&table, TABLE_NO_PARENT);

		for (size_t k = 0; k < n; k++)
			set_cell(t, &table, row, k, (enum column)which[k], &t->v[i]);
	}
	table_print(&table, &q->style, o);
}

static int collect(struct top *t, struct err *err)
{
	char path[PROCFS_PATH_SIZE];
	int32_t numbers[40], first = (int32_t)t->c->state.pid;
	uint32_t uid;
	int r;

	t->depth = read_status(t->proc, first, numbers, ARRAY_SIZE(numbers), &uid);
	if (t->depth == 0)
		return err_set(err, ESRCH, "the container '%s' has just ended", t->c->state.name);
	t->passwd = read_passwd(t);
	read_file_at(t->proc, procfs_path(path, sizeof(path), first, "uid_map"), 1 << 16,
		     &t->uid_map);
	r = collect_from_group(t);
	if (r == -ENOENT)
		r = collect_from_namespace(t);
	if (t->n)
		qsort(t->v, t->n, sizeof(*t->v), compare);
	return r;
}

int engine_top(const struct top_request *q, struct out *o, struct err *err)
{
	LIVING_CLEANUP struct living c = LIVING_NONE;
	CLOSE_FD int proc = -1;
	struct arena a;
	struct top t = {.a = &a, .c = &c, .err = err};
	int r = arena_init(&a);

	if (r < 0)
		return err_set(err, -r, "cannot allocate memory");
	r = living_open(q->name, &a, &c, err);
	if (r == 0) {
		proc = procfs_open("/proc", err);
		t.proc = proc;
		r = MIN(proc, 0);
	}
	if (r == 0)
		r = collect(&t, err);
	if (r == 0)
		print(&t, q, o);
	free(t.passwd);
	free(t.uid_map);
	arena_free(&a);
	return r;
}
