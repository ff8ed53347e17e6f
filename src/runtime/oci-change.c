// SPDX-License-Identifier: Apache-2.0
/* pause and resume. */
#include <fcntl.h>
#include "cgroup.h"
#include "oci-store.h"
#include "oci.h"

static int freeze(const struct oci *o, const char *id, bool frozen, struct err *err)
{
	OCI_CONTAINER_CLEANUP struct oci_container c = OCI_CONTAINER_NONE;
	CLOSE_FD int dir = -1;
	struct arena a;
	int r = oci_open_id(o->root, id, 0, &a, &c, err);

	/* A `start` that is frozen half-way would wait for `resume`. */
	if (r == 0 && frozen && c.state.status != STATE_RUNNING)
		r = oci_lock(&c, &a, err);
	if (r < 0)
		return r;
	if (frozen ? c.status != OCI_RUNNING && c.status != OCI_CREATED : c.status != OCI_PAUSED) {
		err_set(err, 0, "container '%s' is not %s: it is %s", id,
			frozen ? "running" : "paused", value_to_name(oci_statuses, c.status));
		return -EINVAL;
	}
	dir = oci_freezer(&c.state, err);
	return dir < 0 ? dir : cgroup_freeze_fd(dir, frozen, err);
}

int oci_pause(const struct oci *o, const char *id, struct err *err)
{
	return freeze(o, id, true, err);
}

int oci_resume(const struct oci *o, const char *id, struct err *err)
{
	return freeze(o, id, false, err);
}
