// SPDX-License-Identifier: Apache-2.0
#include "transaction.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include "macros.h"
#include "process.h"

/* What the child says of its end. */
struct outcome {
	bool finished;
	int result;
	struct err err;
};

void *transaction_memory(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

void transaction_memory_free(void *memory, size_t size)
{
	if (memory)
		munmap(memory, size);
}

/* Mustn't print or return. */
static NORETURN void child(int (*work)(void *arg, struct err *err), void (*undo)(void *arg),
			   void *arg, struct outcome *outcome)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	outcome->result = work(arg, &outcome->err);
	if (outcome->result < 0)
		undo(arg);
	outcome->finished = true;
	_exit(0);
}

int transaction_run(int (*work)(void *arg, struct err *err), void (*undo)(void *arg), void *arg,
		    struct err *err)
{
	struct outcome *outcome = transaction_memory(sizeof(*outcome));
	int status, r;
	pid_t pid;

	if (!outcome)
		return err_set(err, ENOMEM, "cannot get memory");
	pid = process_clone(0, SIGCHLD, -1, NULL);
	if (pid == 0)
		child(work, undo, arg, outcome);
	if (pid < 0) {
		transaction_memory_free(outcome, sizeof(*outcome));
		return err_set(err, -pid, "cannot start a process");
	}
	process_wait(pid, &status);
	r = outcome->result;
	if (!outcome->finished) {
		undo(arg);
		err_set(err, EINTR,
			"the process that did the work was killed; what it did is undone");
		r = -EINTR;
	} else if (r < 0 && err) {
		*err = outcome->err;
	}
	transaction_memory_free(outcome, sizeof(*outcome));
	return r;
}
