// SPDX-License-Identifier: Apache-2.0
#include "oci-group.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "rdt.h"

/* A user's systemd keeps groups beside the caller's own: what is above such a group is the base. */
static const char *beside(struct arena *a, struct cgroup_layout *layout, const char *dir)
{
	int v2 = cgroup_layout_v2(layout);
	struct cgroup_hierarchy *h = v2 < 0 ? NULL : &layout->h[v2];
	size_t mount = h ? strlen(h->mount) : 0;
	const char *slash = strrchr(dir, '/');
	char controllers[256];

	if (!h || strncmp(dir, h->mount, mount) != 0 || dir[mount] != '/' || slash <= dir + mount)
		return NULL;
	h->base = arena_strndup(a, dir + mount + 1, (size_t)(slash - dir) - mount - 1);
	if (read_line_at(AT_FDCWD, arena_printf(a, "%s/%s/cgroup.controllers", h->mount, h->base),
			 controllers, sizeof(controllers)) > 0)
		h->controllers = cgroup_controllers_parse(controllers, ' ');
	return slash + 1;
}

const char *oci_group_name(struct arena *a, struct cgroup_layout *layout, const struct state *state)
{
	const char *dir = state->cgroups[0];

	for (uint32_t i = 0; dir && i < layout->n; i++) {
		const struct cgroup_hierarchy *h = &layout->h[i];
		size_t mount = strlen(h->mount), base = h->base ? strlen(h->base) : 0;
		const char *rest = dir + mount + 1;

		if (!h->base || strncmp(dir, h->mount, mount) != 0 || dir[mount] != '/')
			continue;
		if (base == 0)
			return rest;
		if (strncmp(rest, h->base, base) == 0 && rest[base] == '/')
			return rest + base + 1;
	}
	return dir ? beside(a, layout, dir) : NULL;
}

int oci_group(struct arena *a, const struct state *state, struct cgroup_plan **ret,
	      struct cgroup_layout **ret_layout, struct err *err)
{
	struct cgroup_layout *layout;
	struct cgroup_plan *plan;
	const char *name;
	int r = cgroup_layout_probe(a, &layout, err);

	if (r < 0)
		return r;
	name = oci_group_name(a, layout, state);
	if (!name)
		return err_set(err, 0, "the container '%s' has no control group", state->name);
	r = cgroup_find(a, layout, name, &plan, err);
	if (r < 0)
		return r;
	if (ret)
		*ret = plan;
	if (ret_layout)
		*ret_layout = layout;
	return 0;
}

bool oci_rdt_class(struct arena *a, const struct spec *spec, const char *id, const char **ret_root,
		   const char **ret)
{
	const struct spec_intel_rdt *rdt = spec->linux_.intel_rdt;
	const char *root = rdt ? rdt_mounted(a) : NULL;

	if (!root)
		return false;
	*ret_root = root;
	*ret = arena_printf(a, "%s/%s", root, rdt->clos_id ? rdt->clos_id : id);
	return true;
}
