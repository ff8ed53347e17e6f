// SPDX-License-Identifier: Apache-2.0
/*
 * The cache of layers made of the machine's own programs, for images named "host:bash,ls".
 *
 *   DATA/host/             0700: layers keep set-user-id programs that the machine may have
 * replaced lock                 flock: one builds at a time names/KEY            what a request led
 * to, and the state of every source then (a record) layers/DIGEST/       flock: shared by who uses
 * it, exclusive by who removes it root/              the layer boot               the boot that it
 * was made in
 *
 * DATA is /var/lib/kokon for root, else $XDG_DATA_HOME/kokon or ~/.local/share/kokon.
 *
 * Nothing is synced to disk. A record is believed only in the boot that it was made in: what a
 * power cut may have torn is made anew, from sources that are on disk anyway.
 */
#ifndef KOKON_HOST_CACHE_H
#define KOKON_HOST_CACHE_H

#include <stdbool.h>
#include <sys/stat.h>
#include "arena.h"
#include "err.h"
#include "out.h"
#include "sha256.h"

struct host_cache {
	int dir, names, layers; /* descriptors */
	char path[1024];        /* of `dir`, for messages and mounts */
};

/* Open the caller's cache; with `create` made when absent. -ENOENT: there is none. A cache that
 * is not the caller's own, or that others may write to, is refused. */
int host_cache_open(bool create, struct host_cache *ret, struct err *err);
void host_cache_close(struct host_cache *c);
#define HOST_CACHE_CLEANUP __attribute__((cleanup(host_cache_close)))

/* What a request depends on besides the files: part of the record's name. */
struct host_key {
	const char *request; /* names sorted, each once, joined by ','; "": the default set */
	const char *path;    /* $PATH */
	const char *term;    /* $TERM */
};
/* Put names into their canonical form; paths become absolute. In the arena. */
int host_key_init(struct host_key *k, struct arena *a, const char *names, struct err *err);
/* The record's file name. */
void host_key_name(const struct host_key *k, char ret[17]);

/* A source in a record: 'f' a file, 'l' a link, 'd' a folder of PATH, '-' a folder that is not
 * there. */
void host_record_source(struct out *o, char kind, const char *path, const struct stat *st);
/* The head of a record. */
void host_record_head(struct out *o, const struct host_key *k, const char *boot,
		      const char *digest);

struct host_record {
	char *text; /* owned; the rest points into it */
	const char *request, *path, *term, *boot, *digest;
	const char *left_out; /* names joined by ','; "": none */
	const char *sources;  /* the lines */
};
/* Read a record. -ENOENT: none; -EINVAL: not one of ours. */
int host_record_read(const struct host_cache *c, const char *name, struct host_record *ret);
void host_record_free(struct host_record *r);
#define HOST_RECORD_CLEANUP __attribute__((cleanup(host_record_free)))
/* Whether every source is as it was; else *ret_path (may be NULL) names one that is not. */
bool host_record_current(const struct host_record *r, const char **ret_path);
/* The identity of this boot, terminated. "": unknown. */
void host_boot_id(char buf[40]);

#endif
