// SPDX-License-Identifier: Apache-2.0
#include "costs.h"

#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_PROBES = 64, MAX_ROUNDS = 10000 };

static const char usage_text[] =
	"Usage: costs [-n ROUNDS] [-g MS] [GROUP]...\n"
	"What steps of starting a container cost here, in microseconds; as root.\n"
	"-g sleeps before each probe: what a lock costs that was not used lately.\n"
	"Groups: namespaces mounts cgroups programs filters; without any: all.\n";

static const struct group *const groups[] = {&namespaces_group, &mounts_group, &cgroups_group,
					     &programs_group, &filters_group};
enum { N_GROUPS = sizeof(groups) / sizeof(*groups) };

double *child_result;

double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

pid_t clone_with(uint64_t flags)
{
	struct clone_args args = {.flags = flags, .exit_signal = SIGCHLD};

	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

double in_child(uint64_t flags, void (*body)(long), long arg)
{
	int status;
	pid_t pid;

	child_result[0] = -1;
	pid = clone_with(flags);
	if (pid == 0) {
		body(arg);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		return -1;
	return child_result[0];
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void report(const struct group *g, const struct probe *p, double *values, int n)
{
	if (n == 0) {
		printf("%-11s %-44s not possible here\n", g->name, p->name);
		return;
	}
	qsort(values, (size_t)n, sizeof(*values), compare);
	printf("%-11s %-44s %8.1f %8.1f %8.1f\n", g->name, p->name, values[n / 10], values[n / 2],
	       values[n * 9 / 10]);
}

/* The first round is not counted: it finds cold caches. */
static int run_group(const struct group *g, int rounds, int gap_ms)
{
	double *values = calloc(g->n * (size_t)rounds, sizeof(*values));
	int counts[MAX_PROBES] = {0};

	if (!values || g->n > MAX_PROBES)
		return -1;
	for (int r = -1; r < rounds; r++)
		for (size_t i = 0; i < g->n; i++) {
			double us;

			if (gap_ms)
				usleep((useconds_t)gap_ms * 1000);
			us = g->probes[i].run(g->probes[i].arg);
			if (r >= 0 && us >= 0)
				values[i * (size_t)rounds + (size_t)counts[i]++] = us;
		}
	for (size_t i = 0; i < g->n; i++)
		report(g, &g->probes[i], values + i * (size_t)rounds, counts[i]);
	free(values);
	return 0;
}

static int wanted(const char *name, char **names)
{
	if (!*names)
		return 1;
	for (; *names; names++)
		if (strcmp(*names, name) == 0)
			return 1;
	return 0;
}

int main(int argc, char **argv)
{
	int rounds = 50, gap = 0, o;

	if (argc == 2 && strcmp(argv[1], "--nothing") == 0)
		return 0; /* the program that the probes of 'programs' start */
	while ((o = getopt(argc, argv, "n:g:")) != -1)
		switch (o) {
		case 'n': rounds = (int)strtol(optarg, NULL, 10); break;
		case 'g': gap = (int)strtol(optarg, NULL, 10); break;
		default: fputs(usage_text, stderr); return 2;
		}
	if (rounds < 1 || rounds > MAX_ROUNDS || gap < 0 || gap > 900) {
		fputs(usage_text, stderr);
		return 2;
	}
	child_result = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (child_result == MAP_FAILED)
		return 1;
	printf("%-11s %-44s %8s %8s %8s   us, %d rounds, %d ms apart\n", "group", "what", "p10",
	       "median", "p90", rounds, gap);
	for (int i = 0; i < N_GROUPS; i++)
		if (wanted(groups[i]->name, argv + optind) && run_group(groups[i], rounds, gap) < 0)
			return 1;
	return 0;
}
