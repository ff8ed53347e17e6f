// SPDX-License-Identifier: Apache-2.0
#include "protobuf.h"

#include <errno.h>
#include <string.h>

enum wire { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

static void put_varint(struct out *o, uint64_t value)
{
	char bytes[10];
	size_t n = 0;

	do {
		bytes[n++] = (char)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
		value >>= 7;
	} while (value);
	out_put(o, bytes, n);
}

void protobuf_put_number(struct out *o, uint32_t field, uint64_t value)
{
	put_varint(o, (uint64_t)field << 3 | VARINT);
	put_varint(o, value);
}

void protobuf_put_bytes(struct out *o, uint32_t field, const void *data, size_t len)
{
	put_varint(o, (uint64_t)field << 3 | BYTES);
	put_varint(o, len);
	out_put(o, data, len);
}

void protobuf_put_text(struct out *o, uint32_t field, const char *text)
{
	protobuf_put_bytes(o, field, text, strlen(text));
}

struct protobuf protobuf_of(const void *data, size_t len)
{
	return (struct protobuf){data, (const unsigned char *)data + len};
}

static bool get_varint(struct protobuf *p, uint64_t *ret)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 64 && p->at < p->end; shift += 7) {
		unsigned char byte = *p->at++;

		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*ret = value;
			return true;
		}
	}
	return false;
}

int protobuf_next(struct protobuf *p, struct protobuf_field *ret)
{
	struct protobuf_field f = {0};
	uint64_t key, len = 0;

	if (p->at == p->end)
		return 0;
	if (!get_varint(p, &key) || key >> 3 == 0 || key >> 3 > UINT32_MAX)
		return -EBADMSG;
	f.number = (uint32_t)(key >> 3);
	switch ((enum wire)(key & 7)) {
	case VARINT:
		if (!get_varint(p, &f.value))
			return -EBADMSG;
		*ret = f;
		return 1;
	case BYTES:
		if (!get_varint(p, &len))
			return -EBADMSG;
		break;
	case FIXED64: len = 8; break;
	case FIXED32: len = 4; break;
	default: return -EBADMSG;
	}
	if (len > (size_t)(p->end - p->at))
		return -EBADMSG;
	f.is_bytes = true;
	f.bytes = protobuf_of(p->at, (size_t)len);
	p->at += len;
	*ret = f;
	return 1;
}
