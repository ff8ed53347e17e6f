// SPDX-License-Identifier: Apache-2.0
#include "template.h"

#include "json-write.h"

static void put_list(struct json_writer *w, const char *key, const char *const *words)
{
	json_put_list(w, key);
	for (; *words; words++)
		json_put_string(w, NULL, *words);
	json_put_end(w);
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

static void put_process(struct json_writer *w)
{
	static const char *const sets[] = {"bounding", "effective", "permitted"};

	json_put_object(w, "process");
	json_put_bool(w, "terminal", true);
	json_put_object(w, "user");
	json_put_u64(w, "uid", 0);
	json_put_u64(w, "gid", 0);
	json_put_end(w);
	put_list(w, "args", LIST("sh"));
	put_list(w, "env",
		 LIST("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		      "TERM=xterm"));
	json_put_string(w, "cwd", "/");
	json_put_object(w, "capabilities");
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
		put_list(w, sets[i], LIST("CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"));
	json_put_end(w);
	json_put_list(w, "rlimits");
	json_put_object(w, NULL);
	json_put_string(w, "type", "RLIMIT_NOFILE");
	json_put_u64(w, "hard", 1024);
	json_put_u64(w, "soft", 1024);
	json_put_end(w);
	json_put_end(w);
	json_put_bool(w, "noNewPrivileges", true);
	json_put_end(w);
}

static void put_mount(struct json_writer *w, const char *destination, const char *type,
		      const char *source, const char *const *options)
{
	json_put_object(w, NULL);
	json_put_string(w, "destination", destination);
	json_put_string(w, "type", type);
	json_put_string(w, "source", source);
	if (options)
		put_list(w, "options", options);
	json_put_end(w);
}

static void put_mounts(struct json_writer *w, bool rootless)
{
	json_put_list(w, "mounts");
	put_mount(w, "/proc", "proc", "proc", NULL);
	put_mount(w, "/dev", "tmpfs", "tmpfs",
		  LIST("nosuid", "strictatime", "mode=755", "size=65536k"));
	/* group 5 (tty) is not mapped where there is one id only */
	put_mount(w, "/dev/pts", "devpts", "devpts",
		  rootless ? LIST("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620")
			   : LIST("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620",
				  "gid=5"));
	put_mount(w, "/dev/shm", "tmpfs", "shm",
		  LIST("nosuid", "noexec", "nodev", "mode=1777", "size=65536k"));
	put_mount(w, "/dev/mqueue", "mqueue", "mqueue", LIST("nosuid", "noexec", "nodev"));
	/* a new sysfs needs a network namespace of the same user namespace */
	if (rootless)
		put_mount(w, "/sys", "none", "/sys",
			  LIST("rbind", "nosuid", "noexec", "nodev", "ro"));
	else
		put_mount(w, "/sys", "sysfs", "sysfs", LIST("nosuid", "noexec", "nodev", "ro"));
	put_mount(w, "/sys/fs/cgroup", "cgroup", "cgroup",
		  LIST("nosuid", "noexec", "nodev", "relatime", "ro"));
	json_put_end(w);
}

static void put_map(struct json_writer *w, const char *key, uint32_t host_id)
{
	json_put_list(w, key);
	json_put_object(w, NULL);
	json_put_u64(w, "containerID", 0);
	json_put_u64(w, "hostID", host_id);
	json_put_u64(w, "size", 1);
	json_put_end(w);
	json_put_end(w);
}

static void put_namespaces(struct json_writer *w, const char *const *types)
{
	json_put_list(w, "namespaces");
	for (; *types; types++) {
		json_put_object(w, NULL);
		json_put_string(w, "type", *types);
		json_put_end(w);
	}
	json_put_end(w);
}

static void put_resources(struct json_writer *w)
{
	json_put_object(w, "resources");
	json_put_list(w, "devices");
	json_put_object(w, NULL);
	json_put_bool(w, "allow", false);
	json_put_string(w, "access", "rwm");
	json_put_end(w);
	json_put_end(w);
	json_put_end(w);
}

static void put_linux(struct json_writer *w, const struct template_options *t)
{
	json_put_object(w, "linux");
	if (t->rootless) {
		put_map(w, "uidMappings", t->uid);
		put_map(w, "gidMappings", t->gid);
		put_namespaces(w, LIST("pid", "ipc", "uts", "mount", "user", "cgroup"));
	} else {
		put_resources(w);
		put_namespaces(w, LIST("pid", "network", "ipc", "uts", "mount", "cgroup"));
	}
	put_list(w, "maskedPaths",
		 LIST("/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys",
		      "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
		      "/proc/sched_debug", "/sys/firmware", "/proc/scsi"));
	put_list(w, "readonlyPaths",
		 LIST("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"));
	json_put_end(w);
}

void template_put(const struct template_options *t, struct out *o)
{
	struct json_writer w = json_writer_to(o, "\t");

	json_put_object(&w, NULL);
	json_put_string(&w, "ociVersion", SPEC_VERSION);
	put_process(&w);
	json_put_object(&w, "root");
	json_put_string(&w, "path", "rootfs");
	json_put_bool(&w, "readonly", true);
	json_put_end(&w);
	json_put_string(&w, "hostname", "kokon");
	put_mounts(&w, t->rootless);
	put_linux(&w, t);
	json_put_end(&w);
	out_puts(o, "\n");
}
