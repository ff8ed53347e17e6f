// SPDX-License-Identifier: Apache-2.0
#include "program-diagnosis.h"

#include <signal.h>
#include <stdio.h>
#include "elf-head.h"

/* The kernel finds out that a segment cannot be mapped when it has let the old program go. */
static int diagnose_kill(const struct exec_failure *f, int status, struct err *err)
{
	CLOSE_FD int fd = program_open(f->root, f->command, f->path, f->cwd);
	struct elf_head head;

	if (fd < 0)
		return status;
	elf_head_read(fd, &head);
	if (!head.fault[0])
		return status;
	err_set(err, 0, "cannot run '%s': %s, so the kernel kills whoever executes it", f->command,
		head.fault);
	err_remedy(err, "the file is damaged: compare it with where it came from (readelf -l)");
	return err_exit(err, 126);
}

int program_diagnose(const struct plan *plan, struct exec_failure *failure, int status,
		     struct err *err)
{
	struct err found = {0};
	char text[sizeof(found.text) + sizeof(found.remedy) + 128];

	failure->command = plan->program.file;
	failure->path = plan->program.path;
	failure->cwd = plan->container.cwd;
	failure->code = status < 0 ? err->code : 0;
	failure->outside = -1;
	if (failure->root < 0)
		return status;
	if (status == 128 + SIGSEGV)
		return diagnose_kill(failure, status, err);
	/* A process that was killed before execve(2) has an exit status, but no errno. */
	if (status != 127 && !(status < 0 && err->exit && err->code))
		return status;
	if (exec_diagnose(failure, &found) == 0)
		return status;
	if (status < 0) {
		*err = found;
		return found.code ? -found.code : -EINVAL;
	}
	err_format(&found, text, sizeof(text));
	fprintf(stderr, "kokon %s: %s\n", plan->tool, text);
	return status;
}
