// SPDX-License-Identifier: Apache-2.0
/*
 * `features`: what this runtime implements (features.md, features-linux.md), from the tables that
 * the decoder reads.
 */
#ifndef KOKON_OCI_FEATURES_H
#define KOKON_OCI_FEATURES_H

#include "out.h"
#include "spec.h"

/* What the tables do not say. */
struct features_build {
	const char *version;        /* of kokon */
	const char *libseccomp;     /* version that kokon-seccomp is linked with; NULL: unknown */
	bool systemd;               /* the systemd driver is installed */
	bool criu;                  /* checkpoint and restore are */
	uint64_t seccomp_supported; /* SECCOMP_FILTER_FLAG_* that can be used */
};

void features_put(const struct features_build *b, struct out *o);

/* Annotations of a config.json that change how a container is made, beyond the specification. */
extern const char *const features_unsafe_annotations[];

#endif
