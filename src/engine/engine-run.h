// SPDX-License-Identifier: Apache-2.0
/*
 * Run: from a request to a container's end.
 */
#ifndef KOKON_ENGINE_RUN_H
#define KOKON_ENGINE_RUN_H

#include "engine-network.h"
#include "run-request.h"

/* What still has to be looked up on the machine: words as given, lists end with NULL. */
struct run_words {
	const char *const *env;
	const char *const *env_files;
	const char *const *devices;
	const char *const *net_devices;
	const char *const *ulimits;
	const char *const *security;
	const char *const *volumes; /* in the order given */
	const char *volume_kinds;   /* 'v', 'm' or 't' for each: -v, --mount, --tmpfs */
	const char *const *modes; /* NAMESPACE_TYPES of them; that of the network is in `network` */
	struct network_words network;
};

/*
 * Complete the request (name, image, namespaces to join, environment), plan, and explain or run.
 * Explanations go to standard output, notes to standard error. Returns the exit status, or
 * -errno with the cause.
 */
int engine_run(struct run_request *request, const struct run_words *words, struct err *err);

#endif
