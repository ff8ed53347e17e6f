// SPDX-License-Identifier: Apache-2.0
/*
 * The layout: which hierarchies are mounted where, which controllers each has, where we are in
 * each, and the group below which things are ours to make.
 *
 * Parsing is pure and works on the texts of /proc/self/mountinfo, /proc/self/cgroup and
 * /proc/cgroups. Probing adds what only the tree itself tells: the base of each hierarchy and
 * the controllers of the v2 base.
 */
#include "cgroup.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "file.h"
#include "parse.h"
#include "process.h"

/* One line of mountinfo, as far as it matters here. */
struct mount {
	uint64_t id, parent;
	const char *root, *point, *type, *options, *super;
	bool hidden;
};

struct mounts {
	struct mount *v;
	size_t n;
};

/* mountinfo writes blanks and backslashes as \ooo. */
static char *unescape(struct arena *a, const char *s, size_t len)
{
	char *copy = arena_alloc(a, len + 1), *to = copy;

	for (size_t i = 0; i < len; i++) {
		if (s[i] == '\\' && i + 3 < len && s[i + 1] >= '0' && s[i + 1] <= '3') {
			*to++ = (char)((s[i + 1] - '0') * 64 + (s[i + 2] - '0') * 8 + s[i + 3] -
				       '0');
			i += 3;
		} else {
			*to++ = s[i];
		}
	}
	return copy;
}

static bool parse_mount(struct arena *a, const char *line, size_t len, struct mount *m)
{
	const char *field[64], *at = line, *end = line + len;
	size_t length[64], n = 0, dash = 0;

	while (at < end && n < ARRAY_SIZE(field)) {
		const char *blank = memchr(at, ' ', (size_t)(end - at));

		if (!blank)
			blank = end;
		field[n] = at;
		length[n] = (size_t)(blank - at);
		if (n >= 6 && !dash && length[n] == 1 && *at == '-')
			dash = n;
		n++;
		at = blank + 1;
	}
	if (!dash || dash + 3 >= n)
		return false;
	m->id = strtoull(field[0], NULL, 10);
	m->parent = strtoull(field[1], NULL, 10);
	m->root = unescape(a, field[3], length[3]);
	m->point = unescape(a, field[4], length[4]);
	m->options = arena_strndup(a, field[5], length[5]);
	m->type = arena_strndup(a, field[dash + 1], length[dash + 1]);
	m->super = arena_strndup(a, field[dash + 3], length[dash + 3]);
	return true;
}

/* Every mount at, above or on top of /sys, plus every cgroup mount: the others do not matter,
 * and a machine with a thousand containers has very many of them. */
static bool matters(const char *line, size_t len)
{
	for (const char *end = line + len; (line = memchr(line, ' ', (size_t)(end - line))); line++)
		if (strncmp(line, " cgroup", 7) == 0 || strncmp(line, " /sys", 5) == 0 ||
		    strncmp(line, " / / ", 5) == 0)
			return true;
	return false;
}

static bool has_mount(const struct mounts *m, uint64_t id)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->v[i].id == id)
			return true;
	return false;
}

/* What those lie on that do not lie in /sys, so that a chain of parents has no gap. */
static void add_parents(struct arena *a, const char *text, struct mounts *m)
{
	for (size_t i = 0; i < m->n; i++) {
		if (strcmp(m->v[i].point, "/") == 0 || has_mount(m, m->v[i].parent))
			continue;
		for (const char *s = text; *s;) {
			size_t len = strcspn(s, "\n");

			if (strtoull(s, NULL, 10) == m->v[i].parent) {
				m->n += parse_mount(a, s, len, &m->v[m->n]);
				break;
			}
			s += len + (s[len] == '\n');
		}
	}
}

static struct mounts parse_mounts(struct arena *a, const char *text)
{
	const char *whole = text;
	struct mounts m = {0};
	size_t lines = 0;

	for (const char *s = text; *s; s++)
		lines += *s == '\n';
	m.v = arena_array(a, struct mount, lines + 1);
	while (*text) {
		size_t len = strcspn(text, "\n");

		if (matters(text, len) && parse_mount(a, text, len, &m.v[m.n]))
			m.n++;
		text += len + (text[len] == '\n');
	}
	add_parents(a, whole, &m);
	return m;
}

static bool below(const char *path, const char *above)
{
	if (strcmp(above, "/") == 0)
		return true;
	for (; *above; above++, path++)
		if (*path != *above)
			return false;
	return *path == '/' || !*path;
}

static bool is_ancestor(const struct mounts *m, const struct mount *above, const struct mount *of)
{
	uint64_t id = of->parent;

	for (size_t depth = 0; depth < m->n; depth++) {
		const struct mount *next = NULL;

		if (id == above->id)
			return true;
		for (size_t i = 0; i < m->n && !next; i++)
			if (m->v[i].id == id)
				next = &m->v[i];
		if (!next || next->parent == id)
			return false;
		id = next->parent;
	}
	return false;
}

/* A mount is out of reach when another one lies at or above its place without carrying it. */
static void find_hidden(struct mounts *m)
{
	for (size_t i = 0; i < m->n; i++)
		for (size_t j = 0; j < m->n && !m->v[i].hidden; j++)
			m->v[i].hidden = i != j && below(m->v[i].point, m->v[j].point) &&
					 !is_ancestor(m, &m->v[j], &m->v[i]);
}

static bool has_word(const char *list, const char *word)
{
	const char *field;
	size_t len, want = strlen(word);

	while (next_field(&list, ',', &field, &len))
		if (len == want && strncmp(field, word, len) == 0)
			return true;
	return false;
}

/* The label of a v1 hierarchy from its mount options: "cpu,cpuacct" or "name=systemd". */
static const char *label_of(struct arena *a, const char *super, uint32_t *controllers)
{
	const char *field, *label = NULL;
	size_t len;

	*controllers = cgroup_controllers_parse(super, ',');
	while (next_field(&super, ',', &field, &len)) {
		char *word = arena_strndup(a, field, len);

		if (cgroup_controllers_parse(word, ',') || strncmp(word, "name=", 5) == 0)
			label = label ? arena_printf(a, "%s,%s", label, word) : word;
	}
	return label;
}

/* Our path in a hierarchy: the line of /proc/self/cgroup with the same label; v2 has none. */
static const char *self_path(struct arena *a, const char *text, const char *label)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		const char *first = memchr(text, ':', len), *second = NULL;

		if (first)
			second = memchr(first + 1, ':', len - (size_t)(first + 1 - text));
		if (second && (size_t)(second - first - 1) == strlen(label) &&
		    strncmp(first + 1, label, strlen(label)) == 0)
			return arena_strndup(a, second + 1, len - (size_t)(second + 1 - text));
		text += len + (text[len] == '\n');
	}
	return NULL;
}

/* `path` in the hierarchy as seen below a mount of its part `root`; NULL: not in that part. */
static const char *below_mount(const char *path, const char *root)
{
	if (!path || strncmp(path, "/..", 3) == 0)
		return NULL;
	if (strcmp(root, "/") != 0) {
		/* In a cgroup namespace of its own a group shows "/" for what it mounted. */
		if (!below(path, root))
			return NULL;
		path += strlen(root);
	}
	return *path == '/' ? path + 1 : path;
}

static void add_hierarchy(struct arena *a, struct cgroup_layout *l, const struct mount *m,
			  const char *self)
{
	struct cgroup_hierarchy h = {.version = strcmp(m->type, "cgroup2") == 0 ? 2 : 1};

	if (m->hidden || l->n == CGROUP_MAX_HIERARCHIES)
		return;
	h.label = h.version == 2 ? "v2" : label_of(a, m->super, &h.controllers);
	if (!h.label)
		return;
	for (uint32_t i = 0; i < l->n; i++)
		if (l->h[i].version == h.version && strcmp(l->h[i].label, h.label) == 0)
			return; /* mounted twice: the first will do */
	h.present = h.controllers;
	h.mount = m->point;
	h.readonly = has_word(m->options, "ro") || has_word(m->super, "ro");
	h.own = below_mount(self_path(a, self, h.version == 2 ? "" : h.label), m->root);
	h.base = h.readonly ? NULL : "";
	l->h[l->n++] = h;
}

/* "name hierarchy groups enabled" */
static void parse_known(struct cgroup_layout *l, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n"), name = strcspn(text, " \t\n");
		char word[32];
		uint32_t bit = 0;

		snprintf(word, sizeof(word), "%.*s", (int)MIN(name, sizeof(word) - 1), text);
		if (*text != '#')
			bit = cgroup_controllers_parse(word, '\t');
		if (name < len && bit) {
			l->known |= bit;
			if (text[len - 1] == '0' && strchr(" \t", text[len - 2]))
				l->disabled |= bit;
		}
		text += len + (text[len] == '\n');
	}
}

int cgroup_layout_parse(struct arena *a, const struct cgroup_texts *t, struct cgroup_layout **ret,
			struct err *err UNUSED)
{
	struct cgroup_layout *l = arena_new(a, struct cgroup_layout);
	struct mounts m = parse_mounts(a, t->mountinfo);
	bool v1 = false, v2 = false;

	find_hidden(&m);
	for (size_t i = 0; i < m.n; i++)
		if (strcmp(m.v[i].type, "cgroup") == 0 || strcmp(m.v[i].type, "cgroup2") == 0)
			add_hierarchy(a, l, &m.v[i], t->self_cgroup);
	parse_known(l, t->proc_cgroups);
	for (uint32_t i = 0; i < l->n; i++) {
		v1 |= l->h[i].version == 1;
		v2 |= l->h[i].version == 2;
	}
	l->mode = v1 && v2 ? CGROUP_MODE_HYBRID
		  : v2     ? CGROUP_MODE_V2
		  : v1     ? CGROUP_MODE_V1
			   : CGROUP_MODE_NONE;
	*ret = l;
	return 0;
}

int cgroup_layout_v2(const struct cgroup_layout *l)
{
	for (uint32_t i = 0; i < l->n; i++)
		if (l->h[i].version == 2)
			return (int)i;
	return -1;
}

int cgroup_layout_find(const struct cgroup_layout *l, enum cgroup_controller c)
{
	for (uint32_t i = 0; i < l->n; i++)
		if (l->h[i].present & CGROUP_BIT(c))
			return (int)i;
	return -1;
}

/* May we make groups in this one, and move processes into them? */
static bool ours(const char *dir)
{
	char procs[4200];

	if (faccessat(AT_FDCWD, dir, W_OK | X_OK, AT_EACCESS) < 0)
		return false;
	/* Delegation gives a user both or one; root has what the directory's mount allows. */
	if (geteuid() == 0)
		return true;
	snprintf(procs, sizeof(procs), "%s/cgroup.procs", dir);
	return faccessat(AT_FDCWD, procs, W_OK, AT_EACCESS) == 0;
}

/* A unit of systemd: what is made below it ends with it. A user's manager marks its delegated
 * services with user.delegate, but not its scopes (seen with 257), so the name counts too. */
static bool is_unit(const char *dir)
{
	static const char *const suffixes[] = {".service", ".scope"};
	size_t len = strlen(dir);
	char value[8];

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		size_t n = strlen(suffixes[i]);

		if (len > n && strcmp(dir + len - n, suffixes[i]) == 0)
			return true;
	}
	return getxattr(dir, "user.delegate", value, sizeof(value)) == 1 && value[0] == '1';
}

/* The machine's root may make groups in every tree that is not read-only. */
static bool may_everywhere(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};

	return geteuid() == 0 && syscall(SYS_capget, &header, data) == 0 &&
	       data[0].effective & 1U << CAP_DAC_OVERRIDE && !process_is_nested();
}

/*
 * Walk from the mounted root down to our own group. The topmost group that is ours is the
 * base, so that groups do not nest deeper with every level of shells; but inside a unit of
 * systemd the tree above the unit belongs to the manager that made it.
 */
static void find_base(struct arena *a, bool everywhere, struct cgroup_hierarchy *h)
{
	const char *own = h->own ? h->own : "";
	size_t top = 0, len = 0;
	bool found = false;

	h->base = everywhere && !h->readonly ? "" : NULL;
	if (h->readonly || everywhere)
		return;
	for (;;) {
		const char *dir =
			arena_printf(a, "%s%s%.*s", h->mount, len ? "/" : "", (int)len, own);
		bool is_ours = ours(dir);

		if (is_ours && len == 0) { /* the whole tree */
			h->base = "";
			return;
		}
		if (is_ours && (!found || is_unit(dir))) {
			found = true;
			top = len;
		}
		if (!own[len])
			break;
		len += own[len] == '/';
		len += strcspn(own + len, "/");
	}
	if (found)
		h->base = arena_strndup(a, own, top);
}

static uint32_t controllers_in(struct arena *a, const struct cgroup_hierarchy *h, const char *dir)
{
	char text[512];
	const char *path =
		arena_printf(a, "%s%s%s/cgroup.controllers", h->mount, *dir ? "/" : "", dir);

	return read_line_at(AT_FDCWD, path, text, sizeof(text)) < 0
		       ? 0
		       : cgroup_controllers_parse(text, ' ');
}

int cgroup_layout_probe(struct arena *a, struct cgroup_layout **ret, struct err *err)
{
	char *mountinfo = NULL, *self = NULL, *known = NULL;
	struct cgroup_texts texts;
	bool everywhere = may_everywhere();
	struct cgroup_layout *l;
	ssize_t n = read_file_into(a, AT_FDCWD, "/proc/self/mountinfo", 16 << 20, &mountinfo);

	if (n >= 0)
		n = read_file_into(a, AT_FDCWD, "/proc/self/cgroup", 1 << 20, &self);
	if (n < 0) {
		err_set(err, (int)-n, "cannot read '/proc/self/%s'",
			mountinfo ? "cgroup" : "mountinfo");
		return err_remedy(err, "mount proc: mount -t proc proc /proc");
	}
	if (read_file_into(a, AT_FDCWD, "/proc/cgroups", 65536, &known) < 0)
		known = NULL; /* absent where the kernel has no v1 at all */
	texts = (struct cgroup_texts){mountinfo, self, known ? known : ""};
	cgroup_layout_parse(a, &texts, &l, err);
	l->euid = geteuid();
	for (uint32_t i = 0; i < l->n; i++) {
		struct cgroup_hierarchy *h = &l->h[i];

		find_base(a, everywhere, h);
		if (h->version == 2) {
			h->present = controllers_in(a, h, "");
			h->controllers = !h->base   ? 0
					 : *h->base ? controllers_in(a, h, h->base)
						    : h->present;
		}
	}
	*ret = l;
	return 0;
}
