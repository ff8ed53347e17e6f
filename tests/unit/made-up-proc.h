// SPDX-License-Identifier: Apache-2.0
/*
 * A made-up /proc for tests of what reads one, and comparison with golden files.
 *
 * The golden files lie in $KOKON_GOLDEN (set by tests/meson.build); with KOKON_GOLDEN_UPDATE=1
 * they are written instead of compared.
 */
#ifndef KOKON_MADE_UP_PROC_H
#define KOKON_MADE_UP_PROC_H

#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "file.h"
#include "out.h"

static char proc_root[] = "/tmp/kokon-proc.XXXXXX";

static inline void proc_make(void)
{
	snprintf(proc_root, sizeof(proc_root), "/tmp/kokon-proc.XXXXXX");
	assert_non_null(mkdtemp(proc_root));
}

static inline int proc_remove_entry(const char *path, const struct stat *st UNUSED, int type UNUSED,
				    struct FTW *ftw UNUSED)
{
	return remove(path);
}

static inline void proc_remove(void)
{
	nftw(proc_root, proc_remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static inline void proc_file(const char *path, const void *text, size_t len)
{
	char full[256], *slash;
	int fd;

	snprintf(full, sizeof(full), "%s/%s", proc_root, path);
	slash = strrchr(full, '/');
	*slash = '\0';
	assert_int_equal(make_directories(AT_FDCWD, full, 0755), 0);
	*slash = '/';
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write_all(fd, text, len), 0);
	close(fd);
}

static inline void proc_text(const char *path, const char *text)
{
	proc_file(path, text, strlen(text));
}

static inline void proc_link(const char *path, const char *text)
{
	char full[256], *slash;

	snprintf(full, sizeof(full), "%s/%s", proc_root, path);
	slash = strrchr(full, '/');
	*slash = '\0';
	assert_int_equal(make_directories(AT_FDCWD, full, 0755), 0);
	*slash = '/';
	assert_int_equal(symlink(text, full), 0);
}

/* Namespaces of a made-up process: the initial ones, but for what `own` lists: "mnt:[1] net:[2]".
 */
static inline void proc_namespaces(const char *pid, const char *own)
{
	static const char *const initial[] = {"mnt:[4026531832]",  "net:[4026531833]",
					      "time:[4026531834]", "cgroup:[4026531835]",
					      "pid:[4026531836]",  "user:[4026531837]",
					      "uts:[4026531838]",  "ipc:[4026531839]"};

	for (size_t i = 0; i < ARRAY_SIZE(initial); i++) {
		size_t len = strcspn(initial[i], ":") + 2;
		char path[64], prefix[16], text[48];
		const char *found;

		snprintf(prefix, sizeof(prefix), "%.*s", (int)len, initial[i]);
		found = own ? strstr(own, prefix) : NULL;
		snprintf(text, sizeof(text), "%.*s", found ? (int)strcspn(found, " ") : 40,
			 found ? found : initial[i]);
		snprintf(path, sizeof(path), "%s/ns/%.*s", pid, (int)len - 2, initial[i]);
		proc_link(path, text);
	}
}

static inline void proc_process(int pid, int ppid, const char *comm, const char *command,
				const char *own)
{
	char number[16], path[64], text[256];

	snprintf(number, sizeof(number), "%d", pid);
	proc_namespaces(number, own);
	snprintf(path, sizeof(path), "%d/stat", pid);
	snprintf(text, sizeof(text), "%d (%s) S %d %d 0 0 -1 4194560\n", pid, comm, ppid, pid);
	proc_text(path, text);
	snprintf(path, sizeof(path), "%d/comm", pid);
	snprintf(text, sizeof(text), "%s\n", comm);
	proc_text(path, text);
	snprintf(path, sizeof(path), "%d/cmdline", pid);
	proc_file(path, command ? command : "", command ? strlen(command) + 1 : 0);
}

/* Compare with the golden file of that name. */
static inline void assert_golden(const char *name, const struct out *o)
{
	const char *folder = getenv("KOKON_GOLDEN"), *update = getenv("KOKON_GOLDEN_UPDATE");
	char path[512];
	char *wanted = NULL;
	int fd;

	assert_non_null(folder);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (update && *update) {
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
		assert_true(fd >= 0);
		assert_int_equal(write_all(fd, o->text ? o->text : "", o->len), 0);
		close(fd);
		return;
	}
	if (read_file_at(AT_FDCWD, path, 1 << 20, &wanted) < 0)
		fail_msg("no golden file '%s'", path);
	assert_string_equal(o->text ? o->text : "", wanted);
	free(wanted);
}

#endif
