// SPDX-License-Identifier: Apache-2.0
/*
 * Device filter: which device nodes the processes of a version 2 group may make, read and
 * write. Version 2 has no files for it; an eBPF program of type CGROUP_DEVICE is attached to
 * the group and asked at each access (bpf(2); admin-guide/cgroup-v2.rst, "Device controller").
 */
#ifndef KOKON_DEVICE_FILTER_H
#define KOKON_DEVICE_FILTER_H

#include <linux/bpf.h>
#include "cgroup.h"

#define DEVICE_FILTER_MAX_INSNS 4096

/* Rules to instructions; the last rule that matches decides, and without one access is denied.
 * Pure. Returns the number of instructions, or -E2BIG. */
int device_filter_compile(const struct device_rule *rules, uint32_t n, struct bpf_insn *insns,
			  uint32_t max);
/* Load and attach to a group's directory descriptor, in place of a filter that this call
 * attached before. 0 or -errno. */
int device_filter_attach(int cgroup, const struct device_rule *rules, uint32_t n, struct err *err);

#endif
