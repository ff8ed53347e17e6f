// SPDX-License-Identifier: Apache-2.0
#include "netns-ops.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include "macros.h"
#include "netlink.h"
#include "netns-user.h"
#include "netns.h"
#include "own-ids.h"
#include "parse.h"
#include "procfs.h"
#include "table.h"
#include "target.h"

int netns_op_add(const char *name, struct out *explain, struct err *err)
{
	NETNS_HOME_CLEANUP struct netns_home home = NETNS_HOME_NONE;
	int r = netns_check_name(name, err);

	if (r == 0)
		r = explain ? netns_home_open(&home, err)
			    : netns_home_make(own_ids_map, &home, err);
	if (r == 0 && explain)
		netns_explain_add(&home, name, explain);
	if (r < 0 || explain)
		return r;
	r = netns_home_enter(&home, err);
	return r < 0 ? r : netns_add(&home, name, err);
}

/* The file by which a shell would name it. */
static void source_of(const struct target *t, char *buf, size_t size)
{
	if (t->kind == TARGET_FILE)
		snprintf(buf, size, "%s", t->text + strlen("ns:"));
	else if (t->kind == TARGET_NETNS)
		snprintf(buf, size, "%s/%s", NETNS_RUN,
			 strncmp(t->text, "netns:", 6) == 0 ? t->text + 6 : t->text);
	else
		snprintf(buf, size, "/proc/%d/ns/net", (int)t->pid);
}

int netns_op_attach(const char *name, const char *target, struct out *explain, struct err *err)
{
	NETNS_HOME_CLEANUP struct netns_home home = NETNS_HOME_NONE;
	TARGET_CLEANUP struct target t = TARGET_NONE;
	CLOSE_FD int netns = -1;
	char source[512];
	int r = netns_check_name(name, err);

	if (r == 0)
		r = target_resolve(target, &t, err);
	if (r == 0)
		r = netns = target_open_namespace(&t, NAMESPACE_NET, err);
	if (r >= 0)
		r = explain ? netns_home_open(&home, err)
			    : netns_home_make(own_ids_map, &home, err);
	if (r == 0 && explain) {
		source_of(&t, source, sizeof(source));
		netns_explain_attach(&home, name, source, explain);
	}
	if (r < 0 || explain)
		return r;
	r = netns_home_enter(&home, err);
	return r < 0 ? r : netns_attach(&home, name, netns, err);
}

static int delete_one(struct netns_home *home, const char *name, struct out *explain,
		      struct err *err)
{
	struct stat st;
	int r = netns_check_name(name, err);

	if (r == 0 && explain && home->dir >= 0 && fstatat(home->dir, name, &st, 0) == 0) {
		netns_explain_delete(home, name, explain);
		return 0;
	}
	if (r == 0 && !explain)
		r = netns_home_enter(home, err);
	return r < 0 ? r : netns_delete(home, name, err);
}

int netns_op_delete(const char *name, struct out *explain, struct err *err)
{
	NETNS_HOME_CLEANUP struct netns_home home = NETNS_HOME_NONE;
	int r = netns_home_open(&home, err);

	if (r == 0)
		r = delete_one(&home, name, explain, err);
	if (r == 0 && home.of_user && !explain)
		netns_user_settle(&home);
	return r;
}

int netns_op_delete_all(struct out *explain, struct err *err)
{
	NETNS_HOME_CLEANUP struct netns_home home = NETNS_HOME_NONE;
	NETNS_NAMES_CLEANUP struct netns_names names = {0};
	int first, r = netns_home_open(&home, err);

	if (r == 0)
		r = netns_list(&home, &names, err);
	first = r;
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		int one = delete_one(&home, names.v[i].name, explain, first < 0 ? NULL : err);

		first = first < 0 ? first : one;
	}
	if (home.of_user && !explain)
		netns_user_settle(&home);
	return first;
}

int netns_op_set(const char *name, const char *id, struct out *explain, struct err *err)
{
	NETNS_HOME_CLEANUP struct netns_home home = NETNS_HOME_NONE;
	NETLINK_CLEANUP struct netlink nl = NETLINK_NONE;
	CLOSE_FD int netns = -1;
	uint64_t number = 0;
	int r;

	if (strcmp(id, "auto") != 0 && parse_u64(id, 0, INT32_MAX, &number) < 0) {
		err_set(err, 0, "'%s' is no number for a network namespace", id);
		return err_remedy(err, "give a number from 0 to %d, or auto", INT32_MAX);
	}
	r = netns_home_open(&home, err);
	if (r == 0)
		r = netns = netns_open(&home, name, err);
	if (r >= 0)
		r = netlink_open(NETLINK_ROUTE, &nl, err);
	if (r < 0)
		return r;
	if (explain) {
		out_puts(explain, "ip netns set ");
		out_shell_word(explain, name);
		out_printf(explain, " %s\n", id);
		return 0;
	}
	r = netns_set_id(&nl, netns, strcmp(id, "auto") == 0 ? -1 : (int)number, name, err);
	if (r == -EEXIST)
		err_remedy(err, "it has one already, or another one has it: kokon netns list-id");
	if (r == -EPERM)
		err_remedy(err, "numbers belong to the namespace that they are seen from, the "
				"host's here: run it as root");
	return r;
}

/* --- looking --- */

static void put_json(const struct netns_home *home, const struct netns_name *n, struct out *o)
{
	char path[sizeof(home->path) + 260];

	snprintf(path, sizeof(path), "%s/%s", home->path, n->name);
	out_puts(o, "      {\"name\": ");
	out_json_string(o, n->name);
	out_puts(o, ", \"path\": ");
	out_json_string(o, path);
	out_printf(o, n->inode ? ", \"inode\": %llu" : ", \"inode\": null",
		   (unsigned long long)n->inode);
	out_printf(o, n->id >= 0 ? ", \"id\": %d}" : ", \"id\": null}", n->id);
}

/* Those seen from here. */
static void add_ids(const struct netns_home *home, struct netns_names *names)
{
	NETLINK_CLEANUP struct netlink nl = NETLINK_NONE;

	if (names->n == 0 || netlink_open(NETLINK_ROUTE, &nl, NULL) < 0)
		return;
	for (size_t i = 0; i < names->n; i++) {
		CLOSE_FD int fd = names->v[i].inode ? netns_open(home, names->v[i].name, NULL) : -1;

		if (fd >= 0)
			names->v[i].id = netns_id(&nl, fd);
	}
}

int netns_op_list(bool json, struct out *o, struct err *err)
{
	NETNS_HOME_CLEANUP struct netns_home home = NETNS_HOME_NONE;
	NETNS_NAMES_CLEANUP struct netns_names names = {0};
	int r = netns_home_open(&home, err);

	if (r == 0)
		r = netns_list(&home, &names, err);
	if (r < 0)
		return r;
	add_ids(&home, &names);
	if (json)
		out_puts(o, names.n ? "{\n   \"netns\": [\n" : "{\n   \"netns\": [");
	for (size_t i = 0; i < names.n; i++) {
		const struct netns_name *n = &names.v[i];

		if (json) {
			put_json(&home, n, o);
			out_puts(o, i + 1 < names.n ? ",\n" : "\n   ");
		} else {
			out_safe_text(o, n->name, false);
			if (n->id >= 0)
				out_printf(o, " (id: %d)", n->id);
			out_puts(o, n->inode ? "\n" : " (no namespace: a leftover)\n");
		}
	}
	if (json)
		out_puts(o, "]\n}\n");
	return 0;
}

static void put_number(const struct netns_number *number, const struct netns_names *names,
		       const struct netns_ids_request *q, bool first, struct out *o)
{
	int here = q->target >= 0 ? number->here : number->id;
	const char *name = NULL;

	for (size_t i = 0; here >= 0 && i < names->n && !name; i++)
		if (names->v[i].id == here)
			name = names->v[i].name;
	if (q->json) {
		out_printf(o, "%s\n   {\"nsid\": %d", first ? "" : ",", number->id);
		if (q->target >= 0 && here >= 0)
			out_printf(o, ", \"current-nsid\": %d", here);
		if (name) {
			out_puts(o, ", \"name\": ");
			out_json_string(o, name);
		}
		out_puts(o, "}");
		return;
	}
	out_printf(o, "nsid %d", number->id);
	if (q->target >= 0 && here >= 0)
		out_printf(o, " current-nsid %d", here);
	else if (q->target >= 0)
		out_puts(o, " current-nsid unassigned");
	if (name) {
		out_puts(o, " (netns name: ");
		out_safe_text(o, name, false);
		out_puts(o, ")");
	}
	out_puts(o, "\n");
}

static int no_number(int id, struct err *err)
{
	err_set(err, 0, "no network namespace has the number %d", id);
	return err_remedy(err, "'kokon netns list-id' lists them; to give one: kokon netns set");
}

int netns_op_list_id(const struct netns_ids_request *q, struct out *o, struct err *err)
{
	NETNS_HOME_CLEANUP struct netns_home home = NETNS_HOME_NONE;
	NETNS_NAMES_CLEANUP struct netns_names names = {0};
	NETNS_IDS_CLEANUP struct netns_ids ids = {0};
	NETLINK_CLEANUP struct netlink nl = NETLINK_NONE;
	size_t shown = 0;
	int r = netlink_open(NETLINK_ROUTE, &nl, err);

	if (r == 0)
		r = netns_ids(&nl, q->target, &ids, err);
	if (r == -EINVAL && q->target >= 0)
		return no_number(q->target, err);
	if (r == 0)
		r = netns_home_open(&home, err);
	if (r == 0)
		r = netns_list(&home, &names, err);
	if (r < 0)
		return r;
	add_ids(&home, &names);
	out_puts(o, q->json ? "[" : "");
	for (size_t i = 0; i < ids.n; i++)
		if (q->id < 0 || q->id == ids.v[i].id)
			put_number(&ids.v[i], &names, q, shown++ == 0, o);
	out_puts(o, q->json ? shown ? "\n]\n" : "]\n" : "");
	return q->id >= 0 && shown == 0 ? no_number(q->id, err) : 0;
}

int netns_op_identify(const char *target, struct out *o, struct err *err)
{
	NETNS_HOME_CLEANUP struct netns_home home = NETNS_HOME_NONE;
	NETNS_NAMES_CLEANUP struct netns_names names = {0};
	TARGET_CLEANUP struct target t = TARGET_NONE;
	CLOSE_FD int netns = -1;
	struct stat st;
	int r = target_resolve(target ? target : "host", &t, err);

	if (r == 0)
		r = netns = target_open_namespace(&t, NAMESPACE_NET, err);
	if (r >= 0)
		r = netns_home_open(&home, err);
	if (r == 0)
		r = netns_list(&home, &names, err);
	if (r < 0)
		return r;
	if (fstat(netns, &st) < 0)
		return err_errno(err, "cannot look at the network namespace of '%s'", t.text);
	for (size_t i = 0; i < names.n; i++) {
		if (names.v[i].inode != st.st_ino)
			continue;
		out_safe_text(o, names.v[i].name, false);
		out_puts(o, "\n");
	}
	return 0;
}

int netns_op_pids(const char *name, struct out *o, struct err *err)
{
	NETNS_HOME_CLEANUP struct netns_home home = NETNS_HOME_NONE;
	CLOSE_FD int netns = -1, proc = -1;
	FREE_PTR int32_t *pids = NULL;
	struct stat wanted, st;
	size_t n = 0;
	int r = netns_home_open(&home, err);

	if (r == 0)
		r = netns = netns_open(&home, name, err);
	if (r >= 0)
		r = proc = procfs_open("/proc", err);
	if (r >= 0)
		r = procfs_numbers(proc, &pids, &n);
	if (r < 0)
		return err && err->code == 0 && err->text[0] == '\0'
			       ? err_set(err, -r, "cannot list the processes")
			       : r;
	if (fstat(netns, &wanted) < 0)
		return err_errno(err, "cannot look at the network namespace '%s'", name);
	for (size_t i = 0; i < n; i++) {
		char path[PROCFS_PATH_SIZE];

		procfs_path(path, sizeof(path), pids[i], "ns/net");
		if (fstatat(proc, path, &st, 0) == 0 && st.st_ino == wanted.st_ino)
			out_printf(o, "%d\n", (int)pids[i]);
	}
	return 0;
}

/* --- watching --- */

static int tell(const char *events, size_t len, bool of_user)
{
	OUT_CLEANUP struct out o = {0};
	const struct inotify_event *e;

	for (size_t at = 0; at + sizeof(*e) <= len; at += sizeof(*e) + e->len) {
		e = (const struct inotify_event *)(events + at);
		if (!e->len || (of_user && e->name[0] == '.'))
			continue;
		out_puts(&o, e->mask & IN_CREATE ? "add " : "delete ");
		out_safe_text(&o, e->name, false);
		out_puts(&o, "\n");
	}
	return o.len ? out_write(&o, STDOUT_FILENO) : 0;
}

int netns_op_monitor(struct err *err)
{
	NETNS_HOME_CLEANUP struct netns_home home = NETNS_HOME_NONE;
	CLOSE_FD int watch = inotify_init1(IN_CLOEXEC);
	_Alignas(struct inotify_event) char events[8192];
	int r = netns_home_open(&home, err);

	if (r == 0 && home.of_user)
		r = netns_user_directory(&home, err);
	else if (r == 0 && mkdir(home.path, 0755) < 0 && errno != EEXIST)
		r = err_errno(err, "cannot make '%s'", home.path);
	if (r == 0 && inotify_add_watch(watch, home.path, IN_CREATE | IN_DELETE) < 0)
		r = err_errno(err, "cannot watch '%s'", home.path);
	while (r == 0) {
		struct pollfd p[] = {{.fd = watch, .events = POLLIN},
				     {.fd = STDOUT_FILENO, .events = 0}};
		ssize_t n;

		if (poll(p, ARRAY_SIZE(p), -1) < 0 && errno != EINTR)
			return err_errno(err, "cannot wait");
		if (p[1].revents & (POLLERR | POLLHUP))
			return 0;
		if (!(p[0].revents & POLLIN))
			continue;
		n = read(watch, events, sizeof(events));
		if (n <= 0)
			return err_errno(err, "cannot watch '%s'", home.path);
		r = tell(events, (size_t)n, home.of_user);
		if (r == -EPIPE)
			return 0;
		if (r < 0)
			err_set(err, -r, "cannot write to standard output");
	}
	return r;
}
