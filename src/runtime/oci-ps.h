// SPDX-License-Identifier: Apache-2.0
/* The processes of a container, with and without a control group. */
#ifndef KOKON_OCI_PS_H
#define KOKON_OCI_PS_H

#include "oci-store.h"

/* Of the container and all groups below its own; the caller frees. 0 or -errno. */
int oci_pids(const struct oci_container *c, pid_t **ret, size_t *ret_n, struct err *err);

#endif
