// SPDX-License-Identifier: Apache-2.0
/*
 * pair: competing commands, measured against each other.
 *
 * The machine's speed drifts: frequency, caches, other guests, other work. Two commands measured
 * one after the other see two different machines. So each round here runs every command once, in a
 * freshly shuffled order, and what is reported first is the ratio to the base command: a drift
 * that lasts longer than one round touches both sides of it alike.
 *
 *   time        from before vfork() to the return of wait4(): the whole process, as a shell's user
 * sees it p10         the value below which a tenth of the runs lie: the cost with little
 * disturbance median      half of the runs p10-p90     the spread; wide means that the machine was
 * disturbed cpu         median of user and system time of the process and of the descendants it
 * waited for rss         the largest resident set of any of these, over all rounds ratio quotient
 * of medians (and of p10) to the base, with a 95% interval: rounds are drawn again with replacement
 * (paired bootstrap), and the middle 95% of the quotients are reported
 *
 * A command that ends otherwise than expected stops the measurement: a failing program is fast.
 *
 * pair itself is small and static, because a vforked child's resident set counts its parent's.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	MAX_COMMANDS = 16,
	MAX_ROUNDS = 100000,
	RESAMPLES = 2000,
	MIN_ROUNDS = 5, /* a time limit never cuts below this */
};

static const char usage_text[] =
	"Usage: pair [OPTION]... ::: NAME[=STATUS] COMMAND [ARG]... [::: NAME[=STATUS] "
	"COMMAND...]...\n"
	"Run the commands interleaved and compare how long they take, start to exit.\n"
	"STATUS is the exit status the command must have (default 0).\n"
	"\n"
	"  -n, --rounds=N      rounds to run (default 100)\n"
	"  -t, --time=SECONDS  start no further round after this time (default: no limit)\n"
	"  -w, --warmup=N      rounds before, not counted (default 3)\n"
	"  -b, --base=NAME     the command the others are compared with (default: the first)\n"
	"  -g, --gap=MS        sleep before each command, so that it starts on an idle machine\n"
	"  -p, --prepare=SH    shell command to run, untimed, before each command\n"
	"  -l, --limit=SECONDS stop when one command takes longer (default 60)\n"
	"  -s, --seed=N        of the shuffling and of the bootstrap (default 1)\n"
	"  -q, --quiet         commands' standard error goes to /dev/null as well\n"
	"      --json          print one JSON object instead of the table\n"
	"  -h, --help          this text\n";

struct command {
	const char *name;
	char **argv;
	int status;
	double *wall; /* ms, by round */
	double *cpu;  /* ms, by round */
	int *sorted;  /* rounds in order of wall time */
	long rss;     /* KB, largest */
};

struct interval {
	double value, low, high;
};

struct settings {
	int rounds, warmup;
	double seconds, gap;
	const char *base_name, *prepare;
	unsigned limit;
	uint64_t seed;
	bool quiet, json;
};

struct session {
	struct settings how;
	struct command commands[MAX_COMMANDS];
	int n, base;
	int rounds; /* completed */
	uint64_t random;
};

__attribute__((format(printf, 1, 2), noreturn)) static void die(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fputs("pair: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* xorshift64*: the same order and the same intervals again for the same seed. */
static uint32_t random_below(struct session *s, uint32_t limit)
{
	uint64_t x = s->random;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	s->random = x;
	return (uint32_t)(((x * 0x2545f4914f6cdd1dULL >> 32) * limit) >> 32);
}

/* Untouched memory costs nothing: of all these arrays only what is written becomes resident. */
static void *fresh(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("cannot allocate %zu bytes: %s", size, strerror(errno));
	return p;
}

/* ---- running ---- */

static void on_alarm(int signal)
{
	(void)signal; /* its only effect: wait4() returns EINTR */
}

static pid_t spawn(char *const argv[], bool quiet)
{
	pid_t pid = vfork();

	if (pid < 0)
		die("cannot vfork: %s", strerror(errno));
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
		    (quiet && dup2(null, 2) < 0))
			_exit(255);
		execvp(argv[0], argv);
		_exit(errno == ENOENT ? 127 : 126);
	}
	return pid;
}

static void check_status(const char *name, int status, int expected)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == expected)
		return;
	if (WIFSIGNALED(status))
		die("'%s' was killed by signal %d (%s)", name, WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
	die("'%s' exited with status %d, expected was %d%s", name, WEXITSTATUS(status), expected,
	    WEXITSTATUS(status) == 127 ? " (is the command there?)" : "");
}

static void wait_for(struct session *s, const char *name, pid_t pid, int *status,
		     struct rusage *usage)
{
	alarm(s->how.limit);
	if (wait4(pid, status, 0, usage) != pid) {
		kill(pid, SIGKILL);
		waitpid(pid, status, 0);
		die("'%s' took longer than %u s and was killed", name, s->how.limit);
	}
	alarm(0);
}

static void prepare(struct session *s)
{
	char *argv[] = {"/bin/sh", "-c", (char *)s->how.prepare, NULL};
	struct rusage usage;
	int status;

	if (!s->how.prepare)
		return;
	wait_for(s, "--prepare", spawn(argv, false), &status, &usage);
	check_status("--prepare", status, 0);
}

static double in_ms(struct timeval t)
{
	return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

/* Run one command once; round < 0 does not count. */
static void run_once(struct session *s, struct command *c, int round)
{
	struct rusage usage;
	double start, end;
	int status;

	prepare(s);
	if (s->how.gap > 0)
		usleep((useconds_t)(s->how.gap * 1e3));
	start = now_ms();
	wait_for(s, c->name, spawn(c->argv, s->how.quiet), &status, &usage);
	end = now_ms();
	check_status(c->name, status, c->status);
	if (round < 0)
		return;
	c->wall[round] = end - start;
	c->cpu[round] = in_ms(usage.ru_utime) + in_ms(usage.ru_stime);
	if (usage.ru_maxrss > c->rss)
		c->rss = usage.ru_maxrss;
}

static void run_round(struct session *s, int round)
{
	int order[MAX_COMMANDS];

	for (int i = 0; i < s->n; i++) {
		int j = (int)random_below(s, (uint32_t)i + 1);

		order[i] = order[j];
		order[j] = i;
	}
	for (int i = 0; i < s->n; i++)
		run_once(s, &s->commands[order[i]], round);
}

static void run_all(struct session *s)
{
	struct sigaction action = {.sa_handler = on_alarm};
	double end;

	sigaction(SIGALRM, &action, NULL);
	for (int i = 0; i < s->how.warmup; i++)
		run_round(s, -1);
	end = now_ms() + s->how.seconds * 1e3;
	for (int i = 0; i < s->how.rounds; i++) {
		if (s->how.seconds > 0 && i >= MIN_ROUNDS && now_ms() > end)
			break;
		run_round(s, i);
		s->rounds = i + 1;
	}
}

/* ---- evaluating ---- */

static const double *sort_by; /* for qsort(), which passes no context */

static int compare_rounds(const void *a, const void *b)
{
	double x = sort_by[*(const int *)a], y = sort_by[*(const int *)b];

	return (x > y) - (x < y);
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The rank, from 1, of quantile q among n values: at least q * n values are not above it. */
static int rank_of(double q, int n)
{
	int rank = (int)(q * n);

	if (rank < q * n)
		rank++;
	return rank < 1 ? 1 : rank;
}

static double wall_quantile(const struct session *s, const struct command *c, double q)
{
	return c->wall[c->sorted[rank_of(q, s->rounds) - 1]];
}

static double median_cpu(const struct session *s, struct command *c)
{
	qsort(c->cpu, (size_t)s->rounds, sizeof(*c->cpu), compare_doubles);
	return c->cpu[rank_of(0.5, s->rounds) - 1];
}

/* The quantile of a resample in which round r occurs times[r] times. */
static double resampled_quantile(const struct session *s, const struct command *c,
				 const uint16_t *times, double q)
{
	int want = rank_of(q, s->rounds), seen = 0;

	for (int i = 0; i < s->rounds; i++) {
		seen += times[c->sorted[i]];
		if (seen >= want)
			return c->wall[c->sorted[i]];
	}
	return c->wall[c->sorted[s->rounds - 1]];
}

/* The ratio of quantile q of c to that of the base, with its 95% bootstrap interval. */
static struct interval ratio_to_base(struct session *s, const struct command *c, double q)
{
	const struct command *base = &s->commands[s->base];
	static double ratios[RESAMPLES];
	uint16_t *times = fresh((size_t)s->rounds * sizeof(*times));
	struct interval r = {wall_quantile(s, c, q) / wall_quantile(s, base, q), 0, 0};

	s->random = s->how.seed; /* the same resamples for each command */
	for (int k = 0; k < RESAMPLES; k++) {
		memset(times, 0, (size_t)s->rounds * sizeof(*times));
		for (int i = 0; i < s->rounds; i++)
			times[random_below(s, (uint32_t)s->rounds)]++;
		ratios[k] =
			resampled_quantile(s, c, times, q) / resampled_quantile(s, base, times, q);
	}
	munmap(times, (size_t)s->rounds * sizeof(*times));
	qsort(ratios, RESAMPLES, sizeof(*ratios), compare_doubles);
	r.low = ratios[RESAMPLES * 25 / 1000];
	r.high = ratios[RESAMPLES * 975 / 1000 - 1];
	return r;
}

static void sort_command(const struct session *s, struct command *c)
{
	for (int i = 0; i < s->rounds; i++)
		c->sorted[i] = i;
	sort_by = c->wall;
	qsort(c->sorted, (size_t)s->rounds, sizeof(*c->sorted), compare_rounds);
}

/* ---- reporting ---- */

static void print_ratio(struct interval r)
{
	char text[64];

	snprintf(text, sizeof(text), "%.2f [%.2f-%.2f]", r.value, r.low, r.high);
	printf("  %-18s", text);
}

static void print_text(struct session *s)
{
	const char *base = s->commands[s->base].name;
	int width = 8;

	for (int i = 0; i < s->n; i++)
		if ((int)strlen(s->commands[i].name) > width)
			width = (int)strlen(s->commands[i].name);
	printf("%-*s  %8s %8s  %-15s %8s %8s  %-18s  %s\n", width, "command", "p10 ms", "median",
	       "  p10-p90", "cpu ms", "rss KB", "median ratio", "p10 ratio");
	for (int i = 0; i < s->n; i++) {
		struct command *c = &s->commands[i];
		double p10 = wall_quantile(s, c, 0.1), p90 = wall_quantile(s, c, 0.9);

		printf("%-*s  %8.3f %8.3f  %7.3f-%-7.3f %8.3f %8ld", width, c->name, p10,
		       wall_quantile(s, c, 0.5), p10, p90, median_cpu(s, c), c->rss);
		print_ratio(ratio_to_base(s, c, 0.5));
		print_ratio(ratio_to_base(s, c, 0.1));
		putchar('\n');
	}
	printf("(%d rounds, interleaved; ratios to '%s', with 95%% intervals)\n", s->rounds, base);
}

static void print_json_string(const char *text)
{
	putchar('"');
	for (const unsigned char *p = (const unsigned char *)text; *p; p++)
		if (*p == '"' || *p == '\\')
			printf("\\%c", *p);
		else if (*p < 0x20)
			printf("\\u%04x", *p);
		else
			putchar(*p);
	putchar('"');
}

static void print_json_ratio(const char *key, struct interval r)
{
	printf(",\"%s\":{\"value\":%.4f,\"low\":%.4f,\"high\":%.4f}", key, r.value, r.low, r.high);
}

static void print_json(struct session *s)
{
	printf("{\"rounds\":%d,\"base\":", s->rounds);
	print_json_string(s->commands[s->base].name);
	printf(",\"commands\":[");
	for (int i = 0; i < s->n; i++) {
		struct command *c = &s->commands[i];

		printf("%s{\"name\":", i ? "," : "");
		print_json_string(c->name);
		printf(",\"argv\":[");
		for (char **arg = c->argv; *arg; arg++) {
			if (arg != c->argv)
				putchar(',');
			print_json_string(*arg);
		}
		printf("],\"p10_ms\":%.4f,\"median_ms\":%.4f,\"p90_ms\":%.4f,\"cpu_ms\":%.4f,\"max_"
		       "rss_kb\":%ld",
		       wall_quantile(s, c, 0.1), wall_quantile(s, c, 0.5), wall_quantile(s, c, 0.9),
		       median_cpu(s, c), c->rss);
		print_json_ratio("median_ratio", ratio_to_base(s, c, 0.5));
		print_json_ratio("p10_ratio", ratio_to_base(s, c, 0.1));
		putchar('}');
	}
	printf("]}\n");
}

/* ---- the command line ---- */

static double parse_number(const char *text, const char *option, double low, double high)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !(value >= low && value <= high))
		die("bad value '%s' for %s: a number from %.0f to %.0f is needed", text, option,
		    low, high);
	return value;
}

static void parse_options(struct settings *how, int argc, char **argv)
{
	/* clang-format off */
	static const struct option longs[] = {
		{"rounds", 1, NULL, 'n'}, {"time", 1, NULL, 't'}, {"warmup", 1, NULL, 'w'},
		{"base", 1, NULL, 'b'}, {"gap", 1, NULL, 'g'}, {"prepare", 1, NULL, 'p'},
		{"limit", 1, NULL, 'l'}, {"seed", 1, NULL, 's'}, {"quiet", 0, NULL, 'q'},
		{"json", 0, NULL, 'j'}, {"help", 0, NULL, 'h'}, {0},
	};
	/* clang-format on */
	int o;

	*how = (struct settings){.rounds = 100, .warmup = 3, .limit = 60, .seed = 1};
	while ((o = getopt_long(argc, argv, "+n:t:w:b:g:p:l:s:qh", longs, NULL)) != -1)
		switch (o) {
		case 'n': how->rounds = (int)parse_number(optarg, "--rounds", 1, MAX_ROUNDS); break;
		case 't': how->seconds = parse_number(optarg, "--time", 0, 86400); break;
		case 'w': how->warmup = (int)parse_number(optarg, "--warmup", 0, 1000); break;
		case 'b': how->base_name = optarg; break;
		case 'g': how->gap = parse_number(optarg, "--gap", 0, 900); break;
		case 'p': how->prepare = optarg; break;
		case 'l': how->limit = (unsigned)parse_number(optarg, "--limit", 1, 86400); break;
		case 's': how->seed = (uint64_t)parse_number(optarg, "--seed", 1, 1e9); break;
		case 'q': how->quiet = true; break;
		case 'j': how->json = true; break;
		case 'h': fputs(usage_text, stdout); exit(0);
		default: fputs(usage_text, stderr); exit(2);
		}
}

static void add_command(struct session *s, char **argv)
{
	struct command *c = &s->commands[s->n];
	size_t rounds = (size_t)s->how.rounds;
	char *status = strrchr(argv[0], '=');

	if (s->n == MAX_COMMANDS)
		die("more than %d commands", MAX_COMMANDS);
	if (!argv[1])
		die("no command after the name '%s'", argv[0]);
	if (status) {
		*status = '\0';
		c->status = (int)parse_number(status + 1, argv[0], 0, 255);
	}
	c->name = argv[0];
	c->argv = argv + 1;
	c->wall = fresh(rounds * sizeof(*c->wall));
	c->cpu = fresh(rounds * sizeof(*c->cpu));
	c->sorted = fresh(rounds * sizeof(*c->sorted));
	s->n++;
}

/* argv starts at the first ':::'; each further one is overwritten, so that it ends an argv. */
static void parse_commands(struct session *s, char **argv)
{
	char **name = ++argv;

	for (;; argv++) {
		bool last = !*argv;

		if (!last && strcmp(*argv, ":::") != 0)
			continue;
		if (argv == name)
			die("no command after ':::'");
		*argv = NULL;
		add_command(s, name);
		if (last)
			return;
		name = argv + 1;
	}
}

static void find_base(struct session *s)
{
	if (!s->how.base_name)
		return;
	for (int i = 0; i < s->n; i++)
		if (strcmp(s->commands[i].name, s->how.base_name) == 0) {
			s->base = i;
			return;
		}
	die("no command is named '%s' (--base)", s->how.base_name);
}

int main(int argc, char **argv)
{
	static struct session s;

	parse_options(&s.how, argc, argv);
	if (!argv[optind] || strcmp(argv[optind], ":::") != 0) {
		fputs(usage_text, stderr);
		return 2;
	}
	parse_commands(&s, argv + optind);
	find_base(&s);
	s.random = s.how.seed;
	run_all(&s);
	for (int i = 0; i < s.n; i++)
		sort_command(&s, &s.commands[i]);
	if (s.how.json)
		print_json(&s);
	else
		print_text(&s);
	return 0;
}
