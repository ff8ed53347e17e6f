// SPDX-License-Identifier: Apache-2.0
#include "tool.h"

#include <grp.h>
#include <pwd.h>
#include <stddef.h>
#include <string.h>
#include "explain.h"
#include "parse.h"
#include "plan-tool.h"
#include "start.h"

extern char **environ;

int set_tool_flag(void *request, const struct option_def *def, const char *value UNUSED,
		  struct err *err UNUSED)
{
	*(bool *)((char *)request + def->data) = true;
	return 0;
}

int set_tool_text(void *request, const struct option_def *def, const char *value,
		  struct err *err UNUSED)
{
	*(const char **)((char *)request + def->data) = value;
	return 0;
}

int set_tool_id(void *request, const struct option_def *def, const char *value, struct err *err)
{
	if (parse_id(value, (uint32_t *)((char *)request + def->data)) == 0)
		return 0;
	return err_set(err, 0, "'%s' is no id: a number from 0 to 4294967294", value);
}

int parse_user(const char *s, uint32_t *ret, struct err *err)
{
	struct passwd *pw;

	if (parse_id(s, ret) == 0)
		return 0;
	pw = getpwnam(s);
	if (!pw)
		return err_set(err, 0, "there is no user '%s'", s);
	*ret = pw->pw_uid;
	return 0;
}

int parse_group(const char *s, uint32_t *ret, struct err *err)
{
	struct group *gr;

	if (parse_id(s, ret) == 0)
		return 0;
	gr = getgrnam(s);
	if (!gr)
		return err_set(err, 0, "there is no group '%s'", s);
	*ret = gr->gr_gid;
	return 0;
}

void tool_request_init(struct tool_request *request, const char *tool, uint32_t fail_status)
{
	*request = (struct tool_request){
		.tool = tool,
		.fail_status = fail_status,
		.uid = {.single = REQUEST_UNSET},
		.gid = {.single = REQUEST_UNSET},
		.owner_uid = REQUEST_UNSET,
		.owner_gid = REQUEST_UNSET,
		.set_uid = REQUEST_UNSET,
		.set_gid = REQUEST_UNSET,
		.root_fd = -1,
		.cwd_fd = -1,
		.ids_fd = -1,
		.envp = environ,
	};
}

int tool_run(const struct command *self, const struct tool_request *request)
{
	OUT_CLEANUP struct out o = {0};
	struct arena scratch, arena;
	struct err err = {0};
	struct facts facts;
	struct plan *plan = NULL;
	int fd = -1, r;

	r = arena_init(&scratch);
	if (r == 0)
		r = arena_init_shared(&arena, &fd);
	if (r < 0) {
		err_set(&err, -r, "cannot allocate memory");
		return command_fail(self, &err, (int)request->fail_status);
	}
	r = facts_survey(&scratch, request, &facts, &err);
	if (r == 0)
		r = plan_tool(&arena, request, &facts, &plan, &err);
	if (r < 0)
		return command_fail(self, &err, (int)request->fail_status);
	if (request->explain) {
		explain_plan(plan, &o);
		return command_print(self, &o, 0);
	}
	start_in_place(plan, fd, &err);
	return command_fail(self, &err, (int)request->fail_status);
}
