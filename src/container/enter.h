// SPDX-License-Identifier: Apache-2.0
/*
 * Entering what exists: the survey of nsenter.
 *
 * Opens the namespaces, directories and files that a request names, read-only for the machine,
 * before anything is decided. A process is opened once, as a pidfd and as its directory in
 * /proc, and everything of it is reached through that directory: when its number is given to
 * another process meanwhile, opening fails, and nothing of the other one is entered.
 */
#ifndef KOKON_ENTER_H
#define KOKON_ENTER_H

#include "arena.h"
#include "err.h"
#include "request.h"

struct enter_request {
	int32_t pid;          /* 0: no target process */
	uint64_t pidfd_inode; /* of PID:INODE; 0: not given */
	int pidfd;            /* of pid, when it was found by another name; -1: none yet */
	int given;            /* a namespace, opened, of given_type; -1: none */
	uint32_t given_type;
	const char *given_shown;
	bool all;
	struct enter_type {
		bool wanted;
		const char *file; /* NULL: the target's; ":ID": by the namespace's number */
	} types[NAMESPACE_TYPES];
	bool user_parent;
	int32_t net_socket; /* descriptor of the target; -1: none */
	bool root, wd;      /* the target's, when not given as a directory */
	const char *root_directory, *wd_directory;
	bool env, join_cgroup, follow_context;
};

/* Fill what `q` has for nsenter; descriptors become the request's. 0 or -errno. */
int enter_survey(struct arena *a, const struct enter_request *request, struct tool_request *q,
		 struct err *err);

#endif
