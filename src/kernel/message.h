// SPDX-License-Identifier: Apache-2.0
/*
 * Messages with descriptors over a SOCK_SEQPACKET socket (unix(7), SCM_RIGHTS).
 * A message arrives whole or not at all; received descriptors are O_CLOEXEC.
 */
#ifndef KOKON_MESSAGE_H
#define KOKON_MESSAGE_H

#include <stddef.h>

enum { MESSAGE_FDS_MAX = 240 }; /* the kernel takes 253 (SCM_MAX_FD) */

/* A connected pair, both O_CLOEXEC. 0 or -errno. */
int message_pair(int ret_fds[2]);

/* Send `data` and n descriptors, which stay the caller's. 0 or -errno. */
int message_send(int sock, const void *data, size_t len, const int *fds, size_t n);

/*
 * Receive exactly `len` bytes, and either n descriptors into fds, which become the caller's, or
 * none (then fds are all -1). Returns 0, -ECONNRESET at the peer's end, -EBADMSG for any other
 * shape (then every received descriptor is closed), or -errno.
 */
int message_receive(int sock, void *data, size_t len, int *fds, size_t n);

#endif
