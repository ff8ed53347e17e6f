// SPDX-License-Identifier: Apache-2.0
/*
 * main() of kokon-init: the container side of the walk.
 *
 * Started by execveat(2) from a sealed memfd, so that nothing of the host's programs can be
 * reached through /proc/PID/exe from inside a container. It inherits standard input, output
 * and error, the descriptors meant for the program, and one socket whose number is argv[1].
 * The first message on the socket brings the plan's memory and the handles.
 *
 * Should: touch only what the plan says. Mustn't: decide anything, print when a host side
 * walker is there to print, keep a descriptor open across the last exec.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <string.h>
#include <sys/wait.h>

#include "arena.h"
#include "init.h"

/* One entry per row; the host's rows are empty here. */
#define INSIDE_HOST(id)      NULL
#define INSIDE_CONTAINER(id) inside_##id
static const step_function functions[ROWS] = {
#define STEP(id, name, side, ...) INSIDE_##side(id),
#include "steps.def"
#undef STEP
};

static void put(const char *s)
{
	if (write(STDERR_FILENO, s, strlen(s)) < 0)
		return;
}

static void print_trace(const struct run *run, int row, uint64_t nanoseconds)
{
	char line[128];

	snprintf(line, sizeof(line), "%s: %-18s %8llu us\n", run->plan->tool, steps[row].name,
		 (unsigned long long)(nanoseconds / 1000));
	put(line);
}

NORETURN static void fail(const struct run *run)
{
	char text[sizeof(run->err->text) + sizeof(run->err->remedy) + 128];

	if (run->plan->spawn == SPAWN_IN_PLACE) {
		err_format(run->err, text, sizeof(text));
		put("kokon ");
		put(run->plan->tool);
		put(": ");
		put(text);
		put("\n");
	}
	_exit(run->err->exit ? run->err->exit : (int)run->plan->fail_status);
}

/* The plan and the handles. Returns 0 or -errno. */
static int receive_hello(struct run *run)
{
	struct hello hello;
	int arena = -1, fds[MESSAGE_FDS_MAX], r;

	r = message_receive(run->sock, &hello, sizeof(hello), &arena, 1);
	if (r < 0)
		return r;
	r = arena_map(arena);
	close(arena);
	if (r < 0)
		return r;
	run->plan = PLAN;
	run->outside = hello.outside;
	if (run->plan->spawn == SPAWN_CHILD) {
		umask(022); /* not the caller's: all users of the container pass what is made */
		r = result_open();
		if (r < 0)
			return r;
		run->result = RESULT;
		run->err = &RESULT->err;
	}
	if (hello.build != run->plan->build || hello.n_handles > MESSAGE_FDS_MAX ||
	    run->plan->n_handles > MESSAGE_FDS_MAX)
		return -EPROTO;
	/* Only those that the host side opened are sent, in the plan's order. */
	if (hello.n_handles == 0)
		return 0;
	r = message_receive(run->sock, &hello, sizeof(hello), fds, hello.n_handles);
	for (uint32_t i = 0, k = 0; r == 0 && i < run->plan->n_handles; i++)
		run->handles[i] =
			run->plan->handles[i].inside || k >= hello.n_handles ? -1 : fds[k++];
	return r;
}

int main(int argc, char **argv)
{
	struct err err = {0};
	struct run run = {.side = CONTAINER,
			  .pidfd = -1,
			  .root = -1,
			  .gate = -1,
			  .terminal = -1,
			  .label = -1,
			  .err = &err};
	int r;

	run.sock = argc == 2 ? atoi(argv[1]) : -1;
	if (run.sock < 3 || fcntl(run.sock, F_SETFD, FD_CLOEXEC) < 0) {
		put("kokon-init: this program is started by kokon only\n");
		return 125;
	}
	r = receive_hello(&run);
	if (r < 0) {
		/* Who ends before there is a plan has said why, or was killed. */
		if (r != -ECONNRESET)
			put("kokon-init: no plan arrived\n");
		return 125;
	}
	if (run.plan->trace && run.plan->spawn == SPAWN_IN_PLACE)
		run.trace = print_trace;
	walk(&run, functions);
	fail(&run);
}
