c=$(mktemp) && trap 'rm -f "$c"' EXIT
cat >"$c" <<'END'
{"ociVersion": "1.3.0", "root": {"path": "usr", "readonly": true}, "process": {"args": ["sh", "-c", "echo hello"], "cwd": "/tmp", "env": ["PATH=/bin", "HOME=/"], "user": {"uid": 0, "gid": 0}}, "linux": {"namespaces": [{"type": "mount"}], "sysctl": {"kernel.msgmax": "1"}}}
END
kokon-oci --cgroup-manager disabled run --explain --bundle / --config "$c" c1 2>&1 | sed -e "s|$c|CONFIG|" -e 's|^time="[^"]*" ||'
