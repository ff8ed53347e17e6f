// SPDX-License-Identifier: Apache-2.0
/*
 * attack: what the containers of tests/hostile do against their runtime. It prints a line, with
 * "reached" in it, for all that it should not have got; it changes nothing outside of its folder.
 *
 * - swap A B: exchange two names until killed, as fast as it goes (renameat2(2))
 * - watch FILE [CAPABILITIES]: append what processes that join this PID namespace give away, beyond
 *   these or the own ones; until killed
 * - descriptors: print those above 2
 * - push: put bytes into the terminal on standard input (TIOCSTI), two ways
 * - families: sockets of families that a filter should refuse, by every way to ask
 * - release-agent DIR: mount control groups of version 1 and set their release_agent
 * - label: print what labels of security modules this process has, as the kernel says it
 * - wait: until killed
 *
 * As it is static and needs no other file, any root will do.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define AT_HOME "secret" /* the file in the host's folder that nobody here may read */

static void swap(const char *a, const char *b)
{
	for (;;)
		syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, 2u /* RENAME_EXCHANGE */);
}

/* --- what a process gives away while it joins ----------------------------------------------- */

static FILE *report;

static unsigned long long status_number(int pid, const char *field)
{
	unsigned long long value = 0;
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, field, strlen(field)) == 0)
			value = strtoull(line + strlen(field), NULL, 16);
	if (f)
		fclose(f);
	return value;
}

/* Whether the folder behind `path`, or one above, has the host's file. */
static void try_folder(int pid, const char *path)
{
	static const char *const up[] = {".", "..", "../..", "../../..", "../../../.."};
	int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char where[64];

	for (size_t i = 0; dir >= 0 && i < sizeof(up) / sizeof(up[0]); i++) {
		snprintf(where, sizeof(where), "%s/" AT_HOME, up[i]);
		if (faccessat(dir, where, F_OK, 0) == 0)
			fprintf(report, "reached the host's folder by %s of process %d\n", path,
				pid);
	}
	if (dir >= 0)
		close(dir);
}

static void try_descriptors(int pid)
{
	char path[300];
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	d = opendir(path);
	while (d && (e = readdir(d))) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%s", pid, e->d_name);
		if (e->d_name[0] != '.')
			try_folder(pid, path);
	}
	if (d)
		closedir(d);
}

/* Tracing a process takes over all that it may do. */
static void try_trace(int pid, unsigned long long mine)
{
	unsigned long long theirs;
	int status;

	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0)
		return;
	if (ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) == 0 &&
	    waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status)) {
		theirs = status_number(pid, "CapPrm:");
		if (theirs & ~mine)
			fprintf(report, "reached capabilities %#llx of process %d, beyond %#llx\n",
				theirs, pid, mine);
		ptrace(PTRACE_DETACH, pid, NULL, NULL);
	}
}

static int watch(const char *file, const char *capabilities)
{
	static const char *const links[] = {"cwd", "root"};
	unsigned long long mine = capabilities ? strtoull(capabilities, NULL, 16)
					       : status_number(getpid(), "CapBnd:");
	char path[64];

	report = fopen(file, "ae");
	if (!report)
		return 1;
	setvbuf(report, NULL, _IOLBF, 0);
	/* The highest number is the newest process. */
	for (int last = getpid(), lonely = 0;; lonely++) {
		int pid = last + 1;

		if (lonely > 2000) { /* numbers may have been left out */
			FILE *f = fopen("/proc/loadavg", "re");

			if (f && fscanf(f, "%*s %*s %*s %*s %d", &pid) == 1 && pid > last)
				last = pid - 1;
			if (f)
				fclose(f);
			lonely = 0;
		}
		if (kill(last + 1, 0) < 0 && errno == ESRCH)
			continue;
		last++;
		lonely = 0;
		for (int again = 0; again < 40 && kill(last, 0) == 0; again++) {
			for (size_t i = 0; i < 2; i++) {
				snprintf(path, sizeof(path), "/proc/%d/%s", last, links[i]);
				try_folder(last, path);
			}
			try_descriptors(last);
			try_trace(last, mine);
		}
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
}

static int descriptors(void)
{
	struct dirent *e;
	DIR *d = opendir("/proc/self/fd");

	while (d && (e = readdir(d))) {
		char target[512];
		int fd = atoi(e->d_name);
		ssize_t n;

		if (e->d_name[0] == '.' || fd <= 2 || fd == dirfd(d))
			continue;
		n = readlinkat(dirfd(d), e->d_name, target, sizeof(target) - 1);
		target[n > 0 ? n : 0] = '\0';
		printf("reached descriptor %d: %s\n", fd, target);
	}
	return 0;
}

static int push(void)
{
	if (ioctl(0, TIOCSTI, "x") == 0)
		puts("reached the caller's terminal");
	/* Filters that compare 64 bits are passed by a number whose upper half is not empty. */
	if (syscall(SYS_ioctl, 0, TIOCSTI | 1ul << 32, "x") == 0)
		puts("reached the caller's terminal with a number of 64 bits");
	return 0;
}

/* --- sockets -----------------------------------------------------------------------------------
 */

#ifdef __x86_64__
/* A system call of 32 bits; its pointers must lie below 4 GB. */
static long call32(long number, long a, long b, long c)
{
	long r;

	__asm__ volatile("int $0x80"
			 : "=a"(r)
			 : "a"(number), "b"(a), "c"(b), "d"(c)
			 : "memory", "r8", "r9", "r10", "r11");
	return r;
}
#endif

static void try_family(int family, const char *name)
{
	int fd = socket(family, SOCK_SEQPACKET, 0);

	if (fd >= 0)
		printf("reached %s by socket\n", name);
#ifdef __x86_64__
	uint32_t *args = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (args != MAP_FAILED) {
		args[0] = (uint32_t)family;
		args[1] = SOCK_SEQPACKET;
		args[2] = 0;
		if (call32(102, 1 /* SYS_SOCKET */, (long)(uintptr_t)args, 0) >= 0)
			printf("reached %s by socketcall of 32 bits\n", name);
	}
	if (call32(359, family, SOCK_SEQPACKET, 0) >= 0)
		printf("reached %s by socket of 32 bits\n", name);
	if (syscall(0x40000000 | SYS_socket, family, SOCK_SEQPACKET, 0) >= 0)
		printf("reached %s by socket of x32\n", name);
#endif
}

/* Each in a child: a filter may kill. */
static int families(void)
{
	static const struct {
		int family;
		const char *name;
	} wanted[] = {{38, "AF_ALG"}, {40, "AF_VSOCK"}};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		pid_t pid = fork();

		if (pid == 0) {
			try_family(wanted[i].family, wanted[i].name);
			fflush(stdout);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
	return 0;
}

/* --- control groups ------------------------------------------------------------------------------
 */

/* A hierarchy of its own, without controllers: what is written there harms nobody, while the kernel
 * asks for the same right as for any other. */
static bool set_agent(const char *dir)
{
	char path[512];
	bool done = false;
	int fd;

	if (mount("hostile", dir, "cgroup", 0, "none,name=kokon-hostile") < 0)
		return false;
	snprintf(path, sizeof(path), "%s/release_agent", dir);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		done = write(fd, "/nothing", 8) == 8;
		close(fd);
	}
	umount2(dir, MNT_DETACH);
	return done;
}

static int release_agent(const char *dir)
{
	if (set_agent(dir))
		puts("reached release_agent");
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS | 0x02000000 /* CLONE_NEWCGROUP */) == 0 &&
	    set_agent(dir))
		puts("reached release_agent in a user namespace of its own");
	return 0;
}

/* --- labels ------------------------------------------------------------------------------------
 */

/* struct lsm_ctx of linux/lsm.h (6.8), one after the other. */
struct context {
	uint64_t id, flags, len, length;
	char text[];
};

static int label(void)
{
	_Alignas(8) static char buf[8192];
	uint32_t size = sizeof(buf);
	long n = syscall(459 /* lsm_get_self_attr */, 100 /* LSM_ATTR_CURRENT */, buf, &size, 0);
	const char *at = buf;

	if (n < 0)
		printf("label unknown: %s\n", strerror(errno));
	for (; n > 0; n--) {
		const struct context *c = (const void *)at;

		printf("label %llu %.*s\n", (unsigned long long)c->id, (int)c->length, c->text);
		at += c->len;
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (strcmp(what, "swap") == 0 && argc == 4)
		swap(argv[2], argv[3]);
	if (strcmp(what, "watch") == 0 && argc >= 3)
		return watch(argv[2], argv[3]);
	if (strcmp(what, "descriptors") == 0)
		return descriptors();
	if (strcmp(what, "push") == 0)
		return push();
	if (strcmp(what, "families") == 0)
		return families();
	if (strcmp(what, "release-agent") == 0 && argc == 3)
		return release_agent(argv[2]);
	if (strcmp(what, "label") == 0)
		return label();
	if (strcmp(what, "wait") == 0)
		for (;;)
			pause();
	fprintf(stderr, "attack: unknown words\n");
	return 2;
}
