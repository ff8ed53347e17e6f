// SPDX-License-Identifier: Apache-2.0
/* A bundle: a directory with a config.json, and the root that it names (bundle.md). */
#ifndef KOKON_OCI_BUNDLE_H
#define KOKON_OCI_BUNDLE_H

#include "spec.h"

struct oci_bundle {
	const char *path;   /* absolute, links resolved */
	const char *rootfs; /* the same; NULL: the config names none */
	const char *text;   /* of the config */
	size_t len;
	struct spec *spec;
};

/* `config` NULL: config.json in the bundle. All memory is in the arena. 0 or -errno. */
int oci_bundle(const char *bundle, const char *config, struct arena *a, struct oci_bundle *ret,
	       struct err *err);

#endif
