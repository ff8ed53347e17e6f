// SPDX-License-Identifier: Apache-2.0
#include "mount-options.h"

#include <linux/mount.h>
#include <string.h>
#include "out.h"
#include "parse.h"

#ifndef MOUNT_ATTR_NOSYMFOLLOW /* 5.14 */
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif

enum option_kind {
	OPTION_ATTRIBUTE,    /* of the mount, perhaps of the file system too */
	OPTION_RECURSIVE,    /* of the mount and those below */
	OPTION_TIME_DEFAULT, /* undo `set`, a choice of access times */
	OPTION_RECURSIVE_TIME_DEFAULT,
	OPTION_PROPAGATION, /* `set` */
	OPTION_BIND,
	OPTION_RBIND,
	OPTION_REMOUNT,
	OPTION_COPYUP,
	OPTION_IDMAP,
	OPTION_RIDMAP,
	OPTION_IGNORED, /* says nothing to a runtime: mount(8), fstab(5) */
};

struct mount_option {
	const char *name;
	enum option_kind kind;
	uint64_t set, clear;       /* MOUNT_ATTR_*, MS_* of a propagation */
	uint64_t sb_set, sb_clear; /* MS_* of the file system */
	bool hidden;               /* not in `features` */
};

#define TIMES MOUNT_ATTR__ATIME

/* Sorted by name. */
static const struct mount_option options[] = {
	{"_netdev", OPTION_IGNORED, .hidden = true},
	{"acl", OPTION_ATTRIBUTE, .sb_set = MS_POSIXACL},
	{"async", OPTION_ATTRIBUTE, .sb_clear = MS_SYNCHRONOUS},
	{"atime", OPTION_ATTRIBUTE, .set = MOUNT_ATTR_RELATIME, .clear = TIMES},
	{"auto", OPTION_IGNORED, .hidden = true},
	{"bind", OPTION_BIND},
	{"defaults", OPTION_IGNORED},
	{"dev", OPTION_ATTRIBUTE, .clear = MOUNT_ATTR_NODEV},
	{"diratime", OPTION_ATTRIBUTE, .clear = MOUNT_ATTR_NODIRATIME},
	{"dirsync", OPTION_ATTRIBUTE, .sb_set = MS_DIRSYNC},
	{"exec", OPTION_ATTRIBUTE, .clear = MOUNT_ATTR_NOEXEC},
	{"group", OPTION_IGNORED, .hidden = true},
	{"idmap", OPTION_IDMAP},
	{"iversion", OPTION_ATTRIBUTE, .sb_set = MS_I_VERSION},
	{"lazytime", OPTION_ATTRIBUTE, .sb_set = MS_LAZYTIME},
	{"loud", OPTION_ATTRIBUTE, .sb_clear = MS_SILENT},
	{"mand", OPTION_ATTRIBUTE, .sb_set = MS_MANDLOCK},
	{"noacl", OPTION_ATTRIBUTE, .sb_clear = MS_POSIXACL},
	{"noatime", OPTION_ATTRIBUTE, .set = MOUNT_ATTR_NOATIME, .clear = TIMES},
	{"noauto", OPTION_IGNORED, .hidden = true},
	{"nodev", OPTION_ATTRIBUTE, .set = MOUNT_ATTR_NODEV},
	{"nodiratime", OPTION_ATTRIBUTE, .set = MOUNT_ATTR_NODIRATIME},
	{"noexec", OPTION_ATTRIBUTE, .set = MOUNT_ATTR_NOEXEC},
	{"nofail", OPTION_IGNORED, .hidden = true},
	{"nogroup", OPTION_IGNORED, .hidden = true},
	{"noiversion", OPTION_ATTRIBUTE, .sb_clear = MS_I_VERSION},
	{"nolazytime", OPTION_ATTRIBUTE, .sb_clear = MS_LAZYTIME},
	{"nomand", OPTION_ATTRIBUTE, .sb_clear = MS_MANDLOCK},
	{"noowner", OPTION_IGNORED, .hidden = true},
	{"norelatime", OPTION_TIME_DEFAULT, .set = MOUNT_ATTR_RELATIME},
	{"nostrictatime", OPTION_TIME_DEFAULT, .set = MOUNT_ATTR_STRICTATIME},
	{"nosuid", OPTION_ATTRIBUTE, .set = MOUNT_ATTR_NOSUID},
	{"nosymfollow", OPTION_ATTRIBUTE, .set = MOUNT_ATTR_NOSYMFOLLOW},
	{"nouser", OPTION_IGNORED, .hidden = true},
	{"owner", OPTION_IGNORED, .hidden = true},
	{"private", OPTION_PROPAGATION, .set = MS_PRIVATE},
	{"ratime", OPTION_RECURSIVE, .set = MOUNT_ATTR_RELATIME, .clear = TIMES},
	{"rbind", OPTION_RBIND},
	{"rdev", OPTION_RECURSIVE, .clear = MOUNT_ATTR_NODEV},
	{"rdiratime", OPTION_RECURSIVE, .clear = MOUNT_ATTR_NODIRATIME},
	{"relatime", OPTION_ATTRIBUTE, .set = MOUNT_ATTR_RELATIME, .clear = TIMES},
	{"remount", OPTION_REMOUNT},
	{"rexec", OPTION_RECURSIVE, .clear = MOUNT_ATTR_NOEXEC},
	{"ridmap", OPTION_RIDMAP},
	{"rnoatime", OPTION_RECURSIVE, .set = MOUNT_ATTR_NOATIME, .clear = TIMES},
	{"rnodev", OPTION_RECURSIVE, .set = MOUNT_ATTR_NODEV},
	{"rnodiratime", OPTION_RECURSIVE, .set = MOUNT_ATTR_NODIRATIME},
	{"rnoexec", OPTION_RECURSIVE, .set = MOUNT_ATTR_NOEXEC},
	{"rnorelatime", OPTION_RECURSIVE_TIME_DEFAULT, .set = MOUNT_ATTR_RELATIME},
	{"rnostrictatime", OPTION_RECURSIVE_TIME_DEFAULT, .set = MOUNT_ATTR_STRICTATIME},
	{"rnosuid", OPTION_RECURSIVE, .set = MOUNT_ATTR_NOSUID},
	{"rnosymfollow", OPTION_RECURSIVE, .set = MOUNT_ATTR_NOSYMFOLLOW},
	{"ro", OPTION_ATTRIBUTE, .set = MOUNT_ATTR_RDONLY, .sb_set = MS_RDONLY},
	{"rprivate", OPTION_PROPAGATION, .set = MS_PRIVATE | MS_REC},
	{"rrelatime", OPTION_RECURSIVE, .set = MOUNT_ATTR_RELATIME, .clear = TIMES},
	{"rro", OPTION_RECURSIVE, .set = MOUNT_ATTR_RDONLY},
	{"rrw", OPTION_RECURSIVE, .clear = MOUNT_ATTR_RDONLY},
	{"rshared", OPTION_PROPAGATION, .set = MS_SHARED | MS_REC},
	{"rslave", OPTION_PROPAGATION, .set = MS_SLAVE | MS_REC},
	{"rstrictatime", OPTION_RECURSIVE, .set = MOUNT_ATTR_STRICTATIME, .clear = TIMES},
	{"rsuid", OPTION_RECURSIVE, .clear = MOUNT_ATTR_NOSUID},
	{"rsymfollow", OPTION_RECURSIVE, .clear = MOUNT_ATTR_NOSYMFOLLOW},
	{"runbindable", OPTION_PROPAGATION, .set = MS_UNBINDABLE | MS_REC},
	{"rw", OPTION_ATTRIBUTE, .clear = MOUNT_ATTR_RDONLY, .sb_clear = MS_RDONLY},
	{"shared", OPTION_PROPAGATION, .set = MS_SHARED},
	{"silent", OPTION_ATTRIBUTE, .sb_set = MS_SILENT},
	{"slave", OPTION_PROPAGATION, .set = MS_SLAVE},
	{"strictatime", OPTION_ATTRIBUTE, .set = MOUNT_ATTR_STRICTATIME, .clear = TIMES},
	{"suid", OPTION_ATTRIBUTE, .clear = MOUNT_ATTR_NOSUID},
	{"symfollow", OPTION_ATTRIBUTE, .clear = MOUNT_ATTR_NOSYMFOLLOW},
	{"sync", OPTION_ATTRIBUTE, .sb_set = MS_SYNCHRONOUS},
	{"tmpcopyup", OPTION_COPYUP},
	{"unbindable", OPTION_PROPAGATION, .set = MS_UNBINDABLE},
	{"user", OPTION_IGNORED, .hidden = true},
};

const char *mount_option_name(size_t i)
{
	for (size_t j = 0; j < ARRAY_SIZE(options); j++)
		if (!options[j].hidden && i-- == 0)
			return options[j].name;
	return NULL;
}

static const struct mount_option *find(const char *name)
{
	size_t low = 0, high = ARRAY_SIZE(options);

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(name, options[middle].name);

		if (order == 0)
			return &options[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static void change(uint64_t *set, uint64_t *clear, uint64_t to_set, uint64_t to_clear)
{
	*set = (*set & ~to_clear) | to_set;
	*clear = (*clear & ~to_set) | to_clear;
}

/* "nostrictatime": back to the kernel's choice, unless another one was made. */
static void undo_time(uint64_t *set, uint64_t *clear, uint64_t choice)
{
	if ((*clear & TIMES) && (*set & TIMES) != choice)
		return;
	change(set, clear, MOUNT_ATTR_RELATIME, TIMES);
}

static void apply(struct spec_mount *m, const struct mount_option *o, uint64_t *propagations)
{
	switch (o->kind) {
	case OPTION_ATTRIBUTE:
		change(&m->set, &m->clear, o->set, o->clear);
		change(&m->sb_set, &m->sb_clear, o->sb_set, o->sb_clear);
		break;
	case OPTION_RECURSIVE: change(&m->rec_set, &m->rec_clear, o->set, o->clear); break;
	case OPTION_TIME_DEFAULT: undo_time(&m->set, &m->clear, o->set); break;
	case OPTION_RECURSIVE_TIME_DEFAULT: undo_time(&m->rec_set, &m->rec_clear, o->set); break;
	case OPTION_PROPAGATION: propagations[m->n_propagations++] = o->set; break;
	case OPTION_RBIND: m->recursive_bind = true; /* fall through */
	case OPTION_BIND: m->bind = true; break;
	case OPTION_REMOUNT: m->remount = true; break;
	case OPTION_COPYUP: m->tmpcopyup = true; break;
	case OPTION_IDMAP: m->idmap = SPEC_IDMAP_TOP; break;
	case OPTION_RIDMAP: m->idmap = SPEC_IDMAP_RECURSIVE; break;
	case OPTION_IGNORED: break;
	}
}

/* ---- options of the file system ----------------------------------------------------------- */

/* Up to the next comma that no backslash precedes (as overlayfs reads its options). */
static size_t until_comma(const char *s)
{
	size_t n = 0;

	for (; s[n] && s[n] != ','; n++)
		if (s[n] == '\\' && s[n + 1])
			n++;
	return n;
}

static size_t count_fs_options(const char *s)
{
	size_t n = 0;

	for (; *s; s += *s == ',') {
		size_t len = until_comma(s);

		n += len > 0;
		s += len;
	}
	return n;
}

static void add_fs_options(struct arena *a, const char *s, struct spec_fs_option *list, uint32_t *n)
{
	for (; *s; s += *s == ',') {
		size_t len = until_comma(s);
		char *key, *value;

		if (len == 0)
			continue;
		key = arena_strndup(a, s, len);
		value = strchr(key, '=');
		if (value)
			*value++ = '\0';
		list[(*n)++] = (struct spec_fs_option){.key = key, .value = value};
		s += len;
	}
}

static const char *join(struct arena *a, const struct spec_fs_option *list, uint32_t n)
{
	char usual[256];
	struct out text OUT_CLEANUP = OUT_IN(usual);

	for (uint32_t i = 0; i < n; i++)
		out_printf(&text, "%s%s%s%s", i ? "," : "", list[i].key, list[i].value ? "=" : "",
			   list[i].value ? list[i].value : "");
	return n ? arena_strdup(a, text.text) : NULL;
}

/* ---- idmap= ------------------------------------------------------------------------------- */

static int parse_range(const char *s, size_t len, struct spec_idmap_range *ret)
{
	uint32_t *numbers[] = {&ret->container_id, &ret->host_id, &ret->size};
	char text[40];
	const char *rest = text, *field;
	size_t n, i = 0;

	if (len == 0 || len >= sizeof(text))
		return -EINVAL;
	memcpy(text, s, len);
	text[len] = '\0';
	while (rest && next_field(&rest, '-', &field, &n)) {
		char digits[16];
		uint64_t value;

		if (i == 3 || n == 0 || n >= sizeof(digits))
			return -EINVAL;
		memcpy(digits, field, n);
		digits[n] = '\0';
		if (parse_u64(digits, 0, UINT32_MAX, &value) < 0)
			return -EINVAL;
		*numbers[i++] = (uint32_t)value;
	}
	return i == 3 ? 0 : -EINVAL;
}

/* "0-1-10#10-11-10" */
static int parse_ranges(struct arena *a, const char *s, size_t len, struct spec_idmap *ret)
{
	struct spec_idmap_range *list = arena_array(a, struct spec_idmap_range, len / 5 + 1);
	uint32_t n = 0;

	while (len > 0) {
		size_t part = 0;

		while (part < len && s[part] != '#')
			part++;
		if (part < 5 || parse_range(s, part, &list[n++]) < 0)
			return -EINVAL;
		part += part < len;
		s += part;
		len -= part;
	}
	*ret = (struct spec_idmap){.n = n, .list = list};
	return n > 0 ? 0 : -EINVAL;
}

/* "idmap=uids=…;gids=…" */
static int parse_idmap(struct arena *a, const char *option, struct spec_mount *m, struct err *err)
{
	bool recursive = option[0] == 'r';
	const char *rest = strchr(option, '=') + 1, *field;
	size_t n;
	int r = 0;

	while (r >= 0 && rest && next_field(&rest, ';', &field, &n)) {
		if (n > 5 && strncmp(field, "uids=", 5) == 0)
			r = parse_ranges(a, field + 5, n - 5, &m->uid_map);
		else if (n > 5 && strncmp(field, "gids=", 5) == 0)
			r = parse_ranges(a, field + 5, n - 5, &m->gid_map);
		else
			r = -EINVAL;
	}
	if (r < 0) {
		err_set(err, 0, "'%.120s' is no id map", option);
		return err_remedy(err, "it is written idmap=uids=0-1000-10;gids=0-1000-10: first "
				       "id in the file system, first id seen, count");
	}
	m->idmap = recursive ? SPEC_IDMAP_RECURSIVE : SPEC_IDMAP_TOP;
	return 1;
}

/* ------------------------------------------------------------------------------------------- */

/* Options with a prefix of their own. Returns 1 if it was one, 0 if not, or -EINVAL. */
static int special(struct arena *a, const char *option, struct spec_mount *m, struct err *err)
{
	if (strncmp(option, "idmap=", 6) == 0 || strncmp(option, "ridmap=", 7) == 0)
		return parse_idmap(a, option, m, err);
	return strncmp(option, "x-", 2) == 0; /* notes of fstab(5) */
}

int mount_options_decide(struct arena *a, const struct spec_strings *list, struct spec_mount *m,
			 struct err *err)
{
	uint64_t *propagations = arena_array(a, uint64_t, list->n + 1);
	struct spec_fs_option *own;
	size_t n_own = 0;

	for (uint32_t i = 0; i < list->n; i++)
		n_own += count_fs_options(list->list[i]);
	own = arena_array(a, struct spec_fs_option, n_own + 1);
	for (uint32_t i = 0; i < list->n; i++) {
		const struct mount_option *o = find(list->list[i]);
		int r = o ? 1 : special(a, list->list[i], m, err);

		if (r < 0)
			return r;
		if (o)
			apply(m, o, propagations);
		else if (r == 0)
			add_fs_options(a, list->list[i], own, &m->n_fs_options);
	}
	m->propagations = propagations;
	m->fs_options = own;
	m->data = join(a, own, m->n_fs_options);
	return 0;
}
