// SPDX-License-Identifier: Apache-2.0
#include "oci-bundle.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "decode.h"
#include "file.h"
#include "spec-check.h"

static const char *resolve(struct arena *a, const char *path)
{
	char real[PATH_MAX];

	/* realpath(3) of musl leaves two slashes at the beginning as they are. */
	while (path[0] == '/' && path[1] == '/')
		path++;
	return arena_strdup(a, realpath(path, real));
}

/* What --config names may be a pipe (of a shell's substitution); a bundle is other people's, and a
 * fifo in it would let us wait forever. */
static ssize_t read_text(const char *path, bool own, struct arena *a, char **ret)
{
	CLOSE_FD int fd =
		openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | (own ? 0 : O_NONBLOCK | O_NOCTTY));
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!own && !S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -EPIPE;
	return read_fd_into(a, fd, DECODE_TEXT_MAX, ret);
}

static int read_config(const char *path, bool own, struct arena *a, struct oci_bundle *b,
		       struct err *err)
{
	char *text = NULL;
	ssize_t n = read_text(path, own, a, &text);

	if (n == -ENOENT) {
		err_set(err, ENOENT, "JSON specification file '%s' not found", path);
		return err_remedy(err, "kokon-oci spec makes one in the current directory");
	}
	if (n == -EPIPE) {
		err_set(err, 0, "'%s' is no ordinary file", path);
		return err_remedy(err, "name it if it is meant: --config '%s'", path);
	}
	if (n == -EFBIG)
		return err_set(err, 0, "'%s' has more than %d MiB", path, DECODE_TEXT_MAX >> 20);
	if (n < 0)
		return err_set(err, (int)-n, "cannot read '%s'", path);
	b->text = text;
	b->len = (size_t)n;
	if (spec_decode(a, b->text, b->len, &b->spec, err) < 0)
		return err_context(err, "%s", path);
	return 0;
}

/* What a link leads to may change between our looks at it, and lie outside of the bundle. In a path
 * of the bundle's own no part may be one, in an absolute path, which the engine wrote, not the
 * last. */
static bool is_link(struct arena *a, const char *bundle, const char *path)
{
	size_t len = strlen(path);
	struct stat st;

	while (len > 1 && path[len - 1] == '/')
		len--;
	for (size_t end = path[0] == '/' ? len : 1; end <= len; end++) {
		const char *part;

		if (end < len && path[end] != '/')
			continue;
		part = arena_strndup(a, path, end);
		if (path[0] != '/')
			part = arena_printf(a, "%s/%s", bundle, part);
		if (lstat(part, &st) == 0 && S_ISLNK(st.st_mode))
			return true;
	}
	return false;
}

static void find_rootfs(struct arena *a, struct oci_bundle *b)
{
	const char *path = b->spec->root ? b->spec->root->path : NULL;
	struct stat st;

	if (!path)
		return;
	if (is_link(a, b->path, path)) {
		b->root_error = -ELOOP;
		return;
	}
	if (path[0] != '/')
		path = arena_printf(a, "%s/%s", b->path, path);
	b->rootfs = resolve(a, path);
	if (!b->rootfs || stat(b->rootfs, &st) < 0)
		b->root_error = -errno;
	else if (!S_ISDIR(st.st_mode))
		b->root_error = -ENOTDIR;
}

int oci_bundle_read(const char *bundle, const char *config, struct arena *a, struct oci_bundle *ret,
		    struct err *err)
{
	struct oci_bundle b = {.path = resolve(a, bundle ? bundle : ".")};
	bool own;
	int r;

	if (!b.path)
		return err_errno(err, "cannot open the bundle '%s'", bundle ? bundle : ".");
	own = config != NULL;
	if (!own)
		config = "config.json";
	r = read_config(config[0] == '/' ? config : arena_printf(a, "%s/%s", b.path, config), own,
			a, &b, err);
	if (r < 0)
		return r;
	find_rootfs(a, &b);
	*ret = b;
	return 0;
}

int oci_bundle(const char *bundle, const char *config, struct arena *a, struct oci_bundle *ret,
	       struct err *err)
{
	struct spec_problems problems;
	struct spec_surroundings around;
	struct oci_bundle b;
	int r = oci_bundle_read(bundle, config, a, &b, err);

	if (r < 0)
		return r;
	around.root = b.root_error;
	spec_check(a, b.spec, &around, &problems);
	r = spec_problems_error(&problems, err);
	if (r < 0)
		return r;
	*ret = b;
	return 0;
}
