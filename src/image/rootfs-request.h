// SPDX-License-Identifier: Apache-2.0
/*
 * What `kokon rootfs …` was asked to do, and the option tables that say so: `kokon` reads them
 * for help and completion, the helper kokon-rootfs to do the work.
 */
#ifndef KOKON_ROOTFS_REQUEST_H
#define KOKON_ROOTFS_REQUEST_H

#include <stdbool.h>
#include "diagnose.h"
#include "options.h"

enum link_mode { LINK_AUTO, LINK_REFLINK, LINK_HARDLINK, LINK_COPY };

enum with_data {
	WITH_NSS = 1 << 0,
	WITH_TERMINFO = 1 << 1,
	WITH_LOCALE = 1 << 2,
	WITH_CERTS = 1 << 3,
	WITH_TZ = 1 << 4,
};

enum { ROOTFS_BINS_MAX = 1024 };

struct rootfs_request {
	int help, version;                     /* first: the common options of every command */
	const char *bins[ROOTFS_BINS_MAX + 1]; /* names and paths; lists are split */
	size_t bins_count;
	unsigned int with; /* enum with_data */
	enum link_mode link;
	bool replace, explain, trace, verbose;
	bool tree, json, all;
	struct diagnosis diagnosis; /* of the helper */
	int report_fd;              /* of the helper: where its struct err goes; 0: none */
	const char *root;           /* of deps; NULL: the machine's own */
};

/* One table per subcommand, without --help: each ends with OPTIONS_END where it is used. */
int rootfs_set_bin(void *, const struct option_def *, const char *, struct err *);
int rootfs_set_with(void *, const struct option_def *, const char *, struct err *);
int rootfs_set_link(void *, const struct option_def *, const char *, struct err *);
int rootfs_set_flag(void *, const struct option_def *, const char *,
		    struct err *); /* data: offset */
int rootfs_set_root(void *, const struct option_def *, const char *, struct err *);

#define ROOTFS_FLAG(long_name, letter, field, text)                                                \
	{                                                                                          \
		.name = long_name, .short_name = letter, .help = text, .set = rootfs_set_flag,     \
		.data = offsetof(struct rootfs_request, field)                                     \
	}

#define ROOTFS_CHANGING                                                                            \
	ROOTFS_FLAG("explain", 0, explain, "print the steps as shell commands and do nothing"),    \
		ROOTFS_FLAG("trace", 0, trace,                                                     \
			    "print each step with its duration to standard error")

#define ROOTFS_FILLING                                                                             \
	{.name = "bin",                                                                            \
	 .short_name = 'b',                                                                        \
	 .arg = ARG_REQUIRED,                                                                      \
	 .metavar = "NAME,…",                                                                      \
	 .help = "programs, by name as in PATH or by path",                                        \
	 .set = rootfs_set_bin,                                                                    \
	 .value = VALUE_FILE},                                                                     \
		{.name = "with",                                                                   \
		 .arg = ARG_REQUIRED,                                                              \
		 .metavar = "WHAT,…",                                                              \
		 .help = "run-time data: nss, terminfo, locale, certs, tz",                        \
		 .set = rootfs_set_with},                                                          \
		{.name = "link",                                                                   \
		 .arg = ARG_REQUIRED,                                                              \
		 .metavar = "HOW",                                                                 \
		 .help = "reflink, hardlink or copy (default: reflink where possible, else copy)", \
		 .set = rootfs_set_link},                                                          \
		ROOTFS_FLAG("verbose", 'v', verbose, "name every file that is placed, and why")

#define ROOTFS_CREATE_OPTIONS ROOTFS_FILLING, ROOTFS_CHANGING
#define ROOTFS_ADD_OPTIONS                                                                         \
	ROOTFS_FILLING,                                                                            \
		ROOTFS_FLAG("replace", 0, replace,                                                 \
			    "replace files that differ from the machine's"),                       \
		ROOTFS_CHANGING
#define ROOTFS_REMOVE_OPTIONS ROOTFS_CHANGING
#define ROOTFS_DEPS_OPTIONS                                                                        \
	ROOTFS_FLAG("tree", 't', tree, "show who needs what"),                                     \
		ROOTFS_FLAG("json", 'j', json, "print JSON"),                                      \
	{                                                                                          \
		.name = "root", .short_name = 'r', .arg = ARG_REQUIRED, .metavar = "DIR",          \
		.help = "look at the files below DIR as a process with that root would",           \
		.set = rootfs_set_root, .value = VALUE_DIR                                         \
	}
#define ROOTFS_CHECK_OPTIONS ROOTFS_FLAG("json", 'j', json, "print JSON")
#define ROOTFS_CACHE_OPTIONS                                                                       \
	ROOTFS_FLAG("all", 'a', all, "prune: remove also layers that are up to date"),             \
		ROOTFS_FLAG("json", 'j', json, "list: print JSON"), ROOTFS_CHANGING

#endif
