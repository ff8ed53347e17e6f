// SPDX-License-Identifier: Apache-2.0
#include "oci-handover.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "file.h"
#include "message.h"

int oci_write_pid(const char *path, pid_t pid, struct err *err)
{
	const char *slash = strrchr(path, '/');
	int dir_len = slash ? (int)(slash - path) + 1 : 0;
	char temporary[1024], number[12];
	int fd, r, n = snprintf(number, sizeof(number), "%d", (int)pid);

	if ((size_t)snprintf(temporary, sizeof(temporary), "%.*s.%s.%d", dir_len, path,
			     path + dir_len, (int)getpid()) >= sizeof(temporary))
		return err_set(err, ENAMETOOLONG, "cannot write the pid file '%s'", path);
	unlink(temporary);
	fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_errno(err, "cannot write the pid file '%s'", path);
	r = write_all(fd, number, (size_t)n);
	close(fd);
	if (r == 0 && rename(temporary, path) < 0)
		r = -errno;
	if (r < 0)
		unlink(temporary);
	return r < 0 ? err_set(err, -r, "cannot write the pid file '%s'", path) : 0;
}

int oci_send_fd(const char *path, int fd, const char *text, struct err *err)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	CLOSE_FD int dir = -1, sock = -1;
	const char *slash = strrchr(path, '/');
	int r, len;

	/* By way of its directory: a socket's path has 107 bytes at most. */
	if (strlen(path) >= sizeof(name.sun_path) && slash) {
		char *parent = strndup(path, (size_t)(slash - path));

		dir = parent ? open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
		free(parent);
		len = snprintf(name.sun_path, sizeof(name.sun_path), "/proc/self/fd/%d%s", dir,
			       slash);
	} else {
		len = snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
	}
	if ((size_t)len >= sizeof(name.sun_path))
		return err_set(err, ENAMETOOLONG, "cannot connect to '%s'", path);
	sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (sock < 0 || connect(sock, (struct sockaddr *)&name, sizeof(name)) < 0)
		return err_errno(err, "cannot connect to '%s'", path);
	r = message_send(sock, text, strlen(text), &fd, 1);
	return r < 0 ? err_set(err, -r, "cannot send to '%s'", path) : 0;
}

int oci_check_preserved(uint32_t n, struct err *err)
{
	for (uint32_t i = 0; i < n; i++) {
		if (fcntl(3 + (int)i, F_GETFD) >= 0)
			continue;
		err_set(err, EBADF, "descriptor %u is to be preserved, and is not open", 3 + i);
		return err_remedy(err, "--preserve-fds %u means descriptors 3 to %u", n, 2 + n);
	}
	return 0;
}
