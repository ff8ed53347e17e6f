// SPDX-License-Identifier: Apache-2.0
/*
 * How much a container may send and receive: a token bucket (tc-tbf(8)) on each end of its pair,
 * as a queue shapes only what leaves an interface.
 */
#ifndef KOKON_RATE_H
#define KOKON_RATE_H

#include <stdint.h>
#include "err.h"
#include "netlink.h"

/* "10mbit", "1.5gbit", "800kbit", "100000bit"; as tc(8) also "1mbps" (bytes). In bits per second.
 * 0 or -EINVAL with the message. */
int rate_parse(const char *text, uint64_t *ret, struct err *err);
/* The size of its bucket: what may be sent at once. Both in bytes. */
uint64_t rate_burst(uint64_t bytes);
/* Make it the queue of the link, in the namespace of the socket that the batch is sent through. */
void rate_put(struct netlink_batch *b, int link, const char *shown, uint64_t bits);

#endif
