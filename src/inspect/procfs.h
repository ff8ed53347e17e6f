// SPDX-License-Identifier: Apache-2.0
/*
 * Reading /proc, proc(5): every function works below a directory descriptor, so that a test
 * can give a made-up tree. A process may vanish between any two reads; that is -ENOENT or
 * -ESRCH, and no error of the reader.
 */
#ifndef KOKON_PROCFS_H
#define KOKON_PROCFS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "err.h"

/* Open a proc file system. Returns a descriptor or -errno with the message. */
int procfs_open(const char *path, struct err *err);

/* The names of a directory that are numbers (processes, descriptors, threads), ascending, in a
 * fresh array that the caller frees. */
int procfs_numbers(int dir, int32_t **ret, size_t *ret_n);

/* "PID/name" into buf, for the *at() calls. Returns buf. */
const char *procfs_path(char *buf, size_t size, int32_t pid, const char *name);
/* Room for any path of procfs_path() with a name of up to 40 bytes. */
#define PROCFS_PATH_SIZE 56

struct proc_stat {
	int32_t ppid;
	char state;    /* R, S, D, Z … */
	char comm[65]; /* as the process set it: any bytes */
};

/* Each returns 0 or -errno. */
int procfs_stat(int proc, int32_t pid, struct proc_stat *ret);
int procfs_uid(int proc, int32_t pid, uint32_t *ret); /* effective user id */
/* The command line with blanks between its words, else the name of the program; fresh text
 * that the caller frees, any bytes. */
int procfs_command(int proc, int32_t pid, char **ret);

/* A user's name from /etc/passwd, or the number as text. */
void user_name(uint32_t uid, char *buf, size_t size);

#endif
