// SPDX-License-Identifier: Apache-2.0
/*
 * The network part of a container's plan: which networks it joins, and the files that tell the
 * container of them. Read by both programs, so plain data (plan.h).
 */
#ifndef KOKON_NETWORK_PLAN_H
#define KOKON_NETWORK_PLAN_H

#include "address.h"
#include "out.h"
#include "publish.h"

enum { NETWORK_JOINS_MAX = 16 };

/* A network that plugins of CNI make (cni.h). */
struct cni_plan {
	const char *config; /* the network's configuration, as it is written */
	const char *file;   /* where it is from */
	const char *path;   /* folders of plugins: CNI_PATH */
	uint32_t timeout;   /* seconds for each plugin */
	uint32_t knows_ip;  /* its plugins have the capability "ips" … */
	uint32_t knows_mac; /* … and "mac"; else they are told by CNI_ARGS */
};

struct network_join_plan {
	const char *network;
	const struct cni_plan *cni; /* NULL: one of kokon's own */
	const char *bridge;         /* its interface, for explanations */
	const char *driver;   /* that puts a device on top of it, for the same; NULL: a pair */
	const char *mode;     /* and its mode */
	const char *inside;   /* name of the interface in the container */
	const char *aliases;  /* words between blanks, or NULL */
	struct ip ip[2];      /* asked for; AF_UNSPEC: any */
	unsigned char mac[6]; /* asked for; zero: any */
	uint64_t rate;        /* bits per second in each direction; 0: no limit */
	uint16_t routes;      /* its gateways are the default routes */
	uint32_t n_ports;
	const struct published *ports;
};

/* Files that are bound into the container, in the folder of its record. */
struct network_files_plan {
	const char *directory; /* NULL: none are made */
	const char *hosts;     /* lines of --add-host, or NULL */
	const char *resolv;    /* the whole /etc/resolv.conf */
	const char *hostname;
	/* not given by the user, so a CNI network may: */
	uint32_t servers_open, search_open, options_open;
};

struct network_plan {
	uint32_t wanted; /* there is something to do */
	uint32_t n;
	const struct network_join_plan *joins;
	struct network_files_plan files;
	uint32_t resolver; /* names are answered at 127.0.0.11 of the container */
	const char
		*servers; /* where other names are asked for: words between blanks; NULL: nowhere */
	/* ordinary users: pasta(1) connects the container to the outside */
	const char *pasta; /* its path; NULL: not used */
	uint32_t n_ports;
	const struct published *ports;
	const char *publisher; /* pasta(1) for the ports of `joins`, where there is a router */
};

/* " -t 8080:80", as pasta(1) has published ports. */
void pasta_port_word(const struct published *p, struct out *o);

/* How many descriptors the container side hands over: its namespace, and the resolver's sockets. */
#define NETWORK_PLAN_GIVES(p) ((p)->resolver ? 3 : 1)
#define RESOLVER_ADDRESS      "127.0.0.11"

#endif
