# SPDX-License-Identifier: Apache-2.0
# kokon rootfs cache: the layers of the machine's own programs.

load lib
load rootfs

# layer NAMES: make the layer as kokon run does it, through the helper.
layer() { as_user "${KOKON%/*}/kokon-rootfs" layer "$1"; }

@test "cache: a layer is made once, listed, stale when a source changes, and pruned" {
	mkdir -p "$U/bin"
	cp "$(file_of true)" "$U/bin/mine"
	chown -R "$(as_user id -u)" "$U/bin" 2>/dev/null || true
	chmod 755 "$T"
	layer "$U/bin/mine,ls"
	layer "ls,$U/bin/mine"
	run -0 as_user "$KOKON" rootfs cache list
	is "${#lines[@]}" 2
	has "host:$U/bin/mine,ls"
	has "current"
	run -0 as_user "$KOKON" rootfs cache prune
	has "removed 0 layers"
	touch "$U/bin/mine"
	run -0 as_user "$KOKON" rootfs cache list
	has stale
	run -0 as_user "$KOKON" rootfs cache prune --explain
	has "# its sources have changed"
	has "rm -rf -- $U/.local/share/kokon/host/layers/"
	run -0 --separate-stderr as_user "$KOKON" rootfs cache prune --trace
	has "removed 1 layer,"
	[[ $stderr == *" ms  rm -rf"* ]]
	run -0 as_user "$KOKON" rootfs cache list
	is "${#lines[@]}" 1
	is "$(ls -A "$U/.local/share/kokon/host/names" "$U/.local/share/kokon/host/layers" | grep -c . )" 2
}

@test "cache: --all, --json, and layers in use stay" {
	layer ls
	layer true
	need jq
	run -0 as_user "$KOKON" rootfs cache list --json
	is "$(jq length <<<"$output")" 2
	is "$(jq -r '.[0].current' <<<"$output")" true
	local layers=("$U"/.local/share/kokon/host/layers/*)
	exec 9<"${layers[0]}"
	flock -s 9
	run -0 as_user "$KOKON" rootfs cache list
	has "in use"
	run -0 as_user "$KOKON" rootfs cache prune -a
	has "removed 1 layer,"
	[ -d "${layers[0]}" ] && [ ! -e "${layers[1]}" ]
	exec 9<&-
	run -0 as_user "$KOKON" rootfs cache prune --all
	has "removed 1 layer,"
}

@test "cache: what is refused" {
	refused 2 "an argument is missing" -- "$KOKON" rootfs cache
	refused 2 "unknown action 'lst'" -- "$KOKON" rootfs cache lst
	refused 2 "'--json' has no meaning for 'prune'" -- "$KOKON" rootfs cache prune --json
	refused 2 "'--all' has no meaning for 'list'" -- "$KOKON" rootfs cache list --all
	refused 2 "'--explain' has no meaning for 'list'" -- "$KOKON" rootfs cache list --explain
	layer ls
	chmod go+w "$U/.local/share/kokon"
	refused 1 "may be written to by others" -- as_user "$KOKON" rootfs cache list
	chmod go-w "$U/.local/share/kokon"
	need_root
	chown 0 "$U/.local/share/kokon"
	refused 1 "belongs to user 0" -- as_user "$KOKON" rootfs cache list
}

@test "cache: what a killed build left is removed by the next one" {
	local i
	for i in 2 5 8 10 15; do
		layer bash,ls,ps,ip,busybox 3>&- &
		sleep "0.0$i"
		kill -KILL $! 2>/dev/null || true
		wait $! || true
	done
	mkdir -p "$U/.local/share/kokon/host/layers/.left.kokon-new/root"
	chown -R "$(as_user id -u)" "$U/.local"
	wait_for eval '! pgrep -u "$(as_user id -u)" kokon-rootfs'
	layer true
	is "$(ls -A "$U/.local/share/kokon/host/layers" | grep -c kokon-new || true)" 0
}

@test "cache: many containers at once build one layer; one in use stays" {
	need_root
	local i pids=() failed=0
	"$KOKON" help | grep -q '^  run ' || skip "kokon has no command run yet"
	"$KOKON" rootfs cache prune --all
	for i in $(seq 12); do
		"$KOKON" run host:true,sleep,ls -- true 2>>"$T/err" 3>&- &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i" || failed=$((failed + 1)); done
	cat "$T/err"
	is "$failed" 0
	run -0 "$KOKON" rootfs cache list
	is "${#lines[@]}" 2
	spawn "$KOKON" run --name=user host:ls,sleep,true -- sleep 20
	wait_for eval '"$KOKON" rootfs cache list | grep -q "in use"'
	run -0 "$KOKON" rootfs cache prune --all
	has "removed 0 layers"
	"$KOKON" stop --time 0 user || kill "$spawned_pid"
	wait "$spawned_pid" || true
	run -0 "$KOKON" rootfs cache prune --all
	has "removed 1 layer,"
}
