// SPDX-License-Identifier: Apache-2.0
/* The device filter in a real version 2 group: needs root and a mounted cgroup2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "cgroup.h"
#include "device-filter.h"

#define ALL (DEVICE_READ | DEVICE_WRITE | DEVICE_MKNOD)

struct fixture {
	struct arena arena;
	struct cgroup_plan *plan;
	int group;
};

static int set_up(void **state)
{
	static struct fixture f;
	const struct cgroup_request request = {.path = "kokon-test-devices", .flags = CGROUP_NEW};
	struct cgroup_layout *l;
	struct err err = {0};

	arena_init(&f.arena);
	f.group = -1;
	*state = &f;
	if (geteuid() != 0 || cgroup_layout_probe(&f.arena, &l, &err) < 0 ||
	    cgroup_layout_v2(l) < 0 || !l->h[cgroup_layout_v2(l)].base)
		return 0;
	if (cgroup_make_plan(&f.arena, l, &request, &f.plan, &err) < 0 ||
	    cgroup_create(f.plan, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return -1;
	}
	f.group = cgroup_fd_v2(f.plan, &err);
	return f.group < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	if (f->group >= 0) {
		close(f->group);
		cgroup_remove(f->plan, CGROUP_REMOVE_KILL, NULL);
	}
	arena_free(&f->arena);
	return 0;
}

/* errno of open() inside the group, 0 for success. */
static int inside(struct fixture *f, const char *path, int flags)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (cgroup_join(f->plan, 0, CGROUP_JOIN_ALL, NULL) < 0)
			_exit(255);
		_exit(open(path, flags) < 0 ? errno : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* errno of mknod() inside the group. */
static int make_inside(struct fixture *f, unsigned major, unsigned minor)
{
	char path[] = "/tmp/kokon-test-XXXXXX";
	pid_t pid;
	int status;

	assert_non_null(mkdtemp(path));
	pid = fork();
	if (pid == 0) {
		if (cgroup_join(f->plan, 0, CGROUP_JOIN_ALL, NULL) < 0 || chdir(path) < 0)
			_exit(255);
		status = mknod("d", S_IFCHR | 0600, makedev(major, minor)) < 0 ? errno : 0;
		unlink("d");
		_exit(status);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	rmdir(path);
	return WEXITSTATUS(status);
}

static void need_group(struct fixture *f)
{
	if (f->group >= 0)
		return;
	print_message("skip: needs root and a mounted cgroup2\n");
	skip();
}

static void attach(struct fixture *f, const struct device_rule *rules, uint32_t n)
{
	struct err err = {0};

	if (device_filter_attach(f->group, rules, n, &err) < 0)
		fail_msg("%s: %s", err.text, strerror(err.code));
}

static void test_allow_list(void **state)
{
	const struct device_rule rules[] = {
		{.allow = 0, .type = 'a', .major = -1, .minor = -1, .access = ALL},
		{.allow = 1, .type = 'c', .major = -1, .minor = -1, .access = DEVICE_MKNOD},
		{.allow = 1, .type = 'c', .major = 1, .minor = 3, .access = ALL},
		{.allow = 1, .type = 'c', .major = 1, .minor = 5, .access = DEVICE_READ},
	};
	struct fixture *f = *state;

	need_group(f);
	attach(f, rules, ARRAY_SIZE(rules));
	assert_int_equal(inside(f, "/dev/null", O_RDWR), 0);
	assert_int_equal(inside(f, "/dev/zero", O_RDONLY), 0);
	assert_int_equal(inside(f, "/dev/zero", O_RDWR), EPERM);
	assert_int_equal(inside(f, "/dev/full", O_RDONLY), EPERM);
	assert_int_equal(make_inside(f, 1, 7), 0);
	assert_int_equal(open("/dev/full", O_RDONLY) < 0, 0);
}

static void test_last_rule_decides(void **state)
{
	const struct device_rule rules[] = {
		{.allow = 1, .type = 'a', .major = -1, .minor = -1, .access = ALL},
		{.allow = 0, .type = 'c', .major = 1, .minor = -1, .access = DEVICE_WRITE},
		{.allow = 1, .type = 'c', .major = 1, .minor = 3, .access = DEVICE_WRITE},
	};
	struct fixture *f = *state;

	need_group(f);
	attach(f, rules, ARRAY_SIZE(rules));
	assert_int_equal(inside(f, "/dev/zero", O_RDONLY), 0);
	assert_int_equal(inside(f, "/dev/zero", O_WRONLY), EPERM);
	assert_int_equal(inside(f, "/dev/null", O_WRONLY), 0);
}

static void test_replaced(void **state)
{
	const struct device_rule deny = {
		.allow = 0, .type = 'a', .major = -1, .minor = -1, .access = ALL};
	const struct device_rule allow = {
		.allow = 1, .type = 'a', .major = -1, .minor = -1, .access = ALL};
	struct fixture *f = *state;

	need_group(f);
	attach(f, &deny, 1);
	assert_int_equal(inside(f, "/dev/null", O_RDWR), EPERM);
	attach(f, &allow, 1);
	assert_int_equal(inside(f, "/dev/null", O_RDWR), 0);
	attach(f, NULL, 0);
	assert_int_equal(inside(f, "/dev/null", O_RDWR), EPERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_allow_list, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_last_rule_decides, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_replaced, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
