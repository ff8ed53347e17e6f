// SPDX-License-Identifier: Apache-2.0
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "macros.h"

int open_how(int dirfd, const char *path, int flags, mode_t mode, uint64_t resolve)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.mode = (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE ? mode : 0,
		.resolve = resolve,
	};
	long fd;
	int tries = 0;

	/* EAGAIN: a rename, anywhere on the machine, raced with a scoped look-up (openat2(2)).
	 * Somebody who renames all the time may force it for ever, so there is a limit; after the
	 * first tries he gets the processor, which may end his turn. */
	do
		fd = syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
	while (fd < 0 && (errno == EINTR || (errno == EAGAIN && ++tries < 2000 &&
					     (tries < 64 || sched_yield() == 0))));
	return fd < 0 ? -errno : (int)fd;
}

int open_in_root(int root, const char *path, int flags, mode_t mode)
{
	return open_how(root, path, flags, mode, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

/* Until `buf` is full or there is no more; how much there was, or -errno. */
static ssize_t read_full(int fd, char *buf, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t n = read(fd, buf + len, size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int code = errno;

			memset(buf, 0, len);
			return -code;
		}
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

/* What begins with the `len` bytes in `start` and goes on in fd. */
static ssize_t read_rest(int fd, const char *start, size_t len, size_t max, char **ret)
{
	size_t size = 4 * len;
	FREE_PTR char *buf = NULL;

	for (;; size *= 2) {
		char *more = realloc(buf, MIN(size, max + 1) + 1);
		ssize_t n;

		if (!more)
			return -ENOMEM;
		if (!buf)
			memcpy(more, start, len);
		buf = more;
		n = read_full(fd, buf + len, MIN(size, max + 1) - len);
		if (n < 0)
			return n;
		len += (size_t)n;
		if (len > max)
			return -EFBIG;
		if (len < size)
			break;
	}
	buf[len] = '\0';
	*ret = TAKE_PTR(buf);
	return (ssize_t)len;
}

/* Most files are small: they are read onto the stack first, since musl maps memory for every
 * malloc() of some KB and unmaps it again. */
ssize_t read_fd(int fd, size_t max, char **ret)
{
	char start[4096];
	ssize_t len = read_full(fd, start, sizeof(start));
	char *copy;

	if (len < 0)
		return len;
	if ((size_t)len > max)
		return -EFBIG;
	if (len == sizeof(start))
		return read_rest(fd, start, (size_t)len, max, ret);
	copy = malloc((size_t)len + 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, start, (size_t)len);
	copy[len] = '\0';
	*ret = copy;
	return len;
}

ssize_t read_file_at(int dirfd, const char *path, size_t max, char **ret)
{
	CLOSE_FD int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : read_fd(fd, max, ret);
}

ssize_t read_fd_into(struct arena *a, int fd, size_t max, char **ret)
{
	char *text = arena_alloc(a, 0);
	size_t room = MIN(max + 1, a->size - a->used);
	ssize_t n = read_full(fd, text, room);

	if (n < 0)
		return n;
	if ((size_t)n == room) {
		memset(text, 0, room); /* what is not handed out is zero */
		return -EFBIG;
	}
	arena_alloc(a, (size_t)n + 1);
	*ret = text;
	return n;
}

ssize_t read_file_into(struct arena *a, int dirfd, const char *path, size_t max, char **ret)
{
	CLOSE_FD int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : read_fd_into(a, fd, max, ret);
}

ssize_t read_line_at(int dirfd, const char *path, char *buf, size_t size)
{
	CLOSE_FD int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	do
		n = read(fd, buf, size - 1);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (n > 0 && buf[n - 1] == '\n')
		n--;
	buf[n] = '\0';
	return n;
}

int write_all(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len > 0) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

int write_file_at(int dirfd, const char *path, const char *text)
{
	CLOSE_FD int fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC);
	size_t len = strlen(text);
	ssize_t n;

	if (fd < 0)
		return -errno;
	do
		n = write(fd, text, len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

int make_directories(int dirfd, const char *path, mode_t mode)
{
	FREE_PTR char *copy = strdup(path);

	if (!copy)
		return -ENOMEM;
	for (char *slash = copy + 1;; slash++) {
		char end = *slash;

		if (end && end != '/')
			continue;
		*slash = '\0';
		if (mkdirat(dirfd, copy, mode) < 0 && errno != EEXIST)
			return -errno;
		if (!end)
			return 0;
		*slash = '/';
	}
}

ssize_t read_link_at(int dirfd, const char *path, char *buf, size_t size)
{
	ssize_t n = readlinkat(dirfd, path, buf, size);

	if (n < 0)
		return -errno;
	if ((size_t)n >= size)
		return -ENAMETOOLONG;
	buf[n] = '\0';
	return n;
}

int rename_new(int dirfd, const char *from, const char *to)
{
	enum { NO_REPLACE = 1 }; /* RENAME_NOREPLACE, linux/fs.h */

	return syscall(SYS_renameat2, dirfd, from, dirfd, to, NO_REPLACE) < 0 ? -errno : 0;
}

void open_standard_descriptors(void)
{
	struct pollfd standard[] = {{.fd = 0}, {.fd = 1}, {.fd = 2}};
	int fd;

	/* One call where all are there. */
	if (poll(standard, ARRAY_SIZE(standard), 0) == 0)
		return;
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}
