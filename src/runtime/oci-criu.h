// SPDX-License-Identifier: Apache-2.0
/* What checkpoint and restore have in common: directories, options, and how criu's failure is told.
 */
#ifndef KOKON_OCI_CRIU_H
#define KOKON_OCI_CRIU_H

#include "arena.h"
#include "criu.h"
#include "oci.h"
#include "spec.h"

struct criu_job {
	const struct oci *o;
	const struct oci_criu *q;
	struct arena *a;
	struct err *err;
	const char *log;           /* "dump.log" */
	const char *images, *work; /* as they are shown */
	int images_dir, work_dir;
	struct criu_options options;
	struct criu criu;
};
#define CRIU_JOB_CLEANUP __attribute__((cleanup(criu_job_end)))
void criu_job_end(struct criu_job *j);

/* Check the words of the request, open the directories (`make`: make them too; with `explain`
 * neither), and set the options that both have. 0 or -errno. */
int criu_job_begin(struct criu_job *j, bool make, const struct spec *spec);
/* Set the options that name the directories, by descriptors of this process. */
void criu_job_directories(struct criu_job *j, int images, int work);
/* criu's own words for what failed, "cannot WHAT 'ID': …". Returns -errno. */
int criu_job_failed(struct criu_job *j, const char *what, const char *id, int code);
/* The command line for --explain, after `command` ("dump"). */
void criu_job_explain(const struct criu_job *j, const char *command, struct out *ret);

/* The name under which a namespace that is not the container's own stands in the images, as runc
 * has it: "extRootNetNS". NULL: this kind cannot be left out of them. */
const char *criu_namespace_key(uint64_t flag);

/* descriptors.json in the images: where the streams of the first process led. */
extern const char criu_descriptors[];

#endif
