// SPDX-License-Identifier: Apache-2.0
/*
 * floor-exec: the work of starting one more process in a container and nothing else.
 *
 * As floor.c for a start, this program measures what the kernel takes: it enters groups and
 * namespaces that its caller names, forks, gives up what it is told to and runs the command. It
 * reads no record and no configuration, looks nothing up, keeps nothing from being traced, undoes
 * nothing. Never run anything that is not trusted with it.
 *
 *   --pid=PID         whose namespaces
 *   --ns=LETTERS      which: m(ount) u(ts) i(pc) n(et) p(id) C(group) U(ser) T(ime)
 *   --group=DIR       enter it: by its `tasks` (v1), or the child is cloned into it (v2); may be
 *                     given more than once
 *   --session         a session, a session keyring, the user's and group's ids and no other group
 *   --caps            the sets of capabilities reduced to the 14 usual ones
 *   --seccomp=N|FILE  a filter, as for floor
 */
#include <fcntl.h>
#include <getopt.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "floor-parts.h"

static struct {
	pid_t pid;
	uint64_t ns;
	int unified; /* the folder of version 2; -1: none */
	bool session, caps, seccomp;
	char **argv;
} want = {.unified = -1};

/* "0" in tasks moves the writer alone, and waits for no grace period of RCU. */
static void enter_group(const char *dir)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/tasks", dir);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0) {
		want.unified = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
		must(want.unified, dir);
		return;
	}
	must(write(fd, "0", 1), path);
	close(fd);
}

static void enter_namespaces(void)
{
	int fd = (int)syscall(SYS_pidfd_open, want.pid, 0);

	must(fd, "pidfd_open");
	must(setns(fd, (int)want.ns), "setns");
	close(fd);
}

/* Should: become the command. Mustn't: return. */
static void become_the_command(void)
{
	if (want.session)
		become_the_user();
	if (want.seccomp)
		load_filter();
	if (want.caps)
		drop_capabilities();
	execvp(want.argv[0], want.argv);
	die(want.argv[0]);
}

static void parse_options(int argc, char **argv)
{
	static const struct option longs[] = {
		{"pid", 1, 0, 'p'},
		{"ns", 1, 0, 'n'},
		{"group", 1, 0, 'g'},
		{"session", 0, 0, 'S'},
		{"caps", 0, 0, 'c'},
		{"seccomp", 1, 0, 's'},
		{0},
	};
	int o;

	while ((o = getopt_long(argc, argv, "+", longs, NULL)) != -1)
		switch (o) {
		case 'p': want.pid = atoi(optarg); break;
		case 'n': want.ns = ns_flags(optarg); break;
		case 'g': enter_group(optarg); break;
		case 'S': want.session = true; break;
		case 'c': want.caps = true; break;
		case 's':
			prepare_filter(optarg);
			want.seccomp = true;
			break;
		default: exit(2);
		}
	want.argv = argv + optind;
}

int main(int argc, char **argv)
{
	struct clone_args args = {.exit_signal = SIGCHLD};
	pid_t pid;
	int status;

	parse_options(argc, argv);
	if (!want.argv[0] || !want.pid) {
		fputs("Usage: floor-exec --pid=PID [OPTION]... COMMAND [ARG]... (see the head of "
		      "floor-exec.c)\n",
		      stderr);
		return 2;
	}
	enter_namespaces();
	if (want.unified >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)want.unified;
	}
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	must(pid, "clone3");
	if (pid == 0)
		become_the_command();
	must(waitpid(pid, &status, 0), "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
