// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <cmocka.h>
#include "file.h"
#include "sysctl.h"

static struct arena arena;
static struct err err;

static void parsing(void **state)
{
	static const char *const bad[] = {
		"",
		"net.ipv4.ip_forward",
		"=1",
		"net.ipv4.ip_forward=",
		"net.ipv4.ip_forward=1\n2",
		"net..ipv4=1",
		".net=1",
		"net.=1",
		"net=1",
		"net/ipv4/ip_forward=1",
		"net.../../kernel/core_pattern=x",
		"net.ipv4+kernel=1",
		"kernel.core_pattern=|/x",
		"kernel.msgmaxx=1",
		"vm.swappiness=1",
		"fs.mqueue=1",
		"fs.suid_dumpable=1",
	};
	struct sysctl s = {0};

	(void)state;
	assert_int_equal(sysctl_parse("net.ipv4.ip_forward=1", &arena, &s, &err), 0);
	assert_string_equal(s.path, "sys/net/ipv4/ip_forward");
	assert_string_equal(s.value, "1");
	assert_int_equal(s.namespace, CLONE_NEWNET);
	assert_int_equal(sysctl_check(&s, CLONE_NEWNET | CLONE_NEWIPC, &err), 0);
	assert_int_equal(sysctl_check(&s, CLONE_NEWIPC, &err), -EPERM);
	assert_string_equal(err.remedy, "give the container its own (--net=private)");
	assert_int_equal(sysctl_parse("kernel.sem=1 2 3=4", &arena, &s, &err), 0);
	assert_string_equal(s.value, "1 2 3=4");
	assert_int_equal(s.namespace, CLONE_NEWIPC);
	assert_int_equal(sysctl_parse("fs.mqueue.msg_max=5", &arena, &s, &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (sysctl_parse(bad[i], &arena, &s, &err) != -EINVAL)
			fail_msg("accepted: %s", bad[i]);
	assert_string_equal(s.key, "fs.mqueue.msg_max");
}

static void defaults(void **state)
{
	struct sysctl s[2];

	(void)state;
	assert_int_equal(sysctl_defaults(CLONE_NEWIPC, 0, &arena, s), 0);
	assert_int_equal(sysctl_defaults(CLONE_NEWNET, 4294967294U, &arena, s), 2);
	assert_string_equal(s[1].value, "0 2147483647");
	assert_int_equal(sysctl_defaults(CLONE_NEWNET, 0, &arena, s), 2);
	assert_string_equal(s[1].value, "0 0");
}

static int inside(void)
{
	struct sysctl s[4];
	struct sysctl_plan plan = {3, s};
	char line[64];
	int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC), tmp = open("/tmp", O_PATH);

	if (unshare(CLONE_NEWNET | CLONE_NEWIPC) < 0)
		return 1;
	sysctl_defaults(CLONE_NEWNET, 4294967294U, &arena, s);
	if (sysctl_parse("kernel.msgmax=12345", &arena, &s[2], &err) < 0)
		return 2;
	if (sysctl_apply(&plan, proc, &err) < 0)
		return 3;
	if (read_line_at(proc, "sys/kernel/msgmax", line, sizeof(line)) < 0 ||
	    strcmp(line, "12345") != 0)
		return 4;
	if (read_line_at(proc, "sys/net/ipv4/ip_unprivileged_port_start", line, sizeof(line)) < 0 ||
	    strcmp(line, "0") != 0)
		return 5;
	if (sysctl_apply(&plan, tmp, &err) != -EINVAL)
		return 6;
	plan.count = 1;
	sysctl_parse("net.no_such_thing=1", &arena, &s[0], &err);
	if (sysctl_apply(&plan, proc, &err) != -ENOENT || !err.remedy[0])
		return 7;
	return 0;
}

static void applied(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	if (geteuid() != 0) {
		print_message("skipped: needs root\n");
		skip();
	}
	pid = fork();
	if (pid == 0)
		_exit(inside());
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
}

static int set_up(void **state)
{
	(void)state;
	return arena_init(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parsing),
		cmocka_unit_test(defaults),
		cmocka_unit_test(applied),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
