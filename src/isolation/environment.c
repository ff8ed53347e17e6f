// SPDX-License-Identifier: Apache-2.0
#include "environment.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include "file.h"

void environment_init(struct environment *e, struct arena *a)
{
	*e = (struct environment){.arena = a, .room = 32};
	e->v = arena_array(a, char *, e->room);
}

/* The place of a variable, or e->count. */
static size_t find(const struct environment *e, const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < e->count; i++)
		if (strncmp(e->v[i], name, n) == 0 && e->v[i][n] == '=')
			break;
	return i;
}

static void put(struct environment *e, const char *assignment)
{
	size_t i = find(e, assignment, strcspn(assignment, "="));

	if (i == e->count) {
		if (e->count + 1 == e->room) {
			char **more = arena_array(e->arena, char *, e->room * 2);

			memcpy(more, e->v, e->count * sizeof(*more));
			e->v = more;
			e->room *= 2;
		}
		e->v[++e->count] = NULL;
	}
	e->v[i] = arena_strdup(e->arena, assignment);
}

void environment_set(struct environment *e, const char *name, const char *value)
{
	put(e, arena_printf(e->arena, "%s=%s", name, value));
}

void environment_unset(struct environment *e, const char *name)
{
	size_t i = find(e, name, strlen(name));

	if (i < e->count) {
		memmove(&e->v[i], &e->v[i + 1], (e->count - i) * sizeof(*e->v));
		e->count--;
	}
}

const char *environment_get(const struct environment *e, const char *name)
{
	size_t n = strlen(name), i = find(e, name, n);

	return i < e->count ? e->v[i] + n + 1 : NULL;
}

int environment_option(struct environment *e, const char *text, char *const *own, struct err *err)
{
	size_t n = strcspn(text, "=");
	bool prefix = !text[n] && n > 0 && text[n - 1] == '*';

	if (n == 0)
		return err_set(err, 0, "'%.100s' names no variable", text);
	if (strcspn(text, " \t\n\r") < n)
		return err_set(err, 0, "the name of variable '%.100s' holds a blank", text);
	if (text[n] == '=') {
		put(e, text);
		return 0;
	}
	for (; own && *own; own++) {
		size_t compared = prefix ? n - 1 : n;

		if (strncmp(*own, text, compared) == 0 && (prefix || (*own)[n] == '=') &&
		    strchr(*own, '='))
			put(e, *own);
	}
	return 0;
}

int environment_lines(struct environment *e, const char *text, const char *name, char *const *own,
		      struct err *err)
{
	for (int line = 1; *text; line++) {
		size_t n = strcspn(text, "\n"), blanks = strspn(text, " \t");
		const char *next = text + n + (text[n] == '\n');
		char *word;

		if (n > 0 && text[n - 1] == '\r')
			n--;
		if (blanks < n && text[blanks] != '#') {
			word = arena_strndup(e->arena, text + blanks, n - blanks);
			if (environment_option(e, word, own, err) < 0)
				return err_context(err, "line %d of '%s'", line, name);
		}
		text = next;
	}
	return 0;
}

int environment_file(struct environment *e, const char *path, char *const *own, struct err *err)
{
	CLOSE_FD int fd = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	FREE_PTR char *text = NULL;
	ssize_t n;

	if (fd < 0)
		return err_errno(err, "cannot open '%s'", path);
	n = read_fd(fd, ENVIRONMENT_FILE_MAX, &text);
	if (n < 0)
		return err_set(err, (int)-n, "cannot read '%s'", path);
	if (strlen(text) != (size_t)n)
		return err_set(err, 0, "'%s' is no text: it holds a NUL", path);
	return environment_lines(e, text, path, own, err);
}
