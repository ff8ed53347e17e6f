# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # bats gives output and status
# buildah, whose commands of a build run in kokon-oci.

load engine

setup_file() {
	! engine_lacks buildah busybox ip || return 0
	engine_setup_file
}

teardown_file() { engine_teardown_file; }

b() { in_net buildah --root "$E/root" --runroot "$E/run" --storage-driver vfs "$@"; }

@test "run and bud: output, exit status, user, volumes; the file system that is made" {
	run -0 b from --name work scratch
	b add work "$E/img.tar" /
	run -0 b run --runtime "$RUNTIME" --isolation oci --network none work sh -c 'echo hello; echo made >/made'
	is "$output" hello
	run -7 b run --runtime "$RUNTIME" --isolation oci --network none work sh -c 'exit 7'
	run ! b run --runtime "$RUNTIME" --isolation oci --network none work nosuchprogram
	has nosuchprogram
	mkdir "$T/dir"
	echo text >"$T/dir/file"
	run -0 b run --runtime "$RUNTIME" --isolation oci --network none --user 1000 -v "$T/dir:/mnt:ro" work sh -c 'id -u; cat /mnt/file /made'
	is "$output" $'1000\ntext\nmade'
	b commit work base
	printf 'FROM localhost/base\nRUN test -e /made && echo more >/more\n' >"$T/Dockerfile"
	run -0 b bud --runtime "$RUNTIME" --isolation oci --network none -t built "$T"
	run -0 b from --name result localhost/built
	run -0 b run --runtime "$RUNTIME" --isolation oci --network none result cat /more
	is "$output" more
	b rm -a
}
