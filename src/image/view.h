// SPDX-License-Identifier: Apache-2.0
/*
 * A view of a file system from one root: the machine's own, or that of a container.
 *
 * Every path is resolved with openat2(RESOLVE_IN_ROOT), so links of a hostile root lead nowhere
 * else; devices and pipes are never opened. What was read once is remembered.
 */
#ifndef KOKON_VIEW_H
#define KOKON_VIEW_H

#include <sys/stat.h>
#include "elf-facts.h"
#include "ld-cache.h"
#include "strmap.h"

enum file_kind {
	FILE_ABSENT,
	FILE_UNREADABLE, /* there, but `error` says why it cannot be read */
	FILE_NOT_REGULAR,
	FILE_ELF,
	FILE_BAD_ELF, /* `why` says what is wrong */
	FILE_SCRIPT,  /* begins with "#!" */
	FILE_OTHER,
};

struct view_file {
	const char *path; /* as asked for */
	enum file_kind kind;
	int error;      /* errno value */
	struct stat st; /* unless absent */
	struct elf_facts elf;
	const char *why;
	const char *interp, *interp_arg; /* of a script; "" when "#!" names none */
};

/* A hostile RPATH could name thousands of folders for each of a thousand libraries. */
enum { VIEW_FILES_MAX = 80000 };

struct view {
	int root; /* owned by the caller */
	struct arena *arena;
	struct strmap files; /* path -> struct view_file */
	struct strmap memo;  /* of the library search */
	struct ld_cache cache;
	bool cache_read;
	bool cache_used;    /* a library was found only through it */
	const char *prefix; /* the root as /proc shows it */
};

void view_init(struct view *v, int root, struct arena *a);
void view_free(struct view *v);
/* Never NULL; the same answer for the same path. */
const struct view_file *view_file(struct view *v, const char *path);
/* The path without links, or the path itself when that cannot be told. In the arena. */
const char *view_real_path(struct view *v, const char *path);
/* A whole file of at most `max` bytes, freed by the caller. Length or -errno. */
ssize_t view_read(struct view *v, const char *path, size_t max, char **ret);
const struct ld_cache *view_ld_cache(struct view *v);

#endif
