// SPDX-License-Identifier: Apache-2.0
/*
 * Where the dynamic loader finds a library: the search orders of glibc (ld.so(8)) and of musl
 * (ldso/dynlink.c), without running either.
 */
#ifndef KOKON_LIBRARY_H
#define KOKON_LIBRARY_H

#include "view.h"

enum libc_kind { LIBC_GLIBC, LIBC_MUSL };

enum found_how {
	FOUND_GIVEN,       /* the program itself */
	FOUND_INTERPRETER, /* PT_INTERP, or a name that musl's loader answers itself */
	FOUND_SCRIPT,      /* behind "#!" */
	FOUND_SLASH,       /* the needed name is a path */
	FOUND_RPATH,
	FOUND_RUNPATH,
	FOUND_CACHE,     /* ld.so.cache */
	FOUND_PATH_FILE, /* musl's /etc/ld-musl-ARCH.path */
	FOUND_DEFAULT,
};
const char *found_how_name(enum found_how how);

/* One loaded file, as the search sees it: its own texts, then those of who loaded it. */
struct object {
	const char *name; /* as asked for: a DT_NEEDED text, or a path */
	const struct view_file *file;
	struct object *loader; /* NULL: the program */
	enum found_how how;
	const char *baseline;   /* for a hwcaps library: the same for older processors; or NULL */
	struct object **needed; /* one per DT_NEEDED: a missing one is NULL */
	struct object *next;    /* in the order of loading */
};

struct search {
	struct view *view;
	enum libc_kind libc;
	const struct elf_arch *arch;
	const char *interp; /* the program's loader; NULL: unknown */
};

struct found {
	const struct view_file *file;
	enum found_how how;
	const char *baseline;
};

/* Find `name` as needed by `by`. On failure false, and *ret_hint (when not NULL) tells of a
 * file of that name that does not fit, or is "". */
bool library_find(const struct search *s, const struct object *by, const char *name,
		  struct found *ret, const char **ret_hint);

/* glibc or musl, by the loader's path and the needed names. */
enum libc_kind libc_of(const struct elf_facts *elf);
/* The file that lists musl's folders, for a loader's path: /etc/ld-musl-x86_64.path. In the arena.
 */
const char *musl_path_file(struct view *v, const char *interp);

#endif
