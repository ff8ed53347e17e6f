// SPDX-License-Identifier: Apache-2.0
#include "kernel-names.h"

#include <linux/sched.h>
#include <sys/resource.h>
#include "macros.h"

#ifndef SCHED_EXT /* 6.12 */
#define SCHED_EXT 7
#endif

const struct name capability_names[] = {
	{"CAP_CHOWN", 0},
	{"CAP_DAC_OVERRIDE", 1},
	{"CAP_DAC_READ_SEARCH", 2},
	{"CAP_FOWNER", 3},
	{"CAP_FSETID", 4},
	{"CAP_KILL", 5},
	{"CAP_SETGID", 6},
	{"CAP_SETUID", 7},
	{"CAP_SETPCAP", 8},
	{"CAP_LINUX_IMMUTABLE", 9},
	{"CAP_NET_BIND_SERVICE", 10},
	{"CAP_NET_BROADCAST", 11},
	{"CAP_NET_ADMIN", 12},
	{"CAP_NET_RAW", 13},
	{"CAP_IPC_LOCK", 14},
	{"CAP_IPC_OWNER", 15},
	{"CAP_SYS_MODULE", 16},
	{"CAP_SYS_RAWIO", 17},
	{"CAP_SYS_CHROOT", 18},
	{"CAP_SYS_PTRACE", 19},
	{"CAP_SYS_PACCT", 20},
	{"CAP_SYS_ADMIN", 21},
	{"CAP_SYS_BOOT", 22},
	{"CAP_SYS_NICE", 23},
	{"CAP_SYS_RESOURCE", 24},
	{"CAP_SYS_TIME", 25},
	{"CAP_SYS_TTY_CONFIG", 26},
	{"CAP_MKNOD", 27},
	{"CAP_LEASE", 28},
	{"CAP_AUDIT_WRITE", 29},
	{"CAP_AUDIT_CONTROL", 30},
	{"CAP_SETFCAP", 31},
	{"CAP_MAC_OVERRIDE", 32},
	{"CAP_MAC_ADMIN", 33},
	{"CAP_SYSLOG", 34},
	{"CAP_WAKE_ALARM", 35},
	{"CAP_BLOCK_SUSPEND", 36},
	{"CAP_AUDIT_READ", 37},
	{"CAP_PERFMON", 38},            /* 5.8 */
	{"CAP_BPF", 39},                /* 5.8 */
	{"CAP_CHECKPOINT_RESTORE", 40}, /* 5.9 */
	{NULL, 0},
};

_Static_assert(ARRAY_SIZE(capability_names) == CAPABILITY_COUNT + 1, "one name per capability");

const struct name rlimit_names[] = {
	{"RLIMIT_AS", RLIMIT_AS},
	{"RLIMIT_CORE", RLIMIT_CORE},
	{"RLIMIT_CPU", RLIMIT_CPU},
	{"RLIMIT_DATA", RLIMIT_DATA},
	{"RLIMIT_FSIZE", RLIMIT_FSIZE},
	{"RLIMIT_LOCKS", RLIMIT_LOCKS},
	{"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
	{"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE},
	{"RLIMIT_NICE", RLIMIT_NICE},
	{"RLIMIT_NOFILE", RLIMIT_NOFILE},
	{"RLIMIT_NPROC", RLIMIT_NPROC},
	{"RLIMIT_RSS", RLIMIT_RSS},
	{"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
	{"RLIMIT_RTTIME", RLIMIT_RTTIME},
	{"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
	{"RLIMIT_STACK", RLIMIT_STACK},
	{NULL, 0},
};

_Static_assert(ARRAY_SIZE(rlimit_names) == RLIMITS_COUNT + 1, "one name per limit");

const struct name scheduler_policies[] = {
	{"SCHED_OTHER", SCHED_NORMAL},      {"SCHED_FIFO", SCHED_FIFO}, {"SCHED_RR", SCHED_RR},
	{"SCHED_BATCH", SCHED_BATCH},       {"SCHED_ISO", 4},           {"SCHED_IDLE", SCHED_IDLE},
	{"SCHED_DEADLINE", SCHED_DEADLINE}, {"SCHED_EXT", SCHED_EXT},   {NULL, 0},
};

const struct name scheduler_flags[] = {
	{"SCHED_FLAG_RESET_ON_FORK", SCHED_FLAG_RESET_ON_FORK},
	{"SCHED_FLAG_RECLAIM", SCHED_FLAG_RECLAIM},
	{"SCHED_FLAG_DL_OVERRUN", SCHED_FLAG_DL_OVERRUN},
	{"SCHED_FLAG_KEEP_POLICY", SCHED_FLAG_KEEP_POLICY},
	{"SCHED_FLAG_KEEP_PARAMS", SCHED_FLAG_KEEP_PARAMS},
	{"SCHED_FLAG_UTIL_CLAMP_MIN", SCHED_FLAG_UTIL_CLAMP_MIN},
	{"SCHED_FLAG_UTIL_CLAMP_MAX", SCHED_FLAG_UTIL_CLAMP_MAX},
	{NULL, 0},
};

const struct name io_classes[] = {
	{"IOPRIO_CLASS_RT", 1},
	{"IOPRIO_CLASS_BE", 2},
	{"IOPRIO_CLASS_IDLE", 3},
	{NULL, 0},
};

const struct namespace_info namespace_infos[NAMESPACE_TYPES] = {
	[NAMESPACE_USER] = {"user", "user", "user", "user", CLONE_NEWUSER, "ids and capabilities"},
	[NAMESPACE_MNT] = {"mnt", "mount", "mount", "mnt", CLONE_NEWNS, "mounts"},
	[NAMESPACE_UTS] = {"uts", "uts", "uts", "uts", CLONE_NEWUTS, "host and domain name"},
	[NAMESPACE_IPC] = {"ipc", "ipc", "ipc", "ipc", CLONE_NEWIPC,
			   "System V objects and POSIX message queues"},
	[NAMESPACE_NET] = {"net", "net", "network", "net", CLONE_NEWNET,
			   "interfaces, routes, firewall rules and sockets"},
	[NAMESPACE_PID] = {"pid", "pid", "pid", "pid_for_children", CLONE_NEWPID,
			   "process numbers"},
	[NAMESPACE_CGROUP] = {"cgroup", "cgroup", "cgroup", "cgroup", CLONE_NEWCGROUP,
			      "the view of control groups"},
	[NAMESPACE_TIME] = {"time", "time", "time", "time_for_children", CLONE_NEWTIME,
			    "boot and monotonic clocks"},
};
