// SPDX-License-Identifier: Apache-2.0
/*
 * Messages of the domain name system (RFC 1035), as far as questions about containers need them.
 * Pure; whatever comes from the network is taken for hostile.
 */
#ifndef KOKON_DNS_H
#define KOKON_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "address.h"

enum {
	DNS_UDP_MAX = 1232, /* an answer of ours that is longer is cut, with its bit set */
	DNS_MESSAGE_MAX = 65535,
	DNS_NAME_MAX = 254, /* as text, terminated */
	DNS_A = 1,
	DNS_PTR = 12,
	DNS_AAAA = 28,
	DNS_OK = 0,
	DNS_SERVER_FAILED = 2,
	DNS_NO_NAME = 3,
};

struct dns_question {
	char name[DNS_NAME_MAX]; /* lower case, without the last dot */
	uint16_t type;
	size_t end; /* bytes of the message up to behind the question */
};

/* The one question of a query. False: it is none that can be answered. */
bool dns_parse(const unsigned char *message, size_t len, struct dns_question *ret);
/* The address that "4.3.2.1.in-addr.arpa" or "…ip6.arpa" asks about. */
bool dns_reverse(const char *name, struct ip *ret);

/*
 * An answer to `query` into `buf`: the code, and addresses of the family that is asked for, or
 * (pointer) one name. Returns its length, 0: no room.
 */
size_t dns_answer(const unsigned char *query, const struct dns_question *q, int code,
		  const struct ip *ips, size_t n, const char *pointer, unsigned char *buf,
		  size_t size);

#endif
