// SPDX-License-Identifier: Apache-2.0
#include "strmap.h"

#include <string.h>

uint64_t strmap_hash(const char *s)
{
	uint64_t h = 14695981039346656037ULL;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211ULL;
	return h;
}

/* The slot of `key`, or the empty one where it belongs. The table is never full. */
static struct strmap_slot *find(const struct strmap *m, const char *key, uint64_t hash)
{
	size_t i = hash & (m->size - 1);

	while (m->slots[i].key && (m->slots[i].hash != hash || strcmp(m->slots[i].key, key) != 0))
		i = (i + 1) & (m->size - 1);
	return &m->slots[i];
}

void *strmap_get(const struct strmap *m, const char *key)
{
	return m->size ? find(m, key, strmap_hash(key))->value : NULL;
}

static void grow(struct strmap *m)
{
	struct strmap old = *m;

	m->size = old.size ? old.size * 2 : 64;
	m->slots = arena_array(m->arena, struct strmap_slot, m->size);
	for (size_t i = 0; i < old.size; i++)
		if (old.slots[i].key)
			*find(m, old.slots[i].key, old.slots[i].hash) = old.slots[i];
}

void strmap_put(struct strmap *m, const char *key, void *value)
{
	uint64_t hash = strmap_hash(key);
	struct strmap_slot *slot;

	if (m->used * 4 >= m->size * 3)
		grow(m);
	slot = find(m, key, hash);
	if (!slot->key)
		m->used++;
	*slot = (struct strmap_slot){key, value, hash};
}
