// SPDX-License-Identifier: Apache-2.0
/* A procfs of a PID namespace that its mounter is not in: by the kernel's option, where it has it,
 * and by a helper. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "joined-proc.h"
#include "macros.h"
#include "mount.h"
#include "process.h"
#include "uapi.h"

static struct {
	pid_t pid;
	int pidns;
} other;

/* A process that is alone in a PID namespace. */
static int setup(void **state UNUSED)
{
	other.pid = process_clone(CLONE_NEWPID, SIGCHLD, -1, NULL);
	if (other.pid == 0)
		for (;;)
			pause();
	other.pidns = other.pid > 0 ? process_namespace(other.pid, "pid") : -1;
	return 0;
}

static int teardown(void **state UNUSED)
{
	if (other.pid > 0) {
		kill(other.pid, SIGKILL);
		waitpid(other.pid, NULL, 0);
	}
	return 0;
}

static bool is_there(int mount, const char *name)
{
	struct stat st;

	return fstatat(mount, name, &st, 0) == 0;
}

/* 0: it shows that namespace's only process, and the helper has left this root as it was. */
static int look(int (*open_proc)(int pidns))
{
	CLOSE_FD int fs = -1, mount = -1;

	if (unshare(CLONE_NEWNS) < 0)
		return 1;
	fs = open_proc(other.pidns);
	if (fs < 0)
		return 2;
	mount = mount_new_from(TAKE_FD(fs), NULL, 0, NULL);
	if (mount < 0)
		return 3;
	if (!is_there(mount, "1/stat") || !is_there(mount, "uptime"))
		return 4;
	if (is_there(mount, "2") || is_there(mount, "self"))
		return 5;
	return access("/proc/self", F_OK) == 0 ? 0 : 6;
}

static void expect(int (*open_proc)(int pidns))
{
	int status = 0;
	pid_t pid;

	if (other.pidns < 0)
		skip(); /* not root */
	pid = fork();
	if (pid == 0)
		_exit(look(open_proc));
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
}

static void test_by_helper(void **state UNUSED)
{
	expect(joined_proc_open_by_helper);
}

static void test_as_it_goes(void **state UNUSED)
{
	expect(joined_proc_open);
}

/* What is no PID namespace, and one that has ended. */
static void test_refused(void **state UNUSED)
{
	CLOSE_FD int net = process_namespace(getpid(), "net");

	if (other.pidns < 0)
		skip();
	assert_int_equal(joined_proc_open_by_helper(net), -EINVAL);
	teardown(NULL);
	other.pid = 0;
	assert_int_equal(joined_proc_open_by_helper(other.pidns), -ENOMEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_helper),
		cmocka_unit_test(test_as_it_goes),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
