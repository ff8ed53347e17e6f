// SPDX-License-Identifier: Apache-2.0
/* Making each kind of namespace, and what its end adds to the wait for its only process. */
#include "costs.h"

#include <linux/sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static double clone_until_return(long flags)
{
	double start = now_us(), took;
	pid_t pid = clone_with((uint64_t)flags);

	if (pid == 0)
		_exit(0);
	took = now_us() - start;
	return pid < 0 || waitpid(pid, NULL, 0) != pid ? -1 : took;
}

static void unshare_body(long flags)
{
	double start = now_us();

	if (syscall(SYS_unshare, flags) == 0)
		child_result[0] = now_us() - start;
}

static double unshare_call(long flags)
{
	return in_child(0, unshare_body, flags);
}

static double exit_until_wait(long flags)
{
	pid_t pid = clone_with((uint64_t)flags);

	if (pid == 0) {
		child_result[0] = now_us();
		_exit(0);
	}
	return pid < 0 || waitpid(pid, NULL, 0) != pid ? -1 : now_us() - child_result[0];
}

#define ALL_BUT_NET (CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWCGROUP)
#define THREE_OF(name, flags)                                                                      \
	{"clone3 " name, clone_until_return, flags}, {"unshare " name, unshare_call, flags},       \
	{                                                                                          \
		"exit until wait " name, exit_until_wait, flags                                    \
	}

static const struct probe probes[] = {
	THREE_OF("nothing", 0),
	THREE_OF("mnt", CLONE_NEWNS),
	THREE_OF("uts", CLONE_NEWUTS),
	THREE_OF("ipc", CLONE_NEWIPC),
	THREE_OF("net", CLONE_NEWNET),
	THREE_OF("pid", CLONE_NEWPID),
	THREE_OF("cgroup", CLONE_NEWCGROUP),
	THREE_OF("user", CLONE_NEWUSER),
	THREE_OF("mnt uts ipc pid cgroup", ALL_BUT_NET),
	THREE_OF("mnt uts ipc pid cgroup net", ALL_BUT_NET | CLONE_NEWNET),
};

const struct group namespaces_group = {"namespaces", probes, sizeof(probes) / sizeof(*probes)};
