// SPDX-License-Identifier: Apache-2.0
/*
 * costs: what single steps of starting a container cost on this kernel.
 *
 * Not a comparison of programs (that is pair.c) but the table behind decisions: which namespace is
 * dear, which mount interface is cheaper, what a cgroup costs in each hierarchy, which way into it
 * waits. A probe returns the microseconds of the calls that its name says and nothing around
 * them, or a negative number where this machine does not allow it. Each group is a file and a
 * table of probes; probes of one group run interleaved.
 */
#ifndef BENCH_COSTS_H
#define BENCH_COSTS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct probe {
	const char *name;
	double (*run)(long arg);
	long arg;
};

struct group {
	const char *name;
	const struct probe *probes;
	size_t n;
};

extern const struct group namespaces_group, mounts_group, cgroups_group, programs_group,
	filters_group;

double now_us(void);

/* clone3() with an exit signal of SIGCHLD; like fork(). */
pid_t clone_with(uint64_t flags);

/* What a child stores in child_result[0] is the result of in_child(). */
extern double *child_result;
double in_child(uint64_t flags, void (*body)(long), long arg);

#endif
