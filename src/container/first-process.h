// SPDX-License-Identifier: Apache-2.0
/*
 * The first process of a container: the sealed init, and what it is handed.
 */
#ifndef KOKON_FIRST_PROCESS_H
#define KOKON_FIRST_PROCESS_H

#include "walk.h"

/* The init in a sealed memory file. A descriptor or -errno. */
int first_process_init(struct err *err);
/* The plan, then the handles that are open on this side, in the plan's order. 0 or -errno. */
int first_process_hello(int sock, const struct plan *plan, int arena, pid_t outside, const int *fds,
			uint32_t n);
/* Let `sock` survive the exec of the init, which marks it close-on-exec at once. Its number is
 * above 2 and the preserved ones, since all of these are open. No new descriptor: the limit of
 * them may be reached. -1 with errno. */
int first_process_keep(int sock);

/* Clone stage 1, into the v2 group `cgroup` (-1: none) whose name is `group`, with `preserve`
 * descriptors from 3 on. It waits for the plan; run->pid and run->sock are set. 0 or -errno. */
int first_process_begin(struct run *run, int cgroup, const char *group, uint32_t preserve);
/* It gets no plan: end it, if it was begun. */
void first_process_abandon(struct run *run);
/* The same unless that was done before, and hand it the plan and the handles. */
int first_process_start(struct run *run, int cgroup);

#endif
