# SPDX-License-Identifier: Apache-2.0
# kokon-oci killed at any of its system calls, or when any of them fails: `delete --force` leaves nothing, and the id
# is free. Two commands at once.

load lib
load oci

# Each of its system calls, one after the other.
@test "killed: create" { interrupted kill create; }
@test "killed: start" { interrupted kill start; }
@test "killed: run" { interrupted kill run; }
@test "killed: exec" { interrupted kill exec; }
@test "killed: delete" { interrupted kill delete; }
@test "killed: delete --force" { interrupted kill "delete --force"; }

# Each fails once, with one of five errors in turn.
@test "one failing system call: create" { interrupted errors create; }
@test "one failing system call: start" { interrupted errors start; }
@test "one failing system call: exec" { interrupted errors exec; }
@test "one failing system call: delete" { interrupted errors delete; }

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

# at_once PREPARE 'FIRST…' 'SECOND…': both at the same time, in both orders. Neither hangs, what fails says why, and
# after `delete --force` nothing is left.
at_once() {
	local prepare=$1 i k command status pids
	local -a words=("$2" "$3")
	for i in 1 2 3 4; do
		$prepare
		pids=()
		for k in 0 1; do
			read -ra command <<<"${words[(k + i) % 2]}"
			timeout 60 "$OCI" --root "$STORE" "${command[@]}" >"$T/at-once.$k" 2>&1 </dev/null 3>&- &
			pids+=($!)
		done
		for k in 0 1; do
			status=0
			wait "${pids[k]}" || status=$?
			case $status in
			0 | 137) ;; # what exec has run was killed
			1 | 255) grep -q "level=error msg=" "$T/at-once.$k" || { echo "$2, $3: no message"; return 1; } ;;
			*) echo "$2, $3: status $status"; cat "$T/at-once.$k"; return 1 ;;
			esac
		done
		oci delete --force "$ID" || { echo "$2, $3"; return 1; }
		nothing_of "$ID" || { echo "$2, $3"; return 1; }
	done
}

@test "two commands at once: of every pair nothing is left, and neither hangs" {
	need_root
	ID=at-once-$$
	made() { oci create --bundle "$B" "$ID" >"$T/out" 2>&1 </dev/null; }
	started() { oci run -d --bundle "$B" "$ID" >"$T/out" 2>&1 </dev/null; }
	frozen() { started && oci pause "$ID"; }
	local update="update --memory 64M --pids-limit 50 --cpu-share 100 $ID" force="delete --force $ID"
	at_once : "create --bundle $B $ID" "delete $ID"
	at_once : "create --bundle $B $ID" "$force"
	at_once : "run --detach --bundle $B $ID" "$force"
	at_once made "start $ID" "kill $ID KILL"
	at_once made "start $ID" "$force"
	at_once made "start $ID" "pause $ID"
	at_once started "exec $ID true" "$force"
	at_once started "exec $ID true" "kill $ID KILL"
	at_once started "$update" "$force"
	at_once started "pause $ID" "kill $ID KILL"
	at_once started "pause $ID" "$force"
	at_once frozen "resume $ID" "$force"
	at_once started "$force" "$force"
}
