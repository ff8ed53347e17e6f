// SPDX-License-Identifier: Apache-2.0
/* The control group of a container that exists, from its record. */
#ifndef KOKON_OCI_GROUP_H
#define KOKON_OCI_GROUP_H

#include "cgroup.h"
#include "spec.h"
#include "state.h"

/* Where it is now; *ret_layout and *ret may each be NULL. Returns its name's place in the arena
 * through the plan's path. 0 or -errno. */
int oci_group(struct arena *a, const struct state *state, struct cgroup_plan **ret,
	      struct cgroup_layout **ret_layout, struct err *err);
/* Its name below the base of its hierarchy, which becomes another one where that is a user's
 * systemd's. NULL: there is none. */
const char *oci_group_name(struct arena *a, struct cgroup_layout *layout,
			   const struct state *state);

/* The class of resctrl that its config asks for: its directory in the arena and where resctrl is
 * mounted. False: none. */
bool oci_rdt_class(struct arena *a, const struct spec *spec, const char *id, const char **ret_root,
		   const char **ret);

#endif
