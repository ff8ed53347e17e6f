// SPDX-License-Identifier: Apache-2.0
/*
 * pasta(1), which connects a network namespace of an ordinary user to the outside: it translates
 * between the namespace's packets and sockets of its own in the host's.
 */
#ifndef KOKON_PASTA_H
#define KOKON_PASTA_H

#include <stdbool.h>
#include <sys/types.h>
#include "network-plan.h"

struct pasta {
	const char *program; /* its path */
	const struct published *ports;
	uint32_t n_ports;
	const char *options; /* " --config-net …": how the namespace gets its interface */
};

/* Where it is; NULL with the message: it is missing. */
const char *pasta_program(struct err *err);

/*
 * Start it on a network namespace and wait until it is ready. In the directory `path` it leaves its
 * process number, in the file "pasta.pid". 0 or -errno with what it said.
 */
int pasta_start(const struct pasta *pasta, int netns, const char *path, struct err *err);
/* Does the one live whose number is in the directory `runtime`? */
bool pasta_lives(int runtime);
/* End the one whose number is in the directory `runtime`, and remove the file; none is fine. */
void pasta_stop(int runtime);

#endif
