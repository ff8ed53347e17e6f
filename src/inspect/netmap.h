// SPDX-License-Identifier: Apache-2.0
/*
 * The map of network namespaces: which there are, what is in each (interfaces, addresses,
 * routes, sockets, processes), which are joined by pairs and bridges, and what is wrong with
 * them. Plain data, so that matching, checking and drawing are tested with made-up machines;
 * netmap-read.h fills it from the kernel.
 *
 *	read ──► struct netmap ──► netmap_match() ──► netmap_check() ──► text, JSON, SVG, DOT
 *
 * All memory is the arena's. Names and commands are any bytes; every writer makes them safe
 * for what it writes.
 */
#ifndef KOKON_NETMAP_H
#define KOKON_NETMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "address.h"
#include "arena.h"
#include "link.h"
#include "out.h"
#include "route.h"

#define NETMAP_NONE UINT32_MAX

/* An interface, by the indices of its namespace and itself. */
struct netmap_end {
	uint32_t ns, link;
};

struct netmap_link {
	struct link dev; /* as the kernel tells it */
	struct address *addresses;
	size_t n_addresses;
	/* by netmap_match() */
	struct netmap_end peer; /* ns NETMAP_NONE: none, or it could not be found */
	uint32_t bridge;        /* position of its bridge among the links, or NETMAP_NONE */
	uint32_t segment;       /* interfaces with the same number hear each other */
};

struct netmap_listener {
	const char *protocol; /* "tcp", "udp" */
	struct ip ip;         /* all zero: any address */
	uint16_t port;
	uint32_t inode; /* of the socket */
	int32_t pid;    /* a process that has it open, 0: not known */
	const char *command;
};

struct netmap_sockets {
	bool known;
	uint32_t tcp_listening, tcp_connected, tcp_closing, udp;
	struct netmap_listener *listeners; /* at most NETMAP_MOST_LISTED */
	size_t n_listeners;
};

struct netmap_process {
	int32_t pid;
	const char *command;   /* the name that it has */
	const char *container; /* NULL: of none that kokon knows */
};

enum { NETMAP_MOST_LISTED = 1000 }; /* routes, listeners and processes of a namespace */

struct netmap_ns {
	uint64_t inode;
	const char *const *names; /* as targets are written: "host", "netns:blue"; in order */
	size_t n_names;
	const char *title;  /* what it is called on the map */
	const char *target; /* how kokon's commands reach it; NULL: they cannot */
	const char *enter;  /* what to put before a command to run it there: "" here, else with a
			     * blank at its end; NULL: nothing does */
	const char *held;   /* no process: the file that keeps it; NULL: none that is known */
	const char *unseen; /* why nothing within could be read; NULL: it was */
	bool here;          /* the caller's own */
	uint32_t n_processes;
	struct netmap_process *processes; /* the first */
	size_t n_listed;
	struct netmap_link *links;
	size_t n_links;
	struct route *routes; /* of the main table; at most NETMAP_MOST_LISTED */
	size_t n_routes, all_routes;
	struct netmap_sockets sockets;
	int64_t nft_rules, nft_tables; /* -1: may not be read */
	bool nat;                      /* a rule translates source addresses */
	int8_t forward4, forward6;     /* 1 on, 0 off, -1 not known */
};

enum netmap_level {
	NETMAP_WRONG, /* something that is meant to work does not */
	NETMAP_NOTE,  /* what a reader may trip over */
};

struct netmap_problem {
	const char *id; /* "loopback-down" */
	enum netmap_level level;
	uint32_t ns;
	uint32_t link; /* position among its links, or NETMAP_NONE */
	const char *text;
	const char *remedy; /* a command; NULL: none */
};

struct netmap {
	struct arena *arena;
	struct netmap_ns *ns; /* the caller's own first */
	size_t n_ns;
	uint32_t only;             /* the namespace that was asked for, or NETMAP_NONE: all */
	bool by_root;              /* who looked could see everything */
	const char *const *hidden; /* what could not be seen, in words */
	size_t n_hidden;
	struct netmap_problem *problems; /* by netmap_check(), in the order of namespaces */
	size_t n_problems;
};

/* The number that namespace `a` has for namespace `b` (positions in m->ns), or a negative one
 * when it has none or it may not be asked. */
typedef int32_t netmap_ask_function(void *context, uint32_t a, uint32_t b);

/* Find the other ends, bridges and segments. `ask` NULL: by interface numbers alone. */
void netmap_match(struct netmap *m, netmap_ask_function *ask, void *context);
/* Fill problems. After netmap_match(). */
void netmap_check(struct netmap *m);

struct netmap_style {
	bool ascii;
	size_t width; /* columns of the terminal, 0: as wide as the contents */
};
void netmap_text(const struct netmap *m, const struct netmap_style *style, struct out *o);
void netmap_json(const struct netmap *m, struct out *o);
void netmap_svg(const struct netmap *m, struct out *o);
void netmap_dot(const struct netmap *m, struct out *o);

/* For the files of the map. */
static inline const struct netmap_link *netmap_at(const struct netmap *m, struct netmap_end e)
{
	return e.ns == NETMAP_NONE ? NULL : &m->ns[e.ns].links[e.link];
}
bool netmap_is_loopback(const struct netmap_link *l);
bool netmap_is_bridge(const struct netmap_link *l);
bool netmap_is_pair(const struct netmap_link *l); /* has an other end by its nature */
bool netmap_is_up(const struct netmap_link *l);
bool netmap_has_carrier(const struct netmap_link *l);
bool netmap_is_wide(const struct address *a); /* others can reach it: not link-local, not host */
struct ip netmap_point(const struct ip *ip);  /* the address alone, without its network */
/* Every interface has a link-local address of its own making: no news in an overview. */
bool netmap_is_worth_showing(const struct netmap_link *l, const struct address *a);
const char *netmap_kind(const struct netmap_link *l);  /* "loopback", "device", "veth" … */
const char *netmap_state(const struct netmap_link *l); /* "up", "down", "no carrier" */
const struct netmap_link *netmap_link_by_index(const struct netmap_ns *ns, int index);
void netmap_put_ip(struct out *o, const struct ip *ip);
void netmap_put_cidr(struct out *o, const struct ip *ip); /* with its /prefix */
const char *netmap_route_type(const struct route *r);     /* "unicast", "blackhole" … */
void netmap_put_destination(struct out *o, const struct route *r);
/* "default via 10.0.0.1 dev eth0" */
void netmap_put_route(struct out *o, const struct netmap_ns *ns, const struct route *r);
/* "eth0 in netns:blue", or only "eth0" within the namespace that it is seen from. */
void netmap_put_end(struct out *o, const struct netmap *m, struct netmap_end e, uint32_t seen_from);
const char *netmap_plural(uint64_t n); /* "" or "s" */

#endif
