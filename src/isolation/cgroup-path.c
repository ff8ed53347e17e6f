// SPDX-License-Identifier: Apache-2.0
/* The name of a group, as users write it: the same in every hierarchy. */
#include <string.h>

#include "cgroup-limits.h"
#include "parse.h"

static int check_part(const char *part, size_t len, const char *path, struct err *err)
{
	if (len == 0 || (len == 1 && part[0] == '.'))
		return err_set(err, 0, "group name '%s' has an empty part", path);
	if (len == 2 && part[0] == '.' && part[1] == '.') {
		err_set(err, 0, "group name '%s' leads out of the tree", path);
		return err_remedy(err, "write the name from the top, without '..'");
	}
	if (len > 255)
		return err_set(err, 0, "group name '%.40s…' has a part of more than 255 bytes",
			       path);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)part[i] < ' ' || part[i] == 127)
			return err_set(err, 0, "group name '%.80s' holds a control character",
				       path);
	if (strncmp(part, "cgroup.", 7) == 0 || (cgroup_controller_of_file(part) >= 0)) {
		err_set(err, 0, "group name '%.*s' looks like one of the kernel's files", (int)len,
			part);
		return err_remedy(err,
				  "choose a name that does not begin with a controller and a dot");
	}
	return 0;
}

/* An absolute name is one from the top of the tree, which must be at or below a base. */
static int strip_base(const struct cgroup_layout *l, const char **path, struct err *err)
{
	const char *best = NULL;
	bool any = false;

	for (uint32_t i = 0; i < l->n; i++) {
		const struct cgroup_hierarchy *h = &l->h[i];
		size_t len = strlen(h->mount);

		if (strncmp(*path, h->mount, len) == 0 && ((*path)[len] == '/' || !(*path)[len])) {
			err_set(err, 0, "'%s' is a directory, not the name of a group", *path);
			return err_remedy(err,
					  "a name is the same in every hierarchy; write it without "
					  "'%s': '%s'",
					  h->mount, (*path)[len] ? *path + len + 1 : "/");
		}
		if (!h->base)
			continue;
		any = true;
		len = strlen(h->base);
		if (len == 0)
			best = *path + 1;
		else if (strncmp(*path + 1, h->base, len) == 0 && (*path)[len + 1] == '/')
			best = *path + len + 2;
		else if (strcmp(*path + 1, h->base) == 0)
			best = *path + len + 1;
	}
	if (!any) /* only to look at */
		best = *path + 1;
	if (!best) {
		err_set(err, EPERM, "group '%s' is outside of the tree that is delegated to you",
			*path);
		return err_remedy(
			err,
			"give a name without the leading '/': it is taken below your own part");
	}
	*path = best;
	return 0;
}

int cgroup_path_check(struct arena *a, const struct cgroup_layout *l, const char *path,
		      const char **ret, struct err *err)
{
	const char *at = path, *part;
	size_t len, deep = 0;
	char *copy;

	if (strlen(path) > 2000)
		return err_set(err, 0, "group name '%.40s…' is too long", path);
	if (strcmp(path, "/") == 0) {
		*ret = "";
		return 0;
	}
	while (path[0] == '/' && path[1] == '/')
		at = ++path;
	if (*path == '/') {
		int r = strip_base(l, &at, err);

		if (r < 0)
			return r;
	}
	copy = arena_strdup(a, at);
	for (len = strlen(copy); len && copy[len - 1] == '/'; len--)
		copy[len - 1] = '\0';
	at = copy;
	for (const char *c = copy; *c; c++)
		deep += *c == '/';
	if (deep >= 60)
		return err_set(err, 0, "group name '%.40s…' has more than 60 parts", path);
	while (*copy && next_field(&at, '/', &part, &len)) {
		int r = check_part(part, len, path, err);

		if (r < 0)
			return r;
	}
	*ret = copy;
	return 0;
}
