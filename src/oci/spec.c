// SPDX-License-Identifier: Apache-2.0
/* config.json: its top level, root, mounts and hooks; and look-ups in it. */
#include "spec.h"

#include <string.h>
#include "mount-options.h"
#include "parse.h"
#include "spec-tables.h"

static const struct decode_field root_fields[] = {
	{"path", DECODE_STRING, offsetof(struct spec_root, path), .required = true},
	{"readonly", DECODE_BOOL, offsetof(struct spec_root, readonly)},
};
static const struct decode_table root_table = DECODE_TABLE(struct spec_root, root_fields);

/* ---- mounts ------------------------------------------------------------------------------- */

enum { OPTION_COST = 48 }; /* bytes of the arena, at most, for one character of an option */

static int read_options(struct decoder *d, void *member)
{
	struct spec_mount *m = member;
	struct spec_strings list = {0};
	size_t length = 0;
	int r = decode_strings(d, &list);

	for (uint32_t i = 0; i < list.n; i++)
		length += strlen(list.list[i]) + 1;
	if (r >= 0)
		r = decode_room(d, length * OPTION_COST);
	if (r < 0)
		return r;
	r = mount_options_decide(d->arena, &list, m, d->err);
	return r < 0 ? decode_error(d, NULL, "%s", d->err->text) : 0;
}

static const struct decode_field mount_fields[] = {
	{"destination", DECODE_STRING, offsetof(struct spec_mount, destination), .required = true},
	{"type", DECODE_STRING, offsetof(struct spec_mount, type)},
	{"source", DECODE_STRING, offsetof(struct spec_mount, source)},
	{"options", DECODE_CUSTOM, 0, .custom = read_options},
	{"uidMappings", DECODE_LIST, offsetof(struct spec_mount, uid_map.list),
	 .count = offsetof(struct spec_mount, uid_map.n), .table = &spec_idmap_table},
	{"gidMappings", DECODE_LIST, offsetof(struct spec_mount, gid_map.list),
	 .count = offsetof(struct spec_mount, gid_map.n), .table = &spec_idmap_table},
};

static int mount_done(struct decoder *d UNUSED, void *object)
{
	struct spec_mount *m = object;

	/* There is no file system of that name: without the option it could only fail. */
	if (m->type && strcmp(m->type, "bind") == 0)
		m->bind = true;
	return 0;
}

static const struct decode_table mount_table =
	DECODE_TABLE(struct spec_mount, mount_fields, .done = mount_done);

/* ---- hooks -------------------------------------------------------------------------------- */

const char *const spec_hook_names[SPEC_HOOK_KINDS] = {
	[SPEC_HOOK_PRESTART] = "prestart",
	[SPEC_HOOK_CREATE_RUNTIME] = "createRuntime",
	[SPEC_HOOK_CREATE_CONTAINER] = "createContainer",
	[SPEC_HOOK_START_CONTAINER] = "startContainer",
	[SPEC_HOOK_POSTSTART] = "poststart",
	[SPEC_HOOK_POSTSTOP] = "poststop",
};

static const struct decode_field hook_fields[] = {
	{"path", DECODE_STRING, offsetof(struct spec_hook, path), .required = true},
	{"args", DECODE_STRINGS, offsetof(struct spec_hook, args)},
	{"env", DECODE_STRINGS, offsetof(struct spec_hook, env)},
	{"timeout", DECODE_OPT_I64, offsetof(struct spec_hook, timeout)},
};
static const struct decode_table hook_table = DECODE_TABLE(struct spec_hook, hook_fields);

struct all_hooks {
	struct spec_hook_list of[SPEC_HOOK_KINDS];
};

#define HOOKS(name, kind)                                                                          \
	{                                                                                          \
		name, DECODE_LIST, offsetof(struct all_hooks, of[kind].list),                      \
			.count = offsetof(struct all_hooks, of[kind].n), .table = &hook_table      \
	}

static const struct decode_field hooks_fields[] = {
	HOOKS("prestart", SPEC_HOOK_PRESTART),
	HOOKS("createRuntime", SPEC_HOOK_CREATE_RUNTIME),
	HOOKS("createContainer", SPEC_HOOK_CREATE_CONTAINER),
	HOOKS("startContainer", SPEC_HOOK_START_CONTAINER),
	HOOKS("poststart", SPEC_HOOK_POSTSTART),
	HOOKS("poststop", SPEC_HOOK_POSTSTOP),
};
static const struct decode_table hooks_table = DECODE_TABLE(struct all_hooks, hooks_fields);

/* ------------------------------------------------------------------------------------------- */

/* SemVer 2.0.0: three numbers, then perhaps "-words" and "+words". *ret_major is the first. */
static bool is_version(const char *s, uint64_t *ret_major)
{
	for (int i = 0; i < 3; i++) {
		size_t n = strspn(s, "0123456789");

		if (n == 0 || n > 9 || (n > 1 && *s == '0') || (i < 2 && s[n] != '.'))
			return false;
		if (i == 0)
			*ret_major = strtoull(s, NULL, 10);
		s += n + (i < 2);
	}
	if (*s && *s != '-' && *s != '+')
		return false;
	for (; *s; s++)
		if (!strchr("-+.", *s) && !(*s >= '0' && *s <= '9') &&
		    !((*s | 32) >= 'a' && (*s | 32) <= 'z'))
			return false;
	return true;
}

/* Newer 1.x is read too: what it adds is ignored, as unknown properties are. */
static int read_version(struct decoder *d, void *member)
{
	const char *text;
	uint64_t major = 0;
	int r = decode_string(d, &text);

	if (r < 0)
		return r;
	if (!is_version(text, &major))
		return decode_error(d, NULL,
				    "expected a version such as \"" SPEC_VERSION
				    "\", found \"%.40s\"",
				    text);
	if (major != 1)
		return decode_error(d, NULL, "version %.40s is not supported, only 1.x", text);
	*(const char **)member = text;
	return 0;
}

static int read_linux(struct decoder *d, void *member)
{
	struct spec *s = member;

	s->has_linux = true;
	return decode_object(d, &spec_linux_table, &s->linux_);
}

static const struct decode_field spec_fields[] = {
	{"ociVersion", DECODE_CUSTOM, offsetof(struct spec, oci_version), .required = true,
	 .custom = read_version},
	{"process", DECODE_POINTER, offsetof(struct spec, process), .table = &spec_process_table},
	{"root", DECODE_POINTER, offsetof(struct spec, root), .table = &root_table, .making = true},
	{"hostname", DECODE_STRING, offsetof(struct spec, hostname), .making = true},
	{"domainname", DECODE_STRING, offsetof(struct spec, domainname), .making = true},
	{"mounts", DECODE_LIST, offsetof(struct spec, mounts),
	 .count = offsetof(struct spec, n_mounts), .table = &mount_table, .making = true},
	{"hooks", DECODE_OBJECT, offsetof(struct spec, hooks), .table = &hooks_table},
	{"annotations", DECODE_PAIRS, offsetof(struct spec, annotations)},
	{"linux", DECODE_CUSTOM, 0, .custom = read_linux},
};
static const struct decode_table spec_table = DECODE_TABLE(struct spec, spec_fields);

int spec_decode(struct arena *a, const char *json, size_t n, struct spec **ret, struct err *err)
{
	struct spec *s = arena_new(a, struct spec);
	int r = decode_text(a, json, n, &spec_table, s, err);

	if (r >= 0)
		*ret = s;
	return r;
}

int spec_decode_made(struct arena *a, const char *json, size_t n, struct spec **ret,
		     struct err *err)
{
	struct spec *s = arena_new(a, struct spec);
	int r = decode_text_made(a, json, n, &spec_table, s, err);

	if (r >= 0)
		*ret = s;
	return r;
}

const char *spec_annotation(const struct spec *s, const char *key)
{
	for (uint32_t i = 0; i < s->annotations.n; i++)
		if (strcmp(s->annotations.list[i].key, key) == 0)
			return s->annotations.list[i].value;
	return NULL;
}

const struct spec_namespace *spec_namespace_of(const struct spec *s, uint64_t flag)
{
	for (uint32_t i = 0; i < s->linux_.n_namespaces; i++)
		if (s->linux_.namespaces[i].flag == flag)
			return &s->linux_.namespaces[i];
	return NULL;
}
