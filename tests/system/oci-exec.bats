# SPDX-License-Identifier: Apache-2.0
# kokon-oci exec: another process in a container.

load lib
load oci

@test "the container's namespaces, groups, rights, and the status of the command" {
	need_root
	begin c1
	pid=$(pid_of c1)
	run -3 oci exec c1 sh -c 'for n in mnt uts ipc net pid; do readlink /proc/self/ns/$n; done; exit 3'
	for n in mnt uts ipc net pid; do
		has "$(ns_of "$n" "$pid")"
	done
	run -0 oci exec c1 grep CapEff /proc/self/status
	is "$output" "$(grep CapEff "/proc/$pid/status")"
	# As seen in the container's cgroup namespace, whose root is the container's group.
	is "$(oci exec c1 cat /proc/self/cgroup | cut -d: -f3 | sort -u)" /
	run -137 oci exec c1 sh -c 'kill -9 $$'
	run -255 oci exec c1 no-such-program
	has "no such file or directory"
	run -255 oci exec c1
	has "no command"
	run -255 oci exec c2 true
	has "does not exist"
}

@test "--env adds, --cwd, --user, --additional-gids, --cap, --no-new-privs; behind the id too" {
	need_root
	change '.process.env += ["A=old", "B=kept"] | .process.user.additionalGids = [9]'
	begin c1
	run -0 oci exec --env A=new c1 -e C=more sh -c 'echo $A $B $C; pwd'
	is "${lines[0]}" "new kept more"
	run -0 oci exec --cwd /etc --user 5:6 -g 7 c1 sh -c 'pwd; id'
	is "${lines[0]}" /etc
	has "uid=5 gid=6 groups=6,7,9"
	run -0 oci exec --cap CAP_NET_RAW c1 grep CapEff /proc/self/status
	[ $((0x${output##*[[:space:]]} & 1 << 13)) -ne 0 ]
	run -0 oci exec --no-new-privs c1 grep NoNewPrivs /proc/self/status
	has 1
	run -255 oci exec --user root c1 true
	has "is no user"
	run -255 oci exec --cap CAP_NONE c1 true
	run -255 oci exec -e nothing c1 true
	has "NAME=VALUE"
}

@test "--process: a file describes it all" {
	need_root
	begin c1
	jq '.process | .args = ["sh", "-c", "echo $X; id -u; pwd; exit 6"] | .env += ["X=y"] | .user.uid = 12 | .cwd = "/tmp"' \
		<"$B/config.json" >"$T/process"
	run -6 oci exec --process "$T/process" c1
	is "${lines[*]}" "y 12 /tmp"
	echo '{"args": 5}' >"$T/process"
	run -255 oci exec --process "$T/process" c1
	has args
}

@test "--detach and --pid-file; --preserve-fds; a created container" {
	need_root
	oci create --bundle "$B" c1 >"$T/out" 2>&1 </dev/null
	oci exec c1 true
	oci start c1
	cd "$T"
	oci exec --detach --pid-file pid c1 sleep 1001 >"$T/out" 2>&1
	is "$(tr '\0' ' ' <"/proc/$(cat pid)/cmdline")" "sleep 1001 "
	echo text >"$T/file"
	run -0 "$OCI" --root "$STORE" exec --preserve-fds 1 c1 sh -c 'cat <&3' 3<"$T/file"
	is "$output" text
	oci kill c1 KILL
	wait_for has_status c1 stopped
	run -255 oci exec c1 true
	has "stopped"
}

@test "--tty: a terminal of the container's, with the caller's size" {
	need_root
	need script
	begin c1
	run -4 on_terminal "stty rows 20 cols 70; $OCI --root $STORE exec -t c1 sh -c 'tty; stty size; exit 4'" </dev/null
	has /dev/pts/
	lacks $'\r\r'
	run -255 oci exec -t -d c1 true
	has "without setting console socket"
}

@test "filters: one that refuses the fork, one that kills on sendmsg, with and without no_new_privileges" {
	need_root
	local calls action nnp
	for calls in '["clone", "clone3", "fork", "vfork"] SCMP_ACT_ERRNO' '["sendmsg", "recvmsg"] SCMP_ACT_KILL_PROCESS' '["rmdir"] SCMP_ACT_ERRNO'; do
		action=${calls##* }
		for nnp in false true; do
			change --argjson calls "${calls% *}" --arg action "$action" --argjson nnp $nnp \
				'.process.noNewPrivileges = $nnp | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: $calls, action: $action}]}'
			begin c1
			run -0 oci exec c1 grep -E 'Seccomp:|NoNewPrivs:|CapPrm:' /proc/self/status
			is "$output" "$(grep -E 'Seccomp:|NoNewPrivs:|CapPrm:' "/proc/$(pid_of c1)/status")"
			run -5 oci exec c1 sh -c 'exit 5'
			oci delete --force c1
		done
	done
}
