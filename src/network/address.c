// SPDX-License-Identifier: Apache-2.0
#include "address.h"

#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "macros.h"
#include "parse.h"

static uint8_t whole(uint8_t family)
{
	return family == AF_INET ? 32 : 128;
}

int ip_parse(const char *text, struct ip *ret)
{
	struct ip ip = {.family = strchr(text, ':') ? AF_INET6 : AF_INET};

	if (inet_pton(ip.family, text, ip.bytes) != 1)
		return -EINVAL;
	ip.prefix = whole(ip.family);
	*ret = ip;
	return 0;
}

int ip_parse_cidr(const char *text, struct ip *ret, struct err *err)
{
	const char *slash = strchr(text, '/');
	char address[INET6_ADDRSTRLEN] = "";
	uint64_t prefix;
	struct ip ip;

	if (slash && (size_t)(slash - text) < sizeof(address))
		memcpy(address, text, (size_t)(slash - text));
	if (!slash && ip_parse(text, &ip) == 0) {
		err_set(err, 0, "the address '%s' has no length", text);
		return err_remedy(err, "write how many bits name its network: %s/%s", text,
				  ip.family == AF_INET ? "24" : "64");
	}
	if (ip_parse(address, &ip) < 0) {
		err_set(err, 0, "'%.80s' is no address", text);
		return err_remedy(err, "an address with its length is written 10.0.0.1/24 or "
				       "fd00::1/64");
	}
	if (parse_u64(slash + 1, 0, whole(ip.family), &prefix) < 0)
		return err_set(err, 0, "the length in '%.80s' is no number from 0 to %d", text,
			       whole(ip.family));
	ip.prefix = (uint8_t)prefix;
	*ret = ip;
	return 0;
}

const char *ip_format(const struct ip *ip, char buf[IP_TEXT_MAX])
{
	if (!ip_size(ip) || !inet_ntop(ip->family, ip->bytes, buf, IP_TEXT_MAX))
		buf[0] = '\0';
	return buf;
}

const char *ip_format_cidr(const struct ip *ip, char buf[IP_TEXT_MAX])
{
	size_t n;

	ip_format(ip, buf);
	n = strlen(buf);
	if (n)
		snprintf(buf + n, IP_TEXT_MAX - n, "/%d", ip->prefix);
	return buf;
}

size_t ip_size(const struct ip *ip)
{
	return ip->family == AF_INET ? 4 : ip->family == AF_INET6 ? 16 : 0;
}

bool ip_equal(const struct ip *a, const struct ip *b)
{
	return a->family == b->family && a->prefix == b->prefix &&
	       memcmp(a->bytes, b->bytes, ip_size(a)) == 0;
}

struct ip ip_network(const struct ip *ip)
{
	struct ip network = *ip;

	for (size_t i = 0; i < ip_size(ip); i++) {
		int bits = MIN(MAX(ip->prefix - 8 * (int)i, 0), 8);

		network.bytes[i] &= (unsigned char)(0xff00 >> bits);
	}
	return network;
}

bool ip_in(const struct ip *ip, const struct ip *network)
{
	struct ip wide = *ip, zeroed = ip_network(network);

	if (ip->family != network->family || ip->prefix < network->prefix)
		return false;
	wide.prefix = network->prefix;
	wide = ip_network(&wide);
	return ip_equal(&wide, &zeroed);
}

bool ip_overlap(const struct ip *a, const struct ip *b)
{
	return ip_in(a, b) || ip_in(b, a);
}

void address_list_free(struct address_list *list)
{
	free(list->v);
	*list = (struct address_list){0};
}

void ip_read(const struct netlink_attr *a, uint8_t family, uint8_t prefix, struct ip *ret)
{
	ret->family = family;
	ret->prefix = prefix;
	memcpy(ret->bytes, a->data, MIN(a->len, ip_size(ret)));
}

/* False: the message is no IP address. */
static bool read_address(const struct nlmsghdr *m, struct address *ret)
{
	const struct ifaddrmsg *head = netlink_header(m, sizeof(*head));
	struct netlink_attrs as;
	struct netlink_attr a;
	struct ip local = {0}, other = {0};

	if (m->nlmsg_type != RTM_NEWADDR || !head ||
	    (head->ifa_family != AF_INET && head->ifa_family != AF_INET6))
		return false;
	*ret = (struct address){.link = (int)head->ifa_index,
				.flags = head->ifa_flags,
				.scope = head->ifa_scope};
	as = netlink_attrs(m, sizeof(*head));
	while (netlink_attr_next(&as, &a)) {
		if (a.type == IFA_LOCAL)
			ip_read(&a, head->ifa_family, head->ifa_prefixlen, &local);
		else if (a.type == IFA_ADDRESS)
			ip_read(&a, head->ifa_family, head->ifa_prefixlen, &other);
		else if (a.type == IFA_FLAGS)
			ret->flags = netlink_u32(&a);
	}
	/* IFA_ADDRESS is the peer of a point-to-point link, and otherwise the address again. */
	ret->ip = local.family ? local : other;
	if (local.family && other.family && !ip_equal(&local, &other))
		ret->peer = other;
	return true;
}

int address_list_read(struct netlink *nl, struct address_list *ret, struct err *err)
{
	NETLINK_BATCH_CLEANUP struct netlink_batch b = {0};
	NETLINK_ANSWER_CLEANUP struct netlink_answer answer = {0};
	struct ifaddrmsg all = {.ifa_family = AF_UNSPEC};
	struct address_list list = {0};
	int r;

	netlink_request(&b, RTM_GETADDR, NLM_F_DUMP, &all, sizeof(all));
	netlink_what(&b, "cannot list the network addresses");
	r = netlink_ask(&b, nl, &answer, err);
	if (r < 0)
		return r;
	list.v = calloc(netlink_count(&answer) + 1, sizeof(*list.v));
	if (!list.v)
		return err_set(err, ENOMEM, "cannot list the network addresses");
	for (const struct nlmsghdr *m = NULL; (m = netlink_next(&answer, m));)
		list.n += read_address(m, &list.v[list.n]);
	*ret = list;
	return 0;
}

static void put(struct netlink_batch *b, uint16_t type, uint16_t flags, int link,
		const struct ip *ip)
{
	struct ifaddrmsg head = {.ifa_family = ip->family,
				 .ifa_prefixlen = ip->prefix,
				 .ifa_index = (uint32_t)link,
				 .ifa_flags = ip->family == AF_INET6 ? IFA_F_NODAD : 0};

	netlink_request(b, type, flags, &head, sizeof(head));
	netlink_put(b, IFA_LOCAL, ip->bytes, ip_size(ip));
	netlink_put(b, IFA_ADDRESS, ip->bytes, ip_size(ip));
}

/* What `ip address add` leaves to its -brd option: without a broadcast address a network of more
 * than two hosts answers no broadcast. */
static void put_broadcast(struct netlink_batch *b, const struct ip *ip)
{
	struct ip last = *ip;

	if (ip->family != AF_INET || ip->prefix > 30)
		return;
	for (size_t i = 0; i < 4; i++) {
		int bits = MIN(MAX(ip->prefix - 8 * (int)i, 0), 8);

		last.bytes[i] |= (unsigned char)(0xff >> bits);
	}
	netlink_put(b, IFA_BROADCAST, last.bytes, 4);
}

void address_put_add(struct netlink_batch *b, int link, const char *shown, const struct ip *ip)
{
	char text[IP_TEXT_MAX];

	put(b, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, link, ip);
	put_broadcast(b, ip);
	netlink_what(b, "cannot give the address '%s' to the interface '%s'",
		     ip_format_cidr(ip, text), shown);
}

void address_put_delete(struct netlink_batch *b, int link, const char *shown, const struct ip *ip)
{
	char text[IP_TEXT_MAX];

	put(b, RTM_DELADDR, 0, link, ip);
	netlink_what(b, "cannot take the address '%s' from the interface '%s'",
		     ip_format_cidr(ip, text), shown);
}

int address_add(struct netlink *nl, int link, const char *shown, const struct ip *ip,
		struct err *err)
{
	NETLINK_BATCH_CLEANUP struct netlink_batch b = {0};

	address_put_add(&b, link, shown, ip);
	return netlink_run(&b, nl, NULL, err);
}

int address_delete(struct netlink *nl, int link, const char *shown, const struct ip *ip,
		   struct err *err)
{
	NETLINK_BATCH_CLEANUP struct netlink_batch b = {0};

	address_put_delete(&b, link, shown, ip);
	return netlink_run(&b, nl, NULL, err);
}
