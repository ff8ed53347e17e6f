// SPDX-License-Identifier: Apache-2.0
/*
 * The specification's enumerations: for the decoder, the writer of `features`, and the template.
 * What the kernel's constants are called is in kernel-names.h.
 */
#ifndef KOKON_SPEC_NAMES_H
#define KOKON_SPEC_NAMES_H

#include <stdbool.h>
#include "names.h"

extern const struct name spec_propagations[];    /* "private", "rslave" … -> MS_* */
extern const struct name spec_personalities[];   /* -> PER_* */
extern const struct name spec_seccomp_actions[]; /* -> enum spec_seccomp_action */
extern const struct name spec_seccomp_ops[];     /* -> enum spec_seccomp_op */
extern const struct name spec_seccomp_archs[];   /* values mean nothing */
extern const struct name spec_seccomp_flags[];   /* -> SECCOMP_FILTER_FLAG_* */
extern const struct name spec_memory_modes[];    /* -> MPOL_* */
extern const struct name spec_memory_flags[];    /* -> MPOL_F_* */

#endif
