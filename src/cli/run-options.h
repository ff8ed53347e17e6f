// SPDX-License-Identifier: Apache-2.0
/* The options of `kokon run`, as words; they become a request in run-options.c. */
#ifndef KOKON_RUN_OPTIONS_H
#define KOKON_RUN_OPTIONS_H

#include "command.h"
#include "run-request.h"

enum { WORDS_MAX = 256 };

/* An option that may be given several times. */
struct word_list {
	const char *word[WORDS_MAX + 1];
	size_t n;
};

struct run_options {
	struct common_options common;
	struct run_request request;
	struct word_list env, env_files, groups, cap_add, cap_drop, security, ulimits, sysctls,
		devices, net_devices;
	struct word_list volumes;     /* -v, --mount and --tmpfs in order */
	char volume_kinds[WORDS_MAX]; /* 'v', 'm' or 't' for each */
	struct word_list uidmaps, gidmaps;
	struct word_list nets, publish, dns, dns_search, dns_options, hosts;
	const char *net_rate;
	const char *modes[NAMESPACE_TYPES]; /* --pid, --net …: as given */
	uint64_t cpus;                      /* billionths of a CPU; 0: not given */
	bool detach;
};

extern const struct option_def run_option_table[];

void run_options_init(struct run_options *options);
/* Parse the image and the command in `words`, and run. Returns the exit status. */
int run_options_go(const struct command *self, struct run_options *options, char **words, size_t n);

#endif
