// SPDX-License-Identifier: Apache-2.0
/* kokon-oci spec, features, check, events. */
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include "oci-commands.h"
#include "helper.h"
#include "oci-features.h"
#include "parse.h"
#include "seccomp-filter.h"
#include "template.h"

struct request {
	int help;
	bool rootless, stats;
	const char *bundle, *interval, *file;
};
#define R struct request

/* Parse, with no word left. -1: go on; else the exit status. */
static int parse_alone(struct oci_cli *cli, const struct oci_command *self, struct request *q,
		       char **argv)
{
	struct err err = {0};
	size_t rest;
	int r = oci_parse(cli, self, OPTIONS_ANYWHERE, q, argv, &rest);

	if (r >= 0 || rest == 0)
		return r;
	err_set(&err, 0, "'%s' takes no argument, but there is '%s'", self->name, argv[1]);
	return oci_usage(cli, self, &err);
}

/* --- spec --- */

static const struct option_def spec_options[] = {
	OCI_TEXT("bundle", 'b', R, bundle, "DIR", VALUE_DIR, "where to; without it: here"),
	OCI_TEXT("file", 'f', R, file, "FILE", VALUE_FILE, "its name; without it: config.json"),
	OCI_FLAG("rootless", 0, R, rootless, "for an ordinary user"),
	OCI_HELP,
	OPTIONS_END,
};

static int write_config(const struct request *q, const struct out *o, struct err *err)
{
	const char *file = q->file ? q->file : "config.json";
	char path[1024];
	int fd, r;

	snprintf(path, sizeof(path), "%s%s%s", q->bundle && *file != '/' ? q->bundle : "",
		 q->bundle && *file != '/' ? "/" : "", file);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0) {
		err_errno(err, "cannot make '%s'", path);
		return err->code == EEXIST ? err_remedy(err, "remove the old one first")
					   : -err->code;
	}
	r = out_write(o, fd);
	close(fd);
	return r < 0 ? err_set(err, -r, "cannot write '%s'", path) : 0;
}

static int run_spec(struct oci_cli *cli, const struct oci_command *self, char **argv)
{
	OUT_CLEANUP struct out o = {0};
	struct request q = {0};
	struct err err = {0};
	int r = parse_alone(cli, self, &q, argv);

	if (r >= 0)
		return r;
	template_put(&(struct template_options){.rootless = q.rootless,
						.uid = geteuid(),
						.gid = getegid()},
		     &o);
	return oci_finish(cli, self, write_config(&q, &o, &err), &err);
}

const struct oci_command oci_spec_command = {
	.name = "spec",
	.synopsis = "[OPTION...]",
	.summary = "Write a config.json to begin with",
	.options = spec_options,
	.run = run_spec,
	.fail_status = 1,
};

/* --- features --- */

static const struct option_def no_options[] = {OCI_HELP, OPTIONS_END};

static int run_features(struct oci_cli *cli, const struct oci_command *self, char **argv)
{
	char helper[512];
	OUT_CLEANUP struct out o = {0};
	struct request q = {0};
	struct err err = {0};
	int r = parse_alone(cli, self, &q, argv);

	if (r >= 0)
		return r;
	features_put(&(struct features_build){.version = KOKON_VERSION,
					      .criu = true,
					      .systemd = helper_path("kokon-systemd", helper,
								     sizeof(helper), NULL) == 0,
					      .seccomp_supported = seccomp_flags_taken(UINT64_MAX)},
		     &o);
	return oci_finish_with(cli, self, 0, &o, &err);
}

const struct oci_command oci_features_command = {
	.name = "features",
	.synopsis = "",
	.summary = "Print what this runtime implements, as JSON",
	.options = no_options,
	.run = run_features,
	.fail_status = 1,
};

/* --- check --- */

static const struct option_def check_options[] = {
	OCI_TEXT("bundle", 'b', R, bundle, "DIR", VALUE_DIR, "the bundle; without it: here"),
	OCI_HELP,
	OPTIONS_END,
};

static int run_check(struct oci_cli *cli, const struct oci_command *self, char **argv)
{
	OUT_CLEANUP struct out o = {0};
	struct request q = {0};
	struct err err = {0};
	int r = parse_alone(cli, self, &q, argv);

	if (r >= 0)
		return r;
	r = oci_check(q.bundle, &o, &err);
	if (out_write(&o, STDOUT_FILENO) < 0)
		return 1;
	return oci_finish(cli, self, r, &err);
}

const struct oci_command oci_check_command = {
	.name = "check",
	.synopsis = "[OPTION...]",
	.summary = "List everything that is wrong with a bundle",
	.options = check_options,
	.run = run_check,
	.fail_status = 1,
};

/* --- events --- */

static const struct option_def events_options[] = {
	OCI_FLAG("stats", 0, R, stats, "print what it uses once, and end"),
	OCI_TEXT("interval", 0, R, interval, "TIME", VALUE_TEXT,
		 "time between two lines: 5s (the default), 500ms, 2m"),
	OCI_HELP,
	OPTIONS_END,
};

/* "5s", "1.5s", "500ms", "2m", "1h"; a bare number counts seconds. */
static int parse_interval(const char *text, int64_t *ret_ms, struct err *err)
{
	char *end;
	double value = strtod(text, &end);
	double unit = !*end || (end[0] == 's' && !end[1])         ? 1000
		      : end[0] == 'm' && end[1] == 's' && !end[2] ? 1
		      : end[0] == 'm' && !end[1]                  ? 60000
		      : end[0] == 'h' && !end[1]                  ? 3600000
								  : 0;

	if (end == text || unit == 0 || value * unit > 86400000)
		return err_set(err, 0, "'%s' is no time such as 5s or 500ms", text);
	if (!(value * unit >= 1))
		return err_set(err, 0, "duration interval must be greater than 0: '%s'", text);
	*ret_ms = (int64_t)(value * unit);
	return 0;
}

static int run_events(struct oci_cli *cli, const struct oci_command *self, char **argv)
{
	struct request q = {.interval = "5s"};
	struct err err = {0};
	int64_t interval = 0;
	int r = oci_parse_id(cli, self, &q, argv);

	if (r >= 0)
		return r;
	if (parse_interval(q.interval, &interval, &err) < 0)
		return oci_usage(cli, self, &err);
	r = oci_events(&cli->oci, argv[1], q.stats, interval, &err);
	return oci_finish(cli, self, r, &err);
}

const struct oci_command oci_events_command = {
	.name = "events",
	.synopsis = "[OPTION...] ID",
	.summary = "Print what a container uses, as JSON",
	.options = events_options,
	.run = run_events,
	.fail_status = 1,
};
