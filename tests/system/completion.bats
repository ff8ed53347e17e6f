# SPDX-License-Identifier: Apache-2.0
# Completion in bash and zsh, driven as the shells drive it.

load lib

setup() {
	common_setup
	"$KOKON" completion bash >"$T/bash"
	PATH=${KOKON%/*}:$PATH
}

teardown() {
	! is_root || "$KOKON" netns delete kokon-test-completion 2>/dev/null || true
	common_teardown
}

# complete WORD...: what bash offers for the last word, one a line, blanks cut off.
complete_words() {
	bash -c '
		. "$0"
		COMP_WORDS=(kokon "$@") COMP_CWORD=$# COMPREPLY=()
		_kokon
		printf "%s\n" "${COMPREPLY[@]}"' "$T/bash" "$@"
}

offers() { grep -qxF -- "$1" <<<"$output" || { printf 'not offered: %s\noffered: %s\n' "$1" "$output"; return 1; }; }

@test "bash: commands, and help's commands" {
	run -0 complete_words ""
	offers lsns
	offers help
	offers --version
	run -0 complete_words ls
	is "$output" lsns
	run -0 complete_words help ls
	is "$output" lsns
}

@test "bash: every shown option of every command is offered" {
	"$KOKON" completion list >"$T/list"
	run bash -c '
		. "$1"
		while IFS=$(printf "\t") read -r command long _; do
			[ "${long#--}" != "$long" ] || continue
			COMP_WORDS=(kokon $command "$long")
			COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
			_kokon
			case " ${COMPREPLY[*]} " in
			*" $long "* | *" $long= "*) ;;
			*) echo "kokon $command $long: offered ${COMPREPLY[*]}" ;;
			esac
		done <"$2"' bash "$T/bash" "$T/list"
	is "$output" ""
}

@test "bash: values after a blank, after '=' and after a short option" {
	run -0 complete_words lsns --task $$
	offers $$
	run -0 complete_words lsns --task = $$
	offers $$
	run -0 complete_words lsns -p $$
	offers $$
	run -0 complete_words lsns --tas
	is "$output" "--task="
}

@test "bash: what can stand for a value: words, folders, signals, container names" {
	run -0 complete_words run --net = ""
	offers host
	offers none
	offers container:
	run -0 complete_words unshare --propagation = sl
	is "$output" slave
	run -0 complete_words run --read-only = t
	is "$output" true
	mkdir -p "$T/folder"
	: >"$T/file"
	run -0 complete_words run --rootfs "$T/f"
	is "$output" "$T/folder"
	run -0 complete_words run --stop-signal = TER
	is "$output" TERM
	need_root
	make_root "$T/root"
	spawn "$KOKON" run --rootfs "$T/root" --name shown -- sleep 100
	is_listed() { "$KOKON" ps -q --filter status=running | grep -qx shown; }
	wait_for is_listed
	run -0 complete_words stop sh
	is "$output" shown
	kill "$spawned_pid"
	wait "$spawned_pid" || true
}

@test "bash: names of network namespaces and networks, targets, interfaces" {
	need_root
	local name=kokon-test-completion
	run -0 complete_words netns ""
	for word in add list exec delete attach move identify pids monitor set list-id; do offers "$word"; done
	run -0 complete_words network ""
	for word in create ls inspect connect disconnect rm prune reload; do offers "$word"; done
	"$KOKON" netns add $name
	for words in "netns exec" "netns delete" "netns pids" "netns set" "map" "veth" "bridge br0" "netns attach x" "ns" \
		"netns move lo --from" "bridge --in"; do
		# shellcheck disable=SC2086 # several words
		run -0 complete_words $words $name
		is "$words: $output" "$words: $name"
	done
	run -0 complete_words veth h
	is "$output" host
	run -0 complete_words netns add $name
	is "$output" ""
	run -0 complete_words netns move l
	offers lo
	"$KOKON" netns delete $name
	run -0 complete_words system c
	is "$output" check
	run -0 complete_words system check --r
	is "$output" --repair
	# The networks of a database of the test's own, which nothing in the kernel belongs to.
	mkdir -p "$U/run" "$U/data"
	user_networks() {
		env XDG_RUNTIME_DIR="$U/run" XDG_DATA_HOME="$U/data" setpriv --reuid "$TEST_UID" --regid "$TEST_UID" --clear-groups \
			--inh-caps=-all -- bash -c '. "$0"; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=(); _kokon; printf "%s\n" "${COMPREPLY[@]}"' \
			"$T/bash" "$KOKON" "$@"
	}
	chown "$TEST_UID:$TEST_UID" "$U/data"
	env XDG_RUNTIME_DIR="$U/run" XDG_DATA_HOME="$U/data" setpriv --reuid "$TEST_UID" --regid "$TEST_UID" --clear-groups --inh-caps=-all -- \
		"$KOKON" network create completed
	for words in "network rm" "network inspect" "network connect" "network disconnect" "run --net"; do
		# shellcheck disable=SC2086 # several words
		run -0 user_networks $words comp
		is "$words: $output" "$words: completed"
	done
	rm -r "${U:?}/run/kokon"
}

@test "bash: an unknown command offers no options and no error" {
	run -0 complete_words frobnicate --x
	is "$output" ""
}

@test "zsh: the function loads and completes" {
	need zsh
	mkdir "$T/functions"
	"$KOKON" completion zsh >"$T/functions/_kokon"
	run -0 zsh -n "$T/functions/_kokon"
	cat >"$T/drive" <<-'END'
		zmodload zsh/zpty
		zpty shell zsh -f -i
		zpty -w shell "PS1=; fpath=($1 \$fpath); autoload -U compinit; compinit -u -D; echo rea''dy"
		zpty -r -m shell text '*ready*'
		zpty -n -w shell $'kokon lsns --persis\t\C-A: \C-E; echo do""ne\n'
		zpty -r -m shell text '*done*'
		print -r -- $text
	END
	run -0 timeout 20 zsh -f "$T/drive" "$T/functions"
	has "--persistent"
}

@test "zsh: names of network namespaces, networks and containers of an ordinary user" {
	need zsh
	need_user_namespaces
	local line as=()
	mkdir -p "$T/functions" "$U/run" "$U/data"
	"$KOKON" completion zsh >"$T/functions/_kokon"
	make_root "$U/root"
	if is_root; then
		chown -R "$TEST_UID:$TEST_UID" "$U/root" "$U/data" "$U/run"
		as=(setpriv --reuid "$TEST_UID" --regid "$TEST_UID" --clear-groups --inh-caps=-all --)
	fi
	of_user() { env HOME="$U" XDG_RUNTIME_DIR="$U/run" XDG_DATA_HOME="$U/data" "${as[@]}" "$@"; }
	of_user "$KOKON" netns add zz-space
	of_user "$KOKON" network create zz-net
	spawn of_user "$KOKON" run --rootfs "$U/root" --name zz-box -- sleep 1000
	wait_for grep -q '^status running' "$U/run/kokon/zz-box/record"
	cat >"$T/drive" <<-'END'
		zmodload zsh/zpty
		zpty shell zsh -f -i
		zpty -w shell "PS1=; fpath=($1 \$fpath); autoload -U compinit; compinit -u -D; echo rea''dy"
		zpty -r -m shell text '*ready*'
		for words in 'netns exec zz-s' 'netns delete zz-s' 'veth zz-s' 'network rm zz-n' 'network inspect zz-n' \
			'run --net zz-n' 'stop zz-b' 'exec zz-b' 'network connect zz-n'; do
			zpty -n -w shell "kokon $words"$'\t\C-A: \C-E; echo do""ne\n'
			zpty -r -m shell text '*done*'
			print -r -- $text
		done
	END
	run -0 of_user timeout 60 zsh -f "$T/drive" "$T/functions"
	for line in "netns exec zz-space" "netns delete zz-space" "veth zz-space" "network rm zz-net" "network inspect zz-net" \
		"run --net zz-net" "stop zz-box" "exec zz-box" "network connect zz-net"; do
		has "kokon $line"
	done
	of_user "$KOKON" kill zz-box
	wait_for eval '! [ -e "$U/run/kokon/zz-box" ]'
	of_user "$KOKON" netns delete zz-space
	wait_for eval '! [ -e "$U/run/kokon/netns/.holder" ]'
	of_user "$KOKON" network rm zz-net
}

@test "an unknown shell is refused with the names of the known ones" {
	refused 2 "no completion for 'fish'" "bash and zsh" -- "$KOKON" completion fish
	refused 2 "the name of a shell is missing" -- "$KOKON" completion
}
