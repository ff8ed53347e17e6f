// SPDX-License-Identifier: Apache-2.0
/*
 * Netlink (netlink(7), rtnetlink(7)): requests built in memory, many of them sent with one system
 * call, every acknowledgement read, dumps read whole.
 *
 *	NETLINK_CLEANUP struct netlink nl = NETLINK_NONE;
 *	NETLINK_BATCH_CLEANUP struct netlink_batch b = {0};
 *
 *	netlink_open(NETLINK_ROUTE, &nl, err);
 *	netlink_request(&b, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &info, sizeof(info));
 *	netlink_what(&b, "cannot make the bridge '%s'", name);
 *	netlink_put_text(&b, IFLA_IFNAME, name);
 *	nest = netlink_nest(&b, IFLA_LINKINFO); … netlink_nest_end(&b, nest);
 *	netlink_run(&b, &nl, NULL, err);
 *
 * The kernel carries out all requests of one send() within it (here up to 128), one after another,
 * also those behind one that failed; a process that is killed dies after them, not between them.
 *
 * A socket belongs to the network namespace in which it was opened, for good. Who sends must
 * have the capability too, not only who opened it (netlink_ns_capable()).
 */
#ifndef KOKON_NETLINK_H
#define KOKON_NETLINK_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "err.h"

struct netlink {
	int fd;
	uint32_t seq; /* of the last request */
};

#define NETLINK_NONE                                                                               \
	{                                                                                          \
		.fd = -1                                                                           \
	}
#define NETLINK_CLEANUP __attribute__((cleanup(netlink_close)))

/* A socket in the namespace of the caller. `protocol`: NETLINK_ROUTE, NETLINK_NETFILTER …
 * Returns 0 or -errno. */
int netlink_open(int protocol, struct netlink *ret, struct err *err);
/* The same in the network namespace of a descriptor; -1: the caller's own. The calling thread
 * visits it (setns(2)) and comes back, unless it is in a user namespace that may not. Who has no
 * right to visit, and owns the user namespace that it belongs to, has a child enter that and open
 * the socket: what is sent by it then needs the rights of the sender alone, who has them as the
 * owner. */
int netlink_open_in(int netns, int protocol, struct netlink *ret, struct err *err);
void netlink_close(struct netlink *nl);

/* Requests to send together. Zeroed is empty; memory that runs out ends the program. */
struct netlink_batch {
	char *data; /* owned */
	size_t used, size;
	size_t current; /* where the request being built begins */
	char **what;    /* owned: for each request, what its failure means */
	size_t n;       /* requests */
};
#define NETLINK_BATCH_CLEANUP __attribute__((cleanup(netlink_batch_free)))
void netlink_batch_free(struct netlink_batch *b);

/* Begin a request; NLM_F_REQUEST and NLM_F_ACK are added. `header` is the fixed structure that the
 * type begins with (struct ifinfomsg, nfgenmsg …). */
void netlink_request(struct netlink_batch *b, uint16_t type, uint16_t flags, const void *header,
		     size_t len);
/* What to say when it fails, without the reason: "cannot make the bridge 'br0'". */
void netlink_what(struct netlink_batch *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Attributes of the request being built. Numbers are in the host's byte order. */
void netlink_put(struct netlink_batch *b, uint16_t type, const void *data, size_t len);
void netlink_put_text(struct netlink_batch *b, uint16_t type, const char *text);
void netlink_put_u8(struct netlink_batch *b, uint16_t type, uint8_t value);
void netlink_put_u16(struct netlink_batch *b, uint16_t type, uint16_t value);
void netlink_put_u32(struct netlink_batch *b, uint16_t type, uint32_t value);
/* Bytes that are no attribute, aligned as one: the header inside VETH_INFO_PEER. */
void netlink_put_raw(struct netlink_batch *b, const void *data, size_t len);
/* An attribute that holds attributes: what netlink_nest() returns goes to netlink_nest_end(). */
size_t netlink_nest(struct netlink_batch *b, uint16_t type);
void netlink_nest_end(struct netlink_batch *b, size_t nest);

/*
 * Send all requests and read all acknowledgements; the batch is empty afterwards. Of those that
 * fail the first is reported: its `what`, the kernel's own words (NLMSGERR_ATTR_MSG), errno.
 * *ret_failed (may be NULL) is its number, from 0. Returns 0 or -errno.
 */
int netlink_run(struct netlink_batch *b, struct netlink *nl, size_t *ret_failed, struct err *err);

/* Answers: whole messages one after another. Walk them with netlink_next(). */
struct netlink_answer {
	char *data; /* owned */
	size_t len, size;
	bool interrupted; /* the list changed each time it was read: it may lack an entry */
};
#define NETLINK_ANSWER_CLEANUP __attribute__((cleanup(netlink_answer_free)))
void netlink_answer_free(struct netlink_answer *a);

/*
 * Send the one request of the batch and keep what it answers; the batch is empty afterwards.
 * With NLM_F_DUMP among its flags it is a list, read again when it changed meanwhile
 * (NLM_F_DUMP_INTR). Returns 0 or -errno.
 */
int netlink_ask(struct netlink_batch *b, struct netlink *nl, struct netlink_answer *ret,
		struct err *err);

/* The message behind `m`, or the first for NULL; NULL: no more. */
const struct nlmsghdr *netlink_next(const struct netlink_answer *a, const struct nlmsghdr *m);
/* How many there are. */
size_t netlink_count(const struct netlink_answer *a);
/* The fixed header of a message when it is at least `len` bytes long, or NULL. */
const void *netlink_header(const struct nlmsghdr *m, size_t len);

/* Attributes are walked by value, never past their end. */
struct netlink_attrs {
	const char *at;
	size_t left;
};
struct netlink_attr {
	uint16_t type;
	const void *data;
	size_t len;
};
/* Those behind a fixed header of `len` bytes. */
struct netlink_attrs netlink_attrs(const struct nlmsghdr *m, size_t len);
/* Those inside an attribute. */
struct netlink_attrs netlink_nested(const struct netlink_attr *a);
bool netlink_attr_next(struct netlink_attrs *as, struct netlink_attr *ret);
/* Values; 0 when the attribute is too short. */
uint32_t netlink_u32(const struct netlink_attr *a);
uint16_t netlink_u16(const struct netlink_attr *a);
uint8_t netlink_u8(const struct netlink_attr *a);
int32_t netlink_i32(const struct netlink_attr *a);
/* Text into a buffer, cut when it is longer, always terminated. */
void netlink_text(const struct netlink_attr *a, char *buf, size_t size);

#endif
