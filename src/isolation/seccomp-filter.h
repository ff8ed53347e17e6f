// SPDX-License-Identifier: Apache-2.0
/*
 * seccomp: which system calls the payload may make (seccomp(2)).
 *
 * The host half gets a filter program, the inside half loads it. Programs are made by libseccomp,
 * which lives in the helper program kokon-seccomp. The everyday case never starts it: the default
 * profile (seccomp-default.json) is compiled when kokon is built, into one program for all sets
 * of capabilities. Where a verdict depends on them, it returns a marker, and choosing a set is
 * one pass over about 500 instructions. Other profiles are compiled by the helper once and then
 * found in a cache.
 */
#ifndef KOKON_SECCOMP_FILTER_H
#define KOKON_SECCOMP_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "arena.h"
#include "err.h"
#include "seccomp-format.h"

enum seccomp_source {
	SECCOMP_DEFAULT,
	SECCOMP_UNCONFINED, /* no filter */
	SECCOMP_FILE,       /* a JSON file in Docker's form */
	SECCOMP_TEXT,       /* the same as text, or linux.seccomp of an OCI config */
};

struct seccomp_request {
	enum seccomp_source source;
	const char *path;   /* SECCOMP_FILE */
	const char *text;   /* SECCOMP_TEXT */
	size_t text_len;    /* bytes */
	uint64_t bounding;  /* the payload's bounding set; profiles have rules for it */
	const char *helper; /* path of kokon-seccomp, for FILE and TEXT */
	const char *cache;  /* directory of compiled profiles, made if absent; NULL: none */
};

/* Part of a plan. All zero: no filter. */
struct seccomp_program {
	uint32_t count;  /* instructions; 0: no filter */
	uint32_t flags;  /* SECCOMP_FILTER_FLAG_* */
	uint32_t notify; /* 1: loading gives a listener's descriptor */
	const struct sock_filter *code;
};

/*
 * Fill *ret; memory comes from the arena. A pure function for SECCOMP_DEFAULT and
 * SECCOMP_UNCONFINED; otherwise it reads the file, looks into the cache, and runs the helper.
 * The cache is used only if it and its file belong to the effective user and nobody else may
 * write there; a cached program counts only if the whole profile is the same, byte for byte.
 * Returns 0 or -errno.
 */
int seccomp_program_for(const struct seccomp_request *request, struct arena *a,
			struct seccomp_program *ret, struct err *err);

/* Which of these SECCOMP_FILTER_FLAG_* this kernel takes. */
uint64_t seccomp_flags_taken(uint64_t flags);

struct seccomp_call {
	long number;
	uint64_t args[2]; /* the first two */
};
/* Does the program let all of these system calls through? Where it asks for another argument, or is
 * for an architecture that is not known here, the answer is no. Pure. */
bool seccomp_allows(const struct seccomp_program *p, const struct seccomp_call *calls, size_t n);

/*
 * Inside: load the program for the calling process, for good. Needs no_new_privs or
 * CAP_SYS_ADMIN. *ret_listener becomes the listener's descriptor, or -1. Afterwards any call
 * may be denied. Returns 0 or -errno.
 */
int seccomp_filter_load(const struct seccomp_program *program, int *ret_listener, struct err *err);

/*
 * The same for a program with `notify`: the listener goes to the other end of `sock` as one
 * message (message.h) with the `len` bytes of `data`. Once the filter is loaded, this process may
 * not be able to send any more, or its sendmsg(2) would wait for the very listener that it sends;
 * so a thread that the filter does not hold does it, and waits for an answer of one byte. The
 * descriptor is closed here.
 * Returns 0 or -errno.
 */
int seccomp_filter_load_and_send(const struct seccomp_program *program, int sock, const void *data,
				 size_t len, struct err *err);

#endif
