// SPDX-License-Identifier: Apache-2.0
#include "mountinfo.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "parse.h"

/* Cut the next word off at a blank. NULL: the line is at its end. */
static char *next_word(char **line)
{
	char *word = *line, *end;

	if (!word || !*word)
		return NULL;
	end = strchr(word, ' ');
	if (end)
		*end++ = '\0';
	*line = end;
	return word;
}

/* Blank, tab, newline, backslash and '#' are written as \ooo. */
static char *decode(char *s)
{
	char *to = s;

	if (!s || !strchr(s, '\\'))
		return s;
	for (char *from = s; *from; to++) {
		if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] >= '0' &&
		    from[2] <= '7' && from[3] >= '0' && from[3] <= '7') {
			*to = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
	return s;
}

static int number_of(const char *s)
{
	int64_t n;

	return s && parse_i64(s, 0, INT32_MAX, &n) == 0 ? (int)n : -1;
}

static void tag(struct mountinfo *m, const char *word)
{
	if (strncmp(word, "shared:", 7) == 0)
		m->shared = number_of(word + 7);
	else if (strncmp(word, "master:", 7) == 0)
		m->master = number_of(word + 7);
	else if (strncmp(word, "propagate_from:", 15) == 0)
		m->propagate_from = number_of(word + 15);
	else if (strcmp(word, "unbindable") == 0)
		m->unbindable = true;
}

static bool parse_line(char *line, struct mountinfo *ret)
{
	struct mountinfo m = {0};
	const char *word;

	m.id = number_of(next_word(&line));
	m.parent = number_of(next_word(&line));
	next_word(&line); /* device */
	m.root = decode(next_word(&line));
	m.target = decode(next_word(&line));
	m.options = next_word(&line);
	while ((word = next_word(&line)) && strcmp(word, "-") != 0)
		tag(&m, word);
	m.fs_type = decode(next_word(&line));
	m.source = decode(next_word(&line));
	m.fs_options = next_word(&line);
	if (m.id < 0 || m.parent < 0 || !m.options || !m.fs_type)
		return false;
	m.source = m.source ? m.source : "";
	m.fs_options = m.fs_options ? m.fs_options : "";
	*ret = m;
	return true;
}

bool mountinfo_next(char **text, struct mountinfo *ret)
{
	while (*text && **text) {
		char *line = *text, *end = strchr(line, '\n');

		if (end)
			*end++ = '\0';
		*text = end;
		if (parse_line(line, ret))
			return true;
	}
	return false;
}
