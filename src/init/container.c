// SPDX-License-Identifier: Apache-2.0
/*
 * The rows that only a container has, in the order of the table.
 *
 * leash … fork run in stage 1, the rest in stage 2. Should: let go of everything of the host
 * before the program runs. Mustn't: follow a path of the new root without its descriptor.
 */
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/membarrier.h>
#include <linux/mount.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "file.h"
#include "handles.h"
#include "init.h"
#include "mount.h"

static const struct container_plan *container(const struct run *run)
{
	return &run->plan->container;
}

/* Die with the host side; it may be gone before prctl(2), which its end of the socket tells. */
int die_with_host(struct run *run)
{
	struct pollfd peer = {.fd = run->sock, .events = POLLRDHUP};

	if (!container(run)->parent_death)
		return 0;
	if (prctl(PR_SET_PDEATHSIG, container(run)->parent_death) < 0)
		return err_errno(run->err, "cannot ask for a signal at the host side's end");
	if (poll(&peer, 1, 0) > 0 && (peer.revents & (POLLHUP | POLLRDHUP)))
		_exit(125);
	return 0;
}

static int null_stdin(struct err *err)
{
	CLOSE_FD int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || dup2(fd, STDIN_FILENO) < 0)
		return err_errno(err, "cannot open '/dev/null' as standard input");
	return 0;
}

int inside_leash(struct run *run)
{
	int r = die_with_host(run);

	/* A session of its own: the terminal's signals and TIOCSTI stay with the caller. Stage 2
	 * makes that in any case; what is there for a moment only needs but a process group. */
	if (container(run)->fork_last)
		setsid();
	else
		setpgid(0, 0);
	if (r == 0 && container(run)->null_stdin)
		r = null_stdin(run->err);
	if (r == 0 && container(run)->set_oom_score) {
		char text[12];

		snprintf(text, sizeof(text), "%d", container(run)->oom_score);
		r = write_file_at(AT_FDCWD, "/proc/self/oom_score_adj", text);
		if (r < 0) {
			err_set(run->err, -r, "cannot set the OOM score to %s", text);
			if (r == -EACCES)
				err_remedy(run->err, "lowering it takes CAP_SYS_RESOURCE");
		}
	}
	return r;
}

/* "0" into `tasks` moves the writer alone and takes no global lock, where a pid in cgroup.procs
 * waits for an RCU grace period (kernel/cgroup: cgroup_procs_write_start, since 5.5). */
int inside_enter_cgroup(struct run *run)
{
	const struct container_plan *c = container(run);

	for (uint32_t i = 0; i < c->n_tasks; i++) {
		int fd = run->handles[c->first_task + (int32_t)i];

		if (write(fd, "0", 1) != 1)
			return err_errno(run->err, "cannot enter the control group '%s'",
					 run->plan->handles[c->first_task + (int32_t)i].path);
		close(fd);
	}
	return 0;
}

int inside_become_root(struct run *run)
{
	if (!container(run)->deny_groups && setgroups(0, NULL) < 0)
		return err_errno(run->err, "cannot drop the supplementary groups");
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return err_errno(run->err, "cannot become root of the new user namespace");
	return die_with_host(run);
}

int inside_seal(struct run *run)
{
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		return err_errno(run->err, "cannot become non-dumpable");
	return 0;
}

static int device_fds[DEVICES_MAX];

int inside_sources(struct run *run)
{
	for (uint32_t i = 0; i < run->plan->n_handles; i++) {
		const struct handle_plan *h = &run->plan->handles[i];

		if (!h->inside)
			continue;
		run->handles[i] = handle_open(h, run->handles, run->err);
		if (run->handles[i] < 0)
			return run->handles[i];
	}
	return devices_open(&container(run)->devices, device_fds, run->err);
}

/* --- devices and terminal --- */

int inside_devices(struct run *run)
{
	CLOSE_FD int dev = -1;
	int r = devices_make(&container(run)->devices, device_fds, run->root, run->err);

	if (r < 0)
		return r;
	dev = open_in_root(run->root, "/dev", O_PATH | O_DIRECTORY, 0);
	return dev < 0 ? err_set(run->err, -dev, "cannot open '/dev' of the container")
		       : devices_link(dev, run->err);
}

/* A procfs of our own: what is mounted on the container's /proc may be anything. */
int inside_sysctl(struct run *run)
{
	CLOSE_FD int proc = mount_new("proc", NULL, 0, NULL);

	if (proc < 0)
		return err_set(run->err, -proc, "cannot mount a procfs to set kernel parameters");
	return sysctl_apply(&container(run)->sysctls, proc, run->err);
}

int inside_terminal(struct run *run)
{
	CLOSE_FD int pts = open_in_root(run->root, "/dev/pts", O_PATH | O_DIRECTORY, 0);
	CLOSE_FD int dev = open_in_root(run->root, "/dev", O_PATH | O_DIRECTORY, 0);
	CLOSE_FD int master = -1;
	int r;

	if (pts < 0 || dev < 0)
		return err_set(run->err, pts < 0 ? -pts : -dev,
			       "cannot open the container's terminals in '/dev/pts'");
	r = terminal_allocate(&container(run)->terminal, pts, &master, &run->terminal, run->err);
	/* A process that joins a container leaves its console alone. */
	if (r == 0 && container(run)->root >= 0)
		r = terminal_console(run->terminal, dev, run->err);
	if (r == 0)
		r = walk_report(run, ROW_terminal, 0, &master, 1);
	return r < 0 ? r : WALK_REPORTED;
}

int inside_limits(struct run *run)
{
	return rlimits_apply(&container(run)->rlimits, run->err);
}

/* Waits for the kernel's RCU callbacks; where there is one processor, or the call is not there,
 * what they hold just counts longer. */
int inside_settle(struct run *run)
{
	(void)run;
	for (int i = 0; i < 2; i++)
		syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
	return 0;
}

int inside_schedule(struct run *run)
{
	int r = scheduler_apply(&container(run)->scheduler, run->err);

	return r < 0 ? r : memory_policy_apply(&container(run)->memory, run->err);
}

/* In a container that is joined, /proc may be anything. */
int inside_open_label(struct run *run)
{
	return labels_open(&container(run)->labels, container(run)->root >= 0, &run->label,
			   run->err);
}

/* Onto "/": there is no other place that surely exists. The old root stays below it until pivot. */
int inside_attach_root(struct run *run)
{
	CLOSE_FD int slash = open("/", O_PATH | O_CLOEXEC);
	int r;

	run->root = run->handles[container(run)->root];
	r = slash < 0 ? -errno : mount_attach(run->root, slash);
	return r < 0 ? err_set(run->err, -r, "cannot attach the new root '%s'",
			       run->plan->handles[container(run)->root].path)
		     : 0;
}

/* pivot_root(".", ".") puts the old root over the new one, from where it is detached
 * (pivot_root(2), NOTES). */
int inside_pivot(struct run *run)
{
	int r;

	if (fchdir(run->root) < 0)
		return err_errno(run->err, "cannot change to the new root");
	if (container(run)->no_pivot)
		return chroot(".") < 0 ? err_errno(run->err, "cannot make '%s' the root",
						   run->plan->handles[container(run)->root].path)
				       : 0;
	r = mount_pivot(".", ".");
	if (r < 0) {
		err_set(run->err, -r, "cannot make '%s' the root",
			run->plan->handles[container(run)->root].path);
		if (r == -EINVAL)
			err_remedy(run->err, "inside a chroot, and with the initial ramdisk as "
					     "root, the kernel refuses pivot_root");
		return r;
	}
	if (umount2(".", MNT_DETACH) < 0)
		return err_errno(run->err, "cannot let the old root go");
	if (chdir("/") < 0)
		return err_errno(run->err, "cannot change to '/'");
	return 0;
}

int inside_protect(struct run *run)
{
	int r = mounts_apply(&container(run)->protect, run->root, run->handles, run->err);

	if (r == 0 && container(run)->readonly_root) {
		r = mount_set(run->root, MOUNT_ATTR_RDONLY, 0, 0, -1, 0);
		if (r < 0)
			return err_set(run->err, -r, "cannot make the root read-only");
	}
	return r;
}

static struct credentials credentials;

static int enter_directory(struct run *run)
{
	const char *cwd = container(run)->cwd;
	char reached[2];

	if (!cwd)
		return 0;
	if (chdir(cwd) < 0) {
		err_errno(run->err, "cannot change to the working directory '%s'", cwd);
		if (run->err->code == ENOENT)
			err_remedy(run->err,
				   "it does not exist in the container: make it, or leave -w out");
		return -run->err->code;
	}
	/* "(unreachable)" or ERANGE with another first letter: outside of the root. */
	if (syscall(SYS_getcwd, reached, sizeof(reached)) < 0 && errno != ERANGE)
		return err_errno(run->err, "the working directory '%s' is not in the container",
				 cwd);
	return 0;
}

/* A stream that is the machine's /dev/null becomes the container's own: a file that no path inside
 * leads to would be a way to look at the machine's, and cannot be checkpointed. Where the container
 * has none, the stream stays. */
static void use_own_null(int root)
{
	CLOSE_FD int dev = -1, null = -1;
	struct stat st;

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		struct err ignored;

		if (fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3))
			continue;
		if (dev < 0) {
			dev = open_in_root(root, "/dev", O_PATH | O_DIRECTORY, 0);
			null = dev < 0 ? dev : devices_open_null(dev, O_RDWR | O_CLOEXEC, &ignored);
		}
		if (null < 0 || dup2(null, fd) < 0)
			return;
	}
}

int inside_credentials(struct run *run)
{
	const struct container_plan *c = container(run);
	int r;

	use_own_null(run->root);
	/* The caller's keys stay outside (keyctl(2)); not every kernel has key rings. */
	if (!c->keep_keyring && syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, c->name) < 0 &&
	    errno != ENOSYS && errno != EPERM && errno != EDQUOT)
		return err_errno(run->err, "cannot join a new session keyring");
	r = credentials_resolve(&c->credentials, run->root, &credentials, run->err);
	if (r == 0)
		r = mounts_give(&run->plan->mounts, run->root, credentials.uid, credentials.gid,
				run->err);
	if (r == 0)
		r = capabilities_before_ids(&c->capabilities, credentials.uid, run->err);
	if (r == 0 && run->terminal >= 0)
		r = terminal_chown(run->terminal, credentials.uid, run->err);
	if (r == 0)
		r = credentials_apply(&c->credentials, &credentials, run->err);
	if (r == 0)
		r = capabilities_after_ids(&c->capabilities, run->err);
	if (r == 0)
		r = die_with_host(run);
	return r == 0 ? enter_directory(run) : r;
}

/* With a listener: 1, as the record goes out with it. From here on any system call may fail. */
static int load_filter(struct run *run)
{
	const struct seccomp_program *filter = &container(run)->seccomp;
	const struct record record = {.row = ROW_confine};
	int listener;

	if (!filter->count)
		return 0;
	if (!filter->notify)
		return seccomp_filter_load(filter, &listener, run->err);
	return seccomp_filter_load_and_send(filter, run->sock, &record, sizeof(record), run->err);
}

/* What the container does not have, given up before anybody in it can see this process. */
int inside_give_up(struct run *run)
{
	const struct container_plan *c = container(run);
	uint64_t late = plan_late_rights(c);
	int listener = c->wait ? run->handles[c->listener] : -1, r = 0;

	if (c->labels.apparmor || c->labels.selinux)
		r = labels_apply(&c->labels, run->label, run->err);
	keep_descriptors(c, (int[]){run->sock, run->terminal, listener}, 3);
	run->root = run->label = -1;
	if (r == 0 && c->filter_first)
		r = load_filter(run);
	if (r < 0)
		return r;
	return late ? capabilities_reduce(&c->capabilities, credentials.uid, late, run->err)
		    : capabilities_finish(&c->capabilities, credentials.uid, run->err);
}

int inside_confine(struct run *run)
{
	const struct container_plan *c = container(run);
	bool given_up = c->fork_last;
	int r = 0;

	result_await((c->guardian ? RESULT_GUARDED : 0) |
		     (c->record_pid && !c->outlives ? RESULT_RECORDED : 0));
	if (run->terminal >= 0)
		r = terminal_adopt(run->terminal, run->err);
	if (r == 0 && !given_up && (c->labels.apparmor || c->labels.selinux))
		r = labels_apply(&c->labels, run->label, run->err);
	/* Without no_new_privs a filter takes CAP_SYS_ADMIN, so it comes before the last rights go.
	 */
	if (r == 0 && !c->no_new_privileges && !c->filter_first)
		r = load_filter(run);
	if (r == 0 && (!given_up || plan_late_rights(c)))
		r = capabilities_finish(&c->capabilities, credentials.uid, run->err);
	if (r == 0 && c->no_new_privileges)
		r = no_new_privs_set(run->err);
	if (r == 0 && c->no_new_privileges)
		r = load_filter(run);
	return r == 0 && c->seccomp.notify ? WALK_REPORTED : r;
}

const char *home_directory(void)
{
	return credentials.home;
}
