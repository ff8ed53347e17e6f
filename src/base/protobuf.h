// SPDX-License-Identifier: Apache-2.0
/*
 * The wire format of Protocol Buffers: fields of a message one after the other, each with its
 * number, and either an integer or bytes (a text, or a message within the message). What the
 * numbers mean, the caller knows from the other side's .proto file.
 */
#ifndef KOKON_PROTOBUF_H
#define KOKON_PROTOBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "out.h"

/* bool, enum, int32, uint32, int64, uint64; a negative number as its 64 bits. */
void protobuf_put_number(struct out *o, uint32_t field, uint64_t value);
/* string, bytes, and a message made in another struct out. */
void protobuf_put_bytes(struct out *o, uint32_t field, const void *data, size_t len);
void protobuf_put_text(struct out *o, uint32_t field, const char *text);

/* What is still to be read of a message. */
struct protobuf {
	const unsigned char *at, *end;
};
struct protobuf_field {
	uint32_t number;
	bool is_bytes;
	uint64_t value;        /* of an integer */
	struct protobuf bytes; /* not terminated; points into the message */
};
struct protobuf protobuf_of(const void *data, size_t len);
/* The next field: 1, 0 at the end, or -EBADMSG. */
int protobuf_next(struct protobuf *p, struct protobuf_field *ret);

#endif
