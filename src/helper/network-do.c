// SPDX-License-Identifier: Apache-2.0
/*
 * Theory of operation
 *
 *              insert, commit            bridge, pool, rules
 *   absent ----------------> recorded ------------------------> there
 *      ^                        ^                                 |
 *      |  delete, commit        |  rules, pool, bridge removed    |
 *      +------------------------+---------------------------------+
 *
 * The record comes first and goes last. Whoever is killed in between leaves a network that is
 * recorded and not, or not wholly, in the kernel: every step is one that can be done again, so the
 * next reload, ensure or rm completes it.
 */
#include "network-do.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include "driver.h"
#include "macros.h"
#include "names.h"
#include "network-rules.h"
#include "router.h"
#include "state.h"

/* --- context --- */

void network_context_close(struct network_context *c)
{
	network_list_free(&c->list);
	network_db_close(&c->db);
	if (c->guard >= 0)
		close(c->guard);
	if (c->directory >= 0)
		close(c->directory);
	c->guard = c->directory = -1;
}

int network_context_open(struct network_context *ret, struct err *err)
{
	struct network_context c = {.directory = -1, .guard = -1};
	CLOSE_FD int root = state_root(true, err);
	int r = root < 0 ? root : 0;

	if (r == 0) {
		c.directory = pool_directory(root, true, err);
		r = c.directory < 0 ? c.directory : 0;
	}
	if (r == 0) {
		c.guard = openat(c.directory, "guard", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (c.guard < 0 || flock(c.guard, LOCK_EX) < 0)
			r = err_errno(err, "cannot lock the folder of the networks");
	}
	if (r == 0)
		r = network_db_open(&c.db, err);
	if (r == 0)
		r = network_db_read(&c.db, &c.list, err);
	if (r < 0) {
		network_context_close(&c);
		return r;
	}
	*ret = c;
	return 0;
}

const struct network *network_of(const struct network_list *list, const char *name, struct err *err)
{
	const char **names = calloc(list->n + 1, sizeof(*names));
	const char *near;

	for (size_t i = 0; i < list->n; i++) {
		if (strcmp(list->v[i].name, name) == 0) {
			free(names);
			return &list->v[i];
		}
		if (names)
			names[i] = list->v[i].name;
	}
	err_set(err, 0, "there is no network '%.80s'", name);
	near = names ? nearest_name(name, names) : NULL;
	if (near)
		err_remedy(err, "did you mean '%s'?", near);
	else
		err_remedy(err, "make it: kokon network create %.80s", name);
	free(names);
	return NULL;
}

/* An ordinary user's networks are in the kernel while one of them is used. All that is found by a
 * path has been opened: from here on this process is root of a user namespace. */
static int go_where_they_are(struct network_context *c, struct err *err)
{
	ROUTER_CLEANUP struct router router = ROUTER_NONE;
	int r = router_find(c->directory, &router, err);

	if (r < 0 || (router.apart && !router.keeper))
		return r;
	c->in_kernel = true;
	c->list.apart = router.apart;
	return router_enter(&router, err);
}

static int open_there(struct network_context *c, struct err *err)
{
	int r = network_context_open(c, err);

	return r < 0 ? r : go_where_they_are(c, err);
}

static uint64_t own_netns(void)
{
	struct stat st;

	return stat("/proc/self/ns/net", &st) == 0 ? st.st_ino : 0;
}

/* --- making --- */

static int choose_subnets(struct network_request *q, const struct taken *taken, size_t n,
			  struct err *err)
{
	struct network *w = &q->network;
	bool any = w->subnet[V4].family || w->subnet[V6].family;
	unsigned char random[7];
	int r = 0;

	for (int f = 0; r == 0 && f < FAMILIES; f++)
		if (w->subnet[f].family)
			r = subnet_check(&w->subnet[f], taken, n, err);
	if (r == 0 && !any) {
		r = subnet_choose4(taken, n, &w->subnet[V4], err);
		w->flags |= NETWORK_CHOSEN;
	}
	if (r == 0 && q->ipv6 && !w->subnet[V6].family) {
		if (getrandom(random, sizeof(random), 0) != sizeof(random))
			return err_errno(err, "cannot choose an IPv6 subnet");
		r = subnet_choose6(random, taken, n, &w->subnet[V6], err);
	}
	return r;
}

/* On the network of the interface below there are other machines, and this one. */
static int check_shared(const struct network_request *q, const struct taken *t, struct err *err)
{
	int f = t->ip.family == AF_INET ? V4 : V6;
	char text[IP_TEXT_MAX];

	if (!q->parent[0] || strcmp(t->name, q->parent) != 0 || q->range.family ||
	    !q->network.subnet[f].family || !ip_overlap(&q->network.subnet[f], &t->ip))
		return 0;
	err_set(err, 0, "other machines on '%s' have addresses of the subnet '%s'", q->parent,
		ip_format_cidr(&q->network.subnet[f], text));
	return err_remedy(err, "say which nobody else has: --ip-range");
}

/* Everything that a new subnet must not meet: routes of the host, other networks. */
static int complete(const struct network_context *c, struct network_request *q, struct err *err)
{
	TAKEN_LIST_CLEANUP struct taken_list host = {0};
	struct taken *all;
	size_t n = 0;
	int r = taken_list_read(&host, err);

	if (r < 0)
		return r;
	all = calloc(host.n + FAMILIES * c->list.n + 1, sizeof(*all));
	if (!all)
		out_of_memory();
	/* Networks first: the route of a network's bridge is the network's. */
	for (size_t i = 0; i < c->list.n; i++)
		for (int f = 0; f < FAMILIES; f++)
			if (c->list.v[i].subnet[f].family)
				all[n++] = (struct taken){c->list.v[i].subnet[f], "the subnet",
							  c->list.v[i].name};
	/* The network of the interface below is the one that is meant. */
	for (size_t i = 0; i < host.n; i++)
		if (!q->parent[0] || strcmp(host.v[i].name, q->parent) != 0)
			all[n++] = host.v[i];
	r = choose_subnets(q, all, n, err);
	for (size_t i = 0; r == 0 && i < host.n; i++)
		r = check_shared(q, &host.v[i], err);
	free(all);
	return r < 0 ? r : network_complete(&q->network, &q->range, err);
}

static int no_rights(const struct network *n, struct err *err)
{
	err_set(err, EPERM, "a network on the host's interface '%s' takes root", n->interface);
	err_remedy(err, "an ordinary user's networks have the driver bridge");
	return -EPERM;
}

static int check_new(const struct network_context *c, struct network_request *q, const char *name,
		     struct err *err)
{
	struct network *w = &q->network;

	if (network_check_name(name, err) < 0)
		return -EINVAL;
	snprintf(w->name, sizeof(w->name), "%s", name);
	if (!w->driver[0])
		snprintf(w->driver, sizeof(w->driver), "bridge");
	if (network_driver(w)->check(q, err) < 0)
		return -EINVAL;
	if (!(network_driver(w)->traits & DRIVER_GATEWAY) && geteuid() != 0)
		return no_rights(w, err);
	w->created = (uint64_t)time(NULL);
	if (w->mtu && w->mtu < 1280 && (q->ipv6 || w->subnet[V6].family))
		return err_set(err, 0, "IPv6 needs an MTU of at least 1280, not %u", w->mtu);
	for (size_t i = 0; i < c->list.n; i++) {
		if (strcmp(c->list.v[i].name, name) == 0) {
			err_set(err, 0, "there is a network '%s' already", name);
			err_remedy(err, "kokon network inspect %s", name);
			return -EEXIST;
		}
		if (strcmp(c->list.v[i].interface, w->interface) == 0) {
			err_set(err, 0, "the network '%s' has the interface '%s' already",
				c->list.v[i].name, w->interface);
			return err_remedy(err, "choose another name: --interface");
		}
	}
	return 0;
}

static void append(struct network_list *list, const struct network *n)
{
	list->v = realloc(list->v, (list->n + 1) * sizeof(*list->v));
	if (!list->v)
		out_of_memory();
	list->v[list->n++] = *n;
}

static void drop(struct network_list *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++) {
		if (strcmp(list->v[i].name, name) != 0)
			continue;
		memmove(&list->v[i], &list->v[i + 1], (list->n - i - 1) * sizeof(*list->v));
		list->n--;
		return;
	}
}

static int establish(const struct network_context *c, const struct network *n, struct out *notes,
		     struct err *err)
{
	OUT_CLEANUP struct out unsaid = {0};
	/* What is changed in a namespace that is for networks only need not be said. */
	int r = c->in_kernel ? network_driver(n)->raise(n, c->list.apart ? &unsaid : notes, err)
			     : 0;

	return r < 0 ? r : pool_write(c->directory, n, own_netns(), err);
}

static int load_rules(const struct network_context *c, struct err *err)
{
	return c->in_kernel ? network_rules_load(c->directory, &c->list, err) : 0;
}

static int remove_one(struct network_context *c, const struct network *network, struct err *err)
{
	struct network n = *network;
	int r;

	drop(&c->list, n.name);
	r = load_rules(c, err);
	if (r == 0 && c->in_kernel)
		r = network_driver(&n)->lower(&n, err);
	if (r < 0)
		return err_context(err, "network '%s'", n.name);
	pool_unlink(c->directory, n.name);
	return network_db_delete(&c->db, n.name, err);
}

static void explain_rules(const struct network_context *c, struct out *o)
{
	out_puts(o,
		 "# the firewall rules of all networks, in one transaction\nnft -f - <<'rules'\n");
	network_rules_text(c->directory, &c->list, o);
	out_puts(o, "rules\n");
}

/* One whose making failed: whatever of it there is. */
static void forget(struct network_context *c, const struct network *n)
{
	struct err ignored = {0};

	drop(&c->list, n->name);
	load_rules(c, &ignored);
	if (c->in_kernel)
		network_driver(n)->lower(n, &ignored);
	pool_unlink(c->directory, n->name);
	network_db_delete(&c->db, n->name, &ignored);
}

static int make(struct network_context *c, const struct network *n, struct out *notes,
		struct err *err)
{
	bool rules = network_driver(n)->traits & DRIVER_RULES;
	int r = c->in_kernel && rules ? network_rules_possible(err) : 0;

	if (r == 0)
		r = network_db_insert(&c->db, n, err);
	if (r < 0)
		return r;
	append(&c->list, n);
	r = establish(c, n, notes, err);
	if (r == 0)
		r = load_rules(c, err);
	if (r < 0)
		forget(c, n);
	else if (c->in_kernel && !c->list.apart && !(n->flags & NETWORK_INTERNAL))
		network_rules_foreign(notes);
	return r;
}

int network_create(struct network_request *q, const char *name, struct out *o, struct out *notes,
		   struct err *err)
{
	NETWORK_CONTEXT_CLEANUP struct network_context c = {.directory = -1, .guard = -1};
	int r = network_context_open(&c, err);

	if (r == 0)
		r = check_new(&c, q, name, err);
	if (r == -EEXIST && q->if_absent) {
		out_printf(o, "%s\n", name);
		return 0;
	}
	if (r == 0)
		r = complete(&c, q, err);
	if (r < 0)
		return r;
	if (q->explain) {
		out_printf(o, "# the network is recorded first: %s\n", c.db.path);
		append(&c.list, &q->network);
		network_driver(&q->network)->explain_raise(&q->network, o);
		explain_rules(&c, o);
		return 0;
	}
	r = go_where_they_are(&c, err);
	if (r == 0)
		r = make(&c, &q->network, notes, err);
	if (r == 0)
		out_printf(o, "%s\n", name);
	return r;
}

/* --- removing --- */

static int unused(const struct network_context *c, const char *name, struct err *err)
{
	POOL_CLEANUP struct pool pool = POOL_NONE;
	const struct lease *l;
	uint32_t at = 1;
	int r = pool_open(c->directory, name, &pool, err);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	l = pool_next(&pool, &at);
	if (!l)
		return 0;
	err_set(err, 0, "the network '%s' is in use by %u container%s: '%s'%s", name,
		pool_used(&pool), pool_used(&pool) == 1 ? "" : "s", l->owner,
		pool_next(&pool, &at) ? " and others" : "");
	err_remedy(err, "end them, or unplug them: kokon network rm --force %s", name);
	return -EBUSY;
}

/* Of containers that are on a network which goes: their ends here, and with them those inside. */
static int unplug(const struct network_context *c, const char *name, struct err *err)
{
	POOL_CLEANUP struct pool pool = POOL_NONE;
	uint32_t at = 1;
	int r = c->in_kernel ? pool_open(c->directory, name, &pool, err) : -ENOENT;

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	while (r == 0 && pool_next(&pool, &at))
		r = network_driver(&pool.head->network)->unwire(&pool, at - 1, -1, err);
	return r;
}

int network_rm(const struct network_request *q, char *const *names, struct out *o, struct err *err)
{
	NETWORK_CONTEXT_CLEANUP struct network_context c = {.directory = -1, .guard = -1};
	int r = open_there(&c, err);

	for (; r == 0 && *names; names++) {
		const struct network *n = network_of(&c.list, *names, err);

		if (!n)
			return -ENOENT;
		if (!q->force)
			r = unused(&c, *names, err);
		if (r == 0 && q->explain) {
			network_driver(n)->explain_lower(n, o);
			drop(&c.list, *names);
			explain_rules(&c, o);
		} else if (r == 0) {
			r = unplug(&c, *names, err);
			if (r == 0)
				r = remove_one(&c, n, err);
			if (r == 0)
				out_printf(o, "%s\n", *names);
		}
	}
	return r;
}

int network_prune(const struct network_request *q, struct out *o, struct err *err)
{
	NETWORK_CONTEXT_CLEANUP struct network_context c = {.directory = -1, .guard = -1};
	int r = open_there(&c, err);

	for (size_t i = 0; r == 0 && i < c.list.n;) {
		struct network n = c.list.v[i];
		struct err used = {0};

		if (unused(&c, n.name, &used) < 0) {
			i++;
			continue;
		}
		if (q->explain) {
			network_driver(&n)->explain_lower(&n, o);
			drop(&c.list, n.name);
		} else {
			r = remove_one(&c, &n, err);
			out_printf(o, "%s\n", n.name);
		}
	}
	if (r == 0 && q->explain)
		explain_rules(&c, o);
	return r;
}

/* --- again --- */

int network_reload(const struct network_request *q, struct out *o, struct out *notes,
		   struct err *err)
{
	NETWORK_CONTEXT_CLEANUP struct network_context c = {.directory = -1, .guard = -1};
	int r = open_there(&c, err);

	for (size_t i = 0; r == 0 && i < c.list.n; i++) {
		if (q->explain)
			network_driver(&c.list.v[i])->explain_raise(&c.list.v[i], o);
		else
			r = establish(&c, &c.list.v[i], notes, err);
	}
	if (r < 0)
		return r;
	if (q->explain) {
		explain_rules(&c, o);
		return 0;
	}
	r = load_rules(&c, err);
	if (r == 0 && c.in_kernel && !c.list.apart)
		network_rules_foreign(notes);
	for (size_t i = 0; r == 0 && i < c.list.n; i++)
		out_printf(o, "%s\n", c.list.v[i].name);
	return r;
}

int network_ensure(const char *name, struct out *notes, struct err *err)
{
	NETWORK_CONTEXT_CLEANUP struct network_context c = {.directory = -1, .guard = -1};
	struct network_request q = {0};
	const struct network *n;
	int r = network_context_open(&c, err);

	if (r < 0)
		return r;
	n = network_of(&c.list, name, err);
	if (!n && strcmp(name, NETWORK_DEFAULT) == 0) {
		r = check_new(&c, &q, name, err);
		if (r == 0)
			r = complete(&c, &q, err);
		if (r == 0)
			r = go_where_they_are(&c, err);
		return r < 0 ? r : make(&c, &q.network, notes, err);
	}
	if (!n)
		return -ENOENT;
	r = go_where_they_are(&c, err);
	if (r == 0)
		r = establish(&c, n, notes, err);
	return r < 0 ? r : load_rules(&c, err);
}

int network_sync(struct err *err)
{
	NETWORK_CONTEXT_CLEANUP struct network_context c = {.directory = -1, .guard = -1};
	int r = open_there(&c, err);

	if (r < 0 || !c.in_kernel)
		return r;
	return network_rules_load_ports(c.directory, &c.list, err);
}

int network_check(struct err *err)
{
	NETWORK_CONTEXT_CLEANUP struct network_context c = {.directory = -1, .guard = -1};
	int r = open_there(&c, err);
	bool there = r == 0 && c.in_kernel && network_rules_loaded();

	if (r < 0 || !c.in_kernel || there == network_rules_wanted(&c.list))
		return r;
	err_set(err, 0,
		there ? "they are there, and no network is"
		      : "they are missing: something flushed them");
	return -ENOENT;
}
