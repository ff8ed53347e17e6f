// SPDX-License-Identifier: Apache-2.0
/*
 * Theory of operation. A record is text: a head of "word value" lines, then one line per source.
 * It is written once and renamed into place, and read as a whole. PATH's folders are sources,
 * too: a program that appears in an earlier folder changes that folder's mtime.
 */
#include "host-cache.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include "file.h"
#include "parse.h"
#include "process.h"
#include "strmap.h"

enum { RECORD_MAX = 8 << 20, REQUEST_NAMES_MAX = 1024 };
static const char magic[] = "kokon-host 1";

void host_cache_close(struct host_cache *c)
{
	int *fds[] = {&c->dir, &c->names, &c->layers};

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}

static int data_path(char *buf, size_t size, struct err *err)
{
	const char *xdg = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
	int n;

	if (process_is_root_of("/var/lib"))
		n = snprintf(buf, size, "/var/lib/kokon");
	else if (xdg && xdg[0] == '/')
		n = snprintf(buf, size, "%s/kokon", xdg);
	else if (home && home[0] == '/')
		n = snprintf(buf, size, "%s/.local/share/kokon", home);
	else {
		err_set(err, 0, "cannot tell where to keep images: HOME is not set");
		return err_remedy(err, "export HOME, or XDG_DATA_HOME");
	}
	return n < 0 || (size_t)n + sizeof("/host") > size
		       ? err_set(err, ENAMETOOLONG, "cannot keep images")
		       : 0;
}

/* Root's own cache must not be steerable by others, nor a user's by another user. */
static int check_owner(int fd, const char *path, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_errno(err, "cannot examine '%s'", path);
	if (st.st_uid != geteuid()) {
		err_set(err, 0, "the cache '%s' belongs to user %u, not to the caller", path,
			st.st_uid);
		return err_remedy(err,
				  "chown %u '%s', or set XDG_DATA_HOME to a directory of your own",
				  geteuid(), path);
	}
	if (st.st_mode & 022) {
		err_set(err, 0, "the cache '%s' may be written to by others", path);
		return err_remedy(err, "chmod go-w '%s'", path);
	}
	return 0;
}

static int no_place(const char *path, int code, struct err *err)
{
	err_set(err, code, "cannot make '%s'", path);
	return geteuid() == 0 ? -code
			      : err_remedy(err, "set XDG_DATA_HOME to a directory of your own");
}

static int open_part(int parent, const char *name, bool create, const char *shown, int *ret,
		     struct err *err)
{
	CLOSE_FD int fd = -1;
	int r;

	if (create && mkdirat(parent, name, 0700) < 0 && errno != EEXIST)
		return err_errno(err, "cannot make '%s/%s'", shown, name);
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, "cannot open '%s/%s'", shown, name);
	r = check_owner(fd, shown, err);
	if (r < 0)
		return r;
	*ret = TAKE_FD(fd);
	return 0;
}

static int open_data(char *path, size_t size, bool create, int *ret, struct err *err)
{
	CLOSE_FD int fd = -1;
	int r = data_path(path, size, err);

	if (r < 0)
		return r;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && create) {
		r = make_directories(AT_FDCWD, path, 0755);
		if (r < 0)
			return no_place(path, -r, err);
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (fd < 0)
		return err_errno(err, "cannot open '%s'", path);
	r = check_owner(fd, path, err);
	if (r == 0)
		*ret = TAKE_FD(fd);
	return r;
}

int host_cache_open(bool create, struct host_cache *ret, struct err *err)
{
	HOST_CACHE_CLEANUP struct host_cache c = {.dir = -1, .names = -1, .layers = -1};
	CLOSE_FD int data = -1;
	int r = open_data(c.path, sizeof(c.path), create, &data, err);

	if (r == 0)
		r = open_part(data, "host", create, c.path, &c.dir, err);
	if (r < 0)
		return r;
	strncat(c.path, "/host", sizeof(c.path) - strlen(c.path) - 1);
	r = open_part(c.dir, "names", create, c.path, &c.names, err);
	if (r == 0)
		r = open_part(c.dir, "layers", create, c.path, &c.layers, err);
	if (r < 0)
		return r;
	*ret = c;
	c.dir = c.names = c.layers = -1;
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* One name of a request: control characters would end a line of the record. */
static int take_name(struct arena *a, const char *field, size_t len, const char **ret,
		     struct err *err)
{
	FREE_PTR char *cwd = NULL;

	if (len == 0)
		return err_set(err, 0, "a name in 'host:' is empty");
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)field[i] < 0x20)
			return err_set(err, 0, "a name in 'host:' holds a control character");
	if (field[0] == '/' || !memchr(field, '/', len)) {
		*ret = arena_strndup(a, field, len);
		return 0;
	}
	cwd = getcwd(NULL, 0);
	if (!cwd)
		return err_errno(err, "cannot tell the current directory");
	*ret = arena_printf(a, "%s/%.*s", cwd, (int)len, field);
	return 0;
}

int host_key_init(struct host_key *k, struct arena *a, const char *names, struct err *err)
{
	const char **list = arena_array(a, const char *, REQUEST_NAMES_MAX);
	const char *field, *path = getenv("PATH"), *term = getenv("TERM");
	size_t n = 0, len;
	char *request = arena_strdup(a, "");

	if (!*names)
		names = NULL;
	while (next_field(&names, ',', &field, &len)) {
		int r = n < REQUEST_NAMES_MAX ? take_name(a, field, len, &list[n++], err)
					      : err_set(err, 0, "more than %d names in 'host:'",
							REQUEST_NAMES_MAX);

		if (r < 0)
			return r;
	}
	qsort(list, n, sizeof(*list), compare);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || strcmp(list[i], list[i - 1]) != 0)
			request = arena_printf(a, "%s%s%s", request, i ? "," : "", list[i]);
	/* What cannot stand in a line of the record is as good as unset. */
	*k = (struct host_key){
		.request = request,
		.path = path && !strchr(path, '\n') ? path : "",
		.term = term && !strchr(term, '\n') ? term : "",
	};
	return 0;
}

void host_key_name(const struct host_key *k, char ret[17])
{
	OUT_CLEANUP struct out o = {0};

	out_printf(&o, "%s\n%s\n%s", k->request, k->path, k->term);
	snprintf(ret, 17, "%016llx", (unsigned long long)strmap_hash(o.text));
}

void host_boot_id(char buf[40])
{
	if (read_line_at(AT_FDCWD, "/proc/sys/kernel/random/boot_id", buf, 40) < 0)
		buf[0] = '\0';
}

void host_record_head(struct out *o, const struct host_key *k, const char *boot, const char *digest)
{
	out_printf(o, "%s\nrequest %s\npath %s\nterm %s\nboot %s\nlayer %s\n", magic, k->request,
		   k->path, k->term, boot, digest);
}

void host_record_source(struct out *o, char kind, const char *path, const struct stat *st)
{
	if (kind == '-') {
		out_printf(o, "- 0 0 0 0 0 0 0 %s\n", path);
		return;
	}
	out_printf(o, "%c %llx %llx %llx %llx %lx %llx %lx %s\n", kind,
		   (unsigned long long)st->st_dev, (unsigned long long)st->st_ino,
		   (unsigned long long)st->st_size, (unsigned long long)st->st_mtim.tv_sec,
		   (unsigned long)st->st_mtim.tv_nsec, (unsigned long long)st->st_ctim.tv_sec,
		   (unsigned long)st->st_ctim.tv_nsec, path);
}

/* The value of the line "word value" at *at, which moves behind it. NULL: another line. */
static const char *head_line(char **at, const char *word)
{
	size_t n = strlen(word);
	char *line = *at, *end = strchr(line, '\n');

	if (!end || strncmp(line, word, n) != 0 || line[n] != ' ')
		return NULL;
	*end = '\0';
	*at = end + 1;
	return line + n + 1;
}

static int parse_record(struct host_record *r)
{
	char *at = r->text;

	if (strncmp(at, magic, sizeof(magic) - 1) != 0 || at[sizeof(magic) - 1] != '\n')
		return -EINVAL;
	at += sizeof(magic);
	r->request = head_line(&at, "request");
	r->path = r->request ? head_line(&at, "path") : NULL;
	r->term = r->path ? head_line(&at, "term") : NULL;
	r->boot = r->term ? head_line(&at, "boot") : NULL;
	r->digest = r->boot ? head_line(&at, "layer") : NULL;
	r->left_out = r->digest ? head_line(&at, "without") : NULL;
	r->sources = at;
	return r->left_out && strlen(r->digest) == SHA256_HEX - 1 && !strchr(r->digest, '/')
		       ? 0
		       : -EINVAL;
}

int host_record_read(const struct host_cache *c, const char *name, struct host_record *ret)
{
	HOST_RECORD_CLEANUP struct host_record r = {0};
	ssize_t n = read_file_at(c->names, name, RECORD_MAX, &r.text);
	int status;

	if (n < 0)
		return (int)n;
	status = parse_record(&r);
	if (status < 0)
		return status;
	*ret = r;
	r.text = NULL;
	return 0;
}

void host_record_free(struct host_record *r)
{
	free(r->text);
	r->text = NULL;
}

enum { DEV, INO, SIZE, MTIME, MTIME_NS, CTIME, CTIME_NS, FIELDS };

/* Hexadecimal numbers, each followed by one blank. NULL: something else. */
static char *read_numbers(char *at, uint64_t v[FIELDS])
{
	for (int i = 0; i < FIELDS; i++) {
		uint64_t x = 0;
		char *start = at;

		for (;; at++) {
			if (*at >= '0' && *at <= '9')
				x = x << 4 | (uint64_t)(*at - '0');
			else if (*at >= 'a' && *at <= 'f')
				x = x << 4 | (uint64_t)(*at - 'a' + 10);
			else
				break;
		}
		if (at == start || *at++ != ' ')
			return NULL;
		v[i] = x;
	}
	return at;
}

static bool source_current(char kind, const char *path, const uint64_t v[FIELDS])
{
	struct stat st;

	if (fstatat(AT_FDCWD, path, &st, kind == 'd' ? 0 : AT_SYMLINK_NOFOLLOW) < 0)
		return kind == '-' && (errno == ENOENT || errno == ENOTDIR);
	/* A folder's size says nothing that its mtime does not. */
	return kind != '-' && st.st_dev == v[DEV] && st.st_ino == v[INO] &&
	       (kind == 'd' || (uint64_t)st.st_size == v[SIZE]) &&
	       (uint64_t)st.st_mtim.tv_sec == v[MTIME] &&
	       (uint64_t)st.st_mtim.tv_nsec == v[MTIME_NS] &&
	       (uint64_t)st.st_ctim.tv_sec == v[CTIME] &&
	       (uint64_t)st.st_ctim.tv_nsec == v[CTIME_NS];
}

bool host_record_current(const struct host_record *r, const char **ret_path)
{
	char *line = (char *)r->sources, *end;

	for (; (end = strchr(line, '\n')); line = end + 1) {
		uint64_t v[FIELDS];
		char *path;
		bool same;

		if (strncmp(line, "end\n", 4) == 0)
			return true;
		path = line[0] && line[1] == ' ' ? read_numbers(line + 2, v) : NULL;
		*end = '\0';
		same = path && source_current(line[0], path, v);
		if (!same && ret_path)
			*ret_path = path ? path : "";
		if (!same)
			return false;
		*end = '\n';
	}
	/* Cut off: not believed. */
	if (ret_path)
		*ret_path = "";
	return false;
}
