// SPDX-License-Identifier: Apache-2.0
#include "programs.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include "parse.h"
#include "file.h"

const char *const default_programs[] = {
	"bash",
	"sh",
	/* coreutils */
	"[",
	"arch",
	"b2sum",
	"base32",
	"base64",
	"basename",
	"basenc",
	"cat",
	"chcon",
	"chgrp",
	"chmod",
	"chown",
	"cksum",
	"comm",
	"cp",
	"csplit",
	"cut",
	"date",
	"dd",
	"df",
	"dir",
	"dircolors",
	"dirname",
	"du",
	"echo",
	"env",
	"expand",
	"expr",
	"factor",
	"false",
	"fmt",
	"fold",
	"groups",
	"head",
	"hostid",
	"id",
	"install",
	"join",
	"link",
	"ln",
	"logname",
	"ls",
	"md5sum",
	"mkdir",
	"mkfifo",
	"mknod",
	"mktemp",
	"mv",
	"nice",
	"nl",
	"nohup",
	"nproc",
	"numfmt",
	"od",
	"paste",
	"pathchk",
	"pinky",
	"pr",
	"printenv",
	"printf",
	"ptx",
	"pwd",
	"readlink",
	"realpath",
	"rm",
	"rmdir",
	"runcon",
	"seq",
	"sha1sum",
	"sha224sum",
	"sha256sum",
	"sha384sum",
	"sha512sum",
	"shred",
	"shuf",
	"sleep",
	"sort",
	"split",
	"stat",
	"stdbuf",
	"stty",
	"sum",
	"sync",
	"tac",
	"tail",
	"tee",
	"test",
	"timeout",
	"touch",
	"tr",
	"true",
	"truncate",
	"tsort",
	"tty",
	"uname",
	"unexpand",
	"uniq",
	"unlink",
	"users",
	"vdir",
	"wc",
	"who",
	"whoami",
	"yes",
	/* what one looks at a container with */
	"ps",
	"top",
	"mount",
	"umount",
	"findmnt",
	"unshare",
	"nsenter",
	"lsns",
	"hostname",
	"ip",
	"ss",
	"ping",
	"less",
	NULL,
};

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	       faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
}

static const char *find_in(struct arena *a, const char *dirs, const char *name)
{
	const char *dir;
	size_t len;

	while (next_field(&dirs, ':', &dir, &len)) {
		const char *path;

		/* A relative folder depends on where one stands. */
		if (len == 0 || dir[0] != '/')
			continue;
		while (len > 1 && dir[len - 1] == '/')
			len--;
		path = arena_printf(a, "%.*s/%s", (int)len, dir, name);
		if (is_program(path))
			return path;
	}
	return NULL;
}

int program_find(const struct planning *p, const char *name, const char **ret, struct err *err)
{
	/* Administrators' programs are often not in a user's PATH. */
	static const char usual[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	struct arena *a = p->tree->arena;
	const char *found;

	if (strchr(name, '/')) {
		FREE_PTR char *cwd = name[0] == '/' ? NULL : getcwd(NULL, 0);

		if (name[0] != '/' && !cwd)
			return err_errno(err, "cannot tell the current directory");
		while (strncmp(name, "./", 2) == 0)
			name += 2 + strspn(name + 2, "/");
		*ret = arena_printf(a, "%s%s%s", cwd ? cwd : "", cwd ? "/" : "", name);
		return 0;
	}
	found = find_in(a, p->path ? p->path : usual, name);
	if (!found)
		found = find_in(a, usual, name);
	if (!found) {
		err_set(err, 0, "this machine has no program '%s'", name);
		return err_remedy(err, "install it, or give the path of the file");
	}
	*ret = found;
	return 0;
}

static int missing_on_host(const struct missing *m, const char *path, struct err *err)
{
	if (m->interpreter)
		err_set(err, 0, "'%s' cannot run on this machine: its interpreter '%s' is missing",
			m->by->file->path, m->name);
	else
		err_set(err, 0,
			"'%s' cannot run on this machine: the library '%s', needed by '%s', is "
			"missing%s%s%s",
			path, m->name, m->by->file->path, m->hint && *m->hint ? " (" : "",
			m->hint ? m->hint : "", m->hint && *m->hint ? ")" : "");
	return err_remedy(err, "install the package that has it, or leave the program out");
}

static int place_libraries(struct planning *p, const struct closure *c, struct err *err)
{
	struct arena *a = p->tree->arena;

	for (const struct object *o = c->program->next; o; o = o->next) {
		const char *why =
			o == c->interp ? arena_printf(a, "the loader of %s", c->program->file->path)
				       : arena_printf(a, "%s, needed by %s", o->name,
						      o->loader->file->path);
		int r = tree_place(p->tree, o->file->path, why, err);

		if (r == 0 && o->baseline)
			r = tree_place(p->tree, o->baseline,
				       "the same library for older processors", err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Files that the loader reads to find libraries outside of its own folders. */
static int place_search_files(struct planning *p, const struct closure *c, struct err *err)
{
	bool path_file = false;

	for (const struct object *o = c->program; o; o = o->next)
		path_file |= o->how == FOUND_PATH_FILE;
	if (path_file && c->interp)
		return tree_place(p->tree, musl_path_file(p->host, c->interp->name),
				  "where musl's loader looks for libraries", err);
	if (p->host->cache_used)
		return tree_place(p->tree, "/etc/ld.so.cache",
				  "a library is in a folder that the loader finds through it only",
				  err);
	return 0;
}

static bool uses_terminal(const struct closure *c)
{
	for (const struct object *o = c->program->next; o; o = o->next)
		if (strncmp(o->name, "libtinfo", 8) == 0 || strncmp(o->name, "libncurses", 10) == 0)
			return true;
	return false;
}

/* The applets of a busybox, "bin/ls\nusr/bin/wc\n…", asked from itself. */
static int applets(const char *path, char **ret, struct err *err)
{
	int out[2], status;
	ssize_t n;
	pid_t pid;

	if (pipe2(out, O_CLOEXEC) < 0)
		return err_errno(err, "cannot make a pipe");
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		if (dup2(out[1], STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0 ||
		    dup2(null, STDIN_FILENO) < 0)
			_exit(127);
		execl(path, "busybox", "--list-full", (char *)NULL);
		_exit(127);
	}
	close(out[1]);
	n = pid < 0 ? -errno : read_fd(out[0], 1 << 20, ret);
	close(out[0]);
	if (pid < 0)
		return err_set(err, (int)-n, "cannot start '%s'", path);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (n >= 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (n >= 0)
		free(TAKE_PTR(*ret));
	return -ENOEXEC;
}

static int place_applets(struct planning *p, const char *path, struct err *err)
{
	FREE_PTR char *list = NULL;
	struct arena *a = p->tree->arena;
	const char *target = view_real_path(p->host, path), *line, *rest;
	size_t len;

	/* A busybox of another architecture cannot be asked: it comes without its links. */
	if (applets(path, &list, err) < 0)
		return 0;
	rest = list;
	while (next_field(&rest, '\n', &line, &len)) {
		const char *link;
		int r;

		if (len == 0 || memchr(line, '.', len))
			continue;
		link = arena_printf(a, "/%.*s", (int)len, line[0] == '/' ? line + 1 : line);
		r = tree_link(p->tree, link, target, "an applet of busybox", err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int place_for_script(struct planning *p, const struct closure *c, struct err *err)
{
	struct arena *a = p->tree->arena;
	const char *path, *script = c->program->file->path;
	int r = 0;

	if (c->env_name) {
		r = program_find(p, c->env_name, &path, err);
		if (r == 0)
			r = program_place(p, path, arena_printf(a, "run by env for %s", script),
					  err);
	}
	return r < 0 ? r
		     : program_place(p, c->script->program->file->path,
				     arena_printf(a, "the interpreter of %s", script), err);
}

int program_place(struct planning *p, const char *path, const char *why, struct err *err)
{
	const struct missing *m;
	struct closure *c;
	int r = closure_find(p->host, path, &c, err);

	if (r < 0) {
		if (err->code == EACCES)
			err_remedy(err,
				   "its owner and root may read it: leave it out, or run as root");
		return r;
	}
	m = closure_missing(c);
	if (m)
		return missing_on_host(m, path, err);
	r = c->script ? place_for_script(p, c, err) : place_libraries(p, c, err);
	if (r == 0)
		r = place_search_files(p, c, err);
	if (r == 0 && p->term && uses_terminal(c))
		r = MIN(terminfo_place(p, p->term, err), 0);
	/* The program comes last: where it is, it can start. */
	if (r == 0)
		r = tree_place(p->tree, path, why, err);
	if (r == 0 && strncmp(strrchr(path, '/') + 1, "busybox", 7) == 0)
		r = place_applets(p, path, err);
	return r;
}
