// SPDX-License-Identifier: Apache-2.0
#include "rootfs-request.h"

#include <string.h>
#include "names.h"
#include "parse.h"

static const struct name links[] = {
	{"reflink", LINK_REFLINK},
	{"hardlink", LINK_HARDLINK},
	{"copy", LINK_COPY},
	{NULL, 0},
};

static const struct name withs[] = {
	{"nss", WITH_NSS},       {"terminfo", WITH_TERMINFO},
	{"locale", WITH_LOCALE}, {"certs", WITH_CERTS},
	{"tz", WITH_TZ},         {NULL, 0},
};

int rootfs_set_bin(void *request, const struct option_def *def UNUSED, const char *value,
		   struct err *err)
{
	struct rootfs_request *r = request;
	const char *field;
	size_t len;

	while (next_field(&value, ',', &field, &len)) {
		if (len == 0)
			return err_set(err, 0, "a name in the list is empty");
		if (r->bins_count == ROOTFS_BINS_MAX)
			return err_set(err, 0, "more than %d programs", ROOTFS_BINS_MAX);
		r->bins[r->bins_count] = strndup(field, len);
		if (!r->bins[r->bins_count++])
			return err_set(err, ENOMEM, "cannot keep '%.*s'", (int)len, field);
	}
	return 0;
}

static int unknown(const struct name *table, const char *what, const char *value, struct err *err)
{
	const char *names[8] = {NULL};
	char list[96] = "";
	const char *near;

	for (size_t i = 0; table[i].name && i < ARRAY_SIZE(names) - 1; i++) {
		names[i] = table[i].name;
		strncat(list, i ? ", " : "", sizeof(list) - strlen(list) - 1);
		strncat(list, names[i], sizeof(list) - strlen(list) - 1);
	}
	near = nearest_name(value, names);
	err_set(err, 0, "unknown %s '%s'", what, value);
	if (near)
		return err_remedy(err, "did you mean '%s'? There are: %s", near, list);
	return err_remedy(err, "there are: %s", list);
}

int rootfs_set_with(void *request, const struct option_def *def UNUSED, const char *value,
		    struct err *err)
{
	struct rootfs_request *r = request;
	const char *field;
	size_t len;

	while (next_field(&value, ',', &field, &len)) {
		char word[32];
		int64_t bit;

		if (len >= sizeof(word))
			return err_set(err, 0, "unknown data '%.*s'", (int)len, field);
		memcpy(word, field, len);
		word[len] = '\0';
		if (!name_to_value(withs, word, &bit))
			return unknown(withs, "data", word, err);
		r->with |= (unsigned int)bit;
	}
	return 0;
}

int rootfs_set_link(void *request, const struct option_def *def UNUSED, const char *value,
		    struct err *err)
{
	int64_t how;

	if (!name_to_value(links, value, &how))
		return unknown(links, "way to link", value, err);
	((struct rootfs_request *)request)->link = (enum link_mode)how;
	return 0;
}

int rootfs_set_flag(void *request, const struct option_def *def, const char *value UNUSED,
		    struct err *err UNUSED)
{
	*(bool *)((char *)request + def->data) = true;
	return 0;
}

int rootfs_set_root(void *request, const struct option_def *def UNUSED, const char *value,
		    struct err *err UNUSED)
{
	((struct rootfs_request *)request)->root = value;
	return 0;
}
