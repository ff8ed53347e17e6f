// SPDX-License-Identifier: Apache-2.0
#include "systemd-properties.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "macros.h"
#include "parse.h"

enum { SET_MAX = 8192 };

/* "0-2,4" -> bytes, bit n being number n. */
static int put_set(sd_bus_message *m, const char *list)
{
	uint8_t bits[SET_MAX / 8] = {0};
	const char *field;
	size_t len, bytes = 0;

	while (next_field(&list, ',', &field, &len)) {
		unsigned int first, last;
		int n = sscanf(field, "%u-%u", &first, &last);

		if (n < 1)
			return -EINVAL;
		if (n == 1)
			last = first;
		if (last >= SET_MAX || first > last)
			return -ERANGE;
		for (unsigned int i = first; i <= last; i++)
			bits[i / 8] |= (uint8_t)(1 << i % 8);
		bytes = MAX(bytes, last / 8 + 1);
	}
	return sd_bus_message_append_array(m, 'y', bits, bytes);
}

static int put_value(sd_bus_message *m, const char *type, const char *value)
{
	uint64_t number;
	int r;

	if (strcmp(type, "ay") == 0) {
		r = sd_bus_message_open_container(m, 'v', "ay");
		if (r >= 0)
			r = put_set(m, value);
		return r < 0 ? r : sd_bus_message_close_container(m);
	}
	if (strcmp(type, "t") == 0)
		return parse_u64(value, 0, UINT64_MAX, &number) < 0
			       ? -EINVAL
			       : sd_bus_message_append(m, "v", "t", number);
	if (strcmp(type, "b") == 0)
		return sd_bus_message_append(m, "v", "b", strcmp(value, "true") == 0);
	if (strcmp(type, "s") == 0)
		return sd_bus_message_append(m, "v", "s", value);
	if (strcmp(type, "as") == 0)
		return sd_bus_message_append(m, "v", "as", 1, value);
	return -EINVAL;
}

/* "NAME=TYPE:VALUE" */
static int put_property(sd_bus_message *m, const char *text)
{
	FREE_PTR char *copy = strdup(text);
	char *type = copy ? strchr(copy, '=') : NULL, *value = type ? strchr(type, ':') : NULL;
	int r;

	if (!value)
		return -EINVAL;
	*type++ = '\0';
	*value++ = '\0';
	r = sd_bus_message_open_container(m, 'r', "sv");
	if (r >= 0)
		r = sd_bus_message_append(m, "s", copy);
	if (r >= 0)
		r = put_value(m, type, value);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

int systemd_put_properties(sd_bus_message *m, const char *pid, char *const *properties)
{
	int r = sd_bus_message_open_container(m, 'a', "(sv)");

	if (r >= 0 && pid)
		r = sd_bus_message_append(m, "(sv)", "PIDs", "au", 1,
					  (uint32_t)strtoul(pid, NULL, 10));
	for (; r >= 0 && *properties; properties++)
		r = put_property(m, *properties);
	return r < 0 ? r : sd_bus_message_close_container(m);
}
