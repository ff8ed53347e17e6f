// SPDX-License-Identifier: Apache-2.0
#include "scheduler.h"

#include <linux/sched.h>
#include <stdbool.h>
#include <string.h>
#include "parse.h"

enum { CPUS_MAX = 8192 };

/* "3" or "0-3". */
static bool parse_range(const char *text, size_t n, uint64_t *ret_first, uint64_t *ret_last)
{
	char word[24];
	char *dash;

	if (n == 0 || n >= sizeof(word))
		return false;
	memcpy(word, text, n);
	word[n] = '\0';
	dash = strchr(word, '-');
	if (dash)
		*dash = '\0';
	if (parse_u64(word, 0, CPUS_MAX - 1, ret_first) < 0)
		return false;
	*ret_last = *ret_first;
	return !dash || parse_u64(dash + 1, *ret_first, CPUS_MAX - 1, ret_last) == 0;
}

int scheduler_parse_cpus(const char *list, struct arena *a, struct scheduler_plan *plan,
			 struct err *err)
{
	uint64_t *cpus = arena_array(a, uint64_t, CPUS_MAX / 64);
	const char *rest = list, *field;
	uint64_t first, last, most = 0;
	size_t n;

	while (next_field(&rest, ',', &field, &n)) {
		if (!parse_range(field, n, &first, &last)) {
			err_set(err, 0, "'%.100s' is no list of processors", list);
			return err_remedy(err, "a list is like 0-3,7");
		}
		for (uint64_t c = first; c <= last; c++)
			cpus[c / 64] |= UINT64_C(1) << c % 64;
		most = MAX(most, last);
	}
	plan->cpus = cpus;
	plan->cpus_size = (uint32_t)(most / 64 + 1) * 8;
	return 0;
}

int scheduler_check(const struct scheduler_plan *p, struct err *err)
{
	bool realtime = p->policy == SCHED_FIFO || p->policy == SCHED_RR;

	if (p->set_io && (p->io_class < 1 || p->io_class > 3 || p->io_priority > 7))
		return err_set(err, 0, "the priority of input and output is outside 0 to 7");
	if (!p->set_policy)
		return 0;
	if (p->nice < -20 || p->nice > 19)
		return err_set(err, 0, "nice value %d is outside -20 to 19", p->nice);
	if (realtime && (p->priority < 1 || p->priority > 99))
		return err_set(err, 0, "realtime priority %u is outside 1 to 99", p->priority);
	if (!realtime && p->priority)
		return err_set(err, 0, "priority %u is for SCHED_FIFO and SCHED_RR only",
			       p->priority);
	/* A period of 0 is the deadline. */
	if (p->policy == SCHED_DEADLINE && (!p->runtime || !p->deadline))
		return err_set(err, 0, "SCHED_DEADLINE needs runtime and deadline");
	if (p->policy != SCHED_DEADLINE && (p->runtime || p->deadline || p->period))
		return err_set(err, 0, "runtime, deadline and period are for SCHED_DEADLINE only");
	return 0;
}
