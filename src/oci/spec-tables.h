// SPDX-License-Identifier: Apache-2.0
/* The tables of the parts of a config.json (decode.h), which stand in several files. */
#ifndef KOKON_SPEC_TABLES_H
#define KOKON_SPEC_TABLES_H

#include "decode.h"

extern const struct decode_table spec_process_table;   /* struct spec_process */
extern const struct decode_table spec_resources_table; /* struct spec_resources */
extern const struct decode_table spec_linux_table;     /* struct spec_linux */
extern const struct decode_table spec_idmap_table;     /* struct spec_idmap_range */
/* A custom reader of linux.seccomp: const struct spec_seccomp * */
int spec_read_seccomp(struct decoder *d, void *member);

#endif
