// SPDX-License-Identifier: Apache-2.0
/*
 * A command of `kokon-oci`: the command line of an OCI runtime, as runc and crun have it.
 * Its options stand before or after the container's id.
 */
#ifndef KOKON_OCI_COMMAND_H
#define KOKON_OCI_COMMAND_H

#include "err.h"
#include "oci.h"
#include "options.h"

/* What stands in front of the command. */
struct oci_cli {
	int help, version; /* first, for the setters below */
	struct oci oci;
	const char *log;        /* --log FILE or BACKEND:WHERE; NULL: standard error */
	const char *log_format; /* "text" or "json" */
	bool debug, systemd_cgroup;
	const char *cgroup_manager, *rootless, *criu;
	struct out notes;
};

struct oci_command {
	const char *name, *synopsis, *summary;
	const struct option_def *options;
	/* argv[0] is the command's name. Returns the exit status. */
	int (*run)(struct oci_cli *cli, const struct oci_command *self, char **argv);
	int fail_status;
};
extern const struct oci_command *const oci_commands[]; /* ends with NULL */

/* --- setters for option tables; `data` is the offset in the request --- */

int oci_set_flag(void *request, const struct option_def *def, const char *value, struct err *err);
int oci_set_text(void *request, const struct option_def *def, const char *value, struct err *err);
int oci_set_u32(void *request, const struct option_def *def, const char *value, struct err *err);
enum { OCI_WORDS_MAX = 1024 };
struct oci_words {
	const char **word; /* ends with NULL; NULL: none */
	size_t n;
};
int oci_add_word(void *request, const struct option_def *def, const char *value, struct err *err);

/* --name or --name=true|false; --name VALUE. Requests begin with `int help`. */
#define OCI_FLAG(long_, letter, type, field, text)                                                 \
	{                                                                                          \
		.name = long_, .short_name = letter, .arg = ARG_OPTIONAL_LONG,                     \
		.metavar = "true|false", .help = text, .set = oci_set_flag,                        \
		.data = offsetof(type, field)                                                      \
	}
#define OCI_TEXT(long_, letter, type, field, meta, kind, text)                                     \
	{                                                                                          \
		.name = long_, .short_name = letter, .arg = ARG_REQUIRED, .metavar = meta,         \
		.help = text, .set = oci_set_text, .data = offsetof(type, field), .value = kind    \
	}
/* -? and --usage are crun's. */
#define OCI_HELP                                                                                   \
	{.name = "help",                                                                           \
	 .short_name = 'h',                                                                        \
	 .help = "show this help and exit",                                                        \
	 .set = oci_set_help},                                                                     \
	{                                                                                          \
		.name = "usage", .short_name = '?', .set = oci_set_help                            \
	}
int oci_set_help(void *request, const struct option_def *def, const char *value, struct err *err);

/* --- what every command does first and last --- */

/* Parse; --help is answered. -1: go on, with *ret_rest words from argv[1] on; else the status. */
int oci_parse(struct oci_cli *cli, const struct oci_command *self, enum options_order order,
	      void *request, char **argv, size_t *ret_rest);
/* Exactly one word, the container's id, is left. -1: so it is; else the exit status. */
int oci_need_id(struct oci_cli *cli, const struct oci_command *self, size_t rest);
/* Both, where options may stand anywhere: the id is argv[1]. */
int oci_parse_id(struct oci_cli *cli, const struct oci_command *self, void *request, char **argv);
/* Wrong usage. Returns the exit status. */
int oci_usage(struct oci_cli *cli, const struct oci_command *self, const struct err *err);
/* Log notes, and the error if there is one; `r` >= 0 becomes the exit status. */
int oci_finish(struct oci_cli *cli, const struct oci_command *self, int r, const struct err *err);
/* Print to standard output, then oci_finish(). */
int oci_finish_with(struct oci_cli *cli, const struct oci_command *self, int r, const struct out *o,
		    const struct err *err);

/* --- oci-log.c --- */

/* One entry of `level` ("error", "warning", "debug") to --log or standard error. What --log names
 * is a file ("file:" may stand before it), "syslog:NAME" or "journald:NAME". */
void oci_log(struct oci_cli *cli, const char *level, const char *text);
/* An error: as an entry; with --log also plainly to standard error. */
void oci_log_error(struct oci_cli *cli, const struct err *err);

#endif
