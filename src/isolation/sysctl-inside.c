// SPDX-License-Identifier: Apache-2.0
#include "sysctl.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/vfs.h>
#include "file.h"

static int write_value(const struct sysctl *s, int proc, struct err *err)
{
	CLOSE_FD int fd = open_how(proc, s->path, O_WRONLY, 0,
				   RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV |
					   RESOLVE_NO_MAGICLINKS);
	size_t n = strlen(s->value);
	ssize_t done;

	if (fd == -ENOENT && s->optional)
		return 0;
	if (fd < 0) {
		err_set(err, -fd, "cannot set kernel parameter '%s'", s->key);
		if (fd == -ENOENT)
			err_remedy(err, "this kernel does not have it, or has it for the whole "
					"machine only");
		return fd;
	}
	do
		done = write(fd, s->value, n);
	while (done < 0 && errno == EINTR);
	if (done < 0)
		return err_errno(err, "cannot set kernel parameter '%s' to '%s'", s->key, s->value);
	return 0;
}

int sysctl_apply(const struct sysctl_plan *plan, int proc, struct err *err)
{
	struct statfs fs;

	if (plan->count == 0)
		return 0;
	if (fstatfs(proc, &fs) < 0)
		return err_errno(err, "cannot set kernel parameters: cannot examine procfs");
	if (fs.f_type != PROC_SUPER_MAGIC)
		return err_set(err, 0, "cannot set kernel parameters: no procfs at hand");
	for (uint32_t i = 0; i < plan->count; i++) {
		int r = write_value(&plan->list[i], proc, err);

		if (r < 0)
			return r;
	}
	return 0;
}
