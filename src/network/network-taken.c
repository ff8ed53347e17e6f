// SPDX-License-Identifier: Apache-2.0
/* What the host's addresses and routes forbid to a subnet. */
#include <stdio.h>
#include <stdlib.h>
#include "driver.h"
#include "link.h"

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
		out_of_memory();
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
