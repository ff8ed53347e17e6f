// SPDX-License-Identifier: Apache-2.0
#include "spec-names.h"

#include <linux/mempolicy.h>
#include <linux/seccomp.h>
#include <linux/mount.h>
#include <sys/personality.h>
#include "spec.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV /* 5.19 */
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif
#ifndef MPOL_F_NUMA_BALANCING /* 5.12 */
#define MPOL_F_NUMA_BALANCING (1 << 13)
#endif

/* enum of linux/mempolicy.h, whose newest members headers may lack */
enum { MODE_PREFERRED_MANY = 5 /* 5.15 */, MODE_WEIGHTED_INTERLEAVE = 6 /* 6.9 */ };

const struct name spec_propagations[] = {
	{"private", MS_PRIVATE},
	{"shared", MS_SHARED},
	{"slave", MS_SLAVE},
	{"unbindable", MS_UNBINDABLE},
	{"rprivate", MS_PRIVATE | MS_REC},
	{"rshared", MS_SHARED | MS_REC},
	{"rslave", MS_SLAVE | MS_REC},
	{"runbindable", MS_UNBINDABLE | MS_REC},
	{NULL, 0},
};

const struct name spec_personalities[] = {
	{"LINUX", PER_LINUX},
	{"LINUX32", PER_LINUX32},
	{NULL, 0},
};

const struct name spec_seccomp_actions[] = {
	{"SCMP_ACT_ALLOW", SPEC_ACT_ALLOW},
	{"SCMP_ACT_ERRNO", SPEC_ACT_ERRNO},
	{"SCMP_ACT_KILL", SPEC_ACT_KILL},
	{"SCMP_ACT_KILL_PROCESS", SPEC_ACT_KILL_PROCESS},
	{"SCMP_ACT_KILL_THREAD", SPEC_ACT_KILL_THREAD},
	{"SCMP_ACT_LOG", SPEC_ACT_LOG},
	{"SCMP_ACT_NOTIFY", SPEC_ACT_NOTIFY},
	{"SCMP_ACT_TRACE", SPEC_ACT_TRACE},
	{"SCMP_ACT_TRAP", SPEC_ACT_TRAP},
	{NULL, 0},
};

const struct name spec_seccomp_ops[] = {
	{"SCMP_CMP_EQ", SPEC_CMP_EQ}, {"SCMP_CMP_GE", SPEC_CMP_GE},
	{"SCMP_CMP_GT", SPEC_CMP_GT}, {"SCMP_CMP_LE", SPEC_CMP_LE},
	{"SCMP_CMP_LT", SPEC_CMP_LT}, {"SCMP_CMP_MASKED_EQ", SPEC_CMP_MASKED_EQ},
	{"SCMP_CMP_NE", SPEC_CMP_NE}, {NULL, 0},
};

const struct name spec_seccomp_archs[] = {
	{"SCMP_ARCH_AARCH64", 0},     {"SCMP_ARCH_ARM", 0},    {"SCMP_ARCH_LOONGARCH64", 0},
	{"SCMP_ARCH_M68K", 0},        {"SCMP_ARCH_MIPS", 0},   {"SCMP_ARCH_MIPS64", 0},
	{"SCMP_ARCH_MIPS64N32", 0},   {"SCMP_ARCH_MIPSEL", 0}, {"SCMP_ARCH_MIPSEL64", 0},
	{"SCMP_ARCH_MIPSEL64N32", 0}, {"SCMP_ARCH_PARISC", 0}, {"SCMP_ARCH_PARISC64", 0},
	{"SCMP_ARCH_PPC", 0},         {"SCMP_ARCH_PPC64", 0},  {"SCMP_ARCH_PPC64LE", 0},
	{"SCMP_ARCH_RISCV64", 0},     {"SCMP_ARCH_S390", 0},   {"SCMP_ARCH_S390X", 0},
	{"SCMP_ARCH_SH", 0},          {"SCMP_ARCH_SHEB", 0},   {"SCMP_ARCH_X32", 0},
	{"SCMP_ARCH_X86", 0},         {"SCMP_ARCH_X86_64", 0}, {NULL, 0},
};

const struct name spec_seccomp_flags[] = {
	{"SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC},
	{"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG},
	{"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
	{"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV},
	{NULL, 0},
};

const struct name spec_memory_modes[] = {
	{"MPOL_DEFAULT", MPOL_DEFAULT},
	{"MPOL_BIND", MPOL_BIND},
	{"MPOL_INTERLEAVE", MPOL_INTERLEAVE},
	{"MPOL_WEIGHTED_INTERLEAVE", MODE_WEIGHTED_INTERLEAVE},
	{"MPOL_PREFERRED", MPOL_PREFERRED},
	{"MPOL_PREFERRED_MANY", MODE_PREFERRED_MANY},
	{"MPOL_LOCAL", MPOL_LOCAL},
	{NULL, 0},
};

const struct name spec_memory_flags[] = {
	{"MPOL_F_NUMA_BALANCING", MPOL_F_NUMA_BALANCING},
	{"MPOL_F_RELATIVE_NODES", MPOL_F_RELATIVE_NODES},
	{"MPOL_F_STATIC_NODES", MPOL_F_STATIC_NODES},
	{NULL, 0},
};
