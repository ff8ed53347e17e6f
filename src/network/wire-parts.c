// SPDX-License-Identifier: Apache-2.0
/* One bridge, one pair, one end: what every wiring is made of. */
#include "link.h"
#include "rate.h"
#include "route.h"
#include "wire.h"

int wire_make_bridge(struct netlink *nl, const struct wire_end *w, int *ret_index, struct err *err)
{
	NETLINK_BATCH_CLEANUP struct netlink_batch b = {0};
	struct link link = {0};
	int r;

	link_put_new(&b, &(struct link_new){.kind = "bridge",
					    .name = w->name,
					    .address = w->mac,
					    .mtu = w->mtu,
					    .vlan = w->vlan,
					    .up = true});
	if (w->alias)
		link_put_change(&b, &(struct link_change){.name = w->name, .alias = w->alias});
	r = netlink_run(&b, nl, NULL, err);
	if (r == -EOPNOTSUPP)
		err_remedy(err, "this kernel has no bridges: modprobe bridge");
	if (r == 0)
		r = link_find(nl, w->name, &link, err);
	if (r < 0)
		return r;
	*ret_index = link.index;
	for (size_t i = 0; i < w->n_addresses; i++)
		address_put_add(&b, link.index, w->name, &w->addresses[i]);
	return netlink_run(&b, nl, NULL, err);
}

void wire_put_pair(struct netlink_batch *b, const struct wire_end *first,
		   const struct wire_end *second)
{
	struct link_end a = {.name = first->name,
			     .address = first->mac,
			     .mtu = first->mtu,
			     .master = first->master,
			     .up = true};
	struct link_end z = {.name = second->name, .address = second->mac, .mtu = second->mtu};

	if (!a.name)
		a.name = first->master ? "veth%d" : "eth%d";
	if (!z.name)
		z.name = "eth%d";
	if (second->place.netns != first->place.netns)
		z.netns = second->place.netns;
	link_put_veth(b, &a, &z);
	netlink_what(b, "cannot make the pair of interfaces between '%s' and '%s'",
		     first->place.shown, second->place.shown);
}

/* Addresses, then up, in the order in which a hand would do it; routes need both. */
void wire_put_up(struct netlink_batch *b, const struct wire_end *w, int index, const char *name)
{
	for (size_t i = 0; i < w->n_addresses; i++)
		address_put_add(b, index, name, &w->addresses[i]);
	link_put_change(b, &(struct link_change){
				   .name = name, .index = index, .alias = w->alias, .up = true});
	for (size_t i = 0; i < w->n_gateways; i++)
		route_put_add(b, &(struct route){.family = w->gateways[i].family,
						 .link = index,
						 .to = {.family = w->gateways[i].family},
						 .via = w->gateways[i]});
	if (w->rate)
		rate_put(b, index, name, w->rate);
}

int wire_bring_up(struct netlink *nl, const struct wire_end *w, struct err *err)
{
	NETLINK_BATCH_CLEANUP struct netlink_batch b = {0};
	struct link link = {0};
	int r = link_find(nl, w->name, &link, err);

	if (r < 0)
		return r;
	wire_put_up(&b, w, link.index, w->name);
	return netlink_run(&b, nl, NULL, err);
}
