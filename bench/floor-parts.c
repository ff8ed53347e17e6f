// SPDX-License-Identifier: Apache-2.0
#include "floor-parts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_FILTER = 4096 };

void die(const char *what)
{
	fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
	_exit(125);
}

void must(long result, const char *what)
{
	if (result < 0)
		die(what);
}

void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(path);
	close(fd);
}

uint64_t ns_flags(const char *letters)
{
	static const struct {
		char letter;
		uint64_t flag;
	} table[] = {{'m', CLONE_NEWNS},   {'u', CLONE_NEWUTS}, {'i', CLONE_NEWIPC},
		     {'n', CLONE_NEWNET},  {'p', CLONE_NEWPID}, {'C', CLONE_NEWCGROUP},
		     {'U', CLONE_NEWUSER}, {'T', CLONE_NEWTIME}};
	uint64_t flags = 0;

	for (; *letters; letters++) {
		size_t i = 0;

		while (i < sizeof(table) / sizeof(*table) && table[i].letter != *letters)
			i++;
		if (i == sizeof(table) / sizeof(*table)) {
			errno = EINVAL;
			die(letters);
		}
		flags |= table[i].flag;
	}
	return flags;
}

void drop_capabilities(void)
{
	/* chown dac_override fowner fsetid kill setgid setuid setpcap net_bind_service net_raw
	 * sys_chroot mknod audit_write setfcap */
	const uint64_t usual = 0xa80425fb;
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2] = {{(uint32_t)usual, (uint32_t)usual, 0}, {0, 0, 0}};

	for (unsigned cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (!(usual >> cap & 1) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0 &&
		    errno != EINVAL)
			die("PR_CAPBSET_DROP");
	must(syscall(SYS_capset, &header, data), "capset");
}

/* Ranges of numbers, found by halving: a comparison and a verdict each, after four instructions
 * that look at the architecture. Filters of engines that care look so; a chain of comparisons loads
 * slower. */
static int emit_tree(struct sock_filter *code, int at, int low, int high)
{
	int middle = (low + high) / 2, jump = at;

	if (high - low == 1) {
		code[at] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
		return at + 1;
	}
	at = emit_tree(code, at + 2, low, middle);
	code[jump] =
		(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (unsigned)middle * 4, 0, 1);
	code[jump + 1] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, (unsigned)(at - jump - 2));
	return emit_tree(code, at, middle, high);
}

static int filter_by_length(struct sock_filter *code, int length)
{
	code[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4);
	code[1] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1);
	code[2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	code[3] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);
	return emit_tree(code, 4, 0, length > 10 ? (length - 4 + 2) / 3 : 2);
}

static struct sock_filter filter[MAX_FILTER];
static unsigned short filter_length;

/* Before the root changes, which may not have the file. */
void prepare_filter(const char *source)
{
	int length = atoi(source), fd;
	ssize_t size;

	if (length > 0 && length < MAX_FILTER) {
		filter_length = (unsigned short)filter_by_length(filter, length);
		return;
	}
	fd = open(source, O_RDONLY | O_CLOEXEC);
	size = fd < 0 ? -1 : read(fd, filter, sizeof(filter));
	must(size, source);
	filter_length = (unsigned short)((size_t)size / sizeof(filter[0]));
	close(fd);
}

void load_filter(void)
{
	struct sock_fprog program = {.len = filter_length, .filter = filter};

	must(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program), "seccomp");
}

void become_the_user(void)
{
	must(prctl(PR_SET_PDEATHSIG, SIGKILL), "PR_SET_PDEATHSIG");
	must(setsid(), "setsid");
	must(syscall(SYS_keyctl, 1 /* KEYCTL_JOIN_SESSION_KEYRING */, NULL), "keyctl");
	must(syscall(SYS_setgroups, 0, NULL), "setgroups");
	must(syscall(SYS_setresgid, 0, 0, 0), "setresgid");
	must(syscall(SYS_setresuid, 0, 0, 0), "setresuid");
}

int print_filter_of(pid_t pid)
{
	long length;

	must(ptrace(PTRACE_SEIZE, pid, 0, 0), "PTRACE_SEIZE");
	must(ptrace(PTRACE_INTERRUPT, pid, 0, 0), "PTRACE_INTERRUPT");
	must(waitpid(pid, NULL, __WALL), "waitpid");
	length = ptrace(0x420c /* PTRACE_SECCOMP_GET_FILTER */, pid, 0, filter);
	must(length, "PTRACE_SECCOMP_GET_FILTER");
	must(write(1, filter, (size_t)length * sizeof(filter[0])), "write");
	return 0;
}
