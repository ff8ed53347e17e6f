// SPDX-License-Identifier: Apache-2.0
/*
 * Theory of operation. The checks follow the order of the kernel and the loader: the file is
 * found, it may be executed, its format is known (ELF, "#!"), its interpreter is there, then its
 * libraries. The first that fails is the answer; missing files are all named at once. The remedy
 * is looked up on the machine: what it has under the same name, `rootfs add` can bring.
 */
#include "diagnose.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include "file.h"
#include "out.h"
#include "parse.h"
#include "programs.h"

static const char usual_path[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

struct examination {
	const struct diagnosis *d;
	struct arena arena;
	struct view view; /* of the root */
	struct view host; /* of the machine */
	int host_root;
	struct err *err;
};

static const char *name_of(const struct examination *x)
{
	return x->d->command;
}

/* The command that brings `list` ("bash", or paths joined by ','), if the user can be told one. */
static void remedy_add(struct examination *x, const char *list)
{
	const char *image = x->d->image;
	OUT_CLEANUP struct out o = {0};

	if (x->d->dir) {
		out_puts(&o, "kokon rootfs add ");
		out_shell_word(&o, x->d->dir);
		out_puts(&o, " --bin ");
		out_shell_word(&o, list);
		err_remedy(x->err, "%s", o.text);
	} else if (image && strncmp(image, "host:", 5) == 0 && image[5])
		err_remedy(x->err, "name it in the image: %s,%s", image, list);
}

/* The machine's path of a program of that name; NULL: it has none. */
static const char *on_host(struct examination *x, const char *name)
{
	struct tree t = {.arena = &x->arena};
	struct planning p = {&x->host, &t, getenv("PATH"), NULL};
	const char *path;

	if (name[0] != '/' && strchr(name, '/'))
		return NULL;
	if (program_find(&p, name, &path, NULL) < 0)
		return NULL;
	return view_file(&x->host, path)->kind == FILE_ABSENT ? NULL : path;
}

static int fail(struct examination *x, int code, int status)
{
	x->err->code = code;
	return err_exit(x->err, status);
}

static int not_found(struct examination *x, const char *where)
{
	err_set(x->err, ENOENT, "cannot run '%s': it is not in %s", name_of(x), where);
	if (on_host(x, name_of(x)))
		remedy_add(x, name_of(x));
	return err_exit(x->err, 127);
}

/* A link that leads nowhere looks like a missing file. */
static int dangling(struct examination *x, const char *path)
{
	char target[1024] = "";
	CLOSE_FD int fd = open_in_root(x->d->root, path, O_PATH | O_NOFOLLOW, 0);
	const char *where = x->d->dir ? arena_printf(&x->arena, "'%s'", x->d->dir) : "the root";

	if (fd < 0 || read_link_at(fd, "", target, sizeof(target)) < 0)
		return not_found(x, where);
	err_set(x->err, 0, "cannot run '%s': the link '%s' leads to '%s', which is missing",
		name_of(x), path, target);
	if (on_host(x, name_of(x)))
		remedy_add(x, name_of(x));
	return fail(x, ENOENT, 127);
}

static int refuse(struct examination *x, int code, const char *why)
{
	err_set(x->err, code, "cannot run '%s': %s", name_of(x), why);
	return err_exit(x->err, 126);
}

/* A file that is open for writing: a read lease is refused then (fcntl(2), F_SETLEASE). */
static bool is_being_written(const struct examination *x, const char *path)
{
	CLOSE_FD int fd = open_in_root(x->d->root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);

	if (fd < 0 || fcntl(fd, F_SETLEASE, F_RDLCK) == 0)
		return false;
	return errno == EAGAIN;
}

static int check_mode(struct examination *x, const char *path, const struct view_file *f)
{
	CLOSE_FD int fd = open_in_root(x->d->root, path, O_PATH, 0);
	struct statvfs fs;
	char why[96];

	if (S_ISDIR(f->st.st_mode))
		return refuse(x, EACCES, "it is a directory");
	if (f->kind == FILE_NOT_REGULAR)
		return refuse(x, EACCES, "it is no regular file");
	if (!(f->st.st_mode & 0111)) {
		snprintf(why, sizeof(why), "it is not executable (mode %04o)",
			 f->st.st_mode & 07777);
		refuse(x, EACCES, why);
		return err_remedy(x->err, "chmod +x '%s%s'", x->d->dir ? x->d->dir : "", path);
	}
	if (fd >= 0 && fstatvfs(fd, &fs) == 0 && fs.f_flag & ST_NOEXEC) {
		refuse(x, EACCES, "it is on a file system mounted with noexec");
		return err_remedy(x->err,
				  "mount -o remount,exec '%s', or put the program elsewhere",
				  x->d->dir ? x->d->dir : "DIR");
	}
	if (x->d->code == ETXTBSY || is_being_written(x, path)) {
		refuse(x, ETXTBSY, "a process has it open for writing");
		return err_remedy(x->err,
				  "wait until it is written; 'fuser -v FILE' names the process");
	}
	if (x->d->code != EACCES)
		return 0;
	snprintf(why, sizeof(why), "this user may not execute it (mode %04o, owner %u:%u)",
		 f->st.st_mode & 07777, f->st.st_uid, f->st.st_gid);
	return refuse(x, EACCES, why);
}

/* binfmt_misc(5): an emulator for that architecture is registered. */
static bool emulated(const struct elf_arch *arch)
{
	char path[96];

	snprintf(path, sizeof(path), "/proc/sys/fs/binfmt_misc/qemu-%s", arch->name);
	return access(path, F_OK) == 0;
}

static int check_arch(struct examination *x, const char *path, const struct view_file *f)
{
	const struct elf_arch *own = elf_arch_own();
	char why[160];

	if (elf_arch_runs(own, f->elf.arch) || emulated(f->elf.arch))
		return 0;
	snprintf(why, sizeof(why), "%s%s%s is for %s, and this machine is %s",
		 strcmp(path, name_of(x)) == 0 ? "it" : "'",
		 strcmp(path, name_of(x)) == 0 ? "" : path,
		 strcmp(path, name_of(x)) == 0 ? "" : "'", f->elf.arch->name, own->name);
	refuse(x, ENOEXEC, why);
	return err_remedy(x->err,
			  "use a build for %s, or register an emulator (package qemu-user-static)",
			  own->name);
}

/* Where the machine has a missing file, for a closure of the same kind; NULL: nowhere. */
static const char *find_missing(struct examination *x, const struct closure *c,
				const struct missing *m)
{
	const struct elf_facts *elf = &c->program->file->elf;
	struct elf_facts plain = {.arch = elf->arch};
	const struct view_file nobody = {.path = "", .elf = plain};
	const struct object by = {.file = &nobody};
	struct search s = {&x->host, libc_of(elf), elf->arch, elf->interp};
	struct found found;

	if (m->interpreter)
		return view_file(&x->host, m->name)->kind == FILE_ABSENT ? NULL : m->name;
	return library_find(&s, &by, m->name, &found, NULL) ? found.file->path : NULL;
}

/* The one command that completes the root, or who to ask for the rest. */
static void remedy_missing(struct examination *x, const struct closure *c)
{
	OUT_CLEANUP struct out list = {0};
	const char *host = on_host(x, name_of(x));

	/* A program of the same name; a script would bring another interpreter, maybe. */
	if (host && !strchr(name_of(x), '/') && c->program->file->kind == FILE_ELF &&
	    view_file(&x->host, host)->kind == FILE_ELF) {
		remedy_add(x, name_of(x));
		return;
	}
	for (const struct missing *m = c->missing; m; m = m->next) {
		const char *path = find_missing(x, c, m);

		if (!path && list.len < 200) {
			err_remedy(x->err,
				   "this machine has no '%s' either: install its package first",
				   m->name);
			return;
		}
		if (path && (!list.text || !strstr(list.text, path)))
			out_printf(&list, "%s%s", list.len ? "," : "", path);
	}
	if (list.len)
		remedy_add(x, list.text);
}

static void put_missing(const struct missing *m, const struct closure *c, struct out *o)
{
	if (o->len)
		out_puts(o, ", ");
	if (!m->interpreter)
		out_printf(o, "its library '%s' (needed by '%s')", m->name, m->by->file->path);
	else if (c->program->file->kind == FILE_SCRIPT)
		out_printf(o, "its '#!' interpreter '%s'", m->name);
	else
		out_printf(o, "its interpreter '%s'", m->name);
	if (m->hint && *m->hint)
		out_printf(o, " (%s)", m->hint);
}

static int report_missing(struct examination *x, const char *path, const struct closure *c)
{
	OUT_CLEANUP struct out all = {0};
	bool many = c->missing->next != NULL;
	bool absent = c->missing->interpreter;
	const char *at =
		strcmp(path, name_of(x)) == 0 ? "" : arena_printf(&x->arena, " ('%s')", path);

	for (const struct missing *m = c->missing; m; m = m->next)
		put_missing(m, c, &all);
	err_set(x->err, 0, "cannot run '%s'%s: %s %s missing", name_of(x), at, all.text,
		many ? "are" : "is");
	remedy_missing(x, c);
	/* For a library the loader itself ends so, since it was what was executed. */
	return fail(x, absent ? ENOENT : ENOEXEC, 127);
}

/* A carriage return at the end of the first line becomes part of the interpreter's name, or of
 * its argument. */
static int check_line_end(struct examination *x, const char *path, const struct view_file *f)
{
	const char *word = f->interp_arg ? f->interp_arg : f->interp;
	size_t len = strlen(word);

	if (len == 0 || word[len - 1] != '\r')
		return 0;
	err_set(x->err, 0,
		"cannot run '%s': the first line of '%s' ends with a carriage return (CRLF), so "
		"the kernel "
		"looks for '%.*s\\r'",
		name_of(x), path, (int)len - 1, word);
	err_remedy(x->err, "sed -i 's/\\r$//' '%s%s'", x->d->dir ? x->d->dir : "", path);
	return fail(x, ENOENT, 127);
}

static int check_env(struct examination *x, const struct closure *c)
{
	const char *dirs = x->d->path ? x->d->path : usual_path, *dir;
	size_t len;

	if (!c->env_name || strchr(c->env_name, '/'))
		return 0;
	while (next_field(&dirs, ':', &dir, &len)) {
		const char *path = arena_printf(&x->arena, "%.*s/%s", (int)len, dir, c->env_name);

		if (view_file(&x->view, path)->kind != FILE_ABSENT)
			return 0;
	}
	err_set(x->err, 0,
		"cannot run '%s': its interpreter '%s', which env looks up in PATH, is missing",
		name_of(x), c->env_name);
	if (on_host(x, c->env_name))
		remedy_add(x, c->env_name);
	return fail(x, ENOENT, 127);
}

static int check_contents(struct examination *x, const char *path, const struct view_file *f)
{
	struct closure *c;
	int r;

	switch (f->kind) {
	case FILE_UNREADABLE: return 0;
	case FILE_OTHER:
		return refuse(x, ENOEXEC, "it is neither an ELF program nor a script with '#!'");
	case FILE_BAD_ELF: return refuse(x, ENOEXEC, arena_printf(&x->arena, "it is a %s", f->why));
	default: break;
	}
	r = f->kind == FILE_SCRIPT ? check_line_end(x, path, f) : check_arch(x, path, f);
	if (r < 0)
		return r;
	r = closure_find(&x->view, path, &c, x->err);
	if (r < 0)
		return err_exit(x->err, 126);
	if (c->missing)
		return report_missing(x, path, c);
	if (!c->script)
		return 0;
	r = check_env(x, c);
	/* The interpreter has to start, too. */
	path = c->script->program->file->path;
	f = view_file(&x->view, path);
	if (r == 0)
		r = check_mode(x, path, f);
	return r < 0 ? r : check_contents(x, path, f);
}

static int check_path(struct examination *x, const char *path)
{
	const struct view_file *f = view_file(&x->view, path);
	int r;

	if (f->kind == FILE_ABSENT && f->error == ENOENT)
		return dangling(x, path);
	if (f->kind == FILE_ABSENT) {
		err_set(x->err, f->error, "cannot run '%s': cannot reach '%s'", name_of(x), path);
		return err_exit(x->err, f->error == ENOTDIR ? 127 : 126);
	}
	r = check_mode(x, path, f);
	return r < 0 ? r : check_contents(x, path, f);
}

static bool is_link(const struct examination *x, const char *path)
{
	CLOSE_FD int fd = open_in_root(x->d->root, path, O_PATH | O_NOFOLLOW, 0);

	return fd >= 0;
}

/* As execvp(3): the first in PATH that may be executed, else the first that is there. */
static const char *look_up(struct examination *x, const char *name)
{
	const char *dirs = x->d->path ? x->d->path : usual_path, *dir, *second = NULL;
	size_t len;

	while (next_field(&dirs, ':', &dir, &len)) {
		const char *path = arena_printf(&x->arena, "%.*s/%s", (int)len, dir, name);
		const struct view_file *f = len ? view_file(&x->view, path) : NULL;

		if (f && f->error == EMFILE) /* nobody knows whether it is there */
			return path;
		if (!f || f->kind == FILE_NOT_REGULAR ||
		    (f->kind == FILE_ABSENT && !is_link(x, path)))
			continue;
		if (f->kind != FILE_ABSENT && f->st.st_mode & 0111)
			return path;
		second = second ? second : path;
	}
	return second;
}

static int examine(struct examination *x)
{
	const char *name = name_of(x), *path = name;

	if (!*name)
		return refuse(x, ENOENT, "its name is empty");
	if (!strchr(name, '/')) {
		path = look_up(x, name);
		if (!path)
			return not_found(x,
					 arena_printf(&x->arena, "any directory of PATH (%s)%s%s",
						      x->d->path ? x->d->path : usual_path,
						      x->d->dir ? " in " : "",
						      x->d->dir ? x->d->dir : ""));
	} else if (name[0] != '/') {
		path = arena_printf(&x->arena, "%s/%s", x->d->cwd ? x->d->cwd : "", name);
	}
	return check_path(x, path);
}

int diagnose(const struct diagnosis *d, struct err *err)
{
	struct examination x = {.d = d, .err = err};
	struct err scratch = {0};
	int r = arena_init(&x.arena);

	if (!err)
		x.err = &scratch;
	if (r < 0)
		return err_set(err, -r, "cannot get memory");
	x.host_root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	view_init(&x.view, d->root, &x.arena);
	view_init(&x.host, x.host_root, &x.arena);
	r = examine(&x);
	view_free(&x.view);
	view_free(&x.host);
	if (x.host_root >= 0)
		close(x.host_root);
	arena_free(&x.arena);
	return r;
}
