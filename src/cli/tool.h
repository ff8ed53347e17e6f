// SPDX-License-Identifier: Apache-2.0
/* What the namespace tools unshare, nsenter and chroot have in common on the command line. */
#ifndef KOKON_TOOL_H
#define KOKON_TOOL_H

#include "command.h"
#include "request.h"

struct tool_options {
	struct common_options common;
	struct tool_request request;
};

/* Setters for options of several tools. */
int set_tool_flag(void *request, const struct option_def *def, const char *value,
		  struct err *err); /* data: offset of a bool */
int set_tool_text(void *request, const struct option_def *def, const char *value,
		  struct err *err); /* data: offset of a const char * */
int set_tool_id(void *request, const struct option_def *def, const char *value,
		struct err *err); /* data: offset of a uint32_t */
#define TOOL_FIELD(field) offsetof(struct tool_options, request.field)
#define TOOL_FLAG(long_name, letter, field, text)                                                  \
	{                                                                                          \
		.name = long_name, .short_name = letter, .help = text, .set = set_tool_flag,       \
		.data = TOOL_FIELD(field)                                                          \
	}
/* The last options of each of them. */
#define TOOL_LAST_OPTIONS                                                                          \
	TOOL_FLAG("explain", 0, explain, "print the steps as a shell script and do nothing"),      \
		TOOL_FLAG("trace", 0, trace,                                                       \
			  "print each step with its duration to standard error"),                  \
		OPTION_HELP, OPTION_VERSION, OPTIONS_END

/* A user or group: a number, or a name of /etc/passwd, /etc/group. */
int parse_user(const char *s, uint32_t *ret, struct err *err);
int parse_group(const char *s, uint32_t *ret, struct err *err);

/* An empty request. */
void tool_request_init(struct tool_request *request, const char *tool, uint32_t fail_status);
/* Plan, then explain or do. Returns the exit status; when it does, it does not return. */
int tool_run(const struct command *self, const struct tool_request *request);

#endif
