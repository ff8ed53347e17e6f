// SPDX-License-Identifier: Apache-2.0
/* Where the states of this user's containers are kept. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "process.h"
#include "state.h"

int state_check_private(int fd, const char *path, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_errno(err, "cannot look at '%s'", path);
	if (st.st_uid == geteuid() && !(st.st_mode & 022))
		return 0;
	err_set(err, 0, "'%s' is not only yours, and containers' state is kept there", path);
	return st.st_uid == geteuid() ? err_remedy(err, "chmod 700 '%s'", path)
				      : err_remedy(err, "set XDG_RUNTIME_DIR to a directory of "
							"your own");
}

static int state_root_path(char *path, size_t size, struct err *err)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	struct stat st;

	if (process_is_root_of("/run")) {
		snprintf(path, size, "/run/kokon");
		return 0;
	}
	if (runtime && *runtime == '/') {
		if ((size_t)snprintf(path, size, "%s/kokon", runtime) >= size)
			return err_set(err, ENAMETOOLONG, "XDG_RUNTIME_DIR is too long");
		return 0;
	}
	snprintf(path, size, "/run/user/%u", geteuid());
	if (stat(path, &st) == 0 && st.st_uid == geteuid())
		snprintf(path, size, "/run/user/%u/kokon", geteuid());
	else
		snprintf(path, size, "/tmp/kokon-%u", geteuid());
	return 0;
}

int state_root(bool make, struct err *err)
{
	CLOSE_FD int fd = -1;
	char path[512];
	int r = state_root_path(path, sizeof(path), err);

	if (r < 0)
		return r;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && make) {
		if (mkdir(path, 0700) < 0 && errno != EEXIST) {
			r = err_errno(err, "cannot make '%s'", path);
			if (r == -ENOENT)
				err_remedy(err, "its parent must exist: set XDG_RUNTIME_DIR");
			return r;
		}
		fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	}
	if (fd < 0) {
		r = err_errno(err, "cannot open '%s'", path);
		if (r == -EACCES)
			err_remedy(err, "set XDG_RUNTIME_DIR to a directory of your own");
		return r;
	}
	r = state_check_private(fd, path, err);
	return r < 0 ? r : TAKE_FD(fd);
}

int state_path(struct arena *a, const char *name, const char **ret, struct err *err)
{
	char path[512];
	int r = state_root_path(path, sizeof(path), err);

	if (r == 0)
		*ret = arena_printf(a, "%s/%s", path, name);
	return r;
}
