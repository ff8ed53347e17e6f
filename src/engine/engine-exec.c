// SPDX-License-Identifier: Apache-2.0
#include "engine-exec.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include "environment.h"
#include "explain.h"
#include "first-process.h"
#include "living.h"
#include "notes.h"
#include "parse.h"
#include "process.h"
#include "program-diagnosis.h"
#include "supervise.h"

extern char **environ;

/* The container's, then the terminal's, then what the options say. */
static int merge_environment(struct arena *a, struct exec_request *q, const struct exec_words *w,
			     struct err *err)
{
	const char *term = getenv("TERM");
	struct environment e;
	int r = 0;

	environment_init(&e, a);
	for (const char *const *v = q->state->env; v && *v; v++) {
		const char *equals = strchr(*v, '=');

		if (equals)
			environment_set(&e, arena_strndup(a, *v, (size_t)(equals - *v)),
					equals + 1);
	}
	if (q->tty)
		environment_set(&e, "TERM", term && *term ? term : "xterm");
	for (const char *const *f = w->env_files; r == 0 && *f; f++)
		r = environment_file(&e, *f, environ, err);
	for (const char *const *o = w->env; r == 0 && *o; o++)
		r = environment_option(&e, *o, environ, err);
	q->env = (const char *const *)e.v;
	return r;
}

static int complete(struct arena *a, struct exec_request *q, const struct exec_words *w,
		    const struct living *c, struct err *err)
{
	struct terminal terminal;

	q->state = &c->state;
	if (c->frozen) {
		err_set(err, 0, "the container '%s' is paused: a process in it would not run",
			c->state.name);
		return err_remedy(err, "its control group '%s' is frozen: kokon cgroup thaw",
				  c->frozen);
	}
	if (q->tty) {
		terminal_find(&terminal, STDIN_FILENO, STDOUT_FILENO);
		terminal_size(&terminal, &q->rows, &q->columns);
	}
	return merge_environment(a, q, w, err);
}

/* Why the program could not be run: what the container's first process sees is examined. */
static int diagnose_program(const struct living *c, const struct plan *plan, int status,
			    struct err *err)
{
	CLOSE_FD int root = -1;
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/root", (int)c->state.pid);
	root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	/* Still the same process, and not another one of its number. */
	if (root < 0 || process_signal(c->pidfd, 0) < 0)
		return status;
	return program_diagnose(plan, &(struct exec_failure){.root = root}, status, err);
}

/* A plan that is only explained needs no process. */
static int begin(const struct exec_request *q, int memory, struct begun *ret, struct err *err)
{
	struct begin_request request = {.arena = memory,
					.group = q->group.fd,
					.group_path = q->group.path};

	return q->explain ? 0 : supervise_begin(ret, &request, err);
}

int engine_exec(struct exec_request *q, const struct exec_words *words, struct err *err)
{
	LIVING_CLEANUP struct living c = LIVING_NONE;
	OUT_CLEANUP struct out notes = {0};
	struct arena scratch, arena;
	struct facts facts;
	struct plan *plan = NULL;
	struct begun begun = {0};
	int memory = -1, r = arena_init(&scratch);

	if (r == 0)
		r = arena_init_shared(&arena, &memory);
	if (r < 0)
		return err_set(err, -r, "cannot allocate memory");
	r = living_open(words->name, &scratch, &c, err);
	if (r == 0)
		r = complete(&scratch, q, words, &c, err);
	if (r == 0)
		r = exec_survey_group(&scratch, q, err);
	if (r == 0)
		r = begin(q, memory, &begun, err);
	if (r == 0)
		r = facts_survey_rights(&facts, err);
	if (r == 0)
		r = exec_survey(&scratch, c.pidfd, q, err);
	if (r == 0)
		r = plan_exec(&arena, q, &facts, &plan, &notes, err);
	if (r < 0) {
		first_process_abandon(&begun.run);
		return r;
	}
	notes_print("exec", &notes);
	if (q->explain)
		return explain_to_stdout(plan, err);
	r = supervise_exec(plan, &begun, err);
	return r != 0 ? diagnose_program(&c, plan, r, err) : 0;
}
