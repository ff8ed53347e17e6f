// SPDX-License-Identifier: Apache-2.0
/* What a root file system needs besides programs: a few folders and files, and on demand data
 * that programs load at run time. */
#include "programs.h"

#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include "rootfs-request.h"

static const struct {
	const char *path;
	mode_t mode;
	const char *why;
} folders[] = {
	{"/etc", 0755, "configuration"},
	{"/dev", 0755, "device files, or where a container mounts its own"},
	{"/proc", 0555, "where /proc is mounted: ps and mount read it"},
	{"/sys", 0555, "where /sys is mounted"},
	{"/tmp", 01777, "temporary files of everybody"},
	{"/run", 0755, "run-time files"},
	{"/root", 0700, "the home directory of root"},
};

/* Whether the machine has them as links (merged /usr) or not decides about them here. */
static const char *const merged[] = {"/bin", "/sbin", "/lib", "/lib64"};

static const struct {
	const char *path;
	mode_t mode;
	unsigned int minor;
	unsigned int major;
} devices_of_dev[] = {
	{"/dev/null", 0666, 3, 1},   {"/dev/zero", 0666, 5, 1},    {"/dev/full", 0666, 7, 1},
	{"/dev/random", 0666, 8, 1}, {"/dev/urandom", 0666, 9, 1}, {"/dev/tty", 0666, 0, 5},
};

static const char *const links_of_dev[][2] = {
	{"/dev/fd", "/proc/self/fd"},
	{"/dev/stdin", "/proc/self/fd/0"},
	{"/dev/stdout", "/proc/self/fd/1"},
	{"/dev/stderr", "/proc/self/fd/2"},
};

static int place_merged(struct planning *p, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(merged); i++) {
		struct stat st;
		int r = 0;

		if (lstat(merged[i], &st) == 0 && S_ISLNK(st.st_mode) && stat(merged[i], &st) == 0)
			r = tree_place(p->tree, merged[i], "this machine has merged its /usr", err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int place_dev(struct tree *t, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(devices_of_dev); i++)
		r = tree_device(t, devices_of_dev[i].path, devices_of_dev[i].mode,
				makedev(devices_of_dev[i].major, devices_of_dev[i].minor),
				"a device that programs count on", err);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(links_of_dev); i++)
		r = tree_link(t, links_of_dev[i][0], links_of_dev[i][1],
			      "a name for a process's own files", err);
	return r;
}

static int place_etc(struct tree *t, struct err *err)
{
	const char *shell = tree_find(t, "/bin/bash") ? "/bin/bash" : "/bin/sh";
	int r = tree_text(
		t, "/etc/passwd", 0644,
		arena_printf(t->arena,
			     "root:x:0:0:root:/root:%s\n"
			     "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
			     shell),
		"names of users", err);

	if (r == 0)
		r = tree_text(t, "/etc/group", 0644, "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n",
			      "names of groups", err);
	if (r == 0)
		r = tree_text(t, "/etc/hosts", 0644,
			      "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n",
			      "the name of this host", err);
	if (r == 0)
		r = tree_text(t, "/etc/nsswitch.conf", 0644,
			      "passwd:\tfiles\ngroup:\tfiles\nshadow:\tfiles\nhosts:\tfiles dns\n"
			      "networks:\tfiles\nprotocols:\tfiles\nservices:\tfiles\n",
			      "names are looked up in files: no service of the machine is asked",
			      err);
	return r;
}

int skeleton_place(struct planning *p, bool devices, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(folders); i++)
		r = tree_dir(p->tree, folders[i].path, folders[i].mode, folders[i].why, err);
	if (r == 0)
		r = place_merged(p, err);
	if (r == 0 && devices)
		r = place_dev(p->tree, err);
	return r < 0 ? r : place_etc(p->tree, err);
}

static bool is_there(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

/* Place those of the paths that the machine has; an error when there is none. */
static int place_some(struct planning *p, const char *const *paths, const char *what,
		      struct err *err)
{
	bool any = false;

	for (size_t i = 0; paths[i]; i++) {
		int r;

		if (!is_there(paths[i]))
			continue;
		any = true;
		r = tree_place_all(p->tree, paths[i],
				   arena_printf(p->tree->arena, "%s, asked for with --with", what),
				   err);
		if (r < 0)
			return r;
	}
	if (any)
		return 0;
	err_set(err, 0, "this machine has no %s: there is no '%s'", what, paths[0]);
	return err_remedy(err, "install them, or leave them out of --with");
}

static int place_terminfo(struct planning *p, struct err *err)
{
	static const char *const usual[] = {"linux",  "xterm",         "xterm-256color",
					    "screen", "tmux-256color", "vt100",
					    "dumb"};
	int placed = 0;

	for (size_t i = 0; i <= ARRAY_SIZE(usual); i++) {
		const char *term = i < ARRAY_SIZE(usual) ? usual[i] : p->term;
		int r = term ? terminfo_place(p, term, err) : 0;

		if (r < 0)
			return r;
		placed += r;
	}
	if (placed)
		return 0;
	err_set(err, 0, "this machine has no descriptions of terminals");
	return err_remedy(err, "install ncurses-base, or leave terminfo out of --with");
}

/* The modules that glibc loads for what nsswitch.conf names, and their libraries. */
static int place_nss(struct planning *p, struct err *err)
{
	static const char *const names[] = {"libnss_files.so.2", "libnss_dns.so.2",
					    "libnss_compat.so.2"};
	struct elf_facts none = {.arch = elf_arch_own()};
	const struct view_file nobody = {.path = "", .elf = none};
	const struct object by = {.file = &nobody};
	struct search s = {.view = p->host, .libc = LIBC_GLIBC, .arch = elf_arch_own()};
	bool any = false;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct found found;
		int r;

		if (!library_find(&s, &by, names[i], &found, NULL))
			continue;
		any = true;
		r = program_place(p, found.file->path, "a name service, asked for with --with",
				  err);
		if (r < 0)
			return r;
	}
	if (any)
		return 0;
	return err_set(err, 0, "this machine has no name service modules: there is no '%s'",
		       names[0]);
}

static int place_locale(struct planning *p, struct err *err)
{
	static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};
	const char *paths[8] = {"/usr/lib/locale/C.utf8", "/usr/lib/locale/C.UTF-8",
				"/usr/lib/locale/locale-archive"};
	size_t n = 3;

	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		const char *value = getenv(variables[i]);

		if (value && *value && *value != '.' && !strchr(value, '/'))
			paths[n++] = arena_printf(p->tree->arena, "/usr/lib/locale/%s", value);
	}
	return place_some(p, paths, "locales", err);
}

int data_place(struct planning *p, unsigned int with, struct err *err)
{
	static const char *const certs[] = {
		"/etc/ssl/certs",     "/etc/ssl/openssl.cnf",        "/etc/ssl/cert.pem",
		"/etc/pki/tls/certs", "/etc/pki/ca-trust/extracted", NULL};
	static const char *const tz[] = {"/usr/share/zoneinfo", "/etc/localtime", "/etc/timezone",
					 NULL};
	int r = 0;

	if (with & WITH_NSS)
		r = place_nss(p, err);
	if (r == 0 && with & WITH_TERMINFO)
		r = place_terminfo(p, err);
	if (r == 0 && with & WITH_LOCALE)
		r = place_locale(p, err);
	if (r == 0 && with & WITH_CERTS)
		r = place_some(p, certs, "certificates", err);
	if (r == 0 && with & WITH_TZ)
		r = place_some(p, tz, "time zones", err);
	return r;
}
