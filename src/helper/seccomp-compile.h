// SPDX-License-Identifier: Apache-2.0
/*
 * From a profile to a filter program of classic BPF (seccomp(2)), by libseccomp.
 *
 * Two forms. compile_for() makes the program of one set of capabilities. compile_template() makes
 * one program for all sets: where a verdict depends on capabilities, the program returns a marker
 * instead, an errno value that no kernel uses, and a table says which capabilities turn that
 * marker into "allow" and which errno stands there otherwise. Left as it is, a marker denies.
 */
#ifndef KOKON_SECCOMP_COMPILE_H
#define KOKON_SECCOMP_COMPILE_H

#include <linux/filter.h>
#include "seccomp-format.h"
#include "seccomp-profile.h"

enum { PROGRAM_MAX = 4096 /* BPF_MAXINSNS */, TEMPLATE_CLASSES_MAX = 64 };

struct bpf_program {
	size_t count;
	struct sock_filter code[PROGRAM_MAX];
};

int compile_for(const struct profile *p, uint64_t caps, struct arena *a, struct bpf_program *ret,
		struct err *err);
int compile_template(const struct profile *p, struct arena *a, struct bpf_program *ret,
		     struct seccomp_class classes[TEMPLATE_CLASSES_MAX], size_t *ret_classes,
		     struct err *err);

#endif
