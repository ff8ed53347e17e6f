// SPDX-License-Identifier: Apache-2.0
/* `update`: limits of a living container, from JSON or one by one. */
#ifndef KOKON_OCI_UPDATE_H
#define KOKON_OCI_UPDATE_H

#include "oci.h"
#include "spec.h"

struct oci_update {
	const char *id;
	const char *resources; /* file, "-" for standard input; NULL: from `values` */
	struct spec_resources values;
	const char *l3_cache_schema, *mem_bw_schema;
};

int oci_update(const struct oci *o, const struct oci_update *q, struct err *err);

#endif
