// SPDX-License-Identifier: Apache-2.0
/* check: everything that is wrong with a bundle, before it is run. */
#include "oci-bundle.h"
#include "oci.h"
#include "spec-check.h"

int oci_check(const char *bundle, struct out *ret, struct err *err)
{
	struct oci_bundle b;
	struct spec_problems problems;
	struct spec_surroundings around = {0};
	struct arena a;
	int r = arena_init(&a);

	if (r < 0)
		return err_set(err, -r, "cannot allocate memory");
	r = oci_bundle_read(bundle, NULL, &a, &b, err);
	if (r < 0)
		return r;
	around.root = b.root_error;
	spec_check(&a, b.spec, &around, &problems);
	for (uint32_t i = 0; i < problems.n; i++) {
		const struct spec_problem *p = &problems.list[i];

		out_printf(ret, "%s: %s: %s\n", p->severity == SPEC_ERROR ? "error" : "warning",
			   p->path, p->text);
		if (p->remedy)
			out_printf(ret, "  %s\n", p->remedy);
	}
	if (problems.n_errors == 0)
		return 0;
	return err_set(err, 0, "the bundle has %u error%s", problems.n_errors,
		       problems.n_errors == 1 ? "" : "s");
}
