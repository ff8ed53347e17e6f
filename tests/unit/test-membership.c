// SPDX-License-Identifier: Apache-2.0
/* Where a process is, over a made-up /proc of older and newer kernels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "membership.h"
#include "made-up-proc.h"
#include "procfs.h"

static int relations(int fd UNUSED, enum namespace_type type, uint64_t inode,
		     struct ns_relations *ret)
{
	*ret = (struct ns_relations){.owner_fd = -1, .parent_fd = -1, .owner = 4026531837};
	if (type == NAMESPACE_PID)
		ret->parent = inode == 503 ? 502 : inode == 502 ? 4026531836 : 0;
	return 0;
}

static void make(const char *kthreadd, const char *own)
{
	proc_make();
	proc_process(2, 0, "kthreadd", NULL, kthreadd);
	proc_process(10, 1, "sh", "sh", own);
	proc_text("10/status", "Name:\tsh\nPid:\t10\nNSpid:\t10\t5\t1\nThreads:\t1\n");
	proc_namespaces("self", NULL);
	proc_text("self/status", "Name:\tme\n");
}

static struct membership read_it(const char *release, int32_t pid)
{
	int proc = procfs_open(proc_root, NULL);
	struct membership_source source = {.proc = proc, .relate = relations, .release = release};
	struct membership m = {0};
	struct err err = {0};

	if (membership_read(&source, pid, &m, &err) < 0)
		fail_msg("%s", err.text);
	close(proc);
	return m;
}

static void fixed_numbers(void **state UNUSED)
{
	struct membership m;

	make(NULL, "mnt:[4026532177] pid:[503]");
	m = read_it("6.18.0-generic", 10);
	assert_int_equal(m.ns[NAMESPACE_MNT].place, PLACE_OWN);
	assert_int_equal(m.ns[NAMESPACE_NET].place, PLACE_INITIAL);
	assert_int_equal(m.ns[NAMESPACE_PID].place, PLACE_OWN);
	assert_int_equal(m.ns[NAMESPACE_USER].place, PLACE_INITIAL);
	assert_int_equal(m.ns[NAMESPACE_TIME].place, PLACE_INITIAL);
	assert_true(m.ns[NAMESPACE_UTS].owner == 4026531837);
	proc_remove();
}

/* Before 6.18 the initial mount namespace is known only by comparing with process 2. */
static void old_kernel(void **state UNUSED)
{
	struct membership m;

	make("mnt:[4026531840] net:[4026531992]", "mnt:[4026532177] net:[4026531992]");
	m = read_it("5.14.0", 10);
	assert_int_equal(m.ns[NAMESPACE_MNT].place, PLACE_OWN);
	assert_int_equal(m.ns[NAMESPACE_NET].place, PLACE_INITIAL);
	assert_int_equal(m.ns[NAMESPACE_UTS].place, PLACE_INITIAL);
	proc_remove();
}

static void old_kernel_without_kthreadd(void **state UNUSED)
{
	struct membership m;

	make(NULL, "mnt:[4026532177] net:[4026531992]");
	proc_text("2/stat", "2 (sh) S 1 2\n"); /* /proc of an inner PID namespace */
	m = read_it("6.12.1", 10);
	assert_int_equal(m.ns[NAMESPACE_MNT].place, PLACE_UNKNOWN);
	assert_int_equal(m.ns[NAMESPACE_NET].place, PLACE_UNKNOWN);
	assert_int_equal(m.ns[NAMESPACE_IPC].place, PLACE_INITIAL);
	proc_remove();
}

static void numbers(void **state UNUSED)
{
	struct membership m;

	make(NULL, "pid:[503]");
	m = read_it("6.18.0", 10);
	assert_int_equal(m.n_pids, 3);
	assert_int_equal(m.pids[0], 10);
	assert_int_equal(m.pids[1], 5);
	assert_int_equal(m.pids[2], 1);
	assert_true(m.pid_ns[2] == 503);
	assert_true(m.pid_ns[1] == 502);
	assert_true(m.pid_ns[0] == 4026531836);
	m = read_it("6.18.0", 0); /* the caller; no NSpid line */
	assert_int_equal(m.n_pids, 0);
	proc_remove();
}

static void nesting(void **state UNUSED)
{
	struct membership_source source = {.relate = relations, .release = "6.18"};
	struct membership m;

	make(NULL, "pid:[503]");
	m = read_it("6.18", 10);
	source.proc = procfs_open(proc_root, NULL);
	assert_true(membership_is_below(&source, &m, NAMESPACE_PID, 502));
	assert_true(membership_is_below(&source, &m, NAMESPACE_PID, 4026531836));
	assert_false(membership_is_below(&source, &m, NAMESPACE_PID, 503));
	assert_false(membership_is_below(&source, &m, NAMESPACE_PID, 999));
	close(source.proc);
	proc_remove();
}

static void refusals(void **state UNUSED)
{
	struct membership_source source = {.relate = relations};
	struct membership m;
	struct err err = {0};
	enum namespace_type type;

	make(NULL, NULL);
	proc_link("30/ns/user", "user:[4026531837]"); /* a zombie */
	source.proc = procfs_open(proc_root, NULL);
	assert_true(membership_read(&source, 99, &m, &err) < 0);
	assert_string_equal(err.text, "no process '99'");
	assert_true(membership_read(&source, 30, &m, &err) < 0);
	assert_string_equal(err.text, "cannot see the namespaces of process '30'");
	assert_non_null(strstr(err.remedy, "has ended"));
	assert_true(ns_open_file("/etc/passwd", &type, &err) < 0);
	assert_string_equal(err.text, "'/etc/passwd' is no namespace");
	assert_true(ns_open_file("/nonexistent", &type, &err) < 0);
	assert_int_equal(err.code, ENOENT);
	close(source.proc);
	proc_remove();
}

static void real_file(void **state UNUSED)
{
	enum namespace_type type = NAMESPACE_MNT;
	struct err err = {0};
	int fd = ns_open_file("/proc/self/ns/uts", &type, &err);

	assert_true(fd >= 0);
	assert_int_equal(type, NAMESPACE_UTS);
	close(fd);
}

static void links(void **state UNUSED)
{
	uint64_t inode = 7;

	assert_int_equal(ns_parse_link("mnt:[4026531832]", &inode), NAMESPACE_MNT);
	assert_true(inode == 4026531832);
	assert_int_equal(ns_parse_link("mnt:[]", &inode), -1);
	assert_int_equal(ns_parse_link("mnt:[1", &inode), -1);
	assert_int_equal(ns_parse_link("mnt:1]", &inode), -1);
	assert_int_equal(ns_parse_link("mnt", &inode), -1);
	assert_int_equal(ns_parse_link("socket:[5]", &inode), -1);
	assert_int_equal(ns_parse_link("mnt:[5]x", &inode), -1);
	assert_int_equal(ns_parse_link("", &inode), -1);
	assert_true(inode == 4026531832);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(fixed_numbers),
					   cmocka_unit_test(old_kernel),
					   cmocka_unit_test(old_kernel_without_kthreadd),
					   cmocka_unit_test(numbers),
					   cmocka_unit_test(nesting),
					   cmocka_unit_test(refusals),
					   cmocka_unit_test(real_file),
					   cmocka_unit_test(links)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
