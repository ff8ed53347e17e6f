// SPDX-License-Identifier: Apache-2.0
/*
 * Published ports: "[IP:][HOST:]CONTAINER[/udp]", each a number or a range "8000-8010". Pure.
 */
#ifndef KOKON_PUBLISH_H
#define KOKON_PUBLISH_H

#include <netinet/in.h>
#include <sys/socket.h>
#include "address.h"

struct published {
	struct ip ip; /* of the host; AF_UNSPEC: any */
	uint16_t host, container;
	uint16_t count;   /* that many ports in a row */
	uint8_t protocol; /* IPPROTO_TCP, IPPROTO_UDP */
	uint8_t chosen;   /* the host's port was not given: any free one */
};

/* Without a host port, `host` is 0 and `chosen` is set. 0 or -EINVAL with the message. */
int publish_parse(const char *text, struct published *ret, struct err *err);
/* Do two of them ask for the same port? */
bool publish_collide(const struct published *a, const struct published *b);
/* No two of a list do; the message names the port. */
int publish_check(const struct published *v, size_t n, struct err *err);
/* "0.0.0.0:8080->80/tcp", as listings show it. */
enum { PUBLISH_TEXT_MAX = 96 };
const char *publish_format(const struct published *p, char buf[PUBLISH_TEXT_MAX]);

#endif
