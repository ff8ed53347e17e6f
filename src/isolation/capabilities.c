// SPDX-License-Identifier: Apache-2.0
#include "capabilities.h"

#include <linux/capability.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include "parse.h"

enum { LONGEST_NAME = 40 };

/* The n bytes at `word` in capitals and with "CAP_" in front; false if they cannot be a name. */
static bool canonical(const char *word, size_t n, char ret[LONGEST_NAME])
{
	size_t at = 0;

	if (n < 4 || strncasecmp(word, "CAP_", 4) != 0) {
		memcpy(ret, "CAP_", 4);
		at = 4;
	}
	if (n == 0 || at + n >= LONGEST_NAME)
		return false;
	for (size_t i = 0; i < n; i++, at++)
		ret[at] = word[i] >= 'a' && word[i] <= 'z' ? (char)(word[i] - 'a' + 'A') : word[i];
	ret[at] = '\0';
	return true;
}

static int unknown(const char *word, size_t n, const char *name, struct err *err)
{
	const char *names[CAPABILITY_COUNT + 1] = {NULL};
	const char *near;

	if (n == 0)
		return err_set(err, 0, "a capability's name is empty");
	for (size_t i = 0; i < CAPABILITY_COUNT; i++)
		names[i] = capability_names[i].name;
	near = name ? nearest_name(name, names) : NULL;
	err_set(err, 0, "unknown capability '%.*s'", (int)MIN(n, (size_t)64), word);
	if (near)
		return err_remedy(err, "did you mean '%s'?", near);
	return err_remedy(err, "the names are in capabilities(7); ALL stands for every one");
}

static int lookup(const char *word, size_t n, int *ret_capability, struct err *err)
{
	char name[LONGEST_NAME];
	int64_t value;

	if (!canonical(word, n, name))
		return unknown(word, n, NULL, err);
	if (!name_to_value(capability_names, name, &value))
		return unknown(word, n, name, err);
	*ret_capability = (int)value;
	return 0;
}

int capability_from_name(const char *name, int *ret_capability, struct err *err)
{
	return lookup(name, strlen(name), ret_capability, err);
}

static bool is_all(const char *word, size_t n)
{
	return (n == 3 && strncasecmp(word, "ALL", 3) == 0) ||
	       (n == 7 && strncasecmp(word, "CAP_ALL", 7) == 0);
}

/* Adds to *mask; *all becomes true if "ALL" is among the names. */
static int parse_list(const char *list, uint64_t *mask, bool *all, struct err *err)
{
	uint64_t sum = 0;
	const char *word;
	size_t n;

	while (next_field(&list, ',', &word, &n)) {
		int capability = 0, r;

		if (is_all(word, n)) {
			*all = true;
			continue;
		}
		r = lookup(word, n, &capability, err);
		if (r < 0)
			return r;
		sum |= CAPABILITY_BIT(capability);
	}
	*mask |= sum;
	return 0;
}

int capabilities_parse(const char *list, uint64_t *mask, struct err *err)
{
	bool all = false;
	int r = parse_list(list, mask, &all, err);

	if (r < 0)
		return r;
	if (all)
		*mask |= CAPABILITIES_ALL;
	return 0;
}

void capabilities_print(uint64_t mask, struct out *o)
{
	const char *separator = "";

	for (const struct name *c = capability_names; c->name; c++) {
		if (!(mask & CAPABILITY_BIT(c->value)))
			continue;
		out_printf(o, "%s%s", separator, c->name);
		separator = ",";
	}
}

static int parse_lists(const char *const *lists, uint64_t *ret_mask, bool *ret_all, struct err *err)
{
	*ret_mask = 0;
	*ret_all = false;
	for (; lists && *lists; lists++) {
		int r = parse_list(*lists, ret_mask, ret_all, err);

		if (r < 0)
			return r;
	}
	return 0;
}

int capabilities_merge(uint64_t base, const char *const *add, const char *const *drop,
		       uint64_t *ret_bounding, uint64_t *ret_added, struct err *err)
{
	bool add_all, drop_all;
	uint64_t added, dropped;
	int r = parse_lists(add, &added, &add_all, err);

	if (r >= 0)
		r = parse_lists(drop, &dropped, &drop_all, err);
	if (r < 0)
		return r;
	if (add_all && drop_all)
		return err_set(err, 0, "ALL capabilities cannot be both added and dropped");
	if (!add_all && !drop_all && (added & dropped)) {
		int first = __builtin_ctzll(added & dropped);

		return err_set(err, 0, "capability '%s' cannot be both added and dropped",
			       capability_names[first].name);
	}
	*ret_added = (add_all ? CAPABILITIES_ALL : added) & ~(drop_all ? 0 : dropped);
	*ret_bounding = drop_all ? added : (base | *ret_added) & ~dropped;
	return 0;
}

static struct capset cut(const struct capset *asked, uint64_t have)
{
	struct capset s = {
		.bounding = asked->bounding & have,
		.effective = asked->effective & asked->permitted & have,
		.permitted = asked->permitted & have,
		.inheritable = asked->inheritable & have,
	};

	s.ambient = asked->ambient & s.permitted & s.inheritable;
	return s;
}

struct capabilities_plan capabilities_plan_sets(const struct capset *asked, uint64_t have)
{
	return (struct capabilities_plan){
		.change = 1,
		.set = cut(asked, have),
		.lacking = (asked->bounding | asked->effective | asked->permitted |
			    asked->inheritable | asked->ambient) &
			   ~have,
	};
}

struct capabilities_plan capabilities_plan_for(uint64_t bounding, uint64_t added, uint64_t have)
{
	uint64_t named = added & bounding;
	struct capset root = {.bounding = bounding, .effective = bounding, .permitted = bounding};
	struct capset user = {.bounding = bounding,
			      .effective = named,
			      .permitted = named,
			      .inheritable = named,
			      .ambient = named};
	struct capabilities_plan plan = capabilities_plan_sets(&root, have);

	plan.by_user = 1;
	plan.other = cut(&user, have);
	return plan;
}

int capabilities_of_self(uint64_t *ret_have)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};
	uint64_t permitted, have = 0;

	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	/* What execve(2) permits lies in the bounding set, but for what was inheritable
	 * (capabilities(7)); and this program takes nothing out of the set. */
	if (!data[0].inheritable && !data[1].inheritable) {
		*ret_have = permitted;
		return 0;
	}
	for (int c = 0; c < CAPABILITY_COUNT; c++)
		if ((permitted & CAPABILITY_BIT(c)) && prctl(PR_CAPBSET_READ, c, 0, 0, 0) == 1)
			have |= CAPABILITY_BIT(c);
	*ret_have = have;
	return 0;
}
