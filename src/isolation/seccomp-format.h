// SPDX-License-Identifier: Apache-2.0
/*
 * What kokon-seccomp gives to kokon: the form of a compiled profile, and the template of the
 * default profile that is made when kokon is built (see seccomp-filter.h).
 */
#ifndef KOKON_SECCOMP_FORMAT_H
#define KOKON_SECCOMP_FORMAT_H

#include <linux/filter.h>
#include <stdint.h>

#define SECCOMP_FORMAT_MAGIC                                                                       \
	0x4b534332                    /* "KSC2"; changes with the form and with the rules of       \
					 translation, so that old cached programs are unused */
#define SECCOMP_PROFILE_MAX (1 << 20) /* bytes of a profile */
#define SECCOMP_MARKER      0xf00     /* errno that stands for class 0 in the template */

/* Followed by `count` instructions. */
struct seccomp_format {
	uint32_t magic;
	uint32_t flags;  /* SECCOMP_FILTER_FLAG_* that the profile asks for */
	uint32_t notify; /* 1: needs a listener */
	uint32_t count;
};

/* Where the template returns SECCOMP_RET_ERRNO with SECCOMP_MARKER + i, class i decides. */
struct seccomp_class {
	uint64_t caps;      /* any of these in the bounding set: allowed */
	uint32_t otherwise; /* errno */
};

extern const struct seccomp_class seccomp_default_classes[];
extern const uint32_t seccomp_default_classes_count;
extern const struct sock_filter seccomp_default_program[];
extern const uint32_t seccomp_default_program_count;

#endif
