// SPDX-License-Identifier: Apache-2.0
/*
 * What the kernel reads of a program before its first instruction: ELF header and program
 * headers, without libelf. Bounded, and nothing is mapped: the file may be hostile.
 */
#ifndef KOKON_ELF_HEAD_H
#define KOKON_ELF_HEAD_H

#include <stdbool.h>
#include "err.h"

struct elf_head {
	bool known;       /* a 64-bit ELF program of this machine's byte order; else all is false */
	bool interpreted; /* names a dynamic loader */
	char fault[128];  /* why the kernel kills whoever executes it; empty: no reason seen */
};

void elf_head_read(int fd, struct elf_head *ret);

/*
 * Open the program `command` as execvp(3) would find it in `root`: through `path` (NULL: the
 * usual one) unless it has a '/', from `cwd` (NULL: "/") if it is relative. A descriptor to read
 * from, or -errno.
 */
int program_open(int root, const char *command, const char *path, const char *cwd);

#endif
