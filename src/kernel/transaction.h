// SPDX-License-Identifier: Apache-2.0
/*
 * Transactions: work that leaves nothing half done when its process is killed.
 *
 * The work is done by a child, and the caller waits. When the caller is killed the child
 * finishes; when the child is killed, or the work fails, what it did is undone. Signals that can
 * be blocked do not reach the child. Only both killed at once can leave something.
 */
#ifndef KOKON_TRANSACTION_H
#define KOKON_TRANSACTION_H

#include "err.h"

/*
 * Child and caller have one memory. `work` returns 0 or -errno with the message. `undo` is called
 * when it failed (in the child) or died (in the caller), and takes back whatever is there; it may
 * find nothing. Returns what `work` returned, or -EINTR when it died.
 */
int transaction_run(int (*work)(void *arg, struct err *err), void (*undo)(void *arg), void *arg,
		    struct err *err);

#endif
