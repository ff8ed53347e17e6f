// SPDX-License-Identifier: Apache-2.0
#include "driver.h"

#include <stdio.h>
#include <string.h>

extern const struct network_driver bridge_driver, macvlan_driver, ipvlan_driver;

static const struct network_driver *const drivers[] = {&bridge_driver, &macvlan_driver,
						       &ipvlan_driver};

const struct network_driver *network_driver_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (strcmp(drivers[i]->name, name) == 0)
			return drivers[i];
	return NULL;
}

const struct network_driver *network_driver(const struct network *n)
{
	const struct network_driver *d = network_driver_find(n->driver);

	return d ? d : &bridge_driver;
}

int network_check_mac(const struct network *n, const unsigned char mac[6], struct err *err)
{
	static const unsigned char none[6];

	if (memcmp(mac, none, sizeof(none)) == 0 || network_driver(n)->traits & DRIVER_HARDWARE)
		return 0;
	err_set(err, 0, "mac=: on the network '%s' all have the hardware address of '%s'", n->name,
		n->interface);
	return err_remedy(err, "its driver is %s; the driver macvlan gives each one its own",
			  n->driver);
}

static void describe(const struct network *n, const char *inside, bool routes,
		     struct container_end *ret)
{
	ret->end = (struct wire_end){.place = {.netns = -1, .shown = ret->shown},
				     .name = inside,
				     .mtu = n->mtu,
				     .gateways = ret->gateways};
	for (int f = 0; routes && !(n->flags & NETWORK_INTERNAL) && f < FAMILIES; f++)
		if (n->gateway[f].family != AF_UNSPEC)
			ret->gateways[ret->end.n_gateways++] = n->gateway[f];
}

void container_end_of_lease(const struct pool *p, const struct lease *l, int netns, bool routes,
			    struct container_end *ret)
{
	const struct network *n = &p->head->network;

	describe(n, l->inside, routes, ret);
	snprintf(ret->shown, sizeof(ret->shown), "container:%s", l->owner);
	ret->end.place.netns = netns;
	for (int f = 0; f < FAMILIES; f++)
		if (n->subnet[f].family != AF_UNSPEC)
			ret->end.addresses[ret->end.n_addresses++] =
				network_address(n, f, l->place);
}

void container_end_in_words(const struct network *n, const char *inside, const char *netns,
			    bool routes, struct container_end *ret)
{
	describe(n, inside, routes, ret);
	snprintf(ret->shown, sizeof(ret->shown), "ip -n %s", netns);
	ret->end.place = (struct wire_place){.netns = 0, .ip = ret->shown, .word = netns};
}

void container_end_explain(const struct network *n, const struct container_end *c, struct out *o)
{
	for (int f = 0; f < FAMILIES; f++)
		if (n->subnet[f].family)
			out_printf(o, "%s address add ADDRESS/%u dev %s%s\n", c->end.place.ip,
				   n->subnet[f].prefix, c->end.name, f == V6 ? " nodad" : "");
	wire_explain_up(&c->end, o);
}
