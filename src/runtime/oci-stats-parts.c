// SPDX-License-Identifier: Apache-2.0
/* What the parts of oci-stats share. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "file.h"
#include "oci-stats.h"
#include "parse.h"

enum { FILE_MAX = 1 << 20 };

char *oci_stats_text(const struct oci_stats_group *group, uint32_t version, const char *file)
{
	char *text;

	for (uint32_t i = 0; i < group->n; i++)
		if (group->in[i].version == version &&
		    read_file_at(group->in[i].dir, file, FILE_MAX, &text) >= 0)
			return text;
	return NULL;
}

uint64_t oci_stats_number(const struct oci_stats_group *group, uint32_t version, const char *file)
{
	FREE_PTR char *text = oci_stats_text(group, version, file);

	if (!text)
		return 0;
	return strncmp(text, "max", 3) == 0 ? UINT64_MAX : strtoull(text, NULL, 10);
}

bool oci_stats_key(const char *text, const char *key, uint64_t *ret)
{
	const char *line;
	size_t len, n = strlen(key);

	while (text && next_field(&text, '\n', &line, &len)) {
		if (len <= n || strncmp(line, key, n) != 0 || line[n] != ' ')
			continue;
		*ret = strtoull(line + n, NULL, 10);
		return true;
	}
	return false;
}

void oci_stats_put_some(struct json_writer *w, const char *key, uint64_t value)
{
	if (value)
		json_put_u64(w, key, value);
}

/* "0.50" is 0.5 in JSON as Go writes it. */
static void put_average(struct json_writer *w, const char *key, const char *line, size_t len)
{
	char text[32] = "0", name[16];
	const char *at;

	snprintf(name, sizeof(name), "%s=", key);
	at = strstr(line, name);
	if (at && at < line + len) {
		size_t n = strspn(at + strlen(name), "0123456789.");

		snprintf(text, sizeof(text), "%.*s", (int)n, at + strlen(name));
		if (strchr(text, '.')) {
			for (n = strlen(text); n > 1 && text[n - 1] == '0'; n--)
				text[n - 1] = '\0';
			if (text[n - 1] == '.')
				text[n - 1] = '\0';
		}
	}
	json_put_number(w, key, text);
}

static void put_stall(struct json_writer *w, const char *key, const char *text)
{
	const char *line, *total;
	size_t len;

	while (next_field(&text, '\n', &line, &len)) {
		if (strncmp(line, key, strlen(key)) != 0)
			continue;
		json_put_object(w, key);
		put_average(w, "avg10", line, len);
		put_average(w, "avg60", line, len);
		put_average(w, "avg300", line, len);
		total = strstr(line, "total=");
		json_put_u64(w, "total", total ? strtoull(total + 6, NULL, 10) : 0);
		json_put_end(w);
	}
}

void oci_stats_put_pressure(struct json_writer *w, const struct oci_stats_group *group,
			    const char *file)
{
	FREE_PTR char *text = oci_stats_text(group, 2, file);

	if (!text || strncmp(text, "some ", 5) != 0)
		return;
	json_put_object(w, "psi");
	put_stall(w, "some", text);
	put_stall(w, "full", text);
	json_put_end(w);
}
