// SPDX-License-Identifier: Apache-2.0
/*
 * kokon-network: the helper that keeps the networks. It links SQLite, for their database, and
 * libnftables, for their firewall rules.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include "clock.h"
#include "macros.h"
#include "network-do.h"
#include "parse.h"

static int set_report(void *request, const struct option_def *def UNUSED, const char *value,
		      struct err *err)
{
	int64_t fd;

	if (parse_i64(value, 3, 1 << 20, &fd) < 0)
		return err_set(err, 0, "'%s' is no descriptor", value);
	((struct network_request *)request)->report_fd = (int)fd;
	return 0;
}

#define REPORT_OPTION                                                                              \
	{                                                                                          \
		.name = "report-fd", .arg = ARG_REQUIRED, .metavar = "N", .set = set_report        \
	}

static const struct option_def create_options[] = {NETWORK_CREATE_OPTIONS, OPTIONS_END};
static const struct option_def rm_options[] = {NETWORK_RM_OPTIONS, OPTIONS_END};
static const struct option_def ls_options[] = {NETWORK_LS_OPTIONS, OPTIONS_END};
static const struct option_def inspect_options[] = {NETWORK_INSPECT_OPTIONS, OPTIONS_END};
static const struct option_def prune_options[] = {NETWORK_PRUNE_OPTIONS, OPTIONS_END};
static const struct option_def reload_options[] = {NETWORK_RELOAD_OPTIONS, OPTIONS_END};
static const struct option_def inner_options[] = {REPORT_OPTION, OPTIONS_END};

struct work {
	struct network_request q;
	char **words;
	struct out o, notes;
	struct err err;
};

static int do_create(struct work *w)
{
	return network_create(&w->q, w->words[0], &w->o, &w->notes, &w->err);
}

static int do_rm(struct work *w)
{
	return network_rm(&w->q, w->words, &w->o, &w->err);
}

static int do_ls(struct work *w)
{
	return network_ls(&w->q, &w->o, &w->err);
}

static int do_inspect(struct work *w)
{
	return network_inspect(&w->q, w->words, &w->o, &w->err);
}

static int do_prune(struct work *w)
{
	return network_prune(&w->q, &w->o, &w->err);
}

static int do_reload(struct work *w)
{
	return network_reload(&w->q, &w->o, &w->notes, &w->err);
}

static int do_ensure(struct work *w)
{
	return network_ensure(w->words[0], &w->notes, &w->err);
}

static int do_sync(struct work *w)
{
	return network_sync(&w->err);
}

static int do_check(struct work *w)
{
	return network_check(&w->err);
}

static int do_restore(struct work *w)
{
	return network_reload(&w->q, &w->o, &w->notes, &w->err);
}

static const struct verb {
	const char *name;
	const struct option_def *options;
	int (*run)(struct work *w);
	size_t least;
} verbs[] = {
	{"create", create_options, do_create, 1},
	{"rm", rm_options, do_rm, 1},
	{"ls", ls_options, do_ls, 0},
	{"inspect", inspect_options, do_inspect, 1},
	{"prune", prune_options, do_prune, 0},
	{"reload", reload_options, do_reload, 0},
	{"ensure", inner_options, do_ensure, 1},
	{"sync", inner_options, do_sync, 0},
	{"check", inner_options, do_check, 0},
	{"restore", inner_options, do_restore, 0},
};

static void print_notes(const char *verb, const struct out *notes)
{
	const char *at = notes->text, *line;
	size_t len;

	while (at && next_field(&at, '\n', &line, &len))
		if (len)
			fprintf(stderr, "kokon network %s: note: %.*s\n", verb, (int)len, line);
}

static int fail(const struct verb *v, const struct work *w)
{
	char text[sizeof(w->err.text) + sizeof(w->err.remedy) + 128];

	if (w->q.report_fd > 0)
		return write(w->q.report_fd, &w->err, sizeof(w->err)) == sizeof(w->err) ? 1 : 2;
	err_format(&w->err, text, sizeof(text));
	fprintf(stderr, "kokon network %s: %s\n", v->name, text);
	return 1;
}

/* With --trace the steps are what --explain prints, and the time is that of all of them. */
static int perform(const struct verb *v, struct work *w)
{
	OUT_CLEANUP struct out steps = {0};
	double start;
	int r;

	if (w->q.trace && !w->q.explain) {
		w->q.explain = true;
		r = v->run(w);
		w->q.explain = false;
		if (r < 0)
			return r;
		steps = w->o;
		w->o = w->notes = (struct out){0};
	}
	start = clock_ms();
	r = v->run(w);
	if (w->q.trace && !w->q.explain) {
		out_printf(&steps, "# %s after %.3f ms\n", r < 0 ? "failed" : "done",
			   clock_ms() - start);
		out_write(&steps, STDERR_FILENO);
	}
	return r;
}

static int run(const struct verb *v, char **argv)
{
	static struct work w;
	size_t rest;
	int r;

	w.words = argv;
	if (options_parse(v->options, OPTIONS_ANYWHERE, &w.q, argv, &rest, &w.err) < 0 ||
	    rest < v->least) {
		fail(v, &w);
		return 2;
	}
	argv[rest] = NULL;
	r = perform(v, &w);
	print_notes(v->name, &w.notes);
	if (r == 0 && w.o.text)
		r = out_write(&w.o, STDOUT_FILENO);
	else if (r < 0)
		return fail(v, &w);
	return r < 0 ? 1 : 0;
}

/* What is begun is completed or undone, not left half-done by ^C. */
static void hold_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int main(int argc, char **argv)
{
	hold_signals();
	for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(verbs); i++)
		if (strcmp(verbs[i].name, argv[1]) == 0)
			return run(&verbs[i], argv + 2);
	fprintf(stderr, "kokon-network: a helper of kokon; see: kokon network --help\n");
	return 2;
}
