// SPDX-License-Identifier: Apache-2.0
/*
 * GC of CNI 1.1: plugins remove what is of no attachment any more.
 *
 *	cni_gc_note()   of each record there is: its network is one to be asked
 *	                then the dead ones are removed; from here on the lock is held
 *	                (cni_hold_all(), exclusive)
 *	cni_gc_keep()   of each record that there still is: its attachment is valid
 *	cni_gc_run()    the plugins are called
 */
#ifndef KOKON_CNI_GC_H
#define KOKON_CNI_GC_H

#include "arena.h"
#include "cni-record.h"
#include "out.h"

enum { CNI_GC_MAX = 64 /* networks */ };

struct cni_gc_network {
	const char *name;
	struct cni_record at; /* without a container */
	struct out valid;     /* attachments, JSON objects between commas */
};
struct cni_gc {
	struct arena arena;
	struct cni_gc_network v[CNI_GC_MAX];
	size_t n;
};

/* `state` is the folder of a container's record. */
void cni_gc_note(struct cni_gc *g, int state);
void cni_gc_keep(struct cni_gc *g, int state);
/* Of each that fails two lines: the network, and what its plugin said. */
void cni_gc_run(struct cni_gc *g, struct out *complaints);
void cni_gc_close(struct cni_gc *g);

#endif
