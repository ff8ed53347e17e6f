// SPDX-License-Identifier: Apache-2.0
#include "route.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "macros.h"

void route_list_free(struct route_list *list)
{
	free(list->v);
	*list = (struct route_list){0};
}

static void read_attribute(const struct netlink_attr *a, const struct rtmsg *head,
			   struct route *ret)
{
	uint8_t bits = head->rtm_family == AF_INET ? 32 : 128;
	uint16_t family;

	switch (a->type) {
	case RTA_DST: ip_read(a, head->rtm_family, head->rtm_dst_len, &ret->to); break;
	case RTA_GATEWAY: ip_read(a, head->rtm_family, bits, &ret->via); break;
	case RTA_PREFSRC: ip_read(a, head->rtm_family, bits, &ret->source); break;
	case RTA_OIF: ret->link = netlink_i32(a); break;
	case RTA_PRIORITY: ret->metric = netlink_u32(a); break;
	case RTA_TABLE: ret->table = netlink_u32(a); break;
	case RTA_VIA: /* a gateway of the other family: its number, then the address */
		family = netlink_u16(a);
		if (a->len > 2 && (family == AF_INET || family == AF_INET6)) {
			struct netlink_attr rest = {0, (const char *)a->data + 2, a->len - 2};

			ip_read(&rest, (uint8_t)family, family == AF_INET ? 32 : 128, &ret->via);
		}
		break;
	default: break;
	}
}

/* False: the message is no IP route, or one of the cache. */
static bool read_route(const struct nlmsghdr *m, struct route *ret)
{
	const struct rtmsg *head = netlink_header(m, sizeof(*head));
	struct netlink_attrs as;
	struct netlink_attr a;

	if (m->nlmsg_type != RTM_NEWROUTE || !head || (head->rtm_flags & RTM_F_CLONED) ||
	    (head->rtm_family != AF_INET && head->rtm_family != AF_INET6))
		return false;
	*ret = (struct route){
		.family = head->rtm_family,
		.type = head->rtm_type,
		.protocol = head->rtm_protocol,
		.scope = head->rtm_scope,
		.table = head->rtm_table,
		.to = {.family = head->rtm_family, .prefix = head->rtm_dst_len},
	};
	as = netlink_attrs(m, sizeof(*head));
	while (netlink_attr_next(&as, &a))
		read_attribute(&a, head, ret);
	return true;
}

int route_list_read(struct netlink *nl, uint32_t table, struct route_list *ret, struct err *err)
{
	NETLINK_BATCH_CLEANUP struct netlink_batch b = {0};
	NETLINK_ANSWER_CLEANUP struct netlink_answer answer = {0};
	struct rtmsg all = {.rtm_family = AF_UNSPEC};
	struct route_list list = {0};
	int r;

	netlink_request(&b, RTM_GETROUTE, NLM_F_DUMP, &all, sizeof(all));
	netlink_what(&b, "cannot list the routes");
	r = netlink_ask(&b, nl, &answer, err);
	if (r < 0)
		return r;
	list.v = calloc(netlink_count(&answer) + 1, sizeof(*list.v));
	if (!list.v)
		return err_set(err, ENOMEM, "cannot list the routes");
	for (const struct nlmsghdr *m = NULL; (m = netlink_next(&answer, m));) {
		struct route *route = &list.v[list.n];

		list.n += read_route(m, route) && (!table || route->table == table);
	}
	*ret = list;
	return 0;
}

static void put(struct netlink_batch *b, uint16_t type, uint16_t flags, const struct route *route)
{
	uint32_t table = route->table ? route->table : RT_TABLE_MAIN;
	uint8_t unicast = route->type ? route->type : RTN_UNICAST;
	struct rtmsg head = {
		.rtm_family = route->family ? route->family : route->to.family,
		.rtm_dst_len = route->to.prefix,
		.rtm_table = table < 256 ? (uint8_t)table : RT_TABLE_UNSPEC,
		.rtm_protocol = route->protocol ? route->protocol : RTPROT_BOOT,
		.rtm_type = unicast,
		.rtm_scope =
			route->via.family || unicast != RTN_UNICAST || route->to.family == AF_INET6
				? RT_SCOPE_UNIVERSE
				: RT_SCOPE_LINK,
	};

	if (type == RTM_DELROUTE)
		head.rtm_scope = RT_SCOPE_NOWHERE;
	netlink_request(b, type, flags, &head, sizeof(head));
	if (route->to.prefix)
		netlink_put(b, RTA_DST, route->to.bytes, ip_size(&route->to));
	if (route->via.family)
		netlink_put(b, RTA_GATEWAY, route->via.bytes, ip_size(&route->via));
	if (route->source.family)
		netlink_put(b, RTA_PREFSRC, route->source.bytes, ip_size(&route->source));
	if (route->link)
		netlink_put_u32(b, RTA_OIF, (uint32_t)route->link);
	if (route->metric)
		netlink_put_u32(b, RTA_PRIORITY, route->metric);
	if (table >= 256)
		netlink_put_u32(b, RTA_TABLE, table);
}

static const char *shown(const struct route *route, char buf[IP_TEXT_MAX])
{
	return route->to.prefix ? ip_format_cidr(&route->to, buf) : "default";
}

void route_put_add(struct netlink_batch *b, const struct route *route)
{
	char text[IP_TEXT_MAX];

	put(b, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, route);
	netlink_what(b, "cannot add the route to '%s'", shown(route, text));
}

void route_put_delete(struct netlink_batch *b, const struct route *route)
{
	char text[IP_TEXT_MAX];

	put(b, RTM_DELROUTE, 0, route);
	netlink_what(b, "cannot remove the route to '%s'", shown(route, text));
}

int route_add(struct netlink *nl, const struct route *route, struct err *err)
{
	NETLINK_BATCH_CLEANUP struct netlink_batch b = {0};

	route_put_add(&b, route);
	return netlink_run(&b, nl, NULL, err);
}

int route_delete(struct netlink *nl, const struct route *route, struct err *err)
{
	NETLINK_BATCH_CLEANUP struct netlink_batch b = {0};

	route_put_delete(&b, route);
	return netlink_run(&b, nl, NULL, err);
}
