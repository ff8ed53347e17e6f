// SPDX-License-Identifier: Apache-2.0
#include "oci-update.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cgroup.h"
#include "file.h"
#include "helper.h"
#include "oci-debug.h"
#include "oci-group.h"
#include "oci-store.h"
#include "rdt.h"
#include "scope.h"

enum { RESOURCES_MAX = 4 << 20 };

static int read_resources(const char *path, struct arena *a, struct spec_resources **ret,
			  struct err *err)
{
	FREE_PTR char *text = NULL;
	ssize_t n = strcmp(path, "-") == 0 ? read_fd(STDIN_FILENO, RESOURCES_MAX, &text)
					   : read_file_at(AT_FDCWD, path, RESOURCES_MAX, &text);

	if (n < 0)
		return err_set(err, (int)-n, "cannot read the resources from '%s'", path);
	return spec_decode_resources(a, arena_strndup(a, text, (size_t)n), (size_t)n, ret, err);
}

/* Version 2 has both in one file: a period alone would lift the quota. */
static void keep_quota(struct arena *a, const struct state *state, struct spec_cpu *cpu)
{
	char line[64];

	if (!cpu->period.given || !cpu->period.value || (cpu->quota.given && cpu->quota.value))
		return;
	for (const char *const *dir = state->cgroups; *dir; dir++)
		if (read_line_at(AT_FDCWD, arena_printf(a, "%s/cpu.max", *dir), line,
				 sizeof(line)) > 0)
			cpu->quota = (struct opt_i64){*line != 'm', strtoll(line, NULL, 10)};
}

static int apply(struct arena *a, const struct oci_container *c, const struct spec_resources *r,
		 struct err *err)
{
	struct cgroup_limits limits;
	struct cgroup_request request = {.limits = &limits, .flags = CGROUP_EXISTING};
	struct cgroup_layout *layout = NULL;
	struct cgroup_plan *plan = NULL;
	char helper[512];
	struct spec_resources changed = *r;
	struct spec_cpu cpu;
	int e;

	if (r->cpu) {
		cpu = *r->cpu;
		keep_quota(a, &c->state, &cpu);
		changed.cpu = &cpu;
	}
	e = oci_limits(a, &changed, &limits, err);
	if (e == 0)
		e = cgroup_layout_probe(a, &layout, err);
	if (e < 0)
		return e;
	if (!cgroup_limits_any(&limits))
		return 0;
	request.path = oci_group_name(a, layout, &c->state);
	if (!request.path)
		return err_set(err, 0, "the container '%s' has no control group", c->id);
	if (r->memory &&
	    !(r->memory->check_before_update.given && r->memory->check_before_update.value))
		request.flags |= CGROUP_UNCHECKED;
	e = cgroup_make_plan(a, layout, &request, &plan, err);
	if (e == 0)
		e = cgroup_create(plan, err);
	/* A group of that name need not be systemd's: then there is nobody to tell. */
	if (e == 0 && c->state.cgroups[0] &&
	    helper_path("kokon-systemd", helper, sizeof(helper), NULL) == 0)
		scope_update(a, c->state.cgroups[0], helper, &limits, NULL);
	return e;
}

static int apply_rdt(struct arena *a, const struct oci_container *c, const struct oci_update *q,
		     struct err *err)
{
	const char *root, *class;
	struct spec *spec;
	int r;

	if (!q->l3_cache_schema && !q->mem_bw_schema)
		return 0;
	r = oci_config(c, a, true, &spec, err);
	if (r < 0)
		return r;
	if (!oci_rdt_class(a, spec, c->id, &root, &class)) {
		err_set(err, 0, "the container '%s' has no class of service", c->id);
		return err_remedy(err, "it gets one by linux.intelRdt in its config.json");
	}
	return rdt_change(class, q->l3_cache_schema, q->mem_bw_schema, err);
}

int oci_update(const struct oci *o, const struct oci_update *q, struct err *err)
{
	OCI_CONTAINER_CLEANUP struct oci_container c = OCI_CONTAINER_NONE;
	struct spec_resources *resources = NULL;
	struct arena a;
	int r = oci_open_id(o->root, q->id, 0, &a, &c, err);

	if (r == 0 && c.pidfd < 0)
		r = err_set(err, 0, "cannot update '%s': container not running", q->id);
	if (r == 0 && q->resources)
		r = read_resources(q->resources, &a, &resources, err);
	if (r == 0)
		oci_debug_state(o, "update", &c.state);
	if (r == 0)
		r = apply(&a, &c, resources ? resources : &q->values, err);
	return r < 0 || q->resources ? r : apply_rdt(&a, &c, q, err);
}
