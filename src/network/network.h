// SPDX-License-Identifier: Apache-2.0
/*
 * Networks that containers join: their description, and how a free subnet is found. Pure.
 *
 * A network is a bridge in the host's network namespace with an address on it, the gateway; each
 * container has one end of a pair on it. A subnet has numbered places: place N has the address
 * subnet + N, in IPv4 and IPv6 alike. Plain data: it is also the head of the network's pool
 * (pool.h).
 */
#ifndef KOKON_NETWORK_H
#define KOKON_NETWORK_H

#include <sys/socket.h>
#include "address.h"
#include "err.h"
#include "route.h"

enum {
	NETWORK_NAME_MAX = 63,
	NETWORK_PLACES_MAX = 65535, /* of a larger subnet, only the first ones are used */
};

enum network_flags {
	NETWORK_INTERNAL = 1 << 0, /* no way out, and none in */
	NETWORK_ISOLATED = 1 << 1, /* nothing from or to other networks of kokon */
	NETWORK_NO_NAMES = 1 << 2, /* names of containers are not resolved */
	NETWORK_CHOSEN = 1 << 3,   /* the subnet was chosen, not given */
	NETWORK_MODE_SHIFT = 16,   /* macvlan, ipvlan: the mode, as network_mode_number() has it */
};

enum { V4, V6, FAMILIES };

struct network {
	char name[NETWORK_NAME_MAX + 1];
	char driver[16];    /* "bridge", "macvlan", "ipvlan" */
	char interface[16]; /* the bridge; macvlan, ipvlan: the interface below */
	uint32_t flags;
	uint32_t mtu;         /* 0: the kernel's */
	uint32_t vlan;        /* of the containers' ports on the bridge; 0: none */
	uint32_t first, last; /* places that are given out by themselves */
	struct ip subnet[FAMILIES], gateway[FAMILIES]; /* family AF_UNSPEC: none */
	uint64_t created;                              /* seconds since 1970 */
};

/* The default network, made when it is first used. */
#define NETWORK_DEFAULT "kokon"

/* Letters, digits, '_', '.', '-'; begins with a letter or digit; no word that --net has. */
int network_check_name(const char *name, struct err *err);
/* The name of the bridge of a network without --interface: at most 15 bytes. */
void network_interface_name(const char *name, char ret[16]);

/* "bridge" and its number: MACVLAN_MODE_BRIDGE …, or NETWORK_IPVLAN | IPVLAN_MODE_L2 … of
 * linux/if_link.h; 0 and NULL: there is none such. */
enum { NETWORK_IPVLAN = 1 << 8 };
uint32_t network_mode_number(const char *mode);
const char *network_mode_word(uint32_t number);
/* The mode of a network; 0: its driver has none. */
uint32_t network_mode(const struct network *n);

/* The address of a place; AF_UNSPEC where the network has none of that family. */
struct ip network_address(const struct network *n, int family, uint32_t place);
/* The place of an address, 0: it has none (outside, or beyond NETWORK_PLACES_MAX). */
uint32_t network_place(const struct network *n, const struct ip *ip);
/* Highest place there is. */
uint32_t network_last_place(const struct network *n);

/* What a subnet must not overlap. */
struct taken {
	struct ip ip;
	const char *what; /* "the route", "the network" … */
	const char *name; /* of the interface or the network */
};

/* Check a subnet that was given: usable in size and kind, free. */
int subnet_check(const struct ip *subnet, const struct taken *taken, size_t n, struct err *err);
/* Choose a free one: 10.210.0.0/24 … 10.219.255.0/24; -ENOSPC with the message. */
int subnet_choose4(const struct taken *taken, size_t n, struct ip *ret, struct err *err);
/* The same for IPv6: /64 of a unique local prefix made of these random bytes (RFC 4193). */
int subnet_choose6(const unsigned char random[7], const struct taken *taken, size_t n,
		   struct ip *ret, struct err *err);
/* Fill in what follows from the subnets: gateways that were not given, first and last place. */
int network_complete(struct network *n, const struct ip *range, struct err *err);

#endif
