c=$(mktemp) && trap 'rm -f "$c"' EXIT
cat >"$c" <<'END'
{"ociVersion": "1.3.0", "root": {"path": "usr", "readonly": true}, "process": {"args": ["sh"], "cwd": "/", "user": {"uid": 0, "gid": 0}}, "annotations": {"org.criu.config": "/etc/criu/mine.conf"}, "mounts": [{"destination": "/share/misc", "source": "/opt", "options": ["rbind"]}, {"destination": "/tmp", "type": "tmpfs"}], "linux": {"namespaces": [{"type": "user"}, {"type": "mount"}, {"type": "pid"}, {"type": "uts"}], "uidMappings": [{"containerID": 0, "hostID": 65534, "size": 1}], "gidMappings": [{"containerID": 0, "hostID": 65534, "size": 1}]}}
END
kokon-oci --cgroup-manager disabled restore --explain --bundle / --config "$c" --image-path /images --work-path "/my work" --tcp-established --ext-unix-sk --shell-job --file-locks --lazy-pages --auto-dedup --tcp-close --manage-cgroups-mode strict --empty-ns network --network-lock nftables --lsm-profile apparmor:mine --lsm-mount-context a:b --detach c1 2>&1
kokon-oci --cgroup-manager disabled restore --explain --bundle / --config "$c" c1 2>&1 | tail -n 1
