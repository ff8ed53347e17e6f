// SPDX-License-Identifier: Apache-2.0
/* The program kokon-init, embedded (init-image.S). */
#ifndef KOKON_INIT_IMAGE_H
#define KOKON_INIT_IMAGE_H

extern const char init_image[], init_image_end[];

#endif
