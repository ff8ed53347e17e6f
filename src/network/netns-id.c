// SPDX-License-Identifier: Apache-2.0
/*
 * Numbers of network namespaces. Each namespace numbers the others for itself; the kernel uses the
 * numbers where a message speaks of an interface whose other end is elsewhere.
 */
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <sys/socket.h>
#include "netns.h"

int netns_id(struct netlink *nl, int netns)
{
	NETLINK_BATCH_CLEANUP struct netlink_batch b = {0};
	NETLINK_ANSWER_CLEANUP struct netlink_answer answer = {0};
	struct rtgenmsg head = {.rtgen_family = AF_UNSPEC};
	const struct nlmsghdr *m;
	struct netlink_attrs as;
	struct netlink_attr a;

	netlink_request(&b, RTM_GETNSID, 0, &head, sizeof(head));
	netlink_put_u32(&b, NETNSA_FD, (uint32_t)netns);
	if (netlink_ask(&b, nl, &answer, NULL) < 0 || !(m = netlink_next(&answer, NULL)))
		return -1;
	as = netlink_attrs(m, sizeof(head));
	while (netlink_attr_next(&as, &a))
		if (a.type == NETNSA_NSID)
			return netlink_i32(&a);
	return -1;
}

int netns_set_id(struct netlink *nl, int netns, int id, const char *name, struct err *err)
{
	NETLINK_BATCH_CLEANUP struct netlink_batch b = {0};
	struct rtgenmsg head = {.rtgen_family = AF_UNSPEC};

	netlink_request(&b, RTM_NEWNSID, 0, &head, sizeof(head));
	netlink_what(&b, "cannot give the network namespace '%s' a number", name);
	netlink_put_u32(&b, NETNSA_FD, (uint32_t)netns);
	netlink_put_u32(&b, NETNSA_NSID, (uint32_t)id);
	return netlink_run(&b, nl, NULL, err);
}

int netns_ids(struct netlink *nl, int target, struct netns_ids *ret, struct err *err)
{
	NETLINK_BATCH_CLEANUP struct netlink_batch b = {0};
	NETLINK_ANSWER_CLEANUP struct netlink_answer answer = {0};
	struct rtgenmsg head = {.rtgen_family = AF_UNSPEC};
	int r;

	netlink_request(&b, RTM_GETNSID, NLM_F_DUMP, &head, sizeof(head));
	netlink_what(&b, "cannot list the numbers of network namespaces");
	if (target >= 0)
		netlink_put_u32(&b, NETNSA_TARGET_NSID, (uint32_t)target);
	r = netlink_ask(&b, nl, &answer, err);
	if (r < 0)
		return r;
	*ret = (struct netns_ids){calloc(netlink_count(&answer) + 1, sizeof(*ret->v)), 0};
	if (!ret->v)
		abort();
	for (const struct nlmsghdr *m = NULL; (m = netlink_next(&answer, m));) {
		struct netns_number *number = &ret->v[ret->n];
		struct netlink_attrs as = netlink_attrs(m, sizeof(head));
		struct netlink_attr a;

		*number = (struct netns_number){-1, -1};
		while (netlink_attr_next(&as, &a)) {
			if (a.type == NETNSA_NSID)
				number->id = netlink_i32(&a);
			else if (a.type == NETNSA_CURRENT_NSID)
				number->here = netlink_i32(&a);
		}
		ret->n += number->id >= 0;
	}
	return 0;
}

void netns_ids_free(struct netns_ids *ids)
{
	free(ids->v);
	*ids = (struct netns_ids){0};
}
