// SPDX-License-Identifier: Apache-2.0
/*
 * The semantic check: its frame, the document's top level, hooks and mounts.
 *
 * The rules themselves are rows: severity, path, words, remedy. A function per chapter walks over
 * the document and names the row that is broken and the place where.
 */
#include "spec-check.h"

#include <linux/sched.h>
#include <stdlib.h>
#include <string.h>
#include "checker.h"

enum { HOSTNAME_MAX = 64 };

static void finish(const struct checker *c, struct spec_problems *ret)
{
	*ret = (struct spec_problems){.n = c->n, .list = c->list};
	for (uint32_t i = 0; i < c->n; i++)
		ret->n_errors += c->list[i].severity == SPEC_ERROR;
}

void spec_check(struct arena *a, const struct spec *s, const struct spec_surroundings *around,
		struct spec_problems *ret)
{
	struct checker c = {.arena = a, .spec = s, .around = around};

	check_top(&c);
	check_mounts(&c);
	if (s->process)
		check_process(&c, s->process);
	check_linux(&c);
	if (s->linux_.resources)
		check_resources(&c, s->linux_.resources);
	if (s->linux_.seccomp)
		check_seccomp(&c, s->linux_.seccomp);
	finish(&c, ret);
}

void spec_check_process(struct arena *a, const struct spec_process *p, struct spec_problems *ret)
{
	static const struct spec nothing;
	struct checker c = {.arena = a, .spec = &nothing};

	check_process(&c, p);
	finish(&c, ret);
}

int spec_problems_error(const struct spec_problems *p, struct err *err)
{
	for (uint32_t i = 0; i < p->n; i++) {
		if (p->list[i].severity != SPEC_ERROR)
			continue;
		err_set(err, 0, "%s: %s", p->list[i].path, p->list[i].text);
		return p->list[i].remedy ? err_remedy(err, "%s", p->list[i].remedy) : -EINVAL;
	}
	return 0;
}

/* ---- the top level ------------------------------------------------------------------------ */

static const struct rule newer_version = {SPEC_WARNING, "ociVersion",
					  "version %s is newer than " SPEC_VERSION
					  ": properties that it adds are ignored",
					  NULL};
static const struct rule no_root = {SPEC_ERROR, "root", "it is required, and missing",
				    "Add \"root\": {\"path\": \"rootfs\"}."};
static const struct rule empty_root = {SPEC_ERROR, "root.path", "it is empty", NULL};
static const struct rule root_missing = {SPEC_ERROR, "root.path", "'%s' does not exist",
					 "Unpack the container's file system there."};
static const struct rule root_no_directory = {SPEC_ERROR, "root.path", "'%s' is no directory",
					      NULL};
static const struct rule root_link = {
	SPEC_ERROR, "root.path", "'%s' is a symbolic link",
	"Name the directory itself: a link may lead elsewhere tomorrow."};
static const struct rule root_unreadable = {SPEC_ERROR, "root.path", "'%s' cannot be opened", NULL};
static const struct rule no_process = {
	SPEC_WARNING, "process", "it is missing, so the container can be created but not started",
	NULL};
static const struct rule hostname_namespace = {
	SPEC_ERROR, "hostname", "without a UTS namespace it would be the host's",
	"Add {\"type\": \"uts\"} to linux.namespaces, or leave it out."};
static const struct rule domainname_namespace = {
	SPEC_ERROR, "domainname", "without a UTS namespace it would be the host's",
	"Add {\"type\": \"uts\"} to linux.namespaces, or leave it out."};
static const struct rule hostname_long = {SPEC_ERROR, "hostname",
					  "it has more than 64 bytes, which is the kernel's limit",
					  NULL};
static const struct rule domainname_long = {
	SPEC_ERROR, "domainname", "it has more than 64 bytes, which is the kernel's limit", NULL};
static const struct rule annotation_key = {SPEC_ERROR, "annotations", "a key is empty", NULL};
static const struct rule annotation_signal = {
	SPEC_WARNING, "annotations", "org.opencontainers.image.stopSignal: '%s' is no signal",
	NULL};

/* "1.4.0" and above; the text is known to be a version 1.x. */
static bool is_newer(const char *version)
{
	return strtoul(version + 2, NULL, 10) > strtoul(&SPEC_VERSION[2], NULL, 10);
}

static void check_root(struct checker *c)
{
	const struct spec_root *root = c->spec->root;
	int found = c->around ? c->around->root : 0;

	if (!root)
		broken(c, &no_root, NOWHERE);
	else if (!*root->path)
		broken(c, &empty_root, NOWHERE);
	else if (found == -ENOENT)
		broken(c, &root_missing, at_of(0, root->path));
	else if (found == -ENOTDIR)
		broken(c, &root_no_directory, at_of(0, root->path));
	else if (found == -ELOOP)
		broken(c, &root_link, at_of(0, root->path));
	else if (found < 0)
		broken(c, &root_unreadable, at_of(0, root->path));
}

static void check_names(struct checker *c)
{
	bool own = has_namespace(c, CLONE_NEWUTS);
	const struct spec *s = c->spec;

	if (s->hostname && *s->hostname && !own)
		broken(c, &hostname_namespace, NOWHERE);
	if (s->hostname && strlen(s->hostname) > HOSTNAME_MAX)
		broken(c, &hostname_long, NOWHERE);
	if (s->domainname && *s->domainname && !own)
		broken(c, &domainname_namespace, NOWHERE);
	if (s->domainname && strlen(s->domainname) > HOSTNAME_MAX)
		broken(c, &domainname_long, NOWHERE);
}

/* ---- hooks -------------------------------------------------------------------------------- */

static const struct rule hook_path = {SPEC_ERROR, "hooks.%s[%u].path", "it must be absolute", NULL};
static const struct rule hook_timeout = {SPEC_ERROR, "hooks.%s[%u].timeout",
					 "it must be greater than zero",
					 "Leave it out for no limit."};
static const struct rule hook_deprecated = {
	SPEC_WARNING, "hooks.prestart",
	"it is deprecated in favour of createRuntime, createContainer and startContainer", NULL};

static void check_hooks(struct checker *c)
{
	for (uint32_t k = 0; k < SPEC_HOOK_KINDS; k++) {
		const struct spec_hook_list *list = &c->spec->hooks[k];

		for (uint32_t i = 0; i < list->n; i++) {
			if (list->list[i].path[0] != '/')
				broken(c, &hook_path, at_of(i, spec_hook_names[k]));
			if (list->list[i].timeout.given && list->list[i].timeout.value <= 0)
				broken(c, &hook_timeout, at_of(i, spec_hook_names[k]));
		}
	}
	if (c->spec->hooks[SPEC_HOOK_PRESTART].n)
		broken(c, &hook_deprecated, NOWHERE);
}

void check_top(struct checker *c)
{
	const struct spec *s = c->spec;
	const char *stop = spec_annotation(s, "org.opencontainers.image.stopSignal");
	int number;

	if (is_newer(s->oci_version))
		broken(c, &newer_version, at_of(0, s->oci_version));
	check_root(c);
	if (!s->process)
		broken(c, &no_process, NOWHERE);
	check_names(c);
	for (uint32_t i = 0; i < s->annotations.n; i++)
		if (!*s->annotations.list[i].key)
			broken(c, &annotation_key, NOWHERE);
	if (stop && signal_from_name(stop, &number) < 0)
		broken(c, &annotation_signal, at_of(0, stop));
	check_hooks(c);
}

/* ---- mounts ------------------------------------------------------------------------------- */

static const struct rule mount_destination = {SPEC_ERROR, "mounts[%u].destination", "it is empty",
					      NULL};
static const struct rule mount_relative = {
	SPEC_WARNING, "mounts[%u].destination",
	"'%s' is relative, which is deprecated; it is taken from \"/\"", NULL};
static const struct rule mount_source = {SPEC_ERROR, "mounts[%u].source",
					 "a bind mount needs one, and it is missing", NULL};
static const struct rule mount_type = {
	SPEC_ERROR, "mounts[%u].type",
	"it is missing, and the options have neither \"bind\" nor \"rbind\"",
	"Name the file system, or add \"bind\" to the options."};
static const struct rule mount_half_map = {SPEC_ERROR, "mounts[%u]",
					   "uidMappings and gidMappings must be given together",
					   NULL};
static const struct rule mount_map_option = {
	SPEC_WARNING, "mounts[%u].options",
	"there are id mappings, but neither \"idmap\" nor \"ridmap\"; this mount alone is mapped",
	NULL};
static const struct rule mount_no_map = {
	SPEC_ERROR, "mounts[%u].options",
	"an id-mapped mount needs uidMappings and gidMappings, or a user namespace whose "
	"mappings it takes",
	NULL};
static const struct rule mount_copyup = {SPEC_WARNING, "mounts[%u].options",
					 "\"tmpcopyup\" means something for a tmpfs only", NULL};
static const struct rule mount_namespace = {
	SPEC_ERROR, "linux.namespaces",
	"without a mount namespace the container's mounts would be the host's",
	"Add {\"type\": \"mount\"}."};

static void check_mount_map(struct checker *c, const struct spec_mount *m, uint32_t i)
{
	if (!m->uid_map.n != !m->gid_map.n)
		broken(c, &mount_half_map, at(i));
	if (m->uid_map.n && m->idmap == SPEC_IDMAP_NONE)
		broken(c, &mount_map_option, at(i));
	if (m->idmap != SPEC_IDMAP_NONE && !m->uid_map.n && !has_namespace(c, CLONE_NEWUSER))
		broken(c, &mount_no_map, at(i));
}

void check_mounts(struct checker *c)
{
	for (uint32_t i = 0; i < c->spec->n_mounts; i++) {
		const struct spec_mount *m = &c->spec->mounts[i];

		if (!*m->destination)
			broken(c, &mount_destination, at(i));
		else if (m->destination[0] != '/')
			broken(c, &mount_relative, at_of(i, m->destination));
		if (m->bind && !m->remount && (!m->source || !*m->source))
			broken(c, &mount_source, at(i));
		if (!m->bind && !m->remount && !m->n_propagations && (!m->type || !*m->type))
			broken(c, &mount_type, at(i));
		if (m->tmpcopyup && (m->bind || !m->type || strcmp(m->type, "tmpfs") != 0))
			broken(c, &mount_copyup, at(i));
		check_mount_map(c, m, i);
	}
	if (c->spec->n_mounts && !has_namespace(c, CLONE_NEWNS))
		broken(c, &mount_namespace, NOWHERE);
}
