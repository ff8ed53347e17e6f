// SPDX-License-Identifier: Apache-2.0
/*
 * Each side (the caller or a target) is read into a struct side first; then one of three
 * forms is written from one or two of them: tell_here, tell_one, tell_two. The tables are the
 * same for people and for JSON; people get sentences besides.
 */
#include "nstell.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "idwords.h"
#include "macros.h"
#include "mountwords.h"
#include "procfs.h"
#include "target.h"

/* User first: it owns the others. */
static const enum namespace_type order[NAMESPACE_TYPES] = {
	NAMESPACE_USER, NAMESPACE_MNT, NAMESPACE_PID,    NAMESPACE_NET,
	NAMESPACE_IPC,  NAMESPACE_UTS, NAMESPACE_CGROUP, NAMESPACE_TIME,
};

struct side {
	struct target target;
	struct membership m;
	int32_t pid;          /* 0: the caller */
	uint32_t n_processes; /* of a namespace alone */
	char *command;        /* owned; NULL: not known */
};

struct telling {
	const struct nstell_request *request;
	struct membership_source source;
	struct target_names names;
	struct membership *members; /* parallel to names */
	struct side side[2];
	struct out *o;
};

static void side_free(struct side *s)
{
	target_close(&s->target);
	free(s->command);
}

static bool is_alone(const struct side *s)
{
	return s->target.ns_fd >= 0;
}

/* The processes of a namespace that was given by itself. */
static void read_members(const struct telling *t, struct side *s)
{
	NS_GRAPH_CLEANUP struct ns_graph g;
	uint32_t at;

	ns_graph_init(&g, t->source.proc, 1U << s->target.ns_type);
	if (ns_graph_read_processes(&g) < 0)
		return;
	at = ns_graph_find(&g, s->m.ns[s->target.ns_type].inode);
	if (at == NO_NS)
		return;
	s->n_processes = g.nodes[at].n_processes;
	s->pid = g.nodes[at].pid;
}

static int read_side(struct telling *t, const char *target, struct side *s, struct err *err)
{
	int r;

	if (target) {
		r = target_resolve(target, &s->target, err);
		if (r < 0)
			return r;
		s->pid = s->target.pid;
	}
	if (is_alone(s)) {
		r = membership_of_file(&t->source, s->target.ns_fd, s->target.ns_type, &s->m, err);
		if (r < 0)
			return r;
		read_members(t, s);
	} else {
		r = membership_read(&t->source, s->pid, &s->m, err);
		if (r < 0)
			return r;
	}
	if (s->pid)
		procfs_command(t->source.proc, s->pid, &s->command);
	return 0;
}

static const char *place_name(enum ns_place place)
{
	return place == PLACE_INITIAL ? "initial" : place == PLACE_OWN ? "own" : "unknown";
}

/* Where each container is; it is gone again when nothing is present. */
static void read_names(struct telling *t)
{
	target_names_read(&t->names);
	t->members = calloc(t->names.n + 1, sizeof(*t->members));
	for (size_t i = 0; t->members && i < t->names.n; i++)
		if (t->names.v[i].kind == TARGET_CONTAINER)
			membership_read(&t->source, t->names.v[i].pid, &t->members[i], NULL);
}

/* "netns:blue container:web": the names under which kokon knows a namespace. */
static void put_names(const struct telling *t, enum namespace_type type, const struct ns_member *m,
		      struct out *o)
{
	const char *between = "";

	if (m->place == PLACE_INITIAL) /* a container that shares it does not name it */
		return;
	for (size_t i = 0; t->members && i < t->names.n; i++) {
		const struct target_name *n = &t->names.v[i];
		bool network = n->kind == TARGET_NETNS;
		uint64_t inode = network ? n->inode : t->members[i].ns[type].inode;

		if (inode != m->inode || (network && type != NAMESPACE_NET))
			continue;
		out_printf(o, "%s%s:%s", between, network ? "netns" : "container", n->name);
		between = " ";
	}
}

static void set_inode(struct table *table, size_t row, size_t column, uint64_t inode)
{
	if (inode)
		table_setf(table, row, column, "%llu", (unsigned long long)inode);
}

static const struct table_column here_columns[] = {
	{"TYPE", 0, 0, TABLE_STRING},
	{"NS", COLUMN_RIGHT, 10, TABLE_NUMBER},
	{"PLACE", 0, 0, TABLE_STRING},
	{"APART", COLUMN_TRUNCATE, 0, TABLE_STRING},
};
static const struct table_column one_columns[] = {
	{"TYPE", 0, 0, TABLE_STRING},
	{"NS", COLUMN_RIGHT, 10, TABLE_NUMBER},
	{"PLACE", 0, 0, TABLE_STRING},
	{"OWNER", COLUMN_RIGHT, 10, TABLE_NUMBER},
	{"PARENT", COLUMN_RIGHT, 10, TABLE_NUMBER},
	{"USER", 0, 0, TABLE_STRING}, /* who made the owning user namespace */
	{"NAME", 0, 0, TABLE_STRING},
};
static const struct table_column pid_columns[] = {
	{"PID", COLUMN_RIGHT, 0, TABLE_NUMBER},
	{"NS", COLUMN_RIGHT, 10, TABLE_NUMBER},
	{"PLACE", 0, 0, TABLE_STRING},
};

static void here_table(const struct side *s, struct table *table)
{
	for (int i = 0; i < NAMESPACE_TYPES; i++) {
		const struct ns_member *m = &s->m.ns[order[i]];
		size_t row;

		if (!m->present)
			continue;
		row = table_add_row(table, TABLE_NO_PARENT);
		table_set(table, row, 0, namespace_infos[order[i]].name);
		set_inode(table, row, 1, m->inode);
		table_set(table, row, 2, place_name(m->place));
		table_set(table, row, 3, namespace_infos[order[i]].purpose);
	}
}

static void one_table(const struct telling *t, const struct side *s, struct table *table)
{
	OUT_CLEANUP struct out names = {0};

	for (int i = 0; i < NAMESPACE_TYPES; i++) {
		const struct ns_member *m = &s->m.ns[order[i]];
		char user[64];
		size_t row;

		if (!m->present)
			continue;
		row = table_add_row(table, TABLE_NO_PARENT);
		table_set(table, row, 0, namespace_infos[order[i]].name);
		set_inode(table, row, 1, m->inode);
		table_set(table, row, 2, place_name(m->place));
		set_inode(table, row, 3, m->owner);
		set_inode(table, row, 4, m->parent);
		if (m->owner || order[i] == NAMESPACE_USER) {
			user_name(m->owner_uid, user, sizeof(user));
			table_set(table, row, 5, user);
		}
		names.len = 0;
		put_names(t, order[i], m, &names);
		table_set(table, row, 6, names.len ? names.text : NULL);
	}
}

static void pid_table(const struct side *s, struct table *table)
{
	for (size_t i = 0; i < s->m.n_pids; i++) {
		size_t row = table_add_row(table, TABLE_NO_PARENT);

		table_setf(table, row, 0, "%d", s->m.pids[i]);
		set_inode(table, row, 1, s->m.pid_ns[i]);
		if (s->m.pid_ns[i])
			table_set(table, row, 2,
				  place_name(s->m.pid_ns[i] == ns_initial_inode(NAMESPACE_PID)
						     ? PLACE_INITIAL
						     : PLACE_OWN));
	}
}

/* "Initial: user, time." */
static void put_list(const struct side *s, enum ns_place place, const char *heading, struct out *o)
{
	const char *between = heading;

	for (int i = 0; i < NAMESPACE_TYPES; i++) {
		const struct ns_member *m = &s->m.ns[order[i]];

		if (!m->present || m->place != place)
			continue;
		out_printf(o, "%s%s", between, namespace_infos[order[i]].name);
		between = ", ";
	}
	if (between != heading)
		out_puts(o, ".\n");
}

static size_t count_places(const struct side *s, enum ns_place place)
{
	size_t n = 0;

	for (int t = 0; t < NAMESPACE_TYPES; t++)
		n += s->m.ns[t].present && s->m.ns[t].place == place;
	return n;
}

static void here_words(const struct side *s, struct out *o)
{
	size_t own = count_places(s, PLACE_OWN), unknown = count_places(s, PLACE_UNKNOWN);

	out_puts(o, "\n");
	if (own == 0 && unknown == 0)
		out_puts(o, "You are on the host itself: every namespace is the one that the "
			    "kernel started with.\n");
	put_list(s, PLACE_OWN, "You are apart from the host in: ", o);
	if (own)
		put_list(s, PLACE_INITIAL, "You share with the host: ", o);
	put_list(s, PLACE_UNKNOWN, "Not known: ", o);
	if (unknown)
		out_puts(o, "  before Linux 6.18 the initial one has no fixed number; root on the "
			    "host can compare with process 2.\n");
	if (s->m.n_pids > 1)
		out_printf(
			o,
			"Your process number is %d here and %d in the innermost PID namespace.\n",
			s->m.pids[0], s->m.pids[s->m.n_pids - 1]);
}

/* A table under a key of the JSON document, or with a heading for people. */
static void put_table(const struct telling *t, const char *key, const char *heading,
		      const struct table *table)
{
	if (t->request->json) {
		out_printf(t->o, ",\n   \"%s\": ", key);
		table_put_json(table, 3, t->o);
		return;
	}
	if (heading)
		out_printf(t->o, "\n%s\n", heading);
	table_print(table, &t->request->style, t->o);
}

static int put_mounts(const struct telling *t, const struct side *s, struct err *err)
{
	TABLE_CLEANUP struct table table;
	int r;

	table_init(&table, mount_columns, N_MOUNT_COLUMNS);
	r = mount_table(t->source.proc, s->pid, s->m.ns[NAMESPACE_MNT].inode, &table, err);
	if (r < 0)
		return r;
	put_table(t, "mounts", "Mounts:", &table);
	if (!t->request->json)
		out_puts(t->o, mount_legend);
	return 0;
}

static int put_ids(const struct telling *t, const struct side *s, struct err *err)
{
	TABLE_CLEANUP struct table table;
	struct id_view view;
	int r;

	table_init(&table, id_columns, N_ID_COLUMNS);
	r = id_view_read(t->source.proc, s->pid, &view, err);
	if (r < 0)
		return r;
	id_table(&view, &table);
	put_table(t, "ids", "Ids:", &table);
	if (!t->request->json) {
		id_words(&view, t->o);
		return 0;
	}
	out_printf(
		t->o,
		",\n   \"setgroups\": \"%s\",\n   \"overflow_uid\": %u,\n   \"overflow_gid\": %u",
		view.setgroups_denied ? "deny" : "allow", view.overflow_uid, view.overflow_gid);
	return 0;
}

static int put_details(const struct telling *t, const struct side *s, struct err *err)
{
	int r = 0;

	if (t->request->mounts)
		r = put_mounts(t, s, err);
	if (r == 0 && t->request->ids)
		r = put_ids(t, s, err);
	return r;
}

/* The beginning of a JSON document about one side. */
static void open_json(const struct telling *t, const struct side *s)
{
	out_puts(t->o, "{\n   \"target\": ");
	out_json_string(t->o, t->request->target[0]);
	if (s->pid)
		out_printf(t->o, ",\n   \"pid\": %d", s->pid);
	else
		out_puts(t->o, ",\n   \"pid\": null");
	out_puts(t->o, ",\n   \"command\": ");
	out_json_string(t->o, s->command);
	if (is_alone(s))
		out_printf(t->o, ",\n   \"processes\": %u", s->n_processes);
}

static int tell_here(const struct telling *t, struct err *err)
{
	const struct side *s = &t->side[0];
	TABLE_CLEANUP struct table table;
	int r;

	table_init(&table, here_columns, ARRAY_SIZE(here_columns));
	here_table(s, &table);
	if (t->request->json)
		open_json(t, s);
	put_table(t, "namespaces", NULL, &table);
	if (!t->request->json)
		here_words(s, t->o);
	r = put_details(t, s, err);
	if (t->request->json)
		out_puts(t->o, "\n}\n");
	return r;
}

static void put_title(const struct telling *t, const struct side *s)
{
	if (s->target.kind == TARGET_HOST) {
		out_puts(t->o, "host: the namespaces that kokon runs in\n");
		return;
	}
	if (is_alone(s))
		out_printf(t->o, "%s namespace, %u process%s",
			   namespace_infos[s->target.ns_type].oci, s->n_processes,
			   s->n_processes == 1 ? "" : "es");
	if (is_alone(s) && s->pid)
		out_printf(t->o, "; the first is %d", s->pid);
	else if (!is_alone(s))
		out_printf(t->o, "process %d", s->pid);
	if (s->command) {
		out_puts(t->o, ": ");
		out_safe_text(t->o, s->command, t->request->style.ascii);
	}
	out_puts(t->o, "\n");
}

static int tell_one(const struct telling *t, struct err *err)
{
	const struct side *s = &t->side[0];
	TABLE_CLEANUP struct table table;
	TABLE_CLEANUP struct table pids;
	int r;

	table_init(&table, one_columns, ARRAY_SIZE(one_columns));
	table_init(&pids, pid_columns, ARRAY_SIZE(pid_columns));
	one_table(t, s, &table);
	pid_table(s, &pids);
	if (t->request->json)
		open_json(t, s);
	else
		put_title(t, s);
	put_table(t, "namespaces", NULL, &table);
	if (s->m.n_pids && s->target.kind != TARGET_HOST)
		put_table(t, "pids", "Its number in each PID namespace:", &pids);
	r = put_details(t, s, err);
	if (t->request->json)
		out_puts(t->o, "\n}\n");
	return r;
}

/* How two namespaces of one kind stand to each other. */
static const char *relation(const struct telling *t, enum namespace_type type)
{
	const struct membership *a = &t->side[0].m, *b = &t->side[1].m;
	bool nests = type == NAMESPACE_USER || type == NAMESPACE_PID;

	if (!a->ns[type].present || !b->ns[type].present)
		return NULL;
	if (a->ns[type].inode == b->ns[type].inode)
		return "shared";
	if (nests && membership_is_below(&t->source, a, type, b->ns[type].inode))
		return "different: the first is inside the second";
	if (nests && membership_is_below(&t->source, b, type, a->ns[type].inode))
		return "different: the second is inside the first";
	return "different";
}

static int tell_two(const struct telling *t)
{
	OUT_CLEANUP struct out first = {0};
	OUT_CLEANUP struct out second = {0};
	struct table_column columns[] = {{"TYPE", 0, 0, TABLE_STRING},
					 {"FIRST", COLUMN_RIGHT, 0, TABLE_NUMBER},
					 {"SECOND", COLUMN_RIGHT, 0, TABLE_NUMBER},
					 {"RELATION", 0, 0, TABLE_STRING}};
	struct table_style style = t->request->style;
	TABLE_CLEANUP struct table table;

	if (!t->request->json) {
		out_safe_text(&first, t->request->target[0], style.ascii);
		out_safe_text(&second, t->request->target[1], style.ascii);
		columns[1].name = first.text;
		columns[2].name = second.text;
	}
	table_init(&table, columns, ARRAY_SIZE(columns));
	for (int i = 0; i < NAMESPACE_TYPES; i++) {
		const char *text = relation(t, order[i]);
		size_t row;

		if (!text)
			continue;
		row = table_add_row(&table, TABLE_NO_PARENT);
		table_set(&table, row, 0, namespace_infos[order[i]].name);
		set_inode(&table, row, 1, t->side[0].m.ns[order[i]].inode);
		set_inode(&table, row, 2, t->side[1].m.ns[order[i]].inode);
		table_set(&table, row, 3, text);
	}
	style.name = "namespaces";
	style.format = t->request->json ? TABLE_JSON : TABLE_ALIGNED;
	table_print(&table, &style, t->o);
	return 0;
}

static int check(const struct telling *t, struct err *err)
{
	const struct side *s = &t->side[0];

	if (t->request->target[1] && is_alone(s) && is_alone(&t->side[1]) &&
	    s->target.ns_type != t->side[1].target.ns_type)
		return err_set(err, 0,
			       "'%s' is a %s namespace and '%s' a %s namespace: they have nothing "
			       "to compare",
			       t->request->target[0], namespace_infos[s->target.ns_type].name,
			       t->request->target[1],
			       namespace_infos[t->side[1].target.ns_type].name);
	if (!is_alone(s) || (!t->request->mounts && !t->request->ids))
		return 0;
	if (t->request->mounts && s->target.ns_type != NAMESPACE_MNT) {
		err_set(err, 0, "'%s' is a %s namespace, which has no mounts",
			t->request->target[0], namespace_infos[s->target.ns_type].name);
		return err_remedy(err, "give a process, or a mount namespace");
	}
	if (t->request->ids && s->target.ns_type != NAMESPACE_USER) {
		err_set(err, 0, "'%s' is a %s namespace, which has no id maps",
			t->request->target[0], namespace_infos[s->target.ns_type].name);
		return err_remedy(err, "give a process, or a user namespace");
	}
	if (!s->pid)
		return err_set(err, 0, "'%s' has no process through which its contents can be read",
			       t->request->target[0]);
	return 0;
}

static int tell(struct telling *t, struct err *err)
{
	int r = read_side(t, t->request->target[0], &t->side[0], err);

	if (r == 0 && t->request->target[1])
		r = read_side(t, t->request->target[1], &t->side[1], err);
	if (r == 0)
		r = check(t, err);
	if (r < 0)
		return r;
	read_names(t);
	if (t->request->target[1])
		return tell_two(t);
	return t->request->target[0] ? tell_one(t, err) : tell_here(t, err);
}

int nstell(const struct nstell_request *request, struct out *o, struct err *err)
{
	struct telling t = {.request = request, .source = request->source, .o = o};
	CLOSE_FD int proc = -1;
	int r;

	t.side[0].target = t.side[1].target = (struct target)TARGET_NONE;
	if (t.source.proc < 0) {
		proc = procfs_open("/proc", err);
		if (proc < 0)
			return proc;
		t.source.proc = proc;
	}
	r = tell(&t, err);
	side_free(&t.side[0]);
	side_free(&t.side[1]);
	target_names_free(&t.names);
	free(t.members);
	return r;
}
