// SPDX-License-Identifier: Apache-2.0
#include "accounts.h"

#include <string.h>
#include "parse.h"

/* "+ID" is an id, even where a user is named so. */
static const char *without_plus(const char *s)
{
	return s[0] == '+' && s[1] && s[1 + strspn(s + 1, "0123456789")] == '\0' ? s + 1 : s;
}

static int parse_userspec(const char *text, struct arena *a, struct accounts_plan *plan,
			  struct err *err)
{
	size_t n = strcspn(text, ":");
	const char *user = without_plus(arena_strndup(a, text, n));
	const char *group = without_plus(text[n] ? text + n + 1 : "");
	int r = 0;

	plan->userspec = arena_strdup(a, text);
	plan->set_uid = *user != '\0';
	plan->set_gid = plan->set_uid || *group;
	if (plan->set_gid)
		r = credentials_parse_user(*group ? arena_printf(a, "%s:%s", user, group) : user, a,
					   &plan->user, err);
	plan->user.lookup = plan->set_uid ? LOOKUP_GROUPS : 0;
	return r;
}

static int parse_groups(const char *text, struct arena *a, struct accounts_plan *plan,
			struct err *err)
{
	const char **words = arena_array(a, const char *, strlen(text) + 2);
	const char *at = text, *field;
	size_t len, n = 0;

	plan->groups = arena_strdup(a, text);
	while (next_field(&at, ',', &field, &len))
		if (len > 0)
			words[n++] = without_plus(arena_strndup(a, field, len));
	if (n == 0 && *text)
		return err_set(err, 0, "'%s' is no list of groups", text);
	for (size_t i = 0; i < n; i++)
		if (strcmp(words[i], "keep-groups") == 0)
			return err_set(err, 0, "there is no group 'keep-groups'");
	return credentials_parse_groups(words, a, &plan->list, err);
}

int accounts_parse(const char *userspec, const char *groups, struct arena *a,
		   struct accounts_plan *ret, struct err *err)
{
	int r = 0;

	*ret = (struct accounts_plan){0};
	if (userspec)
		r = parse_userspec(userspec, a, ret, err);
	if (r == 0 && groups)
		r = parse_groups(groups, a, ret, err);
	return r;
}

static struct account keep(struct arena *a, const struct credentials *c, uint32_t n)
{
	uint32_t *groups = arena_array(a, uint32_t, n);

	memcpy(groups, c->groups, n * sizeof(*groups));
	return (struct account){1, c->uid, c->gid, n, groups};
}

void accounts_look_up(struct arena *a, int root, struct accounts_plan *plan)
{
	static struct credentials c;

	if (plan->set_gid && credentials_resolve(&plan->user, root, &c, NULL) == 0 &&
	    (c.name[0] || plan->user.group_given))
		plan->outside_user = keep(a, &c, c.name[0] ? c.groups_count : 0);
	if (plan->groups && credentials_resolve(&plan->list, root, &c, NULL) == 0)
		plan->outside_list = keep(a, &c, c.groups_count);
}
