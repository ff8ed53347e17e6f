// SPDX-License-Identifier: Apache-2.0
#include "namespaces.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

bool namespace_by_name(const char *name, enum namespace_type *ret)
{
	for (int i = 0; i < NAMESPACE_TYPES; i++) {
		const struct namespace_info *n = &namespace_infos[i];

		if (strcmp(name, n->name) == 0 || strcmp(name, n->option) == 0 ||
		    strcmp(name, n->oci) == 0) {
			*ret = (enum namespace_type)i;
			return true;
		}
	}
	return false;
}

int namespace_persist(pid_t pid, const struct namespace_persist *p, struct err *err)
{
	char source[64];

	snprintf(source, sizeof(source), "/proc/%d/ns/%s", (int)pid,
		 namespace_infos[p->type].children);
	if (mount(source, p->path, NULL, MS_BIND, NULL) == 0)
		return 0;
	err_errno(err, "cannot keep the %s namespace on '%s'", namespace_infos[p->type].name,
		  p->path);
	if (err->code == ENOENT)
		err_remedy(err, "the file must exist: touch '%s'", p->path);
	else if (err->code == EINVAL && p->type == NAMESPACE_MNT)
		err_remedy(
			err,
			"a mount namespace can be kept only on a mount that is not shared: "
			"mount --bind DIR DIR && mount --make-private DIR, and put the file there");
	else if (err->code == EPERM)
		err_remedy(err, "only root may bind a namespace on a file of the host");
	return -err->code;
}
