// SPDX-License-Identifier: Apache-2.0
/*
 * kokon completion: what a shell needs to complete our command lines, made from the same tables
 * that the parser reads. A hidden command: the build calls it and installs what it prints.
 *
 * The bash script is a table, one line per option, and a short function that interprets it. zsh
 * gets specifications for its _arguments. "list" prints the options for the tests of the man pages.
 */
#include "commands.h"

#include <stdbool.h>
#include <string.h>

static bool is_end(const struct option_def *d)
{
	return !d->name && !d->short_name;
}

/* What a value is, where the table says only what it is called. The first that fits counts. */
static const struct hint {
	const char *option;  /* NULL: any */
	const char *metavar; /* NULL: any */
	const char *kind;
	const char *choices; /* for the kind "words" */
} hints[] = {
	{NULL, "FILE", "file", NULL},
	{NULL, "DIR", "dir", NULL},
	{NULL, "PID", "pid", NULL},
	{NULL, "UID", "user", NULL},
	{NULL, "USER", "user", NULL},
	{NULL, "USER[:GROUP]", "user", NULL},
	{NULL, "USER:GROUP", "user", NULL},
	{NULL, "SIGNAL", "signal", NULL},
	{NULL, "TARGET", "target", NULL},
	{"volume", NULL, "file", NULL},
	{"device", NULL, "file", NULL},
	{"umask", NULL, "text", NULL},
	{"net", "NAME|MODE", "net",
	 "private|host|none|pasta|cni:NAME|pid:N|ns:PATH|container:NAME"},
	{"network", "NAME|MODE", "net",
	 "private|host|none|pasta|cni:NAME|pid:N|ns:PATH|container:NAME"},
	{"mode", "MODE", "words", "bridge|private|vepa|passthru"},
	{"driver", "NAME", "words", "bridge|macvlan|ipvlan"},
	{"userns", "MODE", "words", "private|host|keep-id|pid:N|ns:PATH|container:NAME"},
	{NULL, "MODE", "words", "private|host|pid:N|ns:PATH|container:NAME"},
	{"propagation", NULL, "words", "private|shared|slave|unchanged"},
	{"setgroups", NULL, "words", "allow|deny"},
	{"cgroups", NULL, "words", "disabled"},
	{"link", NULL, "words", "reflink|hardlink|copy"},
	{"with", NULL, "words", "nss|terminfo|locale|certs|tz"},
	{"type", "TYPE", "words", "mnt|net|ipc|user|pid|uts|cgroup|time"},
	{"tree", "REL", "words", "owner|parent|process"},
	{"security-opt", NULL, "words",
	 "no-new-privileges|seccomp=FILE|apparmor=PROFILE|label=LABEL"},
};

static const struct hint *hint_of(const struct option_def *d)
{
	for (size_t i = 0; d->name && i < ARRAY_SIZE(hints); i++)
		if ((!hints[i].option || strcmp(hints[i].option, d->name) == 0) &&
		    (!hints[i].metavar ||
		     (d->metavar && strcmp(hints[i].metavar, d->metavar) == 0)))
			return &hints[i];
	return NULL;
}

static const char *value_kind(const struct option_def *d)
{
	const struct hint *hint = hint_of(d);

	switch (d->value) {
	case VALUE_FILE: return "file";
	case VALUE_DIR: return "dir";
	case VALUE_PID: return "pid";
	case VALUE_USER: return "user";
	case VALUE_CONTAINER: return "container";
	case VALUE_SIGNAL: return "signal";
	case VALUE_TEXT: break;
	}
	if (hint)
		return hint->kind;
	return d->metavar && strchr(d->metavar, '|') ? "words" : "text";
}

static const char *value_choices(const struct option_def *d)
{
	const struct hint *hint = hint_of(d);

	return hint && hint->choices ? hint->choices : d->metavar;
}

/* The words of "host|private|ns:PATH" that can be completed: a value that goes on keeps its colon.
 */
static void put_choices(const char *metavar, const char *separator, struct out *o)
{
	const char *between = "";

	for (const char *s = metavar; *s; s += strcspn(s, "|"), s += *s == '|') {
		size_t n = strcspn(s, "|"), fixed = 0;

		while (fixed < n && !(s[fixed] >= 'A' && s[fixed] <= 'Z'))
			fixed++;
		if (!fixed)
			continue;
		out_puts(o, between);
		out_put(o, s, fixed);
		between = separator;
	}
}

static bool has_choices(const char *kind)
{
	return strcmp(kind, "words") == 0 || strcmp(kind, "net") == 0;
}

/* A capital word of a synopsis, where the command's name begins so. The first that fits counts. */
static const struct operand {
	const char *command, *word, *kind; /* NULL: nothing can stand for it */
} operands[] = {
	{"", "OPTION", NULL},
	{"", "OPTIONS", NULL},
	{"", "DIR", "dir"},
	{"", "ROOT", "dir"},
	{"", "NEWROOT", "dir"},
	{"", "FILE", "file"},
	{"", "PID", "pid"},
	{"netns add", "NAME", NULL},
	{"netns", "NAME", "netns"},
	{"network create", "NAME", NULL},
	{"network", "NAME", "network"},
	{"bridge", "NAME", NULL},
	{"rootfs", "NAME", NULL},
	{"", "NAME", "container"},
	{"", "NETWORK", "network"},
	{"", "CONTAINER", "container"},
	{"", "TARGET", "target"},
	{"netns move", "IF", "interface"},
	{"", "IF", NULL},
	{"netns list-id", "NUMBER", NULL},
};

static const struct operand *operand_of(const struct command *c, const char *word, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(operands); i++)
		if (strlen(operands[i].word) == n && strncmp(word, operands[i].word, n) == 0 &&
		    strncmp(c->name, operands[i].command, strlen(operands[i].command)) == 0)
			return &operands[i];
	return NULL;
}

enum { KINDS_MAX = 3 };

/* What the words after the options are, from the capital words of the synopsis: those that are
 * known up to the next that is not, else files. */
static size_t operand_kinds(const struct command *c, const char *ret[KINDS_MAX])
{
	static const char capitals[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	const char *s = c->synopsis && !c->subcommands ? c->synopsis : "";
	size_t kinds = 0;
	bool other = false;

	for (size_t n = 0; kinds < KINDS_MAX && (s = strpbrk(s, capitals)); s += n) {
		const struct operand *operand = operand_of(c, s, n = strspn(s, capitals));
		bool known = operand && !operand->kind;

		other = other || !operand;
		if (!operand && kinds > 0)
			break;
		for (size_t i = 0; operand && i < kinds && !known; i++)
			known = strcmp(ret[i], operand->kind) == 0;
		if (operand && !known)
			ret[kinds++] = operand->kind;
	}
	if (kinds == 0 && other)
		ret[kinds++] = "file";
	return kinds;
}

typedef void (*visitor)(const struct command *c, struct out *o);

static void each_command(visitor visit, struct out *o)
{
	for (const struct command *const *c = commands; *c; c++) {
		if (!(*c)->group)
			continue;
		visit(*c, o);
		for (const struct command *const *sub = (*c)->subcommands; sub && *sub; sub++)
			visit(*sub, o);
	}
}

/* --- list ------------------------------------------------------------------------------------ */

static void list_command(const struct command *c, struct out *o)
{
	for (const struct option_def *d = c->options; d && !is_end(d); d++) {
		if (!d->help)
			continue;
		out_printf(o, "%s\t%s%s\t", c->name, d->name ? "--" : "", d->name ? d->name : "");
		if (d->short_name)
			out_printf(o, "-%c", d->short_name);
		out_printf(o, "\t%s\n",
			   d->arg == ARG_NONE ? ""
			   : d->metavar       ? d->metavar
					      : "VALUE");
	}
	if (!c->options || is_end(c->options))
		out_printf(o, "%s\t\t\t\n", c->name);
}

/* --- bash ------------------------------------------------------------------------------------ */

/* One word of the table: NAME/ARG/KIND[/CHOICES]. */
static void bash_option(const struct option_def *d, bool is_short, struct out *o)
{
	out_puts(o, "\t\t");
	if (is_short)
		out_printf(o, "-%c", d->short_name);
	else
		out_printf(o, "--%s", d->name);
	out_printf(o, "/%c/%s", "nro"[d->arg], d -> arg == ARG_NONE ? "" : value_kind(d));
	if (d->arg != ARG_NONE && has_choices(value_kind(d))) {
		out_puts(o, "/");
		put_choices(value_choices(d), ",", o);
	}
	out_puts(o, "\n");
}

static void bash_command(const struct command *c, struct out *o)
{
	const char *kinds[KINDS_MAX];
	size_t n = operand_kinds(c, kinds);

	out_printf(o, "\t'%s') operands='", c->name);
	for (size_t i = 0; i < n; i++)
		out_printf(o, "%s%s", i ? " " : "", kinds[i]);
	out_puts(o, "'");
	if (c->subcommands) {
		out_puts(o, " subcommands='");
		for (const struct command *const *s = c->subcommands; *s; s++)
			out_printf(o, "%s%s", s == c->subcommands ? "" : " ",
				   strrchr((*s)->name, ' ') + 1);
		out_puts(o, "'");
	}
	out_puts(o, " table='\n");
	for (const struct option_def *d = c->options; d && !is_end(d); d++) {
		if (d->help && d->name)
			bash_option(d, false, o);
		if (d->help && d->short_name)
			bash_option(d, true, o);
	}
	out_puts(o, "\t' ;;\n");
}

static const char bash_functions[] =
	"# The names that there are of the kind $1.\n"
	"_kokon_names() {\n"
	"	case $1 in\n"
	"	container) \"${COMP_WORDS[0]}\" ps -q ;;\n"
	"	netns) \"${COMP_WORDS[0]}\" netns list | sed 's/ (.*//' ;;\n"
	"	network) \"${COMP_WORDS[0]}\" network ls -q ;;\n"
	"	esac 2>/dev/null\n"
	"}\n"
	"\n"
	"# Prints what can stand for a value of the kind $1, beginning with $2. $3: the choices.\n"
	"_kokon_values() {\n"
	"	case $1 in\n"
	"	file) compgen -f -- \"$2\" ;;\n"
	"	dir) compgen -d -- \"$2\" ;;\n"
	"	pid) compgen -W \"$(cd /proc && echo [0-9]*)\" -- \"$2\" ;;\n"
	"	user) compgen -u -- \"$2\" ;;\n"
	"	container) compgen -W \"$(_kokon_names container)\" -- \"$2\" ;;\n"
	"	signal) compgen -W \"$(compgen -A signal | sed 's/^SIG//')\" -- \"${2#SIG}\" ;;\n"
	"	words) compgen -W \"${3//,/ }\" -- \"$2\" ;;\n"
	"	net) compgen -W \"${3//,/ } $(_kokon_names network)\" -- \"$2\" ;;\n"
	"	netns | network) compgen -W \"$(_kokon_names \"$1\")\" -- \"$2\" ;;\n"
	"	target) compgen -W \"host $(_kokon_names netns) $(_kokon_names container)\" -- "
	"\"$2\" ;;\n"
	"	interface) compgen -W \"$(cd /sys/class/net && echo *)\" -- \"$2\" ;;\n"
	"	esac\n"
	"}\n"
	"\n"
	"_kokon() {\n"
	"	local operands subcommands table command=${COMP_WORDS[1]-} cur prev i entry IFS=$' "
	"\\t\\n'\n"
	"	local -a words=() field=()\n"
	"	COMPREPLY=()\n"
	"	# Bash breaks words at '=': put --name=value together again.\n"
	"	for ((i = 1; i <= COMP_CWORD; i++)); do\n"
	"		if [[ ${#words[@]} -gt 0 && ( ${COMP_WORDS[i]} == '=' || "
	"${COMP_WORDS[i-1]} == '=' ) &&\n"
	"			${words[-1]} == --* ]]; then\n"
	"			words[-1]+=${COMP_WORDS[i]}\n"
	"		else\n"
	"			words+=(\"${COMP_WORDS[i]}\")\n"
	"		fi\n"
	"	done\n"
	"	cur=${words[-1]-} prev=\n"
	"	[[ ${#words[@]} -lt 2 ]] || prev=${words[-2]}\n"
	"	if [[ ${#words[@]} -le 1 ]]; then\n"
	"		mapfile -t COMPREPLY < <(compgen -W \"$_kokon_commands --help --version\" "
	"-- \"$cur\")\n"
	"		return\n"
	"	fi\n"
	"	_kokon_table \"$command\"\n"
	"	if [[ -n $subcommands ]]; then\n"
	"		if [[ ${#words[@]} -eq 2 && $cur != -* ]]; then\n"
	"			mapfile -t COMPREPLY < <(compgen -W \"$subcommands\" -- "
	"\"$cur\")\n"
	"			return\n"
	"		fi\n"
	"		[[ ${#words[@]} -eq 2 ]] || _kokon_table \"$command ${words[1]}\"\n"
	"	fi\n"
	"	if [[ $command == help ]]; then\n"
	"		mapfile -t COMPREPLY < <(compgen -W \"$_kokon_commands\" -- \"$cur\")\n"
	"		return\n"
	"	fi\n"
	"	for entry in $table; do\n"
	"		IFS=/ read -r -a field <<<\"$entry\"\n"
	"		if [[ $cur == \"${field[0]}\"=* && ${field[1]} != n ]]; then\n"
	"			mapfile -t COMPREPLY < <(_kokon_values \"${field[2]}\" "
	"\"${cur#*=}\" \"${field[3]-}\")\n"
	"			return\n"
	"		fi\n"
	"		if [[ $prev == \"${field[0]}\" && ${field[1]} == r ]]; then\n"
	"			mapfile -t COMPREPLY < <(_kokon_values \"${field[2]}\" \"$cur\" "
	"\"${field[3]-}\")\n"
	"			return\n"
	"		fi\n"
	"	done\n"
	"	if [[ $cur == -* ]]; then\n"
	"		for entry in $table; do\n"
	"			IFS=/ read -r -a field <<<\"$entry\"\n"
	"			[[ ${field[0]} == --* && ${field[0]} == \"$cur\"* ]] || continue\n"
	"			if [[ ${field[1]} == r ]]; then\n"
	"				COMPREPLY+=(\"${field[0]}=\")\n"
	"			else\n"
	"				COMPREPLY+=(\"${field[0]}\")\n"
	"			fi\n"
	"		done\n"
	"		# A value follows at once: no blank between.\n"
	"		[[ ${#COMPREPLY[@]} -ne 1 || ${COMPREPLY[0]} != *= ]] || compopt -o "
	"nospace 2>/dev/null\n"
	"		return\n"
	"	fi\n"
	"	mapfile -t COMPREPLY < <(for i in $operands; do _kokon_values \"$i\" \"$cur\"; "
	"done | sort -u)\n"
	"}\n"
	"\n"
	"complete -o bashdefault -o default -F _kokon kokon\n";

static void print_bash(struct out *o)
{
	const char *between = "";

	out_puts(o, "# bash completion for kokon, printed by 'kokon completion "
		    "bash'\n\n_kokon_commands='");
	for (const struct command *const *c = commands; *c; c++) {
		if (!(*c)->group)
			continue;
		out_printf(o, "%s%s", between, (*c)->name);
		between = " ";
	}
	out_puts(o, "'\n\n# A line per option: its name, whether a value is none, required or "
		    "optional, and what it is.\n"
		    "_kokon_table() {\n\toperands= subcommands= table=\n\tcase $1 in\n");
	each_command(bash_command, o);
	out_puts(o, "\tesac\n}\n\n");
	out_puts(o, bash_functions);
}

/* --- zsh ---------------------------------------------------------------------------------------
 */

/* Text inside a quoted specification. */
static void zsh_text(const char *s, struct out *o)
{
	for (; *s; s++) {
		if (strchr("[]:\\", *s))
			out_puts(o, "\\");
		if (*s == '\'')
			out_puts(o, "'\\''");
		else
			out_put(o, s, 1);
	}
}

static void zsh_action(const char *kind, const char *choices_text, struct out *o)
{
	static const struct {
		const char *kind, *action;
	} actions[] = {{"file", "_files"},
		       {"dir", "_files -/"},
		       {"pid", "_pids"},
		       {"user", "_users"},
		       {"container", "_kokon_names container"},
		       {"netns", "_kokon_names netns"},
		       {"network", "_kokon_names network"},
		       {"net", "_kokon_names network"},
		       {"target", "_kokon_names netns container host"},
		       {"interface", "_net_interfaces"},
		       {"signal", "_signals -s"}};

	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		if (strcmp(actions[i].kind, kind) == 0)
			out_puts(o, actions[i].action);
	if (strcmp(kind, "words") == 0) {
		OUT_CLEANUP struct out choices = {0};

		put_choices(choices_text, " ", &choices);
		out_puts(o, "(");
		zsh_text(choices.text ? choices.text : "", o);
		out_puts(o, ")");
	}
}

/* '--name=-[help]:METAVAR:action', as _arguments (zshcompsys(1)) reads it. */
static void zsh_option(const struct option_def *d, bool is_short, struct out *o)
{
	out_puts(o, "\t\t'*");
	if (is_short)
		out_printf(o, "-%c%s", d->short_name,
			   d->arg == ARG_NONE       ? ""
			   : d->arg == ARG_OPTIONAL ? "-"
						    : "+");
	else
		out_printf(o, "--%s%s", d->name,
			   d->arg == ARG_NONE       ? ""
			   : d->arg == ARG_OPTIONAL ? "=-"
						    : "=");
	out_puts(o, "[");
	zsh_text(d->help, o);
	out_puts(o, "]");
	if (d->arg != ARG_NONE) {
		out_puts(o, d->arg == ARG_OPTIONAL ? "::" : ":");
		zsh_text(d->metavar ? d->metavar : "VALUE", o);
		out_puts(o, ":");
		zsh_action(value_kind(d), value_choices(d), o);
	}
	out_puts(o, "' \\\n");
}

static void zsh_command(const struct command *c, struct out *o)
{
	const char *kinds[KINDS_MAX];
	size_t n;

	out_printf(o, "\t'%s')\n", c->name);
	if (c->subcommands) {
		out_puts(o, "\t\t_kokon_words");
		for (const struct command *const *s = c->subcommands; *s; s++) {
			out_printf(o, " '%s:", strrchr((*s)->name, ' ') + 1);
			zsh_text((*s)->summary, o);
			out_puts(o, "'");
		}
		out_puts(o, "\n\t\t;;\n");
		return;
	}
	out_puts(o, "\t\t_arguments -s -S \\\n");
	for (const struct option_def *d = c->options; d && !is_end(d); d++) {
		if (d->help && d->name)
			zsh_option(d, false, o);
		if (d->help && d->short_name)
			zsh_option(d, true, o);
	}
	n = operand_kinds(c, kinds);
	out_puts(o, n ? "\t\t'*::operand:{" : "\t\t");
	for (size_t i = 0; i < n; i++) {
		zsh_action(kinds[i], NULL, o);
		out_puts(o, ";");
	}
	out_puts(o, n ? "}'\n\t\t;;\n" : "\n\t\t;;\n");
}

static void print_zsh(struct out *o)
{
	out_puts(o,
		 "#compdef kokon\n# zsh completion for kokon, printed by 'kokon completion zsh'\n\n"
		 "_kokon_names() {\n\tlocal -a names\n\tlocal kind\n"
		 "\tfor kind in $@; do\n\t\tcase $kind in\n"
		 "\t\thost) names+=(host) ;;\n"
		 "\t\tcontainer) names+=(${(f)\"$(kokon ps -q 2>/dev/null)\"}) ;;\n"
		 "\t\tnetns) names+=(${${(f)\"$(kokon netns list 2>/dev/null)\"}%% \\(*}) ;;\n"
		 "\t\tnetwork) names+=(${(f)\"$(kokon network ls -q 2>/dev/null)\"}) ;;\n"
		 "\t\tesac\n\tdone\n\tcompadd -a names\n}\n\n"
		 "_kokon_words() {\n\tlocal -a words_described=(\"$@\")\n"
		 "\t_describe command words_described\n}\n\n"
		 "_kokon() {\n\tif (( CURRENT == 2 )); then\n\t\t_kokon_words");
	for (const struct command *const *c = commands; *c; c++) {
		if (!(*c)->group)
			continue;
		out_printf(o, " '%s:", (*c)->name);
		zsh_text((*c)->summary, o);
		out_puts(o, "'");
	}
	out_puts(o,
		 "\n\t\treturn\n\tfi\n\tlocal command=$words[2]\n\tshift words\n\t(( CURRENT-- ))\n"
		 "\tcase $command in\n\t");
	for (const struct command *const *c = commands; *c; c++)
		if ((*c)->group && (*c)->subcommands)
			out_printf(o, "%s|", (*c)->name);
	out_puts(o, "no-subcommands)\n\t\tif (( CURRENT > 2 )); then\n\t\t\tcommand+=\" "
		    "$words[2]\"\n\t\t\tshift words\n"
		    "\t\t\t(( CURRENT-- ))\n\t\tfi\n\t\t;;\n\tesac\n\tcase $command in\n");
	each_command(zsh_command, o);
	out_puts(o, "\tesac\n}\n\n_kokon \"$@\"\n");
}

static int run(const struct command *self, char **argv)
{
	static const struct {
		const char *name;
		void (*print)(struct out *o);
	} shells[] = {{"bash", print_bash}, {"zsh", print_zsh}};
	OUT_CLEANUP struct out o = {0};
	struct err err = {0};

	for (size_t i = 0; argv[1] && i < ARRAY_SIZE(shells); i++) {
		if (strcmp(argv[1], shells[i].name) == 0) {
			shells[i].print(&o);
			return command_print(self, &o, 0);
		}
	}
	if (argv[1] && strcmp(argv[1], "list") == 0) {
		each_command(list_command, &o);
		return command_print(self, &o, 0);
	}
	if (argv[1])
		err_set(&err, 0, "no completion for '%s'", argv[1]);
	else
		err_set(&err, 0, "the name of a shell is missing");
	err_remedy(&err, "the shells are bash and zsh");
	return command_usage(self, &err);
}

const struct command completion_command = {
	.name = "completion",
	.synopsis = "bash|zsh",
	.summary = "Print the completion script of a shell",
	.run = run,
	.usage_status = 2,
};
