// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include "file.h"
#include "plan-oci.h"
#include "uapi.h"

#ifndef NS_GET_NSTYPE /* 4.11; linux/nsfs.h */
#define NS_GET_NSTYPE _IO(0xb7, 0x3)
#endif

static int type_of(uint64_t flag)
{
	for (int i = 0; i < NAMESPACE_TYPES; i++)
		if (namespace_infos[i].flag == flag)
			return i;
	return -1;
}

/* The kernel refuses to enter the user namespace that one is in. */
static bool is_own_user_namespace(int fd, int type)
{
	struct stat a, b;

	return type == NAMESPACE_USER && fstat(fd, &a) == 0 &&
	       stat("/proc/self/ns/user", &b) == 0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

static int open_namespace(const struct spec_namespace *n, int type, struct err *err)
{
	CLOSE_FD int fd = open(n->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int is;

	if (fd < 0)
		return err_errno(err, "cannot open the %s namespace '%s'",
				 namespace_infos[type].oci, n->path);
	is = ioctl(fd, NS_GET_NSTYPE);
	if (is < 0)
		return err_set(err, EINVAL, "'%s' is no namespace", n->path);
	if ((uint64_t)(uint32_t)is != n->flag)
		return err_set(err, EINVAL, "'%s' is a %s namespace, not a %s namespace", n->path,
			       type_of((uint32_t)is) >= 0
				       ? namespace_infos[type_of((uint32_t)is)].oci
				       : "different",
			       namespace_infos[type].oci);
	return TAKE_FD(fd);
}

/* /proc/PID/ns/user stands beside the file that tells whether setgroups(2) is denied there. */
static bool denies_groups(const char *path)
{
	char line[16], file[64];
	int pid;

	if (sscanf(path, "/proc/%d/ns/user", &pid) != 1)
		return false;
	snprintf(file, sizeof(file), "/proc/%d/setgroups", pid);
	return read_line_at(AT_FDCWD, file, line, sizeof(line)) > 0 && strcmp(line, "deny") == 0;
}

int oci_survey_systemd(struct arena *a, const struct facts *facts, struct cgroup_layout *layout,
		       struct err *err)
{
	int v2 = cgroup_layout_v2(layout), r;
	char path[1024], controllers[256];
	const char *group;

	if ((facts->administrator && !facts->nested) || v2 < 0 || !facts->systemd_helper)
		return 0;
	r = scope_manager_group(a, facts->systemd_helper, true, &group, err);
	if (r < 0)
		return r;
	layout->h[v2].base = group + (*group == '/');
	snprintf(path, sizeof(path), "%s%s/cgroup.controllers", layout->h[v2].mount, group);
	if (read_line_at(AT_FDCWD, path, controllers, sizeof(controllers)) > 0)
		layout->h[v2].controllers = cgroup_controllers_parse(controllers, ' ');
	return 0;
}

/* In a user namespace the host's nodes are bound: those of devices that have another path there. */
static void survey_devices(struct arena *a, struct oci_request *q)
{
	const struct spec_linux *l = &q->spec->linux_;

	if (!l->n_devices || !spec_namespace_of(q->spec, CLONE_NEWUSER))
		return;
	q->nodes = arena_array(a, const char *, l->n_devices);
	for (uint32_t i = 0; i < l->n_devices; i++) {
		const struct spec_device *d = &l->devices[i];

		if (d->type != 'p')
			q->nodes[i] =
				device_find(a, d->path, d->type == 'b' ? S_IFBLK : S_IFCHR,
					    (uint32_t)d->major.value, (uint32_t)d->minor.value);
	}
}

int oci_survey(struct arena *a, struct oci_request *q, struct err *err)
{
	const struct spec_linux *l = &q->spec->linux_;

	survey_devices(a, q);
	if (l->intel_rdt)
		q->resctrl = rdt_mounted(a);
	for (int type = 0; type < NAMESPACE_TYPES; type++) {
		const struct spec_namespace *n =
			spec_namespace_of(q->spec, namespace_infos[type].flag);
		int fd;

		if (!n || !n->path)
			continue;
		fd = open_namespace(n, type, err);
		if (fd < 0)
			return err_context(err, "linux.namespaces[%u]",
					   (unsigned int)(n - l->namespaces));
		if (is_own_user_namespace(fd, type)) {
			close(fd);
			continue;
		}
		if (type == NAMESPACE_USER)
			q->joined_deny_groups = denies_groups(n->path);
		q->joins[q->n_joins++] =
			(struct namespace_given){(uint32_t)type, fd, arena_strdup(a, n->path)};
	}
	return 0;
}
