// SPDX-License-Identifier: Apache-2.0
#include "result.h"

#include <assert.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

static_assert(sizeof(struct result) <= ARENA_RESULT, "the result page is one page");

int result_open(void)
{
	return mprotect(RESULT, ARENA_RESULT, PROT_READ | PROT_WRITE) < 0 ? -errno : 0;
}

int result_replace(int fd)
{
	void *p = mmap(RESULT, ARENA_RESULT, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);

	return p == MAP_FAILED ? -errno : 0;
}

void result_await(uint32_t bits)
{
	/* Looked at again: a wake-up that fails is lost. */
	static const struct timespec again = {.tv_nsec = 50 * 1000 * 1000};
	uint32_t done;

	while (((done = __atomic_load_n(&RESULT->host, __ATOMIC_ACQUIRE)) & bits) != bits)
		syscall(SYS_futex, &RESULT->host, FUTEX_WAIT, done, &again, NULL, 0);
}

void result_tell(struct result *page, enum result_bit bit)
{
	__atomic_fetch_or(&page->host, bit, __ATOMIC_RELEASE);
	syscall(SYS_futex, &page->host, FUTEX_WAKE, 1, NULL, NULL, 0);
}

int result_new(struct result **ret)
{
	CLOSE_FD int fd = memfd_create("kokon-result", MFD_CLOEXEC);
	void *p;

	if (fd < 0 || ftruncate(fd, ARENA_RESULT) < 0)
		return -errno;
	p = mmap(NULL, ARENA_RESULT, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	*ret = p;
	return TAKE_FD(fd);
}
