// SPDX-License-Identifier: Apache-2.0
#include "host-image.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include "file.h"
#include "helper.h"
#include "host-cache.h"

enum { TRIES = 16 };

void host_image_close(struct host_image *image)
{
	if (image->root >= 0)
		close(image->root);
	if (image->lock >= 0)
		close(image->lock);
	free(image->path);
	free(image->left_out);
	*image = (struct host_image)HOST_IMAGE_NONE;
}

static int lock_file(int fd, int how)
{
	int r;

	do
		r = flock(fd, how);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

/* Share the layer's lock. -ENOENT: somebody removed it meanwhile. */
static int use_layer(const struct host_cache *c, const char *digest, struct host_image *ret)
{
	CLOSE_FD int layer =
		openat(c->layers, digest, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	CLOSE_FD int root = -1;
	struct stat a, b;
	int r;

	if (layer < 0)
		return -errno;
	r = lock_file(layer, LOCK_SH);
	if (r < 0)
		return r;
	if (fstat(layer, &a) < 0 || fstatat(c->layers, digest, &b, AT_SYMLINK_NOFOLLOW) < 0 ||
	    a.st_ino != b.st_ino)
		return -ENOENT;
	root = openat(layer, "root", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (root < 0)
		return -errno;
	ret->root = TAKE_FD(root);
	ret->lock = TAKE_FD(layer);
	return 0;
}

static int fill(const struct host_cache *c, const struct host_record *r, struct host_image *image)
{
	size_t size = strlen(c->path) + SHA256_HEX + 32;

	snprintf(image->digest, sizeof(image->digest), "%s", r->digest);
	image->left_out = strdup(r->left_out);
	image->path = malloc(size);
	if (!image->left_out || !image->path)
		return -ENOMEM;
	snprintf(image->path, size, "%s/layers/%s/root", c->path, r->digest);
	return 0;
}

/* A layer whose record is up to date. Anything else is -ENOENT: it is going to be made. */
static int find(const struct host_cache *c, const struct host_key *k, struct host_image *ret)
{
	HOST_RECORD_CLEANUP struct host_record r = {0};
	HOST_IMAGE_CLEANUP struct host_image image = HOST_IMAGE_NONE;
	char name[17], boot[40];

	host_key_name(k, name);
	host_boot_id(boot);
	if (host_record_read(c, name, &r) < 0 || strcmp(r.request, k->request) != 0 ||
	    strcmp(r.path, k->path) != 0 || strcmp(r.term, k->term) != 0 ||
	    strcmp(r.boot, boot) != 0)
		return -ENOENT;
	if (!host_record_current(&r, NULL) || use_layer(c, r.digest, &image) < 0 ||
	    fill(c, &r, &image) < 0)
		return -ENOENT;
	*ret = image;
	image = (struct host_image)HOST_IMAGE_NONE;
	return 0;
}

/* The helper inherits the build lock, so that the lock lasts as long as it works even if this
 * process is killed. */
static int build(const char *names, int lock, struct err *err)
{
	return helper_call_keeping("kokon-rootfs",
				   (const char *const[]){"layer", "--", names, NULL}, lock, err);
}

static int find_or_build(const struct host_cache *c, const struct host_key *k, const char *names,
			 struct host_image *ret, struct err *err)
{
	CLOSE_FD int lock = -1;

	if (find(c, k, ret) == 0)
		return 0;
	lock = openat(c->dir, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (lock < 0 || lock_file(lock, LOCK_EX) < 0)
		return err_errno(err, "cannot lock '%s/lock'", c->path);
	for (int i = 0; i < TRIES; i++) {
		int r;

		/* Somebody may have built it while we waited. */
		if (find(c, k, ret) == 0)
			return 0;
		r = build(names, lock, err);
		if (r < 0)
			return r;
	}
	err_set(err, 0, "the programs of 'host:%s' change all the time", names);
	return err_remedy(err, "try again when the machine's packages are no longer being changed");
}

/* `make`: built when it is not there. */
static int open_or_find(const char *names, bool make, struct host_image *ret, struct err *err)
{
	HOST_CACHE_CLEANUP struct host_cache c = {-1, -1, -1, ""};
	struct arena a;
	struct host_key k;
	int r = arena_init(&a);

	if (r < 0)
		return err_set(err, -r, "cannot get memory");
	r = host_key_init(&k, &a, names, err);
	if (r == 0)
		r = host_cache_open(make, &c, err);
	if (r == 0 && make)
		r = find_or_build(&c, &k, k.request, ret, err);
	else if (r == 0 && find(&c, &k, ret) < 0)
		r = err_set(err, ENOENT, "there is no layer for 'host:%s' yet", names);
	arena_free(&a);
	return r;
}

int host_image_open(const char *names, struct host_image *ret, struct err *err)
{
	return open_or_find(names, true, ret, err);
}

int host_image_find(const char *names, struct host_image *ret, struct err *err)
{
	return open_or_find(names, false, ret, err);
}
