// SPDX-License-Identifier: Apache-2.0
/*
 * CRIU: processes written to files, and made again from them (criu(8)).
 *
 * CRIU is a program of its own, and knows the kernel's insides so that nobody else has to. It is
 * spoken to over a socket, one request at a time (`criu swrk FD`): a message of Protocol Buffers
 * goes there, notices of what it is about to do come back, then the answer.
 *
 * A request is made of options, each of which has a field number in that message and a name on
 * criu's command line; one table knows both, so what --explain shows is what is sent.
 */
#ifndef KOKON_CRIU_H
#define KOKON_CRIU_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "err.h"
#include "out.h"

/* Field numbers of criu_opts (criu's images/rpc.proto), which never change. */
enum criu_option {
	CRIU_IMAGES_DIR_FD = 1,
	CRIU_PID = 2,
	CRIU_LEAVE_RUNNING = 3,
	CRIU_EXT_UNIX_SK = 4,
	CRIU_TCP_ESTABLISHED = 5,
	CRIU_EVASIVE_DEVICES = 6,
	CRIU_SHELL_JOB = 7,
	CRIU_FILE_LOCKS = 8,
	CRIU_LOG_LEVEL = 9,
	CRIU_LOG_FILE = 10,
	CRIU_PAGE_SERVER = 11,
	CRIU_NOTIFY = 12,
	CRIU_ROOT = 13,
	CRIU_PARENT_IMAGES = 14,
	CRIU_TRACK_MEM = 15,
	CRIU_AUTO_DEDUP = 16,
	CRIU_WORK_DIR_FD = 17,
	CRIU_LINK_REMAP = 18,
	CRIU_EXT_MOUNT = 23,
	CRIU_MANAGE_CGROUPS = 24,
	CRIU_CGROUP_ROOT = 25,
	CRIU_RESTORE_SIBLING = 26,
	CRIU_INHERIT_FD = 27,
	CRIU_MANAGE_CGROUPS_MODE = 34,
	CRIU_EXTERNAL = 37,
	CRIU_EMPTY_NS = 38,
	CRIU_JOIN_NS = 39,
	CRIU_FREEZE_CGROUP = 44,
	CRIU_TCP_SKIP_IN_FLIGHT = 46,
	CRIU_LAZY_PAGES = 48,
	CRIU_ORPHAN_PTS_MASTER = 50,
	CRIU_CONFIG_FILE = 51,
	CRIU_TCP_CLOSE = 52,
	CRIU_LSM_PROFILE = 53,
	CRIU_LSM_MOUNT_CONTEXT = 63,
	CRIU_NETWORK_LOCK = 64,
};

/* Options of one request, in both their forms. */
struct criu_options {
	struct out message, shell;
};
void criu_options_free(struct criu_options *o);
#define CRIU_OPTIONS_CLEANUP __attribute__((cleanup(criu_options_free)))

/* `shown`: the value on the command line; NULL: the option has none there. */
void criu_set(struct criu_options *o, enum criu_option option, uint64_t value, const char *shown);
void criu_set_text(struct criu_options *o, enum criu_option option, const char *text);
/* Two texts, or a text and a number (`value` NULL). Either of the texts may be empty. */
void criu_set_pair(struct criu_options *o, enum criu_option option, const char *key,
		   const char *value, uint64_t number);

enum criu_request {
	CRIU_DUMP = 1,
	CRIU_RESTORE = 2,
	CRIU_PRE_DUMP = 4,
	CRIU_NOTICE = 6,
	CRIU_FEATURES = 9,
	CRIU_VERSION = 10,
};

/* A running criu. */
struct criu {
	pid_t pid; /* 0: none */
	int sock;
	uint32_t version; /* 31701 is 3.17.1 */
	bool tracks_memory, lazy_pages;
};
#define CRIU_NONE                                                                                  \
	{                                                                                          \
		.sock = -1                                                                         \
	}

enum { CRIU_DIRS = 2 };
struct criu_start {
	const char *program; /* "criu", found by $PATH, or a path */
	/* For restore: becomes a mount point, in a mount namespace that criu alone is in; NULL:
	 * nothing is done. Directories that criu is to use must be opened there. */
	const char *root;
	const char *dirs[CRIU_DIRS];
	int *ret_dirs; /* the caller's */
	const sigset_t *mask;
	const int *fds; /* besides 0-2, under the same numbers */
	size_t n_fds;
};

/* Where a program is that is meant by a name or a path, as the shell would find it. 0, or
 * -ENOENT with what to install. */
int criu_find(const char *program, char *ret, size_t size, struct err *err);
/* Start it, and ask for its version. It waits for a request then. */
int criu_start(struct criu *c, const struct criu_start *q, struct err *err);
/* Ask what it can do with this kernel. */
int criu_features(struct criu *c, struct err *err);

/* What criu is about to do, or has done: "network-lock", "post-restore" … */
struct criu_notice {
	const char *what;
	pid_t pid; /* 0: it names none */
	int fd;    /* of "orphan-pts-master"; closed afterwards; -1: none */
};
/* 0, or -errno: criu gives up. */
typedef int (*criu_told)(void *context, const struct criu_notice *notice, struct err *err);

/* Send a request and wait until it is done. *ret_pid (may be NULL): of a restored process.
 * 0 or -errno; the cause is in criu's log. */
int criu_call(struct criu *c, enum criu_request kind, const struct criu_options *o, criu_told told,
	      void *context, pid_t *ret_pid, struct err *err);
/* Its end: it is let go, or killed, and reaped. Its exit status, or 0 where there was none. */
int criu_end(struct criu *c, bool kill);

/* The first error in criu's log, as text, into *err in front of a remedy that names the log; the
 * others become notes, one a line. */
int criu_tell_log(int dir, const char *name, const char *shown, struct out *notes, struct err *err);

#endif
