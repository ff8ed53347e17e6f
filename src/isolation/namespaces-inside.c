// SPDX-License-Identifier: Apache-2.0
#include "namespaces.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include "file.h"
#include "uapi.h"

static int refused(uint64_t flags, struct err *err)
{
	char line[32] = "";

	if (err->code == ENOSPC || err->code == EUSERS)
		return err_remedy(
			err,
			"the limit of namespaces is reached, see /proc/sys/user/max_*_namespaces");
	if (err->code == EINVAL)
		return err_remedy(err, "this kernel lacks one of them, see /proc/self/ns");
	if (err->code != EPERM && err->code != EACCES)
		return -err->code;
	if (!(flags & CLONE_NEWUSER))
		return err_remedy(
			err, "this takes CAP_SYS_ADMIN: add --map-root-user, or run it as root");
	if (read_line_at(AT_FDCWD, "/proc/sys/kernel/unprivileged_userns_clone", line,
			 sizeof(line)) > 0 &&
	    *line == '0')
		return err_remedy(err, "user namespaces are for root only here: sysctl "
				       "kernel.unprivileged_userns_clone=1");
	if (read_line_at(AT_FDCWD, "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", line,
			 sizeof(line)) > 0 &&
	    *line == '1')
		return err_remedy(err, "AppArmor forbids user namespaces to programs without a "
				       "profile: install kokon's "
				       "profile in /etc/apparmor.d, or sysctl "
				       "kernel.apparmor_restrict_unprivileged_userns=0");
	if (read_line_at(AT_FDCWD, "/proc/sys/user/max_user_namespaces", line, sizeof(line)) > 0 &&
	    strcmp(line, "0") == 0)
		return err_remedy(
			err,
			"user namespaces are switched off: sysctl user.max_user_namespaces=10000");
	return err_remedy(err, "inside a chroot, or under a seccomp filter of a container, the "
			       "kernel refuses user namespaces");
}

/* "mnt, uts and pid" */
static void list_names(uint64_t flags, char *buf, size_t size)
{
	size_t n = 0;

	buf[0] = '\0';
	for (int i = 0; i < NAMESPACE_TYPES && n < size; i++) {
		if (!(flags & namespace_infos[i].flag))
			continue;
		flags &= ~namespace_infos[i].flag;
		n += (size_t)snprintf(buf + n, size - n, "%s%s",
				      n == 0  ? ""
				      : flags ? ", "
					      : " and ",
				      namespace_infos[i].name);
	}
}

static int make(uint64_t flags, struct err *err)
{
	char names[64];

	if (flags == 0 || unshare((int)flags) == 0)
		return 0;
	list_names(flags, names, sizeof(names));
	err_errno(err, "cannot make a new %s namespace", names);
	return refused(flags, err);
}

int namespaces_make_user(struct err *err)
{
	return make(CLONE_NEWUSER, err);
}

int namespaces_make_in_place(const struct namespaces_plan *plan, uint64_t later, struct err *err)
{
	return make(plan->create & ~(CLONE_NEWUSER | CLONE_NEWTIME | later), err);
}

static int write_offset(int fd, const char *clock, int64_t ns, struct err *err)
{
	char line[64];
	int64_t seconds = ns / 1000000000, rest = ns % 1000000000;
	int n;

	if (rest < 0) {
		rest += 1000000000;
		seconds--;
	}
	n = snprintf(line, sizeof(line), "%s %lld %lld", clock, (long long)seconds,
		     (long long)rest);
	if (write(fd, line, (size_t)n) == n)
		return 0;
	err_errno(err, "cannot set the %s clock's offset to %lld s", clock, (long long)seconds);
	if (err->code == ERANGE)
		err_remedy(err,
			   "the clock of the new namespace must lie between 0 and about 146 years");
	return -err->code;
}

int namespaces_make_time(const struct namespaces_plan *plan, struct err *err)
{
	CLOSE_FD int fd = -1;
	int r = make(CLONE_NEWTIME, err);

	if (r < 0 || (!plan->set_monotonic && !plan->set_boottime))
		return r;
	fd = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, "cannot open '/proc/self/timens_offsets'");
	if (plan->set_monotonic)
		r = write_offset(fd, "monotonic", plan->monotonic_ns, err);
	if (r == 0 && plan->set_boottime)
		r = write_offset(fd, "boottime", plan->boottime_ns, err);
	return r;
}

static int cannot_join(const struct namespace_join *join, uint64_t flags, struct err *err)
{
	char names[64];

	list_names(flags, names, sizeof(names));
	err_errno(err, "cannot enter the %s namespace '%s'", names, join->shown);
	if (err->code == EINVAL && join->type == NAMESPACE_USER)
		return err_remedy(err, "it is the user namespace that you are in, or you "
				       "share a file system view with another process");
	if (err->code == EINVAL)
		return err_remedy(err, "'%s' is no %s namespace", join->shown, names);
	if (err->code == EPERM)
		return err_remedy(err, "this takes CAP_SYS_ADMIN in the user namespace that owns "
				       "it: run it as root, or enter that user namespace too "
				       "(--user)");
	if (err->code == ESRCH)
		return err_remedy(err, "its process has just ended");
	return -err->code;
}

/* Those that follow each other by the same descriptor, which is a process then, are entered
 * together. */
int namespaces_join(const struct namespaces_plan *plan, uint64_t types, const int *handles,
		    struct err *err)
{
	const struct namespace_join *join = plan->joins, *end = join + plan->n_joins, *first;

	while (join < end) {
		uint64_t flags = 0;

		for (first = join; join < end && join->handle == first->handle; join++)
			flags |= namespace_infos[join->type].flag & types;
		if (flags && setns(handles[first->handle], (int)flags) < 0)
			return cannot_join(first, flags, err);
	}
	return 0;
}

int namespaces_set_names(const struct namespaces_plan *plan, struct err *err)
{
	if (plan->hostname && sethostname(plan->hostname, strlen(plan->hostname)) < 0)
		return err_errno(err, "cannot set the hostname '%s'", plan->hostname);
	if (plan->domainname && setdomainname(plan->domainname, strlen(plan->domainname)) < 0)
		return err_errno(err, "cannot set the domain name '%s'", plan->domainname);
	return 0;
}

int namespaces_loopback_up(struct err *err)
{
	CLOSE_FD int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = {.ifr_name = "lo"};

	if (sock < 0)
		sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sock < 0 || ioctl(sock, SIOCGIFFLAGS, &request) < 0)
		return err_errno(err, "cannot find the loopback interface 'lo'");
	request.ifr_flags |= IFF_UP;
	if (ioctl(sock, SIOCSIFFLAGS, &request) < 0)
		return err_errno(err, "cannot bring the loopback interface 'lo' up");
	return 0;
}
