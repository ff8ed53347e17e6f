// SPDX-License-Identifier: Apache-2.0
/* The plan as shell commands, each after one comment line that says why. Pure. */
#include "cgroup.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void put_path(struct out *o, const struct cgroup_place *in, const char *dir,
		     const char *file)
{
	OUT_CLEANUP struct out path = {0};

	out_printf(&path, "%s%s%s%s%s", in->mount, *dir ? "/" : "", dir, file ? "/" : "",
		   file ? file : "");
	out_shell_word(o, path.text);
}

static void put_why(struct out *o, const char *why, const char **last)
{
	if (!*last || strcmp(*last, why) != 0)
		out_printf(o, "# %s\n", why);
	*last = why;
}

static void explain_inherit(struct out *o, const struct cgroup_place *in,
			    const struct cgroup_op *op)
{
	out_puts(o, "grep -q . ");
	put_path(o, in, op->dir, op->file);
	out_puts(o, " || cat ");
	put_path(o, in, op->dir, NULL);
	out_printf(o, "/../%s > ", op->file);
	put_path(o, in, op->dir, op->file);
	out_puts(o, "\n");
}

static void explain_move(struct out *o, const struct cgroup_place *from, const char *from_dir,
			 const struct cgroup_place *to, const char *to_dir)
{
	out_puts(o, "for p in $(cat ");
	put_path(o, from, from_dir, "cgroup.procs");
	out_puts(o, "); do echo $p > ");
	put_path(o, to, to_dir, "cgroup.procs");
	out_puts(o, "; done\n");
}

static void explain_op(const struct cgroup_plan *p, const struct cgroup_op *op, struct out *o)
{
	const struct cgroup_place *in = &p->in[op->in];
	char room[4300];

	switch (op->kind) {
	case CGROUP_OP_CHECK:
		out_puts(o, "[ ! -e ");
		put_path(o, in, op->dir, op->file);
		out_puts(o, " ] || [ $(cat ");
		put_path(o, in, op->dir, op->file);
		out_printf(o, ") -le %s ] || exit 1\n", op->value);
		break;
	case CGROUP_OP_MKDIR:
		out_puts(o, op->last && (p->flags & CGROUP_NEW) ? "mkdir " : "mkdir -p ");
		put_path(o, in, op->dir, NULL);
		out_puts(o, "\n");
		break;
	case CGROUP_OP_ENABLE:
	case CGROUP_OP_WRITE:
		out_puts(o, "echo ");
		out_shell_word(o, op->value);
		out_puts(o, " > ");
		put_path(o, in, op->dir, op->file);
		out_puts(o, op->optional ? " 2>/dev/null || true\n" : "\n");
		break;
	case CGROUP_OP_INHERIT: explain_inherit(o, in, op); break;
	case CGROUP_OP_ROOM:
		snprintf(room, sizeof(room), "%s/%s", op->dir, op->value);
		out_puts(o, "mkdir -p ");
		put_path(o, in, room, NULL);
		out_puts(o, "\n");
		explain_move(o, in, op->dir, in, room);
		break;
	case CGROUP_OP_ADOPT:
		explain_move(o, &p->in[op->from], p->in[op->from].dir, in, op->dir);
		break;
	default: break;
	}
}

void cgroup_explain(const struct cgroup_plan *p, struct out *o)
{
	const char *last = NULL;

	for (uint32_t i = 0; i < p->n_ops; i++) {
		if (p->ops[i].late)
			continue;
		put_why(o, p->ops[i].why, &last);
		explain_op(p, &p->ops[i], o);
	}
	if ((p->flags & CGROUP_OWN) && p->n_in && p->in[0].version == 2) {
		out_printf(o, "# who is root in the container manages groups below this one\n(cd ");
		put_path(o, &p->in[0], p->in[0].dir, NULL);
		out_printf(o, " && chown %u . $(cat /sys/kernel/cgroup/delegate))\n", p->owner);
	}
	if (p->n_devices) {
		out_puts(o, "# version 2 has no device files: a program decides each access\n"
			    "# system call bpf(BPF_PROG_ATTACH, {BPF_CGROUP_DEVICE, ");
		put_path(o, &p->in[0], p->in[0].dir, NULL);
		out_puts(o, "})\n");
	}
}

void cgroup_explain_finish(const struct cgroup_plan *p, struct out *o)
{
	const char *last = NULL;

	for (uint32_t i = 0; i < p->n_ops; i++) {
		if (!p->ops[i].late)
			continue;
		put_why(o, p->ops[i].why, &last);
		explain_op(p, &p->ops[i], o);
	}
}

void cgroup_explain_join(const struct cgroup_plan *p, const char *pid, enum cgroup_join_which which,
			 struct out *o)
{
	bool first = true;

	for (uint32_t i = 0; i < p->n_in; i++) {
		if (which == CGROUP_JOIN_V1 && p->in[i].version == 2)
			continue;
		if (first)
			out_puts(o, "# the process enters the group in each hierarchy\n");
		first = false;
		out_printf(o, "echo %s > ", pid);
		put_path(o, &p->in[i], p->in[i].dir, "cgroup.procs");
		out_puts(o, "\n");
	}
}

void cgroup_explain_remove(const struct cgroup_plan *p, struct out *o)
{
	if (p->n_in)
		out_puts(o, "# an empty group is removed like a directory, in each hierarchy\n");
	for (uint32_t i = 0; i < p->n_in; i++) {
		out_puts(o, "rmdir ");
		put_path(o, &p->in[i], p->in[i].dir, NULL);
		out_puts(o, "\n");
	}
}
