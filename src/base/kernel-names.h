// SPDX-License-Identifier: Apache-2.0
/*
 * Names of the kernel's constants, as manual pages, kokon's options and the OCI specification
 * spell them: each list is here once, for every parser, printer and `features`.
 */
#ifndef KOKON_KERNEL_NAMES_H
#define KOKON_KERNEL_NAMES_H

#include <stdint.h>
#include "names.h"

enum {
	CAPABILITY_COUNT = 41, /* CAP_CHOWN 0 … CAP_CHECKPOINT_RESTORE 40 (Linux 5.9) */
	RLIMITS_COUNT = 16,
};

/* "CAP_CHOWN" -> 0 … */
extern const struct name capability_names[];
/* "RLIMIT_AS" … */
extern const struct name rlimit_names[];
/* "SCHED_OTHER" …, "SCHED_FLAG_RESET_ON_FORK" …, "IOPRIO_CLASS_RT" … */
extern const struct name scheduler_policies[];
extern const struct name scheduler_flags[];
extern const struct name io_classes[];

enum namespace_type {
	NAMESPACE_USER,
	NAMESPACE_MNT,
	NAMESPACE_UTS,
	NAMESPACE_IPC,
	NAMESPACE_NET,
	NAMESPACE_PID,
	NAMESPACE_CGROUP,
	NAMESPACE_TIME,
	NAMESPACE_TYPES,
};

/* What each type is called in each place; the one list of namespaces. */
struct namespace_info {
	const char *name;     /* /proc/PID/ns/NAME, lsns, setns messages */
	const char *option;   /* unshare's and nsenter's long option */
	const char *oci;      /* runtime-spec linux.namespaces[].type */
	const char *children; /* the /proc/PID/ns file that a new namespace's children live in */
	uint64_t flag;        /* CLONE_NEW* */
	const char *purpose;  /* what is apart in it, for explanations */
};
extern const struct namespace_info namespace_infos[NAMESPACE_TYPES];

#endif
