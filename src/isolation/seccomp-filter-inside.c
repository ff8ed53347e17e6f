// SPDX-License-Identifier: Apache-2.0
#include "seccomp-filter.h"

#include <linux/seccomp.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>
#include "message.h"

int seccomp_filter_load(const struct seccomp_program *program, int *ret_listener, struct err *err)
{
	struct sock_fprog f = {
		.len = (unsigned short)program->count,
		.filter = (struct sock_filter *)program->code,
	};
	unsigned flags = program->flags;
	long r;

	if (program->count == 0) {
		*ret_listener = -1;
		return 0;
	}
	/* A listener cannot be combined with TSYNC, which means nothing for a single thread. */
	if (program->notify)
		flags = (flags & ~SECCOMP_FILTER_FLAG_TSYNC) | SECCOMP_FILTER_FLAG_NEW_LISTENER;
	r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &f);
	if (r < 0 && errno == EINVAL && program->flags)
		return err_errno(err, "cannot load the seccomp filter with flags %#x", flags);
	if (r < 0)
		return err_errno(err, "cannot load the seccomp filter of %u instructions",
				 program->count);
	*ret_listener = program->notify ? (int)r : -1;
	return 0;
}

enum { WAITING = -1, GIVEN_UP = -2, STACK_SIZE = 16384 };

/* Shared by the process and its sender thread; no system call is needed to talk. */
struct sender {
	atomic_int listener; /* WAITING, GIVEN_UP, or the descriptor */
	atomic_int done;
	int sock, result;
	const void *data;
	size_t len;
};

static int send_listener(void *argument)
{
	struct sender *s = argument;
	const struct timespec moment = {.tv_nsec = 20000};
	int fd;

	while ((fd = atomic_load(&s->listener)) == WAITING)
		nanosleep(&moment, NULL);
	if (fd >= 0) {
		char ack;

		s->result = message_send(s->sock, s->data, s->len, &fd, 1);
		close(fd);
		/* Nothing goes on before somebody can answer. */
		if (s->result == 0)
			s->result = message_receive(s->sock, &ack, 1, NULL, 0);
	}
	atomic_store(&s->done, 1);
	syscall(SYS_exit, 0); /* this thread only */
	return 0;
}

int seccomp_filter_load_and_send(const struct seccomp_program *program, int sock, const void *data,
				 size_t len, struct err *err)
{
	static _Alignas(16) char stack[STACK_SIZE];
	static struct sender s;
	int listener = -1, r;

	s.sock = sock;
	s.data = data;
	s.len = len;
	atomic_store(&s.done, 0);
	atomic_store(&s.listener, WAITING);
	/* A thread, because it ends without leaving a zombie to a payload that is PID 1; it has
	 * its own filters, since the program is loaded without TSYNC. */
	if (clone(send_listener, stack + STACK_SIZE,
		  CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
		  &s) < 0)
		return err_errno(err, "cannot start the thread that hands over the listener");
	r = seccomp_filter_load(program, &listener, err);
	atomic_store(&s.listener, r < 0 || listener < 0 ? GIVEN_UP : listener);
	while (!atomic_load(&s.done))
		atomic_signal_fence(memory_order_seq_cst);
	if (r < 0)
		return r;
	return s.result < 0 ? err_set(err, -s.result, "cannot hand over the seccomp listener") : 0;
}
