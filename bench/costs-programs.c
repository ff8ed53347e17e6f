// SPDX-License-Identifier: Apache-2.0
/* Starting a small static program (this one, which ends at once) from a file and from a sealed
 * memfd. */
#include "costs.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef F_ADD_SEALS
#define F_ADD_SEALS 1033
#endif
enum {
	KB = 1024,
	ALL_SEALS = 15,
	EXECUTABLE = 0x10, /* MFD_EXEC, Linux 6.3 */
};

static char image[256 * KB];
static char *const arguments[] = {"costs", "--nothing", NULL}, *const environment[] = {NULL};

/* The size of this program, read into image; 0 on failure. */
static long read_self(void)
{
	static long size;
	int fd;

	if (size)
		return size;
	fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	size = read(fd, image, sizeof(image));
	close(fd);
	return size;
}

static int sealed(long size)
{
	int fd = memfd_create("costs", MFD_CLOEXEC | MFD_ALLOW_SEALING | EXECUTABLE);

	if (fd < 0 || write(fd, image, (size_t)size) != size || fcntl(fd, F_ADD_SEALS, ALL_SEALS))
		return -1;
	return fd;
}

static double sealing(long size)
{
	double start = now_us(), took;
	int fd = sealed(size);

	took = now_us() - start;
	if (fd < 0)
		return -1;
	close(fd);
	return took;
}

static double sealing_and_closing(long size)
{
	double start = now_us();
	int fd = sealed(size);

	if (fd < 0)
		return -1;
	close(fd);
	return now_us() - start;
}

static double run_since(double start, int fd)
{
	pid_t pid = vfork();
	int status;

	if (pid == 0) {
		syscall(SYS_execveat, fd, "", arguments, environment, AT_EMPTY_PATH);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		return -1;
	return now_us() - start;
}

static double from_memfd(long ready)
{
	static int kept = -1;
	double start, took;
	int fd;

	if (read_self() <= 0)
		return -1;
	if (ready) {
		if (kept < 0)
			kept = sealed(read_self());
		return run_since(now_us(), kept);
	}
	start = now_us();
	fd = sealed(read_self());
	took = run_since(start, fd);
	close(fd);
	return took;
}

static double from_file(long unused)
{
	double start = now_us(), took;
	int fd = open("/proc/self/exe", O_PATH | O_CLOEXEC);

	(void)unused;
	took = run_since(start, fd);
	close(fd);
	return took;
}

static const struct probe probes[] = {
	{"memfd, write and seal 30 KB", sealing, 30 * KB},
	{"memfd, write and seal 60 KB", sealing, 60 * KB},
	{"memfd, write and seal 120 KB", sealing, 120 * KB},
	{"memfd, write, seal, close 120 KB", sealing_and_closing, 120 * KB},
	{"vfork, execveat, exit, wait: a file", from_file, 0},
	{"… a sealed memfd made before", from_memfd, 1},
	{"… a sealed memfd made for it", from_memfd, 0},
};

const struct group programs_group = {"programs", probes, sizeof(probes) / sizeof(*probes)};
