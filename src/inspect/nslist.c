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
	ns_graph_free(&v->graph);
}

static bool has_column(const struct view *v, enum lsns_column c)
{
	for (size_t i = 0; i < v->n_columns; i++)
		if (v->column[i] == c)
			return true;
	return false;
}

static int add_column(struct view *v, enum lsns_column c, struct err *err)
{
	if (v->n_columns == MOST_COLUMNS)
		return err_set(err, 0, "more than %d columns", MOST_COLUMNS);
	v->column[v->n_columns++] = c;
	return 0;
}

static int column_from_name(const char *name, size_t len, struct err *err)
{
	const char *names[LSNS_COLUMNS + 1] = {NULL};
	char wanted[32], upper[32];
	const char *near;

	snprintf(wanted, sizeof(wanted), "%.*s", (int)len, name);
	for (int c = 0; c < LSNS_COLUMNS; c++) {
		names[c] = columns[c].name;
		if (strcasecmp(columns[c].name, wanted) == 0)
			return c;
	}
	err_set(err, 0, "unknown column '%s'", wanted);
	for (size_t i = 0; i < sizeof(upper); i++)
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
		if (v->request->types & 1U << NS_NET) {
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
		int c = column_from_name(field, len, err);

		if (c < 0 || add_column(v, (enum lsns_column)c, err) < 0)
			return -EINVAL;
	}
	return 0;
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

static void set_user(struct view *v, size_t row, size_t i, uint32_t uid, bool by_name)
{
	char name[64];

	if (uid == UINT32_MAX)
		return;
	if (!by_name) {
		table_setf(&v->table, row, i, "%u", uid);
		return;
	}
	user_name(uid, name, sizeof(name));
	table_set(&v->table, row, i, name);
}

static void set_netnsid(struct view *v, size_t row, size_t i, const struct ns_node *node)
{
	if (node->netnsid >= 0)
		table_setf(&v->table, row, i, "%d", node->netnsid);
	else if (node->netnsid == NETNSID_UNASSIGNED)
		table_set(&v->table, row, i, "unassigned");
}

static void set_paths(struct view *v, size_t row, size_t i, const struct ns_node *node)
{
	char *text;

	table_set(&v->table, row, i, node->paths);
	text = (char *)table_get(&v->table, row, i);
	for (; text && v->request->no_wrap && *text; text++)
		if (*text == '\n')
			*text = ',';
}

/* Cells that every namespace has. */
static void set_namespace_cell(struct view *v, size_t row, size_t i, const struct ns_node *node)
{
	switch (v->column[i]) {
	case LSNS_NS: table_setf(&v->table, row, i, "%llu", (unsigned long long)node->inode); break;
	case LSNS_TYPE: table_set(&v->table, row, i, ns_types[node->type].name); break;
	case LSNS_NPROCS: table_setf(&v->table, row, i, "%u", node->n_processes); break;
	case LSNS_PNS:
		table_setf(&v->table, row, i, "%llu", (unsigned long long)node->parent);
		break;
	case LSNS_ONS:
		table_setf(&v->table, row, i, "%llu", (unsigned long long)node->owner);
		break;
	case LSNS_NETNSID: set_netnsid(v, row, i, node); break;
	case LSNS_NSFS: set_paths(v, row, i, node); break;
	default: break;
	}
}

/* Cells about a row's process; p is NULL for a namespace without one. */
static void set_process_cell(struct view *v, size_t row, size_t i, const struct ns_node *node,
			     const struct ns_process *p)
{
	enum lsns_column c = v->column[i];

	if (c == LSNS_UID || c == LSNS_USER) {
		set_user(v, row, i, p ? uid_of(v, p) : node->owner_uid, c == LSNS_USER);
		return;
	}
	if (!p)
		return;
	if (c == LSNS_PATH)
		table_setf(&v->table, row, i, "/proc/%d/ns/%s", p->pid, ns_types[node->type].name);
	else if (c == LSNS_PID)
		table_setf(&v->table, row, i, "%d", p->pid);
	else if (c == LSNS_PPID && ppid_of(v, p) >= 0)
		table_setf(&v->table, row, i, "%d", ppid_of(v, p));
	else if (c == LSNS_COMMAND)
		table_set(&v->table, row, i, command_of(v, p));
}

static void set_cell(struct view *v, size_t row, size_t i, const struct ns_node *node,
		     const struct ns_process *p)
{
	set_namespace_cell(v, row, i, node);
	set_process_cell(v, row, i, node, p);
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
	size_t row = table_add_row(&v->table, parent_row(v, node, p));

	for (size_t i = 0; i < v->n_columns; i++)
		set_cell(v, row, i, &v->graph.nodes[node], p);
	if (v->tree == LSNS_TREE_OWNER || v->tree == LSNS_TREE_PARENT)
		v->node_row[node] = row;
	else if (p)
		details_of(v, p)->row = row;
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

static int show_namespaces(struct view *v, struct err *err)
{
	const struct lsns_request *r = v->request;
	const struct ns_process *task = r->task ? ns_graph_process(&v->graph, r->task) : NULL;
	FREE_PTR struct order *order = calloc(v->graph.n_nodes + 1, sizeof(*order));

	if (!order)
		return -ENOMEM;
	if (r->task && !task)
		return err_set(err, 0, "no process '%d'", r->task);
	for (size_t i = 0; i < v->graph.n_nodes; i++)
		order[i] = (struct order){v->graph.nodes[i].inode, (uint32_t)i};
	qsort(order, v->graph.n_nodes, sizeof(*order), compare_order);
	for (size_t i = 0; i < v->graph.n_nodes; i++) {
		const struct ns_node *n = &v->graph.nodes[order[i].node];

		if (!(v->graph.types & 1U << n->type))
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

/* A process below its parent, when that is in the same namespace. */
static void show_process(struct view *v, uint32_t node, const struct ns_process *p)
{
	enum ns_type type = v->graph.nodes[node].type;
	const struct ns_process *parent = v->tree == LSNS_TREE_PROCESS ? parent_of(v, p) : NULL;

	if (parent && details_of(v, parent)->row == NO_ROW && parent->node[type] == node)
		show_process(v, node, parent);
	add_row(v, node, p);
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

static int read_graph(struct view *v, struct err *err)
{
	int r = ns_graph_read_processes(&v->graph);

	if (r < 0)
		return err_set(err, -r, "cannot read '%s'",
			       v->request->proc ? v->request->proc : "/proc");
	if (has_column(v, LSNS_PNS) || has_column(v, LSNS_ONS) || v->tree == LSNS_TREE_OWNER ||
	    v->tree == LSNS_TREE_PARENT)
		ns_graph_relate(&v->graph,
				v->tree == LSNS_TREE_OWNER || v->tree == LSNS_TREE_PARENT);
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

int lsns(const struct lsns_request *request, struct out *o, struct err *err)
{
	__attribute__((cleanup(view_free))) struct view v = {.request = request};
	CLOSE_FD int proc = procfs_open(request->proc ? request->proc : "/proc", err);
	int r;

	ns_graph_init(&v.graph, proc, request->types ? request->types : NS_ALL_TYPES);
	if (proc < 0)
		return proc;
	if (request->relate)
		v.graph.relate = request->relate;
	v.tree = choose_tree(request);
	r = choose_columns(&v, err);
	if (r < 0)
		return r;
	init_table(&v);
	r = read_graph(&v, err);
	if (r == 0)
		r = request->inode ? show_processes(&v, err) : show_namespaces(&v, err);
	if (r < 0)
		return r;
	table_print(&v.table, &request->style, o);
	return 0;
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
