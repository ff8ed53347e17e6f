// SPDX-License-Identifier: Apache-2.0
/*
 * The record's text: lines "key value" in which '\', newline and other control bytes are written
 * as \xHH. Unknown keys are passed over, so that an older kokon reads a newer one's record.
 */
#include "state-record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "parse.h"

static const char format_line[] = "kokon-state 1";

static void put(struct out *o, const char *key, const char *value)
{
	if (!value)
		return;
	out_printf(o, "%s ", key);
	for (const unsigned char *s = (const unsigned char *)value; *s; s++) {
		if (*s == '\\' || *s < 0x20 || *s == 0x7f)
			out_printf(o, "\\x%02x", *s);
		else
			out_put(o, (const char *)s, 1);
	}
	out_puts(o, "\n");
}

static void put_number(struct out *o, const char *key, uint64_t value)
{
	out_printf(o, "%s %llu\n", key, (unsigned long long)value);
}

void state_format(const struct state *s, struct out *o)
{
	out_printf(o, "%s\n", format_line);
	put(o, "name", s->name);
	put(o, "status", s->status == STATE_RUNNING ? "running" : "creating");
	put_number(o, "pid", (uint64_t)s->pid);
	put_number(o, "pid-start", s->pid_start);
	put_number(o, "owner", (uint64_t)s->owner);
	put_number(o, "owner-start", s->owner_start);
	put_number(o, "created", s->created);
	put(o, "image", s->image);
	put(o, "command", s->command);
	for (int i = 0; s->cgroups[i]; i++)
		put(o, "cgroup", s->cgroups[i]);
	put(o, "top", s->top);
	put(o, "uid-map", s->uid_map);
	put(o, "gid-map", s->gid_map);
	put(o, "cwd", s->cwd);
	put(o, "user", s->user);
	put_number(o, "caps-bounding", s->caps_bounding);
	put_number(o, "caps-added", s->caps_added);
	put_number(o, "no-new-privileges", s->no_new_privileges);
	put_number(o, "seccomp-default", s->seccomp_default);
	put_number(o, "stop-signal", s->stop_signal);
	put_number(o, "stop-timeout", s->stop_timeout);
	for (size_t i = 0; s->env && s->env[i]; i++)
		put(o, "env", s->env[i]);
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static char *unescape(struct arena *a, const char *s, size_t len)
{
	char *text = arena_strndup(a, s, len), *to = text;

	for (const char *from = text; *from;) {
		if (from[0] == '\\' && from[1] == 'x' && hex(from[2]) >= 0 && hex(from[3]) >= 0) {
			*to++ = (char)(hex(from[2]) << 4 | hex(from[3]));
			from += 4;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
	return text;
}

enum kind { TEXT, NUMBER, SIGNED, FLAG };

static const struct {
	const char *key;
	enum kind kind;
	size_t at;
} fields[] = {
	{"name", TEXT, offsetof(struct state, name)},
	{"pid", SIGNED, offsetof(struct state, pid)},
	{"pid-start", NUMBER, offsetof(struct state, pid_start)},
	{"owner", SIGNED, offsetof(struct state, owner)},
	{"owner-start", NUMBER, offsetof(struct state, owner_start)},
	{"created", NUMBER, offsetof(struct state, created)},
	{"image", TEXT, offsetof(struct state, image)},
	{"command", TEXT, offsetof(struct state, command)},
	{"top", TEXT, offsetof(struct state, top)},
	{"uid-map", TEXT, offsetof(struct state, uid_map)},
	{"gid-map", TEXT, offsetof(struct state, gid_map)},
	{"cwd", TEXT, offsetof(struct state, cwd)},
	{"user", TEXT, offsetof(struct state, user)},
	{"caps-bounding", NUMBER, offsetof(struct state, caps_bounding)},
	{"caps-added", NUMBER, offsetof(struct state, caps_added)},
	{"no-new-privileges", FLAG, offsetof(struct state, no_new_privileges)},
	{"seccomp-default", FLAG, offsetof(struct state, seccomp_default)},
	{"stop-signal", SIGNED, offsetof(struct state, stop_signal)},
	{"stop-timeout", SIGNED, offsetof(struct state, stop_timeout)},
};

static void set_field(struct state *s, size_t i, char *value)
{
	void *at = (char *)s + fields[i].at;
	uint64_t number = 0;

	if (fields[i].kind == TEXT) {
		*(const char **)at = value;
		return;
	}
	if (parse_u64(value, 0, UINT64_MAX, &number) < 0)
		return;
	if (fields[i].kind == NUMBER)
		*(uint64_t *)at = number;
	else if (fields[i].kind == FLAG)
		*(bool *)at = number != 0;
	else
		*(uint32_t *)at = (uint32_t)number;
}

/* Keys that occur several times, or are words. */
static void set_other(struct state *s, const char *key, size_t len, char *value, const char **env,
		      size_t *n_env, size_t *n_cgroups)
{
	if (len == 6 && strncmp(key, "status", len) == 0)
		s->status = strcmp(value, "running") == 0 ? STATE_RUNNING : STATE_CREATING;
	else if (len == 6 && strncmp(key, "cgroup", len) == 0 && *n_cgroups < STATE_CGROUPS_MAX)
		s->cgroups[(*n_cgroups)++] = value;
	else if (len == 3 && strncmp(key, "env", len) == 0)
		env[(*n_env)++] = value;
}

int state_parse(const char *text, struct arena *a, struct state *ret, struct err *err)
{
	struct state s = {0};
	const char *at = text, *line;
	size_t len, n_env = 0, n_cgroups = 0, lines = 0;
	const char **env;

	for (const char *c = text; *c; c++)
		lines += *c == '\n';
	env = arena_array(a, const char *, lines + 1);
	if (strncmp(text, format_line, sizeof(format_line) - 1) != 0)
		return err_set(err, EPROTO, "the record is not of this format");
	while (next_field(&at, '\n', &line, &len)) {
		const char *space = memchr(line, ' ', len);
		size_t key = space ? (size_t)(space - line) : len, i;
		char *value = space ? unescape(a, space + 1, len - key - 1) : NULL;

		for (i = 0; value && i < ARRAY_SIZE(fields); i++)
			if (strlen(fields[i].key) == key && strncmp(fields[i].key, line, key) == 0)
				break;
		if (value && i < ARRAY_SIZE(fields))
			set_field(&s, i, value);
		else if (value)
			set_other(&s, line, key, value, env, &n_env, &n_cgroups);
	}
	s.env = env;
	*ret = s;
	return 0;
}
