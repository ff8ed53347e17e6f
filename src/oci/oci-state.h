// SPDX-License-Identifier: Apache-2.0
/*
 * The state of a container, as `state` prints it and hooks get it on their standard input
 * (runtime.md, "State"), and as a seccomp agent gets it (config-linux.md, "The Container Process
 * State").
 */
#ifndef KOKON_OCI_STATE_H
#define KOKON_OCI_STATE_H

#include <sys/types.h>
#include "names.h"
#include "out.h"
#include "spec.h"

enum oci_status {
	OCI_CREATING,
	OCI_CREATED,
	OCI_RUNNING,
	OCI_STOPPED,
	OCI_PAUSED, /* not the specification's, but runc's and crun's */
};

extern const struct name oci_statuses[];

struct oci_state {
	const char *oci_version; /* of the config; NULL: SPEC_VERSION */
	const char *id;
	enum oci_status status;
	pid_t pid; /* as who reads it sees it; 0: not shown (required when created, running) */
	const char *bundle; /* absolute */
	struct spec_pairs annotations;

	/* What `state` and `list` of runc print beside these; NULL, 0: left out. Hooks do not get
	 * it. */
	const char *rootfs;
	const char *created; /* RFC 3339: "2026-01-31T12:00:00.123456789Z" */
	const char *owner;   /* user's name */
};

/* `indent`: of one level ("  " as runc); NULL: one line. No newline at the end. */
void oci_state_put(const struct oci_state *s, const char *indent, struct out *o);
/* The reverse; memory is in the arena. Returns 0 or -errno. */
int oci_state_decode(struct arena *a, const char *json, size_t n, struct oci_state *ret,
		     struct err *err);

/* What is sent with the descriptor "seccompFd". `metadata`: listenerMetadata or NULL. */
void oci_process_state_put(const struct oci_state *s, const char *metadata, struct out *o);

#endif
