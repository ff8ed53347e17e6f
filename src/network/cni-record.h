// SPDX-License-Identifier: Apache-2.0
/*
 * What is on record of a container in a network of CNI: all that plugins are called with, so that
 * DEL needs nothing else. One JSON file in the folder of the container's record.
 */
#ifndef KOKON_CNI_RECORD_H
#define KOKON_CNI_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include "arena.h"
#include "err.h"
#include "network-plan.h"

struct cni_record {
	const char *container, *interface, *netns, *path, *args, *file;
	const char *config, *runtime, *result; /* JSON; result NULL: ADD did not end well */
	uint64_t timeout;
	uint64_t added; /* plugins whose ADD ended well: what DEL owes */
};

/* What a container's wish comes to: the values of all capabilities, or CNI_ARGS for plugins that
 * lack them. Pure; it points into the wish and the arena. */
struct cni_record cni_record_of(struct arena *a, const struct network_join_plan *j,
				const char *container, const char *netns,
				const struct published *ports, uint32_t n_ports);
bool cni_has_mac(const unsigned char mac[6]);

/* "cni-3" */
void cni_record_name(uint32_t index, char buf[16]);
int cni_record_write(int state, uint32_t index, const struct cni_record *at, struct err *err);
/* -ENOENT: there is none. */
int cni_record_read(int state, const char *name, struct arena *a, struct cni_record *ret,
		    struct err *err);

#endif
