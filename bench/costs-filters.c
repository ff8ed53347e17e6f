// SPDX-License-Identifier: Apache-2.0
/*
 * Loading seccomp filters. The kernel tries a new filter with every system call number of each ABI,
 * to learn which are always allowed: a chain of comparisons is walked through some 900 times, a
 * search by halving takes a few steps each time.
 */
#include "costs.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MAX_LENGTH = 1024, LAST_NUMBER = 450 };

static struct sock_filter code[MAX_LENGTH];

static void load_and_time(int length, unsigned flags)
{
	struct sock_fprog program = {.len = (unsigned short)length, .filter = code};
	double start;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return;
	start = now_us();
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) == 0)
		child_result[0] = now_us() - start;
}

static int begin(void)
{
	code[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);
	return 1;
}

static int allow(int at)
{
	code[at] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	return at + 1;
}

static int chain(int length)
{
	int at = begin();

	while (at < length - 1) {
		code[at] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							LAST_NUMBER + (unsigned)at, 0, 0);
		at++;
	}
	return allow(at);
}

/* Verdicts for n equal parts of the numbers, found by halving. */
static int halving(int at, int low, int high, int n)
{
	int middle = (low + high) / 2, jump = at;

	if (high - low == 1)
		return allow(at);
	at = halving(at + 2, low, middle, n);
	code[jump] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K,
						  (unsigned)(middle * LAST_NUMBER / n), 0, 1);
	code[jump + 1] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, (unsigned)(at - jump - 2));
	return halving(at, middle, high, n);
}

static void chain_body(long length)
{
	load_and_time(chain((int)length), 0);
}

static void chain_spec_body(long length)
{
	load_and_time(chain((int)length), SECCOMP_FILTER_FLAG_SPEC_ALLOW);
}

static void halving_body(long length)
{
	int leaves = ((int)length + 1) / 3;

	load_and_time(halving(begin(), 0, leaves, leaves), 0);
}

static double load_chain(long length)
{
	return in_child(0, chain_body, length);
}

static double load_chain_spec(long length)
{
	return in_child(0, chain_spec_body, length);
}

static double load_halving(long length)
{
	return in_child(0, halving_body, length);
}

static const struct probe probes[] = {
	{"2 instructions", load_chain, 2},
	{"100 instructions, a chain", load_chain, 100},
	{"300 instructions, a chain", load_chain, 300},
	{"300 instructions, a chain, SPEC_ALLOW", load_chain_spec, 300},
	{"900 instructions, a chain", load_chain, 900},
	{"100 instructions, halving", load_halving, 100},
	{"300 instructions, halving", load_halving, 300},
	{"900 instructions, halving", load_halving, 900},
};

const struct group filters_group = {"filters", probes, sizeof(probes) / sizeof(*probes)};
