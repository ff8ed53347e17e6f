// SPDX-License-Identifier: Apache-2.0
/*
 * The one way to name a target, in every command that takes one:
 *
 *	host             the namespaces that kokon itself runs in
 *	pid:N, N         a process
 *	container:NAME   the first process of a running container
 *	netns:NAME       a named network namespace (netns.h): an ordinary user's own, or root's
 *	ns:PATH          a namespace by its file
 *	NAME             a container or a named network namespace, whichever there is
 */
#ifndef KOKON_TARGET_H
#define KOKON_TARGET_H

#include <stdint.h>
#include <sys/types.h>
#include "err.h"
#include "namespaces.h"

enum target_kind { TARGET_HOST, TARGET_PROCESS, TARGET_CONTAINER, TARGET_NETNS, TARGET_FILE };

/*
 * A resolved target is a process (pid > 0, pidfd >= 0: it cannot become another one) or one
 * namespace (ns_fd >= 0, of ns_type); never both.
 */
struct target {
	enum target_kind kind;
	const char *text; /* as the user wrote it; not owned */
	pid_t pid;
	int pidfd;
	int ns_fd;
	enum namespace_type ns_type;
	pid_t holder; /* TARGET_NETNS: a process in the user namespace that owns it, which we are
			 not in; 0: we are */
};

#define TARGET_NONE                                                                                \
	{                                                                                          \
		.pidfd = -1, .ns_fd = -1                                                           \
	}
#define TARGET_CLEANUP __attribute__((cleanup(target_close)))

/* Returns 0 or -errno with the message. */
int target_resolve(const char *text, struct target *ret, struct err *err);
void target_close(struct target *t);

/* A descriptor of one of the target's namespaces, which the caller closes. Refuses when the
 * target is a namespace of another kind. Returns it, or -errno with the message. */
int target_open_namespace(const struct target *t, enum namespace_type type, struct err *err);

/* A named network namespace or container that exists now. */
struct target_name {
	enum target_kind kind; /* TARGET_CONTAINER or TARGET_NETNS */
	char *name;
	pid_t pid;      /* containers: the first process */
	uint64_t inode; /* network namespaces */
};
struct target_names {
	struct target_name *v; /* in alphabetical order, containers first */
	size_t n;
};
#define TARGET_NAMES_CLEANUP __attribute__((cleanup(target_names_free)))

void target_names_read(struct target_names *ret);
void target_names_free(struct target_names *names);

#endif
