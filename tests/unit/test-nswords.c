// SPDX-License-Identifier: Apache-2.0
/* Mounts and id maps in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "idwords.h"
#include "mountwords.h"
#include "made-up-proc.h"
#include "procfs.h"

static const char first_mounts[] =
	"20 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
	"21 20 0:5 / /dev rw,nosuid shared:2 master:7 - devtmpfs dev rw\n"
	"22 20 0:6 / /with\\040blank rw - tmpfs a\\134b rw\n"
	"23 20 0:6 / /un\\012line rw unbindable - tmpfs x rw\n"
	"24 20 0:6 /sub /from rw master:9 propagate_from:1 - tmpfs x rw\n"
	"25 20 0:6 / /nosource rw - tmpfs  rw\n"
	"\n"
	"26 20 0:6 / /short\n"
	"x y 0:6 / /words rw - tmpfs x rw\n"
	"27 20 0:6 / /optional rw new:1 else - tmpfs x rw";

static int make(void **state UNUSED)
{
	proc_make();
	proc_process(10, 1, "a", "a", "mnt:[100]");
	proc_text("10/mountinfo", first_mounts);
	proc_process(11, 1, "b", "b", "mnt:[101]");
	proc_text("11/mountinfo",
		  "1 0 8:1 / / rw shared:1 - ext4 x rw\n2 1 8:1 / /p rw shared:7 - ext4 x rw\n");
	proc_process(12, 1, "c", "c", "mnt:[102]");
	proc_text("12/mountinfo", "1 0 8:1 / / rw shared:1 - ext4 x rw\n");
	proc_process(13, 1, "d", "d", "mnt:[103]");
	proc_text("13/mountinfo", "1 0 8:1 / / rw shared:1 - ext4 x rw\n");
	proc_namespaces("self", NULL);
	proc_text("sys/kernel/overflowuid", "65534\n");
	proc_text("sys/kernel/overflowgid", "65533\n");
	return 0;
}

static int unmake(void **state UNUSED)
{
	proc_remove();
	return 0;
}

static void mounts(void **state UNUSED)
{
	int proc = procfs_open(proc_root, NULL);
	struct table_style style = {.format = TABLE_ALIGNED};
	OUT_CLEANUP struct out o = {0};
	struct err err = {0};
	TABLE_CLEANUP struct table t;

	table_init(&t, mount_columns, N_MOUNT_COLUMNS);
	assert_int_equal(mount_table(proc, 10, 100, &t, &err), 0);
	table_print(&t, &style, &o);
	assert_golden("mounts.txt", &o);
	assert_true(mount_table(proc, 99, 100, &t, &err) < 0);
	assert_string_equal(err.text, "cannot read the mounts of process '99'");
	close(proc);
}

static void ids_of(int pid, const char *uid_map, const char *gid_map, const char *setgroups,
		   const char *user, const char *uid, const char *golden)
{
	int proc = procfs_open(proc_root, NULL);
	struct table_style style = {.format = TABLE_ALIGNED};
	char path[64], text[64];
	OUT_CLEANUP struct out o = {0};
	struct err err = {0};
	struct id_view v;
	TABLE_CLEANUP struct table t;

	proc_process(pid, 1, "p", "p", user);
	snprintf(path, sizeof(path), "%d/uid_map", pid);
	proc_text(path, uid_map);
	snprintf(path, sizeof(path), "%d/gid_map", pid);
	proc_text(path, gid_map);
	snprintf(path, sizeof(path), "%d/setgroups", pid);
	proc_text(path, setgroups);
	snprintf(path, sizeof(path), "%d/status", pid);
	snprintf(text, sizeof(text), "Name:\tp\nUid:\t%s\t%s\t%s\t%s\n", uid, uid, uid, uid);
	proc_text(path, text);
	assert_int_equal(id_view_read(proc, pid, &v, &err), 0);
	table_init(&t, id_columns, N_ID_COLUMNS);
	id_table(&v, &t);
	table_print(&t, &style, &o);
	id_words(&v, &o);
	assert_golden(golden, &o);
	close(proc);
}

static void ids(void **state UNUSED)
{
	static const char all[] = "         0          0 4294967295\n";

	ids_of(50, all, all, "allow\n", NULL, "0", "ids-full.txt");
	ids_of(51, "0 1000 1\n1 100000 65536\n", "0 1000 1\n1 100000 65536\n", "allow\n",
	       "user:[500]", "100004", "ids-ranges.txt");
	ids_of(52, "0 1000 1\n", "0 1000 1\n", "deny\n", "user:[500]", "0", "ids-single.txt");
	ids_of(53, "", "", "allow\n", "user:[500]", "1000", "ids-none.txt");
	ids_of(54, "0 1000 1\n", "", "deny\n", NULL, "0", "ids-same-namespace.txt");
}

static void id_lookup(void **state UNUSED)
{
	struct id_map m = {.ranges = {{0, 1000, 1}, {1, 100000, 10}}, .n = 2};
	uint32_t id = 7;

	assert_true(id_map_inside(&m, 1000, &id));
	assert_int_equal(id, 0);
	assert_true(id_map_inside(&m, 100009, &id));
	assert_int_equal(id, 10);
	assert_false(id_map_inside(&m, 100010, &id));
	assert_false(id_map_inside(&m, 0, &id));
	assert_int_equal(id, 10);
	assert_false(id_map_is_identity(&m));
}

static void missing(void **state UNUSED)
{
	int proc = procfs_open(proc_root, NULL);
	struct err err = {0};
	struct id_view v;

	assert_true(id_view_read(proc, 999, &v, &err) < 0);
	assert_string_equal(err.text, "cannot read the uid_map of process '999'");
	close(proc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(mounts), cmocka_unit_test(ids),
					   cmocka_unit_test(id_lookup), cmocka_unit_test(missing)};

	return cmocka_run_group_tests(tests, make, unmake);
}
