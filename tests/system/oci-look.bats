# SPDX-License-Identifier: Apache-2.0
# What kokon-oci tells of containers and of its own work: events, ps, the log.

load lib
load oci

@test "events: every key, at each interval, and memory that ran out" {
	need_cgroup memory
	change '.linux.resources.memory = {limit: 8388608, swap: 8388608}'
	begin c1
	run -0 oci events --stats c1
	is "$(jq -r '.data | keys_unsorted | join(" ")' <<<"$output")" "cpu cpuset memory pids blkio hugetlb intel_rdt network_interfaces"
	is "$(jq -r '.data | [.memory.usage.limit, .pids.current, (.cpu.usage.total > 0), (.memory.raw | length > 10)] | join(" ")' <<<"$output")" "8388608 1 true true"
	is "$(jq -c '.data.network_interfaces | map(.Name)' <<<"$output")" '["lo"]'
	spawn oci events --interval 1h c1
	wait_for grep -q '"type":"stats"' "$spawned_out"
	run -137 oci exec c1 tail /dev/zero
	wait_for grep -qx '{"type":"oom","id":"c1"}' "$spawned_out"
	oci kill c1 KILL
	wait "$spawned_pid"
	is "$(jq -r .type "$spawned_out" | sort -u)" $'oom\nstats'
	begin look2
	spawn oci events --interval 10ms look2
	wait_for eval '[ "$(wc -l <"$spawned_out")" -ge 3 ]'
	run -1 oci events --interval 0s look2
	has "must be greater than 0"
	oci kill look2 KILL
	wait "$spawned_pid"
}

@test "--debug: what is decided and done, where --log says and as --log-format says" {
	need_root
	bundle true
	run -0 oci --debug --log "$T/log" --log-format json run --bundle "$B" c1
	is "$output" ""
	is "$(jq -r .level <"$T/log" | sort -u)" debug
	jq -r .msg <"$T/log" >"$T/words"
	grep -qx "c1: bundle '$B', root '$B/rootfs'" "$T/words"
	grep -q "^plan: record, .*pivot-root.*, exec$" "$T/words"
	grep -qE "^step 'pivot-root' on the container side, [0-9]+ us$" "$T/words"
	grep -qx "c1: ended with status 0" "$T/words"
	rm "$T/log"
	oci --debug --log "$T/log" create --bundle "$B" c1 >"$T/out" 2>&1 </dev/null
	oci --debug --log "$T/log" start c1
	oci --debug --log "$T/log" delete --force c1
	grep -qE "level=debug msg=\"c1: process [0-9]+ waits for 'start'\"" "$T/log"
	grep -qE "level=debug msg=\"c1: process [0-9]+ runs the program\"" "$T/log"
	grep -q "level=debug msg=\"delete: 'c1' is forgotten\"" "$T/log"
	run -0 oci --debug list
	run -0 oci run --bundle "$B" c1
	is "$output" ""
}

@test "--log: backends of crun" {
	bundle no-such-program
	run -1 oci --log "file:$T/log" run --bundle "$B" c1
	grep -q "level=error msg=.*no-such-program" "$T/log"
	run -1 oci --log "journald:engine" run --bundle "$B" c1
	has "cannot run 'no-such-program'"
	run -1 oci --log "syslog:engine" run --bundle "$B" c1
	has "cannot run 'no-such-program'"
	[ ! -e syslog:engine ]
}

@test "ps and kill --all without a control group" {
	need_root
	bundle sh -c 'sleep 1001 & sleep 1002 & wait'
	oci --cgroup-manager=disabled run --detach --bundle "$B" c1 >"$T/out" 2>&1 </dev/null
	wait_for eval '[ "$(oci ps --format json c1 | jq length)" = 3 ]'
	spawn oci exec c1 sleep 1003
	wait_for eval 'oci ps c1 | grep -q "sleep 1003"'
	run -0 oci ps c1 -o pid,args
	is "$(grep -cE '^ *[0-9]+ sleep 100[123]$' <<<"$output")" 3
	lacks "$BASHPID"
	oci kill --all c1 KILL
	wait_for has_status c1 stopped
	run -0 oci ps --format json c1
	is "$output" null
	oci delete c1
}
