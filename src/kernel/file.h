// SPDX-License-Identifier: Apache-2.0
/*
 * Files by descriptor: open, read whole, write whole. All descriptors are O_CLOEXEC.
 *
 * Nothing here resolves a path of an untrusted tree except open_in_root(), which uses
 * openat2(2) with RESOLVE_IN_ROOT: links and ".." cannot lead outside of `root`.
 */
#ifndef KOKON_FILE_H
#define KOKON_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "arena.h"

/* openat2(2); `resolve` is RESOLVE_*. Retries EAGAIN and EINTR. Returns a descriptor or -errno. */
int open_how(int dirfd, const char *path, int flags, mode_t mode, uint64_t resolve);
/* A path as seen by a process whose root is `root`. Magic links are refused. */
int open_in_root(int root, const char *path, int flags, mode_t mode);

/* Read a whole file of at most `max` bytes into a fresh terminated buffer that the caller
 * frees. Returns its length or -errno (EFBIG: longer than max). */
ssize_t read_file_at(int dirfd, const char *path, size_t max, char **ret);
ssize_t read_fd(int fd, size_t max, char **ret);
/* The same into the arena, where it stays. */
ssize_t read_file_into(struct arena *a, int dirfd, const char *path, size_t max, char **ret);
ssize_t read_fd_into(struct arena *a, int fd, size_t max, char **ret);
/* Read at most size-1 bytes into buf and terminate it; a trailing newline is cut.
 * Returns the length or -errno. For the one-line files of /proc and /sys. */
ssize_t read_line_at(int dirfd, const char *path, char *buf, size_t size);

/* What a caller has closed of standard input, output and error becomes /dev/null, or the next
 * file opened would be taken for it. */
void open_standard_descriptors(void);

/* One write(2) of the whole text, as the files of /proc and cgroups want. 0 or -errno. */
int write_file_at(int dirfd, const char *path, const char *text);
/* Write all, retrying EINTR and short writes. 0 or -errno. */
int write_all(int fd, const void *data, size_t len);

/* mkdir -p below dirfd; existing directories are left as they are. For the host's own trusted
 * directories. 0 or -errno. */
int make_directories(int dirfd, const char *path, mode_t mode);

/* renameat2(2) RENAME_NOREPLACE within a directory: 0, -EEXIST or another -errno. */
int rename_new(int dirfd, const char *from, const char *to);

/* The text that a symbolic link holds, into a buffer. Length or -errno (ENAMETOOLONG: cut). */
ssize_t read_link_at(int dirfd, const char *path, char *buf, size_t size);

#endif
