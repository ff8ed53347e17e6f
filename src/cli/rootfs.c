// SPDX-License-Identifier: Apache-2.0
/*
 * kokon rootfs: roots made of this machine's programs. The options are checked here; the work
 * is done by the helper kokon-rootfs, which links libelf.
 */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "helper.h"
#include "names.h"
#include "rootfs-request.h"

_Static_assert(offsetof(struct rootfs_request, help) == offsetof(struct common_options, help) &&
		       offsetof(struct rootfs_request, version) ==
			       offsetof(struct common_options, version),
	       "a request begins with the common options");

static const char group[] = "Root file systems and images";

/* How many words a subcommand wants behind its options. */
struct words {
	size_t least, most;
};

static int wrong_words(const struct command *self, size_t rest, char **argv, struct words want)
{
	struct err err = {0};

	if (rest < want.least)
		err_set(&err, 0, "an argument is missing: kokon %s %s", self->name, self->synopsis);
	else
		err_set(&err, 0, "one argument too many: '%s'", argv[want.most + 1]);
	return command_usage(self, &err);
}

/* argv as it was typed: parsing moves its words. */
static char **copy_words(char **argv)
{
	size_t n = 0;
	char **copy;

	while (argv[n])
		n++;
	copy = calloc(n + 1, sizeof(*copy));
	for (size_t i = 0; copy && i < n; i++)
		copy[i] = argv[i];
	return copy;
}

static int exec_helper(const struct command *self, char **words)
{
	char path[4096];
	struct err err = {0};

	if (helper_path("kokon-rootfs", path, sizeof(path), &err) < 0)
		return command_fail(self, &err, 1);
	execv(path, words);
	err_errno(&err, "cannot run '%s'", path);
	return command_fail(self, &err, 1);
}

/* `words`: the helper's command line, words[0] is free. argv[0] is the subcommand. */
static int run_with(const struct command *self, char **argv, struct words want, char **words)
{
	struct rootfs_request request = {0};
	size_t rest;
	int r = command_parse(self, OPTIONS_ANYWHERE, &request, argv, &rest);

	if (r >= 0)
		return r;
	if (rest < want.least || rest > want.most)
		return wrong_words(self, rest, argv, want);
	words[0] = (char *)"kokon-rootfs";
	return exec_helper(self, words);
}

/* `create` and `add` need something to place. */
static int run_filling(const struct command *self, char **argv)
{
	FREE_PTR char **words = copy_words(argv - 1);
	struct rootfs_request request = {0};
	struct err err = {0};
	size_t rest;
	int r = words ? command_parse(self, OPTIONS_ANYWHERE, &request, argv, &rest) : 1;

	if (r >= 0)
		return r;
	if (rest != 1)
		return wrong_words(self, rest, argv, (struct words){1, 1});
	if (!request.bins_count && !request.with) {
		err_set(&err, 0, "no programs are given");
		err_remedy(&err, "name them: --bin bash,ls");
		return command_usage(self, &err);
	}
	words[0] = (char *)"kokon-rootfs";
	return exec_helper(self, words);
}

/* The subcommand's words with one in front for argv[0] of the helper. */
static int run_sub(const struct command *self, char **argv, struct words want)
{
	FREE_PTR char **words = copy_words(argv - 1);

	return words ? run_with(self, argv, want, words) : 1;
}

static int run_one(const struct command *self, char **argv)
{
	return run_sub(self, argv, (struct words){1, 1});
}

static int run_two(const struct command *self, char **argv)
{
	return run_sub(self, argv, (struct words){2, 2});
}

static int run_some(const struct command *self, char **argv)
{
	return run_sub(self, argv, (struct words){1, SIZE_MAX});
}

/* An option that the action has no use for, or NULL. */
static const char *useless_option(const struct rootfs_request *q, bool prune)
{
	if (prune)
		return q->json ? "--json" : NULL;
	return q->all ? "--all" : q->explain ? "--explain" : q->trace ? "--trace" : NULL;
}

static int run_cache(const struct command *self, char **argv)
{
	FREE_PTR char **words = copy_words(argv - 1);
	struct rootfs_request request = {0};
	struct err err = {0};
	const char *useless;
	size_t rest;
	int r = words ? command_parse(self, OPTIONS_ANYWHERE, &request, argv, &rest) : 1;
	bool prune;

	if (r >= 0)
		return r;
	if (rest != 1)
		return wrong_words(self, rest, argv, (struct words){1, 1});
	prune = strcmp(argv[1], "prune") == 0;
	if (!prune && strcmp(argv[1], "list") != 0) {
		err_set(&err, 0, "unknown action '%s': list or prune", argv[1]);
		return command_usage(self, &err);
	}
	useless = useless_option(&request, prune);
	if (useless) {
		err_set(&err, 0, "'%s' has no meaning for '%s'", useless, argv[1]);
		return command_usage(self, &err);
	}
	words[0] = (char *)"kokon-rootfs";
	return exec_helper(self, words);
}

static const struct option_def options[] = {OPTION_HELP, OPTIONS_END};

static const struct option_def create_options[] = {ROOTFS_CREATE_OPTIONS, OPTION_HELP, OPTIONS_END};
static const struct option_def add_options[] = {ROOTFS_ADD_OPTIONS, OPTION_HELP, OPTIONS_END};
static const struct option_def remove_options[] = {ROOTFS_REMOVE_OPTIONS, OPTION_HELP, OPTIONS_END};
static const struct option_def deps_options[] = {ROOTFS_DEPS_OPTIONS, OPTION_HELP, OPTIONS_END};

static const struct command create_command = {
	.name = "rootfs create",
	.synopsis = "DIR --bin NAME,… [options]",
	.summary = "Make a root from programs of this machine, with all that they need to start",
	.details = "DIR must be absent or empty; it appears only when it is complete.\n"
		   "Hard links are made on demand only: through one, a program in the root that "
		   "writes\n"
		   "to a file would change the machine's own.\n",
	.options = create_options,
	.run = run_filling,
	.usage_status = 2,
};

static const struct command add_command = {
	.name = "rootfs add",
	.synopsis = "DIR --bin NAME,… [options]",
	.summary = "Put more programs into a root, with what they need and it lacks",
	.options = add_options,
	.run = run_filling,
	.usage_status = 2,
};

static const struct command remove_command = {
	.name = "rootfs remove",
	.synopsis = "DIR [options]",
	.summary = "Remove a root; refused while anything is mounted in it",
	.options = remove_options,
	.run = run_one,
	.usage_status = 2,
};

static const struct command deps_command = {
	.name = "rootfs deps",
	.synopsis = "[options] FILE…",
	.summary = "Show what programs need to start, without running them",
	.details = "Unlike ldd(1) it is safe on files that one does not trust. Exit status 1 if "
		   "anything is missing.\n",
	.options = deps_options,
	.run = run_some,
	.usage_status = 2,
};

static const struct option_def check_options[] = {ROOTFS_CHECK_OPTIONS, OPTION_HELP, OPTIONS_END};

static const struct command check_command = {
	.name = "rootfs check",
	.synopsis = "[options] DIR COMMAND",
	.summary = "Tell whether COMMAND would start in the root DIR, and if not, what is missing",
	.details = "Nothing is run. COMMAND is a name, looked up in the usual directories of DIR, "
		   "or a path\n"
		   "in DIR. Exit status 1 when it would not start; the message ends with what "
		   "helps.\n",
	.options = check_options,
	.run = run_two,
	.usage_status = 2,
};

static const struct option_def cache_options[] = {ROOTFS_CACHE_OPTIONS, OPTION_HELP, OPTIONS_END};

static const struct command cache_command = {
	.name = "rootfs cache",
	.synopsis = "list|prune [options]",
	.summary =
		"Show the layers made for images named host:, or remove those that are out of date",
	.details = "prune removes layers whose sources have changed, or that no name leads to any "
		   "more.\n"
		   "A layer that a container uses is never removed.\n",
	.options = cache_options,
	.run = run_cache,
	.usage_status = 2,
};

static const struct command *const subcommands[] = {
	&create_command, &add_command, &remove_command, &deps_command, &check_command,
	&cache_command,  NULL,
};

static int run(const struct command *self, char **argv);

const struct command rootfs_command = {
	.name = "rootfs",
	.group = group,
	.synopsis = "COMMAND [options]",
	.summary = "Make root file systems from this machine's programs",
	.options = options,
	.subcommands = subcommands,
	.run = run,
	.usage_status = 2,
};

static const char *last_word(const struct command *c)
{
	return strrchr(c->name, ' ') + 1;
}

static int unknown(const struct command *self, const char *word)
{
	const char *names[16] = {NULL};
	struct err err = {0};
	const char *near;

	for (size_t i = 0; self->subcommands[i] && i < ARRAY_SIZE(names) - 1; i++)
		names[i] = last_word(self->subcommands[i]);
	near = nearest_name(word, names);
	err_set(&err, 0, "unknown command '%s'", word);
	if (near)
		err_remedy(&err, "did you mean 'kokon %s %s'?", self->name, near);
	return command_usage(self, &err);
}

/* The word that follows says what to do. */
static int run(const struct command *self, char **argv)
{
	struct common_options common = {0};
	OUT_CLEANUP struct out names = {0};
	struct err err = {0};
	size_t rest;

	for (const struct command *const *c = self->subcommands; *c; c++) {
		if (argv[1] && strcmp(last_word(*c), argv[1]) == 0)
			return (*c)->run(*c, argv + 1);
		out_printf(&names, "%s%s", names.len ? ", " : "", last_word(*c));
	}
	if (argv[1] && argv[1][0] != '-')
		return unknown(self, argv[1]);
	if (argv[1]) {
		int r = command_parse(self, OPTIONS_FIRST, &common, argv, &rest);

		if (r >= 0)
			return r;
	}
	err_set(&err, 0, "a command is missing: %s", names.text);
	return command_usage(self, &err);
}
