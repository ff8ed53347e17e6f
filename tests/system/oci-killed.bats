# SPDX-License-Identifier: Apache-2.0
# kokon-oci killed at any of its system calls: `delete --force` leaves nothing, and the id is free.

load lib
load oci

# killed_everywhere PREPARE ARG…: `kokon-oci ARG…` is killed at every tenth of its system calls,
# each time after PREPARE.
killed_everywhere() {
	local prepare=$1 name k n=0
	shift
	$prepare
	strace -qq -o "$T/calls" "$OCI" --root "$STORE" "$@" >"$T/out" 2>&1 </dev/null 3>&-
	oci delete -f c1
	while read -r name k; do
		n=$((n + 1))
		[ $((n % 10)) -eq 3 ] || continue
		$prepare
		(strace -qq -o /dev/null -e inject="$name:signal=KILL:when=$k" "$OCI" --root "$STORE" "$@" >"$T/out" 2>&1 </dev/null 3>&-) 2>/dev/null || true
		oci delete --force c1 || { echo "killed at $name $k"; return 1; }
		nothing_of c1 || { echo "killed at $name $k"; return 1; }
		[ ! -e "$STORE/.oci-new" ] || { echo "killed at $name $k: $(ls -R "$STORE/.oci-new")"; return 1; }
	done < <(sed -n 's/^\([a-z_0-9]*\)(.*/\1/p' "$T/calls" | awk '{ print $1, ++seen[$1] }')
	[ "$n" -gt 50 ]
}

created() { oci create --bundle "$B" c1 >"$T/out" 2>&1 </dev/null; }
stopped() {
	oci run -d --bundle "$B" c1 >"$T/out" 2>&1 </dev/null
	oci kill c1 KILL
}

@test "create" {
	need_root
	need strace
	killed_everywhere true create --bundle "$B" c1
}

@test "start" {
	need_root
	need strace
	killed_everywhere created start c1
}

@test "run --detach" {
	need_root
	need strace
	killed_everywhere true run -d --bundle "$B" c1
}

@test "delete" {
	need_root
	need strace
	killed_everywhere stopped delete --force c1
}

@test "two at once on one id: one wins, nothing is mixed up" {
	need_root
	local i pids=()
	for i in 1 2 3 4 5 6; do
		oci create --bundle "$B" c1 >"$T/out.$i" 2>&1 </dev/null &
		pids+=($!)
	done
	local won=0
	for i in "${pids[@]}"; do
		! wait "$i" || won=$((won + 1))
	done
	is "$won" 1
	has_status c1 created
	pids=()
	for i in 1 2 3 4; do
		oci start c1 >"$T/out.$i" 2>&1 &
		pids+=($!)
	done
	won=0
	for i in "${pids[@]}"; do
		! wait "$i" || won=$((won + 1))
	done
	is "$won" 1
	has_status c1 running
	for i in 1 2 3 4; do
		oci delete -f c1 &
		pids+=($!)
	done
	wait "${pids[@]}" || true
	nothing_of c1
}
