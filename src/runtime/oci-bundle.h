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
	int root_error; /* what is wrong with the root: -ENOENT, -ENOTDIR …; 0: nothing */
};

/* `config` NULL: config.json in the bundle. Refuses what spec_check() calls an error. All memory is
 * in the arena. 0 or -errno. */
int oci_bundle(const char *bundle, const char *config, struct arena *a, struct oci_bundle *ret,
	       struct err *err);
/* The same, but a root that is wrong is only noted, and the config is not judged. */
int oci_bundle_read(const char *bundle, const char *config, struct arena *a, struct oci_bundle *ret,
		    struct err *err);

#endif
