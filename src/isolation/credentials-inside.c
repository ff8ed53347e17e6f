// SPDX-License-Identifier: Apache-2.0
/*
 * The container's /etc/passwd and /etc/group are content of an image: any size, any kind of
 * file, any line. Each is read once, front to back, through a buffer of fixed size; a field that
 * is longer than what could match is skipped over, never stored; after CREDENTIALS_FILE_MAX
 * bytes reading ends with an error. So time and memory are bounded whatever the file holds.
 */
#include "credentials.h"

#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include "file.h"
#include "parse.h"

struct reader {
	int fd;
	const char *path;
	size_t at, len;
	uint64_t total;
	char buf[4096];
};

/* One field of a line, as far as it fits. */
struct field {
	size_t len;
	bool odd; /* too long for its place, or with a NUL inside: matches nothing */
	char text[1024];
};

enum { END_OF_FILE = 0 };

/* The next byte; END_OF_FILE, or -errno. A NUL in the file is given as 0x100. */
static int next_byte(struct reader *r, struct err *err)
{
	if (r->at == r->len) {
		ssize_t n;

		do
			n = read(r->fd, r->buf, sizeof(r->buf));
		while (n < 0 && errno == EINTR);
		if (n < 0)
			return err_errno(err, "cannot read '%s' of the container", r->path);
		if (n == 0)
			return END_OF_FILE;
		r->total += (uint64_t)n;
		if (r->total > CREDENTIALS_FILE_MAX)
			return err_set(err, EFBIG, "'%s' of the container is over 16 MiB", r->path);
		r->at = 0;
		r->len = (size_t)n;
	}
	if (r->buf[r->at] == '\0') {
		r->at++;
		return 0x100;
	}
	return (unsigned char)r->buf[r->at++];
}

/* Read up to ':' or, with `comma`, up to ','; a newline ends any field. Returns the byte that
 * ended it, END_OF_FILE, or -errno. */
static int next_part(struct reader *r, bool comma, struct field *f, struct err *err)
{
	int c;

	f->len = 0;
	f->odd = false;
	while ((c = next_byte(r, err)) > 0 && c != '\n' && c != (comma ? ',' : ':')) {
		if (c == 0x100 || f->len == sizeof(f->text) - 1)
			f->odd = true;
		else
			f->text[f->len++] = (char)c;
	}
	f->text[f->len] = '\0';
	return c;
}

static bool field_is(const struct field *f, const char *s)
{
	return !f->odd && strcmp(f->text, s) == 0;
}

static bool field_id(const struct field *f, uint32_t *ret)
{
	return !f->odd && parse_id(f->text, ret) == 0;
}

static int skip_line(struct reader *r, int c, struct err *err)
{
	while (c > 0 && c != '\n')
		c = next_byte(r, err);
	return c;
}

/* Open a file that must be regular, without ever opening anything else for reading: a FIFO
 * would block, a device may act. Returns 1, or 0 when there is none, or -errno. */
static int reader_open(struct reader *r, int root, const char *path, struct err *err)
{
	CLOSE_FD int fd = open_in_root(root, path, O_PATH, 0);
	struct stat seen, st;

	*r = (struct reader){.fd = -1, .path = path};
	if (fd == -ENOENT || fd == -ENOTDIR)
		return 0;
	if (fd < 0 || fstat(fd, &seen) < 0)
		return err_set(err, fd < 0 ? -fd : errno, "cannot open '%s' of the container",
			       path);
	if (!S_ISREG(seen.st_mode))
		return err_set(err, 0, "'%s' of the container is not a regular file", path);
	r->fd = open_in_root(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	if (r->fd < 0)
		return err_set(err, -r->fd, "cannot open '%s' of the container", path);
	if (fstat(r->fd, &st) < 0 || st.st_ino != seen.st_ino || st.st_dev != seen.st_dev) {
		close(r->fd);
		return err_set(err, 0, "'%s' of the container changes while it is read", path);
	}
	return 1;
}

/* The rest of the matching line of passwd: password, uid, gid, gecos, home. */
static int take_user(struct reader *r, const struct credentials_plan *plan,
		     const struct field *name, struct credentials *c, bool *ret_found,
		     struct err *err)
{
	struct field f;
	uint32_t uid = 0, gid = 0;
	bool good;
	int end = next_part(r, false, &f, err);

	if (end == ':')
		end = next_part(r, false, &f, err);
	good = end == ':' && field_id(&f, &uid);
	if (!plan->user && (!good || uid != plan->uid))
		return skip_line(r, end, err);
	if (end == ':')
		end = next_part(r, false, &f, err);
	good = good && field_id(&f, &gid);
	if (end < 0)
		return end;
	if (!good)
		return err_set(err, 0,
			       "the entry of user '%s' in '%s' of the container is malformed",
			       plan->user ? plan->user : name->text, r->path);
	*ret_found = true;
	c->uid = uid;
	if (!plan->group_given)
		c->gid = gid;
	if (!name->odd && name->len < sizeof(c->name))
		memcpy(c->name, name->text, name->len + 1);
	if (end == ':')
		end = next_part(r, false, &f, err);
	if (end == ':') {
		end = next_part(r, false, &f, err);
		if (!f.odd && f.text[0] == '/')
			memcpy(c->home, f.text, f.len + 1);
	}
	return skip_line(r, end, err);
}

static int read_users(struct reader *r, const struct credentials_plan *plan, struct credentials *c,
		      bool *ret_found, struct err *err)
{
	struct field name;
	int end;

	do {
		end = next_part(r, false, &name, err);
		if (end == ':' && name.len > 0 && (!plan->user || field_is(&name, plan->user)))
			end = take_user(r, plan, &name, c, ret_found, err);
		else
			end = skip_line(r, end, err);
	} while (end > 0 && !*ret_found);
	return MIN(end, 0);
}

static int resolve_user(const struct credentials_plan *plan, int root, struct credentials *c,
			struct err *err)
{
	struct reader r;
	bool found = false;
	int there;
	int ret;

	if (!plan->user && !plan->lookup)
		return 0;
	there = reader_open(&r, root, "/etc/passwd", err);
	if (there < 0)
		return there;
	if (there) {
		ret = read_users(&r, plan, c, &found, err);
		close(r.fd);
		if (ret < 0)
			return ret;
	}
	if (found || !plan->user)
		return 0;
	if (!there && strcmp(plan->user, "root") == 0)
		return 0;
	err_set(err, 0,
		there ? "there is no user '%s' in '/etc/passwd' of its root"
		      : "cannot find user '%s': the container has no '/etc/passwd'",
		plan->user);
	err_remedy(err, "give the user as a number, such as -u 1000");
	return -ENOENT;
}

static bool has_group(const struct credentials *c, uint32_t gid)
{
	/* A list of any length must not make this quadratic in the image's hands: only the
	 * first groups are compared, and a gid may then be in the list twice. */
	for (uint32_t i = 0; i < c->groups_count && i < 64; i++)
		if (c->groups[i] == gid)
			return true;
	return false;
}

static int add_group(struct credentials *c, uint32_t gid, struct err *err)
{
	if (has_group(c, gid))
		return 0;
	if (c->groups_count == CREDENTIALS_GROUPS_MAX)
		return err_set(err, E2BIG, "the user is in more than %d groups",
			       CREDENTIALS_GROUPS_MAX);
	c->groups[c->groups_count++] = gid;
	return 0;
}

/* What is looked for in /etc/group. */
struct wanted_groups {
	const struct credentials_plan *plan;
	const char *member;   /* groups that list this user; NULL: none */
	uint64_t found_names; /* one bit for each of plan->names */
	bool group_found;
};

/* True if --group-add names this group, which is then ticked off. The first entry counts. */
static bool is_asked_for(struct wanted_groups *w, const struct field *name)
{
	for (uint32_t i = 0; i < w->plan->names_count; i++) {
		if ((w->found_names >> i & 1) || !field_is(name, w->plan->names[i]))
			continue;
		w->found_names |= UINT64_C(1) << i;
		return true;
	}
	return false;
}

/* One line of group after its name: password, gid, members. */
static int take_group(struct reader *r, const struct field *name, struct wanted_groups *w,
		      struct credentials *c, struct err *err)
{
	bool primary = w->plan->group && !w->group_found && field_is(name, w->plan->group);
	bool more = is_asked_for(w, name), member = false;
	struct field f;
	uint32_t gid = 0;
	int end = next_part(r, false, &f, err);

	if (end == ':')
		end = next_part(r, false, &f, err);
	if (end < 0)
		return end;
	if (!field_id(&f, &gid)) {
		if (primary || more)
			return err_set(
				err, 0,
				"the entry of group '%s' in '%s' of the container is malformed",
				name->text, r->path);
		return skip_line(r, end, err);
	}
	while (w->member && !member && (end == ':' || end == ',')) {
		end = next_part(r, true, &f, err);
		member = field_is(&f, w->member);
	}
	if (primary) {
		c->gid = gid;
		w->group_found = true;
	}
	if (more || member) {
		int ret = add_group(c, gid, err);

		if (ret < 0)
			return ret;
	}
	return skip_line(r, end, err);
}

static int unknown_group(const char *name, bool there, struct err *err)
{
	err_set(err, 0,
		there ? "there is no group '%s' in '/etc/group' of its root"
		      : "cannot find group '%s': the container has no '/etc/group'",
		name);
	err_remedy(err, "give the group as a number");
	return -ENOENT;
}

static int read_groups(struct reader *r, struct wanted_groups *w, struct credentials *c,
		       struct err *err)
{
	struct field name;
	int end;

	do {
		end = next_part(r, false, &name, err);
		if (end == ':' && name.len > 0)
			end = take_group(r, &name, w, c, err);
		else
			end = skip_line(r, end, err);
	} while (end > 0);
	return end;
}

static int resolve_groups(const struct credentials_plan *plan, int root, struct credentials *c,
			  struct err *err)
{
	struct wanted_groups w = {.plan = plan};
	struct reader r;
	int there, ret;

	if ((plan->lookup & LOOKUP_GROUPS) && c->name[0] && plan->setgroups == SETGROUPS_SET)
		w.member = c->name;
	if (!w.member && !plan->group && plan->names_count == 0)
		return 0;
	there = reader_open(&r, root, "/etc/group", err);
	if (there < 0)
		return there;
	if (there) {
		ret = read_groups(&r, &w, c, err);
		close(r.fd);
		if (ret < 0)
			return ret;
	}
	if (plan->group && !w.group_found)
		return unknown_group(plan->group, there, err);
	for (uint32_t i = 0; i < plan->names_count; i++)
		if (!(w.found_names >> i & 1))
			return unknown_group(plan->names[i], there, err);
	return 0;
}

int credentials_resolve(const struct credentials_plan *plan, int root, struct credentials *c,
			struct err *err)
{
	int r;

	c->uid = plan->uid;
	c->gid = plan->gid;
	c->name[0] = '\0';
	c->home[0] = '/';
	c->home[1] = '\0';
	/* The primary group has the first place, filled in at the end. */
	c->groups_count = 1;
	c->groups[0] = UINT32_MAX;
	r = resolve_user(plan, root, c, err);
	if (r >= 0)
		r = resolve_groups(plan, root, c, err);
	for (uint32_t i = 0; r >= 0 && i < plan->ids_count; i++)
		r = add_group(c, plan->ids[i], err);
	if (r < 0)
		return r;
	for (uint32_t i = 1; i < c->groups_count; i++)
		if (c->groups[i] == c->gid)
			c->groups[i--] = c->groups[--c->groups_count];
	c->groups[0] = c->gid;
	return 0;
}

/* EINVAL means one thing for these calls: the id has no place in the user namespace's map. */
static int refused(const char *what, uint32_t id, struct err *err)
{
	if (errno != EINVAL)
		return err_errno(err, "cannot become %s %u", what, id);
	err_set(err, EINVAL, "cannot become %s %u: it is not mapped in the user namespace", what,
		id);
	return err_remedy(err, "map it with --uidmap and --gidmap, or choose a mapped one");
}

static int set_groups(const struct credentials_plan *plan, const struct credentials *c,
		      struct err *err)
{
	if (plan->setgroups != SETGROUPS_SET)
		return 0;
	if (setgroups(c->groups_count, c->groups) == 0)
		return 0;
	if (errno == EINVAL)
		return err_set(err, EINVAL,
			       "cannot set %u groups: one of them is not mapped in "
			       "the user namespace",
			       c->groups_count);
	return err_errno(err, "cannot set %u groups", c->groups_count);
}

int credentials_apply(const struct credentials_plan *plan, const struct credentials *c,
		      struct err *err)
{
	int r = set_groups(plan, c, err);

	if (r < 0)
		return r;
	if (setresgid(c->gid, c->gid, c->gid) < 0)
		return refused("group", c->gid, err);
	if (setresuid(c->uid, c->uid, c->uid) < 0)
		return refused("user", c->uid, err);
	if (plan->umask >= 0)
		umask((mode_t)plan->umask);
	if (plan->parent_death_signal && prctl(PR_SET_PDEATHSIG, plan->parent_death_signal) < 0)
		return err_errno(err, "cannot arm the parent death signal");
	return 0;
}

int no_new_privs_set(struct err *err)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_errno(err, "cannot set no_new_privs");
	return 0;
}
