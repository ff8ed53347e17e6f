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
	begin c2
	spawn oci events --interval 10ms c2
	wait_for eval '[ "$(wc -l <"$spawned_out")" -ge 3 ]'
	run -1 oci events --interval 0s c2
	has "must be greater than 0"
	oci kill c2 KILL
	wait "$spawned_pid"
}
