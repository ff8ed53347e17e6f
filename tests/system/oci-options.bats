# SPDX-License-Identifier: Apache-2.0
# Every option that the manuals of runc and crun have, in each of its spellings: it is accepted and does
# what it says. Those that other files of tests are about are only accepted here.

load lib
load oci

# accepted COMMAND OPTION…: the parser knows each; what is wrong then is that no container is named.
accepted() {
	local command=$1 option
	shift
	for option; do
		# shellcheck disable=SC2086 # an option and its value
		run --separate-stderr oci "$command" $option
		[[ $status -ne 0 && $stderr == *"container id is missing"* ]] || { echo "$command $option: $stderr"; return 1; }
	done
}

@test "global options" {
	local option
	# shellcheck disable=SC2086
	for option in --debug --debug=true --debug=false "--log $T/log" --log=file:$T/log --log-format=json "--log-format text" \
		--systemd-cgroup --systemd-cgroup=false "--cgroup-manager cgroupfs" --cgroup-manager=systemd --cgroup-manager=disabled \
		--rootless=auto --rootless=true "--rootless false" "--criu /usr/sbin/criu" --log= --criu= --log-format=; do
		run -0 oci $option list
		has ID
	done
	for option in -v -V --version; do
		run -0 oci $option
		has "kokon-oci version"
		has "spec: 1."
	done
	for option in -h -? --help --usage help h; do
		run -0 oci $option
		has "Usage: kokon-oci"
	done
	run -0 oci help exec
	has "Usage: kokon-oci exec"
	run -0 oci exec '-?'
	has "Usage: kokon-oci exec"
	for option in --log-format=xml --cgroup-manager=none --rootless=maybe --no-such; do
		run -1 oci $option list
	done
}

@test "options of each command are known" {
	accepted create -b=. "-b ." "--bundle ." --bundle= "-f config.json" --config=x --console-socket= "--console-socket s" \
		--pidfd-socket=s --pid-file= "--pid-file p" --no-pivot --no-pivot=true --no-new-keyring --no-new-keyring=false \
		"--preserve-fds 0" --preserve-fds=1 --no-subreaper --explain --trace
	accepted run "-b ." "--bundle ." "-f config.json" --config=x --console-socket=s --pidfd-socket=s --pid-file=p \
		-d --detach --detach=true --detach=T --detach=False --keep --no-subreaper --no-pivot --no-new-keyring \
		--preserve-fds=0 --explain --trace
	accepted start
	accepted exec "--console-socket s" --pidfd-socket=s "--cwd /" "--env A=1" "-e A=1" --tty -t --tty=false "--user 1" -u1 "-u 1:2" \
		"--additional-gids 3" "-g 3" "--process p" "-p p" --detach -d --pid-file=p "--process-label l" "--apparmor a" \
		--no-new-privs "--cap CAP_CHOWN" "-c CAP_CHOWN" --preserve-fds=0 "--cgroup x" --cgroup=memory:x --ignore-paused \
		--no-subreaper --explain --trace
	accepted kill --all -a --all=false --regex -r
	accepted delete --force -f --force=true --regex -r
	accepted state
	accepted ps "--format json" "-f table" --format=json
	accepted pause
	accepted resume
	accepted events --stats --interval=5s "--interval 100ms"
	accepted update "--resources r" "-r -" "--blkio-weight 100" "--cpu-period 1000" "--cpu-quota 1000" --cpu-quota=-1 \
		"--cpu-burst 1" "--cpu-share 10" "--cpu-rt-period 1000" "--cpu-rt-runtime 1000" "--cpu-idle 1" "--cpuset-cpus 0" \
		"--cpuset-mems 0" "--kernel-memory 1" "--kernel-memory-tcp 1" "--memory 64M" "--memory-reservation 1" \
		"--memory-swap -1" "--pids-limit 5" "--l3-cache-schema L3:0=f" "--mem-bw-schema MB:0=10"
	local option
	for option in --format=json "-f table" -q --quiet --quiet=false; do
		# shellcheck disable=SC2086
		run -0 oci list $option
	done
}

@test "an empty value is as good as none" {
	need_root
	bundle sh -c 'echo fine'
	run -0 oci --log= run --pid-file= --console-socket "" --pidfd-socket= --bundle "$B" c1
	is "$output" fine
	(cd "$B" && oci run --bundle "" --config "" c1)
	bundle sleep 1000
	begin c1
	run -0 oci exec --pid-file "" --cwd "" --user "" --apparmor "" --process-label "" --process "" c1 echo fine
	is "$output" fine
}

@test "spec: --file, --bundle, --rootless" {
	mkdir "$T/new"
	(cd "$T/new" && oci spec --file other.json && oci spec -b "$T/new" --rootless && oci spec -f "$T/new/third.json")
	is "$(ls "$T/new")" $'config.json\nother.json\nthird.json'
	run -1 oci spec --bundle "$T/new"
	has "file exists"
}

@test "exec --cgroup: below all groups, below some, below none" {
	need_cgroup memory
	local dir
	begin c1
	dir=$(find /sys/fs/cgroup -path '*/kokon-oci/c1' -exec test -e '{}/memory.limit_in_bytes' -o -e '{}/memory.max' \; -print | head -n1)
	mkdir "$dir/below"
	run -0 oci exec --cgroup memory:below c1 cat /proc/self/cgroup
	has below
	run -255 oci exec --cgroup memory:../.. c1 true
	has "leads out"
	run -255 oci exec --cgroup nothing:below c1 true
	has "no group of 'nothing'"
	run -255 oci exec --cgroup memory:not-there c1 true
	rmdir "$dir/below"
}

@test "LISTEN_FDS: sockets of the caller's come before those of --preserve-fds" {
	need_root
	echo one >"$T/1"
	echo two >"$T/2"
	# shellcheck disable=SC2016
	bundle sh -c 'cat <&3 <&4; read -r a <&3; echo "$a $LISTEN_FDS $LISTEN_PID"'
	run -0 sh -c 'export LISTEN_FDS=1 LISTEN_PID=$$; exec "$@" 3<"$0/1" 4<"$0/2"' "$T" \
		"$OCI" --root "$STORE" run --preserve-fds 1 --bundle "$B" c1
	has two
	has "one 1 1"
	run -0 sh -c 'export LISTEN_FDS=1 LISTEN_PID=1; exec "$@" 3<"$0/1"' "$T" \
		"$OCI" --root "$STORE" run --preserve-fds 1 --bundle "$B" c1
	lacks " 1 1"
}
