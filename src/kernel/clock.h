// SPDX-License-Identifier: Apache-2.0
/* How long something took: differences of the monotonic clock. clock_gettime(2). */
#ifndef KOKON_CLOCK_H
#define KOKON_CLOCK_H

#include <time.h>

static inline double clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

#endif
