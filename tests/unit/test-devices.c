// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <cmocka.h>
#include "devices.h"
#include "file.h"
#include "terminal.h"

static struct arena arena;
static struct err err;
static char dir[] = "/tmp/kokon-devices-XXXXXX";

static void parsing(void **state)
{
	static const char *const bad[] = {"",
					  "null",
					  "/dev/null:",
					  "/dev/null:/dev/x:",
					  "/dev/null:/dev/x:z",
					  "/dev/null:/dev/x:rr",
					  "/dev/null:relative",
					  "/dev/../etc/x",
					  "/dev/null:/dev/x/..",
					  ":/dev/null",
					  "/",
					  "/dev/null:/dev/x:r:w"};
	struct device d;

	(void)state;
	assert_int_equal(device_parse("/dev/null", &arena, &d, &err), 0);
	assert_string_equal(d.path, "/dev/null");
	assert_int_equal(d.access, 7);
	assert_int_equal(device_parse("/dev/null:/dev/x:r", &arena, &d, &err), 0);
	assert_string_equal(d.source, "/dev/null");
	assert_string_equal(d.path, "/dev/x");
	assert_int_equal(d.access, DEVICE_READ);
	assert_int_equal(device_parse("/dev/null:rw", &arena, &d, &err), 0);
	assert_string_equal(d.path, "/dev/null");
	assert_int_equal(d.access, DEVICE_READ | DEVICE_WRITE);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (device_parse(bad[i], &arena, &d, &err) != -EINVAL)
			fail_msg("accepted: %s", bad[i]);
}

static void surveying(void **state)
{
	struct device d, found[64];
	uint32_t n = 0;

	(void)state;
	assert_int_equal(device_parse("/dev/zero:/dev/z", &arena, &d, &err), 0);
	assert_int_equal(device_survey(&d, &arena, found, 64, &n, &err), 0);
	assert_int_equal(n, 1);
	assert_int_equal(found[0].major, 1);
	assert_int_equal(found[0].minor, 5);
	assert_int_equal(found[0].type, S_IFCHR);
	assert_string_equal(found[0].path, "/dev/z");
	device_parse("/etc/passwd", &arena, &d, &err);
	assert_int_equal(device_survey(&d, &arena, found, 64, &n, &err), -ENODEV);
	device_parse("/dev/no_such", &arena, &d, &err);
	assert_int_equal(device_survey(&d, &arena, found, 64, &n, &err), -ENOENT);
	device_parse("/etc", &arena, &d, &err);
	assert_int_equal(device_survey(&d, &arena, found, 64, &n, &err), -ENODEV);
	device_parse("/dev", &arena, &d, &err);
	assert_int_equal(device_survey(&d, &arena, found, 1, &n, &err), -E2BIG);
	assert_int_equal(n, 1);
}

static bool is_node(const char *path, unsigned major_number, unsigned minor_number)
{
	char full[128];
	struct stat st;

	snprintf(full, sizeof(full), "%s%s", dir, path);
	return lstat(full, &st) == 0 && S_ISCHR(st.st_mode) &&
	       st.st_rdev == makedev(major_number, minor_number);
}

/* In namespaces of its own, with a tmpfs on `dir`. Returns 0 or the line that failed. */
#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "line %d: %s: %s\n", __LINE__, #condition, err.text);      \
			return 1;                                                                  \
		}                                                                                  \
	} while (0)

static int check_terminal(int root)
{
	struct terminal_plan plan = {.wanted = 1, .rows = 10, .columns = 20};
	int pts, dev = openat(root, "dev", O_PATH | O_DIRECTORY), master, slave;
	struct stat console, terminal;
	char path[128];

	CHECK(mkdirat(root, "dev/pts", 0755) == 0);
	snprintf(path, sizeof(path), "%s/dev/pts", dir);
	CHECK(mount("devpts", path, "devpts", 0, "newinstance,ptmxmode=0666,mode=0620") == 0);
	pts = openat(root, "dev/pts", O_PATH | O_DIRECTORY);
	CHECK(terminal_allocate(&plan, pts, &master, &slave, &err) == 0);
	CHECK(symlinkat("/etc/passwd", dev, "console") == 0);
	CHECK(terminal_console(slave, dev, &err) == 0);
	CHECK(fstat(slave, &terminal) == 0 && fstatat(dev, "console", &console, 0) == 0);
	CHECK(console.st_rdev == terminal.st_rdev && S_ISCHR(console.st_mode));
	CHECK(terminal_chown(slave, 0, &err) == 0);
	return 0;
}

static int check_nodes(uint32_t bind)
{
	struct device list[8];
	struct devices_plan plan = {.bind = bind, .list = list};
	int fds[8], root, dev, null;

	CHECK(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	CHECK(mount("tmpfs", dir, "tmpfs", 0, "mode=755") == 0);
	root = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	plan.count = devices_default(&arena, list);
	CHECK(plan.count == 6);
	CHECK(device_parse("/dev/zero:/dev/a/b/c", &arena, &list[6], &err) == 0);
	list[6].type = S_IFCHR;
	list[6].major = 1;
	list[6].minor = 5;
	plan.count = 7;
	CHECK(devices_open(&plan, fds, &err) == 0);
	CHECK(devices_make(&plan, fds, root, &err) == 0);
	CHECK(is_node("/dev/null", 1, 3) && is_node("/dev/tty", 5, 0) &&
	      is_node("/dev/a/b/c", 1, 5));
	/* Again: they are there. */
	CHECK(bind || devices_make(&plan, fds, root, &err) == 0);
	dev = openat(root, "dev", O_PATH | O_DIRECTORY | O_CLOEXEC);
	CHECK(symlinkat("/etc", dev, "stdin") == 0);
	CHECK(devices_link(dev, &err) == 0);
	null = devices_open_null(dev, O_RDWR, &err);
	CHECK(null >= 0 && write(null, "x", 1) == 1);
	/* Something else under the name. */
	if (!bind) {
		CHECK(unlinkat(dev, "null", 0) == 0);
		CHECK(symlinkat("/dev/zero", dev, "null") == 0);
		CHECK(devices_open_null(dev, O_RDWR, &err) == -ENODEV || err.code == ELOOP);
		CHECK(devices_make(&plan, fds, root, &err) == -EEXIST);
		CHECK(unlinkat(dev, "null", 0) == 0);
		CHECK(mknodat(dev, "null", S_IFCHR | 0666, makedev(1, 5)) == 0);
		CHECK(devices_open_null(dev, O_RDWR, &err) == -ENODEV);
		CHECK(devices_make(&plan, fds, root, &err) == -EEXIST);
	}
	/* The source is not what it should be. */
	list[0].minor = 4;
	CHECK(!bind || devices_open(&plan, fds, &err) == -ENODEV);
	return bind ? 0 : check_terminal(root);
}

static int check_hostile_root(void)
{
	struct device list[8];
	struct devices_plan plan = {.list = list};
	int fds[8], root;
	struct stat st;

	CHECK(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	CHECK(mount("tmpfs", dir, "tmpfs", 0, "mode=755") == 0);
	root = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	CHECK(mkdirat(root, "victim", 0755) == 0 && mkdirat(root, "rootfs", 0755) == 0);
	CHECK(symlinkat("../victim", root, "rootfs/dev") == 0);
	root = openat(root, "rootfs", O_PATH | O_DIRECTORY | O_CLOEXEC);
	plan.count = devices_default(&arena, list);
	CHECK(devices_open(&plan, fds, &err) == 0);
	CHECK(devices_make(&plan, fds, root, &err) == -ENOENT);
	CHECK(fstatat(root, "../victim/null", &st, AT_SYMLINK_NOFOLLOW) < 0);
	return 0;
}

static int status_of(pid_t pid)
{
	int status = -1;

	waitpid(pid, &status, 0);
	return status;
}

static void skip_unless_root(void)
{
	if (geteuid() != 0) {
		print_message("skipped: needs root\n");
		skip();
	}
}

static void made(void **state)
{
	pid_t pid;

	(void)state;
	skip_unless_root();
	pid = fork();
	if (pid == 0)
		_exit(unshare(CLONE_NEWNS) < 0 ? 9 : check_nodes(0));
	assert_int_equal(status_of(pid), 0);
	pid = fork();
	if (pid == 0)
		_exit(unshare(CLONE_NEWNS) < 0 ? 9 : check_nodes(1));
	assert_int_equal(status_of(pid), 0);
	pid = fork();
	if (pid == 0)
		_exit(unshare(CLONE_NEWNS) < 0 ? 9 : check_hostile_root());
	assert_int_equal(status_of(pid), 0);
}

static void bound_by_an_ordinary_user(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	if (pid == 0) {
		uid_t uid = geteuid() ? geteuid() : 65534;
		gid_t gid;
		char map[32];

		if (geteuid() == 0 && (chown(dir, uid, uid) < 0 || setresgid(uid, uid, uid) < 0 ||
				       setresuid(uid, uid, uid) < 0))
			_exit(8);
		gid = getegid();
		/* Dumpable again, or /proc/self belongs to root. */
		prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
		if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
			_exit(77);
		snprintf(map, sizeof(map), "0 %u 1", uid);
		if (write_file_at(AT_FDCWD, "/proc/self/uid_map", map) < 0 ||
		    write_file_at(AT_FDCWD, "/proc/self/setgroups", "deny") < 0)
			_exit(7);
		snprintf(map, sizeof(map), "0 %u 1", gid);
		if (write_file_at(AT_FDCWD, "/proc/self/gid_map", map) < 0)
			_exit(6);
		_exit(check_nodes(1));
	}
	status = status_of(pid);
	if (WEXITSTATUS(status) == 77) {
		print_message("skipped: user namespaces are not allowed\n");
		skip();
	}
	assert_int_equal(status, 0);
}

static int set_up(void **state)
{
	(void)state;
	return arena_init(&arena) < 0 || !mkdtemp(dir) ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parsing),
		cmocka_unit_test(surveying),
		cmocka_unit_test(made),
		cmocka_unit_test(bound_by_an_ordinary_user),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
