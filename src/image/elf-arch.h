// SPDX-License-Identifier: Apache-2.0
/*
 * Architectures as ELF files name them, and where their libraries live on a distribution
 * with multiarch folders.
 */
#ifndef KOKON_ELF_ARCH_H
#define KOKON_ELF_ARCH_H

#include <stdbool.h>
#include <stdint.h>

struct elf_arch {
	uint16_t machine;     /* EM_* */
	uint8_t bits;         /* 32 or 64 */
	const char *name;     /* as uname(1) prints it */
	const char *triplet;  /* Debian's multiarch folder */
	const char *platform; /* what $PLATFORM usually stands for */
};

/* Never NULL: an unknown machine gets a name of its own ("machine 4242"). */
const struct elf_arch *elf_arch_find(uint16_t machine, uint8_t bits);
/* The architecture that this program was built for. */
const struct elf_arch *elf_arch_own(void);
/* Whether a kernel for `own` commonly runs programs of `other` itself (i386 on x86_64). */
bool elf_arch_runs(const struct elf_arch *own, const struct elf_arch *other);
/* Levels of glibc-hwcaps folders that this processor has, best first; ends with NULL. */
const char *const *elf_arch_levels(const struct elf_arch *arch);

#endif
