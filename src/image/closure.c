// SPDX-License-Identifier: Apache-2.0
/*
 * Theory of operation. As the loader does, objects are loaded breadth first: the program, then
 * what it needs in order, then what those need. A needed name that an object already has as its
 * name or soname is that object, so the walk ends although libraries need each other in circles.
 */
#include "closure.h"

#include <string.h>

enum { OBJECTS_MAX = 4096, SCRIPTS_MAX = 5 /* the kernel's limit, fs/exec.c */ };

struct loading {
	struct view *view;
	struct search search;
	struct closure *closure;
	struct object *last;
	struct missing **last_missing;
};

static struct object *append(struct loading *l, const char *name, const struct found *found,
			     struct object *loader)
{
	struct object *o = arena_new(l->view->arena, struct object);

	*o = (struct object){
		.name = name,
		.file = found->file,
		.loader = loader,
		.how = found->how,
		.baseline = found->baseline,
	};
	o->needed = arena_array(l->view->arena, struct object *, found->file->elf.needed_count + 1);
	if (l->last)
		l->last->next = o;
	else
		l->closure->program = o;
	l->last = o;
	l->closure->count++;
	return o;
}

static void add_missing(struct loading *l, const char *name, const struct object *by,
			const char *hint, bool interpreter)
{
	struct missing *m = arena_new(l->view->arena, struct missing);

	*m = (struct missing){.name = name, .by = by, .hint = hint, .interpreter = interpreter};
	*l->last_missing = m;
	l->last_missing = &m->next;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* An object that answers to a needed name. The loader answers to the last part of its path. */
static struct object *loaded(const struct loading *l, const char *name)
{
	for (struct object *o = l->closure->program; o; o = o->next) {
		if (o->file->elf.soname && strcmp(o->file->elf.soname, name) == 0)
			return o;
		if (o != l->closure->program && strcmp(o->name, name) == 0)
			return o;
		if (o == l->closure->interp && strcmp(base_name(o->name), name) == 0)
			return o;
	}
	return NULL;
}

static struct object *loaded_file(const struct loading *l, const struct view_file *f)
{
	for (struct object *o = l->closure->program; o; o = o->next)
		if (o->file == f ||
		    (o->file->st.st_ino == f->st.st_ino && o->file->st.st_dev == f->st.st_dev))
			return o;
	return NULL;
}

static int load_needed(struct loading *l, struct object *o, struct err *err)
{
	for (size_t i = 0; i < o->file->elf.needed_count; i++) {
		const char *name = o->file->elf.needed[i], *hint = NULL;
		struct object *known = loaded(l, name);
		struct found found;

		if (!known && library_find(&l->search, o, name, &found, &hint)) {
			known = loaded_file(l, found.file);
			if (!known && l->closure->count >= OBJECTS_MAX)
				return err_set(err, 0, "'%s' needs more than %d libraries",
					       l->closure->program->file->path, OBJECTS_MAX);
			if (!known)
				known = append(l, name, &found, o);
		} else if (!known) {
			add_missing(l, name, o, hint, false);
		}
		o->needed[i] = known;
	}
	return 0;
}

static void load_interp(struct loading *l)
{
	const struct elf_facts *elf = &l->closure->program->file->elf;
	const struct view_file *f;
	struct found found = {.how = FOUND_INTERPRETER};

	if (!elf->interp)
		return;
	f = view_file(l->view, elf->interp);
	if (f->kind != FILE_ELF) {
		add_missing(l, elf->interp, l->closure->program, f->why, true);
		return;
	}
	found.file = f;
	l->closure->interp = append(l, elf->interp, &found, l->closure->program);
}

static int load_elf(struct view *v, const struct view_file *f, struct closure *c, struct err *err)
{
	struct loading l = {.view = v, .closure = c, .last_missing = &c->missing};
	struct found program = {.file = f, .how = FOUND_GIVEN};
	int r = 0;

	l.search = (struct search){v, libc_of(&f->elf), f->elf.arch, f->elf.interp};
	append(&l, f->path, &program, NULL);
	load_interp(&l);
	for (struct object *o = c->program; r == 0 && o; o = o->next)
		r = load_needed(&l, o, err);
	return r;
}

static int find_at_depth(struct view *v, const char *path, int depth, struct closure **ret,
			 struct err *err);

/* "#!/usr/bin/env NAME", "#!/usr/bin/env -S NAME -x": what env is going to run. */
static const char *env_target(struct arena *a, const struct view_file *f)
{
	const char *s = f->interp_arg;

	if (!s || strcmp(base_name(f->interp), "env") != 0)
		return NULL;
	if (strncmp(s, "-S", 2) == 0)
		for (s += 2; *s == ' ' || *s == '\t'; s++)
			;
	if (*s == '-' || strchr(s, '='))
		return NULL;
	return arena_strndup(a, s, strcspn(s, " \t"));
}

static int load_script(struct view *v, const struct view_file *f, int depth, struct closure *c,
		       struct err *err)
{
	struct loading l = {.view = v, .closure = c, .last_missing = &c->missing};
	struct found program = {.file = f, .how = FOUND_GIVEN};
	const struct view_file *interp;
	int r;

	append(&l, f->path, &program, NULL);
	c->env_name = env_target(v->arena, f);
	interp = f->interp[0] == '/' ? view_file(v, f->interp) : NULL;
	if (!interp || interp->kind == FILE_ABSENT || interp->kind == FILE_NOT_REGULAR) {
		add_missing(&l, f->interp, c->program, NULL, true);
		return 0;
	}
	if (depth + 1 >= SCRIPTS_MAX)
		return err_set(err, 0, "'%s': more than %d scripts are interpreters of each other",
			       f->path, SCRIPTS_MAX);
	r = find_at_depth(v, f->interp, depth + 1, &c->script, err);
	return r < 0 ? err_context(err, "interpreter of '%s'", f->path) : 0;
}

static int refuse(const struct view_file *f, struct err *err)
{
	switch (f->kind) {
	case FILE_ABSENT: return err_set(err, f->error, "cannot find '%s'", f->path);
	case FILE_UNREADABLE: return err_set(err, f->error, "cannot read '%s'", f->path);
	case FILE_NOT_REGULAR:
		if (S_ISDIR(f->st.st_mode))
			return err_set(err, EISDIR, "cannot examine '%s'", f->path);
		return err_set(err, 0, "'%s' is no regular file", f->path);
	case FILE_BAD_ELF: return err_set(err, 0, "'%s' is a %s", f->path, f->why);
	default:
		return err_set(err, 0, "'%s' is neither an ELF file nor a script with '#!'",
			       f->path);
	}
}

static int find_at_depth(struct view *v, const char *path, int depth, struct closure **ret,
			 struct err *err)
{
	const struct view_file *f = view_file(v, path);
	struct closure *c = arena_new(v->arena, struct closure);
	int r;

	if (f->kind == FILE_ELF)
		r = load_elf(v, f, c, err);
	else if (f->kind == FILE_SCRIPT)
		r = load_script(v, f, depth, c, err);
	else
		r = refuse(f, err);
	if (r < 0)
		return r;
	*ret = c;
	return 0;
}

int closure_find(struct view *v, const char *path, struct closure **ret, struct err *err)
{
	return find_at_depth(v, path, 0, ret, err);
}

const struct missing *closure_missing(const struct closure *c)
{
	while (c && !c->missing)
		c = c->script;
	return c ? c->missing : NULL;
}
