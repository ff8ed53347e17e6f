// SPDX-License-Identifier: Apache-2.0
/*
 * The drivers macvlan and ipvlan: each container has a device on top of an interface of the host,
 * on the same wire, with a hardware address of its own (macvlan) or with the interface's (ipvlan).
 * The host's own packets do not come back to it: host and containers do not reach each other
 * through the interface.
 */
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "driver.h"
#include "link.h"
#include "wire.h"

static bool is_ipvlan(const struct network *n)
{
	return network_mode(n) & NETWORK_IPVLAN;
}

static uint32_t macvlan_mode(const struct network *n)
{
	return is_ipvlan(n) ? 0 : network_mode(n);
}

static uint32_t ipvlan_mode(const struct network *n)
{
	return is_ipvlan(n) ? network_mode(n) & ~(uint32_t)NETWORK_IPVLAN : 0;
}

static const char *mode_word(const struct network *n)
{
	return network_mode_word(network_mode(n));
}

static int check(struct network_request *q, const char *usual, struct err *err)
{
	struct network *n = &q->network;

	if (n->interface[0]) {
		err_set(err, 0, "--interface is the name of a bridge");
		return err_remedy(err, "the interface below a network of this driver: --parent");
	}
	if (!q->parent[0]) {
		err_set(err, 0, "the driver %s needs an interface of the host", n->driver);
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
		err_set(err, 0, "--isolate: the driver %s has no part in what is routed", n->driver);
		return err_remedy(err, "leave it out: the host forwards nothing for this network");
	}
	if (!network_mode(n))
		n->flags |= network_mode_number(usual) << NETWORK_MODE_SHIFT;
	if (is_ipvlan(n) != (strcmp(n->driver, "ipvlan") == 0)) {
		err_set(err, 0, "the driver %s has no mode '%s'", n->driver, mode_word(n));
		return err_remedy(err, "macvlan has: bridge, private, vepa, passthru; ipvlan: l2, "
				       "l3, l3s");
	}
	snprintf(n->interface, sizeof(n->interface), "%s", q->parent);
	return 0;
}

static int macvlan_check(struct network_request *q, struct err *err)
{
	return check(q, "bridge", err);
}

static int ipvlan_check(struct network_request *q, struct err *err)
{
	return check(q, "l2", err);
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
		err_remedy(err, "the kernel has no %s: modprobe %s, or take --driver bridge",
			   n->driver, n->driver);
	else if (r == -EINVAL)
		err_remedy(err, "'%s' cannot have a device of the kind %s on top: it takes an "
				"Ethernet interface",
			   n->interface, n->driver);
	else if (r == -EBUSY)
		err_remedy(err, "'%s' is in a bridge, or has others on top: ip -d link show %s",
			   n->interface, n->interface);
	return r;
}

/* Nothing has to be made, but what cannot be is said now and not when a container starts: a
 * device is made for a moment. */
static int device_raise(const struct network *n, struct out *notes UNUSED, struct err *err)
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
		     &(struct link_new){.kind = n->driver,
					.name = name,
					.lower = parent.index,
					.macvlan_mode = macvlan_mode(n),
					.ipvlan_mode = ipvlan_mode(n)},
		     err);
	/* One container has it: it does work. */
	if (r == -EINVAL && network_mode(n) == MACVLAN_MODE_PASSTHRU)
		return 0;
	if (r < 0)
		return refused(n, r, err);
	return link_delete(&nl, name, &ignored);
}

static int device_lower(const struct network *n UNUSED, struct err *err UNUSED)
{
	return 0;
}

static void device_explain_raise(const struct network *n, struct out *o)
{
	out_printf(
		o,
		"# nothing: each container gets a device on top of %s; can it have one?\n"
		"ip link add link %s name kn-try type %s mode %s && ip link delete kn-try\n",
		n->interface, n->interface, n->driver, mode_word(n));
}

static void device_explain_lower(const struct network *n, struct out *o)
{
	out_printf(o, "# nothing: %s stays as it is\n", n->interface);
}

/* --- a container's device --- */

static int set_up(int netns, const struct wire_end *end, struct err *err)
{
	NETLINK_CLEANUP struct netlink nl = NETLINK_NONE;
	int r = netlink_open_in(netns, NETLINK_ROUTE, &nl, err);

	return r < 0 ? r : wire_bring_up(&nl, end, err);
}

static int device_unwire(const struct pool *p, uint32_t place, int netns, struct err *err)
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
	if (strcmp(link.kind, p->head->network.driver) != 0)
		return 0;
	r = link_delete(&nl, l->inside, err);
	return r == -ENODEV ? 0 : r;
}

/* The device of a container that has just ended lives until the kernel has freed its namespace, in
 * the background: it may have the hardware address, or all of the interface (passthru). */
static bool may_go(const struct network *n, int r)
{
	return r == -EADDRINUSE || r == -EBUSY ||
	       (r == -EINVAL && network_mode(n) == MACVLAN_MODE_PASSTHRU);
}

static int make(struct netlink *nl, const struct network *n, const struct lease *l, int netns,
		struct err *err)
{
	struct link parent;
	int r = find_parent(nl, n, &parent, err);

	if (r < 0)
		return r;
	r = link_add(nl,
		     &(struct link_new){.kind = n->driver,
					.name = l->inside,
					.address = is_ipvlan(n) ? NULL : l->mac,
					.mtu = n->mtu,
					.lower = parent.index,
					.netns = netns,
					.macvlan_mode = macvlan_mode(n),
					.ipvlan_mode = ipvlan_mode(n)},
		     err);
	if (r == -EINVAL && network_mode(n) == MACVLAN_MODE_PASSTHRU)
		err_remedy(err, "in mode passthru one container has the interface alone");
	else if (r < 0)
		refused(n, r, err);
	return r;
}

static int device_wire(const struct pool *p, const struct lease *l, int here, int netns,
		       bool routes, struct err *err)
{
	NETLINK_CLEANUP struct netlink nl = NETLINK_NONE;
	const struct network *n = &p->head->network;
	struct err ignored = {0};
	struct container_end c;
	int r = netlink_open_in(here, NETLINK_ROUTE, &nl, err);

	container_end_of_lease(p, l, netns, routes, &c);
	for (int i = 0; r == 0; i++) {
		bool made;

		r = make(&nl, n, l, netns, err);
		made = r == 0;
		if (made)
			r = set_up(netns, &c.end, err);
		if (r == 0)
			return 0;
		if (made)
			device_unwire(p, l->place, netns, &ignored);
		if (!may_go(n, r) || i == PATIENCE)
			return r;
		nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
		r = 0;
	}
	return r;
}

static void device_explain_wire(const struct network *n, const char *owner UNUSED,
				 const char *inside, const char *netns, bool routes, struct out *o)
{
	struct container_end c;

	container_end_in_words(n, inside, netns, routes, &c);
	out_printf(o, "ip link add link %s name %s netns %s type %s mode %s\n", n->interface,
		   inside, netns, n->driver, mode_word(n));
	container_end_explain(n, &c, o);
}

static void device_explain_unwire(const struct pool *p, uint32_t place, const char *netns,
				   struct out *o)
{
	out_printf(o, "# its device; then its address is free\nip -n %s link delete %s\n", netns,
		   p->leases[place].inside);
}

#define COMMON                                                                                     \
	.raise = device_raise, .lower = device_lower, .explain_raise = device_explain_raise,       \
	.explain_lower = device_explain_lower, .wire = device_wire, .unwire = device_unwire,       \
	.explain_wire = device_explain_wire, .explain_unwire = device_explain_unwire

extern const struct network_driver macvlan_driver, ipvlan_driver;
const struct network_driver macvlan_driver = {
	.name = "macvlan",
	.traits = DRIVER_HARDWARE,
	.check = macvlan_check,
	COMMON,
};
const struct network_driver ipvlan_driver = {
	.name = "ipvlan",
	.check = ipvlan_check,
	COMMON,
};
