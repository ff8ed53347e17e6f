// SPDX-License-Identifier: Apache-2.0
#include "idwords.h"

#include <stdio.h>
#include <string.h>
#include "file.h"
#include "macros.h"
#include "parse.h"
#include "procfs.h"

const struct table_column id_columns[] = {
	{"KIND", 0, 0, TABLE_STRING},
	{"INSIDE", COLUMN_RIGHT, 0, TABLE_NUMBER},
	{"OUTSIDE", COLUMN_RIGHT, 0, TABLE_NUMBER},
	{"COUNT", COLUMN_RIGHT, 0, TABLE_NUMBER},
};

static const char *path_of(char *buf, size_t size, int32_t pid, const char *name)
{
	if (pid)
		return procfs_path(buf, size, pid, name);
	snprintf(buf, size, "self/%s", name);
	return buf;
}

static int read_map(int proc, int32_t pid, const char *name, struct id_map *ret, struct err *err)
{
	char path[PROCFS_PATH_SIZE];
	FREE_PTR char *text = NULL;
	ssize_t n = read_file_at(proc, path_of(path, sizeof(path), pid, name), 1 << 20, &text);
	const char *at = text;
	struct id_range r;
	int used;

	if (n < 0)
		return err_set(err, (int)-n, "cannot read the %s of process '%d'", name, pid);
	ret->n = 0;
	while (ret->n < ARRAY_SIZE(ret->ranges) &&
	       sscanf(at, "%u %u %u%n", &r.inside, &r.outside, &r.count, &used) == 3) {
		ret->ranges[ret->n++] = r;
		at += used;
	}
	return 0;
}

static uint32_t read_overflow(int proc, const char *path)
{
	char text[32];
	uint64_t id;

	if (read_line_at(proc, path, text, sizeof(text)) < 0 ||
	    parse_u64(text, 0, UINT32_MAX, &id) < 0)
		return 65534;
	return (uint32_t)id;
}

/* A map is shown as seen by who reads it; by a member of the same namespace, its parent's ids
 * are (user_namespaces(7)). */
static bool same_user_namespace(int proc, int32_t pid)
{
	char path[PROCFS_PATH_SIZE], own[64], its[64];

	return !pid || (read_link_at(proc, "self/ns/user", own, sizeof(own)) > 0 &&
			read_link_at(proc, path_of(path, sizeof(path), pid, "ns/user"), its,
				     sizeof(its)) > 0 &&
			strcmp(own, its) == 0);
}

int id_view_read(int proc, int32_t pid, struct id_view *ret, struct err *err)
{
	char path[PROCFS_PATH_SIZE], text[16];
	FREE_PTR char *status = NULL;
	const char *line;

	if (read_map(proc, pid, "uid_map", &ret->uid, err) < 0 ||
	    read_map(proc, pid, "gid_map", &ret->gid, err) < 0)
		return err ? -MAX(err->code, 1) : -EIO;
	ret->setgroups_denied = read_line_at(proc, path_of(path, sizeof(path), pid, "setgroups"),
					     text, sizeof(text)) > 0 &&
				strcmp(text, "deny") == 0;
	ret->overflow_uid = read_overflow(proc, "sys/kernel/overflowuid");
	ret->overflow_gid = read_overflow(proc, "sys/kernel/overflowgid");
	ret->outside_is_parent = same_user_namespace(proc, pid);
	ret->own_uid = UINT32_MAX;
	if (read_file_at(proc, path_of(path, sizeof(path), pid, "status"), 1 << 20, &status) > 0) {
		line = strstr(status, "\nUid:");
		if (line)
			sscanf(line, "\nUid:%*u%u", &ret->own_uid);
	}
	return 0;
}

bool id_map_is_identity(const struct id_map *m)
{
	return m->n == 1 && m->ranges[0].inside == 0 && m->ranges[0].outside == 0 &&
	       m->ranges[0].count == UINT32_MAX;
}

bool id_map_inside(const struct id_map *m, uint32_t outside, uint32_t *ret)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct id_range *r = &m->ranges[i];

		if (outside >= r->outside && outside - r->outside < r->count) {
			*ret = r->inside + (outside - r->outside);
			return true;
		}
	}
	return false;
}

static void add_rows(const struct id_map *m, const char *kind, struct table *t)
{
	for (size_t i = 0; i < m->n; i++) {
		size_t row = table_add_row(t, TABLE_NO_PARENT);

		table_set(t, row, 0, kind);
		table_setf(t, row, 1, "%u", m->ranges[i].inside);
		table_setf(t, row, 2, "%u", m->ranges[i].outside);
		table_setf(t, row, 3, "%u", m->ranges[i].count);
	}
}

void id_table(const struct id_view *v, struct table *t)
{
	add_rows(&v->uid, "uid", t);
	add_rows(&v->gid, "gid", t);
}

static void own_words(const struct id_view *v, struct out *o)
{
	uint32_t inside;

	if (v->own_uid == UINT32_MAX || v->outside_is_parent)
		return;
	if (id_map_inside(&v->uid, v->own_uid, &inside))
		out_printf(o, "The process runs as uid %u, which is %u inside.\n", v->own_uid,
			   inside);
	else
		out_printf(o,
			   "The process runs as uid %u, which has no number inside: there it sees "
			   "itself as %u.\n",
			   v->own_uid, v->overflow_uid);
}

void id_words(const struct id_view *v, struct out *o)
{
	if (id_map_is_identity(&v->uid) && id_map_is_identity(&v->gid)) {
		out_printf(o, "Every id is itself: the map is full, so no id shows as %u.\n",
			   v->overflow_uid);
		return;
	}
	if (v->uid.n == 0) {
		out_printf(o,
			   "No uid map has been written: every user shows as %u, and becoming "
			   "another fails.\n",
			   v->overflow_uid);
	} else {
		out_printf(o, "OUTSIDE is the number in %s.\n",
			   v->outside_is_parent ? "the parent user namespace"
						: "the user namespace that you are in");
		own_words(v, o);
	}
	if (v->gid.n == 0)
		out_printf(o, "No gid map has been written: every group shows as %u.\n",
			   v->overflow_gid);
	out_printf(o,
		   "An id without a line above has no number inside. Files and processes of such "
		   "an id show as %u\n"
		   "(/proc/sys/kernel/overflowuid; groups: %u). That is only how it is shown: the "
		   "kernel keeps the real\n"
		   "owner, nobody inside can change such a file's owner, and chown to such an id "
		   "fails.\n",
		   v->overflow_uid, v->overflow_gid);
	if (v->setgroups_denied)
		out_puts(o, "setgroups is denied: the gid map was written without privilege, so "
			    "supplementary groups\n"
			    "cannot be changed; those from outside stay, and show as unmapped.\n");
}
