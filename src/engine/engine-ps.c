// SPDX-License-Identifier: Apache-2.0
#include "engine-ps.h"

#include <string.h>
#include <time.h>
#include "living.h"
#include "names.h"
#include "network-shown.h"

enum column { NAME, IMAGE, COMMAND, CREATED, STATUS, PID, NETWORKS };

static const struct table_column columns[] = {
	[NAME] = {"NAME", 0, 0, TABLE_STRING},
	[IMAGE] = {"IMAGE", COLUMN_TRUNCATE, 12, TABLE_STRING},
	[COMMAND] = {"COMMAND", COLUMN_TRUNCATE, 12, TABLE_STRING},
	[CREATED] = {"CREATED", 0, 0, TABLE_STRING},
	[STATUS] = {"STATUS", 0, 0, TABLE_STRING},
	[PID] = {"PID", COLUMN_RIGHT, 0, TABLE_NUMBER},
	[NETWORKS] = {"NETWORKS", 0, 0, TABLE_STRING},
};

/* For programs: the time as a number, the status as one word. */
static const struct table_column json_columns[] = {
	[NAME] = {"NAME", 0, 0, TABLE_STRING},         [IMAGE] = {"IMAGE", 0, 0, TABLE_STRING},
	[COMMAND] = {"COMMAND", 0, 0, TABLE_STRING},   [CREATED] = {"CREATED", 0, 0, TABLE_NUMBER},
	[STATUS] = {"STATUS", 0, 0, TABLE_STRING},     [PID] = {"PID", 0, 0, TABLE_NUMBER},
	[NETWORKS] = {"NETWORKS", 0, 0, TABLE_STRING},
};

/* --- filters --- */

static const char *const filter_keys[] = {"name", "status", "ancestor", NULL};
static const char *const status_words[] = {"creating", "running", "paused", NULL};

static bool has_key(const char *filter, const char *key)
{
	size_t len = strlen(key);

	return strncmp(filter, key, len) == 0 && filter[len] == '=';
}

int ps_filter_check(const char *filter, struct err *err)
{
	const char *value = strchr(filter, '=');

	for (size_t i = 0; filter_keys[i]; i++) {
		if (!has_key(filter, filter_keys[i]))
			continue;
		if (strcmp(filter_keys[i], "status") != 0)
			return 0;
		for (size_t k = 0; status_words[k]; k++)
			if (strcmp(value + 1, status_words[k]) == 0)
				return 0;
		err_set(err, 0, "'%s' is no status of a container", value + 1);
		return err_remedy(err, "there are creating, running and paused");
	}
	err_set(err, 0, "unknown filter '%s'", filter);
	return err_remedy(err, "there are name=TEXT, status=WORD and ancestor=IMAGE");
}

static const char *status_word(const struct state *s)
{
	return s->status != STATE_RUNNING ? "creating" : living_frozen(s) ? "paused" : "running";
}

static bool matches(const struct state *s, const char *key, const char *value)
{
	if (strcmp(key, "name") == 0)
		return strstr(s->name, value) != NULL;
	if (strcmp(key, "status") == 0)
		return strcmp(status_word(s), value) == 0;
	return s->image && strcmp(s->image, value) == 0;
}

static bool is_wanted(const struct ps_request *q, const struct state *s)
{
	for (size_t k = 0; filter_keys[k]; k++) {
		bool given = false, match = false;

		for (size_t i = 0; i < q->n_filters; i++) {
			if (!has_key(q->filters[i], filter_keys[k]))
				continue;
			given = true;
			match = match || matches(s, filter_keys[k], strchr(q->filters[i], '=') + 1);
		}
		if (given && !match)
			return false;
	}
	return true;
}

/* --- printing --- */

/* "3 minutes", as others print it. */
static const char *age(struct arena *a, uint64_t since)
{
	static const struct {
		uint64_t seconds, until;
		const char *unit;
	} units[] = {{1, 120, "second"},
		     {60, 120 * 60, "minute"},
		     {3600, 48 * 3600, "hour"},
		     {86400, 14 * 86400, "day"},
		     {7 * 86400, 60 * 86400, "week"},
		     {30 * 86400, 730 * 86400, "month"},
		     {365 * 86400, UINT64_MAX, "year"}};
	time_t now = time(NULL);
	uint64_t passed = (uint64_t)now > since ? (uint64_t)now - since : 0, n;
	size_t i = 0;

	while (passed >= units[i].until)
		i++;
	n = passed / units[i].seconds;
	return arena_printf(a, "%llu %s%s", (unsigned long long)n, units[i].unit,
			    n == 1 ? "" : "s");
}

static void add_row(struct table *t, const struct ps_request *q, struct arena *a,
		    const struct state *s)
{
	bool json = q->style.format == TABLE_JSON;
	const char *word = status_word(s), *passed = age(a, s->created);
	OUT_CLEANUP struct out networks = {0};
	size_t row = table_add_row(t, TABLE_NO_PARENT);

	table_set(t, row, NAME, s->name);
	table_set(t, row, IMAGE, s->image);
	table_set(t, row, COMMAND, s->command);
	if (s->pid > 0)
		table_setf(t, row, PID, "%d", (int)s->pid);
	network_shown(s->name, &networks);
	table_set(t, row, NETWORKS, networks.text ? networks.text : "");
	if (json) {
		table_setf(t, row, CREATED, "%llu", (unsigned long long)s->created);
		table_set(t, row, STATUS, word);
		return;
	}
	table_setf(t, row, CREATED, "%s ago", passed);
	if (s->status == STATE_RUNNING)
		table_setf(t, row, STATUS, "Up %s%s", passed, *word == 'p' ? " (paused)" : "");
	else
		table_set(t, row, STATUS, "Creating");
}

static int list(const struct ps_request *q, struct arena *a, struct table *t, struct out *o,
		struct err *err)
{
	const char *const *names;
	int r = state_list(a, &names, err);

	for (; r == 0 && *names; names++) {
		struct err passed_over;
		struct state s;

		/* One that ends just now is none. */
		if (state_read(*names, a, &s, &passed_over) < 0)
			continue;
		s.name = *names;
		if (!is_wanted(q, &s))
			continue;
		if (q->quiet)
			out_printf(o, "%s\n", s.name);
		else
			add_row(t, q, a, &s);
	}
	return r;
}

int engine_ps(const struct ps_request *q, struct out *o, struct err *err)
{
	struct table_style style = q->style;
	TABLE_CLEANUP struct table t;
	struct arena a;
	int r = arena_init(&a);

	if (r < 0)
		return err_set(err, -r, "cannot allocate memory");
	table_init(&t, style.format == TABLE_JSON ? json_columns : columns, ARRAY_SIZE(columns));
	r = list(q, &a, &t, o, err);
	if (q->no_trunc)
		style.width = 0;
	if (r == 0 && !q->quiet)
		table_print(&t, &style, o);
	arena_free(&a);
	return r;
}
