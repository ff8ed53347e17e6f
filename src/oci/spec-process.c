// SPDX-License-Identifier: Apache-2.0
/* config.json: process. */
#include <string.h>
#include "kernel-names.h"
#include "spec-tables.h"

static const struct decode_field user_fields[] = {
	{"uid", DECODE_U32, offsetof(struct spec_user, uid)},
	{"gid", DECODE_U32, offsetof(struct spec_user, gid)},
	{"umask", DECODE_OPT_U32, offsetof(struct spec_user, umask)},
	{"additionalGids", DECODE_NUMBERS, offsetof(struct spec_user, additional_gids)},
};
static const struct decode_table user_table = DECODE_TABLE(struct spec_user, user_fields);

/* Without a terminal the size must be ignored, so what it lacks is spec_check()'s. */
struct console {
	uint64_t height, width;
};

static const struct decode_field console_fields[] = {
	{"height", DECODE_U64, offsetof(struct console, height)},
	{"width", DECODE_U64, offsetof(struct console, width)},
};
static const struct decode_table console_table = DECODE_TABLE(struct console, console_fields);

static int read_console_size(struct decoder *d, void *member)
{
	struct spec_console_size *size = member;
	struct console c = {0};
	int r = decode_object(d, &console_table, &c);

	if (r < 0)
		return r;
	*size = (struct spec_console_size){.given = true,
					   .height = (uint32_t)MIN(c.height, (uint64_t)UINT16_MAX),
					   .width = (uint32_t)MIN(c.width, (uint64_t)UINT16_MAX)};
	return 0;
}

/* ---- capabilities ------------------------------------------------------------------------- */

struct capability_names {
	struct spec_strings bounding, effective, permitted, inheritable, ambient;
};

static const struct decode_field capability_fields[] = {
	{"bounding", DECODE_STRINGS, offsetof(struct capability_names, bounding)},
	{"effective", DECODE_STRINGS, offsetof(struct capability_names, effective)},
	{"permitted", DECODE_STRINGS, offsetof(struct capability_names, permitted)},
	{"inheritable", DECODE_STRINGS, offsetof(struct capability_names, inheritable)},
	{"ambient", DECODE_STRINGS, offsetof(struct capability_names, ambient)},
};
static const struct decode_table capability_table =
	DECODE_TABLE(struct capability_names, capability_fields);

static void add_once(struct spec_strings *list, const char **room, const char *name)
{
	for (uint32_t i = 0; i < list->n; i++)
		if (strcmp(room[i], name) == 0)
			return;
	room[list->n++] = name;
}

enum { UNKNOWN_MAX = 64 }; /* names that are warned of */

static uint64_t to_mask(const struct spec_strings *names, struct spec_strings *unknown,
			const char **room)
{
	uint64_t mask = 0;
	int64_t number;

	for (uint32_t i = 0; i < names->n; i++) {
		if (name_to_value(capability_names, names->list[i], &number))
			mask |= UINT64_C(1) << number;
		else if (unknown->n < UNKNOWN_MAX)
			add_once(unknown, room, names->list[i]);
	}
	return mask;
}

static int read_capabilities(struct decoder *d, void *member)
{
	struct capability_names names = {0};
	struct spec_capabilities *caps = decode_memory(d, 1, sizeof(*caps));
	const char **room = caps ? decode_memory(d, UNKNOWN_MAX + 1, sizeof(*room)) : NULL;
	int r = room ? decode_object(d, &capability_table, &names) : -E2BIG;

	if (r < 0)
		return r;
	caps->bounding = to_mask(&names.bounding, &caps->unknown, room);
	caps->effective = to_mask(&names.effective, &caps->unknown, room);
	caps->permitted = to_mask(&names.permitted, &caps->unknown, room);
	caps->inheritable = to_mask(&names.inheritable, &caps->unknown, room);
	caps->ambient = to_mask(&names.ambient, &caps->unknown, room);
	caps->unknown.list = room;
	*(const struct spec_capabilities **)member = caps;
	return 0;
}

/* ------------------------------------------------------------------------------------------- */

static const struct decode_field rlimit_fields[] = {
	{"type", DECODE_NAME, offsetof(struct spec_rlimit, resource), .required = true,
	 .names = rlimit_names},
	{"soft", DECODE_U64, offsetof(struct spec_rlimit, soft), .required = true},
	{"hard", DECODE_U64, offsetof(struct spec_rlimit, hard), .required = true},
};
static const struct decode_table rlimit_table = DECODE_TABLE(struct spec_rlimit, rlimit_fields);

static const struct decode_field scheduler_fields[] = {
	{"policy", DECODE_NAME, offsetof(struct spec_scheduler, policy), .required = true,
	 .names = scheduler_policies},
	{"nice", DECODE_OPT_I32, offsetof(struct spec_scheduler, nice)},
	{"priority", DECODE_OPT_I32, offsetof(struct spec_scheduler, priority)},
	{"flags", DECODE_FLAGS, offsetof(struct spec_scheduler, flags), .names = scheduler_flags},
	{"runtime", DECODE_OPT_U64, offsetof(struct spec_scheduler, runtime)},
	{"deadline", DECODE_OPT_U64, offsetof(struct spec_scheduler, deadline)},
	{"period", DECODE_OPT_U64, offsetof(struct spec_scheduler, period)},
};
static const struct decode_table scheduler_table =
	DECODE_TABLE(struct spec_scheduler, scheduler_fields);

static const struct decode_field io_fields[] = {
	{"class", DECODE_NAME, offsetof(struct spec_io_priority, io_class), .required = true,
	 .names = io_classes},
	{"priority", DECODE_I32, offsetof(struct spec_io_priority, priority)},
};
static const struct decode_table io_table = DECODE_TABLE(struct spec_io_priority, io_fields);

static const struct decode_field affinity_fields[] = {
	{"initial", DECODE_STRING, offsetof(struct spec_cpu_affinity, initial)},
	{"final", DECODE_STRING, offsetof(struct spec_cpu_affinity, final)},
};
static const struct decode_table affinity_table =
	DECODE_TABLE(struct spec_cpu_affinity, affinity_fields);

static const struct decode_field process_fields[] = {
	{"terminal", DECODE_BOOL, offsetof(struct spec_process, terminal)},
	{"consoleSize", DECODE_CUSTOM, offsetof(struct spec_process, console_size),
	 .custom = read_console_size},
	{"user", DECODE_OBJECT, offsetof(struct spec_process, user), .table = &user_table},
	{"args", DECODE_STRINGS, offsetof(struct spec_process, args)},
	{"env", DECODE_STRINGS, offsetof(struct spec_process, env)},
	{"cwd", DECODE_STRING, offsetof(struct spec_process, cwd), .required = true},
	{"capabilities", DECODE_CUSTOM, offsetof(struct spec_process, capabilities),
	 .custom = read_capabilities},
	{"rlimits", DECODE_LIST, offsetof(struct spec_process, rlimits),
	 .count = offsetof(struct spec_process, n_rlimits), .table = &rlimit_table},
	{"noNewPrivileges", DECODE_BOOL, offsetof(struct spec_process, no_new_privileges)},
	{"apparmorProfile", DECODE_STRING, offsetof(struct spec_process, apparmor_profile)},
	{"oomScoreAdj", DECODE_OPT_I32, offsetof(struct spec_process, oom_score_adj)},
	{"selinuxLabel", DECODE_STRING, offsetof(struct spec_process, selinux_label)},
	{"scheduler", DECODE_POINTER, offsetof(struct spec_process, scheduler),
	 .table = &scheduler_table},
	{"ioPriority", DECODE_POINTER, offsetof(struct spec_process, io_priority),
	 .table = &io_table},
	{"execCPUAffinity", DECODE_POINTER, offsetof(struct spec_process, exec_cpu_affinity),
	 .table = &affinity_table},
};
const struct decode_table spec_process_table = DECODE_TABLE(struct spec_process, process_fields);

int spec_decode_process(struct arena *a, const char *json, size_t n, struct spec_process **ret,
			struct err *err)
{
	struct spec_process *p = arena_new(a, struct spec_process);
	int r = decode_text(a, json, n, &spec_process_table, p, err);

	if (r >= 0)
		*ret = p;
	return r;
}
