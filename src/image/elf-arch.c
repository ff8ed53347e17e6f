// SPDX-License-Identifier: Apache-2.0
#include "elf-arch.h"

#include <elf.h>
#include <stddef.h>

#ifndef EM_LOONGARCH
#define EM_LOONGARCH 258
#endif

static const struct elf_arch arches[] = {
	{EM_X86_64, 64, "x86_64", "x86_64-linux-gnu", "x86_64"},
	{EM_X86_64, 32, "x32", "x86_64-linux-gnux32", "x86_64"},
	{EM_386, 32, "i386", "i386-linux-gnu", "i686"},
	{EM_AARCH64, 64, "aarch64", "aarch64-linux-gnu", "aarch64"},
	{EM_ARM, 32, "arm", "arm-linux-gnueabihf", "v7l"},
	{EM_RISCV, 64, "riscv64", "riscv64-linux-gnu", "riscv64"},
	{EM_RISCV, 32, "riscv32", "riscv32-linux-gnu", "riscv32"},
	{EM_PPC64, 64, "ppc64le", "powerpc64le-linux-gnu", "power8"},
	{EM_PPC, 32, "ppc", "powerpc-linux-gnu", "powerpc"},
	{EM_S390, 64, "s390x", "s390x-linux-gnu", "z10"},
	{EM_S390, 32, "s390", "s390-linux-gnu", "z10"},
	{EM_MIPS, 64, "mips64", "mips64el-linux-gnuabi64", "mips64"},
	{EM_MIPS, 32, "mips", "mipsel-linux-gnu", "mips"},
	{EM_SPARCV9, 64, "sparc64", "sparc64-linux-gnu", "sparcv9"},
	{EM_LOONGARCH, 64, "loongarch64", "loongarch64-linux-gnu", "loongarch64"},
	{EM_68K, 32, "m68k", "m68k-linux-gnu", "m68k"},
	{EM_SH, 32, "sh4", "sh4-linux-gnu", "sh4"},
	{EM_PARISC, 32, "hppa", "hppa-linux-gnu", "hppa"},
};

const struct elf_arch *elf_arch_find(uint16_t machine, uint8_t bits)
{
	static const struct elf_arch unknown = {0, 0, "an unknown architecture", "", ""};

	for (size_t i = 0; i < sizeof(arches) / sizeof(arches[0]); i++)
		if (arches[i].machine == machine && arches[i].bits == bits)
			return &arches[i];
	return &unknown;
}

const struct elf_arch *elf_arch_own(void)
{
#if defined(__x86_64__)
	return elf_arch_find(EM_X86_64, sizeof(void *) * 8);
#elif defined(__i386__)
	return elf_arch_find(EM_386, 32);
#elif defined(__aarch64__)
	return elf_arch_find(EM_AARCH64, 64);
#elif defined(__arm__)
	return elf_arch_find(EM_ARM, 32);
#elif defined(__riscv)
	return elf_arch_find(EM_RISCV, sizeof(void *) * 8);
#elif defined(__powerpc64__)
	return elf_arch_find(EM_PPC64, 64);
#elif defined(__s390x__)
	return elf_arch_find(EM_S390, 64);
#elif defined(__loongarch__)
	return elf_arch_find(EM_LOONGARCH, 64);
#elif defined(__mips__)
	return elf_arch_find(EM_MIPS, sizeof(void *) * 8);
#else
	return elf_arch_find(EM_NONE, 0);
#endif
}

bool elf_arch_runs(const struct elf_arch *own, const struct elf_arch *other)
{
	if (own == other)
		return true;
	if (own->machine == EM_X86_64)
		return other->machine == EM_386 || other->machine == EM_X86_64;
	return own->machine == EM_AARCH64 && other->machine == EM_ARM;
}

const char *const *elf_arch_levels(const struct elf_arch *arch)
{
	static const char *const none[] = {NULL};

#if defined(__x86_64__)
	/* The features that tell the psABI's levels apart on real processors. */
	static const char *const levels[] = {"x86-64-v4", "x86-64-v3", "x86-64-v2", NULL};

	if (arch != elf_arch_own())
		return none;
	__builtin_cpu_init();
	if (!__builtin_cpu_supports("sse4.2") || !__builtin_cpu_supports("popcnt"))
		return levels + 3;
	if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi") ||
	    !__builtin_cpu_supports("bmi2") || !__builtin_cpu_supports("fma"))
		return levels + 2;
	if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
	    !__builtin_cpu_supports("avx512cd") || !__builtin_cpu_supports("avx512dq") ||
	    !__builtin_cpu_supports("avx512vl"))
		return levels + 1;
	return levels;
#else
	(void)arch;
	return none;
#endif
}
