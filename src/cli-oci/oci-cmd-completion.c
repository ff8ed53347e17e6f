// SPDX-License-Identifier: Apache-2.0
/* kokon-oci completion: the option tables as a completion script for bash (and zsh's bashcompinit).
 */
#include <string.h>
#include "oci-commands.h"

static void put_options(struct out *o, const struct option_def *options)
{
	for (; options->name || options->short_name; options++)
		if (options->help && options->name)
			out_printf(o, " --%s", options->name);
}

/* Options that take a value, by what the value is. */
static void put_valued(struct out *o, const struct option_def *options, enum option_value value)
{
	for (; options->name || options->short_name; options++)
		if (options->help && options->name && options->arg == ARG_REQUIRED &&
		    options->value == value)
			out_printf(o, "|--%s", options->name);
}

static void put_all_valued(struct out *o, enum option_value value)
{
	put_valued(o, oci_global_options, value);
	for (const struct oci_command *const *c = oci_commands; *c; c++)
		put_valued(o, (*c)->options, value);
}

static void put_script(struct out *o)
{
	out_puts(o, "# bash completion of kokon-oci\n"
		    "_kokon_oci() {\n"
		    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} "
		    "command= root=() i\n"
		    "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
		    "\t\tcase ${COMP_WORDS[i]} in\n"
		    "\t\t--root) root=(--root \"${COMP_WORDS[i+1]}\"); ((i++)) ;;\n"
		    "\t\t--log|--log-format|--cgroup-manager|--rootless|--criu) ((i++)) ;;\n"
		    "\t\t-*) ;;\n"
		    "\t\t*) command=${COMP_WORDS[i]}; break ;;\n"
		    "\t\tesac\n"
		    "\tdone\n"
		    "\tcase $prev in\n"
		    "\t-b");
	put_all_valued(o, VALUE_DIR);
	out_puts(o, ") mapfile -t COMPREPLY < <(compgen -d -- \"$cur\"); return ;;\n\t-f");
	put_all_valued(o, VALUE_FILE);
	out_puts(o, ") mapfile -t COMPREPLY < <(compgen -f -- \"$cur\"); return ;;\n"
		    "\tesac\n"
		    "\tlocal words\n"
		    "\tcase $command in\n"
		    "\t'') words='");
	for (const struct oci_command *const *c = oci_commands; *c; c++)
		out_printf(o, "%s ", (*c)->name);
	put_options(o, oci_global_options);
	out_puts(o, "' ;;\n");
	for (const struct oci_command *const *c = oci_commands; *c; c++) {
		out_printf(o, "\t%s) words='", (*c)->name);
		put_options(o, (*c)->options);
		out_puts(o, "' ;;\n");
	}
	out_puts(o, "\tesac\n"
		    "\t[[ -z $command || $cur == -* ]] ||\n"
		    "\t\twords=$(\"${COMP_WORDS[0]}\" \"${root[@]}\" list --quiet 2>/dev/null)\n"
		    "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
		    "}\n"
		    "complete -F _kokon_oci kokon-oci\n");
}

static const struct option_def no_options[] = {OCI_HELP, OPTIONS_END};

static int run(struct oci_cli *cli, const struct oci_command *self, char **argv)
{
	OUT_CLEANUP struct out o = {0};
	struct err err = {0};
	size_t rest;
	int help = 0, r = oci_parse(cli, self, OPTIONS_ANYWHERE, &help, argv, &rest);

	if (r >= 0)
		return r;
	if (rest != 1 || strcmp(argv[1], "bash") != 0) {
		err_set(&err, 0, "'completion' takes the name of a shell");
		err_remedy(&err, "there is: bash (zsh reads it too, after bashcompinit)");
		return oci_usage(cli, self, &err);
	}
	put_script(&o);
	return oci_finish_with(cli, self, 0, &o, &err);
}

const struct oci_command oci_completion_command = {
	.name = "completion",
	.synopsis = "bash",
	.summary = "Print a completion script",
	.options = no_options,
	.run = run,
	.fail_status = 1,
};
