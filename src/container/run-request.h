// SPDX-License-Identifier: Apache-2.0
/*
 * What `kokon run` is asked for, parsed and checked word by word, before anything is decided.
 */
#ifndef KOKON_RUN_REQUEST_H
#define KOKON_RUN_REQUEST_H

#include <stdbool.h>
#include <stdint.h>
#include "cgroup.h"
#include "devices.h"
#include "facts.h"
#include "network-plan.h"
#include "plan.h"
#include "rlimits.h"
#include "router.h"
#include "security.h"
#include "volume.h"

/* Where a namespace comes from: --pid, --ipc, --uts, --net, --userns, --cgroupns. */
enum namespace_source {
	SOURCE_DEFAULT, /* a new one; for the user namespace: a new one for ordinary users */
	SOURCE_NEW,
	SOURCE_HOST, /* the caller's own */
	SOURCE_JOIN, /* the descriptor in `fd` */
};

struct namespace_choice {
	enum namespace_source source;
	int fd;
	const char *shown;
};

enum { NETWORK_PORTS_MAX = 32 };

/* --net, -p, --dns, --add-host, looked up (engine-network.h). */
struct network_wish {
	struct network_join_plan *joins; /* without ports */
	const char **bridges;            /* of each, for explanations */
	uint32_t n;
	uint64_t rate; /* of each, bits per second; 0: no limit */
	bool pasta;    /* the way out of ordinary users */
	const char *pasta_path;
	struct err no_way_out; /* networks lead out, and this is why they do not */
	bool names;            /* a network's names are resolved */
	bool routed;           /* a network has a way out */
	struct published *ports;
	uint32_t n_ports;
	bool files;      /* /etc/hosts, resolv.conf and hostname are given to it */
	const char *dns; /* words between blanks, or NULL */
	const char *const *dns_search, *const *dns_options;
	const char *hosts;       /* lines, or NULL; "@" is the gateway */
	const char *host_resolv; /* the host's resolv.conf */
	const char *directory;   /* of the container's record */
	struct router router;    /* where the networks are; an explanation may have found none */
};

struct run_request {
	/* image: one of the two */
	const char *rootfs;     /* --rootfs DIR */
	const char *host_names; /* "bash,ls" of host:bash,ls; "" for host: alone */
	const char *layer_path; /* directory of the host: layer */
	const char *top;        /* directory for the writable layer: has upper and work */

	const char *name; /* of the container */
	const char *hostname, *domainname;
	char *const *argv;         /* command; empty: the shell */
	const char *entrypoint;    /* put in front of argv; NULL: none */
	const char *const *env;    /* "NAME=value", complete, ends with NULL */
	const char *cwd;           /* NULL: "/" */
	const char *user;          /* as -u has it; NULL: root */
	const char *const *groups; /* --group-add */
	const char *umask;
	bool interactive, tty, init, read_only, privileged;

	struct namespace_choice namespaces[NAMESPACE_TYPES];
	struct network_wish network;
	const struct net_device_plan *net_devices; /* --netdev */
	uint32_t n_net_devices;
	bool keep_id;                        /* --userns=keep-id */
	struct idmap uidmap, gidmap;         /* given; n 0: chosen */
	struct idmap joined_uid, joined_gid; /* of a user namespace that is joined; n 0: unknown */
	bool joined_deny_groups;             /* setgroups(2) is denied there */
	bool nested; /* made in another one, `around`, whose maps these are then */
	struct namespace_choice around;

	const struct device *devices; /* --device, surveyed */
	uint32_t n_devices;
	uint64_t shm_size; /* bytes */
	const char *const *cap_add, *const *cap_drop;
	struct rlimits_plan rlimits;
	const char *const *sysctls;
	struct security_options security;
	const char *selinux, *selinux_files; /* contexts, of the program and of files; or NULL */
	const struct volume *volumes;        /* in the order given */
	uint32_t n_volumes;
	uint16_t rows, columns; /* of the user's terminal */
	struct cgroup_limits limits;
	const char *cgroup_parent;
	bool cgroups_disabled;
	bool set_oom_score_adj;
	int32_t oom_score_adj;
	uint32_t stop_signal;
	uint32_t stop_timeout; /* seconds */
	uint32_t timeout;      /* seconds; 0: none */
	bool remove, verbose;
	bool explain, trace;
};

#endif
