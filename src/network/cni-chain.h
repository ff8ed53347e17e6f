// SPDX-License-Identifier: Apache-2.0
/* The plugins of a network of CNI, called one by one with what a record says. */
#ifndef KOKON_CNI_CHAIN_H
#define KOKON_CNI_CHAIN_H

#include "cni-conf.h"
#include "cni-record.h"

struct cni_chain {
	struct arena *a;
	const struct cni_record *at;
	struct cni_conf conf;
	const char *command; /* "ADD" … */
	const char *valid;   /* GC: the attachments that there are, JSON; or NULL */
	int lock;            /* -1: none */
};

int cni_chain_init(struct cni_chain *c, struct arena *a, const struct cni_record *at,
		   const char *command, struct err *err);
/* One of them; what it answers through *ret, in the arena. 0 or -errno. */
int cni_chain_call(const struct cni_chain *c, const struct cni_plugin *p, const char *previous,
		   const char **ret, struct err *err);

/* STATUS, where the network's version has it: can it take a container now? 0 or -errno. */
int cni_ready(const struct cni_chain *c, struct err *err);

/* A lock that all attachments of this user have: shared while one is made, exclusive while it is
 * said which there are. `state` is the folder of any record. -1: none. */
int cni_hold_all(int state, int how);

#endif
