// SPDX-License-Identifier: Apache-2.0
/* What the caller of create, run and exec is told of the new process: its pid, its terminal. */
#ifndef KOKON_OCI_HANDOVER_H
#define KOKON_OCI_HANDOVER_H

#include <sys/types.h>
#include "err.h"

/* The pid in decimal, without a newline; appears whole or not at all. 0 or -errno. */
int oci_write_pid(const char *path, pid_t pid, struct err *err);
/* Send one descriptor, and a text that says what it is, to the listening socket at `path`. */
int oci_send_fd(const char *path, int fd, const char *text, struct err *err);
/* Are the descriptors 3 … 2+n open, as --preserve-fds promises? 0 or -EBADF. */
int oci_check_preserved(uint32_t n, struct err *err);

#endif
