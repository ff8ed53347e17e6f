// SPDX-License-Identifier: Apache-2.0
#include "apply.h"

#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "file.h"
#include "link.h"
#include "macros.h"
#include "rate.h"

/* --- kernel parameters --- */

static int set_parameter(const char *path, const char *value, struct err *err)
{
	char now[16];
	int r;

	if (read_line_at(AT_FDCWD, path, now, sizeof(now)) > 0 && strcmp(now, value) == 0)
		return 0;
	r = write_file_at(AT_FDCWD, path, value);
	if (r == 0)
		return 1;
	err_set(err, -r, "cannot set '%s' to %s", path, value);
	if (r == -EROFS)
		err_remedy(err, "/proc/sys is read-only here: set it outside, sysctl -w %s=%s",
			   path + sizeof("/proc/sys"), value);
	return r;
}

static int set_parameters(const struct network *n, struct out *notes, struct err *err)
{
	char path[80];
	int r = 0;

	if (n->flags & NETWORK_INTERNAL)
		return 0;
	if (n->subnet[V4].family) {
		snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/route_localnet",
			 n->interface);
		r = set_parameter(path, "1", err);
		if (r >= 0)
			r = set_parameter("/proc/sys/net/ipv4/ip_forward", "1", err);
		if (r > 0)
			out_puts(notes,
				 "IPv4 forwarding is switched on (net.ipv4.ip_forward): this "
				 "machine is a router now\n");
	}
	if (r >= 0 && n->subnet[V6].family) {
		r = set_parameter("/proc/sys/net/ipv6/conf/all/forwarding", "1", err);
		if (r > 0)
			out_puts(notes, "IPv6 forwarding is switched on "
					"(net.ipv6.conf.all.forwarding): interfaces without "
					"accept_ra=2 ignore router advertisements now\n");
	}
	return r < 0 ? r : 0;
}

/* --- the bridge --- */

static int add_addresses(struct netlink *nl, const struct network *n, int index, struct err *err)
{
	ADDRESS_LIST_CLEANUP struct address_list list = {0};
	int r = address_list_read(nl, &list, err);

	for (int f = 0; r == 0 && f < FAMILIES; f++) {
		bool there = n->gateway[f].family == AF_UNSPEC;

		for (size_t i = 0; i < list.n && !there; i++)
			there = list.v[i].link == index && ip_equal(&list.v[i].ip, &n->gateway[f]);
		if (!there)
			r = address_add(nl, index, n->interface, &n->gateway[f], err);
	}
	return r;
}

/* By itself a bridge takes the lowest hardware address of its ports, and another one when that port
 * goes, which its neighbours learn after seconds. The alias says whose it is: `ip link` shows it,
 * and system check goes by it. */
static int make_bridge(struct netlink *nl, const struct network *n, struct link *ret,
		       struct err *err)
{
	unsigned char mac[6];
	NETLINK_BATCH_CLEANUP struct netlink_batch b = {0};
	char alias[NETWORK_NAME_MAX + 24];
	int r;

	address_mac(&n->gateway[n->gateway[V4].family ? V4 : V6], mac);
	snprintf(alias, sizeof(alias), "kokon network %s", n->name);
	link_put_new(&b, &(struct link_new){.kind = "bridge",
					    .name = n->interface,
					    .address = mac,
					    .mtu = n->mtu,
					    .up = true});
	link_put_change(&b, &(struct link_change){.name = n->interface, .alias = alias});
	r = netlink_run(&b, nl, NULL, err);
	return r < 0 ? r : link_find(nl, n->interface, ret, err);
}

static bool is_ours(const struct link *link, const struct network *n)
{
	char alias[NETWORK_NAME_MAX + 24];

	snprintf(alias, sizeof(alias), "kokon network %s", n->name);
	return strcmp(link->kind, "bridge") == 0 && strcmp(link->alias, alias) == 0;
}

int network_raise(const struct network *n, struct out *notes, struct err *err)
{
	NETLINK_CLEANUP struct netlink nl = NETLINK_NONE;
	struct err absent = {0};
	struct link link;
	int r = netlink_open(NETLINK_ROUTE, &nl, err);

	if (r < 0)
		return r;
	r = link_find(&nl, n->interface, &link, &absent);
	if (r == -ENODEV) {
		r = make_bridge(&nl, n, &link, err);
	} else if (r == 0 && !is_ours(&link, n)) {
		err_set(err, EEXIST,
			"there is an interface '%s' already, which is not of the "
			"network '%s'",
			n->interface, n->name);
		err_remedy(err, "choose another name: --interface");
		return -EEXIST;
	} else if (r < 0) {
		*err = absent;
	} else if (!(link.flags & IFF_UP)) {
		r = link_change(&nl, &(struct link_change){.index = link.index, .up = true}, err);
	}
	if (r == 0)
		r = add_addresses(&nl, n, link.index, err);
	return r < 0 ? r : set_parameters(n, notes, err);
}

int network_lower(const struct network *n, struct err *err)
{
	NETLINK_CLEANUP struct netlink nl = NETLINK_NONE;
	struct err absent = {0};
	struct link link;
	int r = netlink_open(NETLINK_ROUTE, &nl, err);

	if (r < 0)
		return r;
	if (link_find(&nl, n->interface, &link, &absent) < 0 || !is_ours(&link, n))
		return 0;
	r = link_delete(&nl, n->interface, err);
	return r == -ENODEV ? 0 : r;
}

/* --- what the host uses --- */

void taken_list_free(struct taken_list *list)
{
	free(list->v);
	free(list->names);
	*list = (struct taken_list){0};
}

int taken_list_read(struct taken_list *ret, struct err *err)
{
	NETLINK_CLEANUP struct netlink nl = NETLINK_NONE;
	ROUTE_LIST_CLEANUP struct route_list routes = {0};
	LINK_LIST_CLEANUP struct link_list links = {0};
	struct taken_list list = {0};
	int r = netlink_open(NETLINK_ROUTE, &nl, err);

	if (r == 0)
		r = route_list_read(&nl, RT_TABLE_MAIN, &routes, err);
	if (r == 0)
		r = link_list_read(&nl, &links, err);
	if (r < 0)
		return r;
	list.v = calloc(routes.n + 1, sizeof(*list.v));
	list.names = calloc(routes.n + 1, sizeof(*list.names));
	if (!list.v || !list.names)
		abort();
	for (size_t i = 0; i < routes.n; i++) {
		const struct route *route = &routes.v[i];
		const struct link *link = link_by_index(&links, route->link);

		/* The default route overlaps with everything; link-local and multicast with
		 * nothing. */
		if (route->to.prefix == 0 || route->to.bytes[0] >= 0xfe ||
		    route->to.family == AF_UNSPEC)
			continue;
		snprintf(list.names[list.n], 16, "%s", link ? link->name : "");
		list.v[list.n] = (struct taken){route->to, "the route", list.names[list.n]};
		list.n++;
	}
	*ret = list;
	return 0;
}

/* --- a container's pair --- */

static int make_pair(struct netlink *nl, const struct pool *p, const struct lease *l, int netns,
		     struct err *err)
{
	NETLINK_BATCH_CLEANUP struct netlink_batch b = {0};
	const struct network *n = &p->head->network;
	int bridge = (int)if_nametoindex(n->interface);
	char name[16], alias[LEASE_OWNER_MAX + 24];

	if (bridge == 0) {
		err_set(err, ENODEV, "the bridge '%s' of the network '%s' is not there",
			n->interface, n->name);
		err_remedy(err, "kokon network reload");
		return -ENODEV;
	}
	lease_host_interface(p, l->place, name);
	snprintf(alias, sizeof(alias), "kokon container %s", l->owner);
	link_put_veth(&b,
		      &(struct link_end){.name = name, .mtu = n->mtu, .master = bridge, .up = true},
		      &(struct link_end){
			      .name = l->inside, .netns = netns, .address = l->mac, .mtu = n->mtu});
	link_put_change(&b, &(struct link_change){.name = name, .alias = alias});
	return netlink_run(&b, nl, NULL, err);
}

static void put_route(struct netlink_batch *b, const struct ip *gateway, int index)
{
	struct route route = {.family = gateway->family,
			      .link = index,
			      .to = {.family = gateway->family},
			      .via = *gateway};

	route_put_add(b, &route);
}

static int configure(int netns, const struct network *n, const struct lease *l, bool routes,
		     struct err *err)
{
	NETLINK_CLEANUP struct netlink nl = NETLINK_NONE;
	NETLINK_BATCH_CLEANUP struct netlink_batch b = {0};
	struct link link;
	int r = netlink_open_in(netns, NETLINK_ROUTE, &nl, err);

	if (r == 0)
		r = link_find(&nl, l->inside, &link, err);
	if (r < 0)
		return r;
	link_put_change(&b,
			&(struct link_change){.index = link.index, .name = l->inside, .up = true});
	for (int f = 0; f < FAMILIES; f++) {
		struct ip ip = network_address(n, f, l->place);

		if (ip.family != AF_UNSPEC)
			address_put_add(&b, link.index, l->inside, &ip);
	}
	for (int f = 0; routes && f < FAMILIES; f++)
		if (n->gateway[f].family != AF_UNSPEC)
			put_route(&b, &n->gateway[f], link.index);
	if (l->rate)
		rate_put(&b, link.index, l->inside, l->rate);
	return netlink_run(&b, &nl, NULL, err);
}

/* What the container receives leaves the host's end. */
static int limit_rate(struct netlink *nl, const struct pool *p, const struct lease *l,
		      struct err *err)
{
	NETLINK_BATCH_CLEANUP struct netlink_batch b = {0};
	char name[16];

	if (!l->rate)
		return 0;
	lease_host_interface(p, l->place, name);
	rate_put(&b, (int)if_nametoindex(name), name, l->rate);
	return netlink_run(&b, nl, NULL, err);
}

int network_wire(const struct pool *p, const struct lease *l, int netns, bool routes,
		 struct err *err)
{
	NETLINK_CLEANUP struct netlink nl = NETLINK_NONE;
	const struct network *n = &p->head->network;
	struct err ignored = {0};
	int r = netlink_open(NETLINK_ROUTE, &nl, err);

	if (r == 0)
		r = make_pair(&nl, p, l, netns, err);
	/* A pair of this name is what is left of an earlier owner of the place. */
	if (r == -EEXIST && network_unwire(p, l->place, &ignored) == 0)
		r = make_pair(&nl, p, l, netns, err);
	if (r < 0)
		return r;
	r = limit_rate(&nl, p, l, err);
	if (r == 0)
		r = configure(netns, n, l, routes && !(n->flags & NETWORK_INTERNAL), err);
	if (r < 0)
		network_unwire(p, l->place, &ignored);
	return r;
}

int network_unwire(const struct pool *p, uint32_t place, struct err *err)
{
	NETLINK_CLEANUP struct netlink nl = NETLINK_NONE;
	char name[16];
	int r = netlink_open(NETLINK_ROUTE, &nl, err);

	lease_host_interface(p, place, name);
	if (r == 0)
		r = link_delete(&nl, name, err);
	return r == -ENODEV ? 0 : r;
}

/* --- in words of ip(8) and sysctl(8) --- */

void network_explain_raise(const struct network *n, struct out *o)
{
	char text[IP_TEXT_MAX];

	out_puts(o, "# a bridge: a switch that containers are plugged into\n");
	out_printf(o, "ip link add %s type bridge\nip link set %s alias 'kokon network %s' up\n",
		   n->interface, n->interface, n->name);
	if (n->mtu)
		out_printf(o, "ip link set %s mtu %u\n", n->interface, n->mtu);
	out_puts(o, "# the host is on it with the gateway's address\n");
	for (int f = 0; f < FAMILIES; f++)
		if (n->gateway[f].family)
			out_printf(o, "ip address add %s dev %s%s\n",
				   ip_format_cidr(&n->gateway[f], text), n->interface,
				   f == V6 ? " nodad" : "");
	if (n->flags & NETWORK_INTERNAL)
		return;
	out_puts(o, "# the host routes between the network and the outside\n");
	if (n->subnet[V4].family)
		out_printf(o,
			   "sysctl -q net.ipv4.conf.%s.route_localnet=1\nsysctl -q "
			   "net.ipv4.ip_forward=1\n",
			   n->interface);
	if (n->subnet[V6].family)
		out_puts(o, "sysctl -q net.ipv6.conf.all.forwarding=1\n");
}

void network_explain_lower(const struct network *n, struct out *o)
{
	out_printf(o, "# the bridge, and with it its addresses\nip link delete %s\n", n->interface);
}

void network_explain_wire(const struct network *n, const char *inside, const char *netns,
			  bool routes, struct out *o)
{
	char text[IP_TEXT_MAX];

	out_printf(o,
		   "ip link add kvPLACE master %s up type veth peer name %s netns %s\n"
		   "ip -n %s link set %s up\n",
		   n->interface, inside, netns, netns, inside);
	for (int f = 0; f < FAMILIES; f++)
		if (n->subnet[f].family)
			out_printf(o, "ip -n %s address add ADDRESS/%u dev %s%s\n", netns,
				   n->subnet[f].prefix, inside, f == V6 ? " nodad" : "");
	for (int f = 0; f < FAMILIES; f++)
		if (routes && n->gateway[f].family && !(n->flags & NETWORK_INTERNAL))
			out_printf(o, "ip -n %s route add default via %s\n", netns,
				   ip_format(&n->gateway[f], text));
}
