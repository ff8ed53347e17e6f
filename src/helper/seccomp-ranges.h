// SPDX-License-Identifier: Apache-2.0
/*
 * The same filter in a form that the kernel loads faster.
 *
 * Loading a filter costs as much as half of a container's start: it is compiled instruction by
 * instruction, and then tried with every system call number of every ABI to learn which are always
 * allowed. libseccomp gives each number its own comparison. Most neighbours have the same verdict,
 * so a search over ranges of numbers is a third as long and a few steps deep (bench/costs filters).
 */
#ifndef KOKON_SECCOMP_RANGES_H
#define KOKON_SECCOMP_RANGES_H

#include <stdbool.h>
#include "arena.h"
#include "seccomp-compile.h"

/*
 * Replaces *program by one with the same verdict for every input. Returns false, and leaves it as
 * it is, when it holds instructions of which that cannot be said, or would not become shorter.
 */
bool seccomp_ranges(struct bpf_program *program, struct arena *a);

#endif
