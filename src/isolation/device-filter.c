// SPDX-License-Identifier: Apache-2.0
#include "device-filter.h"

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * The context holds access_type (access << 16 | type), major and minor, 32 bits each. Registers:
 * r2 type, r3 access, r4 major, r5 minor. Rules are tried from the last to the first; each
 * block jumps behind itself when it does not match, else returns its verdict. An allowing rule
 * matches when it covers every access asked for, a denying one when it covers any.
 */
struct program {
	struct bpf_insn *v;
	uint32_t n, max;
};

static void emit(struct program *p, uint8_t code, uint8_t dst, uint8_t src, int16_t off,
		 int32_t imm)
{
	if (p->n < p->max)
		p->v[p->n] = (struct bpf_insn){code, dst, src, off, imm};
	p->n++;
}

static void emit_rule(struct program *p, const struct device_rule *r)
{
	uint32_t jumps[5], n = 0;
	uint32_t all = DEVICE_MKNOD | DEVICE_READ | DEVICE_WRITE;

	if (r->type != 'a') {
		jumps[n++] = p->n;
		emit(p, BPF_JMP | BPF_JNE | BPF_K, 2, 0, 0,
		     r->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
		if (r->access != all) {
			emit(p, BPF_ALU | BPF_MOV | BPF_X, 1, 3, 0, 0);
			emit(p, BPF_ALU | BPF_AND | BPF_K, 1, 0, 0, (int32_t)r->access);
			jumps[n++] = p->n;
			if (r->allow)
				emit(p, BPF_JMP | BPF_JNE | BPF_X, 1, 3, 0, 0);
			else
				emit(p, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 0, 0);
		}
		if (r->major >= 0) {
			jumps[n++] = p->n;
			emit(p, BPF_JMP | BPF_JNE | BPF_K, 4, 0, 0, (int32_t)r->major);
		}
		if (r->minor >= 0) {
			jumps[n++] = p->n;
			emit(p, BPF_JMP | BPF_JNE | BPF_K, 5, 0, 0, (int32_t)r->minor);
		}
	}
	emit(p, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, r->allow ? 1 : 0);
	emit(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	for (uint32_t i = 0; i < n; i++)
		if (jumps[i] < p->max)
			p->v[jumps[i]].off = (int16_t)(p->n - jumps[i] - 1);
}

int device_filter_compile(const struct device_rule *rules, uint32_t n, struct bpf_insn *insns,
			  uint32_t max)
{
	struct program p = {insns, 0, max};
	uint32_t i = n;

	emit(&p, BPF_LDX | BPF_MEM | BPF_W, 2, 1, 0, 0);
	emit(&p, BPF_ALU | BPF_AND | BPF_K, 2, 0, 0, 0xffff);
	emit(&p, BPF_LDX | BPF_MEM | BPF_W, 3, 1, 0, 0);
	emit(&p, BPF_ALU | BPF_RSH | BPF_K, 3, 0, 0, 16);
	emit(&p, BPF_LDX | BPF_MEM | BPF_W, 4, 1, 4, 0);
	emit(&p, BPF_LDX | BPF_MEM | BPF_W, 5, 1, 8, 0);
	while (i-- > 0) {
		emit_rule(&p, &rules[i]);
		if (rules[i].type == 'a') /* everything before is decided */
			break;
	}
	if (i == UINT32_MAX) {
		emit(&p, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0);
		emit(&p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	}
	return p.n > max ? -E2BIG : (int)p.n;
}

static int bpf(int command, union bpf_attr *attr)
{
	long r;

	do
		r = syscall(SYS_bpf, command, attr, sizeof(*attr));
	while (r < 0 && errno == EAGAIN);
	return r < 0 ? -errno : (int)r;
}

static int load(const struct bpf_insn *insns, int n, struct err *err)
{
	static const char license[] = "Apache-2.0";
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.insns = (uint64_t)(uintptr_t)insns;
	attr.insn_cnt = (uint32_t)n;
	attr.license = (uint64_t)(uintptr_t)license;
	memcpy(attr.prog_name, "kokon_devices", 14);
	fd = bpf(BPF_PROG_LOAD, &attr);
	if (fd < 0) {
		err_set(err, -fd, "cannot load the device filter");
		if (fd == -EPERM)
			err_remedy(err,
				   "loading eBPF programs needs root (CAP_BPF and CAP_NET_ADMIN)");
		return fd;
	}
	return fd;
}

/* Is the attached program with this id one of ours? Its descriptor, or -ENOENT. */
static int open_ours(uint32_t id)
{
	struct bpf_prog_info info;
	union bpf_attr attr;
	CLOSE_FD int fd = -1;

	memset(&attr, 0, sizeof(attr));
	attr.prog_id = id;
	fd = bpf(BPF_PROG_GET_FD_BY_ID, &attr);
	if (fd < 0)
		return fd;
	memset(&info, 0, sizeof(info));
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (uint32_t)fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uint64_t)(uintptr_t)&info;
	if (bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) < 0 || strcmp(info.name, "kokon_devices") != 0)
		return -ENOENT;
	return TAKE_FD(fd);
}

static void detach_others(int cgroup, const uint32_t *ids, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		CLOSE_FD int old = open_ours(ids[i]);
		union bpf_attr attr;

		if (old < 0)
			continue;
		memset(&attr, 0, sizeof(attr));
		attr.target_fd = (uint32_t)cgroup;
		attr.attach_bpf_fd = (uint32_t)old;
		attr.attach_type = BPF_CGROUP_DEVICE;
		bpf(BPF_PROG_DETACH, &attr);
	}
}

int device_filter_attach(int cgroup, const struct device_rule *rules, uint32_t n, struct err *err)
{
	struct bpf_insn insns[DEVICE_FILTER_MAX_INSNS];
	uint32_t ids[16] = {0}, n_old = 0;
	int count = device_filter_compile(rules, n, insns, DEVICE_FILTER_MAX_INSNS), e;
	CLOSE_FD int program = -1;
	union bpf_attr attr;

	if (count < 0)
		return err_set(err, E2BIG, "too many device rules (%u)", n);
	program = load(insns, count, err);
	if (program < 0)
		return program;
	memset(&attr, 0, sizeof(attr));
	attr.query.target_fd = (uint32_t)cgroup;
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	attr.query.prog_cnt = ARRAY_SIZE(ids);
	attr.query.prog_ids = (uint64_t)(uintptr_t)ids;
	if (bpf(BPF_PROG_QUERY, &attr) == 0)
		n_old = attr.query.prog_cnt;
	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)cgroup;
	attr.attach_bpf_fd = (uint32_t)program;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	/* All attached programs must agree, so there is no moment without a filter. */
	e = bpf(BPF_PROG_ATTACH, &attr);
	if (e < 0)
		return err_set(err, -e, "cannot attach the device filter to the group");
	detach_others(cgroup, ids, MIN(n_old, (uint32_t)ARRAY_SIZE(ids)));
	return 0;
}
