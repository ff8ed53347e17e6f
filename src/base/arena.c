// SPDX-License-Identifier: Apache-2.0
#include "arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#ifndef MADV_POPULATE_WRITE /* Linux 5.14 */
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

int arena_init(struct arena *a)
{
	void *p = mmap(NULL, ARENA_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return -errno;
	*a = (struct arena){.base = p, .size = ARENA_SIZE};
	return 0;
}

void arena_prepare(struct arena *a, size_t bytes)
{
	/* Only an advice: what fails here is done page by page later. */
	if (madvise(a->base, bytes, MADV_POPULATE_WRITE) < 0)
		return;
}

int arena_init_shared(struct arena *a, int *ret_fd)
{
	CLOSE_FD int fd = memfd_create("kokon-plan", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct rlimit limit;
	void *p;

	/* The kernel would kill with SIGXFSZ, and ignoring that is inherited by the program. */
	if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < ARENA_SIZE + ARENA_RESULT)
		return -EFBIG;

	if (fd < 0 || ftruncate(fd, ARENA_SIZE + ARENA_RESULT) < 0)
		return -errno;
	p = mmap((void *)ARENA_ADDRESS, ARENA_SIZE + ARENA_RESULT, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	*a = (struct arena){.base = p, .size = ARENA_SIZE};
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int arena_map(int fd)
{
	void *p = mmap((void *)ARENA_ADDRESS, ARENA_SIZE + ARENA_RESULT, PROT_READ,
		       MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0);

	if (p == MAP_FAILED)
		return -errno;
	return p == (void *)ARENA_ADDRESS ? 0 : -EEXIST;
}

void arena_free(struct arena *a)
{
	if (a->base)
		munmap(a->base, a->size);
	*a = (struct arena){0};
}

NORETURN static void exhausted(void)
{
	static const char message[] = "kokon: the input is too large for the plan's memory\n";

	if (write(STDERR_FILENO, message, sizeof(message) - 1) < 0)
		_exit(125);
	_exit(125);
}

void *arena_alloc(struct arena *a, size_t size)
{
	size_t start = (a->used + 15) & ~(size_t)15;

	if (size > a->size || start > a->size - size)
		exhausted();
	a->used = start + size;
	return a->base + start;
}

void *arena_alloc_array(struct arena *a, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		exhausted();
	return arena_alloc(a, bytes);
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *copy = arena_alloc(a, len + 1);

	memcpy(copy, s, len);
	return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
	size_t size = s ? strlen(s) + 1 : 0;

	return s ? memcpy(arena_alloc(a, size), s, size) : NULL;
}

/* Most formats put strings together, and nothing else. */
static bool has_strings_only(const char *fmt)
{
	while ((fmt = strchr(fmt, '%')))
		if (*++fmt != 's')
			return false;
	return true;
}

static char *join(struct arena *a, const char *fmt, va_list ap)
{
	char *start = arena_alloc(a, 0), *to = start;
	size_t room = a->size - a->used;

	while (*fmt) {
		bool argument = *fmt == '%';
		const char *part = argument ? va_arg(ap, const char *) : fmt;
		size_t n = argument ? strlen(part) : strcspn(fmt, "%");

		if (n >= room - (size_t)(to - start))
			exhausted();
		memcpy(to, part, n);
		to += n;
		fmt += argument ? 2 : n;
	}
	a->used += (size_t)(to - start) + 1;
	return start;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	char *s = arena_alloc(a, 0);
	size_t room = a->size - a->used;
	va_list ap;
	int n;

	/* Formatted once, where it is to stay. */
	va_start(ap, fmt);
	if (has_strings_only(fmt)) {
		s = join(a, fmt, ap);
		va_end(ap);
		return s;
	}
	n = vsnprintf(s, room, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room)
		exhausted();
	a->used += (size_t)n + 1;
	return s;
}

char **arena_strv(struct arena *a, char *const *v, size_t n)
{
	char **copy = arena_array(a, char *, n + 1);

	for (size_t i = 0; i < n; i++)
		copy[i] = arena_strdup(a, v[i]);
	return copy;
}
