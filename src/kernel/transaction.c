// SPDX-License-Identifier: Apache-2.0
/*
 * The child shares the caller's memory and the caller sleeps until it has ended, as with
 * vfork(2): nothing is copied, which saves a tenth of a millisecond. It has a stack of its own.
 * When the caller is killed meanwhile the memory stays with the child.
 */
#include "transaction.h"

#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include "macros.h"
#include "process.h"

enum { STACK_SIZE = 512 << 10 /* pages are used as it grows */ };

struct transaction {
	int (*work)(void *arg, struct err *err);
	void (*undo)(void *arg);
	void *arg;
	/* what the child says of its end */
	bool finished;
	int result;
	struct err err;
};

/* Mustn't print. Signals are blocked. */
static int child(void *p)
{
	struct transaction *t = p;

	t->result = t->work(t->arg, &t->err);
	if (t->result < 0)
		t->undo(t->arg);
	t->finished = true;
	_exit(0);
}

static int run(struct transaction *t, char *stack, struct err *err)
{
	sigset_t all, mask;
	int status, code;
	pid_t pid;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &mask);
	pid = clone(child, stack + STACK_SIZE, CLONE_VM | CLONE_VFORK | SIGCHLD, t);
	code = errno;
	sigprocmask(SIG_SETMASK, &mask, NULL);
	if (pid < 0)
		return err_set(err, code, "cannot start a process");
	process_wait(pid, &status);
	if (!t->finished) {
		t->undo(t->arg);
		err_set(err, EINTR,
			"the process that did the work was killed; what it did is undone");
		return -EINTR;
	}
	if (t->result < 0 && err)
		*err = t->err;
	return t->result;
}

int transaction_run(int (*work)(void *arg, struct err *err), void (*undo)(void *arg), void *arg,
		    struct err *err)
{
	struct transaction t = {.work = work, .undo = undo, .arg = arg};
	char *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	int r;

	if (stack == MAP_FAILED)
		return err_set(err, ENOMEM, "cannot get memory");
	r = run(&t, stack, err);
	munmap(stack, STACK_SIZE);
	return r;
}
