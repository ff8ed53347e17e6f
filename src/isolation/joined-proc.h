// SPDX-License-Identifier: Apache-2.0
/*
 * A procfs of a PID namespace that its mounter is not in (fsopen(2), proc(5)).
 */
#ifndef KOKON_JOINED_PROC_H
#define KOKON_JOINED_PROC_H

/*
 * Inside half. A context of fsopen(2) for the procfs of the PID namespace `pidns`, whose processes
 * may be hostile; as mount_new_from() takes it. A descriptor or -errno.
 */
int joined_proc_open(int pidns);
/* What is done where the kernel cannot say it by an option; for tests. */
int joined_proc_open_by_helper(int pidns);

#endif
