// SPDX-License-Identifier: Apache-2.0
#include "notes.h"

#include <stdio.h>
#include "parse.h"

void notes_print(const char *command, const struct out *notes)
{
	const char *at = notes->text, *line;
	size_t len;

	while (at && next_field(&at, '\n', &line, &len))
		if (len)
			fprintf(stderr, "kokon %s: note: %.*s\n", command, (int)len, line);
}
