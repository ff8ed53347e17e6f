// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <cmocka.h>
#include "process.h"
#include "reaper.h"

static int32_t *note; /* as the result page: shared with PID 1 */

/* The status that PID 1 of a new PID namespace (for root), or a subreaper, ends with. `told`
 * gets what the payload writes. */
static pid_t start(const char *script, int *ret_told)
{
	int told[2];
	pid_t pid;

	assert_int_equal(pipe(told), 0);
	pid = process_clone(geteuid() == 0 ? CLONE_NEWPID : 0, SIGCHLD, -1, NULL);
	if (pid == 0) {
		struct err err;
		sigset_t none;

		sigemptyset(&none);
		dup2(told[1], 1);
		if (reaper_fork(&none, note, &err) < 0)
			_exit(99);
		if (!script)
			raise(SIGKILL);
		execl("/bin/sh", "sh", "-c", script, NULL);
		_exit(98);
	}
	close(told[1]);
	*ret_told = told[0];
	return pid;
}

static int end(pid_t pid)
{
	int status;

	assert_int_equal(process_wait(pid, &status), 0);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void statuses(void **state)
{
	int told;

	(void)state;
	assert_int_equal(end(start("exit 7", &told)), 7);
	close(told);
	assert_int_equal(end(start("kill -9 $$", &told)), 137);
	close(told);
	/* A stopped payload has not ended; one that a signal ends has. */
	assert_int_equal(end(start("(sleep 0.1; kill -CONT $$) & kill -STOP $$; exit 3", &told)),
			 3);
	close(told);
}

/* A payload that is killed before it executes a program is told from a program that is killed. */
static void early(void **state)
{
	int told;

	(void)state;
	*note = 0;
	assert_int_equal(end(start("kill -9 $$", &told)), 137);
	close(told);
	assert_int_equal(*note, 0);
	assert_int_equal(end(start(NULL, &told)), 137);
	close(told);
	assert_true(WIFSIGNALED(*note) && WTERMSIG(*note) == SIGKILL);
}

static void orphans(void **state)
{
	char text[64] = "";
	int told;
	/* A zombie can still be sent signals. /proc may be that of another PID namespace. */
	pid_t pid = start(
		"pids=; for i in 1 2 3 4 5; do "
		"pids=\"$pids $(sleep 0.05 >/dev/null & echo $!)\"; done; n=0; left=5; "
		"while [ $left -gt 0 ] && [ $n -lt 600 ]; do sleep 0.05; n=$((n + 1)); left=0; "
		"for p in $pids; do kill -0 $p 2>/dev/null && left=$((left + 1)); done; done; "
		"echo $left; exit 0",
		&told);

	(void)state;
	assert_true(read(told, text, sizeof(text) - 1) > 0);
	assert_string_equal(text, "0\n");
	assert_int_equal(end(pid), 0);
	close(told);
}

static void forwarded(void **state)
{
	static const int signals[] = {SIGTERM, SIGHUP, SIGINT, SIGUSR1, SIGUSR2, SIGQUIT, SIGWINCH};
	char text[64];
	int told;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		pid_t pid = start("for s in TERM HUP INT USR1 USR2 QUIT WINCH; do trap \"echo $s; "
				  "exit 5\" $s; done;"
				  "echo ready; while :; do sleep 0.02; done",
				  &told);

		assert_int_equal(read(told, text, 6), 6);
		kill(pid, signals[i]);
		assert_int_equal(end(pid), 5);
		close(told);
	}
	/* Without a handler: the default action, which PID 1 itself would not get. */
	{
		pid_t pid = start("echo ready; exec sleep 10", &told);

		assert_int_equal(read(told, text, 6), 6);
		usleep(20000);
		kill(pid, SIGTERM);
		assert_int_equal(end(pid), 143);
		close(told);
	}
}

/* The descriptors of PID 1 are gone, so the end of a pipe that only it and the payload had
 * is seen once the payload has closed it. */
static void no_descriptors_kept(void **state)
{
	int told, extra[2];
	pid_t pid;
	char c;

	(void)state;
	assert_int_equal(pipe(extra), 0);
	pid = start("for i in 3 4 5 6 7 8 9; do eval \"exec $i>&-\"; done; sleep 0.5", &told);
	close(extra[1]);
	assert_int_equal(read(extra[0], &c, 1), 0);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
	assert_int_equal(end(pid), 0);
	close(extra[0]);
	close(told);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statuses),
		cmocka_unit_test(early),
		cmocka_unit_test(orphans),
		cmocka_unit_test(forwarded),
		cmocka_unit_test(no_descriptors_kept),
	};

	note = mmap(NULL, sizeof(*note), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return note == MAP_FAILED ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
