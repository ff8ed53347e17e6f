// SPDX-License-Identifier: Apache-2.0
/*
 * Network interfaces ("links" in rtnetlink(7)): list, make, change, move, remove.
 *
 * Every function works in the network namespace of the netlink socket that it gets
 * (netlink_open_in()). The link_put_…() functions add one request to a batch, so that several
 * things happen in one system call; the others ask or do at once.
 */
#ifndef KOKON_LINK_H
#define KOKON_LINK_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "err.h"
#include "netlink.h"

enum { LINK_ADDRESS_MAX = 32, LINK_LOOPBACK = 1 /* the index of lo in every namespace */ };

struct link {
	int index;
	char name[IFNAMSIZ];
	char kind[16];  /* "veth", "bridge", "vlan" …; empty: a device or lo */
	uint16_t type;  /* ARPHRD_ETHER, ARPHRD_LOOPBACK … */
	uint32_t flags; /* IFF_UP, IFF_RUNNING, IFF_LOWER_UP (carrier) … */
	uint32_t mtu;
	uint8_t operstate; /* IF_OPER_UP … (linux/if.h) */
	int master;        /* index of the bridge (bond, vrf) it belongs to; 0: none */
	int peer;          /* index of the other end (veth) or the lower device (vlan); 0: none */
	int peer_netns;    /* number of the peer's namespace as seen from here; -1: this one */
	uint16_t vlan;     /* vlan id; 0: none */
	unsigned char address[LINK_ADDRESS_MAX];
	uint8_t address_len; /* 0: none */
	char alias[256];
};

struct link_list {
	struct link *v; /* owned; in the order of their indexes */
	size_t n;
};
#define LINK_LIST_CLEANUP __attribute__((cleanup(link_list_free)))
void link_list_free(struct link_list *list);

/* All links of the namespace. 0 or -errno. */
int link_list_read(struct netlink *nl, struct link_list *ret, struct err *err);
/* One of a list, or NULL. */
const struct link *link_by_index(const struct link_list *list, int index);
const struct link *link_by_name(const struct link_list *list, const char *name);
/* One link by its name. -ENODEV with a message that names it when there is none. */
int link_find(struct netlink *nl, const char *name, struct link *ret, struct err *err);

/* Is it one: 1 to 15 bytes, no '/', ':' or white space, not "." or ".."? With a message. */
int link_check_name(const char *name, struct err *err);
/* "02:42:ac:11:00:02". 0 or -EINVAL. */
int link_parse_address(const char *text, unsigned char ret[6]);
/* The other way; `size` at least 3 * len. */
void link_format_address(const unsigned char *address, size_t len, char *buf, size_t size);

/* One end of a pair of virtual Ethernet devices. */
struct link_end {
	const char *name;
	int netns;     /* descriptor of the namespace it is made in; <= 0: the socket's */
	int netns_pid; /* or a process in it; 0: none */
	const unsigned char *address; /* 6 bytes; NULL: the kernel chooses */
	uint32_t mtu;                 /* 0: the kernel's */
	int master;                   /* a bridge in the same namespace as this end; 0: none */
	bool up;
};
/* A pair, both ends made in their namespaces at once. The peer cannot be brought up by the request
 * that makes it (veth_open() finds no other end yet: ENOTCONN): in the socket's own namespace a
 * second request does it, in another one that is left to the caller. */
void link_put_veth(struct netlink_batch *b, const struct link_end *a, const struct link_end *peer);

/* Any other kind of virtual link. */
struct link_new {
	const char *kind; /* "bridge", "dummy", "vlan", "macvlan" … */
	const char *name;
	const unsigned char *address; /* 6 bytes; NULL: the kernel chooses */
	uint32_t mtu;                 /* 0: the kernel's */
	int lower;             /* vlan, macvlan, ipvlan: the device below, by index; 0: none */
	int netns;             /* as in struct link_end */
	uint16_t vlan;         /* vlan: its id; bridge: that of its ports, 0: all are one */
	uint32_t macvlan_mode; /* macvlan: MACVLAN_MODE_*, 0: the kernel's */
	uint32_t ipvlan_mode;  /* ipvlan: IPVLAN_MODE_*, 0 is IPVLAN_MODE_L2 */
	bool up;
};
void link_put_new(struct netlink_batch *b, const struct link_new *new);

/* A change of a link that exists; what is zero stays as it is. */
struct link_change {
	const char *name; /* found by this, or by its index when that is not 0 */
	int index;
	const char *new_name; /* renames; the link must be down (up to Linux 6.1) */
	int netns;            /* moves it there; addresses and routes are lost; <= 0: stays */
	const unsigned char *address;
	size_t address_len;
	uint32_t mtu;
	int master; /* index; -1: out of its bridge */
	const char *alias;
	bool up, down;
};
void link_put_change(struct netlink_batch *b, const struct link_change *c);

/* By name, or by index when that is not 0. Both ends of a pair go together. */
void link_put_delete(struct netlink_batch *b, const char *name, int index);

/* Removing waits for all CPUs (RCU), some 25 ms each; those of one group go with one wait. Put
 * links into a group of a number that nobody else uses, then remove the group. */
void link_put_group(struct netlink_batch *b, const char *name, int index, uint32_t group);
void link_put_delete_group(struct netlink_batch *b, uint32_t group);

/* The carrier of a pair's end comes when the other one is up, and the kernel tells its bridge of
 * that later, in the background: until then the port drops what arrives. This has it told at once.
 */
void link_settle(const struct netlink *nl, const char *name);

/* The same at once. */
int link_add_veth(struct netlink *nl, const struct link_end *a, const struct link_end *peer,
		  struct err *err);
int link_add(struct netlink *nl, const struct link_new *new, struct err *err);
int link_change(struct netlink *nl, const struct link_change *c, struct err *err);
int link_delete(struct netlink *nl, const char *name, struct err *err);

#endif
