// SPDX-License-Identifier: Apache-2.0
/* SHA-256 (FIPS 180-4), for names that stand for contents. */
#ifndef KOKON_SHA256_H
#define KOKON_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { SHA256_SIZE = 32, SHA256_HEX = 2 * SHA256_SIZE + 1 };

struct sha256 {
	uint32_t state[8];
	uint64_t length; /* bytes so far */
	unsigned char block[64];
};

void sha256_init(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *data, size_t n);
/* The digest in lower-case hexadecimal, terminated. The state is used up. */
void sha256_hex(struct sha256 *s, char ret[SHA256_HEX]);

#endif
