// SPDX-License-Identifier: Apache-2.0
/* Descriptions of terminals. */
#include <string.h>
#include <unistd.h>

#include "programs.h"

int terminfo_place(struct planning *p, const char *term, struct err *err)
{
	static const char *const dirs[] = {"/etc/terminfo", "/lib/terminfo", "/usr/share/terminfo"};
	struct arena *a = p->tree->arena;

	if (!*term || *term == '.' || strchr(term, '/') || strlen(term) > 64)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		const char *path = arena_printf(a, "%s/%c/%s", dirs[i], term[0], term);
		int r;

		if (access(path, F_OK) < 0)
			continue;
		r = tree_place(p->tree, path, "the description of this terminal", err);
		return r < 0 ? r : 1;
	}
	return 0;
}
