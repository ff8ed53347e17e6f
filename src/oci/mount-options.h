// SPDX-License-Identifier: Apache-2.0
/*
 * Mount options as the specification lists them (config.md, "Linux mount options"), decided.
 */
#ifndef KOKON_MOUNT_OPTIONS_H
#define KOKON_MOUNT_OPTIONS_H

#include "spec.h"

/*
 * Decide a mount's options in their order; fills everything of *m but destination, type, source
 * and the maps (which "idmap=uids=0-1-10;gids=…", a spelling of crun's, fills too). What no table
 * knows belongs to the file system. Returns 0 or -EINVAL.
 */
int mount_options_decide(struct arena *a, const struct spec_strings *options, struct spec_mount *m,
			 struct err *err);

/* The known options, sorted, for `features`; NULL behind the last. */
const char *mount_option_name(size_t i);

#endif
