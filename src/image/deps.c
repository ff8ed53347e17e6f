// SPDX-License-Identifier: Apache-2.0
#include "deps.h"

#include <elf.h>
#include <string.h>

static void put_missing(const struct missing *m, struct out *o)
{
	out_printf(o, "%s => not found, needed by %s%s%s%s", m->name, m->by->file->path,
		   m->hint && *m->hint ? " (" : "", m->hint ? m->hint : "",
		   m->hint && *m->hint ? ")" : "");
}

void deps_list(const struct closure *c, struct out *o)
{
	const struct object *program = c->program;

	if (program->file->kind == FILE_ELF && !program->file->elf.dynamic)
		out_puts(o, "\tstatically linked\n");
	for (const struct object *obj = program->next; obj; obj = obj->next) {
		if (obj->name[0] == '/')
			out_printf(o, "\t%s (%s)\n", obj->name, found_how_name(obj->how));
		else
			out_printf(o, "\t%s => %s (%s)\n", obj->name, obj->file->path,
				   found_how_name(obj->how));
	}
	if (c->script) {
		out_printf(o, "\t%s (script)\n", c->script->program->file->path);
		deps_list(c->script, o);
	}
	if (c->env_name)
		out_printf(o, "\t%s (run by env, looked up in PATH)\n", c->env_name);
	for (const struct missing *m = c->missing; m; m = m->next) {
		out_puts(o, "\t");
		put_missing(m, o);
		out_puts(o, "\n");
	}
}

enum { DEPTH_MAX = 64 };

static void indent(struct out *o, int depth)
{
	out_printf(o, "%*s", depth * 2, "");
}

static const struct missing *missing_of(const struct closure *c, const struct object *by,
					const char *name)
{
	for (const struct missing *m = c->missing; m; m = m->next)
		if (m->by == by && strcmp(m->name, name) == 0)
			return m;
	return NULL;
}

/* One object and what it needs. An object is opened up once, where it was loaded from: the
 * loader's own order gives each exactly one such place, so the tree is as long as the list. */
static void put_object(const struct closure *c, const struct object *by, int depth, struct out *o)
{
	for (size_t i = 0; i < by->file->elf.needed_count; i++) {
		const char *name = by->file->elf.needed[i];
		const struct object *obj = by->needed[i];
		const struct missing *m = obj ? NULL : missing_of(c, by, name);

		indent(o, depth);
		if (!obj) {
			out_printf(o, "%s => not found%s%s%s\n", name,
				   m && m->hint && *m->hint ? " (" : "",
				   m && m->hint ? m->hint : "",
				   m && m->hint && *m->hint ? ")" : "");
			continue;
		}
		out_printf(o, "%s => %s\n", name, obj->file->path);
		if (obj->loader == by && obj->name == name && depth < DEPTH_MAX)
			put_object(c, obj, depth + 1, o);
	}
}

static void put_tree(const struct closure *c, int depth, struct out *o)
{
	const struct object *program = c->program;

	indent(o, depth);
	out_printf(o, "%s\n", program->file->path);
	for (const struct missing *m = c->missing; m; m = m->next) {
		if (!m->interpreter)
			continue;
		indent(o, depth + 1);
		out_printf(o, "%s => not found (interpreter)\n", m->name);
	}
	if (c->interp) {
		indent(o, depth + 1);
		out_printf(o, "%s (interpreter)\n", c->interp->file->path);
	}
	put_object(c, program, depth + 1, o);
	if (c->script)
		put_tree(c->script, depth + 1, o);
	if (c->env_name) {
		indent(o, depth + 1);
		out_printf(o, "%s (run by env, looked up in PATH)\n", c->env_name);
	}
}

void deps_tree(const struct closure *c, struct out *o)
{
	put_tree(c, 0, o);
}

static void put_pair(struct out *o, const char *key, const char *value, const char *end)
{
	out_printf(o, "\"%s\": ", key);
	out_json_string(o, value);
	out_puts(o, end);
}

static void json_object(const struct object *obj, struct out *o)
{
	out_puts(o, "{");
	put_pair(o, "name", obj->name, ", ");
	put_pair(o, "path", obj->file->path, ", ");
	put_pair(o, "found", found_how_name(obj->how), ", ");
	put_pair(o, "loadedBy", obj->loader ? obj->loader->file->path : NULL, "}");
}

static void json_missing(const struct missing *m, struct out *o)
{
	out_puts(o, "{");
	put_pair(o, "name", m->name, ", ");
	put_pair(o, "neededBy", m->by->file->path, ", ");
	put_pair(o, "kind", m->interpreter ? "interpreter" : "library", ", ");
	put_pair(o, "hint", m->hint && *m->hint ? m->hint : NULL, "}");
}

void deps_json(const struct closure *c, struct out *o)
{
	const struct view_file *f = c->program->file;
	const char *sep = "";

	out_puts(o, "{");
	put_pair(o, "path", f->path, ", ");
	put_pair(o, "kind", f->kind == FILE_SCRIPT ? "script" : "elf", ", ");
	put_pair(o, "architecture", f->kind == FILE_ELF ? f->elf.arch->name : NULL, ", ");
	out_printf(o, "\"static\": %s, ",
		   f->kind == FILE_ELF && !f->elf.dynamic ? "true" : "false");
	put_pair(o, "interpreter", f->kind == FILE_ELF ? f->elf.interp : f->interp, ", ");
	out_puts(o, "\"libraries\": [");
	for (const struct object *obj = c->program->next; obj; obj = obj->next) {
		out_puts(o, sep);
		json_object(obj, o);
		sep = ", ";
	}
	out_puts(o, "], \"missing\": [");
	sep = "";
	for (const struct missing *m = c->missing; m; m = m->next) {
		out_puts(o, sep);
		json_missing(m, o);
		sep = ", ";
	}
	out_puts(o, "]");
	if (c->env_name) {
		out_puts(o, ", ");
		put_pair(o, "runByEnv", c->env_name, "");
	}
	if (c->script) {
		out_puts(o, ", \"script\": ");
		deps_json(c->script, o);
	}
	out_puts(o, "}");
}
