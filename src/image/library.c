// SPDX-License-Identifier: Apache-2.0
/*
 * Theory of operation. A search tries folders in the loader's order; the first file there that
 * is an ELF file of the right class and machine wins, others are passed over as the loader does.
 *
 *   glibc: a path in the name | RPATH of the object and of those that loaded it (none if the
 *          object has a RUNPATH) | RUNPATH of the object | ld.so.cache | the default folders
 *   musl:  a path in the name | RUNPATH or RPATH of the object and of those that loaded it |
 *          the path file, or /lib:/usr/local/lib:/usr/lib
 *
 * In each of glibc's folders, glibc-hwcaps/LEVEL comes first for each level of this processor.
 * LD_LIBRARY_PATH is no property of the file and is left out. Results that do not depend on who
 * asks (cache, default folders) are remembered in the view, as most programs need the same few.
 */
#include "library.h"

#include <stdio.h>
#include <string.h>
#include "ld-conf.h"
#include "names.h"
#include "parse.h"

static const struct name how_names[] = {
	{"given", FOUND_GIVEN},     {"interpreter", FOUND_INTERPRETER},
	{"script", FOUND_SCRIPT},   {"path", FOUND_SLASH},
	{"rpath", FOUND_RPATH},     {"runpath", FOUND_RUNPATH},
	{"cache", FOUND_CACHE},     {"path file", FOUND_PATH_FILE},
	{"default", FOUND_DEFAULT}, {NULL, 0},
};

const char *found_how_name(enum found_how how)
{
	return value_to_name(how_names, how);
}

struct
try {
	const struct search *s;
	const char *name;
	struct found found;
	const char *hint;
};

static bool try_path(struct try *t, const char *path, enum found_how how)
{
	struct arena *a = t->s->view->arena;
	const struct view_file *f;

	if (t->s->view->files.used >= VIEW_FILES_MAX) {
		t->hint = "the search was given up: too many directories";
		return false;
	}
	f = view_file(t->s->view, path);
	switch (f->kind) {
	case FILE_ELF:
		if (f->elf.arch == t->s->arch && f->elf.machine) {
			t->found = (struct found){.file = f, .how = how};
			return true;
		}
		t->hint = arena_printf(a, "'%s' is for %s, not %s", path, f->elf.arch->name,
				       t->s->arch->name);
		return false;
	case FILE_BAD_ELF: t->hint = arena_printf(a, "'%s' is a %s", path, f->why); return false;
	case FILE_UNREADABLE:
		t->hint = arena_printf(a, "'%s' cannot be read: %s", path, strerror(f->error));
		return false;
	case FILE_OTHER:
	case FILE_SCRIPT: t->hint = arena_printf(a, "'%s' is no ELF file", path); return false;
	default: return false;
	}
}

/* Whether a folder has a glibc-hwcaps folder at all: most have none. */
static bool has_hwcaps(const struct search *s, const char *dir)
{
	const char *path = arena_printf(s->view->arena, "%s/glibc-hwcaps", dir);

	return view_file(s->view, path)->kind != FILE_ABSENT;
}

static bool try_dir(struct try *t, const char *dir, enum found_how how)
{
	struct arena *a = t->s->view->arena;
	const char *plain = arena_printf(a, "%s/%s", strcmp(dir, "/") == 0 ? "" : dir, t->name);

	if (t->s->libc == LIBC_GLIBC && has_hwcaps(t->s, dir)) {
		for (const char *const *l = elf_arch_levels(t->s->arch); *l; l++) {
			const char *path =
				arena_printf(a, "%s/glibc-hwcaps/%s/%s", dir, *l, t->name);

			if (!try_path(t, path, how))
				continue;
			if (view_file(t->s->view, plain)->kind == FILE_ELF)
				t->found.baseline = plain;
			return true;
		}
	}
	return try_path(t, plain, how);
}

/* The length of a token at "$": "$ORIGIN", "${ORIGIN}"; 0: another one. */
static size_t token(const char *at, const char *name)
{
	size_t n = strlen(name);

	if (at[1] == '{')
		return strncmp(at + 2, name, n) == 0 && at[2 + n] == '}' ? n + 3 : 0;
	return strncmp(at + 1, name, n) == 0 ? n + 1 : 0;
}

struct expansion {
	const char *origin, *lib, *platform;
};

/* One folder of a RPATH with its tokens replaced. NULL: longer than any path. */
static const char *expand(struct arena *a, const char *text, size_t len, const struct expansion *e)
{
	char buf[ELF_TEXT_MAX];
	size_t used = 0, skip;

	for (size_t i = 0; i < len; i += skip) {
		const char *value = NULL;

		skip = 1;
		if (text[i] == '$') {
			if ((skip = token(text + i, "ORIGIN")))
				value = e->origin;
			else if ((skip = token(text + i, "LIB")))
				value = e->lib;
			else if ((skip = token(text + i, "PLATFORM")))
				value = e->platform;
			else
				skip = 1;
		}
		if (used + (value ? strlen(value) : 1) >= sizeof(buf))
			return NULL;
		if (!value) {
			buf[used++] = text[i];
			continue;
		}
		memcpy(buf + used, value, strlen(value));
		used += strlen(value);
	}
	while (used > 1 && buf[used - 1] == '/')
		used--;
	return arena_strndup(a, buf, used);
}

static const char *origin_of(const struct search *s, const struct object *o)
{
	/* The program's folder is that of the file itself; a library's that of the path it was
	 * opened by (glibc, elf/dl-origin.c and dl-object.c). */
	const char *path = o->loader ? o->file->path : view_real_path(s->view, o->file->path);
	const char *slash = strrchr(path, '/');

	if (!slash || slash == path)
		return "/";
	return arena_strndup(s->view->arena, path, (size_t)(slash - path));
}

/* The values that $LIB may have: it is fixed when a distribution builds its loader. */
static size_t lib_values(const struct search *s, const char *ret[3])
{
	size_t n = 0;

	if (*s->arch->triplet)
		ret[n++] = arena_printf(s->view->arena, "lib/%s", s->arch->triplet);
	if (s->arch->bits == 64)
		ret[n++] = "lib64";
	ret[n++] = "lib";
	return n;
}

static bool try_path_list(struct try *t, const struct object *o, const char *list,
			  enum found_how how)
{
	const struct search *s = t->s;
	struct expansion e = {.platform = s->arch->platform};
	const char *libs[3], *field;
	size_t len, count = strstr(list, "LIB") ? lib_values(s, libs) : 1;

	if (count == 1)
		libs[0] = "lib";
	if (strchr(list, '$'))
		e.origin = origin_of(s, o);
	while (next_field(&list, ':', &field, &len)) {
		for (size_t i = 0; len > 0 && i < count; i++) {
			const char *dir;

			e.lib = libs[i];
			dir = expand(s->view->arena, field, len, &e);
			if (dir && dir[0] == '/' && try_dir(t, dir, how))
				return true;
		}
	}
	return false;
}

static bool try_rpaths(struct try *t, const struct object *by)
{
	bool musl = t->s->libc == LIBC_MUSL;

	if (!musl && by->file->elf.runpath)
		return false;
	for (const struct object *o = by; o; o = o->loader) {
		const struct elf_facts *f = &o->file->elf;

		if (musl && f->runpath && try_path_list(t, o, f->runpath, FOUND_RUNPATH))
			return true;
		if (!f->runpath && f->rpath && try_path_list(t, o, f->rpath, FOUND_RPATH))
			return true;
	}
	return false;
}

/* 0 is best; a hwcaps folder of another level is -1: of no use here. */
static int level_of(const struct search *s, const char *path)
{
	const char *at = strstr(path, "/glibc-hwcaps/");
	int i = 0;

	for (const char *const *l = elf_arch_levels(s->arch); at && *l; l++, i++) {
		size_t n = strlen(*l);

		if (strncmp(at + 14, *l, n) == 0 && at[14 + n] == '/')
			return i;
	}
	return at ? -1 : 1000;
}

static bool is_default_dir(const struct search *s, const char *path);

static bool try_cache(struct try *t)
{
	const struct ld_cache *c = view_ld_cache(t->s->view);
	struct ld_cache_entry e;
	struct found best = {0};
	const char *plain = NULL;
	int best_level = 1001;

	for (size_t i = 0; ld_cache_next(c, &i, t->name, &e);) {
		int level;

		if (e.legacy_hwcap)
			continue;
		level = level_of(t->s, e.path);
		if (level < 0 || (level >= best_level && plain) ||
		    !try_path(t, e.path, FOUND_CACHE))
			continue;
		if (level == 1000 && !plain)
			plain = t->found.file->path;
		if (level < best_level) {
			best_level = level;
			best = t->found;
		}
	}
	t->found = best;
	if (best.file && best_level < 1000)
		t->found.baseline = plain;
	if (best.file && !is_default_dir(t->s, best.file->path))
		t->s->view->cache_used = true;
	return best.file != NULL;
}

/* The folders compiled into the loader: those of multiarch distributions, then the others'. */
static size_t default_dirs(const struct search *s, const char *ret[8])
{
	struct arena *a = s->view->arena;
	const char *multi = arena_printf(a, "/usr/lib/%s", s->arch->triplet);
	size_t n = 0;

	if (*s->arch->triplet && view_file(s->view, multi)->kind != FILE_ABSENT) {
		ret[n++] = multi + 4;
		ret[n++] = multi;
	} else if (s->arch->bits == 64) {
		ret[n++] = "/lib64";
		ret[n++] = "/usr/lib64";
	}
	ret[n++] = "/lib";
	ret[n++] = "/usr/lib";
	return n;
}

static bool is_default_dir(const struct search *s, const char *path)
{
	const char *dirs[8];
	size_t n = default_dirs(s, dirs), len = (size_t)(strrchr(path, '/') - path);

	for (size_t i = 0; i < n; i++)
		if (strlen(dirs[i]) == len && strncmp(dirs[i], path, len) == 0)
			return true;
	return false;
}

static bool try_default(struct try *t)
{
	const char *dirs[8];
	size_t n = default_dirs(t->s, dirs);

	for (size_t i = 0; i < n; i++)
		if (try_dir(t, dirs[i], FOUND_DEFAULT))
			return true;
	return false;
}

/* A library in a folder of ld.so.conf that the cache does not list: no loader finds it there. */
static void hint_conf(struct try *t)
{
	const char **dirs = arena_array(t->s->view->arena, const char *, LD_CONF_DIRS_MAX);
	size_t n = ld_conf_dirs(t->s->view, dirs);

	for (size_t i = 0; i < n && !t->hint; i++) {
		if (!try_dir(t, dirs[i], FOUND_CACHE))
			continue;
		t->hint = arena_printf(
			t->s->view->arena,
			"'%s' is there, but /etc/ld.so.cache does not list it: run ldconfig",
			t->found.file->path);
		t->found.file = NULL;
	}
}

const char *musl_path_file(struct view *v, const char *interp)
{
	const char *name = strrchr(interp, '/');
	size_t len;

	if (!name)
		return NULL;
	name++;
	len = strcspn(name, ".");
	return arena_printf(v->arena, "/etc/%.*s.path", (int)len, name);
}

static bool try_musl_system(struct try *t)
{
	static const char *const fallback = "/lib\n/usr/local/lib\n/usr/lib";
	struct view *v = t->s->view;
	const char *file = t->s->interp ? musl_path_file(v, t->s->interp) : NULL;
	FREE_PTR char *text = NULL;
	ssize_t n = file ? view_read(v, file, 65536, &text) : -ENOENT;
	const char *list = n < 0 ? fallback : text;

	while (*list) {
		size_t len = strcspn(list, ":\n");

		if (len && list[0] == '/' &&
		    try_dir(t, arena_strndup(v->arena, list, len),
			    n < 0 ? FOUND_DEFAULT : FOUND_PATH_FILE))
			return true;
		list += len;
		list += *list != '\0';
	}
	return false;
}

/* "libc.so", "libm.so.6", "libpthread.…": musl's loader is all of these itself. */
static bool musl_is_itself(const char *name)
{
	static const char *const own[] = {"c.", "pthread.", "rt.", "m.", "dl.", "util.", "xnet."};

	if (strncmp(name, "lib", 3) != 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (strncmp(name + 3, own[i], strlen(own[i])) == 0)
			return true;
	return false;
}

static bool try_system(struct try *t, bool no_default_lib)
{
	struct view *v = t->s->view;
	const char *key = arena_printf(v->arena, "%d %s %d %s", t->s->libc, t->s->arch->name,
				       no_default_lib, t->name);
	struct try *known = strmap_get(&v->memo, key);
	bool found;

	if (!known) {
		const char *before = t->hint;

		t->hint = NULL;
		if (t->s->libc == LIBC_MUSL)
			found = try_musl_system(t);
		else
			found = try_cache(t) || (!no_default_lib && try_default(t));
		if (!found && t->s->libc == LIBC_GLIBC)
			hint_conf(t);
		known = arena_new(v->arena, struct try);
		*known = *t;
		if (!found)
			known->found.file = NULL;
		t->hint = before;
		strmap_put(&v->memo, key, known);
	}
	t->found = known->found;
	if (known->hint)
		t->hint = known->hint;
	return t->found.file != NULL;
}

static bool search(struct try *t, const struct object *by)
{
	if (strchr(t->name, '/'))
		return t->name[0] == '/' && try_path(t, t->name, FOUND_SLASH);
	if (t->s->libc == LIBC_MUSL && t->s->interp && musl_is_itself(t->name))
		return try_path(t, t->s->interp, FOUND_INTERPRETER);
	if (try_rpaths(t, by))
		return true;
	if (t->s->libc == LIBC_GLIBC && by->file->elf.runpath &&
	    try_path_list(t, by, by->file->elf.runpath, FOUND_RUNPATH))
		return true;
	return try_system(t, by->file->elf.no_default_lib);
}

bool library_find(const struct search *s, const struct object *by, const char *name,
		  struct found *ret, const char **ret_hint)
{
	struct try t = {.s = s, .name = name};

	if (!search(&t, by)) {
		if (ret_hint)
			*ret_hint = t.hint ? t.hint : "";
		return false;
	}
	*ret = t.found;
	return true;
}

enum libc_kind libc_of(const struct elf_facts *elf)
{
	const char *slash = elf->interp ? strrchr(elf->interp, '/') : NULL;

	if (slash)
		return strncmp(slash + 1, "ld-musl-", 8) == 0 ? LIBC_MUSL : LIBC_GLIBC;
	for (const char **n = elf->needed; n && *n; n++)
		if (strncmp(*n, "libc.musl-", 10) == 0 || strcmp(*n, "libc.so") == 0)
			return LIBC_MUSL;
	return LIBC_GLIBC;
}
