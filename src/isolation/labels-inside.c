// SPDX-License-Identifier: Apache-2.0
#include "labels.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "file.h"
#include "mount.h"

#ifndef SYS_lsm_set_self_attr /* 6.8 */
#define SYS_lsm_set_self_attr 460
#endif

enum { LSM_ATTR_EXEC_ = 101, LSM_ID_SELINUX_ = 101, LSM_ID_APPARMOR_ = 104 };

/* struct lsm_ctx of linux/lsm.h (6.8), with room for a label. */
struct context {
	uint64_t id, flags, len, ctx_len;
	char text[480];
};

_Static_assert(offsetof(struct context, text) == 32, "struct lsm_ctx");

/* AppArmor reads a command, "exec PROFILE"; SELinux the context alone. */
static int fill(const struct labels_plan *p, struct context *c, struct err *err)
{
	const char *label = p->apparmor ? p->apparmor : p->selinux;
	size_t n = p->apparmor ? 5 : 0, len = strlen(label);

	if (n + len >= sizeof(c->text))
		return err_set(err, ENAMETOOLONG, "cannot set the label '%.60s…'", label);
	memset(c, 0, sizeof(*c));
	memcpy(c->text, "exec ", n);
	memcpy(c->text + n, label, len);
	c->id = p->apparmor ? LSM_ID_APPARMOR_ : LSM_ID_SELINUX_;
	c->ctx_len = n + len;
	c->len = sizeof(*c);
	return 0;
}

static int refused(const struct labels_plan *p, int code, struct err *err)
{
	if (p->apparmor) {
		err_set(err, code, "cannot use the AppArmor profile '%s'", p->apparmor);
		if (code == ENOENT)
			return err_remedy(err,
					  "the profile is not loaded: apparmor_parser -r "
					  "/etc/apparmor.d/…; 'aa-status' lists those that are");
		if (code == EINVAL || code == EOPNOTSUPP)
			return err_remedy(err, "AppArmor is not active here (/sys/module/apparmor/"
					       "parameters/enabled): leave the profile out");
		return -code;
	}
	err_set(err, code, "cannot use the SELinux label '%s'", p->selinux);
	if (code == EINVAL || code == EOPNOTSUPP || code == ENOENT)
		return err_remedy(err,
				  "SELinux is not active here (/sys/fs/selinux), or its policy "
				  "does not know this label");
	return -code;
}

/* A label of no length is refused in another way by kernels that have the call. */
static int has_call(void)
{
	return syscall(SYS_lsm_set_self_attr, LSM_ATTR_EXEC_, NULL, 0, 0) < 0 && errno != ENOSYS;
}

int labels_open(const struct labels_plan *p, uint32_t trusted, int *ret_fd, struct err *err)
{
	CLOSE_FD int proc = -1;
	struct statfs fs;

	*ret_fd = -1;
	if (has_call())
		return 0;
	proc = mount_new("proc", NULL, 0, NULL);
	if (proc < 0 && trusted)
		proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (proc >= 0 && fstatfs(proc, &fs) < 0)
		return err_errno(err, "cannot set a label: cannot examine procfs");
	if (proc < 0 || fs.f_type != PROC_SUPER_MAGIC)
		return err_set(err, ENOENT, "cannot set a label: no procfs at hand");
	*ret_fd = openat(proc,
			 p->apparmor ? "thread-self/attr/apparmor/exec" : "thread-self/attr/exec",
			 O_WRONLY | O_CLOEXEC);
	if (*ret_fd < 0 && p->apparmor)
		*ret_fd = openat(proc, "thread-self/attr/exec", O_WRONLY | O_CLOEXEC);
	return *ret_fd < 0 ? refused(p, errno, err) : 0;
}

int labels_apply(const struct labels_plan *p, int fd, struct err *err)
{
	struct context c;
	int r = fill(p, &c, err);

	if (r < 0)
		return r;
	if (fd >= 0)
		return write(fd, c.text, c.ctx_len) < 0 ? refused(p, errno, err) : 0;
	if (syscall(SYS_lsm_set_self_attr, LSM_ATTR_EXEC_, &c, sizeof(c), 0) < 0)
		return refused(p, errno, err);
	return 0;
}
