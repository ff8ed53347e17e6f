// SPDX-License-Identifier: Apache-2.0
/* Which networks of CNI there are, and whether one can do what is asked of it. */
#include "cni.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include "cni-exec.h"
#include "file.h"
#include "macros.h"
#include "names.h"
#include "parse.h"

#define DEFAULT_CONFIGURATIONS "/etc/cni/net.d"
#define DEFAULT_PLUGINS                                                                            \
	"/usr/lib/cni:/usr/local/lib/cni:/usr/libexec/cni:/usr/local/libexec/cni:/opt/cni/bin"

enum { FILES_MAX = 256 };

struct search {
	struct arena *a;
	const char *name, *directory;
	const char *seen[FILES_MAX + 1]; /* names of other networks */
	size_t n_seen;
	const char *bad; /* a file that cannot be read, and why */
	struct err why;
	/* found: */
	const char *file, *text;
	struct cni_conf *conf;
};

static const char *variable(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return value && *value ? value : otherwise;
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n > k && strcmp(s + n - k, end) == 0;
}

static int is_list(const struct dirent *d)
{
	return d->d_name[0] != '.' && ends_with(d->d_name, ".conflist");
}

static int is_single(const struct dirent *d)
{
	return d->d_name[0] != '.' &&
	       (ends_with(d->d_name, ".conf") || ends_with(d->d_name, ".json"));
}

/* Of a file that is not good its name may still be known. */
static bool names_it(const struct search *s, const char *text)
{
	const char *at = strstr(text, "\"name\"");

	if (!at)
		return false;
	at += strlen("\"name\"");
	at += strspn(at, " \t\r\n:");
	return *at == '"' && strncmp(at + 1, s->name, strlen(s->name)) == 0 &&
	       at[1 + strlen(s->name)] == '"';
}

/* 1: it is the one. 0: it is not. Or an error of the one. */
static int look_at(struct search *s, const char *file, struct err *err)
{
	FREE_PTR char *text = NULL;
	struct err why = {0};
	ssize_t n = read_file_at(AT_FDCWD, file, CNI_CONF_MAX, &text);
	const char *copy;
	int r;

	if (n < 0) {
		err_set(&why, (int)-n, "it cannot be read");
		text = NULL;
	}
	copy = n < 0 ? "" : arena_strndup(s->a, text, (size_t)n);
	r = n < 0 ? (int)n : cni_conf_parse(s->a, copy, (size_t)n, s->conf, &why);
	if (r < 0 && names_it(s, copy)) {
		*err = why;
		return err_context(err, "the CNI network '%s' in '%s'", s->name, file);
	}
	if (r < 0) {
		s->bad = s->bad ? s->bad : file;
		s->why = s->bad == file ? why : s->why;
		return 0;
	}
	if (strcmp(s->conf->name, s->name) != 0) {
		if (s->n_seen < FILES_MAX)
			s->seen[s->n_seen++] = s->conf->name;
		return 0;
	}
	s->file = file;
	s->text = copy;
	return 1;
}

static int look_through(struct search *s, int (*filter)(const struct dirent *), struct err *err)
{
	struct dirent **entries;
	int n = scandir(s->directory, &entries, filter, alphasort), r = 0;

	if (n < 0) {
		err_errno(err, "cannot look for CNI networks in '%s'", s->directory);
		return err_remedy(err, "put the network's configuration there, or say where it is: "
				       "NETCONFPATH=DIRECTORY");
	}
	for (int i = 0; i < n; i++) {
		if (r == 0 && i < FILES_MAX)
			r = look_at(s,
				    arena_printf(s->a, "%s/%s", s->directory, entries[i]->d_name),
				    err);
		free(entries[i]);
	}
	free(entries);
	return r;
}

static int not_found(const struct search *s, struct err *err)
{
	const char *near = nearest_name(s->name, s->seen);
	OUT_CLEANUP struct out others = {0};
	char why[600];

	err_set(err, ENOENT, "there is no CNI network '%s' in '%s'", s->name, s->directory);
	if (near)
		err_remedy(err, "did you mean 'cni:%s'?", near);
	else if (s->bad) {
		err_format(&s->why, why, sizeof(why));
		err_remedy(err, "'%s' is no configuration of a network: %.*s", s->bad,
			   (int)strcspn(why, "\n"), why);
	} else if (s->n_seen) {
		for (size_t i = 0; i < s->n_seen; i++)
			out_printf(&others, "%scni:%s", i ? ", " : "", s->seen[i]);
		err_remedy(err, "there are: %.400s", others.text);
	} else
		err_remedy(err, "put its configuration there, or say where it is: "
				"NETCONFPATH=DIRECTORY");
	return -ENOENT;
}

/* --- plugins --- */

static int check_path(const char *path, struct err *err)
{
	const char *folder;
	size_t len;

	while (next_field(&path, ':', &folder, &len)) {
		if (len == 0 || *folder == '/')
			continue;
		err_set(err, 0, "CNI_PATH has '%.*s', which is no absolute path", (int)len, folder);
		return err_remedy(err, "plugins are called from elsewhere too: write the whole "
				       "path");
	}
	return 0;
}

static int check_plugins(struct arena *a, const struct cni_conf *c, const struct cni_plan *plan,
			 struct err *err)
{
	int r = check_path(plan->path, err);

	for (size_t i = 0; r == 0 && i < c->n; i++) {
		if (cni_program(a, plan->path, c->plugins[i].type))
			continue;
		err_set(err, ENOENT, "the plugin '%.60s' of the CNI network '%s' is not in '%s'",
			c->plugins[i].type, c->name, plan->path);
		r = err_remedy(err, "install it (apt install containernetworking-plugins), or say "
				    "where it is: CNI_PATH=DIRECTORY");
	}
	return r;
}

int cni_find(struct arena *a, const char *name, struct cni_plan *ret, struct cni_conf *ret_conf,
	     struct err *err)
{
	struct search *s = arena_new(a, struct search);
	struct cni_plan plan = {.timeout = CNI_TIMEOUT};
	int r;

	s->a = a;
	s->name = name;
	s->directory = arena_strdup(a, variable("NETCONFPATH", DEFAULT_CONFIGURATIONS));
	s->conf = ret_conf;
	if (!cni_name_is_good(name)) {
		err_set(err, 0, "'%.60s' is no name of a CNI network", name);
		return err_remedy(err, "write cni:NAME, with a name that a file in '%s' has",
				  s->directory);
	}
	r = look_through(s, is_list, err);
	if (r == 0)
		r = look_through(s, is_single, err);
	if (r <= 0)
		return r < 0 ? r : not_found(s, err);
	plan.config = s->text;
	plan.file = s->file;
	plan.path = arena_strdup(a, variable("CNI_PATH", DEFAULT_PLUGINS));
	plan.knows_ip = cni_conf_can(ret_conf, "ips");
	plan.knows_mac = cni_conf_can(ret_conf, "mac");
	r = check_plugins(a, ret_conf, &plan, err);
	if (r == 0)
		*ret = plan;
	return r;
}

/* --- what is asked of it --- */

static int lacks(const struct network_join_plan *j, const char *option, const char *capability,
		 const char *plugin, struct err *err)
{
	err_set(err, 0, "%s: no plugin of the CNI network '%s' has the capability '%s'", option,
		j->network, capability);
	return err_remedy(err,
			  "add one to the plugins in %s: {\"type\": \"%s\", \"capabilities\": "
			  "{\"%s\": true}}",
			  j->cni->file, plugin, capability);
}

int cni_check_wish(struct arena *a, const struct network_join_plan *j, struct err *err)
{
	struct cni_conf *c = arena_new(a, struct cni_conf);
	int r = cni_conf_parse(a, j->cni->config, strlen(j->cni->config), c, err);

	if (r < 0)
		return r;
	if (j->n_ports && !cni_conf_can(c, "portMappings"))
		return lacks(j, "--publish", "portMappings", "portmap", err);
	if (j->rate && !cni_conf_can(c, "bandwidth"))
		return lacks(j, "--net-rate", "bandwidth", "bandwidth", err);
	if (j->aliases && !cni_conf_can(c, "aliases"))
		return lacks(j, "alias=", "aliases", "dnsname", err);
	return 0;
}
