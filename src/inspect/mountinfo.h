// SPDX-License-Identifier: Apache-2.0
/*
 * Lines of /proc/PID/mountinfo, proc_pid_mountinfo(5).
 */
#ifndef KOKON_MOUNTINFO_H
#define KOKON_MOUNTINFO_H

#include <stdbool.h>

struct mountinfo {
	int id, parent;
	const char *root;   /* the directory of the file system that is the mount's root */
	const char *target; /* mount point, as seen by the process */
	const char *options;
	int shared, master, propagate_from; /* peer groups; 0: none */
	bool unbindable;
	const char *fs_type, *source, *fs_options;
};

/* Parse the line at *text, in place, and move behind it; the strings lie in the text, with
 * \040 and its like decoded. Lines that are none of the kernel's are skipped. False: no more. */
bool mountinfo_next(char **text, struct mountinfo *ret);

#endif
