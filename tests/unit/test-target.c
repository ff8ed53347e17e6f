// SPDX-License-Identifier: Apache-2.0
/* Targets as they are written. Names that exist are tested on the system (ns.bats). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "target.h"

static struct target resolve(const char *text)
{
	struct target t = TARGET_NONE;
	struct err err = {0};

	if (target_resolve(text, &t, &err) < 0)
		fail_msg("%s: %s", text, err.text);
	return t;
}

static void refuse(const char *text, const char *message, const char *remedy)
{
	struct target t = TARGET_NONE;
	struct err err = {0};

	assert_true(target_resolve(text, &t, &err) < 0);
	if (!strstr(err.text, message))
		fail_msg("'%s': '%s', not '%s'", text, err.text, message);
	if (!strstr(err.remedy, remedy))
		fail_msg("'%s': remedy '%s', not '%s'", text, err.remedy, remedy);
	assert_int_equal(t.pidfd, -1);
	assert_int_equal(t.ns_fd, -1);
}

static void processes(void **state UNUSED)
{
	TARGET_CLEANUP struct target host = resolve("host");
	TARGET_CLEANUP struct target parent = TARGET_NONE;
	char text[32];

	assert_int_equal(host.kind, TARGET_HOST);
	assert_int_equal(host.pid, getpid());
	assert_true(host.pidfd >= 0);
	assert_int_equal(fcntl(host.pidfd, F_GETFD), FD_CLOEXEC);
	snprintf(text, sizeof(text), "%d", (int)getpid());
	parent = resolve(text);
	assert_int_equal(parent.kind, TARGET_PROCESS);
	target_close(&parent);
	snprintf(text, sizeof(text), "pid:%d", (int)getpid());
	parent = resolve(text);
	assert_int_equal(parent.pid, getpid());
	refuse("0", "'0' is no process number", "");
	refuse("pid:", "'' is no process number", "");
	refuse("pid:-1", "'-1' is no process number", "");
	refuse("12monkeys", "'12monkeys' is no process number", "");
	refuse("99999999999", "is no process number", "");
	refuse("2147483647", "no process '2147483647'", "");
}

static void files(void **state UNUSED)
{
	TARGET_CLEANUP struct target t = resolve("ns:/proc/self/ns/uts");
	struct err err = {0};
	struct stat a, b;
	int fd;

	assert_int_equal(t.kind, TARGET_FILE);
	assert_int_equal(t.ns_type, NAMESPACE_UTS);
	assert_int_equal(t.pid, 0);
	fd = target_open_namespace(&t, NAMESPACE_UTS, &err);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &a), 0);
	assert_int_equal(stat("/proc/self/ns/uts", &b), 0);
	assert_true(a.st_ino == b.st_ino);
	close(fd);
	assert_true(target_open_namespace(&t, NAMESPACE_NET, &err) < 0);
	assert_string_equal(err.text,
			    "'ns:/proc/self/ns/uts' is a uts namespace, not a net namespace");
	refuse("ns:/etc/passwd", "is no namespace", "/proc/PID/ns");
	refuse("ns:/nonexistent", "cannot open '/nonexistent'", "");
	refuse("ns:", "cannot open ''", "");
}

static void of_a_process(void **state UNUSED)
{
	TARGET_CLEANUP struct target t = resolve("host");
	struct err err = {0};
	int fd = target_open_namespace(&t, NAMESPACE_MNT, &err);

	assert_true(fd >= 0);
	close(fd);
}

static void names(void **state UNUSED)
{
	refuse("", "the target is empty", "container:NAME");
	refuse("netns:", "is no name of a network namespace", "");
	refuse("netns:../x", "is no name of a network namespace", "");
	refuse("netns:..", "is no name of a network namespace", "");
	refuse("netns:kokon-no-such", "no network namespace 'kokon-no-such'", "there");
	refuse("container:kokon-no-such", "no running container 'kokon-no-such'", "there");
	refuse("kokon-no-such", "no container or network namespace 'kokon-no-such'", "there");
	refuse("/proc/self/ns/net", "no container or network namespace", "ns:/proc/self/ns/net");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(processes), cmocka_unit_test(files),
					   cmocka_unit_test(of_a_process), cmocka_unit_test(names)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
