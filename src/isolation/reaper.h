// SPDX-License-Identifier: Apache-2.0
/*
 * The small init of `--init`: kokon-init stays as the container's PID 1, passes signals on to
 * the payload, its only child that matters, collects every process that becomes an orphan
 * (pid_namespaces(7)), and ends as the payload ends. When PID 1 ends, the kernel ends the rest.
 */
#ifndef KOKON_REAPER_H
#define KOKON_REAPER_H

#include <signal.h>
#include <stdint.h>
#include "err.h"

/*
 * Inside, as the last step before execve(2), with the payload's credentials and filter already
 * in force, so that the process that stays has no more rights than the payload.
 *
 * In the payload: returns 0, in a process group of its own, which is the terminal's foreground
 * group if descriptor 0 is the controlling terminal, and with `mask` as its signal mask.
 * In PID 1: never returns. Every descriptor from 3 on is closed, so a peer that waits for the
 * end of a socket sees the payload's execve. Its exit status is the payload's, or 128 + signal.
 * *note, behind the plan's arena, becomes the payload's wait status if that ended without having
 * executed its program. On failure to fork: -errno.
 */
int reaper_fork(const sigset_t *mask, int32_t *note, struct err *err);

#endif
