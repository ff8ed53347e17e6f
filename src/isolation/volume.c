// SPDX-License-Identifier: Apache-2.0
/*
 * All three options end in one table of words: -v and --tmpfs have them after a colon, --mount
 * has them as "word" or "word=value" between its own keys. An entry says for which kinds a word
 * is meant and what it does, so that a word at the wrong place gets a message and not a silence.
 */
#include "volume.h"

#include <linux/mount.h>
#include <stdbool.h>
#include <string.h>
#include "names.h"
#include "parse.h"

#ifndef MOUNT_ATTR_NOSYMFOLLOW /* 5.14 */
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif

enum {
	FOR_BIND = 1 << VOLUME_BIND,
	FOR_NAMED = 1 << VOLUME_NAMED,
	FOR_TMPFS = 1 << VOLUME_TMPFS,
	FOR_OTHER = 1 << VOLUME_DEVPTS | 1 << VOLUME_MQUEUE,
	FOR_FILES = FOR_BIND | FOR_NAMED,
	FOR_ALL = FOR_FILES | FOR_TMPFS | FOR_OTHER,
};

enum effect {
	SET,           /* attribute bits `data` */
	CLEAR,         /* not these bits */
	PROPAGATE,     /* MS_* `data` */
	PROPAGATE_R,   /* the same for what is mounted below too */
	PROPAGATION,   /* the value is one of the words above */
	RECURSIVE,     /* `data` */
	RECURSIVE_NOT, /* the value says "not recursive" */
	RELABEL,       /* `data` is 'z' or 'Z' */
	RELABEL_BY,    /* the value is "shared" or "private" */
	CHOWN,
	OVERLAY,
	COPY, /* no_copy = `data` */
	IDMAP,
	SIZE,
	INODES,
	MODE,
	OWNER,   /* `data` 'u' or 'g' */
	NOTHING, /* accepted, without effect here */
};

static const struct word {
	const char *name;
	uint32_t kinds;
	enum effect effect;
	uint64_t data;
} words[] = {
	{"ro", FOR_ALL, SET, MOUNT_ATTR_RDONLY},
	{"readonly", FOR_ALL, SET, MOUNT_ATTR_RDONLY},
	{"rw", FOR_ALL, CLEAR, MOUNT_ATTR_RDONLY},
	{"nosuid", FOR_ALL, SET, MOUNT_ATTR_NOSUID},
	{"suid", FOR_ALL, CLEAR, MOUNT_ATTR_NOSUID},
	{"nodev", FOR_ALL, SET, MOUNT_ATTR_NODEV},
	{"dev", FOR_ALL, CLEAR, MOUNT_ATTR_NODEV},
	{"noexec", FOR_ALL, SET, MOUNT_ATTR_NOEXEC},
	{"exec", FOR_ALL, CLEAR, MOUNT_ATTR_NOEXEC},
	{"noatime", FOR_ALL, SET, MOUNT_ATTR_NOATIME},
	{"strictatime", FOR_ALL, SET, MOUNT_ATTR_STRICTATIME},
	{"relatime", FOR_ALL, CLEAR, MOUNT_ATTR__ATIME},
	{"nodiratime", FOR_ALL, SET, MOUNT_ATTR_NODIRATIME},
	{"nosymfollow", FOR_ALL, SET, MOUNT_ATTR_NOSYMFOLLOW},
	{"private", FOR_ALL, PROPAGATE, MS_PRIVATE},
	{"slave", FOR_ALL, PROPAGATE, MS_SLAVE},
	{"shared", FOR_ALL, PROPAGATE, MS_SHARED},
	{"unbindable", FOR_ALL, PROPAGATE, MS_UNBINDABLE},
	{"rprivate", FOR_ALL, PROPAGATE_R, MS_PRIVATE},
	{"rslave", FOR_ALL, PROPAGATE_R, MS_SLAVE},
	{"rshared", FOR_ALL, PROPAGATE_R, MS_SHARED},
	{"runbindable", FOR_ALL, PROPAGATE_R, MS_UNBINDABLE},
	{"bind-propagation", FOR_BIND, PROPAGATION, 0},
	{"bind", FOR_BIND, RECURSIVE, 0},
	{"rbind", FOR_BIND, RECURSIVE, 1},
	{"bind-nonrecursive", FOR_BIND, RECURSIVE_NOT, 0},
	{"z", FOR_FILES, RELABEL, 'z'},
	{"Z", FOR_FILES, RELABEL, 'Z'},
	{"relabel", FOR_FILES, RELABEL_BY, 0},
	{"U", FOR_ALL, CHOWN, 0},
	{"chown", FOR_ALL, CHOWN, 0},
	{"O", FOR_FILES, OVERLAY, 0},
	{"copy", FOR_NAMED, COPY, 0},
	{"nocopy", FOR_NAMED, COPY, 1},
	{"tmpcopyup", FOR_TMPFS, COPY, 0},
	{"notmpcopyup", FOR_TMPFS, COPY, 1},
	{"idmap", FOR_FILES, IDMAP, 0},
	{"size", FOR_TMPFS, SIZE, 0},
	{"tmpfs-size", FOR_TMPFS, SIZE, 0},
	{"nr_inodes", FOR_TMPFS, INODES, 0},
	{"mode", FOR_TMPFS, MODE, 0},
	{"tmpfs-mode", FOR_TMPFS, MODE, 0},
	{"uid", FOR_TMPFS, OWNER, 'u'},
	{"gid", FOR_TMPFS, OWNER, 'g'},
	{"consistency", FOR_ALL, NOTHING, 0},
	{"cached", FOR_ALL, NOTHING, 0},
	{"delegated", FOR_ALL, NOTHING, 0},
	{"consistent", FOR_ALL, NOTHING, 0},
};

static const struct name kinds[] = {
	{"bind", VOLUME_BIND},     {"volume", VOLUME_NAMED},  {"tmpfs", VOLUME_TMPFS},
	{"devpts", VOLUME_DEVPTS}, {"mqueue", VOLUME_MQUEUE}, {NULL, 0},
};

/* --- paths --- */

const char *volume_clean_path(const char *path, struct arena *a)
{
	char *clean = arena_alloc(a, strlen(path) + 2);
	size_t len = 0;

	while (*path) {
		size_t n = strcspn(path, "/");

		if (n == 2 && path[0] == '.' && path[1] == '.') {
			while (len > 0 && clean[--len] != '/')
				;
		} else if (n > 0 && !(n == 1 && path[0] == '.')) {
			clean[len++] = '/';
			memcpy(clean + len, path, n);
			len += n;
		}
		path += n + strspn(path + n, "/");
	}
	if (len == 0)
		clean[len++] = '/';
	clean[len] = '\0';
	return clean;
}

static int take_target(const char *text, struct arena *a, struct volume *v, struct err *err)
{
	if (text[0] != '/')
		return err_set(err, 0, "the place of a volume, '%.200s', is no absolute path",
			       text);
	v->target = volume_clean_path(text, a);
	if (strcmp(v->target, "/") == 0)
		return err_set(err, 0, "a volume cannot be the container's root");
	return 0;
}

static bool is_volume_name(const char *s)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	static const char more[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";

	return *s && strspn(s, letters) > 0 && s[strspn(s, more)] == '\0';
}

static int take_path(const char *text, const char *cwd, struct arena *a, struct volume *v,
		     struct err *err)
{
	if (!*text)
		return err_set(err, 0, "the source of a volume is empty");
	if (text[0] != '/' && !cwd) {
		err_set(err, 0, "'%.200s' is below the working directory, which is gone", text);
		return err_remedy(err, "give a path that begins with '/'");
	}
	if (text[0] != '/')
		text = arena_printf(a, "%s/%s", cwd, text);
	v->source = volume_clean_path(text, a);
	return 0;
}

static int take_source(const char *text, const char *cwd, struct arena *a, struct volume *v,
		       struct err *err)
{
	if (text[0] == '/' || text[0] == '.') {
		v->kind = VOLUME_BIND;
		return take_path(text, cwd, a, v, err);
	}
	if (!is_volume_name(text)) {
		err_set(err, 0, "'%.200s' is neither a path nor a volume's name", text);
		return err_remedy(err, "a path begins with '/' or './'");
	}
	v->kind = VOLUME_NAMED;
	v->source = arena_strdup(a, text);
	return 0;
}

/* --- words --- */

static const struct word *find_word(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i].name, name) == 0)
			return &words[i];
	return NULL;
}

static int unknown_word(const char *name, struct err *err)
{
	const char *names[ARRAY_SIZE(words) + 1] = {NULL};
	const char *near;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		names[i] = words[i].name;
	near = nearest_name(name, names);
	err_set(err, 0, "unknown option '%.100s' of a volume", name);
	return near ? err_remedy(err, "did you mean '%s'?", near)
		    : err_remedy(err, "they are in kokon-run(1), at --volume and --mount");
}

static int bad_value(const char *name, const char *value, struct err *err)
{
	return err_set(err, 0, "'%.100s' is no value for '%s' of a volume", value ? value : "",
		       name);
}

/* "true", "1", none: yes. */
static bool is_yes(const char *value, bool *ret)
{
	if (!value || strcmp(value, "true") == 0 || strcmp(value, "1") == 0)
		*ret = true;
	else if (strcmp(value, "false") == 0 || strcmp(value, "0") == 0)
		*ret = false;
	else
		return false;
	return true;
}

static int take_size(const char *value, struct arena *a, const char **ret)
{
	size_t n = value ? strlen(value) : 0;
	uint64_t bytes;

	if (n > 1 && n < 5 && value[n - 1] == '%' && strspn(value, "0123456789") == n - 1) {
		*ret = arena_strdup(a, value);
		return 0;
	}
	if (n == 0 || parse_size(value, &bytes) < 0)
		return -EINVAL;
	*ret = arena_printf(a, "%llu", (unsigned long long)bytes);
	return 0;
}

static int take_number(const struct word *w, const char *value, struct arena *a, struct volume *v)
{
	uint64_t count;

	if (!value)
		return -EINVAL;
	switch (w->effect) {
	case SIZE: return take_size(value, a, &v->size);
	case INODES:
		if (parse_size(value, &count) < 0)
			return -EINVAL;
		v->inodes = arena_printf(a, "%llu", (unsigned long long)count);
		return 0;
	case MODE: return parse_octal(value, 07777, &v->mode);
	default: return parse_id(value, w->data == 'u' ? &v->uid : &v->gid);
	}
}

static int take_propagation(const char *value, struct volume *v)
{
	const struct word *w = value ? find_word(value) : NULL;

	if (!w || (w->effect != PROPAGATE && w->effect != PROPAGATE_R))
		return -EINVAL;
	v->propagation = w->data;
	v->propagation_recursive = w->effect == PROPAGATE_R;
	return 0;
}

static int take_relabel(const char *value, struct volume *v)
{
	if (value && strcmp(value, "shared") == 0)
		v->relabel = 'z';
	else if (value && strcmp(value, "private") == 0)
		v->relabel = 'Z';
	else
		return -EINVAL;
	return 0;
}

/* Words that are switches. Returns -EINVAL for a value that is neither yes nor no. */
static int take_switch(const struct word *w, const char *value, struct volume *v)
{
	bool yes;

	if (!is_yes(value, &yes))
		return -EINVAL;
	switch (w->effect) {
	case SET:
	case CLEAR:
		if (yes == (w->effect == SET))
			v->attributes |= w->data;
		else
			v->attributes &= ~w->data;
		return 0;
	case PROPAGATE:
	case PROPAGATE_R: return yes ? take_propagation(w->name, v) : -EINVAL;
	case RECURSIVE: v->recursive = (uint32_t)w->data; return yes ? 0 : -EINVAL;
	case RECURSIVE_NOT: v->recursive = !yes; return 0;
	case RELABEL: v->relabel = (uint32_t)w->data; return yes ? 0 : -EINVAL;
	case CHOWN: v->chown = yes; return 0;
	case OVERLAY: v->overlay = yes; return 0;
	case COPY: v->no_copy = yes ? (uint32_t)w->data : !w->data; return 0;
	default: return -EINVAL;
	}
}

static int take_word(const char *text, struct arena *a, struct volume *v, struct err *err)
{
	const char *equals = strchr(text, '='), *value = equals ? equals + 1 : NULL;
	const char *name = arena_strndup(a, text, equals ? (size_t)(equals - text) : strlen(text));
	const struct word *w = find_word(name);
	int r = 0;

	if (!w)
		return unknown_word(name, err);
	if (!(w->kinds & 1U << v->kind))
		return err_set(err, 0, "option '%s' is not for this kind of volume", name);
	switch (w->effect) {
	case PROPAGATION: r = take_propagation(value, v); break;
	case RELABEL_BY: r = take_relabel(value, v); break;
	case IDMAP: v->idmap = arena_strdup(a, value ? value : ""); break;
	case SIZE:
	case INODES:
	case MODE:
	case OWNER: r = take_number(w, value, a, v); break;
	case NOTHING: break;
	default: r = take_switch(w, value, v); break;
	}
	return r < 0 ? bad_value(name, value, err) : 0;
}

static int take_words(const char *list, struct arena *a, struct volume *v, struct err *err)
{
	const char *field;
	size_t n;

	while (next_field(&list, ',', &field, &n)) {
		int r = n ? take_word(arena_strndup(a, field, n), a, v, err) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

/* --- the three options --- */

static struct volume blank(enum volume_kind kind)
{
	return (struct volume){
		.kind = kind,
		.attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
			      (kind == VOLUME_TMPFS ? MOUNT_ATTR_NOEXEC : 0),
		.propagation = MS_PRIVATE,
		.propagation_recursive = 1,
		.recursive = 1,
		.mode = VOLUME_MODE_UNSET,
	};
}

/* Devices of the host's /dev are wanted for their use. */
static void allow_devices(struct volume *v)
{
	if (v->kind == VOLUME_BIND && v->source && strncmp(v->source, "/dev", 4) == 0 &&
	    (v->source[4] == '/' || v->source[4] == '\0'))
		v->attributes &= ~(uint64_t)MOUNT_ATTR_NODEV;
}

int volume_parse(const char *text, const char *cwd, struct arena *a, struct volume *ret,
		 struct err *err)
{
	struct volume v = blank(VOLUME_NAMED);
	char *first = arena_strdup(a, text), *second = strchr(first, ':'), *third = NULL;
	int r = 0;

	if (second) {
		*second++ = '\0';
		third = strchr(second, ':');
		if (third)
			*third++ = '\0';
		if (third && strchr(third, ':') && !strstr(third, "idmap=")) {
			err_set(err, 0, "'%.200s' has too many colons for a volume", text);
			return err_remedy(err, "for paths with colons use --mount");
		}
		r = take_source(first, cwd, a, &v, err);
	}
	if (r >= 0)
		r = take_target(second ? second : first, a, &v, err);
	allow_devices(&v);
	if (r >= 0 && third)
		r = take_words(third, a, &v, err);
	if (r < 0)
		return r;
	*ret = v;
	return 0;
}

int volume_parse_tmpfs(const char *text, struct arena *a, struct volume *ret, struct err *err)
{
	struct volume v = blank(VOLUME_TMPFS);
	char *target = arena_strdup(a, text), *options = strchr(target, ':');
	int r;

	if (options)
		*options++ = '\0';
	r = take_target(target, a, &v, err);
	if (r >= 0 && options)
		r = take_words(options, a, &v, err);
	if (r < 0)
		return r;
	*ret = v;
	return 0;
}

/* The next field of CSV (RFC 4180), unquoted, in the arena; NULL at the end or, with *ret_bad,
 * where the quotes are wrong. */
static char *csv_field(const char **text, struct arena *a, bool *ret_bad)
{
	const char *s = *text;
	char *field;
	size_t len = 0;

	if (!s)
		return NULL;
	field = arena_alloc(a, strlen(s) + 1);
	if (*s != '"') {
		len = strcspn(s, ",");
		memcpy(field, s, len);
		s += len;
	} else {
		for (s++; *s && (*s != '"' || s[1] == '"'); s++) {
			field[len++] = *s;
			s += *s == '"';
		}
		*ret_bad = *s != '"' || (s[1] != ',' && s[1] != '\0');
		s += *s == '"';
	}
	*text = *s == ',' ? s + 1 : NULL;
	return *ret_bad ? NULL : field;
}

/* The value of a field that has one of the keys, or NULL. */
static const char *value_of(const char *field, const char *const *keys)
{
	for (; *keys; keys++) {
		size_t n = strlen(*keys);

		if (strncmp(field, *keys, n) == 0 && field[n] == '=')
			return field + n + 1;
	}
	return NULL;
}

static const char *const source_keys[] = {"source", "src", NULL};
static const char *const target_keys[] = {"target", "destination", "dst", "dest", NULL};
static const char *const type_keys[] = {"type", NULL};

/* The keys of --mount that decide what the other words mean: type, source, target. */
static int take_keys(const char *text, struct arena *a, struct volume *v, const char **ret_source,
		     struct err *err)
{
	enum volume_kind kind = VOLUME_NAMED;
	const char *target = NULL, *field, *value;
	bool bad = false;
	int64_t number;

	while ((field = csv_field(&text, a, &bad))) {
		if ((value = value_of(field, type_keys))) {
			if (!name_to_value(kinds, value, &number)) {
				err_set(err, 0, "unknown type '%.100s' of a mount", value);
				return err_remedy(err, "types are bind, volume, tmpfs, devpts and "
						       "mqueue");
			}
			kind = (enum volume_kind)number;
		} else if ((value = value_of(field, source_keys))) {
			*ret_source = value;
		} else if ((value = value_of(field, target_keys))) {
			target = value;
		}
	}
	if (bad)
		return err_set(err, 0, "a field's quotes are not closed");
	if (!target) {
		err_set(err, 0, "a mount has no target");
		return err_remedy(err, "write type=bind,source=/host/path,target=/container/path");
	}
	*v = blank(kind);
	return take_target(target, a, v, err);
}

static int take_mount_source(const char *source, const char *cwd, struct arena *a, struct volume *v,
			     struct err *err)
{
	if (v->kind == VOLUME_BIND) {
		if (!source)
			return err_set(err, 0, "a bind mount has no source");
		return take_path(source, cwd, a, v, err);
	}
	if (source && v->kind != VOLUME_NAMED)
		return err_set(err, 0, "a source is not for this kind of mount");
	if (source && !is_volume_name(source)) {
		err_set(err, 0, "'%.200s' is no volume's name", source);
		return err_remedy(err, "to mount a path of the host: type=bind");
	}
	v->source = source;
	return 0;
}

int volume_parse_mount(const char *text, const char *cwd, struct arena *a, struct volume *ret,
		       struct err *err)
{
	const char *source = NULL, *field, *rest = text;
	struct volume v;
	bool bad = false;
	int r = take_keys(text, a, &v, &source, err);

	if (r >= 0)
		r = take_mount_source(source, cwd, a, &v, err);
	if (r < 0)
		return r;
	allow_devices(&v);
	while ((field = csv_field(&rest, a, &bad))) {
		if (!*field || value_of(field, type_keys) || value_of(field, source_keys) ||
		    value_of(field, target_keys))
			continue;
		r = take_word(field, a, &v, err);
		if (r < 0)
			return r;
	}
	*ret = v;
	return 0;
}

int volume_parse_shm_size(const char *text, uint64_t *ret_bytes, struct err *err)
{
	int r = parse_size(text, ret_bytes);

	if (r >= 0)
		return 0;
	err_set(err, -r, "'%.100s' is no size", text);
	return err_remedy(err, "a size is a number with an optional unit, such as 64m");
}

int volumes_check(const struct volume *list, uint32_t count, struct err *err)
{
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t j = 0; j < i; j++)
			if (strcmp(list[i].target, list[j].target) == 0)
				return err_set(err, 0, "two volumes are to be at '%s'",
					       list[i].target);
	return 0;
}
