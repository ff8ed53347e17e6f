// SPDX-License-Identifier: Apache-2.0
/*
 * What `kokon network …` was asked to do, and the option tables that say so: `kokon` reads them
 * for help and completion, the helper kokon-network to do the work.
 */
#ifndef KOKON_NETWORK_REQUEST_H
#define KOKON_NETWORK_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include "network.h"
#include "options.h"

struct network_request {
	int help, version; /* first: the common options of every command */
	struct network network;
	struct ip range;
	char parent[16]; /* macvlan, ipvlan: the interface below */
	bool ipv6;       /* with an IPv6 subnet too */
	bool if_absent;  /* --ignore: one that is there is no failure */
	bool json, quiet, force, explain, trace;
	int report_fd; /* of the helper: where its struct err goes; 0: none */
};

int network_set_flag(void *, const struct option_def *, const char *, struct err *);
int network_set_bit(void *, const struct option_def *, const char *, struct err *);
int network_set_subnet(void *, const struct option_def *, const char *, struct err *);
int network_set_gateway(void *, const struct option_def *, const char *, struct err *);
int network_set_range(void *, const struct option_def *, const char *, struct err *);
int network_set_mtu(void *, const struct option_def *, const char *, struct err *);
int network_set_driver(void *, const struct option_def *, const char *, struct err *);
int network_set_interface(void *, const struct option_def *, const char *, struct err *);
int network_set_parent(void *, const struct option_def *, const char *, struct err *);
int network_set_mode(void *, const struct option_def *, const char *, struct err *);
int network_set_vlan(void *, const struct option_def *, const char *, struct err *);
int network_set_option(void *, const struct option_def *, const char *, struct err *);

#define NETWORK_FLAG(long_name, letter, field, text)                                               \
	{                                                                                          \
		.name = long_name, .short_name = letter, .help = text, .set = network_set_flag,    \
		.data = offsetof(struct network_request, field)                                    \
	}
#define NETWORK_BIT(long_name, bit, text)                                                          \
	{                                                                                          \
		.name = long_name, .help = text, .set = network_set_bit, .data = bit               \
	}
#define NETWORK_WORD(long_name, letter, var, setter, text)                                         \
	{                                                                                          \
		.name = long_name, .short_name = letter, .arg = ARG_REQUIRED, .metavar = var,      \
		.help = text, .set = setter                                                        \
	}

#define NETWORK_EXPLAIN                                                                            \
	NETWORK_FLAG("explain", 0, explain, "print the steps as shell commands, and do nothing"),  \
		NETWORK_FLAG("trace", 0, trace,                                                    \
			     "do it, and print the steps and their duration to stderr")

#define NETWORK_CREATE_OPTIONS                                                                     \
	NETWORK_WORD("driver", 'd', "NAME", network_set_driver,                                    \
		     "bridge, the default, macvlan or ipvlan"),                                    \
		NETWORK_WORD("subnet", 0, "CIDR", network_set_subnet,                              \
			     "10.1.2.0/24 or fd01::/64; one of each at most (else a free one)"),   \
		NETWORK_WORD("gateway", 0, "IP", network_set_gateway,                              \
			     "the host's address in the network (else the first)"),                \
		NETWORK_WORD("ip-range", 0, "CIDR", network_set_range,                             \
			     "containers get addresses of this part of the subnet"),               \
		NETWORK_FLAG("ipv6", '6', ipv6, "with an IPv6 subnet, chosen if none is given"),   \
		NETWORK_BIT("internal", NETWORK_INTERNAL,                                          \
			    "no way out of the network, and none in"),                             \
		NETWORK_BIT("isolate", NETWORK_ISOLATED,                                           \
			    "nothing from or to other networks of kokon"),                         \
		NETWORK_BIT("disable-dns", NETWORK_NO_NAMES,                                       \
			    "names of containers are not resolved"),                               \
		NETWORK_WORD("mtu", 0, "BYTES", network_set_mtu, "largest packet"),                \
		NETWORK_WORD("interface", 0, "NAME", network_set_interface,                        \
			     "name of the bridge (else kn-NAME)"),                                 \
		NETWORK_WORD("parent", 0, "IF", network_set_parent,                                \
			     "macvlan, ipvlan: the host's interface that containers are on"),      \
		NETWORK_WORD("mode", 0, "MODE", network_set_mode,                                  \
			     "macvlan: bridge, private, vepa or passthru; ipvlan: l2, l3 or l3s"), \
		NETWORK_WORD("vlan", 0, "ID", network_set_vlan,                                    \
			     "bridge: the VLAN of the containers' ports"),                         \
		NETWORK_WORD("opt", 'o', "KEY=VALUE", network_set_option,                          \
			     "mtu=, isolate=, vlan=, mode= or parent=, as in podman"),             \
		NETWORK_FLAG("ignore", 0, if_absent, "a network that is there is no failure"),     \
		NETWORK_EXPLAIN
#define NETWORK_RM_OPTIONS                                                                         \
	NETWORK_FLAG("force", 'f', force, "unplug running containers from it"), NETWORK_EXPLAIN
#define NETWORK_LS_OPTIONS                                                                         \
	NETWORK_FLAG("json", 'J', json, "print JSON"),                                             \
		NETWORK_FLAG("quiet", 'q', quiet, "print names only")
#define NETWORK_INSPECT_OPTIONS NETWORK_FLAG("json", 'J', json, "print JSON")
#define NETWORK_PRUNE_OPTIONS                                                                      \
	NETWORK_FLAG("force", 'f', force, "accepted; nothing is asked"), NETWORK_EXPLAIN
#define NETWORK_RELOAD_OPTIONS NETWORK_EXPLAIN

#endif
