// SPDX-License-Identifier: Apache-2.0
/*
 * Start: carry a plan out.
 */
#ifndef KOKON_START_H
#define KOKON_START_H

#include <signal.h>
#include "network-rows.h"
#include "oci-state.h"
#include "state.h"
#include "walk.h"

/*
 * In place: the caller's process becomes the container side, and then the program. Returns only
 * when that could not even begin. `arena` is the plan's memfd; `fds` are the given handles.
 */
int start_in_place(const struct plan *plan, int arena, struct err *err);

/* Who is asked about system calls that a seccomp filter leaves to an agent. */
struct seccomp_agent {
	const char *path; /* of its socket; NULL: nobody */
	const char *metadata;
	struct oci_state state; /* but for the pid */
};

/* What has come to be of a container, on the host side. */
struct live {
	struct state_handle state_handle;
	struct state state;
	int arena; /* the plan's memfd */
	int group; /* exec: directory of the v2 group to start in; -1: none */
	struct cgroup_mounts group_mounts;
	pid_t guardian;               /* guardian.h; 0: none */
	sigset_t mask;                /* the program's signal mask */
	struct live_network *network; /* NULL: the plan has none */
	struct seccomp_agent agent;
	const void *trace_context; /* for run->trace */
	/* Sends a descriptor and a text to the socket at `path`. */
	int (*send_fd)(const char *path, int fd, const char *text, struct err *err);
};

/*
 * Carry out a plan of a container up to the running program, or up to run->last_row. On success
 * run->pid and run->pidfd are its first process. On failure whatever process there was is dead and
 * reaped; groups and records are left to the caller's state_remove().
 */
int start_container(struct run *run);

/* The last part of it alone: wait at run->sock until the program runs (0) or could not. */
int start_await(struct run *run);

/* The first process has ended and is reaped: so does its guardian. */
void start_unguard(struct run *run);
/* Later, when it has surely ended: nobody waits for it then. */
void start_reap_guardian(struct run *run);

/* rows.c: what the host side does at each of its rows; NULL at the others. */
extern const step_function host_functions[ROWS];
/* rows.c: takes over the descriptors of the other side's records (struct run). */
void take_handed(struct run *run, int row, int32_t pid, int *fds);

#endif
