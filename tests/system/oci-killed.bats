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
@test "one failing system call: run" { interrupted errors run; }
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
