// SPDX-License-Identifier: Apache-2.0
#include "security.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include "names.h"
#include "parse.h"

static int bad_value(const char *name, const char *value, struct err *err)
{
	return err_set(err, 0, "'%.200s' is no value for security option '%s'", value ? value : "",
		       name);
}

static int take_seccomp(const char *value, struct arena *a, struct security_options *o,
			struct err *err)
{
	if (!value || !*value)
		return bad_value("seccomp", value, err);
	if (strcmp(value, "unconfined") == 0) {
		o->seccomp = SECCOMP_UNCONFINED;
	} else if (strcmp(value, "builtin") == 0) {
		o->seccomp = SECCOMP_DEFAULT;
	} else {
		o->seccomp = SECCOMP_FILE;
		o->seccomp_path = arena_strdup(a, value);
	}
	return 0;
}

static int take_no_new_privileges(const char *value, struct arena *a, struct security_options *o,
				  struct err *err)
{
	(void)a;
	if (!value || strcasecmp(value, "true") == 0 || strcmp(value, "1") == 0)
		o->no_new_privileges = 1;
	else if (strcasecmp(value, "false") == 0 || strcmp(value, "0") == 0)
		o->no_new_privileges = 0;
	else
		return bad_value("no-new-privileges", value, err);
	return 0;
}

/* Of AppArmor's names: what could not be written as one line of /proc/PID/attr. */
static int take_apparmor(const char *value, struct arena *a, struct security_options *o,
			 struct err *err)
{
	if (!value || !*value || strpbrk(value, "\n\t\r"))
		return bad_value("apparmor", value, err);
	o->apparmor = arena_strdup(a, value);
	return 0;
}

static int take_label(const char *value, struct arena *a, struct security_options *o,
		      struct err *err)
{
	const struct {
		const char *key;
		const char **place;
	} parts[] = {
		{"user:", &o->label_user},         {"role:", &o->label_role},
		{"type:", &o->label_type},         {"level:", &o->label_level},
		{"filetype:", &o->label_filetype},
	};

	if (!value)
		return bad_value("label", value, err);
	if (strcmp(value, "disable") == 0) {
		o->label_disable = 1;
		return 0;
	}
	if (strcmp(value, "nested") == 0) {
		o->label_nested = 1;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		size_t n = strlen(parts[i].key);

		if (strncmp(value, parts[i].key, n) != 0 || !value[n] || strpbrk(value, "\n\t "))
			continue;
		*parts[i].place = arena_strdup(a, value + n);
		return 0;
	}
	return bad_value("label", value, err);
}

/* Absolute paths between colons, added to a list that ends with NULL. */
static int add_paths(const char *name, const char *value, struct arena *a, const char *const **list,
		     struct err *err)
{
	size_t old = 0, count = 1, n;
	const char *rest = value, *field;
	const char **all;

	for (const char *const *p = *list; p && *p; p++)
		old++;
	for (const char *c = value; *c; c++)
		count += *c == ':';
	all = arena_array(a, const char *, old + count + 1);
	if (old)
		memcpy(all, *list, old * sizeof(*all));
	while (next_field(&rest, ':', &field, &n)) {
		if (n == 0 || field[0] != '/')
			return bad_value(name, value, err);
		all[old++] = arena_strndup(a, field, n);
	}
	*list = all;
	return 0;
}

static int take_mask(const char *value, struct arena *a, struct security_options *o,
		     struct err *err)
{
	return add_paths("mask", value ? value : "", a, &o->mask, err);
}

static int take_unmask(const char *value, struct arena *a, struct security_options *o,
		       struct err *err)
{
	if (value && strcasecmp(value, "ALL") == 0) {
		o->unmask_all = 1;
		return 0;
	}
	return add_paths("unmask", value ? value : "", a, &o->unmask, err);
}

static int take_systempaths(const char *value, struct arena *a, struct security_options *o,
			    struct err *err)
{
	(void)a;
	if (!value || strcmp(value, "unconfined") != 0)
		return bad_value("systempaths", value, err);
	o->unmask_all = 1;
	return 0;
}

static int take_proc_options(const char *value, struct arena *a, struct security_options *o,
			     struct err *err)
{
	if (!value || !*value)
		return bad_value("proc-opts", value, err);
	o->proc_options = arena_strdup(a, value);
	return 0;
}

static const struct option {
	const char *name;
	int (*take)(const char *value, struct arena *a, struct security_options *o,
		    struct err *err);
} options[] = {
	{"seccomp", take_seccomp},
	{"no-new-privileges", take_no_new_privileges},
	{"apparmor", take_apparmor},
	{"label", take_label},
	{"mask", take_mask},
	{"unmask", take_unmask},
	{"systempaths", take_systempaths},
	{"proc-opts", take_proc_options},
};

int security_parse(const char *text, struct arena *a, struct security_options *o, struct err *err)
{
	const char *names[ARRAY_SIZE(options) + 1] = {NULL};
	size_t n = strcspn(text, "=:");
	const char *value = text[n] ? text + n + 1 : NULL, *near;

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (strlen(options[i].name) == n && strncmp(options[i].name, text, n) == 0)
			return options[i].take(value, a, o, err);
		names[i] = options[i].name;
	}
	near = nearest_name(arena_strndup(a, text, n), names);
	err_set(err, 0, "unknown security option '%.200s'", text);
	if (near)
		return err_remedy(err, "did you mean '%s'?", near);
	return err_remedy(err, "known are seccomp=, no-new-privileges, apparmor=, label=, mask=, "
			       "unmask=, systempaths= and proc-opts=");
}

/* --- contexts of SELinux --- */

/* user, role, type: no colons in them. The level, which may have some, is the rest. */
static const char *part(struct arena *a, const char *context, int which)
{
	const char *at = context;
	size_t n;

	for (int i = 0; i < which && at; i++) {
		at = strchr(at, ':');
		at = at ? at + 1 : NULL;
	}
	if (!at)
		return NULL;
	n = which < 3 ? strcspn(at, ":") : strlen(at);
	return arena_strndup(a, at, n);
}

static const char *join(struct arena *a, const char *const parts[4])
{
	if (!parts[0] || !parts[1] || !parts[2])
		return NULL;
	return arena_printf(a, "%s:%s:%s%s%s", parts[0], parts[1], parts[2], parts[3] ? ":" : "",
			    parts[3] ? parts[3] : "");
}

const char *security_context(const struct security_options *o, const char *own, struct arena *a)
{
	const char *said[4] = {o->label_user, o->label_role, o->label_type, o->label_level};
	bool any = false;

	for (int i = 0; i < 4; i++) {
		any = any || said[i];
		if (!said[i])
			said[i] = part(a, own, i);
	}
	return any && !o->label_disable ? join(a, said) : NULL;
}

/* A file is of one level: the lower end of a range. */
const char *security_file_context(const struct security_options *o, const char *own,
				  struct arena *a)
{
	const char *level = o->label_level ? o->label_level : part(a, own, 3);
	const char *parts[4] = {"system_u", "object_r", o->label_filetype,
				level ? arena_strndup(a, level, strcspn(level, "-")) : NULL};

	return o->label_filetype && !o->label_disable ? join(a, parts) : NULL;
}
