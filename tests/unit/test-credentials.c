// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <cmocka.h>
#include "credentials.h"

static struct arena arena;
static struct credentials c;
static char dir[] = "/tmp/kokon-credentials-XXXXXX";
static int root;

static int set_up(void **state)
{
	(void)state;
	if (arena_init(&arena) < 0 || !mkdtemp(dir))
		return -1;
	root = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root < 0 ? -1 : mkdirat(root, "etc", 0755);
}

static int tear_down(void **state)
{
	(void)state;
	unlinkat(root, "etc/passwd", 0);
	unlinkat(root, "etc/group", 0);
	unlinkat(root, "etc", AT_REMOVEDIR);
	close(root);
	arena_free(&arena);
	return rmdir(dir);
}

static void put(const char *path, const char *text, size_t n)
{
	int fd;

	unlinkat(root, path, 0);
	fd = openat(root, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, n), n);
	close(fd);
}

#define PUT(path, text) put(path, text, sizeof(text) - 1)

static struct credentials_plan parsed(const char *user)
{
	struct credentials_plan p = {.umask = -1};
	struct err err = {0};

	assert_int_equal(credentials_parse_user(user, &arena, &p, &err), 0);
	return p;
}

/* Result of parsing and resolving; 0 or -errno. */
static int resolve(const char *user)
{
	struct credentials_plan p = {.umask = -1};
	struct err err = {0};
	int r = credentials_parse_user(user, &arena, &p, &err);

	return r < 0 ? r : credentials_resolve(&p, root, &c, &err);
}

static void ordinary_files(void **state)
{
	(void)state;
	PUT("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"
			  "1000:x:0:0:a trap:/trap:/bin/sh\n"
			  "4294967297:x:0:0::/trap:\n"
			  "alice:x:1000:100:Alice,,,:/home/alice:/bin/sh\n"
			  "bob:x:1001:1001::relative:\n"
			  "bad:x:-1:0::/:\n"
			  "last:x:7:8");
	PUT("etc/group",
	    "root:x:0:\n100:x:0:\nusers:x:100:alice\nwheel:x:10:root,alice\n"
	    "alicea:x:11:alicea,lalice\nvideo:x:44:bob,alice\nbob:x:1001:\nodd:x:x:alice\n");
}

static void matrix(void **state)
{
	ordinary_files(state);
	assert_int_equal(resolve("0"), 0);
	assert_int_equal(c.uid, 0);
	assert_string_equal(c.home, "/root");
	assert_int_equal(resolve("1"), 0);
	assert_int_equal(c.uid, 1);
	assert_int_equal(c.gid, 0);
	assert_string_equal(c.home, "/");
	assert_int_equal(resolve("01"), 0);
	assert_int_equal(c.uid, 1);
	/* Digits are never a name. */
	assert_int_equal(resolve("1000"), 0);
	assert_int_equal(c.uid, 1000);
	assert_int_equal(c.gid, 100);
	assert_string_equal(c.name, "alice");
	assert_int_equal(resolve("7:100"), 0);
	assert_int_equal(c.gid, 100);
	assert_int_equal(resolve("4294967294"), 0);
	assert_int_equal(c.uid, 4294967294);
	assert_int_equal(resolve("4294967295"), -ERANGE);
	assert_int_equal(resolve("4294967296"), -ERANGE);
	assert_int_equal(resolve("4294967297"), -ERANGE);
	assert_int_equal(resolve("99999999999999999999999"), -ERANGE);
	assert_int_equal(resolve("0:4294967296"), -ERANGE);
	assert_int_equal(resolve("+1"), -EINVAL);
	assert_int_equal(resolve("-1"), -EINVAL);
	assert_int_equal(resolve(""), -EINVAL);
	assert_int_equal(resolve(":"), -EINVAL);
	assert_int_equal(resolve("alice:"), -EINVAL);
	assert_int_equal(resolve("a:b:c"), -EINVAL);
	assert_int_equal(resolve("al ice"), -EINVAL);
	assert_int_equal(resolve("alice\nroot"), -EINVAL);
	assert_int_equal(resolve("nobody"), -ENOENT);
	assert_int_equal(resolve("alice:nogroup"), -ENOENT);
	assert_int_equal(resolve("bad"), -EINVAL);
	assert_int_equal(resolve("bob:odd"), -EINVAL);
}

static void groups(void **state)
{
	const char *const more[] = {"video,5", "wheel", NULL};
	const char *const missing[] = {"video", "nosuch", NULL};
	struct credentials_plan p;
	struct err err = {0};

	ordinary_files(state);
	assert_int_equal(resolve("alice"), 0);
	assert_int_equal(c.uid, 1000);
	assert_int_equal(c.gid, 100);
	assert_string_equal(c.home, "/home/alice");
	assert_int_equal(c.groups_count, 3);
	assert_int_equal(c.groups[0], 100);
	assert_int_equal(c.groups[1] + c.groups[2], 10 + 44);
	assert_int_equal(resolve("bob"), 0);
	assert_string_equal(c.home, "/");
	assert_int_equal(resolve("last"), 0);
	assert_int_equal(c.gid, 8);
	assert_int_equal(resolve("alice:bob"), 0);
	assert_int_equal(c.gid, 1001);
	assert_int_equal(c.groups_count, 1);
	assert_int_equal(resolve(":users"), 0);
	assert_int_equal(c.uid, 0);
	assert_int_equal(c.gid, 100);

	p = parsed("bob:bob");
	assert_int_equal(credentials_parse_groups(more, &arena, &p, &err), 0);
	assert_int_equal(credentials_resolve(&p, root, &c, &err), 0);
	assert_int_equal(c.groups_count, 4);
	p = parsed("bob");
	assert_int_equal(credentials_parse_groups(missing, &arena, &p, &err), 0);
	assert_int_equal(credentials_resolve(&p, root, &c, &err), -ENOENT);
	assert_string_equal(err.text, "there is no group 'nosuch' in '/etc/group' of its root");
	assert_int_equal(credentials_deny_setgroups(&p, &err), -EPERM);
	p = parsed("alice");
	assert_int_equal(credentials_deny_setgroups(&p, &err), 0);
	assert_int_equal(credentials_resolve(&p, root, &c, &err), 0);
	assert_int_equal(c.groups_count, 1);
}

static void no_files(void **state)
{
	(void)state;
	unlinkat(root, "etc/passwd", 0);
	unlinkat(root, "etc/group", 0);
	assert_int_equal(resolve("root"), 0);
	assert_int_equal(c.uid, 0);
	assert_int_equal(resolve("5:6"), 0);
	assert_int_equal(resolve("alice"), -ENOENT);
	assert_int_equal(resolve("0:wheel"), -ENOENT);
}

static void hostile_files(void **state)
{
	static char big[1 << 20];
	static const char nul[] = "root\0x:x:5:5::/:\nalice:x:1\0:1::/:\n";
	time_t start = time(NULL);
	int fd;

	(void)state;
	/* Outside by a link, a FIFO, a device, a directory, endless, with NULs. */
	unlinkat(root, "etc/passwd", 0);
	assert_int_equal(symlinkat("../../../../../../etc/passwd", root, "etc/passwd"), 0);
	assert_int_equal(resolve("root"), -ELOOP);
	unlinkat(root, "etc/passwd", 0);
	assert_int_equal(symlinkat("/nowhere", root, "etc/passwd"), 0);
	assert_int_equal(resolve("0"), 0);
	unlinkat(root, "etc/passwd", 0);
	assert_int_equal(mkfifoat(root, "etc/passwd", 0644), 0);
	assert_int_equal(resolve("0"), -EINVAL);
	unlinkat(root, "etc/passwd", 0);
	put("etc/passwd", nul, sizeof(nul) - 1);
	assert_int_equal(resolve("root"), -ENOENT);
	assert_int_equal(resolve("alice"), -EINVAL);

	PUT("etc/passwd", "alice:x:1:1::/:\n");
	memset(big, 'a', sizeof(big));
	unlinkat(root, "etc/group", 0);
	fd = openat(root, "etc/group", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	for (int i = 0; i < 8; i++)
		assert_int_equal(write(fd, big, sizeof(big)), sizeof(big));
	assert_int_equal(write(fd, "\nlong:x:9:alice\n", 16), 16);
	assert_int_equal(resolve("alice"), 0);
	assert_int_equal(c.groups_count, 2);
	assert_int_equal(ftruncate(fd, 2LL << 30), 0);
	close(fd);
	assert_int_equal(resolve("alice"), -EFBIG);
	assert_true(time(NULL) - start < 20);
}

static void too_many_groups(void **state)
{
	FILE *f;
	int fd;

	(void)state;
	PUT("etc/passwd", "alice:x:1:1::/:\n");
	unlinkat(root, "etc/group", 0);
	fd = openat(root, "etc/group", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	f = fdopen(fd, "w");
	for (int i = 1; i <= 70000; i++)
		fprintf(f, "g%d:x:%d:alice\n", i, i);
	fclose(f);
	assert_int_equal(resolve("alice"), -E2BIG);
}

static void masks(void **state)
{
	struct err err;
	int32_t v = 9;

	(void)state;
	assert_int_equal(credentials_parse_umask("0027", &v, &err), 0);
	assert_int_equal(v, 027);
	assert_int_equal(credentials_parse_umask("1000", &v, &err), -EINVAL);
	assert_int_equal(credentials_parse_umask("28", &v, &err), -EINVAL);
	assert_int_equal(credentials_parse_umask("", &v, &err), -EINVAL);
	assert_int_equal(credentials_parse_umask("-1", &v, &err), -EINVAL);
}

static void applied(void **state)
{
	struct credentials_plan p;
	pid_t pid;
	int status;

	ordinary_files(state);
	if (geteuid() != 0) {
		print_message("skipped: needs root\n");
		skip();
	}
	p = parsed("alice");
	p.umask = 027;
	pid = fork();
	if (pid == 0) {
		struct err err;
		gid_t list[8];

		if (credentials_resolve(&p, root, &c, &err) < 0 ||
		    credentials_apply(&p, &c, &err) < 0)
			_exit(1);
		_exit(getuid() == 1000 && geteuid() == 1000 && getgid() == 100 &&
				      getgroups(8, list) == 3 && umask(0) == 027
			      ? 0
			      : 2);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matrix),          cmocka_unit_test(groups),
		cmocka_unit_test(no_files),        cmocka_unit_test(hostile_files),
		cmocka_unit_test(too_many_groups), cmocka_unit_test(masks),
		cmocka_unit_test(applied),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
