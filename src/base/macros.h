// SPDX-License-Identifier: Apache-2.0
/*
 * Ownership and small conveniences used everywhere.
 *
 * A descriptor or an allocation is owned from birth by a variable that carries a cleanup
 * attribute, and leaves it visibly through TAKE_FD() or TAKE_PTR().
 */
#ifndef KOKON_MACROS_H
#define KOKON_MACROS_H

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define ARRAY_SIZE(a)      (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b)          ((a) < (b) ? (a) : (b))
#define MAX(a, b)          ((a) > (b) ? (a) : (b))
#define PRINTF_LIKE(f, a)  __attribute__((format(printf, f, a)))
#define NORETURN           __attribute__((noreturn))
#define UNUSED             __attribute__((unused))
#define WARN_UNUSED_RESULT __attribute__((warn_unused_result))

static inline void close_fd_cleanup(int *fd)
{
	if (*fd >= 0) {
		int saved = errno;

		close(*fd);
		errno = saved;
	}
}

static inline void free_cleanup(void *p)
{
	free(*(void **)p);
}

/* A descriptor closed when its variable goes out of scope; -1 means none. */
#define CLOSE_FD __attribute__((cleanup(close_fd_cleanup)))
/* A malloc()ed pointer freed when its variable goes out of scope. */
#define FREE_PTR __attribute__((cleanup(free_cleanup)))

/* Give a descriptor away: its variable no longer owns it. */
#define TAKE_FD(fd)                                                                                \
	({                                                                                         \
		int taken_ = (fd);                                                                 \
		(fd) = -1;                                                                         \
		taken_;                                                                            \
	})

/* Give an allocation away: its variable no longer owns it. */
#define TAKE_PTR(p)                                                                                \
	({                                                                                         \
		__typeof__(p) taken_ = (p);                                                        \
		(p) = NULL;                                                                        \
		taken_;                                                                            \
	})

#endif
