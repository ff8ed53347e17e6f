// SPDX-License-Identifier: Apache-2.0
#include "layer.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <linux/fs.h>
#include "build.h"
#include "file.h"
#include "parse.h"
#include "programs.h"
#include "remove.h"
#include "staging.h"

struct layer_work {
	struct host_cache cache;
	struct host_key key;
	struct arena arena;
	struct view host;
	struct tree tree;
	int host_root;
	struct out left_out; /* names joined by ',' */
	char boot[40];
	char digest[SHA256_HEX];
};

static void layer_work_end(struct layer_work *w)
{
	host_cache_close(&w->cache);
	view_free(&w->host);
	out_free(&w->left_out);
	if (w->host_root >= 0)
		close(w->host_root);
	arena_free(&w->arena);
}
#define LAYER_WORK_CLEANUP __attribute__((cleanup(layer_work_end)))

static int begin(struct layer_work *w, const char *names, struct err *err)
{
	int r = arena_init(&w->arena);

	if (r < 0)
		return err_set(err, -r, "cannot get memory");
	w->host_root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (w->host_root < 0)
		return err_errno(err, "cannot open '/'");
	view_init(&w->host, w->host_root, &w->arena);
	tree_init(&w->tree, &w->arena, -1, "the layer");
	host_boot_id(w->boot);
	r = host_key_init(&w->key, &w->arena, names, err);
	return r < 0 ? r : host_cache_open(true, &w->cache, err);
}

static int place_named(struct planning *p, const char *name, struct err *err)
{
	const char *path;
	int r = program_find(p, name, &path, err);

	return r < 0 ? r : program_place(p, path, name, err);
}

static int plan_layer(struct layer_work *w, struct err *err)
{
	struct planning p = {&w->host, &w->tree, w->key.path, w->key.term};
	const char *names = w->key.request, *field;
	size_t len;
	int r = 0;

	/* The default set is made of what there is. */
	for (size_t i = 0; !*names && default_programs[i]; i++)
		if (place_named(&p, default_programs[i], err) < 0)
			out_printf(&w->left_out, "%s%s", w->left_out.len ? "," : "",
				   default_programs[i]);
	if (!*names && *w->key.term)
		r = terminfo_place(&p, w->key.term, err);
	while (*w->key.request && r >= 0 && next_field(&names, ',', &field, &len))
		r = place_named(&p, arena_strndup(&w->arena, field, len), err);
	return r < 0 ? r : skeleton_place(&p, false, err);
}

/* The layer's name: all that decides what is in it. */
static void name_layer(struct layer_work *w)
{
	OUT_CLEANUP struct out o = {0};
	struct sha256 s;

	for (const struct node *n = w->tree.first; n; n = n->next) {
		out_printf(&o, "%d %o %u %u %s\n%s\n%s\n", n->kind, n->st.st_mode, n->st.st_uid,
			   n->st.st_gid, n->path, n->target ? n->target : "",
			   n->text ? n->text : "");
		if (n->kind == NODE_FILE)
			host_record_source(&o, 'f', n->source, &n->st);
	}
	sha256_init(&s);
	sha256_add(&s, o.text, o.len);
	sha256_hex(&s, w->digest);
}

static bool layer_is_there(const struct layer_work *w)
{
	char path[SHA256_HEX + 16], boot[40];

	snprintf(path, sizeof(path), "%s/boot", w->digest);
	return read_line_at(w->cache.layers, path, boot, sizeof(boot)) > 0 &&
	       strcmp(boot, w->boot) == 0;
}

static int write_text_at(int dir, const char *name, const struct out *o)
{
	CLOSE_FD int fd =
		openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	return fd < 0 ? -errno : out_write(o, fd);
}

static int fill_layer(struct layer_work *w, int dir, const volatile sig_atomic_t *stop,
		      struct err *err)
{
	CLOSE_FD int root = -1;
	OUT_CLEANUP struct out boot = {0};
	struct build b = {.shown = "", .copying = {.keep_owner = geteuid() == 0, .stop = stop}};
	int r;

	if (mkdirat(dir, "root", 0755) < 0)
		return err_errno(err, "cannot make a layer in '%s'", w->cache.path);
	root = openat(dir, "root", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (root < 0 || fchmod(root, 0755) < 0)
		return err_errno(err, "cannot open a layer in '%s'", w->cache.path);
	b.root = root;
	r = build_tree(&w->tree, &b, err);
	if (r < 0)
		return err_context(err, "in the layer below '%s'", w->cache.path);
	out_printf(&boot, "%s\n", w->boot);
	r = write_text_at(dir, "boot", &boot);
	return r < 0 ? write_failed(err, -r, w->cache.path) : 0;
}

/* A layer of an earlier boot is exchanged, and goes where the staged one was: it is removed. */
static int put_in_place(struct layer_work *w, struct staging *s, struct err *err)
{
	int layers = w->cache.layers;

	if (renameat(layers, s->name, layers, w->digest) == 0)
		return 0;
	if (errno != ENOTEMPTY && errno != EEXIST)
		return err_errno(err, "cannot put a layer into '%s'", w->cache.path);
	if (syscall(SYS_renameat2, layers, s->name, layers, w->digest, RENAME_EXCHANGE) < 0)
		return err_errno(err, "cannot replace a layer in '%s'", w->cache.path);
	return 0;
}

static int make_layer(struct layer_work *w, const volatile sig_atomic_t *stop, struct err *err)
{
	struct staging s = {.fd = -1};
	int r = staging_open(w->cache.layers, w->digest, &s, err);

	if (r < 0)
		return r;
	r = fill_layer(w, s.fd, stop, err);
	if (r == 0)
		r = put_in_place(w, &s, err);
	staging_discard(&s);
	return r;
}

static void put_path_dirs(struct layer_work *w, struct out *o)
{
	const char *dirs = w->key.path, *dir;
	size_t len;

	while (next_field(&dirs, ':', &dir, &len)) {
		const char *path = arena_strndup(&w->arena, dir, len);
		struct stat st;

		if (path[0] == '/')
			host_record_source(o, stat(path, &st) == 0 ? 'd' : '-', path, &st);
	}
}

static void put_sources(struct layer_work *w, struct out *o)
{
	struct stat st;

	put_path_dirs(w, o);
	if (lstat("/etc/ld.so.cache", &st) == 0)
		host_record_source(o, 'f', "/etc/ld.so.cache", &st);
	for (const struct node *n = w->tree.first; n; n = n->next) {
		if (!n->source || strchr(n->source, '\n'))
			continue;
		if (n->kind == NODE_FILE)
			host_record_source(o, 'f', n->source, &n->st);
		else if (n->kind == NODE_LINK)
			host_record_source(o, 'l', n->source, &n->st);
	}
	out_puts(o, "end\n");
}

static int write_record(struct layer_work *w, struct err *err)
{
	OUT_CLEANUP struct out o = {0};
	char name[17], temp[32];
	int r;

	host_key_name(&w->key, name);
	snprintf(temp, sizeof(temp), ".%s.new", name);
	host_record_head(&o, &w->key, w->boot, w->digest);
	out_printf(&o, "without %s\n", w->left_out.text ? w->left_out.text : "");
	put_sources(w, &o);
	r = write_text_at(w->cache.names, temp, &o);
	if (r == 0 && renameat(w->cache.names, temp, w->cache.names, name) < 0)
		r = -errno;
	if (r == 0)
		return 0;
	unlinkat(w->cache.names, temp, 0);
	return write_failed(err, -r, w->cache.path);
}

int layer_build(const char *names, const volatile sig_atomic_t *stop, struct err *err)
{
	LAYER_WORK_CLEANUP struct layer_work w = {.cache = {-1, -1, -1, ""}, .host_root = -1};
	int r = begin(&w, names, err);

	if (r == 0)
		r = plan_layer(&w, err);
	if (r < 0)
		return r;
	name_layer(&w);
	if (!layer_is_there(&w))
		r = make_layer(&w, stop, err);
	return r < 0 ? r : write_record(&w, err);
}
