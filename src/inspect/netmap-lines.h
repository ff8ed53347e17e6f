// SPDX-License-Identifier: Apache-2.0
/* The text in the boxes of the map's picture, for its layout. */
#ifndef KOKON_NETMAP_LINES_H
#define KOKON_NETMAP_LINES_H

#include "netmap-layout.h"

/* title and lines */
void layout_write_lines(struct layout *l, struct layout_box *box);
/* text */
void layout_write_row(struct layout *l, struct layout_row *row, const struct netmap_link *link);

#endif
