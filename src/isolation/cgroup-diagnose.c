// SPDX-License-Identifier: Apache-2.0
/* Why the kernel refused a write to a group, found by looking at the groups around it. */
#include <stdio.h>
#include <string.h>

#include "cgroup-do.h"
#include "file.h"

static const char *file_in(const char *dir, const char *file, char *buf, size_t size)
{
	snprintf(buf, size, "%s%s%s", dir, *dir ? "/" : "", file);
	return buf;
}

/* "123 234 345 …" from cgroup.procs of a group. */
static void some_pids(int mount, const char *dir, char *buf, size_t size)
{
	FREE_PTR char *text = NULL;
	char path[4200];
	size_t n = 0;

	buf[0] = '\0';
	if (read_file_at(mount, file_in(dir, "cgroup.procs", path, sizeof(path)), 1 << 20, &text) <=
	    0)
		return;
	for (char *s = text; *s; s++)
		if (*s == '\n')
			*s = s[1] ? ' ' : '\0';
	n = strlen(text);
	if (n < size) {
		memcpy(buf, text, n + 1);
		return;
	}
	n = size - 5;
	while (n && text[n] != ' ')
		n--;
	snprintf(buf, size, "%.*s …", (int)n, text);
}

static bool threaded(int mount, const char *dir)
{
	char path[4200], type[32];

	return read_line_at(mount, file_in(dir, "cgroup.type", path, sizeof(path)), type,
			    sizeof(type)) > 0 &&
	       strcmp(type, "domain") != 0;
}

static int diagnose_enable(const struct cgroup_plan *p, const struct cgroup_op *op, int mount,
			   int code, struct err *err)
{
	const struct cgroup_place *in = &p->in[op->in];
	char pids[120];
	const char *name = op->dir + strlen(in->base);

	name += *name == '/';
	if (code == EBUSY) {
		some_pids(mount, op->dir, pids, sizeof(pids));
		err_set(err, EBUSY,
			"group '/%s' has processes (%s), so it cannot give controllers (%s) to "
			"groups below it",
			op->dir, pids, op->value);
		if (*name)
			return err_remedy(err,
					  "in version 2 a group has either processes or children "
					  "with controllers; move them to a leaf first: kokon "
					  "cgroup create %s/leaf && kokon cgroup move %s/leaf %s",
					  name, name, pids);
		return err_remedy(err,
				  "in version 2 a group has either processes or children with "
				  "controllers; move them to a leaf first: kokon cgroup create "
				  "leaf && kokon cgroup move leaf %s",
				  pids);
	}
	if (code == ENOENT) {
		err_set(err, ENOENT,
			"group '/%s' cannot give the controllers '%s' to groups below it", op->dir,
			op->value);
		return err_remedy(err, "it did not get them itself: see %s/%s/cgroup.controllers",
				  in->mount, op->dir);
	}
	err_set(err, code, "cannot write '%s' to '%s/%s/%s'", op->value, in->mount, op->dir,
		op->file);
	if (code == EOPNOTSUPP)
		return err_remedy(err,
				  "the group is threaded, or below a threaded one (cgroup.type), "
				  "where only controllers of threads exist: use another group");
	return -code;
}

static int diagnose_missing(const struct cgroup_place *in, const struct cgroup_op *op,
			    struct err *err)
{
	err_set(err, ENOENT, "the group '%s/%s' has no file '%s'", in->mount, op->dir, op->file);
	if (strstr(op->file, "swap") || strstr(op->file, "memsw"))
		return err_remedy(err, "this kernel does not count swap; boot with swapaccount=1, "
				       "or leave --memory-swap out");
	if (strcmp(op->file, "io.weight") == 0 || strstr(op->file, "bfq"))
		return err_remedy(
			err, "weights need the BFQ scheduler on the disk, or the kernel's iocost");
	return err_remedy(
		err,
		"this kernel lacks the limit, or the group above does not give the controller");
}

/* What the group above has of a cpuset, which is what a group may choose from. */
static int diagnose_cpuset(const struct cgroup_op *op, int mount, struct err *err)
{
	const char *slash = strrchr(op->dir, '/');
	char parent[4200], path[4300], value[256];
	static const char *const files[] = {"%s.effective", "%s"};

	snprintf(parent, sizeof(parent), "%.*s", slash ? (int)(slash - op->dir) : 0, op->dir);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		char file[64];

		snprintf(file, sizeof(file), files[i], op->file);
		if (read_line_at(mount, file_in(parent, file, path, sizeof(path)), value,
				 sizeof(value)) > 0)
			return err_remedy(err,
					  "it accepts a list out of what the group above has: %s",
					  value);
	}
	return err_remedy(err, "it accepts %s", op->accepts);
}

int cgroup_diagnose_write(const struct cgroup_plan *p, const struct cgroup_op *op, int mount,
			  int code, struct err *err)
{
	const struct cgroup_place *in = &p->in[op->in];

	if (op->kind == CGROUP_OP_ENABLE)
		return diagnose_enable(p, op, mount, code, err);
	if (code == ENOENT)
		return diagnose_missing(in, op, err);
	if (code == EBUSY && strncmp(op->file, "memory.", 7) == 0) {
		err_set(err, code, "the limit %s for '%s' is below present use", op->value,
			op->file);
		return err_remedy(
			err,
			"give more, or end processes of the group first (kokon cgroup show %s)",
			p->path);
	}
	err_set(err, code, "the kernel refuses '%s' for '%s' of group '%s'", op->value, op->file,
		p->path);
	if (code == EACCES || code == EPERM)
		return err_remedy(err, "this group is not yours to limit; run it as root, or limit "
				       "a group below your own");
	if (code == EOPNOTSUPP && threaded(mount, op->dir))
		return err_remedy(err, "the group is threaded, which has no such limit");
	if (code == EBUSY && strncmp(op->file, "cpuset.", 7) == 0)
		return err_remedy(err,
				  "a group below it uses more than these: narrow that one first");
	if (code == ENODEV || code == ENXIO)
		return err_remedy(
			err,
			"no such block device here: give a whole disk, such as /dev/vda or 254:0");
	if (strncmp(op->file, "cpuset.", 7) == 0 && op->accepts)
		return diagnose_cpuset(op, mount, err);
	if (op->accepts)
		return err_remedy(err, "it accepts %s", op->accepts);
	return -code;
}
