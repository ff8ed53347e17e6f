// SPDX-License-Identifier: Apache-2.0
/*
 * The store: what kokon-oci keeps of each container below --root, for the commands that follow.
 *
 *   ROOT/ID/oci-lock     held (flock(2)) by a command that changes the container's state
 *   ROOT/ID/record       as every container of kokon has one (state.h), replaced as a whole
 *   ROOT/ID/config.json  a copy of the bundle's, as it was when the container was made
 *   ROOT/ID/start.sock   while its first process waits for `start`
 *
 * A command that was killed leaves a directory whose lock is free: the record names all that was
 * made, and `delete --force` works from it alone. Other commands of kokon keep their containers
 * beside these, under another lock, and neither lists the other's.
 */
#ifndef KOKON_OCI_STORE_H
#define KOKON_OCI_STORE_H

#include "plan-oci.h"
#include "state.h"

struct oci_container {
	struct state_handle handle; /* lock -1: only looked at */
	struct state state;
	enum oci_status status;
	int pidfd; /* of its first process; -1: it has ended, or there was none */
	int root;  /* the store */
	const char *id;
};
#define OCI_CONTAINER_NONE                                                                         \
	{                                                                                          \
		.handle = {-1, -1}, .pidfd = -1, .root = -1                                        \
	}
#define OCI_CONTAINER_CLEANUP __attribute__((cleanup(oci_close)))

/* The store's directory; `root` NULL: /run/kokon for the machine's root, else
 * $XDG_RUNTIME_DIR/kokon. A descriptor, or -errno; -ENOENT: none yet, unless `make`. */
int oci_store(const char *root, bool make, struct err *err);
/* Letters, digits, '_', '+', '-', '.'. 0 or -EINVAL. */
int oci_check_id(const char *id, struct err *err);

/* Nobody has the id now; oci_new() decides. 0 or -EEXIST. */
int oci_check_free(const char *root, const char *id, struct err *err);
/* A new directory, locked, without a record. -EEXIST: the id is taken. Takes `root` over. */
int oci_new(int root, const char *id, struct oci_container *ret, struct err *err);
/* Look at a container. -ENOENT: it does not exist. Takes `root` over. */
int oci_open(int root, const char *id, struct arena *a, struct oci_container *ret, struct err *err);
/* The same by the store's name (see oci_store()), in a new arena. */
enum {
	OCI_SWEEP = 1,    /* oci_sweep() first */
	OCI_LOCK = 2,     /* oci_lock(), without reading it twice */
	OCI_TRY_LOCK = 4, /* the same, but if somebody else holds it, only look: handle.lock -1 */
};
int oci_open_id(const char *store, const char *id, unsigned how, struct arena *a,
		struct oci_container *ret, struct err *err);
/* Lock it. -ENOENT: somebody has deleted it; -EBUSY: somebody else holds it for too long. */
int oci_hold(struct oci_container *c, struct err *err);
/* Lock it and read it anew. */
int oci_lock(struct oci_container *c, struct arena *a, struct err *err);
/* The config that it was made with: whole, or what spec_decode_made() reads of it. */
int oci_config(const struct oci_container *c, struct arena *a, bool whole, struct spec **ret,
	       struct err *err);
/* End it and remove all that the record names, then its directory (oci-end.c). */
struct oci;
int oci_remove(const struct oci *o, struct oci_container *c, struct arena *a, struct err *err);
/* Remove its directory; what the record names is gone by then. */
int oci_forget(struct oci_container *c, struct err *err);
void oci_close(struct oci_container *c);
/* Remove what makers that were killed have left before it had a name. */
void oci_sweep(int root);
/* All ids, sorted; ends with NULL. */
int oci_ids(int root, struct arena *a, const char *const **ret, struct err *err);

/* A listening socket at start.sock, and a connection to it. */
int oci_listen(const struct oci_container *c, int sock, struct err *err);
int oci_connect(const struct oci_container *c, struct err *err);
void oci_unlisten(const struct oci_container *c);

/* The directory of the control group by which it is frozen and thawed: a descriptor or -errno. */
int oci_freezer(const struct state *state, struct err *err);

#endif
