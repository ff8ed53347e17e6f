// SPDX-License-Identifier: Apache-2.0
/*
 * The driver bridge: a bridge with the gateways' addresses, the kernel parameters it needs, and
 * for each container a pair of virtual Ethernet devices, made of the parts in wire.h.
 */
#include "driver.h"

#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "file.h"
#include "link.h"
#include "macros.h"
#include "wire.h"

#define BRIDGE_NF "/proc/sys/net/bridge/bridge-nf-call-ip6tables"
enum { LOOPBACK_METRIC = 4096 };

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

/* A network's bridge as wire.h has it. By itself a bridge takes the lowest hardware address of its
 * ports, and another one when that port goes, which its neighbours learn after seconds. The alias
 * says whose it is: `ip link` shows it, and system check goes by it. */
struct network_bridge {
	struct wire_end end;
	unsigned char mac[6];
	char alias[NETWORK_NAME_MAX + 24];
};

static void describe_bridge(const struct network *n, struct network_bridge *ret)
{
	struct wire_end *end = &ret->end;

	*end = (struct wire_end){.place = {.netns = -1, .shown = "host", .ip = "ip"},
				 .name = n->interface,
				 .mtu = n->mtu,
				 .vlan = (uint16_t)n->vlan,
				 .mac = ret->mac,
				 .alias = ret->alias};
	address_mac(&n->gateway[n->gateway[V4].family ? V4 : V6], ret->mac);
	snprintf(ret->alias, sizeof(ret->alias), "kokon network %s", n->name);
	for (int f = 0; f < FAMILIES; f++)
		if (n->gateway[f].family != AF_UNSPEC)
			end->addresses[end->n_addresses++] = n->gateway[f];
}

static bool is_ours(const struct link *link, const struct network_bridge *bridge)
{
	return strcmp(link->kind, "bridge") == 0 && strcmp(link->alias, bridge->alias) == 0;
}

/* Down, or without an address, it was made so by hand. */
static int complete_bridge(struct netlink *nl, const struct wire_end *w, int index, struct err *err)
{
	int r = link_change(nl, &(struct link_change){.index = index, .name = w->name, .up = true},
			    err);

	for (size_t i = 0; r == 0 && i < w->n_addresses; i++) {
		struct err refused = {0};

		r = address_add(nl, index, w->name, &w->addresses[i], &refused);
		if (r == -EEXIST)
			r = 0;
		else if (r < 0)
			*err = refused;
	}
	return r;
}

/* IPv6 has no route_localnet. What comes back for ::1 is let in from the interface that a local
 * route names; this one is never taken on the way out, since that of lo comes first. */
static int route_loopback(struct netlink *nl, const struct network *n, int index, struct err *err)
{
	struct route route = {.family = AF_INET6,
			      .type = RTN_LOCAL,
			      .table = RT_TABLE_LOCAL,
			      .metric = LOOPBACK_METRIC,
			      .link = index,
			      .to = {.family = AF_INET6, .prefix = 128, .bytes = {[15] = 1}}};
	struct err refused = {0};
	int r;

	if (!n->subnet[V6].family || n->flags & NETWORK_INTERNAL)
		return 0;
	r = route_add(nl, &route, &refused);
	if (r < 0 && r != -EEXIST)
		*err = refused;
	return r == -EEXIST ? 0 : r;
}

bool network_loopback_v6(void)
{
	char value[8];

	return read_line_at(AT_FDCWD, BRIDGE_NF, value, sizeof(value)) <= 0 ||
	       strcmp(value, "0") == 0;
}

/* CONFIG_BRIDGE_VLAN_FILTERING, which is no module of its own. */
static int no_filtering(const struct network *n, struct err *err)
{
	err_set(err, EOPNOTSUPP, "this kernel's bridges know nothing of VLANs: VLAN %u", n->vlan);
	err_remedy(err, "it takes a kernel with CONFIG_BRIDGE_VLAN_FILTERING, as Debian's; or "
			"leave --vlan out");
	return -EOPNOTSUPP;
}

static int bridge_raise(const struct network *n, struct out *notes, struct err *err)
{
	NETLINK_CLEANUP struct netlink nl = NETLINK_NONE;
	struct network_bridge bridge;
	struct err absent = {0};
	struct link link;
	int r = netlink_open(NETLINK_ROUTE, &nl, err);

	if (r < 0)
		return r;
	describe_bridge(n, &bridge);
	r = link_find(&nl, n->interface, &link, &absent);
	if (r == -ENODEV) {
		r = wire_make_bridge(&nl, &bridge.end, &link.index, err);
		if (r == -EOPNOTSUPP && n->vlan)
			r = no_filtering(n, err);
	} else if (r < 0) {
		*err = absent;
	} else if (is_ours(&link, &bridge)) {
		r = complete_bridge(&nl, &bridge.end, link.index, err);
	} else {
		err_set(err, EEXIST,
			"there is an interface '%s' already, which is not of the "
			"network '%s'",
			n->interface, n->name);
		err_remedy(err, "choose another name: --interface");
		return -EEXIST;
	}
	if (r == 0)
		r = route_loopback(&nl, n, link.index, err);
	return r < 0 ? r : set_parameters(n, notes, err);
}

static int bridge_lower(const struct network *n, struct err *err)
{
	NETLINK_CLEANUP struct netlink nl = NETLINK_NONE;
	struct network_bridge bridge;
	struct err absent = {0};
	struct link link;
	int r = netlink_open(NETLINK_ROUTE, &nl, err);

	if (r < 0)
		return r;
	describe_bridge(n, &bridge);
	if (link_find(&nl, n->interface, &link, &absent) < 0 || !is_ours(&link, &bridge))
		return 0;
	r = link_delete(&nl, n->interface, err);
	return r == -ENODEV ? 0 : r;
}

/* --- a container's pair --- */

/* Both ends of it as wire.h has them. */
struct network_pair {
	struct wire_end host;
	struct container_end inside;
	char name[16], alias[LEASE_OWNER_MAX + 24];
};

static void describe_host_end(const struct network *n, const char *owner, struct network_pair *ret)
{
	ret->host = (struct wire_end){.place = {.netns = -1, .shown = "host", .ip = "ip"},
				      .name = ret->name,
				      .mtu = n->mtu,
				      .alias = ret->alias};
	snprintf(ret->alias, sizeof(ret->alias), "kokon container %s", owner);
}

static int describe_pair(struct netlink *nl, const struct pool *p, const struct lease *l, int netns,
			 bool routes, struct network_pair *ret, struct err *err)
{
	const struct network *n = &p->head->network;
	struct err absent = {0};
	struct link bridge;
	int r = link_find(nl, n->interface, &bridge, &absent);

	describe_host_end(n, l->owner, ret);
	lease_host_interface(p, l->place, ret->name);
	container_end_of_lease(p, l, netns, routes, &ret->inside);
	ret->inside.end.mac = l->mac;
	/* What the container receives leaves the host's end: each end has the limit. */
	ret->inside.end.rate = ret->host.rate = l->rate;
	if (r == 0)
		ret->host.master = bridge.index;
	else if (r != -ENODEV)
		*err = absent;
	if (r != -ENODEV)
		return r;
	err_set(err, ENODEV, "the bridge '%s' of the network '%s' is not there", n->interface,
		n->name);
	err_remedy(err, "kokon network reload");
	return -ENODEV;
}

static int make_pair(struct netlink *nl, const struct network_pair *pair, struct err *err)
{
	NETLINK_BATCH_CLEANUP struct netlink_batch b = {0};

	wire_put_pair(&b, &pair->host, &pair->inside.end);
	link_put_change(&b,
			&(struct link_change){.name = pair->host.name, .alias = pair->host.alias});
	return netlink_run(&b, nl, NULL, err);
}

static int unwire(struct netlink *nl, const struct pool *p, uint32_t place, struct err *err)
{
	char name[16];
	int r;

	lease_host_interface(p, place, name);
	r = link_delete(nl, name, err);
	return r == -ENODEV ? 0 : r;
}

static int bridge_unwire(const struct pool *p, uint32_t place, int netns UNUSED, struct err *err)
{
	NETLINK_CLEANUP struct netlink nl = NETLINK_NONE;
	int r = netlink_open(NETLINK_ROUTE, &nl, err);

	return r < 0 ? r : unwire(&nl, p, place, err);
}

static int bridge_wire(const struct pool *p, const struct lease *l, int here, int netns,
		       bool routes, struct err *err)
{
	NETLINK_CLEANUP struct netlink nl = NETLINK_NONE;
	NETLINK_CLEANUP struct netlink inside = NETLINK_NONE;
	struct network_pair pair;
	struct err ignored = {0};
	int r = netlink_open_in(here, NETLINK_ROUTE, &nl, err);

	if (r == 0)
		r = describe_pair(&nl, p, l, netns, routes, &pair, err);
	if (r == 0)
		r = netlink_open_in(netns, NETLINK_ROUTE, &inside, err);
	if (r == 0)
		r = make_pair(&nl, &pair, err);
	/* A pair of this name is what is left of an earlier owner of the place. */
	if (r == -EEXIST && unwire(&nl, p, l->place, &ignored) == 0)
		r = make_pair(&nl, &pair, err);
	if (r < 0)
		return r;
	/* Made, the host's end is up: it has nothing else. */
	if (l->rate)
		r = wire_bring_up(&nl, &pair.host, err);
	if (r == 0)
		r = wire_bring_up(&inside, &pair.inside.end, err);
	if (r < 0)
		unwire(&nl, p, l->place, &ignored);
	else
		link_settle(&nl, pair.name);
	return r;
}

/* --- in words of ip(8) and sysctl(8) --- */

static void bridge_explain_raise(const struct network *n, struct out *o)
{
	struct network_bridge bridge;

	describe_bridge(n, &bridge);
	out_puts(o, "# a bridge: a switch that containers are plugged into; the host is on it with "
		    "the gateway's address\n");
	wire_explain_make_bridge(&bridge.end, o);
	if (n->flags & NETWORK_INTERNAL)
		return;
	out_puts(o, "# the host routes between the network and the outside\n");
	if (n->subnet[V4].family)
		out_printf(o,
			   "sysctl -q net.ipv4.conf.%s.route_localnet=1\nsysctl -q "
			   "net.ipv4.ip_forward=1\n",
			   n->interface);
	if (n->subnet[V6].family)
		out_printf(o,
			   "ip -6 route add local ::1 dev %s table local metric %d\n"
			   "sysctl -q net.ipv6.conf.all.forwarding=1\n",
			   n->interface, LOOPBACK_METRIC);
}

static void bridge_explain_lower(const struct network *n, struct out *o)
{
	out_printf(o, "# the bridge, and with it its addresses\nip link delete %s\n", n->interface);
}

static void bridge_explain_wire(const struct network *n, const char *owner, const char *inside,
				const char *netns, bool routes, struct out *o)
{
	struct network_pair pair = {.name = "kvPLACE"};

	describe_host_end(n, owner, &pair);
	container_end_in_words(n, inside, netns, routes, &pair.inside);
	wire_explain_pair(&pair.host, &pair.inside.end, n->interface, o);
	wire_explain_up(&pair.host, o);
	container_end_explain(n, &pair.inside, o);
}

static void bridge_explain_unwire(const struct pool *p, uint32_t place, const char *netns UNUSED,
				  struct out *o)
{
	char name[16];

	lease_host_interface(p, place, name);
	out_printf(o, "# both ends of the pair; then its address is free\nip link delete %s\n",
		   name);
}

/* --- the driver --- */

static int bridge_check(struct network_request *q, struct err *err)
{
	if (q->parent[0]) {
		err_set(err, 0, "--parent: a bridge has no interface below it");
		return err_remedy(err, "leave it out, or take --driver macvlan");
	}
	if (network_mode(&q->network)) {
		err_set(err, 0, "--mode is for the drivers macvlan and ipvlan");
		return err_remedy(err, "leave it out, or take --driver macvlan");
	}
	if (!q->network.interface[0])
		network_interface_name(q->network.name, q->network.interface);
	return 0;
}

const struct network_driver bridge_driver = {
	.name = "bridge",
	.traits = DRIVER_GATEWAY | DRIVER_RULES | DRIVER_RATES | DRIVER_HARDWARE,
	.check = bridge_check,
	.raise = bridge_raise,
	.lower = bridge_lower,
	.explain_raise = bridge_explain_raise,
	.explain_lower = bridge_explain_lower,
	.wire = bridge_wire,
	.unwire = bridge_unwire,
	.explain_wire = bridge_explain_wire,
	.explain_unwire = bridge_explain_unwire,
};
