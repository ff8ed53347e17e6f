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
#include "parse.h"
#include "pasta.h"

/* Link-local addresses of both kinds of ways: they are seen by nobody else. The host's own
 * addresses could not be reached if the router had them too, as pasta has it by itself. */
#define OUT_WORDS                                                                                  \
	" --config-net --no-map-gw -I " ROUTER_OUTSIDE " -a 169.254.213.2 -n 30 -g 169.254.213.1"
#define IN_GATEWAY  "169.254.213.5"
#define IN_GATEWAY6 "fe80::213:5"
#define IN_HARDWARE "02:6b:a9:fe:d5:05"

enum { SCOPE_LINK = 0x20 /* in /proc/net/if_inet6 */ };

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

bool router_host_v6(char ret[16])
{
	FREE_PTR char *text = NULL;
	const char *at = text, *line;
	unsigned scope;
	char name[16];
	size_t len;

	if (read_file_at(AT_FDCWD, "/proc/net/if_inet6", 1 << 20, &text) < 0)
		return false;
	at = text;
	while (next_field(&at, '\n', &line, &len)) {
		if (sscanf(line, "%*32s %*x %*x %x %*x %15s", &scope, name) != 2 ||
		    scope != SCOPE_LINK || strcmp(name, "lo") == 0)
			continue;
		if (ret)
			snprintf(ret, 16, "%s", name);
		return true;
	}
	return false;
}

/* Which kinds of addresses a container's ports are asked for at. */
static void families(const struct network *n, const struct published *ports, uint32_t n_ports,
		     bool ret[FAMILIES])
{
	ret[V4] = ret[V6] = false;
	for (uint32_t i = 0; i < n_ports; i++)
		for (int f = 0; f < FAMILIES; f++)
			if (n->subnet[f].family &&
			    ports[i].ip.family != (f == V4 ? AF_INET6 : AF_INET))
				ret[f] = true;
	/* pasta takes no part in IPv6 without an interface that has a link-local address. */
	ret[V6] = ret[V6] && router_host_v6(NULL);
}

/* pasta takes the router's addresses on the network for those of its peer: what it sends there is
 * translated as it is on root's networks. */
static void way_words(const struct network *n, const char *interface, const bool has[FAMILIES],
		      struct out *o)
{
	char gateway[IP_TEXT_MAX], host[16] = "lo";

	if (has[V6])
		router_host_v6(host);
	else
		out_puts(o, " -4");
	if (has[V4])
		out_printf(o, " -a %s -n 32 -g " IN_GATEWAY, ip_format(&n->gateway[V4], gateway));
	else
		out_puts(o, " -6");
	if (has[V6])
		out_printf(o, " -a %s -g " IN_GATEWAY6, ip_format(&n->gateway[V6], gateway));
	out_printf(o, " -i %s -I %s -M " IN_HARDWARE " --no-dhcp --no-ra --no-dhcpv6%s", host,
		   interface, has[V6] ? "" : " --no-ndp");
}

static void put_rule(struct netlink_batch *b, int family, uint32_t mark)
{
	struct fib_rule_hdr head = {.family = (uint8_t)family, .action = FR_ACT_TO_TBL};

	netlink_request(b, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, &head, sizeof(head));
	netlink_put_u32(b, FRA_FWMARK, mark);
	netlink_put_u32(b, FRA_TABLE, mark);
	netlink_what(b, "cannot add the rule that marked packets have a way of their own");
}

/* pasta learns the addresses of its peer, that of the hardware and the other, from what comes out
 * of the interface: any packet will do. */
static void introduce(const char *interface, const struct ip *own)
{
	struct sockaddr_in from4 = {.sin_family = AF_INET};
	struct sockaddr_in to4 = {.sin_family = AF_INET, .sin_port = htons(9)};
	struct sockaddr_in6 from6 = {.sin6_family = AF_INET6};
	struct sockaddr_in6 to6 = {.sin6_family = AF_INET6, .sin6_port = htons(9)};
	bool is4 = own->family == AF_INET;
	CLOSE_FD int sock = socket(own->family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr *from = is4 ? (struct sockaddr *)&from4 : (struct sockaddr *)&from6;
	struct sockaddr *to = is4 ? (struct sockaddr *)&to4 : (struct sockaddr *)&to6;
	socklen_t len = is4 ? sizeof(from4) : sizeof(from6);

	inet_pton(AF_INET, IN_GATEWAY, &to4.sin_addr);
	inet_pton(AF_INET6, "2001:db8::1", &to6.sin6_addr);
	memcpy(&from4.sin_addr, own->bytes, 4);
	memcpy(&from6.sin6_addr, own->bytes, 16);
	if (sock >= 0 && bind(sock, from, len) == 0 &&
	    setsockopt(sock, SOL_SOCKET, SO_BINDTODEVICE, interface,
		       (socklen_t)strlen(interface) + 1) == 0)
		sendto(sock, "", 1, 0, to, len);
}

static void set(const char *parameter, const char *interface, const char *value)
{
	char path[96];

	snprintf(path, sizeof(path), "/proc/sys/net/%.4s/conf/%s/%s", parameter, interface,
		 parameter + 5);
	write_file_at(AT_FDCWD, path, value);
}

/* Who comes in has an address to which the main table knows another way. */
static void allow_other_ways(const char *interface)
{
	set("ipv4/rp_filter", "all", "0");
	set("ipv4/rp_filter", interface, "0");
	set("ipv6/accept_dad", interface, "0");
}

struct opening {
	char interface[16];
	uint32_t mark;
	bool has[FAMILIES];
	const struct network *network;
};

/* In the router, when the interface is there. */
static int open_way(void *arg, struct err *err)
{
	static const int family[FAMILIES] = {AF_INET, AF_INET6};
	const struct opening *w = arg;
	NETLINK_CLEANUP struct netlink nl = NETLINK_NONE;
	struct link link;
	int r = netlink_open(NETLINK_ROUTE, &nl, err);

	if (r == 0)
		r = link_find(&nl, w->interface, &link, err);
	if (r < 0)
		return r;
	allow_other_ways(w->interface);
	r = link_change(
		&nl, &(struct link_change){.index = link.index, .name = w->interface, .up = true},
		err);
	for (int f = 0; r == 0 && f < FAMILIES; f++) {
		NETLINK_BATCH_CLEANUP struct netlink_batch rule = {0};
		struct route route = {.family = (uint8_t)family[f],
				      .link = link.index,
				      .to = {.family = family[f]},
				      .table = w->mark};
		struct err there = {0};

		if (!w->has[f])
			continue;
		r = route_add(&nl, &route, err);
		if (r < 0)
			return r;
		/* It may be there: an earlier container had the place. */
		put_rule(&rule, family[f], w->mark);
		r = netlink_run(&rule, &nl, NULL, &there);
		if (r < 0 && r != -EEXIST)
			*err = there;
		else
			r = 0;
		introduce(w->interface, &w->network->gateway[f]);
	}
	return r;
}

int router_way_in(const struct router *router, const struct way_in *way, struct err *err)
{
	OUT_CLEANUP struct out words = {0};
	const struct network *n = &way->pool->head->network;
	struct published ports[LEASE_PORTS];
	struct opening w = {.mark = lease_mark(way->pool, way->lease->place), .network = n};
	int r;

	lease_way_interface(way->pool, way->lease->place, w.interface);
	families(n, way->lease->ports, way->lease->n_ports, w.has);
	way_words(n, w.interface, w.has, &words);
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

int router_ways_check(const struct published *ports, uint32_t n_ports, struct err *err)
{
	char text[PUBLISH_TEXT_MAX];

	for (uint32_t i = 0; i < n_ports; i++) {
		publish_format(&ports[i], text);
		if (ports[i].ip.family == AF_INET6 && !router_host_v6(NULL)) {
			err_set(err, 0,
				"cannot publish '%s': no interface of this host has IPv6 but its "
				"loopback",
				text);
			return err_remedy(err, "publish on an IPv4 address, or use --net pasta");
		}
		if (ports[i].ip.family == AF_INET && ports[i].ip.bytes[0] == 127 &&
		    memcmp(ports[i].ip.bytes, "\x7f\0\0\1", 4) != 0) {
			err_set(err, 0,
				"cannot publish '%s': pasta takes all of 127.0.0.0/8 for 127.0.0.1",
				text);
			return err_remedy(err, "publish on 127.0.0.1");
		}
		/* A pasta has a port once, whatever the address (chosen ones differ). */
		for (uint32_t k = 0; k < i; k++) {
			int between = ports[i].host - ports[k].host;

			if (ports[i].chosen || ports[k].chosen ||
			    ports[i].protocol != ports[k].protocol || between >= ports[k].count ||
			    -between >= ports[i].count)
				continue;
			err_set(err, 0,
				"cannot publish '%s': another address has this port for the same "
				"container",
				text);
			return err_remedy(err, "for an ordinary user: leave the address out, take "
					       "another port, or another container");
		}
	}
	return 0;
}
