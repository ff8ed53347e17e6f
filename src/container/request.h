// SPDX-License-Identifier: Apache-2.0
/*
 * Requests: what a command line asks for, before anything is decided.
 *
 * Filled by src/cli from options; read by the planner and the survey. Strings point into argv
 * or an arena of the caller.
 */
#ifndef KOKON_REQUEST_H
#define KOKON_REQUEST_H

#include <stdbool.h>
#include <stdint.h>
#include "accounts.h"
#include "idmap.h"
#include "namespaces.h"

enum { REQUEST_UNSET = 0xffffffffU }; /* an id or a signal that was not given */

/* What --map-users and --map-groups may name instead of numbers. */
enum id_source { IDS_RANGE, IDS_AUTO, IDS_SUBIDS, IDS_ALL };

struct id_request {
	uint32_t single; /* --map-user; REQUEST_UNSET: none */
	uint32_t n;
	struct {
		enum id_source source;
		struct idmap_range range; /* for IDS_RANGE */
	} ranges[32];
};

/* The namespace tools: unshare, nsenter, chroot. */
struct tool_request {
	const char *tool;
	uint64_t create;                      /* CLONE_NEW* */
	const char *persist[NAMESPACE_TYPES]; /* file, or NULL */
	bool fork, forward_signals;
	uint32_t kill_child; /* signal, 0: none */
	struct id_request uid, gid;
	uint32_t setgroups;                    /* enum setgroups */
	uint32_t owner_uid, owner_gid;         /* REQUEST_UNSET: none */
	const char *mount_proc, *mount_binfmt; /* directory, or NULL */
	const char *load_interp;
	uint64_t propagation; /* MS_*; 0: unchanged */
	const char *root, *cwd;
	uint32_t set_uid, set_gid; /* REQUEST_UNSET: unchanged */
	bool keep_caps;
	bool set_monotonic, set_boottime;
	int64_t monotonic_ns, boottime_ns;
	bool clear_env;
	bool env_replaced; /* envp is not the caller's environment */
	uint32_t n_keep_env;
	const char *keep_env[32]; /* names separated by commas */
	char *const *argv;        /* the program; empty: the shell */
	char *const *envp;        /* the caller's environment */
	bool explain, trace;

	/* nsenter (filled by enter_survey(), see enter.h) */
	uint32_t n_joins;
	struct join_request {
		uint32_t type;
		int fd; /* the namespace, opened */
		const char *shown;
		const char *option; /* of nsenter(1); NULL: --TYPE=shown */
	} joins[NAMESPACE_TYPES];
	int root_fd, cwd_fd;          /* opened directories; -1: by path or none */
	int ids_fd;                   /* /proc/PID of the process whose ids are taken; -1: none */
	const char *cwd_in_namespace; /* --wdns */
	bool no_fork;
	bool keep_credentials; /* --preserve-credentials */
	bool follow_uid, follow_gid;
	uint32_t followed_uid, followed_gid; /* as far as known, for explanations */
	uint32_t n_cgroups;
	struct cgroup_entry_request {
		int fd; /* cgroup.procs, opened */
		const char *path;
	} cgroups[16];
	const char *exec_label; /* --follow-context; NULL: none */

	/* chroot */
	const char *userspec, *groups;             /* NULL: not given */
	struct account outside_user, outside_list; /* what they mean here (chroot_survey()) */
	bool user_is_outside;                      /* the new root does not know the user */
	bool skip_chdir;
	bool interactive_shell; /* the shell gets -i, and is no login shell */
	uint32_t fail_status;   /* exit status of the tool's own failures */
};

#endif
