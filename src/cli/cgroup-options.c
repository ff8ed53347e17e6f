// SPDX-License-Identifier: Apache-2.0
#include "cgroup-options.h"

int set_cgroup_flag(void *request, const struct option_def *def, const char *value UNUSED,
		    struct err *err UNUSED)
{
	*(int *)((char *)request + def->data) = 1;
	return 0;
}

int cgroup_begin(const struct command *self, const struct cgroup_options *options,
		 struct cgroup_session *s)
{
	struct err err = {0};

	*s = (struct cgroup_session){0};
	if (arena_init(&s->arena) < 0) {
		err_errno(&err, "cannot get memory");
		return command_fail(self, &err, 1);
	}
	if (cgroup_layout_probe(&s->arena, &s->layout, &err) < 0) {
		arena_free(&s->arena);
		return command_fail(self, &err, 1);
	}
	s->context =
		(struct group_context){&s->arena, s->layout, options->explain ? &s->out : NULL};
	return -1;
}

int cgroup_end(const struct command *self, struct cgroup_session *s, int status)
{
	if (status == 0 && s->out.len)
		status = command_print(self, &s->out, 0);
	out_free(&s->out);
	arena_free(&s->arena);
	return status;
}

int cgroup_parse(const struct command *self, struct cgroup_options *o, enum options_order order,
		 char **argv, size_t least, size_t most, size_t *ret_rest)
{
	struct err err = {0};
	int status;

	status = command_parse(self, order, o, argv, ret_rest);
	if (status >= 0)
		return status;
	if (*ret_rest > most)
		err_set(&err, 0, "unexpected argument '%s'", argv[1 + most]);
	else if (*ret_rest < least)
		err_set(&err, 0,
			*ret_rest == 0 ? "the name of a group is missing"
				       : "an argument is missing");
	else
		return -1;
	return command_usage(self, &err);
}
