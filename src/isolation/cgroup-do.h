// SPDX-License-Identifier: Apache-2.0
/* Shared by the doing halves of the cgroup module; not for others. */
#ifndef KOKON_CGROUP_DO_H
#define KOKON_CGROUP_DO_H

#include "cgroup.h"

bool cgroup_is_cgroupfs(int fd);
bool cgroup_is_v2(int fd);
/* The mount point, checked to be a cgroup file system. A descriptor or -errno. */
int cgroup_open_mount(const char *mount, struct err *err);
/* Why a write was refused, what the kernel takes instead, and the remedy. */
int cgroup_diagnose_write(const struct cgroup_plan *p, const struct cgroup_op *op, int mount,
			  int code, struct err *err);

#endif
