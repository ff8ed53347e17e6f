// SPDX-License-Identifier: Apache-2.0
/*
 * What is wrong with a config.json that could be decoded: every rule of the specification that
 * can be judged from the document itself, all findings in one list. `kokon-oci check` prints it;
 * create refuses a bundle with an error in it.
 */
#ifndef KOKON_SPEC_CHECK_H
#define KOKON_SPEC_CHECK_H

#include "names.h"
#include "spec.h"

enum spec_severity {
	SPEC_ERROR,   /* the container cannot be made, or the specification demands a refusal */
	SPEC_WARNING, /* it can, but something is not as it is written, or is deprecated */
};

struct spec_problem {
	enum spec_severity severity;
	const char *path;   /* "mounts[2].destination" */
	const char *text;   /* "it is empty" */
	const char *remedy; /* a sentence; NULL: it goes without saying */
};

struct spec_problems {
	uint32_t n, n_errors;
	const struct spec_problem *list; /* in the order of the specification's chapters */
};

/* What the caller found out about the bundle; this file asks no kernel. */
struct spec_surroundings {
	int root; /* 0: root.path is a directory; else -errno (-ENOTDIR …) */
};

/* `around` NULL: nothing is known of the bundle. */
void spec_check(struct arena *a, const struct spec *s, const struct spec_surroundings *around,
		struct spec_problems *ret);
/* The first error as a message; 0: there is none. */
int spec_problems_error(const struct spec_problems *p, struct err *err);
/* The process alone: what `exec --process` is given. */
void spec_check_process(struct arena *a, const struct spec_process *p, struct spec_problems *ret);

/* A list of numbers of the kernel's: "0-3,7"; blanks are allowed around the numbers. */
bool spec_is_list(const char *text);

#endif
