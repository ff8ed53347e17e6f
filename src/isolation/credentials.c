// SPDX-License-Identifier: Apache-2.0
#include "credentials.h"

#include <string.h>
#include "parse.h"

enum { LONGEST_NAME = 255 };

static bool only_digits(const char *s)
{
	return *s && s[strspn(s, "0123456789")] == '\0';
}

/* An id or a name; `what` is "user" or "group". */
static int parse_one(const char *text, const char *what, struct arena *a, const char **ret_name,
		     uint32_t *ret_id, struct err *err)
{
	size_t n = strlen(text);

	if (n == 0)
		return err_set(err, 0, "the %s is empty", what);
	if (only_digits(text)) {
		int r = parse_id(text, ret_id);

		if (r < 0)
			return err_set(err, -r, "%s id '%s' is outside 0 to 4294967294", what,
				       text);
		*ret_name = NULL;
		return 0;
	}
	if (*text == '+' || *text == '-')
		return err_set(err, 0, "'%s' is neither a %s id nor a %s name", text, what, what);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f || text[i] == ':' ||
		    text[i] == ',')
			return err_set(err, 0, "a %s name cannot hold the character at %zu", what,
				       i + 1);
	if (n > LONGEST_NAME)
		return err_set(err, 0, "a %s name cannot be longer than %d bytes", what,
			       LONGEST_NAME);
	*ret_name = arena_strdup(a, text);
	return 0;
}

int credentials_parse_user(const char *text, struct arena *a, struct credentials_plan *plan,
			   struct err *err)
{
	const char *colon = strchr(text, ':');
	const char *user = NULL, *group = NULL;
	uint32_t uid = 0, gid = 0;
	int r;

	if (colon != text) {
		const char *part = colon ? arena_strndup(a, text, (size_t)(colon - text)) : text;

		r = parse_one(part, "user", a, &user, &uid, err);
		if (r < 0)
			return r;
	}
	if (colon) {
		r = parse_one(colon + 1, "group", a, &group, &gid, err);
		if (r < 0)
			return r;
	}
	plan->user = user;
	plan->uid = uid;
	plan->group = group;
	plan->gid = gid;
	plan->group_given = colon != NULL;
	plan->lookup = LOOKUP_HOME | (colon ? 0 : LOOKUP_GROUPS);
	return 0;
}

/* The words of all lists, one by one. */
static char **split_words(const char *const *lists, struct arena *a, size_t *ret_count)
{
	size_t count = 0, n;
	const char *field;
	char **words;

	for (const char *const *l = lists; *l; l++)
		for (const char *s = *l; next_field(&s, ',', &field, &n);)
			count++;
	words = arena_array(a, char *, count + 1);
	*ret_count = count;
	count = 0;
	for (const char *const *l = lists; *l; l++)
		for (const char *s = *l; next_field(&s, ',', &field, &n);)
			words[count++] = arena_strndup(a, field, n);
	return words;
}

int credentials_parse_groups(const char *const *lists, struct arena *a,
			     struct credentials_plan *plan, struct err *err)
{
	size_t count;
	char **words = split_words(lists, a, &count);
	uint32_t *ids = arena_array(a, uint32_t, count), ids_count = 0;
	const char **names = arena_array(a, const char *, count);
	uint32_t names_count = 0;

	for (size_t i = 0; i < count; i++) {
		const char *name;
		uint32_t id = 0;
		int r;

		if (strcmp(words[i], "keep-groups") == 0) {
			if (count > 1)
				return err_set(
					err, 0,
					"'keep-groups' cannot be combined with other groups");
			plan->setgroups = SETGROUPS_KEEP;
			return 0;
		}
		r = parse_one(words[i], "group", a, &name, &id, err);
		if (r < 0)
			return r;
		if (name)
			names[names_count++] = name;
		else
			ids[ids_count++] = id;
	}
	if (names_count > CREDENTIALS_NAMES_MAX || ids_count >= CREDENTIALS_GROUPS_MAX)
		return err_set(err, E2BIG, "cannot add %zu groups", count);
	plan->ids = ids;
	plan->ids_count = ids_count;
	plan->names = names;
	plan->names_count = names_count;
	return 0;
}

int credentials_deny_setgroups(struct credentials_plan *plan, struct err *err)
{
	if (plan->setgroups == SETGROUPS_KEEP)
		return 0;
	if (plan->ids_count || plan->names_count) {
		err_set(err, EPERM, "cannot add groups in a user namespace with a single group");
		return err_remedy(err, "give your user a range of ids in /etc/subuid and "
				       "/etc/subgid, or use '--group-add keep-groups'");
	}
	plan->setgroups = SETGROUPS_DENIED;
	return 0;
}

int credentials_parse_umask(const char *text, int32_t *ret_umask, struct err *err)
{
	uint32_t v;
	int r = parse_octal(text, 0777, &v);

	if (r < 0) {
		err_set(err, 0, "'%s' is no umask", text);
		return err_remedy(err, "give an octal number from 0 to 0777");
	}
	*ret_umask = (int32_t)v;
	return 0;
}
