// SPDX-License-Identifier: Apache-2.0
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void into_cgroup(struct clone_args *args, int cgroup)
{
	if (cgroup < 0)
		return;
	args->flags |= CLONE_INTO_CGROUP;
	args->cgroup = (uint64_t)cgroup;
}

pid_t process_clone(uint64_t flags, int exit_signal, int cgroup, int *ret_pidfd)
{
	int pidfd = -1;
	struct clone_args args = {
		.flags = flags,
		.exit_signal = (uint64_t)exit_signal,
	};
	long pid;

	if (ret_pidfd) {
		args.flags |= CLONE_PIDFD;
		args.pidfd = (uint64_t)(uintptr_t)&pidfd;
	}
	into_cgroup(&args, cgroup);
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0)
		return -errno;
	if (pid > 0 && ret_pidfd)
		*ret_pidfd = pidfd;
	return (pid_t)pid;
}

/*
 * clone3(2) with a stack: in the child the way back is not on it, so this function calls `run`
 * there and never returns. -errno.
 */
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
#define HAS_CLONE_WITH_STACK 1
static long clone_with_stack(const struct clone_args *args, void (*run)(void *), void *context)
{
	register void (*function)(void *) __asm__("r8") = run;
	register void *argument __asm__("r9") = context;
	long r = SYS_clone3;

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "mov %%r9, %%rdi\n\t"
			 "call *%%r8\n\t"
			 "hlt\n"
			 "1:"
			 : "+a"(r)
			 : "D"(args), "S"(sizeof(*args)), "r"(function), "r"(argument)
			 : "rcx", "r11", "cc", "memory");
	return r;
}
#elif defined(__aarch64__) && !defined(__SANITIZE_ADDRESS__)
#define HAS_CLONE_WITH_STACK 1
static long clone_with_stack(const struct clone_args *args, void (*run)(void *), void *context)
{
	register long r __asm__("x0") = (long)args;
	register long size __asm__("x1") = sizeof(*args);
	register long number __asm__("x8") = SYS_clone3;
	register void (*function)(void *) __asm__("x9") = run;
	register void *argument __asm__("x10") = context;

	__asm__ volatile("svc #0\n\t"
			 "cbnz x0, 1f\n\t"
			 "mov x29, #0\n\t"
			 "mov x0, x10\n\t"
			 "blr x9\n\t"
			 "brk #0\n"
			 "1:"
			 : "+r"(r)
			 : "r"(size), "r"(number), "r"(function), "r"(argument)
			 : "cc", "memory");
	return r;
}
#endif

pid_t process_spawn(int cgroup, void (*run)(void *context), void *context)
{
#ifdef HAS_CLONE_WITH_STACK
	_Alignas(16) char stack[8 << 10]; /* each page of it is probed */
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_VFORK,
		.stack = (uint64_t)(uintptr_t)stack,
		.stack_size = sizeof(stack),
	};

	into_cgroup(&args, cgroup);
	return (pid_t)clone_with_stack(&args, run, context);
#else
	pid_t pid = process_clone(CLONE_VFORK, 0, cgroup, NULL);

	if (pid == 0) {
		run(context);
		_exit(125);
	}
	return pid;
#endif
}

pid_t process_clone_old(uint64_t flags, int *ret_pidfd)
{
	int pidfd = -1;
	/* CLONE_PIDFD stores where CLONE_PARENT_SETTID would. */
	long pid =
		syscall(SYS_clone, (unsigned long)(flags | CLONE_PIDFD), NULL, &pidfd, NULL, NULL);

	if (pid < 0)
		return -errno;
	if (pid > 0)
		*ret_pidfd = pidfd;
	return (pid_t)pid;
}

int process_open(pid_t pid)
{
	long fd = syscall(SYS_pidfd_open, pid, 0);

	return fd < 0 ? -errno : (int)fd;
}

int process_namespace(pid_t pid, const char *type)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, type);
	return open(path, O_RDONLY | O_CLOEXEC);
}

uint64_t process_namespace_number(int fd)
{
	struct stat st;

	return fstat(fd, &st) < 0 ? 0 : st.st_ino;
}

int process_signal(int pidfd, int signal)
{
	return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) < 0 ? -errno : 0;
}

int process_wait(pid_t pid, int *ret_status)
{
	pid_t r;

	/* __WALL: children with another exit signal than SIGCHLD count too. */
	do
		r = waitpid(pid, ret_status, __WALL);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

int process_exit_status(int wait_status)
{
	return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

void process_detach(const char *name, const int *fds, int n)
{
	enum { FDS_MAX = 4, ABOVE = 64 /* out of the way of those that are given */ };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), kept[FDS_MAX];

	for (int i = 0; i < n; i++)
		kept[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, ABOVE);
	for (int fd = 0; fd < 3 && null >= 0; fd++)
		dup2(null, fd);
	for (int i = 0; i < n; i++)
		dup2(kept[i], 3 + i);
	syscall(SYS_close_range, 3U + (unsigned)n, ~0U, 0);
	setsid();
	for (int s = 1; s < 32; s++)
		if (s != SIGKILL && s != SIGSTOP && s != SIGCHLD)
			signal(s, s == SIGTERM ? SIG_DFL : SIG_IGN);
	prctl(PR_SET_NAME, name);
}

int process_exec_fd(int fd, char *const *argv, char *const *envp)
{
	syscall(SYS_execveat, fd, "", argv, envp, AT_EMPTY_PATH);
	return -errno;
}

bool process_is_nested(void)
{
	static const char first[] = "user:[4026531837]"; /* PROC_USER_INIT_INO, linux/proc_ns.h */
	static enum { UNKNOWN, NESTED, NOT_NESTED } is;
	char name[40] = "";

	/* The link's text takes a tenth of the time that the file's number does. */
	if (is == UNKNOWN)
		is = readlink("/proc/self/ns/user", name, sizeof(name) - 1) > 0 &&
				     strcmp(name, first) != 0
			     ? NESTED
			     : NOT_NESTED;
	return is == NESTED;
}

bool process_is_root_of(const char *dir)
{
	struct stat st;

	return geteuid() == 0 && stat(dir, &st) == 0 && st.st_uid == 0;
}
