// SPDX-License-Identifier: Apache-2.0
#include "router-ways.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include "file.h"
#include "link.h"
#include "macros.h"
#include "pasta.h"

/* Link-local addresses of both kinds of ways: they are seen by nobody else. The host's own
 * addresses could not be reached if the router had them too, as pasta has it by itself. */
#define OUT_WORDS                                                                                  \
	" --config-net --no-map-gw -I " ROUTER_OUTSIDE " -a 169.254.213.2 -n 30 -g 169.254.213.1"
#define IN_GATEWAY  "169.254.213.5"
#define IN_HARDWARE "02:6b:a9:fe:d5:05"

int router_way_out(const struct router *router, const struct way_out *way, struct err *err)
{
	CLOSE_FD int guard = openat(way->directory, "guard", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int r;

	if (guard < 0 || flock(guard, LOCK_EX) < 0)
		return err_errno(err, "cannot lock the folder of the networks");
	if (pasta_lives(way->directory) || faccessat(way->directory, ROUTER_NO_WAY, F_OK, 0) == 0)
		return 0;
	r = pasta_start(&(struct pasta){.program = way->program, .options = OUT_WORDS}, router->net,
			way->path, err);
	/* It is not tried again, nor told again, by each container that follows. */
	if (r < 0)
		close(openat(way->directory, ROUTER_NO_WAY, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	return r;
}

/* --- in --- */

/* pasta takes the router's address on the network for that of its peer: what it sends there is
 * translated as it is on root's networks. */
void router_way_in_words(const struct network *n, const char *interface, struct out *o)
{
	char gateway[IP_TEXT_MAX];

	out_printf(o,
		   " -4 -i lo -I %s -a %s -n 32 -g " IN_GATEWAY " -M " IN_HARDWARE
		   " --no-dhcp --no-ra --no-ndp --no-dhcpv6",
		   interface, ip_format(&n->gateway[V4], gateway));
}

static void put_rule(struct netlink_batch *b, uint32_t mark)
{
	struct fib_rule_hdr head = {.family = AF_INET, .action = FR_ACT_TO_TBL};

	netlink_request(b, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, &head, sizeof(head));
	netlink_put_u32(b, FRA_FWMARK, mark);
	netlink_put_u32(b, FRA_TABLE, mark);
	netlink_what(b, "cannot add the rule that marked packets have a way of their own");
}

/* pasta learns the addresses of its peer, that of the hardware and the other, from what comes out
 * of the interface: any packet will do. */
static void introduce(const char *interface, const struct ip *own)
{
	struct sockaddr_in from = {.sin_family = AF_INET};
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
	CLOSE_FD int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	inet_pton(AF_INET, IN_GATEWAY, &to.sin_addr);
	memcpy(&from.sin_addr, own->bytes, 4);
	if (sock >= 0 && bind(sock, (struct sockaddr *)&from, sizeof(from)) == 0 &&
	    setsockopt(sock, SOL_SOCKET, SO_BINDTODEVICE, interface,
		       (socklen_t)strlen(interface) + 1) == 0)
		sendto(sock, "", 1, 0, (struct sockaddr *)&to, sizeof(to));
}

/* Who comes in has an address to which the main table knows another way. */
static void allow_other_ways(const char *interface)
{
	char path[80];

	write_file_at(AT_FDCWD, "/proc/sys/net/ipv4/conf/all/rp_filter", "0");
	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/rp_filter", interface);
	write_file_at(AT_FDCWD, path, "0");
}

struct opening {
	char interface[16];
	uint32_t mark;
	struct ip own; /* the router's address on the network */
};

/* In the router, when the interface is there. */
static int open_way(void *arg, struct err *err)
{
	const struct opening *w = arg;
	NETLINK_CLEANUP struct netlink nl = NETLINK_NONE;
	NETLINK_BATCH_CLEANUP struct netlink_batch route = {0};
	NETLINK_BATCH_CLEANUP struct netlink_batch rule = {0};
	struct link link;
	int r = netlink_open(NETLINK_ROUTE, &nl, err);

	if (r == 0)
		r = link_find(&nl, w->interface, &link, err);
	if (r < 0)
		return r;
	allow_other_ways(w->interface);
	link_put_change(&route, &(struct link_change){.index = link.index,
						      .name = w->interface,
						      .up = true});
	route_put_add(&route, &(struct route){.family = AF_INET,
					      .link = link.index,
					      .to = {.family = AF_INET},
					      .table = w->mark});
	r = netlink_run(&route, &nl, NULL, err);
	if (r < 0)
		return r;
	/* It may be there: an earlier container had the place. */
	put_rule(&rule, w->mark);
	r = netlink_run(&rule, &nl, NULL, err);
	introduce(w->interface, &w->own);
	return r == -EEXIST ? 0 : r;
}

int router_way_in(const struct router *router, const struct way_in *way, struct err *err)
{
	OUT_CLEANUP struct out words = {0};
	const struct network *n = &way->pool->head->network;
	struct published ports[LEASE_PORTS];
	struct opening w = {.mark = lease_mark(way->pool, way->lease->place),
			    .own = n->gateway[V4]};
	int r;

	lease_way_interface(way->pool, way->lease->place, w.interface);
	router_way_in_words(n, w.interface, &words);
	/* The router translates, so pasta keeps the port. */
	memcpy(ports, way->lease->ports, sizeof(ports));
	for (uint32_t i = 0; i < way->lease->n_ports; i++)
		ports[i].container = ports[i].host;
	r = pasta_start(&(struct pasta){.program = way->program,
					.ports = ports,
					.n_ports = way->lease->n_ports,
					.options = words.text},
			router->net, way->path, err);
	return r < 0 ? r : router_run(router, open_way, &w, err);
}

int router_ways_check(const struct network *n, const struct published *ports, uint32_t n_ports,
		      struct err *err)
{
	for (uint32_t i = 0; i < n_ports; i++) {
		if (n->subnet[V4].family && ports[i].ip.family != AF_INET6)
			continue;
		err_set(err, 0, "ports cannot be published over IPv6 from the network '%s'",
			n->name);
		return err_remedy(err, "for an ordinary user: publish on an IPv4 address, from a "
				       "network with an IPv4 subnet; or use --net pasta");
	}
	return 0;
}
