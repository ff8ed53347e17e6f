// SPDX-License-Identifier: Apache-2.0
/*
 * A seccomp profile as it is written: JSON of Docker's form, which includes that of
 * linux.seccomp in an OCI config (runtime-spec, config-linux.md, "Seccomp").
 *
 * Reading decides what depends on the machine (architecture, kernel); what depends on the
 * capabilities stays in the rules.
 */
#ifndef KOKON_SECCOMP_PROFILE_H
#define KOKON_SECCOMP_PROFILE_H

#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "arena.h"
#include "err.h"

enum { PROFILE_ARCHES_MAX = 24, PROFILE_ARGS_MAX = 6 };

struct profile_rule {
	char **names; /* ends with NULL */
	uint32_t action;
	size_t args_count;
	struct scmp_arg_cmp args[PROFILE_ARGS_MAX];
	uint64_t include_caps; /* the rule holds if all of these are there … */
	uint64_t exclude_caps; /* … and none of these */
};

struct profile {
	uint32_t default_action;
	size_t arches_count;
	uint32_t arches[PROFILE_ARCHES_MAX]; /* SCMP_ARCH_*, the native one among them */
	uint32_t flags;                      /* SECCOMP_FILTER_FLAG_* */
	bool notify;                         /* some rule asks a listener */
	size_t rules_count;
	struct profile_rule *rules;
};

/* `kernel` is major << 16 | minor, for the minKernel conditions. Returns 0 or -EINVAL. */
int profile_read(const char *text, size_t len, uint32_t kernel, struct arena *a,
		 struct profile *ret, struct err *err);

#endif
