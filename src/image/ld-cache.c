// SPDX-License-Identifier: Apache-2.0
#include "ld-cache.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct file_entry {
	int32_t flags;
	uint32_t key, value; /* offsets from the table's start */
	uint32_t osversion;
	uint64_t hwcap;
};

struct header {
	char magic[20]; /* "glibc-ld.so.cache1.1" */
	uint32_t count;
	uint32_t len_strings;
	uint8_t flags; /* bits 0-1: 2 little endian, 3 big endian, 0 unknown */
	uint8_t padding[3];
	uint32_t extension_offset;
	uint32_t unused[3];
};

static const char new_magic[] = "glibc-ld.so.cache1.1";
static const char old_magic[] = "ld.so-1.7.0";
enum { OLD_HEADER = 16, OLD_ENTRY = 12 };

/* An entry made by a glibc-hwcaps folder: the low bits are an index, and the path tells more. */
#define HWCAP_EXTENSION (1ULL << 62)

_Static_assert(sizeof(struct header) == 48, "the header of ld.so.cache");
_Static_assert(sizeof(struct file_entry) == 24, "an entry of ld.so.cache");

/* Where the new table begins behind an old one, or 0. */
static size_t behind_old(const char *buf, size_t size)
{
	uint32_t count;
	size_t end;

	if (size < OLD_HEADER || memcmp(buf, old_magic, sizeof(old_magic) - 1) != 0)
		return 0;
	memcpy(&count, buf + 12, sizeof(count));
	if (count > size / OLD_ENTRY)
		return size;
	end = OLD_HEADER + (size_t)count * OLD_ENTRY;
	return (end + 7) & ~(size_t)7;
}

void ld_cache_init(struct ld_cache *c, char *buf, size_t size)
{
	static const uint16_t one = 1;
	struct header h;
	uint8_t other = *(const uint8_t *)&one ? 3 : 2;

	*c = (struct ld_cache){.buf = buf, .size = size, .start = behind_old(buf, size)};
	if (c->start > size || size - c->start < sizeof(h))
		return;
	memcpy(&h, buf + c->start, sizeof(h));
	if (memcmp(h.magic, new_magic, sizeof(h.magic)) != 0 || (h.flags & 3) == other)
		return;
	if (h.count <= (size - c->start - sizeof(h)) / sizeof(struct file_entry))
		c->count = h.count;
}

void ld_cache_free(struct ld_cache *c)
{
	free(c->buf);
	*c = (struct ld_cache){0};
}

/* The buffer ends with a zero byte, so a text that starts inside ends inside. */
static const char *text_at(const struct ld_cache *c, uint32_t offset)
{
	return offset < c->size - c->start ? c->buf + c->start + offset : NULL;
}

/* Whether the text at an offset is `name`. Its end is looked at first: that refuses most. */
static bool is_name(const struct ld_cache *c, uint32_t offset, const char *name, size_t len)
{
	size_t room = c->size - c->start;
	const char *text = c->buf + c->start + offset;

	return offset < room && len <= room - offset && text[len] == '\0' &&
	       memcmp(text, name, len) == 0;
}

bool ld_cache_next(const struct ld_cache *c, size_t *at, const char *name,
		   struct ld_cache_entry *ret)
{
	size_t table = c->start + sizeof(struct header), len = strlen(name);

	for (size_t i = *at; i < c->count; i++) {
		uint32_t key;

		memcpy(&key,
		       c->buf + table + i * sizeof(struct file_entry) +
			       offsetof(struct file_entry, key),
		       sizeof(key));
		if (!is_name(c, key, name, len) || !ld_cache_entry(c, i, ret))
			continue;
		*at = i + 1;
		return true;
	}
	return false;
}

bool ld_cache_entry(const struct ld_cache *c, size_t i, struct ld_cache_entry *ret)
{
	struct file_entry e;

	if (i >= c->count)
		return false;
	memcpy(&e, c->buf + c->start + sizeof(struct header) + i * sizeof(e), sizeof(e));
	ret->name = text_at(c, e.key);
	ret->path = text_at(c, e.value);
	ret->legacy_hwcap = e.hwcap && !(e.hwcap & HWCAP_EXTENSION);
	return ret->name && ret->path;
}
