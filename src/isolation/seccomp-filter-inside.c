// SPDX-License-Identifier: Apache-2.0
#include "seccomp-filter.h"

#include <linux/seccomp.h>
#include <sys/syscall.h>

int seccomp_filter_load(const struct seccomp_program *program, int *ret_listener, struct err *err)
{
	struct sock_fprog f = {
		.len = (unsigned short)program->count,
		.filter = (struct sock_filter *)program->code,
	};
	unsigned flags = program->flags;
	long r;

	if (program->count == 0) {
		*ret_listener = -1;
		return 0;
	}
	/* A listener cannot be combined with TSYNC, which means nothing for a single thread. */
	if (program->notify)
		flags = (flags & ~SECCOMP_FILTER_FLAG_TSYNC) | SECCOMP_FILTER_FLAG_NEW_LISTENER;
	r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &f);
	if (r < 0 && errno == EINVAL && program->flags)
		return err_errno(err, "cannot load the seccomp filter with flags %#x", flags);
	if (r < 0)
		return err_errno(err, "cannot load the seccomp filter of %u instructions",
				 program->count);
	*ret_listener = program->notify ? (int)r : -1;
	return 0;
}
