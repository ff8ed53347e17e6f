# SPDX-License-Identifier: Apache-2.0
# kokon-oci checkpoint, restore. What needs a criu that works with this kernel says so where there is
# none: KOKON_TEST_CRIU names another than that of $PATH.

load lib
load oci

CRIU=${KOKON_TEST_CRIU:-criu}

setup() {
	common_setup
	oci_setup
	mkdir "$T/data"
	mount_data='.mounts += [{"destination": "/data", "source": "'$T/data'", "options": ["bind"]}]'
}

teardown() {
	oci_teardown
	common_teardown
}

cr() { oci --criu "$CRIU" "$@"; }

# What containers print goes through a pipe to $T/seen: files that are open must be the same later, and
# these tests make containers again whose files have changed since.
begin_piped() {
	oci create --bundle "$B" "$1" </dev/null > >(cat >>"$T/seen") 2>&1 || { cat "$T/seen"; return 1; }
	oci start "$1"
}

# again ARG...: restore
again() { cr restore --bundle "$B" -d "$@" </dev/null > >(cat >>"$T/seen") 2>&1 || { tail "$T/seen"; return 1; }; }

# criu itself is asked.
need_criu() {
	need_root
	[ -n "$(command -v "$CRIU")" ] || skip "no criu here"
	local file=$BATS_FILE_TMPDIR/criu
	if [ ! -e "$file" ]; then
		"$CRIU" check >"$file.out" 2>&1 && : >"$file" ||
			sed -n 's/.*Error ([^)]*): //p' "$file.out" | grep -v '^rlimit:' | head -n 1 >"$file"
	fi
	[ ! -s "$file" ] || skip "$("$CRIU" --version | head -n 1) does not work with Linux $(uname -r): $(cat "$file")"
}

# A program that counts, and how far it has come.
counter() { bundle sh -c 'i=0; while :; do i=$((i + 1)); echo $i; sleep 0.05; done'; }
count() { tail -n 1 "$T/seen" 2>/dev/null || echo 0; }
counts_from() { [ "$(count)" -gt "$1" ]; }
# It printed each number once.
is_whole() {
	local last
	last=$(wc -l <"$T/seen")
	is "$(head -n "$last" "$T/seen")" "$(seq "$last")"
}

@test "checkpoint, restore: a counter goes on, in a container that is like the one it was" {
	need_criu
	counter
	change "$mount_data"
	begin_piped cr-1
	wait_for counts_from 2
	cr checkpoint --image-path "$T/img" --work-path "$T/work" cr-1
	nothing_of cr-1
	[ -s "$T/img/inventory.img" ] && [ -s "$T/work/dump.log" ] && [ ! -e "$T/img/dump.log" ]
	again --image-path "$T/img" --work-path "$T/work" --pid-file "$T/pid" cr-1
	has_status cr-1 running
	is "$(cat "$T/pid")" "$(pid_of cr-1)"
	wait_for counts_from "$(($(count) + 2))"
	is_whole
	# It is one of kokon's: groups, exec, pause, ps, the mounts, nothing of criu's.
	run -0 oci exec cr-1 sh -c 'cat /proc/1/cmdline /proc/self/mountinfo; hostname'
	has "i=\$((i + 1))"
	has ' /data '
	lacks criu
	run -0 oci ps --format json cr-1
	has "$(pid_of cr-1)"
	oci pause cr-1
	has_status cr-1 paused
	oci resume cr-1
	! grep -q "$B/rootfs" /proc/self/mountinfo
	# A paused one; under another name; twice from the same images.
	oci pause cr-1
	cr checkpoint --image-path "$T/img2" cr-1
	nothing_of cr-1
	again --image-path "$T/img2" cr-2
	wait_for counts_from "$(($(count) + 2))"
	is_whole
	oci kill cr-2 KILL
	wait_for has_status cr-2 stopped
	oci delete cr-2
	rm "$T/seen"
	again --image-path "$T/img2" cr-2
	wait_for counts_from 2
	oci delete --force cr-2
	nothing_of cr-2
}

@test "checkpoint --leave-running: it goes on, and again from the images later" {
	need_criu
	counter
	begin_piped cr-1
	wait_for counts_from 2
	cr checkpoint --leave-running --image-path "$T/img" cr-1
	has_status cr-1 running
	wait_for counts_from "$(($(count) + 5))"
	is_whole
	oci delete --force cr-1
	local last
	last=$(count)
	rm "$T/seen"
	again --image-path "$T/img" cr-1
	wait_for test -s "$T/seen"
	[ "$(head -n 1 "$T/seen")" -lt "$last" ]
}

@test "restore in the foreground: output goes on, signals are passed on, the exit status is the program's" {
	need_criu
	bundle sh -c 'trap "echo ending; exit 7" TERM; echo first; while :; do echo tick; sleep 0.05; done'
	oci create --bundle "$B" cr-1 </dev/null 2>&1 | cat >"$T/before" &
	spawned+=($!)
	wait_for has_status cr-1 created
	oci start cr-1
	wait_for grep -q tick "$T/before"
	cr checkpoint --image-path "$T/img" cr-1
	cr restore --bundle "$B" --image-path "$T/img" cr-1 </dev/null 2>&1 | cat >"$T/after" &
	spawned+=($!)
	wait_for grep -q tick "$T/after"
	! grep -q first "$T/after"
	oci kill cr-1 TERM
	wait $!
	grep -q ending "$T/after"
	nothing_of cr-1
	# without a pipe
	cr restore --bundle "$B" --image-path "$T/img" cr-1 </dev/null >"$T/file" 2>&1 &
	local runner=$!
	spawned+=($runner)
	wait_for grep -q tick "$T/file"
	kill -TERM "$(pgrep -P "$runner" kokon-oci || echo "$runner")"
	run wait "$runner"
	wait_for grep -q ending "$T/file"
	nothing_of cr-1
}

@test "checkpoint --tcp-established: a connection goes on; without it, the container does" {
	need_criu
	need iptables-restore
	bundle sh -c 'sleep 10000 | nc -l -p 7000 >/data/got &
		count() { i=0; while :; do i=$((i + 1)); echo $i || exit; sleep 0.05; done; }
		while :; do count 2>/dev/null | nc 127.0.0.1 7000; sleep 0.1; done'
	change "$mount_data"
	begin_piped cr-1
	wait_for test -s "$T/data/got"
	run -1 cr checkpoint --image-path "$T/img" cr-1
	has "onnected TCP socket"
	has "'$T/img/dump.log'"
	has_status cr-1 running
	local seen
	seen=$(wc -l <"$T/data/got")
	more() { [ "$(wc -l <"$T/data/got")" -gt "$((seen + 3))" ]; }
	wait_for more
	cr checkpoint --tcp-established --image-path "$T/img" cr-1
	seen=$(wc -l <"$T/data/got")
	run -1 cr restore --bundle "$B" --image-path "$T/img" -d cr-1
	nothing_of cr-1
	again --tcp-established --image-path "$T/img" cr-1
	wait_for more
	seen=$(wc -l <"$T/data/got")
	is "$(head -n "$seen" "$T/data/got")" "$(seq "$seen")"
}

@test "checkpoint --pre-dump, --parent-path: the last images hold what has changed since" {
	need_criu
	counter
	begin_piped cr-1
	wait_for counts_from 2
	if ! cr checkpoint --pre-dump --image-path "$T/img/1" cr-1 2>"$T/err"; then
		has_status cr-1 running
		skip "$(cat "$T/err")"
	fi
	has_status cr-1 running
	[ ! -e "$T/img/1/core-1.img" ]
	cr checkpoint --pre-dump --image-path "$T/img/2" --parent-path ../1 cr-1
	cr checkpoint --image-path "$T/img/3" --parent-path ../2 cr-1
	[ -e "$T/img/3/parent" ]
	again --image-path "$T/img/3" cr-1
	wait_for counts_from "$(($(count) + 2))"
	is_whole
}

@test "checkpoint, restore: a container with a user namespace of its own" {
	need_criu
	counter
	change '.linux.namespaces += [{"type": "user"}] | .linux.uidMappings = [{"containerID": 0, "hostID": 700000, "size": 65536}]
		| .linux.gidMappings = .linux.uidMappings'
	begin_piped cr-1
	wait_for counts_from 2
	cr checkpoint --image-path "$T/img" cr-1
	nothing_of cr-1
	again --image-path "$T/img" cr-1
	wait_for counts_from "$(($(count) + 2))"
	is_whole
	is "$(awk '/^Uid:/ { print $2 }' "/proc/$(pid_of cr-1)/status")" 700000
	run -0 oci exec cr-1 cat /proc/self/uid_map
	has 700000
}

@test "checkpoint --page-server: memory goes to another criu" {
	need_criu
	counter
	begin_piped cr-1
	wait_for counts_from 2
	mkdir "$T/pages"
	spawn "$CRIU" page-server --images-dir "$T/pages" --address 127.0.0.1 --port 27183 -v4 -o "$T/pages/log"
	wait_for grep -q :6A2F "/proc/$spawned_pid/net/tcp"
	cr checkpoint --page-server 127.0.0.1:27183 --image-path "$T/img" cr-1
	! ls "$T"/img/pages-*.img 2>/dev/null
	wait_for eval '! [ -e "/proc/$spawned_pid/fd" ] || ! ls "/proc/$spawned_pid/fd" | grep -q .'
	mv "$T"/pages/*.img "$T/img/"
	again --image-path "$T/img" cr-1
	wait_for counts_from "$(($(count) + 2))"
	is_whole
}

@test "restore: hooks before and after, a terminal, another network namespace" {
	need_criu
	bundle sh -c 'while read line; do echo "got $line"; done'
	change '.process.terminal = true | .hooks.createRuntime = [{"path": "/bin/sh", "args": ["sh", "-c", "cat >>'"$T"'/hooks"]}]
		| .hooks.poststop = [{"path": "/bin/sh", "args": ["sh", "-c", "cat >>'"$T"'/hooks"]}]'
	console "$T/console" "$T/screen"
	oci create --bundle "$B" --console-socket "$T/console" cr-1
	oci start cr-1
	cr checkpoint --image-path "$T/img" cr-1
	is "$(jq -r .status "$T/hooks" | tr '\n' ' ')" "creating stopped "
	console "$T/console2" "$T/screen2"
	cr restore --bundle "$B" --image-path "$T/img" --console-socket "$T/console2" -d cr-1
	is "$(jq -r .status "$T/hooks" | tr '\n' ' ')" "creating stopped creating "
	is "$(jq -s '.[2].pid' "$T/hooks")" "$(pid_of cr-1)"
	wait_for grep -q "got hello" "$T/screen2"
}

# console SOCKET FILE: takes a terminal there, says hello to it, and writes what it shows to FILE.
console() {
	python3 - "$1" "$2" <<-'PYTHON' &
		import array, os, socket, sys
		s = socket.socket(socket.AF_UNIX)
		s.bind(sys.argv[1])
		s.listen(1)
		c, _ = s.accept()
		_, control, _, _ = c.recvmsg(4096, 4096)
		master = array.array("i", control[0][2])[0]
		os.write(master, b"hello\n")
		with open(sys.argv[2], "wb", buffering=0) as f:
		    while True:
		        try:
		            data = os.read(master, 4096)
		        except OSError:
		            break
		        if not data:
		            break
		        f.write(data)
	PYTHON
	spawned+=($!)
	wait_for test -S "$1"
}

@test "what cannot be checkpointed, or not so, is refused; the container goes on" {
	need_root
	refused 1 "does not exist" -- cr checkpoint nobody
	oci create --bundle "$B" cr-1 </dev/null >"$T/out" 2>&1
	refused 1 "'cr-1' cannot be checkpointed in created state" -- cr checkpoint cr-1
	oci start cr-1
	cd "$T"
	refused 1 "--parent-path must be relative" -- cr checkpoint --image-path img --parent-path /tmp cr-1
	mkdir img
	refused 1 "invalid --parent-path '../none'" "no such file" -- cr checkpoint --image-path img --parent-path ../none cr-1
	refused 1 "invalid page server '7000'" "ADDRESS:PORT" -- cr checkpoint --page-server 7000 cr-1
	refused 1 "invalid page server 'a:0'" -- cr checkpoint --page-server a:0 cr-1
	refused 1 "unknown value 'all' of --manage-cgroups-mode" "soft, full, strict" -- cr checkpoint --manage-cgroups-mode all cr-1
	refused 1 "unknown value 'pid' of --empty-ns" "there are: network" -- cr checkpoint --empty-ns pid cr-1
	refused 1 "unknown value 'ebtables' of --network-lock" "iptables, nftables, skip" -- cr checkpoint --network-lock ebtables cr-1
	refused 1 "invalid --status-fd 77" -- cr checkpoint --lazy-pages --status-fd 77 cr-1
	refused 1 "invalid --status-fd 0: not writable" -- cr checkpoint --lazy-pages --status-fd 0 cr-1
	refused 1 "invalid --status-fd 'x'" -- cr checkpoint --lazy-pages --status-fd x cr-1
	refused 1 "'missing'" "the package is criu" -- oci --criu missing checkpoint cr-1
	refused 1 "cannot run '$T/missing'" -- oci --criu "$T/missing" checkpoint cr-1
	refused 1 "criu ended with status 0" -- oci --criu /bin/true checkpoint cr-1
	PATH=/nowhere refused 1 "'criu'" "the package is criu" -- "$OCI" --root "$STORE" checkpoint cr-1
	has_status cr-1 running
	oci kill cr-1 KILL
	wait_for has_status cr-1 stopped
	refused 1 "'cr-1' cannot be checkpointed in stopped state" -- cr checkpoint cr-1
}

@test "what cannot be restored is refused, and leaves nothing" {
	need_root
	cd "$T"
	refused 1 "cannot open 'checkpoint'" "no such file" -- cr restore --bundle "$B" cr-1
	mkdir img
	refused 1 "descriptors.json" "no such file" "kokon-oci checkpoint" -- cr restore --bundle "$B" --image-path img cr-1
	echo '["pipe:[1]", 7]' >img/descriptors.json
	refused 1 "img/descriptors.json" "expected a string" -- cr restore --bundle "$B" --image-path img cr-1
	echo '["", "", ""]' >img/descriptors.json
	refused 1 "'missing'" "the package is criu" -- oci --criu missing restore --bundle "$B" --image-path img cr-1
	refused 1 "criu" -- cr restore --bundle "$B" --image-path img cr-1
	change '.process.terminal = true'
	refused 1 "console socket" -- cr restore --bundle "$B" --image-path img -d cr-1
	change '.process.terminal = false'
	nothing_of cr-1
	begin cr-1
	refused 1 "already exists" -- cr restore --bundle "$B" --image-path img cr-1
	has_status cr-1 running
}

@test "a criu that does not work with this kernel: its reason is told, and the container goes on" {
	need_root
	[ -n "$(command -v criu)" ] || skip "no criu here"
	! criu check >"$T/check" 2>&1 || skip "this one works"
	begin cr-1
	refused 1 "cannot checkpoint 'cr-1'" "criu" -- oci checkpoint --image-path "$T/img" cr-1
	has_status cr-1 running
}
