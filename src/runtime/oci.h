// SPDX-License-Identifier: Apache-2.0
/*
 * What an OCI runtime does (runtime-spec, runtime.md), one function per command.
 *
 * Each returns 0 or -errno; those that wait for a process return its exit status instead of 0.
 * Nothing is printed here: what the user is to know besides goes to `notes`, one per line.
 */
#ifndef KOKON_OCI_H
#define KOKON_OCI_H

#include <stdbool.h>
#include <stdint.h>
#include "err.h"
#include "out.h"

/* What holds for every command. */
struct oci {
	const char *root; /* --root; NULL: the default */
	bool systemd;     /* --systemd-cgroup, --cgroup-manager=systemd */
	bool no_cgroups;  /* --cgroup-manager=disabled */
	const char *criu; /* --criu: the program; NULL: "criu" */
	struct out *notes;
	/* Told what is being done, one line at a time, while it is done; NULL: nobody asks. */
	void (*debug)(void *debug_context, const char *text);
	void *debug_context;
};

/* --- create, start, run --- */

struct oci_create {
	const char *id, *bundle, *config;
	const char *pid_file, *console_socket, *pidfd_socket; /* NULL: none */
	uint32_t preserve_fds;
	bool no_pivot, no_new_keyring, no_subreaper;
	bool detach, keep; /* run */
	bool explain, trace;
};

int oci_create(const struct oci *o, const struct oci_create *q, struct err *err);
int oci_start(const struct oci *o, const char *id, struct err *err);
int oci_run(const struct oci *o, const struct oci_create *q, struct err *err);
/* The steps of `run`, or, when it `waits` for start, of `create`, as text. */
int oci_explain(const struct oci *o, const struct oci_create *q, bool waits, struct out *ret,
		struct err *err);

/* --- checkpoint and restore --- */

/* What both are told; the words are criu(8)'s. NULL: not given. */
struct oci_criu {
	const char *images, *work; /* directories; NULL: "checkpoint", the same as `images` */
	const char *cgroups, *empty_ns, *network_lock;
	bool tcp_established, tcp_close, ext_unix_sk, shell_job, file_locks, lazy_pages, auto_dedup;
	bool explain;
};

struct oci_checkpoint {
	const char *id;
	struct oci_criu criu;
	const char *parent;      /* images of an earlier pre-dump, from the new ones' directory */
	const char *page_server; /* "ADDRESS:PORT" */
	const char *status_fd;   /* gets a zero byte once lazy pages are served */
	bool leave_running, pre_dump, tcp_skip_in_flight, link_remap;
};
/* Write a running or paused container to files. It is deleted then, unless it is to go on. With
 * `explain` only *ret is filled. */
int oci_checkpoint(const struct oci *o, const struct oci_checkpoint *q, struct out *ret,
		   struct err *err);

struct oci_restore {
	struct oci_criu criu;
	struct oci_create create;
	const char *lsm_profile, *lsm_mount_context;
};
/* Make it again from them; as oci_run() from there on. */
int oci_restore(const struct oci *o, const struct oci_restore *q, struct out *ret, struct err *err);

/* --- end --- */

int oci_kill(const struct oci *o, const char *id, int signal, bool all, struct err *err);
int oci_delete(const struct oci *o, const char *id, bool force, struct err *err);
/* The ids that a pattern (regex(7), extended) matches; the caller frees *ret and what it holds. */
int oci_matching(const struct oci *o, const char *pattern, char ***ret, struct err *err);

/* --- look --- */

int oci_state(const struct oci *o, const char *id, struct out *ret, struct err *err);
enum oci_list_format { OCI_LIST_TABLE, OCI_LIST_JSON, OCI_LIST_IDS };
int oci_list(const struct oci *o, enum oci_list_format format, struct out *ret, struct err *err);
/* The container's processes: a JSON list of pids, or the table of ps(1) with `args`. */
int oci_ps(const struct oci *o, const char *id, bool json, char *const *args, struct out *ret,
	   struct err *err);

/* What it uses, to standard output: once, or every interval until it ends. */
int oci_events(const struct oci *o, const char *id, bool once, int64_t interval_ms,
	       struct err *err);
/* All that is wrong with a bundle, one finding a line. 0, or -EINVAL when one is an error. */
int oci_check(const char *bundle, struct out *ret, struct err *err);

/* --- exec --- */

struct oci_exec {
	const char *id;
	const char *process; /* file with a process object; NULL: from what follows */
	char *const *argv;
	const char *const *env, *const *caps; /* more of both; end with NULL */
	const char *const *groups;            /* --additional-gids */
	const char *const *cgroups;           /* "PATH", "CONTROLLER,…:PATH"; ends with NULL */
	const char *cwd, *user, *apparmor, *label;
	const char *pid_file, *console_socket, *pidfd_socket;
	uint32_t preserve_fds;
	bool tty, detach, no_new_privs, ignore_paused, no_subreaper;
	bool explain, trace;
};
/* With `explain` only *ret is filled. */
int oci_exec(const struct oci *o, const struct oci_exec *q, struct out *ret, struct err *err);

/* --- change --- */

int oci_pause(const struct oci *o, const char *id, struct err *err);
int oci_resume(const struct oci *o, const char *id, struct err *err);

#endif
