// SPDX-License-Identifier: Apache-2.0
/* What the programs that measure the floor have in common (floor.c, floor-exec.c). */
#ifndef BENCH_FLOOR_PARTS_H
#define BENCH_FLOOR_PARTS_H

#include <stdint.h>
#include <sys/types.h>

void die(const char *what);
void must(long result, const char *what);
void write_file(const char *path, const char *text);

/* CLONE_NEW* of letters as unshare(1) has them, C for cgroup. */
uint64_t ns_flags(const char *letters);

/* A filter of N instructions, or the instructions in a file; read before the root changes. */
void prepare_filter(const char *source);
void load_filter(void);
/* For prepare_filter(): the newest filter of a process, to standard output. */
int print_filter_of(pid_t pid);

void drop_capabilities(void);
/* A session, a session keyring, the ids and no other group; ends with its parent. */
void become_the_user(void);

#endif
