c=$(mktemp) && trap 'rm -f "$c"' EXIT
cat >"$c" <<'END'
{"ociVersion": "1.3.0", "root": {"path": "usr", "readonly": true}, "process": {"args": "sh", "cwd": "/tmp", "env": ["PATH=/bin", "HOME=/"], "user": {"uid": 0, "gid": 0}}, "linux": {"namespaces": [{"type": "user"}, {"type": "mount"}, {"type": "pid"}, {"type": "uts"}, {"type": "ipc"}], "uidMappings": [{"containerID": 0, "hostID": 65534, "size": 1}], "gidMappings": [{"containerID": 0, "hostID": 65534, "size": 1}]}}
END
kokon-oci --cgroup-manager disabled run --explain --bundle / --config "$c" c1 2>&1 | sed -e "s|$c|CONFIG|" -e 's|^time="[^"]*" ||'
