// SPDX-License-Identifier: Apache-2.0
/* state and list, in the shapes that the engines parse. */
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include "oci-store.h"
#include "oci.h"

/* --- state --- */

/* RFC 3339 with nanoseconds. */
static void put_time(struct out *o, const struct state *s)
{
	time_t seconds = (time_t)s->created;
	char text[32];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	out_printf(o, "%s.%09lluZ", text, (unsigned long long)s->created_ns);
}

static pid_t shown_pid(const struct oci_container *c)
{
	return c->pidfd >= 0 && c->status != OCI_STOPPED ? c->state.pid : 0;
}

static void put_state(struct out *o, const struct oci_container *c, const struct spec *spec,
		      const char *owner, const char *indent)
{
	OUT_CLEANUP struct out created = {0};
	struct oci_state state = {
		.id = c->id,
		.status = c->status,
		.pid = shown_pid(c),
		.bundle = c->state.bundle ? c->state.bundle : "",
		.rootfs = c->state.image ? c->state.image : "",
		.owner = owner,
	};

	put_time(&created, &c->state);
	state.created = created.text;
	if (spec)
		state.annotations = spec->annotations;
	oci_state_put(&state, indent, o);
}

int oci_state(const struct oci *o, const char *id, struct out *ret, struct err *err)
{
	OCI_CONTAINER_CLEANUP struct oci_container c = OCI_CONTAINER_NONE;
	struct spec *spec = NULL;
	struct err ignored;
	struct arena a;
	int r = oci_open_id(o->root, id, 0, &a, &c, err);

	if (r < 0)
		return r;
	if (oci_config(&c, &a, false, &spec, &ignored) < 0)
		spec = NULL;
	put_state(ret, &c, spec, "", "  ");
	out_puts(ret, "\n");
	return 0;
}

/* --- list --- */

static const char *owner_of(const struct oci_container *c, struct arena *a)
{
	struct stat st;
	struct passwd *pw;

	if (fstat(c->handle.dir, &st) < 0)
		return "";
	pw = getpwuid(st.st_uid);
	return pw ? arena_strdup(a, pw->pw_name) : arena_printf(a, "#%u", st.st_uid);
}

struct line {
	const char *cell[6];
};

static void put_table(struct out *o, const struct line *lines, size_t n)
{
	size_t width[6];

	for (size_t k = 0; k < 6; k++) {
		width[k] = 9;
		for (size_t i = 0; i < n; i++)
			width[k] = MAX(width[k], strlen(lines[i].cell[k]));
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < 5; k++)
			out_printf(o, "%-*s   ", (int)width[k], lines[i].cell[k]);
		out_printf(o, "%s\n", lines[i].cell[5]);
	}
}

static struct line line_of(const struct oci_container *c, struct arena *a)
{
	OUT_CLEANUP struct out created = {0};

	put_time(&created, &c->state);
	return (struct line){{c->id, arena_printf(a, "%d", (int)shown_pid(c)),
			      value_to_name(oci_statuses, c->status),
			      c->state.bundle ? c->state.bundle : "", arena_strdup(a, created.text),
			      owner_of(c, a)}};
}

static void list_one(struct oci_container *c, enum oci_list_format format, struct arena *a,
		     struct line *lines, size_t *n, struct out *ret)
{
	struct spec *spec = NULL;
	struct err ignored;

	if (format == OCI_LIST_IDS) {
		out_printf(ret, "%s\n", c->id);
	} else if (format == OCI_LIST_TABLE) {
		lines[*n] = line_of(c, a);
	} else {
		if (oci_config(c, a, false, &spec, &ignored) < 0)
			spec = NULL;
		out_puts(ret, *n > 1 ? "," : "");
		put_state(ret, c, spec, owner_of(c, a), NULL);
	}
	++*n;
}

int oci_list(const struct oci *o, enum oci_list_format format, struct out *ret, struct err *err)
{
	CLOSE_FD int root = oci_store(o->root, false, err);
	const char *const *ids = NULL;
	struct line *lines;
	struct arena a;
	size_t n = 0;
	int r = arena_init(&a);

	if (r == 0 && root >= 0)
		r = oci_ids(root, &a, &ids, err);
	else if (root != -ENOENT)
		r = root;
	if (r < 0)
		return r;
	while (ids && ids[n])
		n++;
	lines = arena_array(&a, struct line, n + 1);
	lines[0] = (struct line){{"ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"}};
	n = 1;
	out_puts(ret, format == OCI_LIST_JSON ? "[" : "");
	for (; ids && *ids; ids++) {
		OCI_CONTAINER_CLEANUP struct oci_container c = OCI_CONTAINER_NONE;

		/* One that is being deleted meanwhile is not there any more. */
		r = oci_open(dup(root), *ids, &a, &c, err);
		if (r == 0)
			list_one(&c, format, &a, lines, &n, ret);
		else if (r != -ENOENT)
			out_printf(o->notes, "%s\n", err->text);
	}
	if (format == OCI_LIST_JSON)
		out_puts(ret, "]\n");
	else if (format == OCI_LIST_TABLE)
		put_table(ret, lines, n);
	return 0;
}
