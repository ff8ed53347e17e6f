// SPDX-License-Identifier: Apache-2.0
#include "network-rows.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include "driver.h"
#include "file.h"
#include "helper.h"
#include "macros.h"
#include "network-files.h"
#include "out.h"
#include "parse.h"
#include "pasta.h"
#include "router-ways.h"
#include "state.h"

void live_network_init(struct live_network *l)
{
	l->netns = l->udp = l->tcp = l->pools = l->held[0] = l->held[1] = -1;
	l->n_reserved = 0;
	l->resolver = NULL;
}

void live_network_close(struct live_network *l)
{
	for (uint32_t i = 0; i < l->n_reserved; i++)
		close(l->reserved[i]);
	if (l->netns >= 0)
		close(l->netns);
	if (l->udp >= 0)
		close(l->udp);
	if (l->tcp >= 0)
		close(l->tcp);
	if (l->pools >= 0)
		close(l->pools);
	close_fd_cleanup(&l->held[0]);
	close_fd_cleanup(&l->held[1]);
	resolver_close(l->resolver);
	live_network_init(l);
}

enum { PATIENCE_MS = 10000 };

static int pools(struct err *err)
{
	CLOSE_FD int root = state_root(true, err);

	return root < 0 ? root : pool_directory(root, true, err);
}

static int call(const char *verb, const char *word, struct err *err)
{
	return helper_call("kokon-network", (const char *const[]){verb, word, NULL}, err);
}

/* --- ports of the host --- */

static int refuse_port(unsigned port, const struct published *p, struct err *err)
{
	const char *protocol = p->protocol == IPPROTO_UDP ? "udp" : "tcp";

	err_errno(err, "cannot publish the port %u/%s", port, protocol);
	if (err->code == EADDRINUSE)
		return err_remedy(err,
				  "another container or program has it: ss -lnp 'sport = %u'; "
				  "take another port of the host",
				  port);
	if (err->code == EADDRNOTAVAIL)
		return err_remedy(err, "the address is none of this host's: ip address");
	if (err->code == EACCES)
		return err_remedy(err,
				  "ports below %s are for root: take a higher one, or sysctl "
				  "net.ipv4.ip_unprivileged_port_start=%u",
				  "1024", port);
	return -err->code;
}

/* Bound and not listening: nobody else gets the port while the container runs, and the kernel
 * frees it whatever becomes of this process. What arrives is translated before it gets here. */
static int reserve(struct live_network *l, int family, const struct published *p, uint16_t *port,
		   struct err *err)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(*port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(*port)};
	bool is4 = family == AF_INET;
	struct sockaddr *address = is4 ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6;
	socklen_t len = is4 ? sizeof(v4) : sizeof(v6);
	int one = 1, fd;

	if (l->n_reserved == NETWORK_RESERVED_MAX)
		return err_set(err, E2BIG, "more than %d ports are published",
			       NETWORK_RESERVED_MAX);
	memcpy(&v4.sin_addr, p->ip.bytes, is4 ? 4 : 0);
	memcpy(&v6.sin6_addr, p->ip.bytes, is4 ? 0 : 16);
	fd = socket(family, (p->protocol == IPPROTO_UDP ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC,
		    0);
	if (fd < 0)
		return errno == EAFNOSUPPORT ? 0 : refuse_port(*port, p, err);
	l->reserved[l->n_reserved++] = fd;
	if (!is4)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	/* Connections of an earlier pasta are remembered for a minute; it is who listens that
	 * counts. */
	if (l->router->apart && p->protocol == IPPROTO_TCP)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, address, len) < 0 || getsockname(fd, address, &len) < 0)
		return refuse_port(*port, p, err);
	*port = ntohs(is4 ? v4.sin_port : v6.sin6_port);
	return 0;
}

static int reserve_ports(struct live_network *l, struct published *ports, uint32_t n, bool v6,
			 struct err *err)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < n; i++) {
		struct published *p = &ports[i];

		for (uint16_t k = 0; r == 0 && k < p->count; k++) {
			uint16_t port = p->chosen ? 0 : (uint16_t)(p->host + k);

			if (p->ip.family != AF_INET6)
				r = reserve(l, AF_INET, p, &port, err);
			if (r == 0 && (p->ip.family == AF_INET6 || (v6 && !p->ip.family)))
				r = reserve(l, AF_INET6, p, &port, err);
			if (p->chosen)
				p->host = port;
		}
	}
	return r;
}

/* --- places --- */

static bool has_v6(const struct pool *p)
{
	return p->head->network.subnet[V6].family != AF_UNSPEC;
}

/* Open the pool; when the machine was started anew there is none yet, but there is a record. */
static int open_pool(int directory, const char *name, struct pool *ret, struct err *err)
{
	int r = pool_open(directory, name, ret, err);

	if (r != -ENOENT)
		return r;
	r = call("ensure", name, err);
	if (r < 0)
		return r;
	r = pool_open(directory, name, ret, err);
	return r == -ENOENT ? err_set(err, ENOENT, "there is no network '%s'", name) : r;
}

static bool is_loopback_v6(const struct ip *ip)
{
	static const unsigned char loopback[16] = {[15] = 1};

	return ip->family == AF_INET6 && memcmp(ip->bytes, loopback, sizeof(loopback)) == 0;
}

/* Can what arrives at these addresses of the host be handed to this network? */
static int check_ports(const struct network *n, const struct published *ports, uint32_t count,
		       bool apart, struct err *err)
{
	char text[PUBLISH_TEXT_MAX];

	if (count > LEASE_PORTS)
		return err_set(err, E2BIG, "more than %d ports or ranges are published",
			       LEASE_PORTS);
	if (count && !(network_driver(n)->traits & DRIVER_RULES)) {
		err_set(err, 0, "ports cannot be published from the network '%s': its driver is %s",
			n->name, n->driver);
		return err_remedy(err, "others reach the container at its own address");
	}
	if (count && (n->flags & NETWORK_INTERNAL)) {
		err_set(err, 0, "ports cannot be published from the network '%s': it is internal",
			n->name);
		return err_remedy(err, "join another network too, as the first one");
	}
	for (uint32_t i = 0; i < count; i++) {
		const struct ip *ip = &ports[i].ip;

		publish_format(&ports[i], text);
		if (ip->family && !n->subnet[ip->family == AF_INET6 ? V6 : V4].family) {
			err_set(err, 0, "cannot publish '%s' from the network '%s': it has no %s",
				text, n->name, ip->family == AF_INET6 ? "IPv6" : "IPv4");
			return err_remedy(err,
					  "kokon network create %s OTHER; kokon run --net "
					  "OTHER …",
					  ip->family == AF_INET6 ? "--ipv6" : "--subnet …");
		}
		if (is_loopback_v6(ip) && !apart && !network_loopback_v6()) {
			err_set(err, 0,
				"cannot publish '%s': br_netfilter keeps the answers from "
				"coming back to '::1'",
				text);
			return err_remedy(err, "publish on 127.0.0.1; or, if nothing else needs "
					       "it: sysctl -w "
					       "net.bridge.bridge-nf-call-ip6tables=0");
		}
	}
	return 0;
}

/* The names of the network's owner are its own affair; what has to be held are ports. */
static int claim_cni(const struct network_join_plan *j, struct live_network *l, struct lease *lease,
		     struct err *err)
{
	memcpy(lease->ports, j->ports, MIN(j->n_ports, LEASE_PORTS) * sizeof(*j->ports));
	lease->n_ports = (uint16_t)MIN(j->n_ports, LEASE_PORTS);
	return reserve_ports(l, lease->ports, lease->n_ports, false, err);
}

static int no_rate(const struct network *n, struct err *err)
{
	err_set(err, 0, "--net-rate: nothing on this host limits what comes from the network '%s'",
		n->name);
	return err_remedy(err, "its driver is %s; a network of the driver bridge can be limited",
			  n->driver);
}

static int claim_one(int directory, const struct network_join_plan *j, const char *owner,
		     struct live_network *l, struct lease *lease, struct err *err)
{
	POOL_CLEANUP struct pool pool = POOL_NONE;
	struct published ports[LEASE_PORTS];
	struct lease_request q = {.owner = owner,
				  .inside = j->inside,
				  .ip = {j->ip[0], j->ip[1]},
				  .aliases = j->aliases,
				  .rate = j->rate,
				  .ports = ports,
				  .n_ports = j->n_ports};
	int r = open_pool(directory, j->network, &pool, err);

	if (r == 0 && j->rate && !(network_driver(&pool.head->network)->traits & DRIVER_RATES))
		r = no_rate(&pool.head->network, err);
	if (r == 0 && l->router->apart)
		r = router_ways_check(j->ports, j->n_ports, err);
	if (r == 0)
		r = check_ports(&pool.head->network, j->ports, j->n_ports, l->router->apart, err);
	if (r == 0)
		r = network_check_mac(&pool.head->network, j->mac, err);
	if (r < 0)
		return r;
	if (j->n_ports)
		memcpy(ports, j->ports, j->n_ports * sizeof(*ports));
	memcpy(q.mac, j->mac, sizeof(q.mac));
	r = reserve_ports(l, ports, j->n_ports,
			  has_v6(&pool) && (!l->router->apart || router_host_v6(NULL)), err);
	if (r == 0 && l->router->apart && j->n_ports && pipe2(l->held, O_CLOEXEC) < 0)
		r = err_errno(err, "cannot make a pipe");
	return r < 0 ? r : pool_take(&pool, &q, lease, err);
}

/* --- claiming --- */

void network_files_remove(int state)
{
	pasta_stop(state);
	unlinkat(state, "hosts", 0);
	unlinkat(state, "resolv.conf", 0);
	unlinkat(state, "hostname", 0);
}

int network_claim(const struct network_plan *plan, const char *owner, int state,
		  struct live_network *l, struct err *err)
{
	CLOSE_FD int directory = plan->n ? pools(err) : -1;
	int r = plan->n && directory < 0 ? directory : 0;

	for (uint32_t i = 0; r == 0 && i < plan->n; i++)
		r = plan->joins[i].cni
			    ? claim_cni(&plan->joins[i], l, &l->leases[i], err)
			    : claim_one(directory, &plan->joins[i], owner, l, &l->leases[i], err);
	return r < 0 || !plan->files.directory
		       ? r
		       : network_files_write(plan, owner, directory, state, l, err);
}

/* --- wiring --- */

struct wiring {
	int directory, netns;
	const struct network_join_plan *join;
	const struct lease *lease;
};

/* Where the bridges are. */
static int wire_there(void *arg, struct err *err)
{
	const struct wiring *w = arg;
	POOL_CLEANUP struct pool pool = POOL_NONE;
	int r = pool_open(w->directory, w->join->network, &pool, err);

	return r < 0 ? r
		     : network_driver(&pool.head->network)
			       ->wire(&pool, w->lease, -1, w->netns, w->join->routes, err);
}

static int wire_one(const struct router *router, struct wiring *w, struct err *err)
{
	struct err first = {0};
	int r = router_run(router, wire_there, w, &first);

	/* The bridge is gone: removed by hand, or the machine was started anew. */
	if (r == -ENODEV) {
		r = call("ensure", w->join->network, err);
		return r < 0 ? r : router_run(router, wire_there, w, err);
	}
	if (r < 0 && first.text[0])
		*err = first;
	return r < 0 ? err_context(err, "network '%s'", w->join->network) : 0;
}

static int join_cni(const struct network_plan *plan, uint32_t i, const char *owner, int state,
		    struct live_network *l, struct err *err)
{
	return cni_join(&(struct cni_attachment){.container = owner,
						 .netns = l->netns,
						 .state = state,
						 .directory = plan->files.directory,
						 .index = i,
						 .join = &plan->joins[i],
						 .ports = l->leases[i].ports,
						 .n_ports = l->leases[i].n_ports},
			&l->results[i], err);
}

/* The ports of the host that were held are free: also of processes that have been started meanwhile
 * (guardian.h) and close what they have inherited, the pipe last, when they come to it. */
static void let_go(struct live_network *l)
{
	close(l->held[1]);
	poll(&(struct pollfd){.fd = l->held[0]}, 1, PATIENCE_MS);
	close(l->held[0]);
	l->held[0] = l->held[1] = -1;
	while (l->n_reserved > 0)
		close(l->reserved[--l->n_reserved]);
}

/* Here pasta listens on the ports of the host: until now they were held for it. One join has them.
 */
static int open_way(const struct network_plan *plan, int directory, struct live_network *l,
		    struct err *err)
{
	POOL_CLEANUP struct pool pool = POOL_NONE;
	struct way_in way = {&pool, l->leases, plan->files.directory, plan->publisher};
	int r;

	let_go(l);
	while (!plan->joins[way.lease - l->leases].n_ports)
		way.lease++;
	r = pool_open(directory, plan->joins[way.lease - l->leases].network, &pool, err);
	return r < 0 ? r : router_way_in(l->router, &way, err);
}

int network_connect_all(const struct network_plan *plan, const char *owner, int state,
			struct live_network *l, struct err *err)
{
	CLOSE_FD int directory = plan->n ? pools(err) : -1;
	bool ports = false, cni = false;
	int r = plan->n && directory < 0 ? directory : 0;

	for (uint32_t i = 0; r == 0 && i < plan->n; i++) {
		const struct network_join_plan *j = &plan->joins[i];

		r = j->cni ? join_cni(plan, i, owner, state, l, err)
			   : wire_one(l->router,
				      &(struct wiring){directory, l->netns, j, &l->leases[i]}, err);
		cni = cni || j->cni;
		ports = ports || (!j->cni && j->n_ports);
	}
	if (r == 0 && cni)
		r = network_files_complete(plan, owner, directory, state, l, err);
	if (r == 0 && plan->pasta)
		r = pasta_start(&(struct pasta){plan->pasta, plan->ports, plan->n_ports,
						" --config-net --no-map-gw"},
				l->netns, plan->files.directory, err);
	if (r == 0 && ports && l->router->apart)
		r = open_way(plan, directory, l, err);
	return r == 0 && ports ? call("sync", NULL, err) : r;
}

int network_resolve(const struct network_plan *plan, const char *owner, struct live_network *l,
		    struct err *err)
{
	if (!plan->resolver || l->udp < 0)
		return 0;
	l->pools = plan->n ? pools(err) : -1;
	return resolver_open(l->udp, l->tcp, network_servers(plan, l), l->pools, owner,
			     &l->resolver, err);
}

/* --- undoing --- */

int network_undo(const char *owner, int state, struct err *err)
{
	CLOSE_FD int root = state_root(false, err);
	CLOSE_FD int directory = -1;
	bool ports = false;
	char **names;
	size_t n;
	int r = cni_leave(state, err);

	if (r < 0)
		return r;
	directory = root < 0 ? root : pool_directory(root, false, err);
	if (directory < 0)
		return directory == -ENOENT ? 0 : directory;
	r = pool_names(directory, &names, &n, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		POOL_CLEANUP struct pool pool = POOL_NONE;

		if (pool_open(directory, names[i], &pool, err) == 0)
			pool_release(&pool, owner, &ports);
	}
	pool_names_free(names, n);
	return ports ? call("sync", NULL, err) : 0;
}
