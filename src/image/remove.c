// SPDX-License-Identifier: Apache-2.0
#include "remove.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "file.h"

/* Deeper folders are moved up to the top first, so that depth costs no descriptors. */
enum { DEPTH_MAX = 128 };

struct removing {
	int top;            /* where deep folders are moved to */
	unsigned int moved; /* so far, each under a name of its own */
	struct err *err;
};

static int failed(const struct removing *r, int code, const char *name)
{
	return err_set(r->err, code, "cannot remove '%s'", name);
}

static int open_dir(int parent, const char *name)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
	const uint64_t resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS;
	int fd = open_how(parent, name, flags, 0, resolve);

	/* A folder that its owner may not read: make it readable, it is going away. */
	if (fd == -EACCES && fchmodat(parent, name, 0700, 0) == 0)
		fd = open_how(parent, name, flags, 0, resolve);
	return fd;
}

static int remove_entry(struct removing *r, int parent, const char *name, int depth);

static int empty_dir(struct removing *r, int fd, const char *name, int depth)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *e;
	int result = 0;

	if (!d) {
		if (copy >= 0)
			close(copy);
		return failed(r, errno, name);
	}
	rewinddir(d); /* the position is shared with fd, which may be read again */
	while (result == 0 && (errno = 0, e = readdir(d))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		result = remove_entry(r, fd, e->d_name, depth + 1);
	}
	closedir(d);
	return result;
}

static int move_up(struct removing *r, int parent, const char *name)
{
	char temp[40];

	/* A name may be left from a removal that was interrupted. */
	for (;;) {
		snprintf(temp, sizeof(temp), ".kokon-deep.%u", r->moved++);
		if (renameat(parent, name, r->top, temp) == 0)
			return 0;
		if (errno != ENOTEMPTY && errno != EEXIST)
			return failed(r, errno, name);
	}
}

static int remove_dir(struct removing *r, int parent, const char *name, int depth)
{
	CLOSE_FD int fd = -1;
	unsigned int seen = 0;
	struct stat st;
	int result;

	if (depth > DEPTH_MAX)
		return move_up(r, parent, name);
	fd = open_dir(parent, name);
	if (fd < 0)
		return fd == -ENOENT ? 0 : failed(r, -fd, name);
	if (depth == 0)
		r->top = fd;
	/* Without write permission nothing in it can be removed. */
	if (fstat(fd, &st) == 0 && (st.st_mode & 0300) != 0300)
		fchmod(fd, 0700);
	result = empty_dir(r, fd, name, depth);
	/* What was moved up meanwhile is found by reading the top again. */
	while (result == 0 && depth == 0 && r->moved != seen) {
		seen = r->moved;
		result = empty_dir(r, fd, name, depth);
	}
	if (result == 0 && unlinkat(parent, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		result = failed(r, errno, name);
	return result;
}

static int remove_entry(struct removing *r, int parent, const char *name, int depth)
{
	if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return failed(r, errno, name);
	return remove_dir(r, parent, name, depth);
}

int remove_tree(int parent, const char *name, struct err *err)
{
	struct removing r = {.top = -1, .err = err};

	return remove_entry(&r, parent, name, 0);
}

/* "\040" in a line of mountinfo is a blank (proc(5)). In place. */
static void unescape(char *s)
{
	char *to = s;

	while (*s) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] && s[3]) {
			*to++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
}

int mount_at_or_below(const char *path, char *buf, size_t size)
{
	FREE_PTR char *text = NULL;
	size_t len = strlen(path);
	ssize_t n = read_file_at(AT_FDCWD, "/proc/self/mountinfo", 64 << 20, &text);

	if (n < 0)
		return (int)n;
	for (char *line = text, *end; line && *line; line = end) {
		char *field = line;

		end = strchr(line, '\n');
		if (end)
			*end++ = '\0';
		for (int i = 0; field && i < 4; i++) {
			field = strchr(field, ' ');
			field += field != NULL;
		}
		if (!field)
			continue;
		field[strcspn(field, " ")] = '\0';
		unescape(field);
		if (strncmp(field, path, len) == 0 && (field[len] == '\0' || field[len] == '/')) {
			snprintf(buf, size, "%s", field);
			return 1;
		}
	}
	return 0;
}
