// SPDX-License-Identifier: Apache-2.0
/*
 * What is asked of a network and not of an attachment: STATUS and GC of version 1.1.
 *
 * GC tells plugins which attachments there are, and they remove what is of others: what is left
 * of a plugin that was killed while it made something, and that its own DEL did not find. It is
 * called for networks that kokon has, or had a moment ago, an attachment to, and not where the
 * configuration says "disableGC", as it must if other runtimes use the same network.
 */
#include "cni-gc.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include "cni-chain.h"
#include "macros.h"

int cni_hold_all(int state, int how)
{
	CLOSE_FD int fd = openat(state, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 && flock(fd, how) == 0 ? TAKE_FD(fd) : -1;
}

/* Neither has to do with a container. */
static struct cni_record without_container(const struct cni_record *at)
{
	return (struct cni_record){.path = at->path,
				   .file = at->file,
				   .config = at->config,
				   .timeout = at->timeout};
}

int cni_ready(const struct cni_chain *c, struct err *err)
{
	struct cni_record at = without_container(c->at);
	struct cni_chain status = {
		.a = c->a, .at = &at, .conf = c->conf, .command = "STATUS", .lock = -1};
	const char *ignored;
	int r = 0;

	if (!cni_version_from(&c->conf, "1.1.0"))
		return 0;
	for (size_t i = 0; r == 0 && i < c->conf.n; i++)
		r = cni_chain_call(&status, &c->conf.plugins[i], NULL, &ignored, err);
	return r;
}

/* --- GC --- */

static struct cni_gc_network *find(struct cni_gc *g, const char *name)
{
	for (size_t i = 0; i < g->n; i++)
		if (strcmp(g->v[i].name, name) == 0)
			return &g->v[i];
	return NULL;
}

static void note(struct cni_gc *g, const struct cni_record *at, const struct cni_conf *conf)
{
	if (conf->no_gc || !cni_version_from(conf, "1.1.0") || find(g, conf->name) ||
	    g->n == CNI_GC_MAX)
		return;
	g->v[g->n++] = (struct cni_gc_network){.name = conf->name, .at = without_container(at)};
}

static void keep(struct cni_gc *g, const struct cni_record *at, const struct cni_conf *conf)
{
	struct cni_gc_network *n = find(g, conf->name);

	if (!n)
		return;
	out_printf(&n->valid, "%s{\"containerID\":", n->valid.len ? "," : "");
	out_json_string(&n->valid, at->container);
	out_puts(&n->valid, ",\"ifname\":");
	out_json_string(&n->valid, at->interface);
	out_puts(&n->valid, "}");
}

static void each_record(struct cni_gc *g, int state,
			void (*function)(struct cni_gc *g, const struct cni_record *at,
					 const struct cni_conf *conf))
{
	for (uint32_t i = 0; i < NETWORK_JOINS_MAX; i++) {
		struct cni_record at;
		struct cni_conf *conf;
		struct err none = {0};
		char name[16];

		cni_record_name(i, name);
		if (cni_record_read(state, name, &g->arena, &at, &none) < 0)
			continue;
		conf = arena_new(&g->arena, struct cni_conf);
		if (cni_conf_parse(&g->arena, at.config, strlen(at.config), conf, &none) == 0)
			function(g, &at, conf);
	}
}

void cni_gc_note(struct cni_gc *g, int state)
{
	if (g->arena.base || arena_init(&g->arena) == 0)
		each_record(g, state, note);
}

void cni_gc_keep(struct cni_gc *g, int state)
{
	if (g->n)
		each_record(g, state, keep);
}

static void collect(struct cni_gc *g, struct cni_gc_network *n, struct out *complaints)
{
	struct cni_chain c;
	struct err why = {0};
	const char *ignored;
	char text[1200];

	if (cni_chain_init(&c, &g->arena, &n->at, "GC", &why) < 0)
		return;
	c.valid = n->valid.len ? n->valid.text : "";
	/* All of them, whatever one says. */
	for (size_t i = 0; i < c.conf.n; i++) {
		why = (struct err){0};
		if (cni_chain_call(&c, &c.conf.plugins[i], NULL, &ignored, &why) == 0)
			continue;
		err_format(&why, text, sizeof(text));
		out_printf(complaints, "%s\n%.*s\n", n->name, (int)strcspn(text, "\n"), text);
	}
}

void cni_gc_run(struct cni_gc *g, struct out *complaints)
{
	for (size_t i = 0; i < g->n; i++)
		collect(g, &g->v[i], complaints);
}

void cni_gc_close(struct cni_gc *g)
{
	for (size_t i = 0; i < g->n; i++)
		out_free(&g->v[i].valid);
	if (g->arena.base)
		arena_free(&g->arena);
	*g = (struct cni_gc){0};
}
