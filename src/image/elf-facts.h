// SPDX-License-Identifier: Apache-2.0
/*
 * What the dynamic loader reads in an ELF file, read with libelf and without running anything.
 *
 * The file may be hostile: every count, offset and text has a bound, and nothing is mapped, so
 * a file that shrinks while it is read gives an error and no signal. System V ABI, chapters
 * "Program Header" and "Dynamic Section".
 */
#ifndef KOKON_ELF_FACTS_H
#define KOKON_ELF_FACTS_H

#include <stdbool.h>
#include "arena.h"
#include "elf-arch.h"
#include "err.h"

struct elf_facts {
	const struct elf_arch *arch;
	uint16_t machine, type; /* EM_*, ET_* */
	bool big_endian;
	bool dynamic;        /* has a dynamic section */
	bool no_default_lib; /* DF_1_NODEFLIB */
	const char *interp;  /* PT_INTERP; NULL: none */
	const char *soname;  /* NULL: none; so are the next two */
	const char *rpath, *runpath;
	const char **needed; /* DT_NEEDED in order; ends with NULL */
	size_t needed_count;
};

enum { ELF_NEEDED_MAX = 1024, ELF_TEXT_MAX = 4096, ELF_RPATH_MAX = 32768 };

/*
 * Read a file by its descriptor, or from memory. The texts are in the arena.
 * Returns 0, -ENOEXEC without touching err when it is no ELF file at all, or -errno with the
 * message (which does not name the file: the caller puts it in front).
 */
int elf_facts_read(int fd, struct arena *a, struct elf_facts *ret, struct err *err);
int elf_facts_parse(void *image, size_t size, struct arena *a, struct elf_facts *ret,
		    struct err *err);

#endif
