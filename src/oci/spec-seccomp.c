// SPDX-License-Identifier: Apache-2.0
/* config.json: linux.seccomp. */
#include <string.h>
#include "json-write.h"
#include "spec-names.h"
#include "spec-tables.h"

static const struct decode_field arg_fields[] = {
	{"index", DECODE_U32, offsetof(struct spec_seccomp_arg, index), .required = true},
	{"value", DECODE_U64, offsetof(struct spec_seccomp_arg, value), .required = true},
	{"valueTwo", DECODE_U64, offsetof(struct spec_seccomp_arg, value_two)},
	{"op", DECODE_NAME, offsetof(struct spec_seccomp_arg, op), .required = true,
	 .names = spec_seccomp_ops},
};

_Static_assert(sizeof(enum spec_seccomp_op) == sizeof(uint32_t), "enumerations are decoded so");

static int arg_done(struct decoder *d, void *object)
{
	const struct spec_seccomp_arg *arg = object;

	return arg->index > 5 ? decode_error(d, "index", "a system call has the arguments 0 to 5")
			      : 0;
}

static const struct decode_table arg_table =
	DECODE_TABLE(struct spec_seccomp_arg, arg_fields, .done = arg_done);

static const struct decode_field syscall_fields[] = {
	{"names", DECODE_STRINGS, offsetof(struct spec_syscall, names), .required = true},
	{"action", DECODE_NAME, offsetof(struct spec_syscall, action), .required = true,
	 .names = spec_seccomp_actions},
	{"errnoRet", DECODE_OPT_U32, offsetof(struct spec_syscall, errno_ret)},
	{"args", DECODE_LIST, offsetof(struct spec_syscall, args),
	 .count = offsetof(struct spec_syscall, n_args), .table = &arg_table},
};
static const struct decode_table syscall_table = DECODE_TABLE(struct spec_syscall, syscall_fields);

static const struct decode_field seccomp_fields[] = {
	{"defaultAction", DECODE_NAME, offsetof(struct spec_seccomp, default_action),
	 .required = true, .names = spec_seccomp_actions},
	{"defaultErrnoRet", DECODE_OPT_U32, offsetof(struct spec_seccomp, default_errno_ret)},
	{"architectures", DECODE_STRINGS, offsetof(struct spec_seccomp, architectures)},
	{"flags", DECODE_FLAGS, offsetof(struct spec_seccomp, flags), .names = spec_seccomp_flags},
	{"listenerPath", DECODE_STRING, offsetof(struct spec_seccomp, listener_path)},
	{"listenerMetadata", DECODE_STRING, offsetof(struct spec_seccomp, listener_metadata)},
	{"syscalls", DECODE_LIST, offsetof(struct spec_seccomp, syscalls),
	 .count = offsetof(struct spec_seccomp, n_syscalls), .table = &syscall_table},
};

static int seccomp_done(struct decoder *d, void *object)
{
	struct spec_seccomp *s = object;
	int64_t ignored;

	for (uint32_t i = 0; i < s->architectures.n; i++)
		if (!name_to_value(spec_seccomp_archs, s->architectures.list[i], &ignored))
			return decode_error(d, "architectures", "'%.60s' is unknown",
					    s->architectures.list[i]);
	s->notify = s->default_action == SPEC_ACT_NOTIFY;
	for (uint32_t i = 0; i < s->n_syscalls; i++)
		s->notify = s->notify || s->syscalls[i].action == SPEC_ACT_NOTIFY;
	return 0;
}

static const struct decode_table seccomp_table =
	DECODE_TABLE(struct spec_seccomp, seccomp_fields, .done = seccomp_done);

/* ---- the compiler's input ----------------------------------------------------------------- */

static bool has_large_values(const struct spec_seccomp *s)
{
	for (uint32_t i = 0; i < s->n_syscalls; i++)
		for (uint32_t k = 0; k < s->syscalls[i].n_args; k++)
			if (s->syscalls[i].args[k].value > INT64_MAX ||
			    s->syscalls[i].args[k].value_two > INT64_MAX)
				return true;
	return false;
}

static void put_names(struct json_writer *w, const char *key, const struct spec_strings *list)
{
	json_put_list(w, key);
	for (uint32_t i = 0; i < list->n; i++)
		json_put_string(w, NULL, list->list[i]);
	json_put_end(w);
}

static void put_syscall(struct json_writer *w, const struct spec_syscall *s)
{
	json_put_object(w, NULL);
	put_names(w, "names", &s->names);
	json_put_string(w, "action", value_to_name(spec_seccomp_actions, s->action));
	if (s->errno_ret.given)
		json_put_u64(w, "errnoRet", s->errno_ret.value);
	json_put_list(w, "args");
	for (uint32_t i = 0; i < s->n_args; i++) {
		json_put_object(w, NULL);
		json_put_u64(w, "index", s->args[i].index);
		json_put_i64(w, "value", (int64_t)s->args[i].value);
		json_put_i64(w, "valueTwo", (int64_t)s->args[i].value_two);
		json_put_string(w, "op", value_to_name(spec_seccomp_ops, s->args[i].op));
		json_put_end(w);
	}
	json_put_end(w);
	json_put_end(w);
}

/*
 * The compiler reads JSON with a library whose integers are signed: it takes a value of the upper
 * half as the negative number of the same bits. So a profile that has one is written anew.
 */
static void rewrite(const struct spec_seccomp *s, struct out *o)
{
	struct json_writer w = json_writer_to(o, NULL);

	json_put_object(&w, NULL);
	json_put_string(&w, "defaultAction",
			value_to_name(spec_seccomp_actions, s->default_action));
	if (s->default_errno_ret.given)
		json_put_u64(&w, "defaultErrnoRet", s->default_errno_ret.value);
	put_names(&w, "architectures", &s->architectures);
	json_put_list(&w, "flags");
	for (const struct name *f = spec_seccomp_flags; f->name; f++)
		if (s->flags & (uint64_t)f->value)
			json_put_string(&w, NULL, f->name);
	json_put_end(&w);
	json_put_list(&w, "syscalls");
	for (uint32_t i = 0; i < s->n_syscalls; i++)
		put_syscall(&w, &s->syscalls[i]);
	json_put_end(&w);
	json_put_end(&w);
}

static int keep_text(struct decoder *d, struct spec_seccomp *s, const char *text, size_t len)
{
	int r = decode_room(d, len + 16);

	if (r < 0)
		return r;
	s->text = arena_strndup(d->arena, text, len);
	s->text_len = len;
	return 0;
}

int spec_read_seccomp(struct decoder *d, void *member)
{
	struct out anew OUT_CLEANUP = {0};
	struct spec_seccomp *s = decode_memory(d, 1, sizeof(*s));
	const char *start;
	int r;

	json_peek(&d->json); /* over white space */
	start = d->json.at;
	r = s ? decode_object(d, &seccomp_table, s) : -E2BIG;
	if (r < 0)
		return r;
	if (has_large_values(s)) {
		rewrite(s, &anew);
		r = keep_text(d, s, anew.text, anew.len);
	} else {
		r = keep_text(d, s, start, (size_t)(d->json.at - start));
	}
	if (r >= 0)
		*(const struct spec_seccomp **)member = s;
	return r;
}
