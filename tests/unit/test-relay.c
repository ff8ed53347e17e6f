// SPDX-License-Identifier: Apache-2.0
/*
 * The relay between two real terminals: the user's is a pty made here, the container's comes
 * from this machine's devpts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <cmocka.h>
#include "process.h"
#include "relay.h"

static struct err err;

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void no_relay_fields(struct relay *r)
{
	memset(r, 0, sizeof(*r));
	r->master = r->signals = r->pidfd = -1;
	r->timeout_ms = r->hangup_ms = -1;
}

/* A payload: "sh -c SCRIPT" on a slave, or on two pipes. Returns its pid. */
static pid_t payload(const char *script, int slave, int in, int out, const sigset_t *mask)
{
	pid_t pid = fork();

	if (pid == 0) {
		sigprocmask(SIG_SETMASK, mask, NULL);
		if (terminal_adopt(slave, &err) < 0)
			_exit(99);
		if (in >= 0)
			dup2(in, 0);
		if (out >= 0)
			dup2(out, 1);
		execl("/bin/sh", "sh", "-c", script, NULL);
		_exit(98);
	}
	return pid;
}

static int pty(int *ret_slave)
{
	struct terminal_plan plan = {.wanted = 1, .rows = 24, .columns = 80};
	int devpts = open("/dev/pts", O_PATH | O_DIRECTORY | O_CLOEXEC), master = -1;

	if (terminal_allocate(&plan, devpts, &master, ret_slave, &err) < 0)
		fail_msg("%s", err.text);
	close(devpts);
	return master;
}

/* What `kokon run -t` does, in a session on the terminal `user`. Returns the exit status. */
static int session(const char *script, int user, int in, int out, int64_t timeout, int64_t hangup)
{
	static struct relay r;
	struct terminal t;
	sigset_t mask;
	int slave, status;
	pid_t pid;

	setsid();
	if (user >= 0)
		ioctl(user, TIOCSCTTY, 0);
	no_relay_fields(&r);
	if (relay_signals(&mask, &r.signals, &err) < 0)
		return 97;
	terminal_find(&t, in, out);
	r.terminal = &t;
	r.timeout_ms = timeout;
	r.hangup_ms = hangup;
	relay_add_terminal(&r, in, out, pty(&slave));
	pid = payload(script, slave, -1, -1, &mask);
	close(slave);
	r.pidfd = process_open(pid);
	if (relay_run(&r, &err) < 0)
		return 96;
	if (t.raw)
		return 95;
	waitpid(pid, &status, 0);
	return r.timed_out ? 94 : process_exit_status(status);
}

static pid_t start_session(const char *script, int um, int in, int out, int64_t timeout,
			   int64_t hangup)
{
	pid_t pid = fork();

	if (pid == 0) {
		close(um);
		_exit(session(script, in, in, out, timeout, hangup));
	}
	return pid;
}

static int end(pid_t pid)
{
	int status = -1;

	for (int i = 0; i < 1000; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return process_exit_status(status);
		usleep(10000);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	fail_msg("the relay did not end");
	return -1;
}

/* Read until `text` was seen; false at the end or after five seconds. */
static bool expect(int fd, const char *text)
{
	char buffer[4096] = "";
	size_t len = 0;

	while (len < sizeof(buffer) - 1) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		ssize_t n;

		if (poll(&p, 1, 5000) <= 0)
			return false;
		n = read(fd, buffer + len, sizeof(buffer) - 1 - len);
		if (n <= 0)
			return false;
		len += (size_t)n;
		buffer[len] = '\0';
		if (strstr(buffer, text))
			return true;
	}
	return false;
}

static bool is_raw(int fd)
{
	struct termios t;

	return tcgetattr(fd, &t) == 0 && !(t.c_lflag & (ICANON | ECHO | ISIG));
}

static void terminal_both_ways(void **state)
{
	struct winsize size = {.ws_row = 33, .ws_col = 77};
	int us, um = pty(&us);
	pid_t pid;

	(void)state;
	ioctl(um, TIOCSWINSZ, &size);
	assert_false(is_raw(us));
	pid = start_session("stty size; read x; echo \"got $x\"; read y; stty size; exit 5", um, us,
			    us, -1, -1);
	assert_true(expect(um, "33 77"));
	assert_true(is_raw(us));
	assert_int_equal(write(um, "hello\r", 6), 6);
	assert_true(expect(um, "got hello"));
	size.ws_row = 44;
	ioctl(um, TIOCSWINSZ, &size);
	usleep(100000);
	assert_int_equal(write(um, "\r", 1), 1);
	assert_true(expect(um, "44 77"));
	assert_int_equal(end(pid), 5);
	assert_false(is_raw(us));
	close(um);
	close(us);
}

static void keys_become_signals_inside(void **state)
{
	int us, um = pty(&us);
	pid_t pid = start_session(
		"trap 'echo int; exit 7' INT; echo ready; while :; do sleep 0.05; done", um, us, us,
		-1, -1);

	(void)state;
	assert_true(expect(um, "ready"));
	assert_int_equal(write(um, "\x03", 1), 1);
	assert_true(expect(um, "int"));
	assert_int_equal(end(pid), 7);
	close(um);
	close(us);
}

static void restored_after_signals(void **state)
{
	static const int signals[] = {SIGTERM, SIGHUP, SIGINT, SIGUSR1, SIGALRM};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		int us, um = pty(&us);
		pid_t pid = start_session("echo ready; exec sleep 30", um, us, us, -1, -1);

		assert_true(expect(um, "ready"));
		assert_true(is_raw(us));
		kill(pid, signals[i]);
		assert_int_equal(end(pid), 128 + signals[i]);
		assert_false(is_raw(us));
		close(um);
		close(us);
	}
}

static void stopped_and_continued(void **state)
{
	int us, um = pty(&us), status;
	pid_t pid = start_session("echo ready; read x; echo on; exit 3", um, us, us, -1, -1);

	(void)state;
	assert_true(expect(um, "ready"));
	/* The session's leader is in an orphaned process group, where ^Z's signal has no effect on
	 * it; SIGSTOP has. */
	kill(pid, SIGSTOP);
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(WIFSTOPPED(status));
	kill(pid, SIGCONT);
	usleep(50000);
	assert_true(is_raw(us));
	kill(pid, SIGTSTP);
	usleep(50000);
	assert_int_equal(write(um, "\r", 1), 1);
	assert_true(expect(um, "on"));
	assert_int_equal(end(pid), 3);
	assert_false(is_raw(us));
	close(um);
	close(us);
}

static void hung_up(void **state)
{
	int us, um = pty(&us);
	pid_t pid = start_session("trap '' HUP; echo ready; while :; do sleep 1; done", um, us, us,
				  -1, 200);

	(void)state;
	assert_true(expect(um, "ready"));
	close(us);
	close(um);
	assert_int_equal(end(pid), 137);
}

static void outlived_by_a_child(void **state)
{
	double start = seconds();
	int us, um = pty(&us);
	pid_t pid = start_session("trap '' HUP; sleep 3 & echo done", um, us, us, -1, -1);

	(void)state;
	assert_true(expect(um, "done"));
	assert_int_equal(end(pid), 0);
	assert_true(seconds() - start < 2);
	close(um);
	close(us);
}

static void time_is_up(void **state)
{
	int us, um = pty(&us);
	pid_t pid = start_session("sleep 30", um, us, us, 100, -1);

	(void)state;
	assert_int_equal(end(pid), 94);
	assert_false(is_raw(us));
	close(um);
	close(us);
}

static void no_terminal_outside(void **state)
{
	int in[2], out[2];
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	pid = start_session("cat; echo end", in[1], in[0], out[1], -1, -1);
	close(in[0]);
	close(out[1]);
	assert_int_equal(write(in[1], "abc\n", 4), 4);
	assert_true(expect(out[0], "abc"));
	close(in[1]);
	assert_true(expect(out[0], "end"));
	assert_int_equal(end(pid), 0);
	close(out[0]);
	/* Nobody reads: the payload is hung up. */
	assert_int_equal(pipe(out), 0);
	pid = start_session("while echo y; do :; done 2>/dev/null; exit 4", out[0], -1, out[1], -1,
			    -1);
	close(out[1]);
	assert_true(expect(out[0], "y"));
	close(out[0]);
	assert_true(end(pid) > 0);
}

static void much_output(void **state)
{
	char buffer[5000];
	size_t total = 0;
	int out[2];
	ssize_t n;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(out), 0);
	pid = start_session("stty raw; head -c 3000000 /dev/zero", out[0], -1, out[1], -1, -1);
	close(out[1]);
	while ((n = read(out[0], buffer, sizeof(buffer))) > 0) {
		total += (size_t)n;
		if (total % 7 == 0)
			usleep(1000);
	}
	assert_int_equal(total, 3000000);
	assert_int_equal(end(pid), 0);
	close(out[0]);
}

static void pipes(void **state)
{
	static struct relay r;
	int in[2], out[2], pin[2], pout[2], status;
	sigset_t mask;
	pid_t pid, run;

	(void)state;
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	run = fork();
	if (run == 0) {
		close(in[1]);
		close(out[0]);
		pipe2(pin, O_CLOEXEC);
		pipe2(pout, O_CLOEXEC);
		no_relay_fields(&r);
		relay_signals(&mask, &r.signals, &err);
		pid = payload("wc -c", -1, pin[0], pout[1], &mask);
		close(pin[0]);
		close(pout[1]);
		r.pidfd = process_open(pid);
		relay_add(&r, in[0], pin[1]);
		r.channels[0].close_to = true;
		relay_add(&r, pout[0], out[1]);
		r.channels[1].own_from = true;
		if (relay_run(&r, &err) < 0)
			_exit(96);
		waitpid(pid, &status, 0);
		_exit(process_exit_status(status));
	}
	close(in[0]);
	close(out[1]);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(write(in[1], "0123456789", 10), 10);
	close(in[1]);
	assert_true(expect(out[0], "10000"));
	assert_int_equal(end(run), 0);
	close(out[0]);
}

static void no_devpts(void **state)
{
	struct terminal_plan plan = {.wanted = 1};
	int fd = open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC), master = -1, slave = -1;

	(void)state;
	assert_int_equal(terminal_allocate(&plan, fd, &master, &slave, &err), -EINVAL);
	assert_int_equal(master, -1);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(terminal_both_ways),
		cmocka_unit_test(keys_become_signals_inside),
		cmocka_unit_test(restored_after_signals),
		cmocka_unit_test(stopped_and_continued),
		cmocka_unit_test(hung_up),
		cmocka_unit_test(outlived_by_a_child),
		cmocka_unit_test(time_is_up),
		cmocka_unit_test(no_terminal_outside),
		cmocka_unit_test(much_output),
		cmocka_unit_test(pipes),
		cmocka_unit_test(no_devpts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
