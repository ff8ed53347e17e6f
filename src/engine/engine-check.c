// SPDX-License-Identifier: Apache-2.0
/*
 * Theory of operation
 *
 * Each container has a folder for its record before it has anything else, and loses it last. So
 * what belongs to a name without a folder belongs to nobody. The folders of containers that were
 * killed are gone by now: every command sweeps them first, and what a record names with it. What is
 * looked for here is what no record names any more.
 *
 * An interface may be on its way out with its namespace, and a group on its way in; both are
 * called orphans only when they are still so after a while.
 */
#include "engine-check.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include "arena.h"
#include "driver.h"
#include "cni-gc.h"
#include "cni.h"
#include "file.h"
#include "helper.h"
#include "link.h"
#include "macros.h"
#include "own-ids.h"
#include "parse.h"
#include "pool.h"
#include "router.h"
#include "state.h"
#include "top.h"

enum { PATIENCE_MS = 1500, GROUP_AGE = 60 /* seconds */ };

struct check {
	const struct check_request *q;
	int root, pools; /* folders of records and of networks; -1: none */
	bool apart;      /* the networks are in a namespace of their own */
	int left;
	struct cni_gc gc;
};

/* What repairing does, as a command: its words, and the last one, which may need quotes. */
struct remedy {
	const char *words, *last;
};

static void found(struct check *c, int r, const char *what, const char *name, const char *why,
		  struct remedy remedy)
{
	bool removed = c->q->repair && r == 0;

	if (c->q->explain) {
		out_printf(c->q->out, "# %s '%s': %s\n%s", what, name, why, remedy.words);
		if (remedy.last) {
			out_puts(c->q->out, " ");
			out_shell_word(c->q->out, remedy.last);
		}
		out_puts(c->q->out, "\n");
		return;
	}
	out_printf(c->q->out, "%s%s '%s': %s\n", removed ? "removed: " : "", what, name, why);
	if (!removed)
		c->left++;
}

static bool lives(int root, const char *owner)
{
	return root >= 0 && faccessat(root, owner, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* --- addresses --- */

static bool is_alive(void *context, const char *owner)
{
	return lives(*(int *)context, owner);
}

static int check_leases(struct check *c, const char *name)
{
	POOL_CLEANUP struct pool p = POOL_NONE;
	struct err ignored = {0};
	const struct lease *l;
	uint32_t at = 1;
	int n = 0;

	if (pool_open(c->pools, name, &p, &ignored) < 0)
		return 0;
	while ((l = pool_next(&p, &at))) {
		char ip[IP_TEXT_MAX], why[LEASE_OWNER_MAX + 96];
		struct ip address = network_address(&p.head->network, V4, l->place);

		if (!address.family)
			address = network_address(&p.head->network, V6, l->place);
		if (lives(c->root, l->owner))
			continue;
		snprintf(why, sizeof(why),
			 "in the network '%s', of the container '%s', which is gone", name,
			 l->owner);
		found(c, 0, "address", ip_format(&address, ip), why,
		      (struct remedy){"# given back to the network's pool", NULL});
		n++;
	}
	if (n && c->q->repair)
		pool_release_orphans(&p, is_alive, &c->root);
	return n;
}

/* --- interfaces --- */

/* "kokon container NAME" of an end on the host whose place is nobody's, or another's. */
static bool is_orphan_end(const struct check *c, const struct link *link)
{
	static const char prefix[] = "kokon container ";
	bool used = false;
	char **names;
	size_t n;

	if (strcmp(link->kind, "veth") != 0 ||
	    strncmp(link->alias, prefix, sizeof(prefix) - 1) != 0)
		return false;
	if (c->pools < 0 || pool_names(c->pools, &names, &n, NULL) < 0)
		return true;
	for (size_t i = 0; i < n && !used; i++) {
		POOL_CLEANUP struct pool p = POOL_NONE;
		uint32_t place;
		char name[16];

		if (pool_open(c->pools, names[i], &p, NULL) < 0)
			continue;
		place = pool_find(&p, link->alias + sizeof(prefix) - 1);
		lease_host_interface(&p, place, name);
		used = place && strcmp(name, link->name) == 0;
	}
	pool_names_free(names, n);
	return !used;
}

static bool is_orphan_bridge(const struct check *c, const struct link *link)
{
	static const char prefix[] = "kokon network ";
	struct err ignored = {0};
	POOL_CLEANUP struct pool p = POOL_NONE;

	if (strcmp(link->kind, "bridge") != 0 ||
	    strncmp(link->alias, prefix, sizeof(prefix) - 1) != 0)
		return false;
	return c->pools < 0 ||
	       pool_open(c->pools, link->alias + sizeof(prefix) - 1, &p, &ignored) == -ENOENT;
}

static size_t orphans(const struct check *c, const struct link_list *list)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		n += is_orphan_end(c, &list->v[i]) || is_orphan_bridge(c, &list->v[i]);
	return n;
}

/* Where the networks are. */
static int check_links(void *arg, struct err *err)
{
	struct check *c = arg;
	NETLINK_CLEANUP struct netlink nl = NETLINK_NONE;
	LINK_LIST_CLEANUP struct link_list list = {0};
	int r = netlink_open(NETLINK_ROUTE, &nl, err);

	if (r == 0)
		r = link_list_read(&nl, &list, err);
	for (int ms = 0; r == 0 && orphans(c, &list) && ms < PATIENCE_MS; ms += 100) {
		nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
		link_list_free(&list);
		r = link_list_read(&nl, &list, err);
	}
	for (size_t i = 0; r == 0 && i < list.n; i++) {
		const struct link *link = &list.v[i];
		struct err own = {0};
		struct remedy remedy = {"ip link delete dev", link->name};

		if (!is_orphan_end(c, link) && !is_orphan_bridge(c, link))
			continue;
		if (c->apart)
			remedy.words = "kokon netns exec " ROUTER_NAME " ip link delete dev";
		found(c, c->q->repair ? link_delete(&nl, link->name, &own) : 0, "interface",
		      link->name, link->alias, remedy);
	}
	return r;
}

/* --- rules --- */

static void check_rules(struct check *c)
{
	struct err why = {0};
	int r = helper_call("kokon-network", (const char *const[]){"check", NULL}, &why);

	if (r == 0)
		return;
	if (c->q->repair)
		r = helper_call("kokon-network", (const char *const[]){"restore", NULL}, &why);
	found(c, r, "firewall rules", "inet kokon", why.text,
	      (struct remedy){"kokon network reload", NULL});
}

/* --- networks of CNI --- */

typedef void (*for_container)(struct check *c, const char *name, int dir);

static void each_container(struct check *c, for_container function)
{
	int copy = c->root < 0 ? -1 : openat(c->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *d;

	while (dir && (d = readdir(dir))) {
		CLOSE_FD int sub = -1;

		if (d->d_name[0] == '.')
			continue;
		sub = openat(c->root, d->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub >= 0)
			function(c, d->d_name, sub);
	}
	if (dir)
		closedir(dir);
}

static void try_again(struct check *c UNUSED, const char *name UNUSED, int dir)
{
	cni_forget_failure(dir);
}

/* What plugins find fault with, and what they did not clean up of those that have ended. */
static void check_cni(struct check *c, const char *name, int dir)
{
	FREE_PTR char *failure = cni_failure(dir);
	OUT_CLEANUP struct out complaints = {0};
	const char *at, *line;
	size_t len;

	if (failure)
		found(c, -EIO, "container", name, failure,
		      (struct remedy){"# its plugins are called again, DEL", NULL});
	else
		cni_check(dir, &complaints);
	at = complaints.text;
	while (at && next_field(&at, '\n', &line, &len)) {
		char copy[512];

		snprintf(copy, sizeof(copy), "%.*s", (int)len, line);
		if (len)
			found(c, -EIO, "container", name, copy,
			      (struct remedy){"# nothing that can be done here", NULL});
	}
}

static void note_network(struct check *c, const char *name UNUSED, int dir)
{
	cni_gc_note(&c->gc, dir);
}

static void keep_attachment(struct check *c, const char *name UNUSED, int dir)
{
	cni_gc_keep(&c->gc, dir);
}

/* What is of no container any more; the dead ones have been removed. */
static void collect_cni(struct check *c)
{
	CLOSE_FD int lock = c->gc.n ? openat(c->root, ".", O_RDONLY | O_CLOEXEC) : -1;
	OUT_CLEANUP struct out complaints = {0};
	const char *at, *network, *why;
	size_t len, len_why;

	if (lock < 0 || flock(lock, LOCK_EX) < 0)
		return;
	each_container(c, keep_attachment);
	cni_gc_run(&c->gc, &complaints);
	at = complaints.text;
	while (at && next_field(&at, '\n', &network, &len) && len &&
	       next_field(&at, '\n', &why, &len_why)) {
		char name[64], copy[512];

		snprintf(name, sizeof(name), "%.*s", (int)len, network);
		snprintf(copy, sizeof(copy), "%.*s", (int)len_why, why);
		found(c, -EIO, "CNI network", name, copy,
		      (struct remedy){"# its plugins are called again, GC", NULL});
	}
}

/* --- control groups --- */

/* One's own, and empty for a while: one that is just made has no process yet either. */
static bool is_empty_group(int dir)
{
	CLOSE_FD int procs = openat(dir, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	struct stat st;
	char byte;

	return fstat(dir, &st) == 0 && st.st_uid == geteuid() &&
	       time(NULL) - st.st_ctime > GROUP_AGE && procs >= 0 && read(procs, &byte, 1) == 0;
}

static void check_groups_in(struct check *c, const char *mount)
{
	char path[512], full[sizeof(path) + NAME_MAX + 2];
	struct dirent *d;
	DIR *dir;

	if (snprintf(path, sizeof(path), "%s/kokon", mount) >= (int)sizeof(path))
		return;
	dir = opendir(path);
	while (dir && (d = readdir(dir))) {
		CLOSE_FD int group = -1;

		if (d->d_name[0] == '.' || d->d_type != DT_DIR || lives(c->root, d->d_name))
			continue;
		group = openat(dirfd(dir), d->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (group < 0 || !is_empty_group(group))
			continue;
		snprintf(full, sizeof(full), "%s/%s", path, d->d_name);
		if (!c->q->repair || unlinkat(dirfd(dir), d->d_name, AT_REMOVEDIR) == 0)
			found(c, 0, "control group", d->d_name, path,
			      (struct remedy){"rmdir", full});
	}
	if (dir)
		closedir(dir);
}

static void check_groups(struct check *c)
{
	FREE_PTR char *text = NULL;
	const char *at, *line;
	size_t len;

	if (read_file_at(AT_FDCWD, "/proc/self/mounts", 4 << 20, &text) < 0)
		return;
	at = text;
	while (next_field(&at, '\n', &line, &len)) {
		char where[400], type[32];

		if (sscanf(line, "%*s %399s %31s", where, type) == 2 &&
		    strncmp(type, "cgroup", 6) == 0)
			check_groups_in(c, where);
	}
}

/* --- writable layers --- */

static void check_tops(struct check *c)
{
	struct arena a;
	const char *tops, *uid_map, *gid_map;
	struct dirent *d;
	DIR *dir;

	if (arena_init(&a) < 0)
		return;
	tops = top_directory(&a);
	own_ids_text(&a, &uid_map, &gid_map);
	dir = opendir(tops);
	while (dir && (d = readdir(dir))) {
		const char *path = arena_printf(&a, "%s/%s", tops, d->d_name);
		struct err err = {0};

		if (d->d_name[0] == '.' || lives(c->root, d->d_name) ||
		    !top_is_stray(dirfd(dir), d->d_name))
			continue;
		found(c, c->q->repair ? top_remove(path, uid_map, gid_map, &err) : 0,
		      "writable layer", d->d_name, err.text[0] ? err.text : path,
		      (struct remedy){"rm -rf", path});
	}
	if (dir)
		closedir(dir);
	arena_free(&a);
}

/* --- network namespaces --- */

static void found_name(void *arg, const char *name)
{
	found(arg, 0, "name", name, "of a network namespace, and none is on it",
	      (struct remedy){"kokon netns delete", name});
}

static void check_names(struct check *c)
{
	NETNS_HOME_CLEANUP struct netns_home home = NETNS_HOME_NONE;

	if (router_is_stray(c->pools, c->q->repair))
		found(c, 0, "network namespace", ROUTER_NAME, "of networks that no container is on",
		      (struct remedy){"kokon netns delete", ROUTER_NAME});
	if (netns_home_open(&home, NULL) == 0)
		netns_leftovers(&home, c->q->repair, found_name, c);
}

int engine_check(const struct check_request *q, struct err *err)
{
	CLOSE_FD int root = state_root(false, err);
	CLOSE_FD int pools = root < 0 ? -1 : pool_directory(root, false, NULL);
	ROUTER_CLEANUP struct router router = ROUTER_NONE;
	struct check c = {.q = q, .root = root, .pools = pools};
	char **names = NULL;
	size_t n = 0;
	int r = pools < 0 ? 0 : pool_names(pools, &names, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++)
		check_leases(&c, names[i]);
	pool_names_free(names, n);
	if (r == 0 && q->repair) {
		each_container(&c, note_network);
		each_container(&c, try_again);
		state_sweep();
		collect_cni(&c);
	}
	if (r == 0)
		each_container(&c, check_cni);
	if (r == 0)
		r = router_find(pools, &router, err);
	c.apart = router.apart;
	/* Interfaces and rules of the host are root's; an ordinary user's go with the router. */
	if (r == 0 && (!router.apart || router.keeper)) {
		r = router_run(&router, check_links, &c, err);
		check_rules(&c);
	}
	if (r == 0) {
		check_groups(&c);
		check_tops(&c);
		check_names(&c);
	}
	cni_gc_close(&c.gc);
	return r < 0 ? r : c.left;
}
