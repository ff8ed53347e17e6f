// SPDX-License-Identifier: Apache-2.0
/* The networks that a container is on, as listings show them. */
#ifndef KOKON_NETWORK_SHOWN_H
#define KOKON_NETWORK_SHOWN_H

#include "out.h"

/* "lab=10.210.0.2,fd00::2 cni:old=10.88.0.2"; nothing when it is on none. */
void network_shown(const char *owner, struct out *o);

#endif
