// SPDX-License-Identifier: Apache-2.0
/*
 * Facts: what a request needs to know of this machine and this caller, read-only, asked once.
 *
 * They are an input of the planner like the request, so a test can make them up.
 */
#ifndef KOKON_FACTS_H
#define KOKON_FACTS_H

#include "arena.h"
#include "err.h"
#include "request.h"

struct facts {
	uint32_t uid, gid;     /* effective */
	uint64_t capabilities; /* effective */
	bool privileged;       /* CAP_SETUID and CAP_SETGID: may write any id map */
	bool has_groups;       /* supplementary groups besides gid */
	bool terminal;         /* standard input is one */

	/* for containers */
	bool administrator;         /* CAP_SYS_ADMIN over the mounts: may copy them */
	bool nested;                /* in a user namespace below the first: no device nodes */
	bool denies_groups;         /* nested, and setgroups(2) is denied there */
	uint64_t grantable;         /* what can be given to a child */
	const char *term;           /* $TERM; NULL: none */
	const char *seccomp_helper; /* path of kokon-seccomp; NULL: not installed */
	const char *systemd_helper; /* path of kokon-systemd; NULL: not installed */
	const char *seccomp_cache;  /* directory of compiled profiles; NULL: none */

	/* Read only for requests that name them: four files are a tenth of a start. */
	struct idmap_range subuid; /* first range of /etc/subuid; count 0: none */
	struct idmap_range subgid;
	const char *user;              /* name of uid; NULL: it has none */
	struct idmap own_uid, own_gid; /* ids that exist in this user namespace; for containers
					* own_gid alone, when nested */
};

/* 0 or -errno. Missing subordinate ids are no error here: the planner says what lacks. */
int facts_survey(struct arena *a, const struct tool_request *request, struct facts *ret,
		 struct err *err);

/* Name and first ranges of the user `facts->uid`. */
void facts_survey_subids(struct arena *a, struct facts *facts);
/* The caller's effective capabilities; 0 when they cannot be read. */
uint64_t facts_capabilities(void);

/* Ids, capabilities and what of them can be given: all that another process in a container takes.
 */
int facts_survey_rights(struct facts *ret, struct err *err);
/* The helper that compiles profiles of system calls, and the directory of compiled ones. */
void facts_find_seccomp(struct arena *a, struct facts *facts);
/* All for a container; `ids`: its user namespace needs subordinate ids in any case. */
int facts_survey_container(struct arena *a, bool ids, struct facts *ret, struct err *err);

#endif
