// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <linux/mount.h>
#include <cmocka.h>
#include "volume.h"

static struct arena arena;
static struct err err;
static struct volume v;

static int parse(const char *text)
{
	return volume_parse(text, "/home/me", &arena, &v, &err);
}

static int parse_mount(const char *text)
{
	return volume_parse_mount(text, "/home/me", &arena, &v, &err);
}

static void paths(void **state)
{
	(void)state;
	assert_string_equal(volume_clean_path("/a//b/./c/../d/", &arena), "/a/b/d");
	assert_string_equal(volume_clean_path("/../..", &arena), "/");
	assert_string_equal(volume_clean_path("", &arena), "/");
	assert_string_equal(volume_clean_path("/a/..b/...", &arena), "/a/..b/...");
}

static void short_form(void **state)
{
	(void)state;
	assert_int_equal(parse("/src:/dst"), 0);
	assert_int_equal(v.kind, VOLUME_BIND);
	assert_string_equal(v.source, "/src");
	assert_string_equal(v.target, "/dst");
	assert_int_equal(v.attributes, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	assert_int_equal(v.propagation, MS_PRIVATE);
	assert_int_equal(v.propagation_recursive, 1);
	assert_int_equal(v.recursive, 1);
	assert_int_equal(parse("./x/../y:/dst/./a:ro,Z,rslave,exec,suid,U"), 0);
	assert_string_equal(v.source, "/home/me/y");
	assert_string_equal(v.target, "/dst/a");
	assert_int_equal(v.attributes, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV);
	assert_int_equal(v.relabel, 'Z');
	assert_int_equal(v.propagation, MS_SLAVE);
	assert_int_equal(v.chown, 1);
	assert_int_equal(parse("/dev/snd:/dev/snd"), 0);
	assert_int_equal(v.attributes, MOUNT_ATTR_NOSUID);
	assert_int_equal(parse("/devices:/x"), 0);
	assert_int_equal(v.attributes, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	assert_int_equal(parse("/a:/b:bind,shared"), 0);
	assert_int_equal(v.recursive, 0);
	assert_int_equal(v.propagation, MS_SHARED);
	assert_int_equal(v.propagation_recursive, 0);
	assert_int_equal(parse("data:/dst:nocopy"), 0);
	assert_int_equal(v.kind, VOLUME_NAMED);
	assert_string_equal(v.source, "data");
	assert_int_equal(v.no_copy, 1);
	assert_int_equal(parse("/dst"), 0);
	assert_int_equal(v.kind, VOLUME_NAMED);
	assert_null(v.source);
	assert_int_equal(parse("/a:/b:idmap"), 0);
	assert_string_equal(v.idmap, "");
	assert_int_equal(parse("/a:/b:idmap=uids=@0-1-2;gids=0-1-2,ro"), 0);
	assert_string_equal(v.idmap, "uids=@0-1-2;gids=0-1-2");
}

static void short_form_refused(void **state)
{
	static const char *const bad[] = {"",
					  ":",
					  "/a:",
					  ":/b",
					  "/a:b",
					  "a/b:/c",
					  "/a:/",
					  "/a:/b:xx",
					  "/a:/b:ro:rw",
					  "/a:/..",
					  "relative",
					  "-x:/b",
					  "/a:/b:size=5",
					  "/a:/b:nocopy",
					  "/a:/b:ro=maybe",
					  "/a:/b:private=0"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (parse(bad[i]) != -EINVAL)
			fail_msg("accepted: %s", bad[i]);
	assert_int_equal(parse("/a:/b:rslav"), -EINVAL);
	assert_string_equal(err.remedy, "did you mean 'rslave'?");
}

static void long_form(void **state)
{
	(void)state;
	assert_int_equal(
		parse_mount("type=bind,source=x,target=/dst,readonly,bind-propagation=rshared"), 0);
	assert_string_equal(v.source, "/home/me/x");
	assert_true(v.attributes & MOUNT_ATTR_RDONLY);
	assert_int_equal(v.propagation, MS_SHARED);
	assert_int_equal(
		parse_mount(
			"dst=/d,src=/s,type=bind,ro=false,relabel=shared,bind-nonrecursive=true"),
		0);
	assert_false(v.attributes & MOUNT_ATTR_RDONLY);
	assert_int_equal(v.relabel, 'z');
	assert_int_equal(v.recursive, 0);
	assert_int_equal(parse_mount("type=bind,\"src=/a,b\"\"c\",destination=/d"), 0);
	assert_string_equal(v.source, "/a,b\"c");
	assert_int_equal(
		parse_mount("type=tmpfs,dst=/t,tmpfs-size=64m,tmpfs-mode=1777,notmpcopyup,uid=5"),
		0);
	assert_int_equal(v.kind, VOLUME_TMPFS);
	assert_string_equal(v.size, "67108864");
	assert_int_equal(v.mode, 01777);
	assert_int_equal(v.no_copy, 1);
	assert_int_equal(v.uid, 5);
	assert_int_equal(parse_mount("type=volume,src=data,dst=/t"), 0);
	assert_int_equal(v.kind, VOLUME_NAMED);
	assert_int_equal(parse_mount("dst=/t"), 0);
	assert_null(v.source);
	assert_int_equal(parse_mount("type=mqueue,dst=/dev/mqueue"), 0);
}

static void long_form_refused(void **state)
{
	static const char *const bad[] = {"",
					  "type=bind",
					  "type=bind,dst=/d",
					  "type=bind,src=,dst=/d",
					  "type=nfs,dst=/d",
					  "type=tmpfs,src=/a,dst=/d",
					  "type=volume,src=/a,dst=/d",
					  "type=bind,src=/a,dst=d",
					  "type=bind,src=/a,dst=/d,size=5",
					  "type=tmpfs,dst=/d,size=",
					  "type=tmpfs,dst=/d,mode=9",
					  "type=tmpfs,dst=/d,size=500%%",
					  "type=bind,src=/a,dst=/d,bind-propagation=ro",
					  "type=bind,src=/a,dst=/d,relabel=x",
					  "type=bind,\"src=/a,dst=/d",
					  "type=bind,src=/a,dst=/d,colour=red",
					  "type=bind,src=/a,dst=/"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (parse_mount(bad[i]) != -EINVAL)
			fail_msg("accepted: %s", bad[i]);
}

static void tmpfs(void **state)
{
	struct volume list[2];

	(void)state;
	assert_int_equal(volume_parse_tmpfs("/run", &arena, &v, &err), 0);
	assert_int_equal(v.attributes, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	assert_int_equal(v.mode, VOLUME_MODE_UNSET);
	list[0] = v;
	assert_int_equal(volume_parse_tmpfs("/run/:size=50%,exec,mode=0700,nr_inodes=1k", &arena,
					    &v, &err),
			 0);
	assert_int_equal(v.attributes, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	assert_string_equal(v.size, "50%");
	assert_string_equal(v.inodes, "1024");
	assert_int_equal(v.mode, 0700);
	list[1] = v;
	assert_int_equal(volumes_check(list, 1, &err), 0);
	assert_int_equal(volumes_check(list, 2, &err), -EINVAL);
	assert_int_equal(volume_parse_tmpfs("run", &arena, &v, &err), -EINVAL);
	assert_int_equal(volume_parse_tmpfs("/run:z", &arena, &v, &err), -EINVAL);
	assert_int_equal(volume_parse_tmpfs("", &arena, &v, &err), -EINVAL);
}

static void shm(void **state)
{
	uint64_t bytes = 7;

	(void)state;
	assert_int_equal(volume_parse_shm_size("64m", &bytes, &err), 0);
	assert_int_equal(bytes, 64 << 20);
	assert_int_equal(volume_parse_shm_size("", &bytes, &err), -EINVAL);
	assert_int_equal(volume_parse_shm_size("-1", &bytes, &err), -EINVAL);
	assert_int_equal(bytes, 64 << 20);
}

static int set_up(void **state)
{
	(void)state;
	return arena_init(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths),
		cmocka_unit_test(short_form),
		cmocka_unit_test(short_form_refused),
		cmocka_unit_test(long_form),
		cmocka_unit_test(long_form_refused),
		cmocka_unit_test(tmpfs),
		cmocka_unit_test(shm),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
