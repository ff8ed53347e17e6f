# SPDX-License-Identifier: Apache-2.0
# Man pages say what the option tables say, no more and no less.

load lib

setup() {
	common_setup
	SRC=$BATS_TEST_DIRNAME/../../src
	"$KOKON" completion list >"$T/list"
}

# The page of a command, or of the command that a subcommand belongs to.
page_of() { echo "$SRC/cli/kokon-${1%% *}.1.scd"; }

@test "every command has a man page" {
	local command missing=
	for command in $(cut -f1 "$T/list" | cut -d' ' -f1 | sort -u); do
		[ "$command" = help ] || [ -e "$(page_of "$command")" ] || missing+=" kokon-$command.1.scd"
	done
	[ -z "$missing" ] || { echo "missing in src/cli:$missing"; false; }
}

@test "every option of every command is in its page" {
	local command long short value page bad=0
	while IFS=$'\034' read -r command long short value; do
		page=$(page_of "$command")
		[ -e "$page" ] || continue
		if [ -n "$long" ] && ! grep -E '^\*-' "$page" | grep -qE -- "\*$long(\*|=|\[)"; then
			echo "kokon $command: $long is not in ${page##*/} (as *$long* at the start of a line)"
			bad=1
		fi
		if [ -n "$short" ] && ! grep -E '^\*-' "$page" | grep -qE -- "\*$short(\*|\[)"; then
			echo "kokon $command: $short is not in ${page##*/} (as *$short* at the start of a line)"
			bad=1
		fi
	done < <(tr '\t' '\034' <"$T/list")
	return $bad
}

@test "every option of a page is one of the command" {
	local page command option bad=0
	for page in "$SRC"/cli/kokon-*.1.scd; do
		[ -e "$page" ] || continue
		command=${page##*/kokon-}
		command=${command%.1.scd}
		# Definitions: lines that begin with an option in bold.
		while read -r option; do
			cut -f1-3 "$T/list" | grep -E "^$command( [a-z]+)?	" | cut -f2,3 | tr '\t' '\n' | grep -qxF -- "$option" || {
				echo "${page##*/}: $option is no option of kokon $command"
				bad=1
			}
		done < <(grep -E '^\*-' "$page" | grep -oE '\*--?[A-Za-z0-9][A-Za-z0-9-]*' | tr -d '*')
	done
	return $bad
}

@test "every page is well-formed" {
	need scdoc
	local page
	for page in "$SRC"/*/*.[1-8].scd; do
		scdoc <"$page" >"$T/page" || { echo "scdoc refuses $page"; false; }
		grep -q '^\.SH NAME' "$T/page"
	done
}
