// SPDX-License-Identifier: Apache-2.0
/*
 * Named network namespaces, network_namespaces(7), ip-netns(8).
 *
 * A name is an empty file on which the namespace (nsfs) is mounted. Root's are in /run/netns, as
 * iproute2 makes them, with the same propagation, so that `ip netns` and kokon see each
 * other's. An ordinary user cannot mount there: a user's names are in
 * $XDG_RUNTIME_DIR/kokon/netns, and the mounts on them exist in one mount namespace of that
 * user, which a process without work keeps as long as there is a name (netns-user.h).
 */
#ifndef KOKON_NETNS_H
#define KOKON_NETNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "err.h"
#include "netlink.h"
#include "out.h"

#define NETNS_RUN  "/run/netns"
#define NETNS_MARK 01000 /* mode of the files that kokon makes there; iproute2's is 0 */

/* Where names are kept. */
struct netns_home {
	char path[256];
	int dir;      /* the directory with the mounts; -1: there are none yet */
	bool of_user; /* of an ordinary user */
	pid_t holder; /* of_user: keeps user and mount namespace; 0: none lives, or we are inside */
	int user, mnt; /* those namespaces, when they are not ours; -1 */
	int lock;      /* of_user, opened with `make`: held until the home is closed; -1 */
};
#define NETNS_HOME_NONE                                                                            \
	{                                                                                          \
		.dir = -1, .user = -1, .mnt = -1, .lock = -1                                       \
	}
#define NETNS_HOME_CLEANUP __attribute__((cleanup(netns_home_close)))

/* Find the caller's. 0 or -errno. */
int netns_home_open(struct netns_home *ret, struct err *err);
/* Map ids in the user namespace of a process. false: it could not, and has mapped none. */
typedef bool (*netns_mapper)(pid_t pid);
/* The same, where what is missing is made. Without a mapper an ordinary user's own id is mapped. */
int netns_home_make(netns_mapper map, struct netns_home *ret, struct err *err);
/* The machine's, whoever asks: for reading. dir is -1 when there is no such directory. */
void netns_home_of_root(struct netns_home *ret);
void netns_home_close(struct netns_home *home);
/* An ordinary user's: become a member of its namespaces, which makes the process "root" there.
 * Changes the working directory. Nothing happens for root. 0 or -errno. */
int netns_home_enter(struct netns_home *home, struct err *err);

/* 1 to 255 bytes, no '/', no control characters, not "." or "..". With a message. */
int netns_check_name(const char *name, struct err *err);

struct netns_name {
	char *name;
	uint64_t inode; /* 0: the file holds no namespace */
	int id;         /* as seen from the caller's namespace; -1: none, or not asked for */
};
struct netns_names {
	struct netns_name *v; /* in alphabetical order */
	size_t n;
};
#define NETNS_NAMES_CLEANUP __attribute__((cleanup(netns_names_free)))
void netns_names_free(struct netns_names *names);

/* All names. */
int netns_list(const struct netns_home *home, struct netns_names *ret, struct err *err);
/* The namespace of a name: a descriptor that the caller closes, or -errno with a message. */
int netns_open(const struct netns_home *home, const char *name, struct err *err);
/* The number that a namespace has as seen from the socket's; -1: none. */
int netns_id(struct netlink *nl, int netns);
/* Give it a number; -1: any. */
int netns_set_id(struct netlink *nl, int netns, int id, const char *name, struct err *err);

struct netns_number {
	int id;
	int here; /* of a target: the number that it has as seen from the socket's; -1: none */
};
struct netns_ids {
	struct netns_number *v; /* owned */
	size_t n;
};
#define NETNS_IDS_CLEANUP __attribute__((cleanup(netns_ids_free)))
/* All numbers that the namespace with the number `target` has given; -1: the socket's. -EINVAL:
 * there is no such target. */
int netns_ids(struct netlink *nl, int target, struct netns_ids *ret, struct err *err);
void netns_ids_free(struct netns_ids *ids);

/* Each of these takes a home that was entered. They are whole or leave nothing, but for a SIGKILL
 * (netns.c). Making one puts the calling process into it. */
int netns_add(const struct netns_home *home, const char *name, struct err *err);
/* Give an existing namespace a name. */
int netns_attach(const struct netns_home *home, const char *name, int netns, struct err *err);
/* Take the name away; the namespace ends with its last process and descriptor. */
int netns_delete(const struct netns_home *home, const char *name, struct err *err);

/* Each name without a namespace that kokon made, to `found`; with `remove` it is gone by then. */
void netns_leftovers(const struct netns_home *home, bool remove,
		     void (*found)(void *arg, const char *name), void *arg);

/* The shell commands that do the same. */
void netns_explain_add(const struct netns_home *home, const char *name, struct out *o);
void netns_explain_attach(const struct netns_home *home, const char *name, const char *source,
			  struct out *o);
void netns_explain_delete(const struct netns_home *home, const char *name, struct out *o);

#endif
