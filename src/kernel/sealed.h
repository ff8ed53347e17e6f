// SPDX-License-Identifier: Apache-2.0
/*
 * A program in memory: an image in a memfd that nobody can change (memfd_create(2), F_SEAL_*).
 */
#ifndef KOKON_SEALED_H
#define KOKON_SEALED_H

#include <stddef.h>

/* A descriptor of the sealed program, or -errno. EACCES: vm.memfd_noexec=2 forbids it. */
int sealed_program(const char *name, const void *image, size_t size);

#endif
