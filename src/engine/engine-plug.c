// SPDX-License-Identifier: Apache-2.0
#include "engine-plug.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "driver.h"
#include "engine-network.h"
#include "helper.h"
#include "link.h"
#include "living.h"
#include "macros.h"
#include "own-ids.h"
#include "pasta.h"
#include "pool.h"
#include "router.h"
#include "target.h"

struct plug {
	struct living container;
	struct target target;
	struct pool pool;
	struct router router;
	int netns;
};

static void plug_close(struct plug *p)
{
	living_close(&p->container);
	target_close(&p->target);
	pool_close(&p->pool);
	router_close(&p->router);
	if (p->netns >= 0)
		close(p->netns);
}
#define PLUG_CLEANUP __attribute__((cleanup(plug_close)))

static int refuse_host(const char *name, struct err *err)
{
	err_set(err, 0, "the container '%s' has the host's network", name);
	return err_remedy(err,
			  "only a container with a network namespace of its own can be plugged "
			  "into a network");
}

static int ensure(const char *name, struct err *err)
{
	return helper_call("kokon-network", (const char *const[]){"ensure", name, NULL}, err);
}

/* With `join` an ordinary user's networks are in the kernel from then on, and have a way out. */
static int open_router(int directory, bool join, struct arena *a, struct plug *p, struct err *err)
{
	const struct network *n = &p->pool.head->network;
	struct err why = {0};
	int r = join ? router_join(directory, own_ids_map, &p->router, err)
		     : router_find(directory, &p->router, err);

	if (r == 0 && join && p->router.apart && !(n->flags & NETWORK_INTERNAL))
		engine_way_out(a, "kokon network connect", &p->router, directory,
			       pasta_program(&why), &why);
	return r;
}

static int open_network(const char *name, bool join, struct arena *a, struct plug *p,
			struct err *err)
{
	CLOSE_FD int root = state_root(true, err);
	CLOSE_FD int directory = root < 0 ? -1 : pool_directory(root, true, err);
	int r = directory < 0 ? -err->code : pool_open(directory, name, &p->pool, err);

	if (r == -ENOENT && directory >= 0) {
		r = ensure(name, err);
		if (r == 0)
			r = pool_open(directory, name, &p->pool, err);
	}
	return r < 0 ? r : open_router(directory, join, a, p, err);
}

static int open_plug(const struct plug_request *q, bool join, struct arena *a, struct plug *p,
		     struct err *err)
{
	struct stat own, theirs;
	char word[STATE_NAME_MAX + 16];
	int r;

	r = living_open(q->container, a, &p->container, err);
	if (r == 0)
		r = open_network(q->network, join, a, p, err);
	if (r < 0)
		return r;
	snprintf(word, sizeof(word), "pid:%d", (int)p->container.state.pid);
	r = target_resolve(word, &p->target, err);
	if (r < 0)
		return r;
	p->netns = target_open_namespace(&p->target, NAMESPACE_NET, err);
	if (p->netns < 0)
		return p->netns;
	if (stat("/proc/self/ns/net", &own) == 0 && fstat(p->netns, &theirs) == 0 &&
	    own.st_ino == theirs.st_ino && own.st_dev == theirs.st_dev)
		return refuse_host(q->container, err);
	return 0;
}

/* The first ethN that there is not, and whether there is a way out already. */
static int look_inside(int netns, char inside[16], bool *ret_routed, struct err *err)
{
	NETLINK_CLEANUP struct netlink nl = NETLINK_NONE;
	LINK_LIST_CLEANUP struct link_list links = {0};
	ROUTE_LIST_CLEANUP struct route_list routes = {0};
	int r = netlink_open_in(netns, NETLINK_ROUTE, &nl, err);

	if (r == 0)
		r = link_list_read(&nl, &links, err);
	if (r == 0)
		r = route_list_read(&nl, RT_TABLE_MAIN, &routes, err);
	if (r < 0)
		return r;
	for (unsigned i = 0; i < 10000; i++) {
		snprintf(inside, 16, "eth%u", i);
		if (!link_by_name(&links, inside))
			break;
	}
	*ret_routed = false;
	for (size_t i = 0; i < routes.n; i++)
		if (routes.v[i].to.prefix == 0)
			*ret_routed = true;
	return 0;
}

static int plug_in(const struct plug_request *q, struct plug *p, const char *inside, bool routed,
		   struct err *err)
{
	struct lease_request want = {.owner = p->container.state.name,
				     .inside = inside,
				     .ip = {q->ip[V4], q->ip[V6]},
				     .aliases = q->aliases};
	struct lease lease;
	bool ports = false;
	int r;

	memcpy(want.mac, q->mac, sizeof(want.mac));
	r = network_check_mac(&p->pool.head->network, q->mac, err);
	if (r == 0)
		r = pool_take(&p->pool, &want, &lease, err);
	if (r < 0)
		return r;
	r = network_driver(&p->pool.head->network)
		    ->wire(&p->pool, &lease, p->router.apart ? p->router.net : -1, p->netns,
			   !routed, err);
	if (r < 0)
		pool_release(&p->pool, lease.owner, &ports);
	return r;
}

static int connect_it(const struct plug_request *q, struct plug *p, struct err *err)
{
	const struct network *n = &p->pool.head->network;
	char inside[16], netns[32];
	bool routed;
	int r = look_inside(p->netns, inside, &routed, err);

	if (r < 0)
		return r;
	if (!q->explain)
		return plug_in(q, p, inside, routed, err);
	snprintf(netns, sizeof(netns), "%d", (int)p->container.state.pid);
	out_puts(q->out, "# an address of the network, written down in its pool first; then "
			 "its device in the container\n");
	network_driver(n)->explain_wire(n, q->container, inside, netns, !routed, q->out);
	return 0;
}

int engine_connect(const struct plug_request *q, struct err *err)
{
	PLUG_CLEANUP struct plug p = {LIVING_NONE, TARGET_NONE, POOL_NONE, ROUTER_NONE, -1};
	struct arena a;
	int r = arena_init(&a);

	if (r < 0)
		return err_set(err, -r, "cannot allocate memory");
	r = open_plug(q, !q->explain, &a, &p, err);
	if (r == 0 && pool_find(&p.pool, p.container.state.name)) {
		err_set(err, 0, "the container '%s' is on the network '%s' already", q->container,
			q->network);
		r = err_remedy(err, "kokon network inspect %s", q->network);
	}
	if (r == 0)
		r = connect_it(q, &p, err);
	/* The network is recorded, and its bridge not there: not yet, or not any more. */
	if (r == -ENODEV && ensure(q->network, err) == 0)
		r = connect_it(q, &p, err);
	/* One that was started without a network does not keep the router by itself. */
	if (r == 0 && p.router.apart && !q->explain && !router_contains(&p.router, p.netns))
		r = router_stay(&p.router, p.container.pidfd, err);
	arena_free(&a);
	return r;
}

struct unplugging {
	struct plug *p;
	uint32_t place;
};

static int unwire_there(void *arg, struct err *err)
{
	const struct unplugging *w = arg;

	return network_driver(&w->p->pool.head->network)
		->unwire(&w->p->pool, w->place, w->p->netns, err);
}

static int plug_out(const struct plug_request *q, struct plug *p, uint32_t place, struct err *err)
{
	bool ports = false;
	char netns[32];
	int r;

	if (q->explain) {
		snprintf(netns, sizeof(netns), "%d", (int)p->container.state.pid);
		network_driver(&p->pool.head->network)
			->explain_unwire(&p->pool, place, netns, q->out);
		return 0;
	}
	r = router_run(&p->router, unwire_there, &(struct unplugging){p, place}, err);
	if (r == 0)
		pool_release(&p->pool, p->container.state.name, &ports);
	return r == 0 && ports
		       ? helper_call("kokon-network", (const char *const[]){"sync", NULL}, err)
		       : r;
}

int engine_disconnect(const struct plug_request *q, struct err *err)
{
	PLUG_CLEANUP struct plug p = {LIVING_NONE, TARGET_NONE, POOL_NONE, ROUTER_NONE, -1};
	struct arena a;
	uint32_t place;
	int r = arena_init(&a);

	if (r < 0)
		return err_set(err, -r, "cannot allocate memory");
	r = open_plug(q, false, &a, &p, err);
	place = r == 0 ? pool_find(&p.pool, p.container.state.name) : 0;
	if (r == 0 && place)
		r = plug_out(q, &p, place, err);
	else if (r == 0 && !q->force) {
		err_set(err, 0, "the container '%s' is not on the network '%s'", q->container,
			q->network);
		r = err_remedy(err, "kokon network inspect %s", q->network);
	}
	arena_free(&a);
	return r;
}
