// SPDX-License-Identifier: Apache-2.0
/*
 * The record's text: lines "key value" in which '\', newline and other control bytes are written
 * as \xHH. Unknown keys are passed over, so that an older kokon reads a newer one's record.
 */
#include "state-record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/filter.h>
#include "parse.h"

static const char format_line[] = "kokon-state 1";

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c != '\\' && c != 0x7f;
}

static void put(struct out *o, const char *key, const char *value)
{
	if (!value)
		return;
	out_puts(o, key);
	out_put(o, " ", 1);
	for (const char *s = value; *s;) {
		size_t n = 0;

		while (is_plain((unsigned char)s[n]))
			n++;
		if (n > 0)
			out_put(o, s, n);
		s += n;
		if (*s)
			out_printf(o, "\\x%02x", (unsigned char)*s++);
	}
	out_put(o, "\n", 1);
}

static void put_number(struct out *o, const char *key, uint64_t value)
{
	char digits[24], *at = digits + sizeof(digits);

	*--at = '\n';
	do
		*--at = (char)('0' + value % 10);
	while ((value /= 10) > 0);
	*--at = ' ';
	out_puts(o, key);
	out_put(o, at, (size_t)(digits + sizeof(digits) - at));
}

static void put_list(struct out *o, const char *key, const char *const *v)
{
	for (; v && *v; v++)
		put(o, key, *v);
}

void state_format(const struct state *s, struct out *o)
{
	out_printf(o, "%s\n", format_line);
	put(o, "name", s->name);
	put(o, "status",
	    s->status == STATE_RUNNING   ? "running"
	    : s->status == STATE_CREATED ? "created"
					 : "creating");
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
	put(o, "umask", s->umask);
	put(o, "oom-score-adj", s->oom_score);
	put_list(o, "group", s->groups);
	put_list(o, "ulimit", s->ulimits);
	put_number(o, "caps-bounding", s->caps_bounding);
	put_number(o, "caps-added", s->caps_added);
	put_number(o, "no-new-privileges", s->no_new_privileges);
	put_number(o, "deny-groups", s->deny_groups);
	put_number(o, "seccomp-default", s->seccomp_default);
	put(o, "seccomp", s->seccomp);
	put(o, "apparmor", s->apparmor);
	put(o, "selinux", s->selinux);
	put_number(o, "stop-signal", s->stop_signal);
	put_number(o, "stop-timeout", s->stop_timeout);
	put_list(o, "env", s->env);
	put(o, "bundle", s->bundle);
	put(o, "rdt", s->rdt);
	put(o, "rdt-monitor", s->rdt_monitor);
	if (s->bundle) {
		put_number(o, "created-ns", s->created_ns);
		put_number(o, "start-protocol", s->start_protocol);
		put(o, "stdin", s->stdio[0]);
		put(o, "stdout", s->stdio[1]);
		put(o, "stderr", s->stdio[2]);
	}
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
	{"umask", TEXT, offsetof(struct state, umask)},
	{"oom-score-adj", TEXT, offsetof(struct state, oom_score)},
	{"seccomp", TEXT, offsetof(struct state, seccomp)},
	{"apparmor", TEXT, offsetof(struct state, apparmor)},
	{"selinux", TEXT, offsetof(struct state, selinux)},
	{"deny-groups", FLAG, offsetof(struct state, deny_groups)},
	{"caps-bounding", NUMBER, offsetof(struct state, caps_bounding)},
	{"caps-added", NUMBER, offsetof(struct state, caps_added)},
	{"no-new-privileges", FLAG, offsetof(struct state, no_new_privileges)},
	{"seccomp-default", FLAG, offsetof(struct state, seccomp_default)},
	{"stop-signal", SIGNED, offsetof(struct state, stop_signal)},
	{"stop-timeout", SIGNED, offsetof(struct state, stop_timeout)},
	{"bundle", TEXT, offsetof(struct state, bundle)},
	{"rdt", TEXT, offsetof(struct state, rdt)},
	{"rdt-monitor", TEXT, offsetof(struct state, rdt_monitor)},
	{"created-ns", NUMBER, offsetof(struct state, created_ns)},
	{"start-protocol", SIGNED, offsetof(struct state, start_protocol)},
	{"stdin", TEXT, offsetof(struct state, stdio[0])},
	{"stdout", TEXT, offsetof(struct state, stdio[1])},
	{"stderr", TEXT, offsetof(struct state, stdio[2])},
};

static void set_field(struct state *s, size_t i, char *value)
{
	void *at = (char *)s + fields[i].at;
	uint64_t number = 0;

	if (fields[i].kind == TEXT) {
		*(const char **)at = value;
		return;
	}
	if (parse_u64(value, 0, fields[i].kind == SIGNED ? INT32_MAX : UINT64_MAX, &number) < 0)
		return;
	if (fields[i].kind == NUMBER)
		*(uint64_t *)at = number;
	else if (fields[i].kind == FLAG)
		*(bool *)at = number != 0;
	else
		*(uint32_t *)at = (uint32_t)number;
}

/* Keys that may occur several times; each list ends with NULL. */
struct lists {
	const char **env, **groups, **ulimits;
	size_t n_env, n_groups, n_ulimits, n_cgroups;
};

static bool is_key(const char *line, size_t len, const char *key)
{
	return strncmp(line, key, len) == 0 && key[len] == '\0';
}

static void set_other(struct state *s, const char *line, size_t len, char *value, struct lists *l)
{
	if (is_key(line, len, "status"))
		s->status = strcmp(value, "running") == 0   ? STATE_RUNNING
			    : strcmp(value, "created") == 0 ? STATE_CREATED
							    : STATE_CREATING;
	else if (is_key(line, len, "cgroup") && l->n_cgroups < STATE_CGROUPS_MAX)
		s->cgroups[l->n_cgroups++] = value;
	else if (is_key(line, len, "env"))
		l->env[l->n_env++] = value;
	else if (is_key(line, len, "group"))
		l->groups[l->n_groups++] = value;
	else if (is_key(line, len, "ulimit"))
		l->ulimits[l->n_ulimits++] = value;
}

static void set_line(struct state *s, const char *line, size_t len, struct arena *a,
		     struct lists *l)
{
	const char *space = memchr(line, ' ', len);
	size_t key = space ? (size_t)(space - line) : len;
	char *value = space ? unescape(a, space + 1, len - key - 1) : NULL;

	if (!value)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (is_key(line, key, fields[i].key)) {
			set_field(s, i, value);
			return;
		}
	}
	set_other(s, line, key, value, l);
}

int state_parse(const char *text, struct arena *a, struct state *ret, struct err *err)
{
	struct state s = {0};
	struct lists l = {0};
	const char *at = text, *line;
	size_t len, lines = 1;

	if (strncmp(text, format_line, sizeof(format_line) - 1) != 0 ||
	    text[sizeof(format_line) - 1] != '\n')
		return err_set(err, EPROTO, "the record is not of this format");
	for (const char *c = text; *c; c++)
		lines += *c == '\n';
	l.env = arena_array(a, const char *, lines + 1);
	l.groups = arena_array(a, const char *, lines + 1);
	l.ulimits = arena_array(a, const char *, lines + 1);
	at += sizeof(format_line);
	while (next_field(&at, '\n', &line, &len))
		set_line(&s, line, len, a, &l);
	s.env = l.env;
	s.groups = l.groups;
	s.ulimits = l.ulimits;
	*ret = s;
	return 0;
}

/* "FLAGS:" and 16 hexadecimal digits for each instruction. */
const char *state_seccomp_text(struct arena *a, const struct seccomp_program *program)
{
	OUT_CLEANUP struct out o = {0};

	if (program->count == 0)
		return NULL;
	out_printf(&o, "%x:", program->flags);
	for (uint32_t i = 0; i < program->count; i++) {
		const struct sock_filter *f = &program->code[i];

		out_printf(&o, "%04x%02x%02x%08x", f->code, f->jt, f->jf, f->k);
	}
	return arena_strdup(a, o.text);
}

int state_seccomp_parse(const char *text, struct arena *a, struct seccomp_program *ret,
			struct err *err)
{
	const char *colon = strchr(text, ':');
	size_t n = colon ? strlen(colon + 1) : 0;
	struct seccomp_program program = {0};
	struct sock_filter *code;

	if (n == 0 || n % 16 != 0 || n / 16 > BPF_MAXINSNS ||
	    strspn(colon + 1, "0123456789abcdef") != n)
		return err_set(err, EPROTO,
			       "the record's system call filter is not of this format");
	code = arena_array(a, struct sock_filter, n / 16);
	for (size_t i = 0; i < n / 16; i++) {
		char word[17];
		uint64_t v;

		memcpy(word, colon + 1 + i * 16, 16);
		word[16] = '\0';
		v = strtoull(word, NULL, 16);
		code[i] = (struct sock_filter){(uint16_t)(v >> 48), (uint8_t)(v >> 40),
					       (uint8_t)(v >> 32), (uint32_t)v};
	}
	program.flags = (uint32_t)strtoul(text, NULL, 16);
	program.count = (uint32_t)(n / 16);
	program.code = code;
	*ret = program;
	return 0;
}
