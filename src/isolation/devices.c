// SPDX-License-Identifier: Apache-2.0
#include "devices.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "file.h"
#include "macros.h"

uint32_t devices_default(struct arena *a, struct device *ret)
{
	static const struct {
		const char *path;
		uint32_t major, minor;
	} nodes[] = {
		{"/dev/null", 1, 3},   {"/dev/zero", 1, 5},    {"/dev/full", 1, 7},
		{"/dev/random", 1, 8}, {"/dev/urandom", 1, 9}, {"/dev/tty", 5, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
		const char *path = arena_strdup(a, nodes[i].path);

		ret[i] = (struct device){
			.path = path,
			.source = path,
			.type = S_IFCHR,
			.major = nodes[i].major,
			.minor = nodes[i].minor,
			.mode = 0666,
			.access = DEVICE_READ | DEVICE_WRITE | DEVICE_MKNOD,
		};
	}
	return ARRAY_SIZE(nodes);
}

static bool parse_access(const char *text, uint32_t *ret)
{
	uint32_t access = 0;

	for (const char *c = text; *c; c++) {
		uint32_t bit = *c == 'r'   ? DEVICE_READ
			       : *c == 'w' ? DEVICE_WRITE
			       : *c == 'm' ? DEVICE_MKNOD
					   : 0;

		if (!bit || (access & bit))
			return false;
		access |= bit;
	}
	if (!access)
		return false;
	*ret = access;
	return true;
}

/* Absolute, and no "..": where a device appears should be what is written. */
static bool good_path(const char *path)
{
	return path[0] == '/' && path[1] && !strstr(path, "/../") &&
	       (strlen(path) < 3 || strcmp(path + strlen(path) - 3, "/..") != 0);
}

int device_parse(const char *text, struct arena *a, struct device *ret, struct err *err)
{
	char *copy = arena_strdup(a, text), *second, *third = NULL;
	struct device d = {
		.path = copy,
		.source = copy,
		.access = DEVICE_READ | DEVICE_WRITE | DEVICE_MKNOD,
	};

	second = strchr(copy, ':');
	if (second) {
		*second++ = '\0';
		third = strchr(second, ':');
		if (third)
			*third++ = '\0';
		if (third || !parse_access(second, &d.access))
			d.path = second;
	}
	if (third && !parse_access(third, &d.access)) {
		err_set(err, 0, "'%.100s' is no access to a device", third);
		return err_remedy(err, "access is made of r (read), w (write) and m (mknod)");
	}
	if (!good_path(d.source) || !good_path(d.path)) {
		err_set(err, 0, "'%.200s' is no device", text);
		return err_remedy(err, "a device is an absolute path on the host, and maybe "
				       "':' and one in the container: /dev/sdc:/dev/xvdc:rw");
	}
	*ret = d;
	return 0;
}

static void describe(const struct stat *st, struct device *d)
{
	d->type = st->st_mode & S_IFMT;
	d->major = major(st->st_rdev);
	d->minor = minor(st->st_rdev);
	d->mode = st->st_mode & 0777;
	d->uid = st->st_uid;
	d->gid = st->st_gid;
}

struct survey {
	struct arena *arena;
	struct device *list;
	uint32_t room, count;
};

enum { DEPTH_MAX = 8 };

/* Nodes of a directory; links and other files in it are passed over. Takes `fd`. */
static int survey_directory(struct survey *s, int fd, const struct device *d, int depth,
			    struct err *err)
{
	DIR *dir = fdopendir(fd);
	const struct dirent *e;
	int r = 0;

	if (!dir) {
		close(fd);
		return err_errno(err, "cannot read the directory '%s'", d->source);
	}
	while (r >= 0 && (e = readdir(dir))) {
		struct device one = *d;
		struct stat st;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
		    fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		one.source = arena_printf(s->arena, "%s/%s", d->source, e->d_name);
		one.path = arena_printf(s->arena, "%s/%s", d->path, e->d_name);
		if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX) {
			int sub = openat(dirfd(dir), e->d_name,
					 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

			if (sub >= 0)
				r = survey_directory(s, sub, &one, depth + 1, err);
		} else if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)) {
			if (s->count == s->room) {
				r = err_set(err, E2BIG, "too many devices below '%s'", d->source);
				break;
			}
			describe(&st, &one);
			s->list[s->count++] = one;
		}
	}
	closedir(dir);
	return r;
}

int device_survey(const struct device *d, struct arena *a, struct device *ret, uint32_t room,
		  uint32_t *ret_count, struct err *err)
{
	struct survey s = {.arena = a, .list = ret, .room = room};
	CLOSE_FD int fd = open(d->source, O_PATH | O_CLOEXEC);
	struct stat st;
	int r = 0;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_errno(err, "cannot find device '%s'", d->source);
	if (S_ISDIR(st.st_mode)) {
		int dir = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (dir < 0)
			return err_errno(err, "cannot read the directory '%s'", d->source);
		r = survey_directory(&s, dir, d, 0, err);
		if (r >= 0 && s.count == 0)
			return err_set(err, ENODEV, "there is no device below '%s'", d->source);
	} else if (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode)) {
		err_set(err, ENODEV, "'%s' is no device", d->source);
		return err_remedy(err, "a file or a directory comes into the container with -v");
	} else if (room == 0) {
		return err_set(err, E2BIG, "too many devices");
	} else {
		s.list[0] = *d;
		describe(&st, &s.list[0]);
		s.count = 1;
	}
	if (r < 0)
		return r;
	*ret_count = s.count;
	return 0;
}

static bool is_node(const char *path, uint32_t type, dev_t number)
{
	struct stat st;

	return stat(path, &st) == 0 && (st.st_mode & S_IFMT) == type && st.st_rdev == number;
}

const char *device_find(struct arena *a, const char *path, uint32_t type, uint32_t major,
			uint32_t minor)
{
	static const char key[] = "\nDEVNAME=";
	FREE_PTR char *text = NULL;
	const char *found, *event;

	if (is_node(path, type, makedev(major, minor)))
		return NULL;
	event = arena_printf(a, "/sys/dev/%s/%u:%u/uevent", type == S_IFBLK ? "block" : "char",
			     major, minor);
	if (read_file_at(AT_FDCWD, event, 1 << 16, &text) <= 0)
		return NULL;
	found = strstr(text, key);
	if (!found)
		return NULL;
	found += strlen(key);
	found = arena_printf(a, "/dev/%.*s", (int)strcspn(found, "\n"), found);
	return is_node(found, type, makedev(major, minor)) ? found : NULL;
}
