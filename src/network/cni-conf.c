// SPDX-License-Identifier: Apache-2.0
#include "cni-conf.h"

#include <ctype.h>
#include <string.h>
#include "json-read.h"
#include "macros.h"

static const char *const spoken[] = {"0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"};

static bool is(const char *key, size_t len, const char *word)
{
	return len == strlen(word) && memcmp(key, word, len) == 0;
}

bool cni_name_is_good(const char *name)
{
	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && (c == name || !strchr("_.-", *c)))
			return false;
	return *name != '\0';
}

/* --- versions --- */

static int version_number(const char *version)
{
	for (size_t i = 0; version && i < ARRAY_SIZE(spoken); i++)
		if (strcmp(spoken[i], version) == 0)
			return (int)i;
	return -1;
}

bool cni_version_from(const struct cni_conf *c, const char *version)
{
	return version_number(c->version) >= version_number(version);
}

static void prefer(const char **best, const char *version)
{
	if (!*best || version_number(version) > version_number(*best))
		*best = version;
}

static int read_versions(struct json *j, const char **best, struct err *err)
{
	const char *version;
	int r = json_enter(j, err);

	while (r == 0 && (r = json_next(j, err)) > 0) {
		r = json_read_string(j, &version, err);
		if (r == 0)
			prefer(best, version);
	}
	return r;
}

static int check_version(const struct cni_conf *c, struct err *err)
{
	if (version_number(c->version) >= 0)
		return 0;
	if (c->version)
		err_set(err, 0, "its version '%.40s' of CNI is not one that kokon speaks",
			c->version);
	else
		err_set(err, 0, "it has no \"cniVersion\"");
	return err_remedy(err, "kokon speaks %s to %s: write \"cniVersion\": \"1.0.0\"", spoken[0],
			  spoken[ARRAY_SIZE(spoken) - 1]);
}

/* --- plugins --- */

static int read_capabilities(struct json *j, struct arena *a, struct cni_plugin *p, struct err *err)
{
	size_t n = 0, len;
	const char *key;
	int r = json_enter(j, err);

	while (r == 0 && (r = json_next_key(j, &key, &len, err)) > 0) {
		bool has = false;

		r = json_read_bool(j, &has, err);
		if (r == 0 && has && n + 1 < CNI_CAPABILITIES_MAX)
			p->capabilities[n++] = arena_strndup(a, key, len);
	}
	return r;
}

static int read_plugin(struct json *j, struct arena *a, struct cni_conf *c, struct err *err)
{
	struct cni_plugin *p = &c->plugins[c->n];
	const char *key;
	size_t len;
	int r;

	if (c->n == CNI_PLUGINS_MAX)
		return err_set(err, 0, "it has more than %d plugins", CNI_PLUGINS_MAX);
	json_peek(j);
	p->text = j->at;
	r = json_enter(j, err);
	while (r == 0 && (r = json_next_key(j, &key, &len, err)) > 0) {
		if (is(key, len, "type"))
			r = json_read_string(j, &p->type, err);
		else if (is(key, len, "capabilities"))
			r = read_capabilities(j, a, p, err);
		else
			r = json_skip(j, err);
	}
	if (r < 0)
		return r;
	p->len = (size_t)(j->at - p->text);
	c->n++;
	if (!p->type)
		return err_set(err, 0, "its plugin %zu has no \"type\"", c->n);
	/* It becomes the name of a program in one of the plugins' folders, and nowhere else. */
	if (!*p->type || strchr(p->type, '/') || strcmp(p->type, ".") == 0 ||
	    strcmp(p->type, "..") == 0)
		return err_set(err, 0, "its plugin's type '%.60s' is no name of a program",
			       p->type);
	return 0;
}

static int read_plugins(struct json *j, struct arena *a, struct cni_conf *c, struct err *err)
{
	int r = json_enter(j, err);

	while (r == 0 && (r = json_next(j, err)) > 0)
		r = read_plugin(j, a, c, err);
	return r;
}

/* "disableCheck" may be a string, as some have written it. */
static int read_flag(struct json *j, bool *ret, struct err *err)
{
	const char *word;
	int r;

	if (json_peek(j) != JSON_STRING)
		return json_read_bool(j, ret, err);
	r = json_read_string(j, &word, err);
	if (r == 0)
		*ret = strcmp(word, "true") == 0;
	return r;
}

static int read_top(struct json *j, struct arena *a, struct cni_conf *c, bool *ret_single,
		    struct err *err)
{
	const char *key, *version;
	bool list = false;
	size_t len;
	int r = json_enter(j, err);

	*ret_single = false;
	while (r == 0 && (r = json_next_key(j, &key, &len, err)) > 0) {
		if (is(key, len, "cniVersion")) {
			r = json_read_string(j, &version, err);
			if (r == 0)
				prefer(&c->version, version);
		} else if (is(key, len, "cniVersions")) {
			r = read_versions(j, &c->version, err);
		} else if (is(key, len, "name")) {
			r = json_read_string(j, &c->name, err);
		} else if (is(key, len, "disableCheck")) {
			r = read_flag(j, &c->no_check, err);
		} else if (is(key, len, "disableGC")) {
			r = read_flag(j, &c->no_gc, err);
		} else if (is(key, len, "plugins")) {
			list = true;
			r = read_plugins(j, a, c, err);
		} else {
			*ret_single = *ret_single || is(key, len, "type");
			r = json_skip(j, err);
		}
	}
	*ret_single = *ret_single && !list;
	return r < 0 ? r : json_end(j, err);
}

int cni_conf_parse(struct arena *a, const char *text, size_t n, struct cni_conf *ret,
		   struct err *err)
{
	struct cni_conf c = {0};
	bool single;
	struct json j;
	int r;

	json_start(&j, a, text, n);
	r = read_top(&j, a, &c, &single, err);
	if (r == 0 && single) {
		json_start(&j, a, text, n);
		r = read_plugin(&j, a, &c, err);
	}
	if (r == 0 && !c.name)
		r = err_set(err, 0, "it has no \"name\"");
	if (r == 0 && !cni_name_is_good(c.name))
		r = err_set(err, 0, "its name '%.60s' is none of CNI", c.name);
	/* An older one may lack it, so plugins come first. */
	if (r == 0 && c.n == 0)
		r = err_set(err, 0, "it has no \"plugins\"");
	if (r == 0)
		r = check_version(&c, err);
	if (r == 0)
		*ret = c;
	return r;
}

static bool has(const struct cni_plugin *p, const char *key, size_t len)
{
	for (const char *const *c = p->capabilities; *c; c++)
		if (is(key, len, *c))
			return true;
	return false;
}

bool cni_conf_can(const struct cni_conf *c, const char *capability)
{
	for (size_t i = 0; i < c->n; i++)
		if (has(&c->plugins[i], capability, strlen(capability)))
			return true;
	return false;
}

/* --- what a plugin reads --- */

typedef bool (*wanted)(const struct cni_plugin *p, const char *key, size_t len);

static bool is_passed_on(const struct cni_plugin *p UNUSED, const char *key, size_t len)
{
	static const char *const ours[] = {"name",         "cniVersion",
					   "capabilities", "runtimeConfig",
					   "prevResult",   "cni.dev/valid-attachments"};

	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		if (is(key, len, ours[i]))
			return false;
	return true;
}

/* The members of an object that are wanted, as they are written; how many. The object was read
 * before, so nothing can be wrong with it. */
static size_t copy_members(const char *text, size_t n, const struct cni_plugin *p, wanted is_wanted,
			   bool first, struct out *o)
{
	struct err none = {0};
	size_t copied = 0, len;
	const char *key, *from;
	struct arena a;
	struct json j;

	if (arena_init(&a) < 0)
		return 0;
	json_start(&j, &a, text, n);
	if (json_enter(&j, &none) == 0) {
		while (json_next_key(&j, &key, &len, &none) > 0) {
			json_peek(&j);
			from = j.at;
			if (json_skip(&j, &none) < 0)
				break;
			if (!is_wanted(p, key, len))
				continue;
			out_puts(o, first && copied == 0 ? "" : ",");
			out_json_string(o, arena_strndup(&a, key, len));
			out_printf(o, ":%.*s", (int)(j.at - from), from);
			copied++;
		}
	}
	arena_free(&a);
	return copied;
}

void cni_conf_put(const struct cni_conf *c, const struct cni_plugin *p, const char *runtime,
		  const char *previous, const char *valid, struct out *o)
{
	OUT_CLEANUP struct out values = {0};

	out_puts(o, "{\"cniVersion\":");
	out_json_string(o, c->version);
	out_puts(o, ",\"name\":");
	out_json_string(o, c->name);
	copy_members(p->text, p->len, p, is_passed_on, false, o);
	if (runtime && copy_members(runtime, strlen(runtime), p, has, true, &values) > 0)
		out_printf(o, ",\"runtimeConfig\":{%s}", values.text);
	if (previous)
		out_printf(o, ",\"prevResult\":%s", previous);
	if (valid)
		out_printf(o, ",\"cni.dev/valid-attachments\":[%s]", valid);
	out_puts(o, "}");
}
