// SPDX-License-Identifier: Apache-2.0
#include "root.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "file.h"

static int refused(const struct root_plan *plan, struct err *err)
{
	err_errno(err, "cannot change the root directory to '%s'", plan->directory);
	if (err->code == EPERM)
		err_remedy(err,
			   "chroot takes CAP_SYS_CHROOT: run it as root, or in a user namespace: "
			   "kokon unshare -r -R '%s'",
			   plan->directory);
	return -err->code;
}

/* chroot(2) by descriptor goes through the working directory, which must stay what it is when
 * no other is asked for. */
static int change_to_handle(const struct root_plan *plan, const int *handles)
{
	CLOSE_FD int here = -1;

	if (!plan->cwd && plan->cwd_handle < 0) {
		here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (here < 0)
			return -errno;
	}
	if (fchdir(handles[plan->handle]) < 0 || chroot(".") < 0)
		return -errno;
	return here >= 0 && fchdir(here) < 0 ? -errno : 0;
}

int root_change(const struct root_plan *plan, const int *handles, struct err *err)
{
	if (plan->change && plan->handle >= 0) {
		if (change_to_handle(plan, handles) < 0)
			return refused(plan, err);
	} else if (plan->change && chroot(plan->directory) < 0) {
		return refused(plan, err);
	}
	if (plan->cwd_handle >= 0 && fchdir(handles[plan->cwd_handle]) < 0)
		return err_errno(err, "cannot change to the working directory");
	if (plan->cwd && chdir(plan->cwd) < 0)
		return err_errno(err, "cannot change to the directory '%s'", plan->cwd);
	return 0;
}

int binfmt_register(const struct binfmt_plan *plan, struct err *err)
{
	char path[512];
	int r;

	snprintf(path, sizeof(path), "%s/register", plan->directory);
	r = write_file_at(AT_FDCWD, path, plan->rule);
	if (r == 0)
		return 0;
	err_set(err, -r, "cannot register '%s' in '%s'", plan->rule, path);
	if (r == -EINVAL)
		err_remedy(err, "the form is :name:type:offset:magic:mask:interpreter:flags, see "
				"binfmt-misc in the kernel's documentation");
	return r;
}
