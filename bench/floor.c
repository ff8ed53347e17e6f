// SPDX-License-Identifier: Apache-2.0
/*
 * floor: the work of starting a container and nothing else.
 *
 * A program that starts containers cannot be faster than the kernel. How fast the kernel is depends
 * on what is asked of it, so the limit is measured, not guessed: this program makes the system
 * calls that the isolation consists of, one after the other, with everything decided by its author:
 * no configuration, no checks of what it is given, no diagnosis, no signals
 * forwarded, no sealed program, nothing undone when it fails half way. It is for measuring; never
 * run anything that is not trusted with it.
 *
 * Each group of work has a switch, so that it does the same as what it is compared with:
 *
 *   --ns=LETTERS      new namespaces: m(ount) u(ts) i(pc) n(et) p(id) C(group) U(ser) T(ime), as in
 * unshare(1)
 *   --fork            a child made by clone3() with those namespaces, waited for; else unshare() in
 * place
 *   --map-root        the caller's user and group become 0 in the new user namespace
 *   --chroot=DIR      chroot() to DIR
 *   --mount-proc      a new proc on /proc
 *   --rootfs=DIR      bind mount DIR, pivot_root() to it
 *   --overlay=DIR     instead of the bind mount an overlay, DIR below, its top in a new folder in
 * /tmp that is removed in the end
 *   --mounts          proc, /dev (tmpfs, six devices made or, with U, bind mounted, links, devpts,
 * shm, mqueue) and a read-only sysfs in it
 *   --cgroup-mounts   the groups of --cgroup on /sys/fs/cgroup, read-only, as a config without a
 * cgroup namespace asks for them
 *   --readonly        the root is read-only
 *   --masks           the paths in /proc and /sys that engines hide (10) or make read-only (5)
 *   --lo              loopback up
 *   --cgroup[=LIST]   a new cgroup in each hierarchy (v1: those of LIST, or all; v2: the one), the
 *                     child in it, removed after its end
 *   --record=DIR      a folder in DIR with a file of 4 KiB, what a runtime keeps of a container,
 * removed after its end
 *   --devices         the rules of a container's devices, into the v1 devices cgroup
 *   --session         a session, a session keyring, the user's and group's ids and no other group
 *   --caps            the bounding, inheritable, permitted and effective sets reduced to the 14
 * usual ones
 *   --seccomp=N|FILE  a filter: N instructions that search the number by halving, or the
 * instructions in FILE
 *   --hostname        set it
 *   --filter-of=PID   no start: print the newest filter of the process, as --seccomp=FILE reads it
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "floor-parts.h"

enum { MAX_HIERARCHIES = 16, RESERVED = 128 };

/* What was asked for. */
static struct {
	uint64_t ns;
	bool fork, map_root, mount_proc, mounts, masks, lo, caps, hostname, devices, session;
	bool cgroup_mounts, readonly;
	const char *chroot, *rootfs, *overlay, *cgroup, *seccomp, *record;
	char **argv;
} want;

static struct {
	char path[RESERVED];
	int fd; /* v1: its tasks file; v2: the folder */
	bool unified;
} cgroups[MAX_HIERARCHIES];
static int n_cgroups;
static char top[RESERVED]; /* the overlay's: a tmpfs with upper and work */

/* ---- namespaces ---- */

/* One id each, written by the process itself from within its new user namespace. */
static void map_root(uid_t uid, gid_t gid)
{
	char text[32];

	write_file("/proc/self/setgroups", "deny");
	snprintf(text, sizeof(text), "0 %u 1", (unsigned)uid);
	write_file("/proc/self/uid_map", text);
	snprintf(text, sizeof(text), "0 %u 1", (unsigned)gid);
	write_file("/proc/self/gid_map", text);
}

static void loopback_up(void)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	must(fd, "socket");
	must(ioctl(fd, SIOCSIFFLAGS, &request), "SIOCSIFFLAGS");
	close(fd);
}

/* ---- cgroups ---- */

/* One rule per write, as the kernel takes them. */
static void write_device_rules(const char *cgroup)
{
	static const char *const allowed[] = {"c *:* m",   "b *:* m",    "c 1:3 rwm", "c 1:5 rwm",
					      "c 1:7 rwm", "c 1:8 rwm",  "c 1:9 rwm", "c 5:0 rwm",
					      "c 5:2 rwm", "c 136:* rwm"};
	char path[RESERVED + 32];
	int fd;

	snprintf(path, sizeof(path), "%s/devices.deny", cgroup);
	write_file(path, "a");
	snprintf(path, sizeof(path), "%s/devices.allow", cgroup);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	must(fd, path);
	for (size_t i = 0; i < sizeof(allowed) / sizeof(*allowed); i++)
		must(write(fd, allowed[i], strlen(allowed[i])), allowed[i]);
	close(fd);
}

static void add_cgroup(const char *at, bool unified)
{
	char path[RESERVED + 32];
	int i = n_cgroups++;

	if (n_cgroups > MAX_HIERARCHIES)
		die("too many hierarchies");
	snprintf(cgroups[i].path, RESERVED, "%s/floor-%d", at, (int)getpid());
	cgroups[i].unified = unified;
	must(mkdir(cgroups[i].path, 0755), cgroups[i].path);
	snprintf(path, sizeof(path), "%s%s", cgroups[i].path, unified ? "" : "/tasks");
	cgroups[i].fd = open(path, (unified ? O_PATH | O_DIRECTORY : O_WRONLY) | O_CLOEXEC);
	must(cgroups[i].fd, path);
	if (strstr(at, "cpuset") && !unified) { /* empty at first, and then no process can enter */
		snprintf(path, sizeof(path), "%s/cpuset.cpus", cgroups[i].path);
		write_file(path, "0");
		snprintf(path, sizeof(path), "%s/cpuset.mems", cgroups[i].path);
		write_file(path, "0");
	}
	if (want.devices && strstr(at, "/devices"))
		write_device_rules(cgroups[i].path);
}

static bool listed(const char *name)
{
	size_t length = strlen(name);
	const char *at = want.cgroup;

	if (!*at)
		return true;
	while ((at = strstr(at, name))) {
		if ((at == want.cgroup || at[-1] == ',') && (at[length] == ',' || !at[length]))
			return true;
		at += length;
	}
	return false;
}

/* Below the root of each hierarchy, where kokon run's default is as well. */
static void make_cgroups(void)
{
	static const char *const names[] = {"cpu",     "cpuacct", "cpuset",   "memory",
					    "devices", "freezer", "blkio",    "pids",
					    "hugetlb", "net_cls", "net_prio", "perf_event",
					    "systemd", "unified"};
	char path[RESERVED];

	if (access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0) {
		add_cgroup("/sys/fs/cgroup", true);
		return;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "/sys/fs/cgroup/%s", names[i]);
		if (listed(names[i]) && access(path, F_OK) == 0)
			add_cgroup(path, strcmp(names[i], "unified") == 0);
	}
}

/* v1: the process moves itself. "0" in tasks needs no lock that waits for a grace period of RCU. */
static void enter_cgroups(void)
{
	for (int i = 0; i < n_cgroups; i++)
		if (!cgroups[i].unified)
			must(write(cgroups[i].fd, "0", 1), cgroups[i].path);
}

static void remove_cgroups(void)
{
	for (int i = 0; i < n_cgroups; i++)
		must(rmdir(cgroups[i].path), cgroups[i].path);
}

/* ---- record ---- */

static char record[2][RESERVED + 16]; /* the folder, the file in it */

static void make_record(void)
{
	static const char text[4096];
	int fd;

	snprintf(record[0], sizeof(record[0]), "%s/floor-%d", want.record, (int)getpid());
	snprintf(record[1], sizeof(record[1]), "%s/floor-%d/record", want.record, (int)getpid());
	must(mkdir(record[0], 0700), record[0]);
	fd = open(record[1], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	must(fd, record[1]);
	must(write(fd, text, sizeof(text)), record[1]);
	close(fd);
}

static void remove_record(void)
{
	must(unlink(record[1]), record[1]);
	must(rmdir(record[0]), record[0]);
}

/* ---- mounts ---- */

static void mount_overlay(void)
{
	char options[4 * RESERVED];

	must(mount("tmpfs", top, "tmpfs", MS_NOSUID | MS_NODEV, "mode=700"), top);
	must(chdir(top), top);
	must(mkdir("upper", 0755), "upper");
	must(mkdir("work", 0700), "work");
	must(mkdir("merged", 0755), "merged");
	snprintf(options, sizeof(options), "lowerdir=%s,upperdir=upper,workdir=work", want.overlay);
	must(mount("overlay", "merged", "overlay", 0, options), "overlay");
	must(chdir("merged"), "merged");
}

/* The working directory becomes the future root. */
static void mount_root(void)
{
	if (want.overlay) {
		mount_overlay();
		return;
	}
	must(mount(want.rootfs, want.rootfs, NULL, MS_BIND | MS_REC, NULL),
	     "bind mount of the rootfs");
	must(chdir(want.rootfs), want.rootfs);
}

/* A user namespace may not make devices: the machine's own one, bind mounted. */
static void bind_device(const char *name)
{
	char from[32];

	snprintf(from, sizeof(from), "/%s", name);
	must(mknod(name, S_IFREG | 0666, 0), name);
	must(mount(from, name, NULL, MS_BIND, NULL), name);
}

static void make_devices(void)
{
	static const struct {
		const char *name;
		int major, minor;
	} nodes[] = {{"dev/null", 1, 3},   {"dev/zero", 1, 5},    {"dev/full", 1, 7},
		     {"dev/random", 1, 8}, {"dev/urandom", 1, 9}, {"dev/tty", 5, 0}};
	static const char *const links[][2] = {{"/proc/self/fd", "dev/fd"},
					       {"/proc/self/fd/0", "dev/stdin"},
					       {"/proc/self/fd/1", "dev/stdout"},
					       {"/proc/self/fd/2", "dev/stderr"},
					       {"pts/ptmx", "dev/ptmx"}};

	for (size_t i = 0; i < sizeof(nodes) / sizeof(*nodes); i++)
		if (want.ns & CLONE_NEWUSER)
			bind_device(nodes[i].name);
		else
			must(mknod(nodes[i].name, S_IFCHR | 0666,
				   makedev(nodes[i].major, nodes[i].minor)),
			     nodes[i].name);
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++)
		must(symlink(links[i][0], links[i][1]), links[i][1]);
}

static void mount_usual(void)
{
	const unsigned long safe = MS_NOSUID | MS_NODEV | MS_NOEXEC;
	const char *pts = want.ns & CLONE_NEWUSER ? "newinstance,ptmxmode=0666,mode=0620"
						  : "newinstance,ptmxmode=0666,mode=0620,gid=5";

	umask(0);
	must(mount("proc", "proc", "proc", safe, NULL), "proc");
	must(mount("tmpfs", "dev", "tmpfs", MS_NOSUID, "mode=755,size=65536k"), "dev");
	make_devices();
	must(mkdir("dev/pts", 0755), "dev/pts");
	must(mkdir("dev/shm", 01777), "dev/shm");
	must(mkdir("dev/mqueue", 0755), "dev/mqueue");
	must(mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, pts), "dev/pts");
	must(mount("shm", "dev/shm", "tmpfs", safe, "mode=1777,size=65536k"), "dev/shm");
	must(mount("mqueue", "dev/mqueue", "mqueue", safe, NULL), "dev/mqueue");
	must(mount("sysfs", "sys", "sysfs", safe | MS_RDONLY, NULL), "sys");
}

static void mount_readonly(const char *at)
{
	must(mount(NULL, at, NULL,
		   MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL),
	     at);
}

/* Version 1: each hierarchy's in a folder of a small file system. */
static void mount_cgroups(void)
{
	char at[RESERVED];

	if (n_cgroups > 1)
		must(mount("cgroup", "sys/fs/cgroup", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
			   "mode=755"),
		     "sys/fs/cgroup");
	for (int i = 0; i < n_cgroups; i++) {
		const char *path = cgroups[i].path, *end = strrchr(path, '/');

		snprintf(at, sizeof(at), "%.*s", (int)(end - path - 1), path + 1);
		if (n_cgroups > 1)
			must(mkdir(at, 0755), at);
		must(mount(path, at, NULL, MS_BIND, NULL), at);
		mount_readonly(at);
	}
	if (n_cgroups > 1)
		mount_readonly("sys/fs/cgroup");
}

/* A path that this kernel does not have is passed over, as engines do. */
static void mask_paths(void)
{
	static const char *const hidden[] = {"proc/acpi",       "proc/asound",
					     "proc/interrupts", "proc/kcore",
					     "proc/keys",       "proc/latency_stats",
					     "proc/timer_list", "proc/sched_debug",
					     "proc/scsi",       "sys/firmware"};
	static const char *const readonly[] = {"proc/bus", "proc/fs", "proc/irq", "proc/sys",
					       "proc/sysrq-trigger"};
	struct stat st;

	for (size_t i = 0; i < sizeof(hidden) / sizeof(*hidden); i++) {
		if (stat(hidden[i], &st) < 0)
			continue;
		must(S_ISDIR(st.st_mode) ? mount("tmpfs", hidden[i], "tmpfs", MS_RDONLY, "size=0k")
					 : mount("dev/null", hidden[i], NULL, MS_BIND, NULL),
		     hidden[i]);
	}
	for (size_t i = 0; i < sizeof(readonly) / sizeof(*readonly); i++) {
		if (mount(readonly[i], readonly[i], NULL, MS_BIND | MS_REC, NULL) < 0)
			continue;
		mount_readonly(readonly[i]);
	}
}

static void enter_root(void)
{
	mount_root();
	if (want.mounts)
		mount_usual();
	if (want.cgroup_mounts)
		mount_cgroups();
	if (want.masks)
		mask_paths();
	must(syscall(SYS_pivot_root, ".", "."), "pivot_root");
	must(umount2(".", MNT_DETACH), "umount of the old root");
	if (want.readonly)
		must(mount(NULL, "/", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL),
		     "read-only root");
}

/* ---- one start ---- */

/* Should: make the caller what was asked for and become the command. Mustn't: return. */
static void become_the_command(void)
{
	if (want.ns & CLONE_NEWNS)
		must(mount(NULL, "/", NULL,
			   MS_REC | (want.rootfs || want.overlay ? MS_SLAVE : MS_PRIVATE), NULL),
		     "propagation");
	if (want.lo)
		loopback_up();
	if (want.mount_proc)
		must(mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL),
		     "/proc");
	if (want.hostname)
		must(sethostname("floor", 5), "sethostname");
	if (want.rootfs || want.overlay)
		enter_root();
	if (want.chroot) {
		must(chroot(want.chroot), want.chroot);
		must(chdir("/"), "/");
	}
	if (want.session)
		become_the_user();
	if (want.seccomp)
		load_filter();
	if (want.caps)
		drop_capabilities();
	execvp(want.argv[0], want.argv);
	die(want.argv[0]);
}

static pid_t start_child(void)
{
	struct clone_args args = {.flags = want.ns, .exit_signal = SIGCHLD};
	uint64_t after_move = 0;
	uid_t uid = getuid();
	gid_t gid = getgid();
	pid_t pid;

	for (int i = 0; i < n_cgroups; i++)
		if (cgroups[i].unified) {
			args.flags |= CLONE_INTO_CGROUP;
			args.cgroup = (uint64_t)cgroups[i].fd;
		} else {
			after_move = want.ns & CLONE_NEWCGROUP;
		}
	args.flags &=
		~after_move; /* v1: a cgroup namespace has the cgroups of its birth as roots */
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	must(pid, "clone3");
	if (pid > 0)
		return pid;
	if (want.map_root)
		map_root(uid, gid);
	enter_cgroups();
	if (after_move)
		must(unshare(CLONE_NEWCGROUP), "unshare of the cgroup namespace");
	become_the_command();
	return 0;
}

static int run_child(void)
{
	int status;

	if (want.overlay) {
		snprintf(top, sizeof(top), "/tmp/floor-%d", (int)getpid());
		must(mkdir(top, 0700), top);
	}
	if (want.record)
		make_record();
	if (want.cgroup)
		make_cgroups();
	must(waitpid(start_child(), &status, 0), "waitpid");
	remove_cgroups();
	if (want.record)
		remove_record();
	if (want.overlay)
		must(rmdir(top), top);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void parse_options(int argc, char **argv)
{
	/* clang-format off */
	static const struct option longs[] = {
		{"ns", 1, 0, 'n'}, {"fork", 0, 0, 'f'}, {"map-root", 0, 0, 'r'},
		{"chroot", 1, 0, 'R'}, {"mount-proc", 0, 0, 'p'}, {"rootfs", 1, 0, 'd'},
		{"overlay", 1, 0, 'o'}, {"mounts", 0, 0, 'm'}, {"masks", 0, 0, 'k'},
		{"lo", 0, 0, 'l'}, {"cgroup", 2, 0, 'g'}, {"caps", 0, 0, 'c'},
		{"seccomp", 1, 0, 's'}, {"hostname", 0, 0, 'h'}, {"devices", 0, 0, 'v'},
		{"session", 0, 0, 'S'}, {"filter-of", 1, 0, 'F'}, {"cgroup-mounts", 0, 0, 'G'},
		{"readonly", 0, 0, 'O'}, {"record", 1, 0, 'D'}, {0},
	};
	/* clang-format on */
	int o;

	while ((o = getopt_long(argc, argv, "+", longs, NULL)) != -1)
		switch (o) {
		case 'n': want.ns = ns_flags(optarg); break;
		case 'f': want.fork = true; break;
		case 'r': want.map_root = true; break;
		case 'R': want.chroot = optarg; break;
		case 'p': want.mount_proc = true; break;
		case 'd': want.rootfs = optarg; break;
		case 'o': want.overlay = optarg; break;
		case 'm': want.mounts = true; break;
		case 'k': want.masks = true; break;
		case 'l': want.lo = true; break;
		case 'g': want.cgroup = optarg ? optarg : ""; break;
		case 'c': want.caps = true; break;
		case 's': want.seccomp = optarg; break;
		case 'h': want.hostname = true; break;
		case 'v': want.devices = true; break;
		case 'S': want.session = true; break;
		case 'G': want.cgroup_mounts = true; break;
		case 'O': want.readonly = true; break;
		case 'D': want.record = optarg; break;
		case 'F': exit(print_filter_of(atoi(optarg)));
		default: exit(2);
		}
	want.argv = argv + optind;
}

int main(int argc, char **argv)
{
	uid_t uid = getuid();
	gid_t gid = getgid();

	parse_options(argc, argv);
	if (!want.argv[0]) {
		fputs("Usage: floor [OPTION]... COMMAND [ARG]... (see the head of floor.c)\n",
		      stderr);
		return 2;
	}
	if (want.seccomp)
		prepare_filter(want.seccomp);
	if (want.fork)
		return run_child();
	must(unshare((int)want.ns), "unshare");
	if (want.map_root)
		map_root(uid, gid);
	become_the_command();
	return 0;
}
