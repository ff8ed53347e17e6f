// SPDX-License-Identifier: Apache-2.0
/*
 * What a process that enters a named network namespace gets to see, as `ip netns exec` shows it:
 * a /sys of that namespace, and the files of /etc/netns/NAME over those of /etc. Other than
 * there, what is mounted below /sys (control groups, tracefs, bpf …) stays where it was.
 */
#ifndef KOKON_NETNS_ENTER_H
#define KOKON_NETNS_ENTER_H

#include "err.h"
#include "out.h"

/*
 * Enter the namespace, with a mount namespace of its own. What could not be shown is said in
 * `notes`, one a line, and is no failure. 0 or -errno.
 */
int netns_enter(int netns, const char *name, struct out *notes, struct err *err);
/* A shell script that does the same and then runs argv. */
void netns_explain_enter(const char *path, const char *name, char *const *argv, struct out *o);

#endif
