// SPDX-License-Identifier: Apache-2.0
/*
 * Making a container from a bundle, in parts: what create, run and restore have in common.
 * The order is that of the declarations; after oci_making_enter_store(), a failure ends with
 * oci_making_give_up().
 */
#ifndef KOKON_OCI_MAKING_H
#define KOKON_OCI_MAKING_H

#include "oci-bundle.h"
#include "oci-store.h"
#include "oci.h"
#include "start.h"

struct making {
	const struct oci *o;
	const struct oci_create *q;
	struct err *err;
	struct arena scratch, arena;
	int memory; /* the plan's arena */
	int listener;
	struct oci_bundle bundle;
	struct plan *plan;
	struct state state;
	struct oci_container container;
};
#define OCI_MAKING_OF(oci, request, error)                                                         \
	{                                                                                          \
		.o = (oci), .q = (request), .err = (error), .listener = -1,                        \
		.container = OCI_CONTAINER_NONE                                                    \
	}

/* Bundle, plan and, when it `waits` for start, the socket: nothing is made yet. */
int oci_making_prepare(struct making *m, bool waits);
/* A directory in the store, with the config, and what the record begins with. On failure all of it
 * is gone. */
int oci_making_enter_store(struct making *m);
/* The terminal's other side, the pidfd and the pid, for who asked for them. */
int oci_making_hand_over(const struct making *m, struct run *run);
/* Written to the record. */
int oci_making_note_status(const struct making *m, struct run *run, enum state_status status);
/* What was made is removed; what cannot be is left to `delete --force`. */
void oci_making_give_up(struct making *m, struct run *run);
/* To its end: the exit status. The container is deleted unless it is to be kept. */
int oci_making_see_it_end(struct making *m, struct run *run, int signals);

#endif
