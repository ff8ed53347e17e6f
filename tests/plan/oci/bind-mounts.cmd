c=$(mktemp) && trap 'rm -f "$c"' EXIT
cat >"$c" <<'END'
{"ociVersion": "1.3.0", "root": {"path": "usr", "readonly": true}, "process": {"args": ["sh", "-c", "echo hello"], "cwd": "/tmp", "env": ["PATH=/bin", "HOME=/"], "user": {"uid": 0, "gid": 0}}, "mounts": [{"destination": "data", "source": "/etc", "options": ["rbind", "ro", "rslave"]}, {"destination": "/x", "type": "none", "source": "lib", "options": ["bind", "nosuid", "rnoexec"]}], "linux": {"namespaces": [{"type": "user"}, {"type": "mount"}, {"type": "pid"}, {"type": "uts"}, {"type": "ipc"}], "uidMappings": [{"containerID": 0, "hostID": 65534, "size": 1}], "gidMappings": [{"containerID": 0, "hostID": 65534, "size": 1}]}}
END
kokon-oci --cgroup-manager disabled run --explain --bundle / --config "$c" c1 2>&1 | sed -e "s|$c|CONFIG|" -e 's|^time="[^"]*" ||'
