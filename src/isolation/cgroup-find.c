// SPDX-License-Identifier: Apache-2.0
/* Where a group of a name exists now. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"

static bool exists(struct arena *a, const struct cgroup_hierarchy *h, const char *dir)
{
	const char *path = arena_printf(a, "%s/%s/cgroup.procs", h->mount, dir);

	return faccessat(AT_FDCWD, path, F_OK, 0) == 0;
}

static void add_place(struct arena *a, const struct cgroup_hierarchy *h, struct cgroup_place *in,
		      uint32_t *n, const char *path)
{
	const char *base = h->base ? h->base : "";
	const char *dir = !*base || !*path ? arena_strdup(a, *base ? base : path)
					   : arena_printf(a, "%s/%s", base, path);

	if (exists(a, h, dir))
		in[(*n)++] = (struct cgroup_place){.version = h->version,
						   .controllers = h->present,
						   .label = h->label,
						   .mount = h->mount,
						   .dir = dir,
						   .base = base};
}

int cgroup_find(struct arena *a, const struct cgroup_layout *l, const char *path,
		struct cgroup_plan **ret, struct err *err)
{
	struct cgroup_place in[CGROUP_MAX_HIERARCHIES];
	struct cgroup_plan *p = arena_new(a, struct cgroup_plan);
	int v2 = cgroup_layout_v2(l), r = cgroup_path_check(a, l, path, &p->path, err);
	bool any = false;

	if (r < 0)
		return r;
	/* Where something is ours, names count from there. Looking needs nothing of one's own:
	 * then names count from the top. */
	for (uint32_t i = 0; i < l->n; i++)
		any |= l->h[i].base != NULL;
	for (uint32_t k = 0; k < l->n; k++) { /* v2 comes first */
		uint32_t i = v2 < 0 ? k : k == 0 ? (uint32_t)v2 : k <= (uint32_t)v2 ? k - 1 : k;

		if (l->h[i].base || !any)
			add_place(a, &l->h[i], in, &p->n_in, p->path);
	}
	if (p->n_in == 0) {
		err_set(err, ENOENT, "no group '%s'", path);
		if (l->n == 0)
			return err_remedy(err, "no cgroup file system is mounted; as root: mount "
					       "-t cgroup2 cgroup2 /sys/fs/cgroup");
		return err_remedy(
			err, "'kokon cgroup list' names them; 'kokon cgroup create %s' makes it",
			path);
	}
	p->in = memcpy(arena_array(a, struct cgroup_place, p->n_in), in, p->n_in * sizeof(*in));
	*ret = p;
	return 0;
}

uint32_t cgroup_parent_places(struct arena *a, const struct cgroup_layout *l, const char *path)
{
	int v2 = cgroup_layout_v2(l);
	uint32_t bits = v2 >= 0 && l->h[v2].base ? 1U << v2 : 0;
	const char *checked;
	size_t len;

	if (cgroup_path_check(a, l, path, &checked, NULL) < 0)
		return bits;
	len = strcspn(checked,
		      "/"); /* the topmost part is in every hierarchy that a lower one is in */
	if (!checked[len])
		return bits;
	for (uint32_t i = 0; i < l->n; i++) {
		const struct cgroup_hierarchy *h = &l->h[i];

		if (h->base && exists(a, h,
				      arena_printf(a, "%s%s%.*s", h->base, *h->base ? "/" : "",
						   (int)len, checked)))
			bits |= 1U << i;
	}
	return bits;
}

uint32_t cgroup_found_in(const struct cgroup_layout *l, const struct cgroup_plan *found)
{
	uint32_t bits = 0;

	for (uint32_t k = 0; k < found->n_in; k++)
		for (uint32_t i = 0; i < l->n; i++)
			if (strcmp(l->h[i].mount, found->in[k].mount) == 0)
				bits |= 1U << i;
	return bits;
}
