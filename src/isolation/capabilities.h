// SPDX-License-Identifier: Apache-2.0
/*
 * Capabilities: the units that the superuser's power is divided into (capabilities(7)).
 *
 * A set is a 64-bit mask, bit n being capability n. The host half knows the names and decides
 * the sets; the inside half gives them to the process that becomes the payload, by prctl(2)
 * PR_CAPBSET_DROP and PR_CAP_AMBIENT and by capset(2).
 */
#ifndef KOKON_CAPABILITIES_H
#define KOKON_CAPABILITIES_H

#include <stdbool.h>
#include <stdint.h>
#include "err.h"
#include "kernel-names.h"
#include "out.h"

#define CAPABILITIES_ALL  ((UINT64_C(1) << CAPABILITY_COUNT) - 1)
#define CAPABILITY_BIT(n) (UINT64_C(1) << (n))

/* What containers get unless told otherwise: CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW
 * SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE, as Docker. */
#define CAPABILITIES_DEFAULT UINT64_C(0xa80425fb)

/* The five sets of a process. In the OCI config: process.capabilities. */
struct capset {
	uint64_t bounding;
	uint64_t effective;
	uint64_t permitted;
	uint64_t inheritable;
	uint64_t ambient;
};

/* What the inside half is to do; part of a plan. */
struct capabilities_plan {
	uint32_t change;  /* 0: leave all sets as they are */
	uint32_t by_user; /* 1: `other` is for a payload whose uid is not 0 */
	struct capset set;
	struct capset other;
	uint64_t lacking; /* asked for but not possessed by who starts the container; only noted */
};

/* "CAP_NET_RAW", "net_raw" … -> number. Returns 0 or -EINVAL (the message suggests the nearest). */
int capability_from_name(const char *name, int *ret_capability, struct err *err);
/* A list separated by commas, "ALL" being every capability; adds to *mask.
 * Returns 0 or -EINVAL, *mask being untouched. */
int capabilities_parse(const char *list, uint64_t *mask, struct err *err);
/* "CAP_CHOWN,CAP_KILL" in the order of their numbers; nothing for an empty mask. */
void capabilities_print(uint64_t mask, struct out *o);

/*
 * The bounding set that --cap-add and --cap-drop make of `base`, as podman-run(1): "ALL" dropped
 * leaves what is added; "ALL" added leaves all but what is dropped; a name in both is an error,
 * and so is ALL in both. `add` and `drop` end with NULL, may be NULL, and hold lists as
 * capabilities_parse() takes them. *ret_added are those named in `add` (all, for ALL).
 * Returns 0 or -EINVAL.
 */
int capabilities_merge(uint64_t base, const char *const *add, const char *const *drop,
		       uint64_t *ret_bounding, uint64_t *ret_added, struct err *err);

/*
 * The plan for a payload: uid 0 gets all of `bounding`, effective and permitted; another user
 * gets only what was `added` by name (and that ambient, hence inheritable too, for otherwise
 * execve(2) takes it away). `have` is what can be given: capabilities_of_self(), or
 * CAPABILITIES_ALL where a new user namespace is made; what is not in it goes to `lacking`.
 */
struct capabilities_plan capabilities_plan_for(uint64_t bounding, uint64_t added, uint64_t have);
/* The same for sets given one by one (an OCI config): each is cut to what `have` allows; ambient
 * ones that are not permitted and inheritable too are dropped, as the kernel would refuse them. */
struct capabilities_plan capabilities_plan_sets(const struct capset *asked, uint64_t have);

/* What this process could give to a child without a new user namespace: permitted and in its
 * bounding set (capget(2), PR_CAPBSET_READ). Returns 0 or -errno. */
int capabilities_of_self(uint64_t *ret_have);

/*
 * The inside half: three steps around the change of credentials.
 *
 *   capabilities_before_ids()   bounding set cut, permitted set kept over setresuid(2)
 *   … setgroups, setresgid, setresuid …
 *   capabilities_after_ids()    what was permitted is effective again, for the steps that follow
 *   … a seccomp filter, unless no_new_privs is set …
 *   capabilities_finish()       the final sets; only execve should follow
 *
 * `uid` is the payload's. finish() makes three to 44 calls of capset(2) and prctl(2), which a
 * filter loaded before must let through. Return 0 or -errno.
 */
int capabilities_before_ids(const struct capabilities_plan *plan, uint32_t uid, struct err *err);
int capabilities_after_ids(const struct capabilities_plan *plan, struct err *err);
int capabilities_finish(const struct capabilities_plan *plan, uint32_t uid, struct err *err);
/* Between after_ids() and finish(): keep but the final sets and `extra`. */
int capabilities_reduce(const struct capabilities_plan *plan, uint32_t uid, uint64_t extra,
			struct err *err);

/* Make every permitted capability inheritable and ambient, so that it outlives execve(2) of an
 * ordinary program by an ordinary user: --keep-caps of unshare(1) and nsenter(1). */
int capabilities_keep(struct err *err);

#endif
