// SPDX-License-Identifier: Apache-2.0
#include "layer.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include "file.h"
#include "remove.h"
#include "staging.h"

struct layer {
	char digest[SHA256_HEX];
	bool current; /* a record of this boot leads here, and its sources are as they were */
	bool in_use;
	uint64_t bytes;
	struct out requests; /* "host:bash,ls", joined by blanks */
	struct layer *next;
};

struct listing {
	struct host_cache cache;
	struct arena arena;
	struct layer *first;
};

static void listing_end(struct listing *l)
{
	for (struct layer *at = l->first; at; at = at->next)
		out_free(&at->requests);
	host_cache_close(&l->cache);
	arena_free(&l->arena);
}
#define LISTING_CLEANUP __attribute__((cleanup(listing_end)))

typedef int each_entry(void *data, int dir, const char *name);

static int for_each(int dir, each_entry *each, void *data)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *e;
	int r = 0;

	if (!d) {
		r = -errno;
		if (copy >= 0)
			close(copy);
		return r;
	}
	while (r == 0 && (e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			r = each(data, dir, e->d_name);
	closedir(d);
	return r;
}

/* Disk space below a folder; layers are of our own making, and no deeper than the machine's. */
static int add_bytes(void *data, int dir, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	*(uint64_t *)data += (uint64_t)st.st_blocks * 512;
	if (S_ISDIR(st.st_mode)) {
		CLOSE_FD int fd =
			openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (fd >= 0)
			for_each(fd, add_bytes, data);
	}
	return 0;
}

static int add_layer(void *data, int dir, const char *name)
{
	struct listing *l = data;
	CLOSE_FD int fd = -1;
	struct layer *layer, **at = &l->first;

	if (strlen(name) != SHA256_HEX - 1 || name[0] == '.')
		return 0;
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return 0;
	layer = arena_new(&l->arena, struct layer);
	snprintf(layer->digest, sizeof(layer->digest), "%s", name);
	layer->in_use = flock(fd, LOCK_EX | LOCK_NB) < 0;
	for_each(fd, add_bytes, &layer->bytes);
	while (*at && strcmp((*at)->digest, name) < 0)
		at = &(*at)->next;
	layer->next = *at;
	*at = layer;
	return 0;
}

static struct layer *layer_named(struct listing *l, const char *digest)
{
	for (struct layer *at = l->first; at; at = at->next)
		if (strcmp(at->digest, digest) == 0)
			return at;
	return NULL;
}

static int add_record(void *data, int dir UNUSED, const char *name)
{
	struct listing *l = data;
	HOST_RECORD_CLEANUP struct host_record r = {0};
	struct layer *layer;
	char boot[40];

	if (name[0] == '.' || host_record_read(&l->cache, name, &r) < 0)
		return 0;
	layer = layer_named(l, r.digest);
	if (!layer)
		return 0;
	host_boot_id(boot);
	if (strcmp(boot, r.boot) == 0 && host_record_current(&r, NULL))
		layer->current = true;
	out_printf(&layer->requests, "%shost:%s", layer->requests.len ? " " : "", r.request);
	return 0;
}

static int read_listing(struct listing *l, struct err *err)
{
	int r = arena_init(&l->arena);

	if (r < 0)
		return err_set(err, -r, "cannot get memory");
	r = host_cache_open(false, &l->cache, err);
	if (r == -ENOENT)
		return 0;
	if (r == 0 && (r = for_each(l->cache.layers, add_layer, l)) < 0)
		err_set(err, -r, "cannot read '%s'", l->cache.path);
	if (r == 0 && (r = for_each(l->cache.names, add_record, l)) < 0)
		err_set(err, -r, "cannot read '%s'", l->cache.path);
	return r;
}

static const char *requests_of(const struct layer *layer)
{
	return layer->requests.text ? layer->requests.text : "";
}

static void list_json(const struct listing *l, struct out *o)
{
	out_puts(o, "[");
	for (const struct layer *at = l->first; at; at = at->next) {
		out_printf(o,
			   "%s{\"digest\": \"%s\", \"bytes\": %llu, \"current\": %s, \"inUse\": "
			   "%s, \"names\": ",
			   at == l->first ? "" : ",\n ", at->digest, (unsigned long long)at->bytes,
			   at->current ? "true" : "false", at->in_use ? "true" : "false");
		out_json_string(o, requests_of(at));
		out_puts(o, "}");
	}
	out_puts(o, "]\n");
}

int layer_list(bool json, struct out *o, struct err *err)
{
	LISTING_CLEANUP struct listing l = {.cache = {-1, -1, -1, ""}};
	int r = read_listing(&l, err);

	if (r < 0)
		return r;
	if (json) {
		list_json(&l, o);
		return 0;
	}
	out_printf(o, "%-12s  %9s  %-7s  %-6s  %s\n", "LAYER", "SIZE", "STATE", "USE", "NAMES");
	for (const struct layer *at = l.first; at; at = at->next)
		out_printf(o, "%.12s  %5llu KiB  %-7s  %-6s  %s\n", at->digest,
			   (unsigned long long)at->bytes / 1024, at->current ? "current" : "stale",
			   at->in_use ? "in use" : "-", requests_of(at));
	return 0;
}

static int remove_layer(const struct listing *l, const struct layer *layer, struct err *err)
{
	CLOSE_FD int fd = openat(l->cache.layers, layer->digest,
				 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	char old[STAGING_NAME_MAX];

	if (fd < 0)
		return err_errno(err, "cannot open the layer '%s'", layer->digest);
	/* A container may have taken it since it was listed. */
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return 0;
	staging_name(layer->digest, old);
	if (renameat(l->cache.layers, layer->digest, l->cache.layers, old) < 0)
		return err_errno(err, "cannot remove the layer '%s'", layer->digest);
	return remove_tree(l->cache.layers, old, err);
}

static void put_command(const struct listing *l, const struct layer *layer, struct out *o)
{
	OUT_CLEANUP struct out path = {0};

	out_printf(&path, "%s/layers/%s", l->cache.path, layer->digest);
	out_puts(o, "rm -rf -- ");
	out_shell_word(o, path.text);
	out_puts(o, "\n");
}

static void explain_layer(const struct listing *l, const struct layer *layer, struct out *o)
{
	out_printf(o, "# %s, and not in use: %s\n",
		   layer->current ? "every layer was asked for" : "its sources have changed",
		   layer->requests.len ? layer->requests.text : "no name leads to it");
	put_command(l, layer, o);
}

/* What it took, and the command that it stands for. */
static void trace_layer(const struct listing *l, const struct layer *layer,
			const struct timespec *start, struct out *trace)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	out_printf(trace, "%9.3f ms  ",
		   (double)(now.tv_sec - start->tv_sec) * 1e3 +
			   (double)(now.tv_nsec - start->tv_nsec) / 1e6);
	put_command(l, layer, trace);
}

/* Records that lead nowhere. */
static int remove_record(void *data, int dir, const char *name)
{
	struct listing *l = data;
	HOST_RECORD_CLEANUP struct host_record r = {0};
	struct stat st;

	if (host_record_read(&l->cache, name, &r) < 0 ||
	    fstatat(l->cache.layers, r.digest, &st, AT_SYMLINK_NOFOLLOW) < 0)
		unlinkat(dir, name, 0);
	return 0;
}

static int prune(struct listing *l, const struct rootfs_request *q, struct out *o,
		 struct out *trace, struct err *err)
{
	uint64_t bytes = 0;
	size_t count = 0;

	for (const struct layer *at = l->first; at; at = at->next) {
		struct timespec start;
		int r = 0;

		if (at->in_use || (at->current && !q->all))
			continue;
		clock_gettime(CLOCK_MONOTONIC, &start);
		if (q->explain)
			explain_layer(l, at, o);
		else
			r = remove_layer(l, at, err);
		if (r < 0)
			return r;
		if (q->trace)
			trace_layer(l, at, &start, trace);
		bytes += at->bytes;
		count++;
	}
	if (q->explain)
		return 0;
	staging_clean(l->cache.layers);
	for_each(l->cache.names, remove_record, l);
	out_printf(o, "removed %zu layer%s, %llu KiB\n", count, count == 1 ? "" : "s",
		   (unsigned long long)bytes / 1024);
	return 0;
}

int layer_prune(const struct rootfs_request *q, struct out *o, struct out *trace, struct err *err)
{
	LISTING_CLEANUP struct listing l = {.cache = {-1, -1, -1, ""}};
	CLOSE_FD int lock = -1;
	struct host_cache c;
	int r = host_cache_open(false, &c, err);

	if (r == -ENOENT) {
		if (!q->explain)
			out_puts(o, "removed 0 layers, 0 KiB\n");
		return 0;
	}
	if (r < 0)
		return r;
	/* Nobody builds meanwhile: a build may count on a layer that it has found. */
	lock = openat(c.dir, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	host_cache_close(&c);
	if (lock < 0 || flock(lock, LOCK_EX) < 0)
		return err_errno(err, "cannot lock the cache");
	r = read_listing(&l, err);
	return r < 0 ? r : prune(&l, q, o, trace, err);
}
