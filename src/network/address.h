// SPDX-License-Identifier: Apache-2.0
/*
 * IP addresses: parsing, formatting, and those of interfaces (rtnetlink(7), RTM_NEWADDR …).
 * As in link.h, functions work in the namespace of the socket, link_put-like ones fill a batch.
 */
#ifndef KOKON_ADDRESS_H
#define KOKON_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "err.h"
#include "netlink.h"

/* An address or, with its prefix, a network. */
struct ip {
	uint8_t family; /* AF_INET, AF_INET6; AF_UNSPEC: none */
	uint8_t prefix; /* bits; 32 or 128: the address alone */
	unsigned char bytes[16];
};

enum { IP_TEXT_MAX = 52 /* the longest text with its prefix, terminated */ };

/* "10.0.0.1", "fd00::1"; prefix becomes 32 or 128. 0 or -EINVAL. */
int ip_parse(const char *text, struct ip *ret);
/* "10.0.0.1/24", "fd00::1/64": the length must be there. 0 or -EINVAL with a message. */
int ip_parse_cidr(const char *text, struct ip *ret, struct err *err);
/* Without and with "/24". */
const char *ip_format(const struct ip *ip, char buf[IP_TEXT_MAX]);
const char *ip_format_cidr(const struct ip *ip, char buf[IP_TEXT_MAX]);
size_t ip_size(const struct ip *ip);                   /* 4 or 16 bytes, or 0 */
bool ip_equal(const struct ip *a, const struct ip *b); /* prefixes too */
/* The network of an address: the bits behind the prefix are 0. */
struct ip ip_network(const struct ip *ip);
/* Is `ip` in that network? */
bool ip_in(const struct ip *ip, const struct ip *network);
bool ip_overlap(const struct ip *a, const struct ip *b);

/* From an attribute of the kernel's. */
void ip_read(const struct netlink_attr *a, uint8_t family, uint8_t prefix, struct ip *ret);

struct address {
	int link; /* index */
	struct ip ip;
	struct ip peer; /* of a point-to-point link; AF_UNSPEC: none */
	uint32_t flags; /* IFA_F_PERMANENT, IFA_F_TENTATIVE, IFA_F_DADFAILED … */
	uint8_t scope;  /* RT_SCOPE_UNIVERSE, RT_SCOPE_LINK, RT_SCOPE_HOST */
};

struct address_list {
	struct address *v; /* owned */
	size_t n;
};
#define ADDRESS_LIST_CLEANUP __attribute__((cleanup(address_list_free)))
void address_list_free(struct address_list *list);

/* All addresses of the namespace, IPv4 before IPv6. 0 or -errno. */
int address_list_read(struct netlink *nl, struct address_list *ret, struct err *err);

/*
 * Give the address to the link with this index. IPv6 addresses skip duplicate address detection
 * (IFA_F_NODAD): both ends are ours, and it would keep the address unusable for a second or two.
 * `shown` is the interface's name, for the message.
 */
void address_put_add(struct netlink_batch *b, int link, const char *shown, const struct ip *ip);
void address_put_delete(struct netlink_batch *b, int link, const char *shown, const struct ip *ip);
int address_add(struct netlink *nl, int link, const char *shown, const struct ip *ip,
		struct err *err);
int address_delete(struct netlink *nl, int link, const char *shown, const struct ip *ip,
		   struct err *err);

#endif
