// SPDX-License-Identifier: Apache-2.0
/*
 * --security-opt: what it says, as plain data.
 */
#ifndef KOKON_SECURITY_H
#define KOKON_SECURITY_H

#include <stdint.h>
#include "arena.h"
#include "err.h"
#include "seccomp-filter.h"

struct security_options {
	enum seccomp_source seccomp; /* DEFAULT, UNCONFINED or FILE */
	const char *seccomp_path;
	uint32_t no_new_privileges;
	const char *apparmor;   /* a profile's name, "unconfined"; NULL: not given */
	uint32_t label_disable; /* label=disable */
	uint32_t label_nested;  /* label=nested */
	const char *label_user, *label_role, *label_type, *label_level, *label_filetype;
	uint32_t unmask_all;       /* unmask=ALL, systempaths=unconfined */
	const char *const *mask;   /* more paths to hide; ends with NULL, or NULL */
	const char *const *unmask; /* paths (patterns, glob(7)) not to hide nor make read-only */
	const char *proc_options;  /* options for the container's procfs, "hidepid=2" */
};

/*
 * One word of --security-opt, added to *o:
 * seccomp=FILE|unconfined|builtin, no-new-privileges[=true|false], apparmor=PROFILE,
 * label=disable|nested|user:U|role:R|type:T|level:L|filetype:T, mask=P[:P…],
 * unmask=ALL|P[:P…], systempaths=unconfined, proc-opts=OPTIONS; ':' may stand for the first '='.
 * Returns 0 or -EINVAL.
 */
int security_parse(const char *text, struct arena *a, struct security_options *o, struct err *err);

/*
 * The SELinux context user:role:type:level of a container: `own`, the caller's, with what label=
 * says in its place; and that of the files of its own file systems, when label=filetype: says one.
 * NULL: nothing was said of it.
 */
const char *security_context(const struct security_options *o, const char *own, struct arena *a);
const char *security_file_context(const struct security_options *o, const char *own,
				  struct arena *a);

#endif
