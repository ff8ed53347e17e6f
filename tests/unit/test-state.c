// SPDX-License-Identifier: Apache-2.0
/* The record of a container: what is written is read back, whatever it holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <linux/filter.h>

#include "scratch.h"
#include "state-record.h"

static struct state parse(const char *text)
{
	struct state s;
	struct err err = {0};

	assert_int_equal(state_parse(text, &arena, &s, &err), 0);
	return s;
}

static struct state round_trip(const struct state *s)
{
	OUT_CLEANUP struct out o = {0};

	state_format(s, &o);
	return parse(o.text);
}

static const char *const env[] = {"PATH=/bin", "EMPTY=", "TWO=a\nb", "BAD=\x01\x7f\xff", NULL};
static const char *const groups[] = {"5", "audio", NULL};
static const char *const ulimits[] = {"nofile=1:2", NULL};
static const struct state full = {
	.name = "web",
	.status = STATE_RUNNING,
	.pid = 4711,
	.pid_start = UINT64_MAX,
	.owner = 4710,
	.owner_start = 1,
	.image = "host:bash, ls",
	.command = "sh -c 'a\nb \\ c'",
	.created = 1700000000,
	.cgroups = {"/sys/fs/cgroup/a b", "/sys/fs/cgroup/c", NULL},
	.top = "/var/lib/kokon/tops/web",
	.uid_map = "0 100000 65536\n65536 1000 1",
	.gid_map = "0 100000 65536",
	.cwd = "/",
	.user = "alice:staff",
	.umask = "0027",
	.oom_score = "-5",
	.groups = groups,
	.ulimits = ulimits,
	.caps_bounding = 0xa80425fb,
	.caps_added = 1,
	.no_new_privileges = true,
	.deny_groups = true,
	.seccomp_default = true,
	.seccomp = "0:0006000000000000",
	.apparmor = "docker-default",
	.selinux = "system_u:system_r:box_t:s0:c1,c2",
	.stop_signal = 15,
	.stop_timeout = 10,
	.env = env,
};

static void test_texts(void **unused)
{
	struct state r = round_trip(&full);

	(void)unused;
	assert_string_equal(r.name, full.name);
	assert_string_equal(r.image, full.image);
	assert_string_equal(r.command, full.command);
	assert_string_equal(r.top, full.top);
	assert_string_equal(r.uid_map, full.uid_map);
	assert_string_equal(r.gid_map, full.gid_map);
	assert_string_equal(r.cwd, full.cwd);
	assert_string_equal(r.user, full.user);
	assert_string_equal(r.umask, full.umask);
	assert_string_equal(r.oom_score, full.oom_score);
	assert_string_equal(r.seccomp, full.seccomp);
	assert_string_equal(r.apparmor, full.apparmor);
	assert_string_equal(r.selinux, full.selinux);
}

static void test_numbers(void **unused)
{
	struct state r = round_trip(&full);

	(void)unused;
	assert_int_equal(r.status, STATE_RUNNING);
	assert_int_equal(r.pid, 4711);
	assert_true(r.pid_start == UINT64_MAX);
	assert_int_equal(r.owner, 4710);
	assert_int_equal(r.owner_start, 1);
	assert_int_equal(r.created, full.created);
	assert_true(r.caps_bounding == full.caps_bounding && r.caps_added == 1);
	assert_true(r.no_new_privileges && r.deny_groups && r.seccomp_default);
	assert_int_equal(r.stop_signal, 15);
	assert_int_equal(r.stop_timeout, 10);
}

static void test_lists(void **unused)
{
	struct state r = round_trip(&full);

	(void)unused;
	assert_string_equal(r.cgroups[0], full.cgroups[0]);
	assert_string_equal(r.cgroups[1], full.cgroups[1]);
	assert_null(r.cgroups[2]);
	assert_string_equal(r.groups[1], "audio");
	assert_null(r.groups[2]);
	assert_string_equal(r.ulimits[0], "nofile=1:2");
	assert_null(r.ulimits[1]);
	for (int i = 0; env[i]; i++)
		assert_string_equal(r.env[i], env[i]);
	assert_null(r.env[4]);
}

static void test_absent_values(void **unused)
{
	struct state s = {.name = "x"}, r = round_trip(&s);

	(void)unused;
	assert_int_equal(r.status, STATE_CREATING);
	assert_null(r.top);
	assert_null(r.user);
	assert_null(r.seccomp);
	assert_null(r.cgroups[0]);
	assert_null(r.env[0]);
	assert_null(r.groups[0]);
	assert_false(r.no_new_privileges);
}

/* A line of its own cannot be smuggled in through a value. */
static void test_values_stay_in_their_line(void **unused)
{
	struct state s = {.name = "x", .command = "a\ntop /etc\ncgroup /sys/fs/cgroup"};
	struct state r = round_trip(&s);

	(void)unused;
	assert_null(r.top);
	assert_null(r.cgroups[0]);
	assert_string_equal(r.command, s.command);
}

static void test_other_versions(void **unused)
{
	static const char *const wrong[] = {
		"",           "kokon-state", "kokon-state 2\n", "kokon-state 1", "kokon-state 10\n",
		"name web\n", NULL};
	struct state s = {.pid = 7};
	struct err err = {0};

	(void)unused;
	for (int i = 0; wrong[i]; i++) {
		assert_true(state_parse(wrong[i], &arena, &s, &err) < 0);
		assert_int_equal(s.pid, 7);
	}
	s = parse("kokon-state 1\ncolour red\nname web\nfuture \\x\n\n \nname");
	assert_string_equal(s.name, "web");
}

static void test_truncated(void **unused)
{
	OUT_CLEANUP struct out o = {0};
	static const char *const blank[] = {"A=\n\n", NULL};
	struct state s = {.name = "web", .pid = 12, .command = "\\x", .env = blank};
	struct err err = {0};

	(void)unused;
	state_format(&s, &o);
	for (size_t n = o.len; n > 0; n--) {
		struct state r;

		o.text[n] = '\0';
		if (state_parse(o.text, &arena, &r, &err) == 0)
			assert_non_null(r.env);
	}
}

static void test_hostile_numbers(void **unused)
{
	struct state s = parse("kokon-state 1\npid -1\npid-start 99999999999999999999999\n"
			       "owner 0x10\nstop-timeout 5 5\ncreated 1e3\ncaps-bounding\n"
			       "no-new-privileges 2\npid 99999999999\n");

	(void)unused;
	assert_int_equal(s.pid, 0);
	assert_int_equal(s.pid_start, 0);
	assert_int_equal(s.owner, 0);
	assert_int_equal(s.stop_timeout, 0);
	assert_int_equal(s.created, 0);
	assert_int_equal(s.caps_bounding, 0);
	assert_true(s.no_new_privileges);
}

static void test_many_lines(void **unused)
{
	OUT_CLEANUP struct out o = {0};
	struct state s;
	size_t n = 0;

	(void)unused;
	out_puts(&o, "kokon-state 1\n");
	for (int i = 0; i < 5000; i++)
		out_printf(&o, "cgroup /g%d\nenv N%d=v\nulimit x\ngroup y\n", i, i);
	s = parse(o.text);
	for (n = 0; s.cgroups[n];)
		n++;
	assert_int_equal(n, STATE_CGROUPS_MAX);
	for (n = 0; s.env[n];)
		n++;
	assert_int_equal(n, 5000);
}

static void test_seccomp(void **unused)
{
	static const struct sock_filter code[] = {{0x20, 0, 0, 4},
						  {0x15, 1, 2, 0xc000003e},
						  {6, 0, 0, 0x7fff0000}};
	static const char *const wrong[] = {"",
					    ":",
					    "0:",
					    "0:12",
					    "0:00060000000000zz",
					    "0006000000000000",
					    "0:0006000000000000 ",
					    NULL};
	struct seccomp_program p = {.count = 3, .flags = 4, .code = code}, r = {0};
	struct err err = {0};
	const char *text = state_seccomp_text(&arena, &p);

	(void)unused;
	assert_int_equal(state_seccomp_parse(text, &arena, &r, &err), 0);
	assert_int_equal(r.count, 3);
	assert_int_equal(r.flags, 4);
	assert_memory_equal(r.code, code, sizeof(code));
	assert_null(state_seccomp_text(&arena, &(struct seccomp_program){0}));
	for (int i = 0; wrong[i]; i++)
		assert_true(state_seccomp_parse(wrong[i], &arena, &r, &err) < 0);
	assert_int_equal(r.count, 3);
}

static void test_names(void **unused)
{
	static const char *const good[] = {"a", "7", "web-1_x.y", NULL};
	static const char *const wrong[] = {"",    ".",   "..",       "-a",  "_a",   "a/b",
					    "a b", "a\n", "\xc3\xa4", "a:b", "../x", NULL};
	char longest[STATE_NAME_MAX + 2];
	struct err err = {0};

	(void)unused;
	for (int i = 0; good[i]; i++)
		assert_int_equal(state_check_name(good[i], &err), 0);
	for (int i = 0; wrong[i]; i++)
		assert_true(state_check_name(wrong[i], &err) < 0);
	memset(longest, 'a', sizeof(longest));
	longest[STATE_NAME_MAX + 1] = '\0';
	assert_true(state_check_name(longest, &err) < 0);
	longest[STATE_NAME_MAX] = '\0';
	assert_int_equal(state_check_name(longest, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_absent_values),
		cmocka_unit_test(test_values_stay_in_their_line),
		cmocka_unit_test(test_other_versions),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_hostile_numbers),
		cmocka_unit_test(test_many_lines),
		cmocka_unit_test(test_seccomp),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
