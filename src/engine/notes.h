// SPDX-License-Identifier: Apache-2.0
/* What the user should know although all went well. */
#ifndef KOKON_NOTES_H
#define KOKON_NOTES_H

#include "out.h"

/* Each line as "kokon COMMAND: note: …" on standard error. */
void notes_print(const char *command, const struct out *notes);

#endif
