// SPDX-License-Identifier: Apache-2.0
/*
 * State: one directory per container, and what is written there before anything is done.
 *
 *   ROOT/NAME/lock     held (flock(2)) by the process that answers for the container, as long as
 *                      it lives; whoever gets it finds a container that nobody answers for
 *   ROOT/NAME/record   lines "key value", replaced as a whole (rename(2))
 *
 *            state_create()            state_write(running)         state_remove()
 *   absent ----------------> creating -----------------> running ----------------> absent
 *                               |                           |
 *                               +------- owner killed ------+--> state_sweep(), by anyone -->
 * absent
 *
 * ROOT is /run/kokon for root, $XDG_RUNTIME_DIR/kokon for others. Directories are 0700.
 */
#ifndef KOKON_STATE_H
#define KOKON_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "arena.h"
#include "err.h"
#include "out.h"
#include "seccomp-filter.h"

enum { STATE_NAME_MAX = 128, STATE_CGROUPS_MAX = 20 };

enum state_status { STATE_CREATING, STATE_RUNNING, STATE_CREATED };

/* One record. Strings live in the arena that state_read() was given. */
struct state {
	const char *name;
	enum state_status status;
	pid_t pid;          /* PID 1 of the container, as seen here; 0: none yet */
	uint64_t pid_start; /* its start time (proc_pid_stat(5), field 22) */
	pid_t owner;        /* the process that answers for it */
	uint64_t owner_start;
	const char *image;                          /* as the user named it */
	const char *command;                        /* for listings */
	uint64_t created;                           /* seconds since 1970 */
	const char *cgroups[STATE_CGROUPS_MAX + 1]; /* absolute directories, ends with NULL */
	const char *top;               /* directory of the writable layer; NULL: none */
	const char *uid_map, *gid_map; /* of its user namespace, for removing what it owns; NULL */
	/* what `exec` needs to start another process in the same confinement */
	const char *cwd, *user, *umask, *oom_score; /* NULL: not asked for */
	const char *const *groups, *const *ulimits; /* as the options had them; end with NULL */
	uint64_t caps_bounding, caps_added;
	bool no_new_privileges, deny_groups;
	bool seccomp_default; /* the default filter for caps_bounding */
	const char *apparmor; /* a profile's name; NULL: none */
	const char *selinux;  /* a context; NULL: the caller's */
	const char *seccomp;  /* another one, as text (state_seccomp_text()); NULL: none */
	uint32_t stop_signal, stop_timeout;
	const char *const *env;        /* ends with NULL */
	const char *bundle;            /* of an OCI container; `image` is its rootfs then */
	uint64_t created_ns;           /* and the rest of `created` */
	const char *rdt, *rdt_monitor; /* directories of resctrl made for it alone; NULL */
	const char *stdio[3];          /* where its 0-2 led at first ("pipe:[7]"); NULL: unknown */
	uint32_t start_protocol; /* what its waiting process understands (walk.h); 0: none waits */
};

/* An open state directory. */
struct state_handle {
	int dir;
	int lock; /* held while the owner lives; -1 when only looked at */
};

/* ROOT, opened; made when `make`. -ENOENT: there is none yet. A descriptor or -errno. */
int state_root(bool make, struct err *err);
/* Only its owner, who is this user, may write to the directory. 0 or -errno. */
int state_check_private(int fd, const char *path, struct err *err);
/* The directory of a container's record, whether it is there or not, in the arena. */
int state_path(struct arena *a, const char *name, const char **ret, struct err *err);
/* Letters, digits, '_', '.', '-'; begins with a letter or digit. 0 or -EINVAL. */
int state_check_name(const char *name, struct err *err);
/* Make NAME's directory, locked from birth. -EEXIST: a living container has the name. */
int state_create(const char *name, struct state_handle *ret, struct err *err);
/* Replace the record. 0 or -errno. */
int state_write(const struct state_handle *h, const struct state *state, struct err *err);
/* Read NAME's record. -ENOENT: no such container (the message names those there are). */
int state_read(const char *name, struct arena *a, struct state *ret, struct err *err);
/* All names, sorted, in the arena; ends with NULL. Dead ones are left out. */
int state_list(struct arena *a, const char *const **ret, struct err *err);
/* Undo what the record names (processes, groups, top), then the directory. The handle is used up.
 */
int state_remove(struct state_handle *h, const char *name, struct err *err);
/* What state_remove() does before it removes the directory: end its processes, remove its groups
 * and its top. 0 or -errno. */
int state_undo(const struct state *s, struct err *err);
/* Remove every container that nobody answers for. Cheap when there is nothing. */
void state_sweep(void);
/* Is its PID 1 the process that the record means, and alive? A pidfd, or -ESRCH. */
int state_open_process(const struct state *state);
/* Start time of a process, 0 when it is gone. */
uint64_t state_process_start(pid_t pid);

#endif
