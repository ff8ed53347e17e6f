// SPDX-License-Identifier: Apache-2.0
/*
 * What is read depends on what is asked. The membership of every process is always read: it
 * gives the list, NPROCS and the lowest PID. stat, owner and command line are read only for
 * the processes that become rows, owners and parents only for the columns and trees that
 * show them.
 *
 * struct view holds one run: the graph, the details read so far, and which row of the table
 * each process and namespace got, for the trees.
 */
#include "nslist.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "filter.h"
#include "macros.h"
#include "names.h"
#include "parse.h"
#include "procfs.h"

static const struct {
	const char *name, *help;
	unsigned flags, width;
	enum table_json_type type;
} columns[LSNS_COLUMNS] = {
	[LSNS_NS] = {"NS", "namespace identifier (inode number)", COLUMN_RIGHT, 10, TABLE_NUMBER},
	[LSNS_TYPE] = {"TYPE", "kind of namespace", 0, 5, TABLE_STRING},
	[LSNS_PATH] = {"PATH", "path to the namespace", 0, 0, TABLE_STRING},
	[LSNS_NPROCS] = {"NPROCS", "number of processes in the namespace", COLUMN_RIGHT, 5,
			 TABLE_NUMBER},
	[LSNS_PID] = {"PID", "lowest PID in the namespace", COLUMN_RIGHT, 5, TABLE_NUMBER},
	[LSNS_PPID] = {"PPID", "PPID of the PID", COLUMN_RIGHT, 5, TABLE_NUMBER},
	[LSNS_COMMAND] = {"COMMAND", "command line of the PID", COLUMN_TRUNCATE, 0, TABLE_STRING},
	[LSNS_UID] = {"UID", "UID of the PID", COLUMN_RIGHT, 0, TABLE_NUMBER},
	[LSNS_USER] = {"USER", "username of the PID", 0, 0, TABLE_STRING},
	[LSNS_NETNSID] = {"NETNSID", "namespace ID as used by network subsystem", COLUMN_RIGHT, 0,
			  TABLE_STRING},
	[LSNS_NSFS] = {"NSFS", "nsfs mountpoint (usually used network subsystem)", COLUMN_LINES, 0,
		       TABLE_STRING},
	[LSNS_PNS] = {"PNS", "parent namespace identifier (inode number)", COLUMN_RIGHT, 10,
		      TABLE_NUMBER},
	[LSNS_ONS] = {"ONS", "owner namespace identifier (inode number)", COLUMN_RIGHT, 10,
		      TABLE_NUMBER},
};

static const struct name trees[] = {{"process", LSNS_TREE_PROCESS},
				    {"owner", LSNS_TREE_OWNER},
				    {"parent", LSNS_TREE_PARENT},
				    {NULL, 0}};

int lsns_tree_from_name(const char *name)
{
	int64_t tree;

	return name_to_value(trees, name, &tree) ? (int)tree : -1;
}

enum { MOST_COLUMNS = 2 * LSNS_COLUMNS };
#define NO_ROW TABLE_NO_PARENT

/* Of one process, read when a row shows it. */
struct details {
	bool stat_read, uid_read, command_read;
	int32_t ppid; /* -1: gone */
	uint32_t uid; /* UINT32_MAX: gone */
	char *command;
	size_t row; /* its latest row */
};

struct view {
	const struct lsns_request *request;
	enum lsns_tree tree;
	enum lsns_column column[MOST_COLUMNS];
	struct table_column shown[MOST_COLUMNS];
	size_t n_columns;
	struct filter *filter; /* NULL: all rows */
	struct ns_graph graph;
	struct details *details; /* parallel to graph.processes */
	size_t *node_row;        /* parallel to graph.nodes: trees of namespaces */
	struct table table;
};

static void view_free(struct view *v)
{
	for (size_t i = 0; v->details && i < v->graph.n_processes; i++)
		free(v->details[i].command);
	free(v->details);
	free(v->node_row);
	table_free(&v->table);
	filter_free(v->filter);
	ns_graph_free(&v->graph);
}

/* Is it shown or filtered by? */
static bool needs(const struct view *v, enum lsns_column c)
{
	for (size_t i = 0; i < v->n_columns; i++)
		if (v->column[i] == c)
			return true;
	return filter_uses(v->filter, (int)c);
}

static int add_column(struct view *v, enum lsns_column c, struct err *err)
{
	if (v->n_columns == MOST_COLUMNS)
		return err_set(err, 0, "more than %d columns", MOST_COLUMNS);
	v->column[v->n_columns++] = c;
	return 0;
}

static int column_from_name(const char *wanted, struct err *err)
{
	const char *names[LSNS_COLUMNS + 1] = {NULL};
	char upper[32] = "";
	const char *near;
	for (int c = 0; c < LSNS_COLUMNS; c++) {
		names[c] = columns[c].name;
		if (strcasecmp(columns[c].name, wanted) == 0)
			return c;
	}
	err_set(err, 0, "unknown column '%s'", wanted);
	for (size_t i = 0; wanted[i] && i < sizeof(upper) - 1; i++)
		upper[i] =
			wanted[i] >= 'a' && wanted[i] <= 'z' ? (char)(wanted[i] - 32) : wanted[i];
	near = nearest_name(upper, names);
	if (near)
		err_remedy(err, "did you mean '%s'?", near);
	else
		err_remedy(err, "--list-columns shows them all");
	return -EINVAL;
}

static void default_columns(struct view *v)
{
	static const enum lsns_column of_processes[] = {LSNS_PID, LSNS_PPID, LSNS_USER,
							LSNS_COMMAND};
	static const enum lsns_column plain[] = {LSNS_NS, LSNS_TYPE, LSNS_NPROCS, LSNS_PID,
						 LSNS_USER};

	if (v->request->output_all) {
		for (int c = 0; c < LSNS_COLUMNS; c++)
			v->column[v->n_columns++] = (enum lsns_column)c;
	} else if (v->request->inode) {
		memcpy(v->column, of_processes, sizeof(of_processes));
		v->n_columns = ARRAY_SIZE(of_processes);
	} else {
		memcpy(v->column, plain, sizeof(plain));
		v->n_columns = ARRAY_SIZE(plain);
		if (v->request->types & 1U << NAMESPACE_NET) {
			v->column[v->n_columns++] = LSNS_NETNSID;
			v->column[v->n_columns++] = LSNS_NSFS;
		}
		v->column[v->n_columns++] = LSNS_COMMAND;
	}
}

static int choose_columns(struct view *v, struct err *err)
{
	const char *list = v->request->output, *field;
	size_t len;

	if (!list || *list == '+')
		default_columns(v);
	list += list && *list == '+';
	while (list && next_field(&list, ',', &field, &len)) {
		char name[32];
		int c;

		snprintf(name, sizeof(name), "%.*s", (int)len, field);
		c = column_from_name(name, err);
		if (c < 0 || add_column(v, (enum lsns_column)c, err) < 0)
			return -EINVAL;
	}
	return 0;
}

static int resolve_column(void *context UNUSED, const char *name, enum filter_type *ret_type,
			  struct err *err)
{
	int c = column_from_name(name, err);

	if (c >= 0)
		*ret_type = columns[c].type == TABLE_NUMBER ? FILTER_NUMBER : FILTER_TEXT;
	return c;
}

/* A list of namespaces is a tree of processes by default; not when all columns are asked. */
static enum lsns_tree choose_tree(const struct lsns_request *r)
{
	if (r->tree != LSNS_TREE_DEFAULT)
		return r->tree;
	return r->output_all && !r->inode ? LSNS_LIST : LSNS_TREE_PROCESS;
}

static void init_table(struct view *v)
{
	bool of_namespaces = v->tree == LSNS_TREE_OWNER || v->tree == LSNS_TREE_PARENT;

	for (size_t i = 0; i < v->n_columns; i++) {
		enum lsns_column c = v->column[i];
		unsigned flags = columns[c].flags;

		if (v->request->no_truncate)
			flags &= ~(unsigned)COLUMN_TRUNCATE;
		if (v->request->no_wrap)
			flags &= ~(unsigned)COLUMN_LINES;
		if (v->tree == LSNS_TREE_PROCESS && c == LSNS_COMMAND)
			flags |= COLUMN_TREE;
		if (of_namespaces && c == LSNS_NS)
			flags = (flags | COLUMN_TREE) & ~(unsigned)COLUMN_RIGHT;
		v->shown[i] = (struct table_column){columns[c].name, flags, columns[c].width,
						    columns[c].type};
	}
	table_init(&v->table, v->shown, v->n_columns);
}

static struct details *details_of(struct view *v, const struct ns_process *p)
{
	return &v->details[p - v->graph.processes];
}

static int32_t ppid_of(struct view *v, const struct ns_process *p)
{
	struct details *d = details_of(v, p);
	struct proc_stat st;

	if (!d->stat_read) {
		d->stat_read = true;
		d->ppid = procfs_stat(v->graph.proc, p->pid, &st) < 0 ? -1 : st.ppid;
	}
	return d->ppid;
}

static uint32_t uid_of(struct view *v, const struct ns_process *p)
{
	struct details *d = details_of(v, p);

	if (!d->uid_read) {
		d->uid_read = true;
		if (procfs_uid(v->graph.proc, p->pid, &d->uid) < 0)
			d->uid = UINT32_MAX;
	}
	return d->uid;
}

static const char *command_of(struct view *v, const struct ns_process *p)
{
	struct details *d = details_of(v, p);

	if (!d->command_read) {
		d->command_read = true;
		procfs_command(v->graph.proc, p->pid, &d->command);
	}
	return d->command;
}

static void put_user(uint32_t uid, bool by_name, struct out *text)
{
	char name[64];

	if (uid == UINT32_MAX)
		return;
	if (by_name)
		user_name(uid, name, sizeof(name));
	else
		snprintf(name, sizeof(name), "%u", uid);
	out_puts(text, name);
}

/* What every namespace has. */
static void put_of_namespace(const struct ns_node *node, enum lsns_column c, struct out *text)
{
	if (c == LSNS_NS)
		out_printf(text, "%llu", (unsigned long long)node->inode);
	else if (c == LSNS_TYPE)
		out_puts(text, namespace_infos[node->type].name);
	else if (c == LSNS_NPROCS)
		out_printf(text, "%u", node->n_processes);
	else if (c == LSNS_PNS)
		out_printf(text, "%llu", (unsigned long long)node->parent);
	else if (c == LSNS_ONS)
		out_printf(text, "%llu", (unsigned long long)node->owner);
	else if (c == LSNS_NETNSID && node->netnsid >= 0)
		out_printf(text, "%d", node->netnsid);
	else if (c == LSNS_NETNSID && node->netnsid == NETNSID_UNASSIGNED)
		out_puts(text, "unassigned");
	else if (c == LSNS_NSFS && node->paths)
		out_puts(text, node->paths);
}

/* What a row's process has. */
static void put_of_process(struct view *v, const struct ns_node *node, const struct ns_process *p,
			   enum lsns_column c, struct out *text)
{
	if (c == LSNS_PATH)
		out_printf(text, "/proc/%d/ns/%s", p->pid, namespace_infos[node->type].name);
	else if (c == LSNS_PID)
		out_printf(text, "%d", p->pid);
	else if (c == LSNS_PPID && ppid_of(v, p) >= 0)
		out_printf(text, "%d", ppid_of(v, p));
	else if (c == LSNS_COMMAND && command_of(v, p))
		out_puts(text, command_of(v, p));
}

/* A row: a namespace, and the process that stands for it (NULL: none). */
struct subject {
	struct view *view;
	uint32_t node;
	const struct ns_process *process;
	struct out text; /* of the cell asked last */
};

/* The text of a cell, NULL: empty. Also the filter's way to its columns. */
static const char *cell_text(void *context, int column)
{
	struct subject *s = context;
	const struct ns_node *node = &s->view->graph.nodes[s->node];
	enum lsns_column c = (enum lsns_column)column;

	s->text.len = 0;
	if (c == LSNS_UID || c == LSNS_USER)
		put_user(s->process ? uid_of(s->view, s->process) : node->owner_uid, c == LSNS_USER,
			 &s->text);
	else
		put_of_namespace(node, c, &s->text);
	if (s->process)
		put_of_process(s->view, node, s->process, c, &s->text);
	if (c == LSNS_NSFS && s->view->request->no_wrap)
		for (size_t i = 0; i < s->text.len; i++)
			if (s->text.text[i] == '\n')
				s->text.text[i] = ',';
	return s->text.len ? s->text.text : NULL;
}

static const struct ns_process *parent_of(struct view *v, const struct ns_process *p)
{
	int32_t ppid = p ? ppid_of(v, p) : -1;

	return ppid > 0 ? ns_graph_process(&v->graph, ppid) : NULL;
}

static size_t parent_row(struct view *v, uint32_t node, const struct ns_process *p)
{
	const struct ns_node *n = &v->graph.nodes[node];
	uint32_t up;

	if (v->tree == LSNS_TREE_PROCESS) {
		const struct ns_process *parent = parent_of(v, p);

		return parent ? details_of(v, parent)->row : NO_ROW;
	}
	if (v->tree == LSNS_LIST)
		return NO_ROW;
	up = ns_graph_find(&v->graph, v->tree == LSNS_TREE_OWNER ? n->owner : n->parent);
	return up == NO_NS ? NO_ROW : v->node_row[up];
}

static void add_row(struct view *v, uint32_t node, const struct ns_process *p)
{
	struct subject s = {v, node, p, {0}};
	size_t row;

	if (v->filter && !filter_match(v->filter, cell_text, &s)) {
		out_free(&s.text);
		return;
	}
	row = table_add_row(&v->table, parent_row(v, node, p));
	for (size_t i = 0; i < v->n_columns; i++)
		table_set(&v->table, row, i, cell_text(&s, (int)v->column[i]));
	if (v->tree == LSNS_TREE_OWNER || v->tree == LSNS_TREE_PARENT)
		v->node_row[node] = row;
	else if (p)
		details_of(v, p)->row = row;
	out_free(&s.text);
}

static void show_namespace(struct view *v, uint32_t node)
{
	const struct ns_node *n = &v->graph.nodes[node];
	uint32_t owner = ns_graph_find(&v->graph, n->owner),
		 parent = ns_graph_find(&v->graph, n->parent);
	uint32_t first = NO_NS;

	/* What is above it in the tree comes first. */
	if (v->tree == LSNS_TREE_OWNER)
		first = owner;
	else if (v->tree == LSNS_TREE_PARENT)
		first = parent != NO_NS ? parent : owner;
	if (first != NO_NS && first != node && v->node_row[first] == NO_ROW)
		show_namespace(v, first);
	add_row(v, node, n->pid ? ns_graph_process(&v->graph, n->pid) : NULL);
}

struct order {
	uint64_t inode;
	uint32_t node;
};

static int compare_order(const void *a, const void *b)
{
	uint64_t x = ((const struct order *)a)->inode, y = ((const struct order *)b)->inode;

	return x < y ? -1 : x > y;
}

static int no_task(const struct view *v, struct err *err)
{
	int32_t pid = v->request->task;
	uint32_t uid;

	if (procfs_uid(v->graph.proc, pid, &uid) < 0)
		return err_set(err, 0, "no process '%d'", pid);
	err_set(err, EACCES, "cannot look at process '%d'", pid);
	return err_remedy(
		err, "it belongs to another user, or has more rights than you; run it as root");
}

static int show_namespaces(struct view *v, struct err *err)
{
	const struct lsns_request *r = v->request;
	const struct ns_process *task = r->task ? ns_graph_process(&v->graph, r->task) : NULL;
	FREE_PTR struct order *order = calloc(v->graph.n_nodes + 1, sizeof(*order));

	if (!order)
		return -ENOMEM;
	if (r->task && !task)
		return no_task(v, err);
	for (size_t i = 0; i < v->graph.n_nodes; i++)
		order[i] = (struct order){v->graph.nodes[i].inode, (uint32_t)i};
	qsort(order, v->graph.n_nodes, sizeof(*order), compare_order);
	for (size_t i = 0; i < v->graph.n_nodes; i++) {
		const struct ns_node *n = &v->graph.nodes[order[i].node];

		if (r->types && !(r->types & 1U << n->type))
			continue;
		if (task && task->node[n->type] != order[i].node)
			continue;
		if (r->persistent && n->n_processes)
			continue;
		if (v->node_row[order[i].node] == NO_ROW)
			show_namespace(v, order[i].node);
	}
	return 0;
}

/* A process below its parent, when that is in the same namespace: those above it first. */
static void show_process(struct view *v, uint32_t node, const struct ns_process *p)
{
	enum namespace_type type = v->graph.nodes[node].type;
	const struct ns_process **chain = NULL;
	size_t n = 0;

	while (p && details_of(v, p)->row == NO_ROW && p->node[type] == node &&
	       n <= v->graph.n_processes) {
		if ((n & (n - 1)) == 0) { /* full at every power of two */
			void *more = realloc(chain, (n ? 2 * n : 1) * sizeof(const struct ns_process *));

			if (!more)
				out_of_memory();
			chain = more;
		}
		chain[n++] = p;
		p = v->tree == LSNS_TREE_PROCESS ? parent_of(v, p) : NULL;
	}
	while (n > 0)
		add_row(v, node, chain[--n]);
	free(chain);
}

static int show_processes(struct view *v, struct err *err)
{
	uint32_t node = ns_graph_find(&v->graph, v->request->inode);
	const struct ns_graph *g = &v->graph;

	if (node == NO_NS)
		return err_set(err, 0, "no namespace '%llu'",
			       (unsigned long long)v->request->inode);
	for (size_t i = 0; i < g->n_processes; i++)
		if (g->processes[i].node[g->nodes[node].type] == node &&
		    v->details[i].row == NO_ROW &&
		    ppid_of(v, &g->processes[i]) >= 0) /* not gone since */
			show_process(v, node, &g->processes[i]);
	return 0;
}

/* Namespaces without processes matter for the list of all, not for those of one process. */
static void read_held(struct view *v)
{
	bool all = !v->request->task && !v->request->inode;

	if (all || needs(v, LSNS_NSFS))
		ns_graph_read_mounts(&v->graph);
	if (all)
		ns_graph_read_descriptors(&v->graph);
	if (v->request->inode && ns_graph_find(&v->graph, v->request->inode) == NO_NS) {
		ns_graph_read_mounts(&v->graph);
		ns_graph_read_descriptors(&v->graph);
	}
}

static int read_graph(struct view *v, struct err *err)
{
	bool tree = v->tree == LSNS_TREE_OWNER || v->tree == LSNS_TREE_PARENT;
	int r;

	v->graph.ask_netnsid = needs(v, LSNS_NETNSID);
	r = ns_graph_read_processes(&v->graph);
	if (r < 0)
		return err_set(err, -r, "cannot read '%s'",
			       v->request->proc ? v->request->proc : "/proc");
	if (v->graph.n_processes == 0 && v->graph.n_refused == 0) {
		err_set(err, 0, "'%s' shows no processes",
			v->request->proc ? v->request->proc : "/proc");
		return err_remedy(err,
				  "it is no proc file system; mount one: mount -t proc proc /proc");
	}
	read_held(v);
	if (v->graph.ask_netnsid)
		ns_graph_ask_netnsids(&v->graph);
	if (tree || needs(v, LSNS_PNS) || needs(v, LSNS_ONS))
		ns_graph_relate(&v->graph, tree);
	v->details = calloc(v->graph.n_processes + 1, sizeof(*v->details));
	v->node_row = calloc(v->graph.n_nodes + 1, sizeof(*v->node_row));
	if (!v->details || !v->node_row)
		return err_set(err, ENOMEM, "cannot list namespaces");
	for (size_t i = 0; i < v->graph.n_processes; i++)
		v->details[i].row = NO_ROW;
	for (size_t i = 0; i < v->graph.n_nodes; i++)
		v->node_row[i] = NO_ROW;
	return 0;
}

/* Columns, filter and tree, all before anything is read. */
static int prepare(struct view *v, struct err *err)
{
	const struct lsns_request *r = v->request;

	/* Mount namespaces are read in any case: they lead to bind mounts of the others. */
	v->graph.types = r->types ? r->types | 1U << NAMESPACE_MNT : NS_ALL_TYPES;
	if (r->relate)
		v->graph.relate = r->relate;
	v->tree = choose_tree(r);
	if (r->filter && filter_parse(r->filter, resolve_column, v, &v->filter, err) < 0)
		return -EINVAL;
	if (choose_columns(v, err) < 0)
		return -EINVAL;
	init_table(v);
	return 0;
}

int lsns(const struct lsns_request *request, struct out *o, struct err *err)
{
	__attribute__((cleanup(view_free))) struct view v = {.request = request};
	CLOSE_FD int proc = procfs_open(request->proc ? request->proc : "/proc", err);
	int r;

	ns_graph_init(&v.graph, proc, NS_ALL_TYPES);
	r = proc < 0 ? proc : prepare(&v, err);
	if (r == 0)
		r = read_graph(&v, err);
	if (r == 0)
		r = request->inode ? show_processes(&v, err) : show_namespaces(&v, err);
	if (r == 0)
		table_print(&v.table, &request->style, o);
	return r;
}

void lsns_list_columns(const struct lsns_request *request, struct out *o)
{
	static const struct table_column shape[] = {{"HOLDER", COLUMN_RIGHT, 0, TABLE_STRING},
						    {"TYPE", 0, 0, TABLE_STRING},
						    {"DESCRIPTION", 0, 0, TABLE_STRING}};
	struct table_style style = request->style;
	TABLE_CLEANUP struct table t;

	table_init(&t, shape, ARRAY_SIZE(shape));
	for (int c = 0; c < LSNS_COLUMNS; c++) {
		size_t row = table_add_row(&t, TABLE_NO_PARENT);

		table_set(&t, row, 0, columns[c].name);
		table_set(&t, row, 1, columns[c].type == TABLE_NUMBER ? "<integer>" : "<string>");
		table_set(&t, row, 2, columns[c].help);
	}
	style.name = "lsns-columns";
	style.no_headings = true;
	table_print(&t, &style, o);
}
