// SPDX-License-Identifier: Apache-2.0
/*
 * loader: what an image may have in the place of its dynamic linker. A program of the host that is
 * executed in a container starts with it, and is in its hands (CVE-2019-5736). It prints which file
 * that is, "executed DEVICE:INODE", and ends.
 *
 * It has no library, since nobody would relocate it.
 */
#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#ifndef __x86_64__
#error "its first instructions are for x86-64 only"
#endif

static long call(long number, long a, long b, long c, long d)
{
	register long r10 __asm__("r10") = d;
	long r;

	__asm__ volatile("syscall"
			 : "=a"(r)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return r;
}

static char *put(char *end, unsigned long n)
{
	do
		*--end = (char)('0' + n % 10);
	while (n /= 10);
	return end;
}

__attribute__((used)) static void begin(void)
{
	char path[] = {'/', 'p', 'r', 'o', 'c', '/', 's', 'e', 'l', 'f', '/', 'e', 'x', 'e', '\0'};
	char word[] = {'e', 'x', 'e', 'c', 'u', 't', 'e', 'd', ' '};
	char line[80], *end = line + sizeof(line), *at = end;
	struct stat st;

	if (call(SYS_newfstatat, AT_FDCWD, (long)path, (long)&st, 0) == 0) {
		*--at = '\n';
		at = put(at, st.st_ino);
		*--at = ':';
		at = put(at, st.st_dev);
		for (size_t i = sizeof(word); i > 0; i--)
			*--at = word[i - 1];
		call(SYS_write, 1, (long)at, end - at, 0);
	}
	call(SYS_exit_group, 0, 0, 0, 0);
}

__asm__(".globl _start\n_start:\n\tand $-16, %rsp\n\tcall begin\n");
