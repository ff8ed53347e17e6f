// SPDX-License-Identifier: Apache-2.0
/*
 * crowd: run a command on a machine with many processes.
 *
 *   crowd COUNT EVERY COMMAND [ARG]...
 *
 * COUNT sleeping processes are made, each EVERY-th of them in its own uts and ipc namespaces (0:
 * none), then COMMAND runs; its status is crowd's. The sleepers end with crowd. Run it as PID 1 of
 * a PID namespace with its own proc (floor --ns=mp --fork --mount-proc crowd …), and the machine's
 * own processes are neither counted nor disturbed.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void sleep_forever(int own_namespaces, int ready)
{
	int failed = own_namespaces && unshare(CLONE_NEWUTS | CLONE_NEWIPC) < 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (failed || write(ready, "", 1) != 1)
		_exit(1);
	close(ready);
	for (;;)
		pause();
}

static int make_sleepers(int count, int every)
{
	int ready[2], seen = 0;

	if (pipe(ready) < 0)
		return -1;
	for (int i = 1; i <= count; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return -1;
		if (pid == 0)
			sleep_forever(every > 0 && i % every == 0, ready[1]);
	}
	close(ready[1]);
	for (char buf[4096]; seen < count;) {
		ssize_t n = read(ready[0], buf, sizeof(buf));

		if (n <= 0)
			return -1;
		seen += (int)n;
	}
	close(ready[0]);
	return 0;
}

int main(int argc, char **argv)
{
	int status = 0;
	pid_t pid, ended;

	if (argc < 4) {
		fputs("Usage: crowd COUNT EVERY COMMAND [ARG]...\n", stderr);
		return 2;
	}
	if (make_sleepers(atoi(argv[1]), atoi(argv[2])) < 0) {
		fprintf(stderr, "crowd: cannot make %s processes: %s\n", argv[1], strerror(errno));
		return 1;
	}
	pid = fork();
	if (pid == 0) {
		execvp(argv[3], argv + 3);
		fprintf(stderr, "crowd: cannot run '%s': %s\n", argv[3], strerror(errno));
		_exit(127);
	}
	while ((ended = wait(&status)) != pid)
		if (ended < 0)
			return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
