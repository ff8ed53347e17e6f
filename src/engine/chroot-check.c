// SPDX-License-Identifier: Apache-2.0
#include "chroot-check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "elf-head.h"
#include "exec-diagnosis.h"

/* The machine's own root, and libraries from places of the caller's choice, are not examined. */
static bool is_worth_a_look(int root)
{
	struct stat new, old;

	return root >= 0 && fstat(root, &new) == 0 && stat("/", &old) == 0 &&
	       (new.st_ino != old.st_ino || new.st_dev != old.st_dev) && !getenv("LD_LIBRARY_PATH");
}

/* The usual case of a static program, seen without a helper: nothing that it needs can be missing.
 */
static bool is_static(const struct exec_failure *f)
{
	CLOSE_FD int fd = program_open(f->root, f->command, f->path, NULL);
	struct elf_head head = {0};

	if (fd >= 0)
		elf_head_read(fd, &head);
	return head.known && !head.interpreted && !head.fault[0] &&
	       faccessat(fd, "", X_OK, AT_EMPTY_PATH | AT_EACCESS) == 0;
}

int chroot_check(const struct tool_request *q, struct err *err)
{
	CLOSE_FD int root = open(q->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const char *shell = getenv("SHELL");
	struct exec_failure what = {
		.root = root,
		.outside = -1,
		.command = q->argv[0]        ? q->argv[0]
			   : shell && *shell ? shell
					     : "/bin/sh",
		.path = getenv("PATH"),
		.dir = q->root,
	};

	if (!is_worth_a_look(root) || is_static(&what) || exec_diagnose(&what, err) == 0)
		return 0;
	err->code = 0; /* nothing was tried, so no call has failed */
	return -EINVAL;
}
