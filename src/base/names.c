// SPDX-License-Identifier: Apache-2.0
#include "names.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include "macros.h"
#include "parse.h"

bool name_to_value(const struct name *table, const char *name, int64_t *ret_value)
{
	for (; table->name; table++) {
		if (strcmp(table->name, name) == 0) {
			*ret_value = table->value;
			return true;
		}
	}
	return false;
}

const char *value_to_name(const struct name *table, int64_t value)
{
	for (; table->name; table++)
		if (table->value == value)
			return table->name;
	return NULL;
}

enum { LONGEST_COMPARED = 40 };

/* Edits (insert, delete, replace, swap of neighbours) that turn a into b. */
static int distance(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);
	int row[3][LONGEST_COMPARED + 1];

	if (n > LONGEST_COMPARED || m > LONGEST_COMPARED)
		return LONGEST_COMPARED;
	for (size_t j = 0; j <= m; j++)
		row[0][j] = (int)j;
	for (size_t i = 1; i <= n; i++) {
		int *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];

		now[0] = (int)i;
		for (size_t j = 1; j <= m; j++) {
			now[j] = MIN(MIN(last[j] + 1, now[j - 1] + 1),
				     last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = MIN(now[j], before[j - 2] + 1);
		}
	}
	return row[n % 3][m];
}

const char *nearest_name(const char *s, const char *const *v)
{
	const char *best = NULL;
	int least = (int)strlen(s) < 4 ? 2 : 3;

	for (; *v; v++) {
		int d = distance(s, *v);

		if (d < least) {
			least = d;
			best = *v;
		}
	}
	return best;
}

static const struct name signals[] = {
	{"SIGHUP", SIGHUP},
	{"SIGINT", SIGINT},
	{"SIGQUIT", SIGQUIT},
	{"SIGILL", SIGILL},
	{"SIGTRAP", SIGTRAP},
	{"SIGABRT", SIGABRT},
	{"SIGIOT", SIGABRT},
	{"SIGBUS", SIGBUS},
	{"SIGFPE", SIGFPE},
	{"SIGKILL", SIGKILL},
	{"SIGUSR1", SIGUSR1},
	{"SIGSEGV", SIGSEGV},
	{"SIGUSR2", SIGUSR2},
	{"SIGPIPE", SIGPIPE},
	{"SIGALRM", SIGALRM},
	{"SIGTERM", SIGTERM},
	{"SIGSTKFLT", 16},
	{"SIGCHLD", SIGCHLD},
	{"SIGCLD", SIGCHLD},
	{"SIGCONT", SIGCONT},
	{"SIGSTOP", SIGSTOP},
	{"SIGTSTP", SIGTSTP},
	{"SIGTTIN", SIGTTIN},
	{"SIGTTOU", SIGTTOU},
	{"SIGURG", SIGURG},
	{"SIGXCPU", SIGXCPU},
	{"SIGXFSZ", SIGXFSZ},
	{"SIGVTALRM", SIGVTALRM},
	{"SIGPROF", SIGPROF},
	{"SIGWINCH", SIGWINCH},
	{"SIGIO", SIGIO},
	{"SIGPOLL", SIGIO},
	{"SIGPWR", SIGPWR},
	{"SIGSYS", SIGSYS},
	{NULL, 0},
};

/* The kernel's numbers: glibc and musl keep the first ones to themselves. */
enum { RTMIN = 34, RTMAX = 64 };

static int realtime_signal(const char *s, int *ret_signal)
{
	int64_t offset = 0;
	bool from_max = strncasecmp(s, "RTMAX", 5) == 0;

	if (!from_max && strncasecmp(s, "RTMIN", 5) != 0)
		return -EINVAL;
	s += 5;
	if (*s && (*s != (from_max ? '-' : '+') || parse_i64(s + 1, 0, RTMAX - RTMIN, &offset) < 0))
		return -EINVAL;
	*ret_signal = from_max ? RTMAX - (int)offset : RTMIN + (int)offset;
	return 0;
}

int signal_from_name(const char *name, int *ret_signal)
{
	int64_t number;

	if (isdigit((unsigned char)*name)) {
		if (parse_i64(name, 1, RTMAX, &number) < 0)
			return -EINVAL;
		*ret_signal = (int)number;
		return 0;
	}
	if (strncasecmp(name, "SIG", 3) == 0)
		name += 3;
	for (const struct name *s = signals; s->name; s++) {
		if (strcasecmp(s->name + 3, name) == 0) {
			*ret_signal = (int)s->value;
			return 0;
		}
	}
	return realtime_signal(name, ret_signal);
}

const char *signal_name(int signal)
{
	return value_to_name(signals, signal);
}
