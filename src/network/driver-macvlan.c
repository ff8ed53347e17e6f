// SPDX-License-Identifier: Apache-2.0
/*
 * The driver macvlan: each container has a device on top of an interface of the host, with a
 * hardware address of its own on the same wire. The host's own packets do not come back to it: host
 * and containers do not reach each other through the interface.
 */
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "driver.h"
#include "link.h"
#include "wire.h"

static int macvlan_check(struct network_request *q, struct err *err)
{
	struct network *n = &q->network;

	if (n->interface[0]) {
		err_set(err, 0, "--interface is the name of a bridge");
		return err_remedy(err, "the interface below a macvlan network: --parent");
	}
	if (!q->parent[0]) {
		err_set(err, 0, "the driver macvlan needs an interface of the host");
		return err_remedy(err, "name it: --parent eth0");
	}
	if (n->vlan) {
		err_set(err, 0, "--vlan is for bridges");
		return err_remedy(err,
				  "ip link add link %s name %.8s.%u type vlan id %u; then --parent "
				  "%.8s.%u",
				  q->parent, q->parent, n->vlan, n->vlan, q->parent, n->vlan);
	}
	if (n->flags & NETWORK_ISOLATED) {
		err_set(err, 0, "--isolate: the driver macvlan has no part in what is routed");
		return err_remedy(err, "leave it out: the host forwards nothing for this network");
	}
	if (!network_macvlan(n))
		n->flags |= MACVLAN_MODE_BRIDGE << NETWORK_MODE_SHIFT;
	snprintf(n->interface, sizeof(n->interface), "%s", q->parent);
	return 0;
}

static const char *mode_word(const struct network *n)
{
	return network_macvlan_mode(network_macvlan(n));
}

enum { PATIENCE = 100 /* times 20 ms */ };

/* --- the network --- */

static int find_parent(struct netlink *nl, const struct network *n, struct link *ret,
		       struct err *err)
{
	struct err absent = {0};
	int r = link_find(nl, n->interface, ret, &absent);

	if (r == -ENODEV) {
		err_set(err, ENODEV, "the interface '%s' below the network '%s' is not there",
			n->interface, n->name);
		err_remedy(err, "ip link lists those that are; kokon network rm %s", n->name);
	} else if (r < 0) {
		*err = absent;
	}
	return r;
}

static int refused(const struct network *n, int r, struct err *err)
{
	if (r == -EOPNOTSUPP)
		err_remedy(err, "the kernel has no macvlan: modprobe macvlan, or take --driver "
				"bridge");
	else if (r == -EINVAL)
		err_remedy(err, "'%s' cannot have a macvlan on top: it takes an Ethernet interface",
			   n->interface);
	else if (r == -EBUSY)
		err_remedy(err, "'%s' is in a bridge, or has another macvlan: ip -d link show %s",
			   n->interface, n->interface);
	return r;
}

/* Nothing has to be made, but what cannot be is said now and not when a container starts: a
 * device is made for a moment. */
static int macvlan_raise(const struct network *n, struct out *notes UNUSED, struct err *err)
{
	NETLINK_CLEANUP struct netlink nl = NETLINK_NONE;
	struct err ignored = {0};
	struct link parent;
	char name[16];
	int r = netlink_open(NETLINK_ROUTE, &nl, err);

	if (r == 0)
		r = find_parent(&nl, n, &parent, err);
	if (r == 0 && !(parent.flags & IFF_UP)) {
		err_set(err, ENETDOWN, "the interface '%s' below the network '%s' is down",
			n->interface, n->name);
		err_remedy(err, "ip link set %s up", n->interface);
		return -ENETDOWN;
	}
	if (r < 0)
		return r;
	snprintf(name, sizeof(name), "kn-try%d", (int)getpid());
	r = link_add(&nl,
		     &(struct link_new){.kind = "macvlan",
					.name = name,
					.lower = parent.index,
					.macvlan_mode = network_macvlan(n)},
		     err);
	/* One container has it: it does work. */
	if (r == -EINVAL && network_macvlan(n) == MACVLAN_MODE_PASSTHRU)
		return 0;
	if (r < 0)
		return refused(n, r, err);
	return link_delete(&nl, name, &ignored);
}

static int macvlan_lower(const struct network *n UNUSED, struct err *err UNUSED)
{
	return 0;
}

static void macvlan_explain_raise(const struct network *n, struct out *o)
{
	out_printf(
		o,
		"# nothing: each container gets a device on top of %s; can it have one?\n"
		"ip link add link %s name kn-try type macvlan mode %s && ip link delete kn-try\n",
		n->interface, n->interface, mode_word(n));
}

static void macvlan_explain_lower(const struct network *n, struct out *o)
{
	out_printf(o, "# nothing: %s stays as it is\n", n->interface);
}

/* --- a container's device --- */

/* As wire.h has it: all but how it is made. */
struct device {
	struct wire_end end;
	struct ip gateways[FAMILIES];
	char shown[LEASE_OWNER_MAX + 16];
};

static void describe(const struct network *n, const char *inside, bool routes, struct device *ret)
{
	ret->end = (struct wire_end){.place = {.netns = -1, .shown = ret->shown},
				     .name = inside,
				     .mtu = n->mtu,
				     .gateways = ret->gateways};
	for (int f = 0; routes && !(n->flags & NETWORK_INTERNAL) && f < FAMILIES; f++)
		if (n->gateway[f].family != AF_UNSPEC)
			ret->gateways[ret->end.n_gateways++] = n->gateway[f];
}

static int set_up(int netns, const struct device *d, struct err *err)
{
	NETLINK_CLEANUP struct netlink nl = NETLINK_NONE;
	NETLINK_BATCH_CLEANUP struct netlink_batch b = {0};
	struct link link;
	int r = netlink_open_in(netns, NETLINK_ROUTE, &nl, err);

	if (r == 0)
		r = link_find(&nl, d->end.name, &link, err);
	if (r < 0)
		return r;
	wire_put_up(&b, &d->end, link.index, d->end.name);
	return netlink_run(&b, &nl, NULL, err);
}

static int macvlan_unwire(const struct pool *p, uint32_t place, int netns, struct err *err)
{
	NETLINK_CLEANUP struct netlink nl = NETLINK_NONE;
	const struct lease *l = &p->leases[place];
	struct err absent = {0};
	struct link link;
	int r;

	if (netns < 0) {
		err_set(err, EBUSY, "the interface '%s' is in the container '%s' alone", l->inside,
			l->owner);
		err_remedy(err, "end the container, or: kokon network disconnect %s %s",
			   p->head->network.name, l->owner);
		return -EBUSY;
	}
	r = netlink_open_in(netns, NETLINK_ROUTE, &nl, err);
	if (r < 0 || link_find(&nl, l->inside, &link, &absent) < 0)
		return r;
	if (strcmp(link.kind, "macvlan") != 0)
		return 0;
	r = link_delete(&nl, l->inside, err);
	return r == -ENODEV ? 0 : r;
}

/* The device of a container that has just ended lives until the kernel has freed its namespace, in
 * the background: it may have the hardware address, or all of the interface (passthru). */
static bool may_go(const struct network *n, int r)
{
	return r == -EADDRINUSE || r == -EBUSY ||
	       (r == -EINVAL && network_macvlan(n) == MACVLAN_MODE_PASSTHRU);
}

static int make(struct netlink *nl, const struct network *n, const struct lease *l,
		const struct device *d, struct err *err)
{
	struct link parent;
	int r = find_parent(nl, n, &parent, err);

	if (r < 0)
		return r;
	r = link_add(nl,
		     &(struct link_new){.kind = "macvlan",
					.name = l->inside,
					.address = l->mac,
					.mtu = n->mtu,
					.lower = parent.index,
					.netns = d->end.place.netns,
					.macvlan_mode = network_macvlan(n)},
		     err);
	if (r == -EINVAL && network_macvlan(n) == MACVLAN_MODE_PASSTHRU)
		err_remedy(err, "in mode passthru one container has the interface alone");
	else if (r < 0)
		refused(n, r, err);
	return r;
}

static int macvlan_wire(const struct pool *p, const struct lease *l, int netns, bool routes,
			struct err *err)
{
	NETLINK_CLEANUP struct netlink nl = NETLINK_NONE;
	const struct network *n = &p->head->network;
	struct err ignored = {0};
	struct device d;
	int r = netlink_open(NETLINK_ROUTE, &nl, err);

	describe(n, l->inside, routes, &d);
	snprintf(d.shown, sizeof(d.shown), "container:%s", l->owner);
	d.end.place.netns = netns;
	for (int f = 0; f < FAMILIES; f++)
		if (n->subnet[f].family != AF_UNSPEC)
			d.end.addresses[d.end.n_addresses++] = network_address(n, f, l->place);
	for (int i = 0; r == 0; i++) {
		bool made;

		r = make(&nl, n, l, &d, err);
		made = r == 0;
		if (made)
			r = set_up(netns, &d, err);
		if (r == 0)
			return 0;
		if (made)
			macvlan_unwire(p, l->place, netns, &ignored);
		if (!may_go(n, r) || i == PATIENCE)
			return r;
		nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
		r = 0;
	}
	return r;
}

static void macvlan_explain_wire(const struct network *n, const char *owner UNUSED,
				 const char *inside, const char *netns, bool routes, struct out *o)
{
	struct device d = {0};
	char ip[64];

	describe(n, inside, routes, &d);
	snprintf(ip, sizeof(ip), "ip -n %s", netns);
	d.end.place = (struct wire_place){.netns = 0, .ip = ip, .word = netns};
	out_printf(o, "ip link add link %s name %s netns %s type macvlan mode %s\n", n->interface,
		   inside, netns, mode_word(n));
	for (int f = 0; f < FAMILIES; f++)
		if (n->subnet[f].family)
			out_printf(o, "%s address add ADDRESS/%u dev %s%s\n", ip,
				   n->subnet[f].prefix, inside, f == V6 ? " nodad" : "");
	wire_explain_up(&d.end, o);
}

static void macvlan_explain_unwire(const struct pool *p, uint32_t place, const char *netns,
				   struct out *o)
{
	out_printf(o, "# its device; then its address is free\nip -n %s link delete %s\n", netns,
		   p->leases[place].inside);
}

extern const struct network_driver macvlan_driver;
const struct network_driver macvlan_driver = {
	.name = "macvlan",
	.check = macvlan_check,
	.raise = macvlan_raise,
	.lower = macvlan_lower,
	.explain_raise = macvlan_explain_raise,
	.explain_lower = macvlan_explain_lower,
	.wire = macvlan_wire,
	.unwire = macvlan_unwire,
	.explain_wire = macvlan_explain_wire,
	.explain_unwire = macvlan_explain_unwire,
};
