// SPDX-License-Identifier: Apache-2.0
/*
 * The table-driven decoder.
 *
 * It reads the text once, from front to back, and fills structures as it goes; there is no tree in
 * between. A list is collected in scratch memory and copied to the arena when its length is known.
 * Each level keeps its place in a struct decode_path on the stack, from which a message makes the
 * path when there is something to say.
 */
#include "decode.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- messages ----------------------------------------------------------------------------- */

static bool plain_key(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!((s[i] | 32) >= 'a' && (s[i] | 32) <= 'z') && !(s[i] >= '0' && s[i] <= '9') &&
		    s[i] != '_')
			return false;
	return n > 0;
}

enum { KEY_SHOWN = 60 };

static void put_path(const struct decode_path *p, struct out *o)
{
	char key[KEY_SHOWN + 1];

	if (!p)
		return;
	put_path(p->up, o);
	if (!p->key) {
		out_printf(o, "[%zu]", p->index);
	} else if (plain_key(p->key, p->len) && p->len <= KEY_SHOWN) {
		out_printf(o, "%s%.*s", p->up ? "." : "", (int)p->len, p->key);
	} else {
		snprintf(key, sizeof(key), "%.*s", (int)p->len, p->key);
		out_puts(o, "[");
		out_json_string(o, key);
		out_puts(o, "]");
	}
}

static int put_error(struct decoder *d, const char *key, int code, const char *text)
{
	const struct decode_path last = {.up = d->path, .key = key, .len = key ? strlen(key) : 0};
	struct out path OUT_CLEANUP = {0};

	put_path(key ? &last : d->path, &path);
	return err_set(d->err, code, "%s%s%s", path.text ? path.text : "", path.len ? ": " : "",
		       text);
}

int decode_error(struct decoder *d, const char *key, const char *fmt, ...)
{
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return put_error(d, key, 0, text);
}

int decode_unexpected(struct decoder *d, const char *what)
{
	struct out found OUT_CLEANUP = {0};

	if (json_peek(&d->json) == JSON_BAD)
		return json_skip(&d->json, d->err);
	json_describe(&d->json, &found);
	return decode_error(d, NULL, "expected %s, found %s", what, found.text);
}

/* ---- memory ------------------------------------------------------------------------------- */

static int too_large(struct decoder *d)
{
	return put_error(d, NULL, E2BIG, "the document takes too much memory");
}

int decode_room(struct decoder *d, size_t bytes)
{
	if (d->arena->used > d->limit || bytes > d->limit - d->arena->used)
		return too_large(d);
	return 0;
}

void *decode_memory(struct decoder *d, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		bytes = SIZE_MAX;
	return decode_room(d, bytes) < 0 ? NULL : arena_alloc(d->arena, bytes);
}

/*
 * A list that grows until its length is known. It is the topmost thing of the scratch memory: a
 * list within one of its entries stands above it, and is gone when the next entry comes.
 */
struct collection {
	char *data;
	size_t n, size;
};

static struct collection collection_start(struct decoder *d, size_t size)
{
	d->scratch.used = (d->scratch.used + 15) & ~(size_t)15;
	return (struct collection){.data = d->scratch.base + d->scratch.used, .size = size};
}

/* A zeroed new entry, which stays where it is; NULL: no memory. */
static void *collection_add(struct decoder *d, struct collection *c)
{
	char *entry = c->data + c->n * c->size;

	if (c->size > (size_t)(d->scratch.base + d->scratch.size - entry)) {
		d->overflow = true;
		too_large(d);
		return NULL;
	}
	c->n++;
	d->scratch.used = (size_t)(entry + c->size - d->scratch.base);
	memset(entry, 0, c->size);
	return entry;
}

/* Its copy in the arena, with one zeroed entry more, which ends lists of pointers. */
static int collection_keep(struct decoder *d, const struct collection *c, uint32_t *ret_n,
			   void *ret_list)
{
	void *list = decode_memory(d, c->n + 1, c->size);

	d->scratch.used = (size_t)(c->data - d->scratch.base);
	if (!list)
		return -E2BIG;
	memcpy(list, c->data, c->n * c->size);
	memcpy(ret_list, &list, sizeof(list));
	*ret_n = (uint32_t)c->n;
	return 0;
}

/* ---- values ------------------------------------------------------------------------------- */

static int read_bool(struct decoder *d, bool *ret)
{
	enum json_kind kind = json_peek(&d->json);

	if (kind != JSON_TRUE && kind != JSON_FALSE)
		return decode_unexpected(d, "true or false");
	return json_read_bool(&d->json, ret, d->err);
}

int decode_string(struct decoder *d, const char **ret)
{
	if (json_peek(&d->json) != JSON_STRING)
		return decode_unexpected(d, "a text");
	if (decode_room(d, 32 + (size_t)(d->json.end - d->json.at)) < 0)
		return -E2BIG;
	return json_read_string(&d->json, ret, d->err);
}

/* An integer within bounds; a negative one comes as the bits of an int64_t. */
static int read_integer(struct decoder *d, int64_t min, uint64_t max, uint64_t *ret)
{
	struct json at = d->json;
	struct json_number n;
	char what[80];
	int r;

	if (json_peek(&at) != JSON_NUMBER)
		return decode_unexpected(d, "an integer");
	r = json_read_number(&at, &n, d->err);
	if (r < 0)
		return r;
	if (!n.integer && (memchr(n.text, '.', n.len) || memchr(n.text, 'e', n.len) ||
			   memchr(n.text, 'E', n.len)))
		return decode_unexpected(d, "an integer");
	if (!n.integer || (n.negative ? n.magnitude > -(uint64_t)min : n.magnitude > max)) {
		snprintf(what, sizeof(what), "an integer from %lld to %llu", (long long)min,
			 (unsigned long long)max);
		return decode_unexpected(d, what);
	}
	d->json = at;
	*ret = n.negative ? -n.magnitude : n.magnitude;
	return 0;
}

/* Of the kinds of numbers: bounds, where value and presence are, and how wide the value is. */
static int read_number(struct decoder *d, const struct decode_field *f, char *member)
{
	static const struct {
		int64_t min;
		uint64_t max;
		size_t width, value, given; /* `given` 0 with `value` 0: always there */
	} kinds[] = {
		[DECODE_I32] = {INT32_MIN, INT32_MAX, 4, 0, 0},
		[DECODE_U32] = {0, UINT32_MAX, 4, 0, 0},
		[DECODE_I64] = {INT64_MIN, INT64_MAX, 8, 0, 0},
		[DECODE_U64] = {0, UINT64_MAX, 8, 0, 0},
		[DECODE_OPT_I32] = {INT32_MIN, INT32_MAX, 4, offsetof(struct opt_i32, value),
				    offsetof(struct opt_i32, given)},
		[DECODE_OPT_U32] = {0, UINT32_MAX, 4, offsetof(struct opt_u32, value),
				    offsetof(struct opt_u32, given)},
		[DECODE_OPT_U16] = {0, UINT16_MAX, 4, offsetof(struct opt_u32, value),
				    offsetof(struct opt_u32, given)},
		[DECODE_OPT_I64] = {INT64_MIN, INT64_MAX, 8, offsetof(struct opt_i64, value),
				    offsetof(struct opt_i64, given)},
		[DECODE_OPT_U64] = {0, UINT64_MAX, 8, offsetof(struct opt_u64, value),
				    offsetof(struct opt_u64, given)},
	};
	uint64_t wide = 0;
	uint32_t narrow;
	int r = read_integer(d, kinds[f->kind].min, kinds[f->kind].max, &wide);

	if (r < 0)
		return r;
	narrow = (uint32_t)wide;
	if (kinds[f->kind].width == 4)
		memcpy(member + kinds[f->kind].value, &narrow, sizeof(narrow));
	else
		memcpy(member + kinds[f->kind].value, &wide, sizeof(wide));
	if (kinds[f->kind].value)
		*(bool *)(member + kinds[f->kind].given) = true;
	return 0;
}

static int unknown_name(struct decoder *d, const struct name *names, const char *text, size_t len)
{
	const char *list[64] = {NULL}, *near;
	char word[48];
	int r;

	snprintf(word, sizeof(word), "%.*s", (int)MIN(len, sizeof(word)), text);
	r = decode_error(d, NULL, "'%s' is unknown", word);
	for (size_t n = 0; names[n].name && n < ARRAY_SIZE(list) - 1; n++)
		list[n] = names[n].name;
	near = nearest_name(word, list);
	return near ? err_remedy(d->err, "did you mean '%s'?", near) : r;
}

static int read_name(struct decoder *d, const struct name *names, int64_t *ret)
{
	const char *word;
	size_t len;
	int r;

	if (json_peek(&d->json) != JSON_STRING)
		return decode_unexpected(d, "a text");
	r = json_read_slice(&d->json, &word, &len, d->err);
	for (const struct name *n = names; r >= 0 && n->name; n++) {
		if (strncmp(n->name, word, len) == 0 && n->name[len] == '\0') {
			*ret = n->value;
			return 0;
		}
	}
	return r < 0 ? r : unknown_name(d, names, word, len);
}

/* ---- lists -------------------------------------------------------------------------------- */

static int read_list(struct decoder *d, size_t size, uint32_t *ret_n, void *ret_list,
		     int (*read)(struct decoder *d, const void *context, void *entry),
		     const void *context)
{
	struct collection c = collection_start(d, size);
	struct decode_path here = {.up = d->path};
	int r;

	if (json_peek(&d->json) != JSON_LIST)
		return decode_unexpected(d, "a list");
	r = json_enter(&d->json, d->err);
	d->path = &here;
	while (r >= 0 && (r = json_next(&d->json, d->err)) > 0) {
		void *entry = collection_add(d, &c);

		here.index = c.n - 1;
		r = entry ? read(d, context, entry) : -E2BIG;
	}
	d->path = here.up;
	return r < 0 ? r : collection_keep(d, &c, ret_n, ret_list);
}

static int entry_string(struct decoder *d, const void *context UNUSED, void *entry)
{
	return decode_string(d, entry);
}

int decode_strings(struct decoder *d, struct spec_strings *ret)
{
	return read_list(d, sizeof(char *), &ret->n, &ret->list, entry_string, NULL);
}

static int entry_number(struct decoder *d, const void *context UNUSED, void *entry)
{
	const struct decode_field number = {.kind = DECODE_U32};

	return read_number(d, &number, entry);
}

static int entry_object(struct decoder *d, const void *context, void *entry)
{
	return decode_object(d, context, entry);
}

static int entry_flag(struct decoder *d, const void *context, void *entry)
{
	return read_name(d, context, entry);
}

static int read_flags(struct decoder *d, const struct name *names, uint64_t *ret)
{
	const int64_t *list = NULL;
	uint32_t n = 0;
	int r = read_list(d, sizeof(*list), &n, &list, entry_flag, names);

	for (uint32_t i = 0; r >= 0 && i < n; i++)
		*ret |= (uint64_t)list[i];
	return r;
}

/* Values of an object whose keys are data. Keys come once. */
static int read_map(struct decoder *d, size_t size, uint32_t *ret_n, void *ret_list,
		    int (*read)(struct decoder *d, const void *context, void *entry),
		    const void *context)
{
	struct collection c = collection_start(d, size);
	struct decode_path here = {.up = d->path};
	int r;

	if (json_peek(&d->json) != JSON_OBJECT)
		return decode_unexpected(d, "an object");
	r = json_enter(&d->json, d->err);
	d->path = &here;
	while (r >= 0 && (r = json_next_key(&d->json, &here.key, &here.len, d->err)) > 0) {
		const char **key = collection_add(d, &c);

		if (!key || decode_room(d, here.len + 32) < 0) {
			r = -E2BIG;
			break;
		}
		*key = arena_strndup(d->arena, here.key, here.len);
		r = read(d, context, key);
	}
	d->path = here.up;
	return r < 0 ? r : collection_keep(d, &c, ret_n, ret_list);
}

static int compare_keys(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Each entry begins with its key. */
static int check_keys(struct decoder *d, const void *list, size_t n, size_t size)
{
	struct collection keys = collection_start(d, sizeof(char *));
	const char *const *sorted = (const char *const *)keys.data;
	int r = 0;

	for (size_t i = 0; i < n; i++) {
		const char **key = collection_add(d, &keys);

		if (!key)
			return -E2BIG;
		memcpy(key, (const char *)list + i * size, sizeof(*key));
	}
	qsort(keys.data, n, sizeof(char *), compare_keys);
	for (size_t i = 1; i < n && r == 0; i++)
		if (strcmp(sorted[i - 1], sorted[i]) == 0)
			r = decode_error(d, NULL, "'%.80s' is there twice", sorted[i]);
	d->scratch.used = (size_t)(keys.data - d->scratch.base);
	return r;
}

static int entry_pair(struct decoder *d, const void *context UNUSED, void *entry)
{
	struct spec_pair *pair = entry;

	if (json_peek(&d->json) == JSON_NULL) {
		pair->value = "";
		return json_skip(&d->json, d->err);
	}
	return decode_string(d, &pair->value);
}

static int read_keyed(struct decoder *d, const struct decode_field *f, char *object)
{
	bool pairs = f->kind == DECODE_PAIRS;
	struct spec_pairs *p = (struct spec_pairs *)(object + f->offset);
	uint32_t *n = pairs ? &p->n : (uint32_t *)(object + f->count);
	size_t size = pairs ? sizeof(struct spec_pair) : f->table->size;
	void *list = pairs ? (void *)&p->list : object + f->offset;
	int r = read_map(d, size, n, list, pairs ? entry_pair : entry_object, f->table);

	return r < 0 ? r : check_keys(d, *(void *const *)list, *n, size);
}

/* ---- objects ------------------------------------------------------------------------------ */

static int read_pointer(struct decoder *d, const struct decode_field *f, char *member)
{
	void *object;

	if (json_peek(&d->json) != JSON_OBJECT)
		return decode_unexpected(d, "an object");
	object = decode_memory(d, 1, f->table->size);
	if (!object)
		return -E2BIG;
	memcpy(member, &object, sizeof(object));
	return decode_object(d, f->table, object);
}

static int read_field(struct decoder *d, const struct decode_field *f, char *object)
{
	char *member = object + f->offset;
	struct spec_numbers *numbers;
	int64_t value;
	int r;

	switch (f->kind) {
	case DECODE_BOOL: return read_bool(d, (bool *)member);
	case DECODE_OPT_BOOL:
		r = read_bool(d, &((struct opt_bool *)member)->value);
		((struct opt_bool *)member)->given = r >= 0;
		return r;
	case DECODE_STRING: return decode_string(d, (const char **)member);
	case DECODE_NAME:
		r = read_name(d, f->names, &value);
		if (r >= 0)
			*(uint32_t *)member = (uint32_t)value;
		return r;
	case DECODE_FLAGS: return read_flags(d, f->names, (uint64_t *)member);
	case DECODE_STRINGS: return decode_strings(d, (struct spec_strings *)member);
	case DECODE_NUMBERS:
		numbers = (struct spec_numbers *)member;
		return read_list(d, sizeof(uint32_t), &numbers->n, &numbers->list, entry_number,
				 NULL);
	case DECODE_PAIRS:
	case DECODE_MAP: return read_keyed(d, f, object);
	case DECODE_OBJECT: return decode_object(d, f->table, member);
	case DECODE_POINTER: return read_pointer(d, f, member);
	case DECODE_LIST:
		return read_list(d, f->table->size, (uint32_t *)(object + f->count), member,
				 entry_object, f->table);
	case DECODE_CUSTOM: return f->custom(d, member);
	default: return read_number(d, f, member);
	}
}

static int find_field(const struct decode_table *t, const char *key, size_t len)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->fields[i].key[0] == key[0] && strncmp(t->fields[i].key, key, len) == 0 &&
		    t->fields[i].key[len] == '\0')
			return (int)i;
	return -ENOENT;
}

static int read_property(struct decoder *d, const struct decode_table *t, const char *key,
			 size_t len, uint64_t *seen, void *object)
{
	int i = find_field(t, key, len);

	if (i < 0)
		return t->closed ? decode_error(d, NULL, "this is unknown")
				 : json_skip(&d->json, d->err);
	if ((json_peek(&d->json) == JSON_NULL && !t->fields[i].required) ||
	    (d->made && t->fields[i].making))
		return json_skip(&d->json, d->err);
	if (*seen & UINT64_C(1) << i)
		return decode_error(d, NULL, "it is there twice");
	*seen |= UINT64_C(1) << i;
	return read_field(d, &t->fields[i], object);
}

int decode_object(struct decoder *d, const struct decode_table *t, void *object)
{
	struct decode_path here = {.up = d->path};
	uint64_t seen = 0;
	int r;

	if (t->custom)
		return t->custom(d, object);
	if (json_peek(&d->json) != JSON_OBJECT)
		return decode_unexpected(d, "an object");
	r = json_enter(&d->json, d->err);
	d->path = &here;
	while (r >= 0 && (r = json_next_key(&d->json, &here.key, &here.len, d->err)) > 0)
		r = read_property(d, t, here.key, here.len, &seen, object);
	d->path = here.up;
	for (size_t i = 0; r >= 0 && i < t->n; i++)
		if (t->fields[i].required && !(seen & UINT64_C(1) << i))
			r = decode_error(d, t->fields[i].key, "it is required, and missing");
	return r >= 0 && t->done ? t->done(d, object) : r;
}

static int decode_whole(struct decoder *d, const struct decode_table *table, void *object)
{
	int r = decode_object(d, table, object);

	return r < 0 ? r : json_end(&d->json, d->err);
}

static int decode(struct arena *a, const char *text, size_t n, const struct decode_table *table,
		  bool made, void *object, struct err *err)
{
	struct decoder d = {.arena = a, .made = made, .err = err};
	/* Not on the stack, all of whose pages are probed. */
	static _Alignas(16) char small[DECODE_SCRATCH];
	size_t slack = (size_t)3 * DECODE_TEXT_MAX, left = a->size - a->used, used;
	int r;

	if (n > DECODE_TEXT_MAX) {
		err_set(err, 0, "the document has more than %d MiB", DECODE_TEXT_MAX >> 20);
		return -E2BIG;
	}
	if (left < slack)
		return err_set(err, E2BIG, "too little memory is left");
	d.limit = a->used + MIN(left - slack, (size_t)DECODE_MEMORY_MAX);
	/* Usual documents need little memory besides; a mapping is made for the others. */
	used = a->used;
	d.scratch = (struct arena){.base = small, .size = sizeof(small)};
	json_start(&d.json, a, text, n);
	r = decode_whole(&d, table, object);
	if (!d.overflow)
		return r;
	a->used = used;
	memset(object, 0, table->size);
	d = (struct decoder){.arena = a, .made = made, .err = err, .limit = d.limit};
	r = arena_init(&d.scratch);
	if (r < 0)
		return err_set(err, -r, "cannot get memory");
	json_start(&d.json, a, text, n);
	r = decode_whole(&d, table, object);
	arena_free(&d.scratch);
	return r;
}

int decode_text(struct arena *a, const char *text, size_t n, const struct decode_table *table,
		void *object, struct err *err)
{
	return decode(a, text, n, table, false, object, err);
}

int decode_text_made(struct arena *a, const char *text, size_t n, const struct decode_table *table,
		     void *object, struct err *err)
{
	return decode(a, text, n, table, true, object, err);
}
