// SPDX-License-Identifier: Apache-2.0
/* What a filter's program answers: classic BPF, as the kernel allows it for seccomp
 * (net/core/filter.c, seccomp_check_filter()). */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include "macros.h"
#include "seccomp-filter.h"

#if defined(__x86_64__)
enum { ARCH = AUDIT_ARCH_X86_64 };
#elif defined(__aarch64__)
enum { ARCH = AUDIT_ARCH_AARCH64 };
#elif defined(__riscv) && __riscv_xlen == 64
enum { ARCH = AUDIT_ARCH_RISCV64 };
#else
enum { ARCH = 0 };
#endif

/* The action, or SECCOMP_RET_KILL_PROCESS where it cannot be told. */
static uint32_t verdict(const struct seccomp_program *p, const struct seccomp_data *d)
{
	const size_t known = offsetof(struct seccomp_data, args) + 2 * sizeof(d->args[0]);
	uint32_t a = 0;

	for (uint32_t i = 0; i < p->count; i++) {
		const struct sock_filter *f = &p->code[i];
		bool yes = false;

		switch (f->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (f->k > known - sizeof(a))
				return SECCOMP_RET_KILL_PROCESS;
			memcpy(&a, (const char *)d + f->k, sizeof(a));
			continue;
		case BPF_RET | BPF_K: return f->k & SECCOMP_RET_ACTION_FULL;
		case BPF_ALU | BPF_AND | BPF_K: a &= f->k; continue;
		case BPF_JMP | BPF_JA: i += f->k; continue;
		case BPF_JMP | BPF_JEQ | BPF_K: yes = a == f->k; break;
		case BPF_JMP | BPF_JGT | BPF_K: yes = a > f->k; break;
		case BPF_JMP | BPF_JGE | BPF_K: yes = a >= f->k; break;
		case BPF_JMP | BPF_JSET | BPF_K: yes = a & f->k; break;
		default: return SECCOMP_RET_KILL_PROCESS;
		}
		i += yes ? f->jt : f->jf;
	}
	return SECCOMP_RET_KILL_PROCESS;
}

bool seccomp_allows(const struct seccomp_program *p, const struct seccomp_call *calls, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct seccomp_data d = {
			.nr = (int)calls[i].number,
			.arch = (uint32_t)ARCH,
			.args = {calls[i].args[0], calls[i].args[1]},
		};
		uint32_t action = ARCH ? verdict(p, &d) : SECCOMP_RET_KILL_PROCESS;

		if (action != SECCOMP_RET_ALLOW && action != SECCOMP_RET_LOG)
			return false;
	}
	return true;
}
