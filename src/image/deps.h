// SPDX-License-Identifier: Apache-2.0
/* `kokon rootfs deps`: a closure as a list, a tree, or JSON. */
#ifndef KOKON_DEPS_H
#define KOKON_DEPS_H

#include "closure.h"
#include "out.h"

/* As ldd(1) lists it, with how each was found in place of the address. */
void deps_list(const struct closure *c, struct out *o);
void deps_tree(const struct closure *c, struct out *o);
void deps_json(const struct closure *c, struct out *o);

#endif
