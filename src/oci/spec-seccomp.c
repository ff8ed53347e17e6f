// SPDX-License-Identifier: Apache-2.0
/* config.json: linux.seccomp. */
#include <string.h>
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

int spec_read_seccomp(struct decoder *d, void *member)
{
	struct spec_seccomp *s = decode_memory(d, 1, sizeof(*s));
	const char *start;
	int r;

	json_peek(&d->json); /* over white space */
	start = d->json.at;
	r = s ? decode_object(d, &seccomp_table, s) : -E2BIG;
	if (r < 0)
		return r;
	s->text_len = (size_t)(d->json.at - start);
	r = decode_room(d, s->text_len + 16);
	if (r < 0)
		return r;
	s->text = arena_strndup(d->arena, start, s->text_len);
	*(const struct spec_seccomp **)member = s;
	return 0;
}
