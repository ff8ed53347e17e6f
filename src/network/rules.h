// SPDX-License-Identifier: Apache-2.0
/*
 * The firewall rules of all networks, as text for nft(8). Pure.
 *
 * Everything is in one table, "inet kokon", which is replaced as a whole in one transaction:
 * what the kernel has is always a function of the networks and the addresses in use, whatever
 * was flushed or half-done before. Connections are not in the table and live on.
 *
 * Base chains of our own stand a little before the usual priorities, so the tables of Docker and
 * firewalld are not touched. What they cannot do: an "accept" in one table does not keep another
 * table's chain on the same hook from dropping the packet (nft(8), "accept").
 */
#ifndef KOKON_RULES_H
#define KOKON_RULES_H

#include "out.h"
#include "pool.h"

#define RULES_TABLE "kokon"

struct rules_member {
	uint32_t place;
	const struct published *ports;
	size_t n_ports;
	char way[16];  /* connections to them come in by this interface; empty: by any */
	uint32_t mark; /* and have this mark */
};

struct rules_network {
	const struct network *network;
	const struct rules_member *members; /* those with published ports */
	size_t n;
	bool apart; /* in the router of an ordinary user (router-ways.h) */
};

/* The commands that make the table anew; with n 0, those that remove it. Without `loopback_v6`
 * connections to ::1 are left alone (network_loopback_v6()). */
void rules_format(const struct rules_network *v, size_t n, bool loopback_v6, struct out *o);

/* The commands that change the published ports alone, in a table that is there: a chain that is
 * replaced costs the kernel a grace period, an element of a map nothing. */
void rules_format_ports(const struct rules_network *v, size_t n, struct out *o);

#endif
