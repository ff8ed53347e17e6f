// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "cgroup-limits.h"
#include "cgroup.h"
#include "device-filter.h"

static const char hybrid_mounts[] =
	"22 21 0:5 / / rw - ext4 /dev/vda rw\n"
	"31 22 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
	"32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct\n"
	"34 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset\n"
	"35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
	"39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids\n"
	"40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd\n"
	"41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";
static const char hybrid_self[] = "9:name=systemd:/\n4:memory:/box/one\n1:cpu,cpuacct:/\n0::/\n";
static const char known[] = "#subsys_name\thierarchy\tnum_cgroups\tenabled\n"
			    "cpuset\t3\t1\t1\nmemory\t4\t14\t1\nhugetlb\t0\t1\t1\nrdma\t0\t1\t0\n";

struct fixture {
	struct arena arena;
	struct cgroup_layout *layout;
	struct cgroup_limits limits;
	struct cgroup_request request;
	struct cgroup_plan *plan;
	struct err err;
	struct out out;
};

static void use(struct fixture *f, const char *mountinfo, const char *self)
{
	struct cgroup_texts texts = {mountinfo, self, known};

	assert_int_equal(cgroup_layout_parse(&f->arena, &texts, &f->layout, &f->err), 0);
}

static int set_up(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	arena_init(&f.arena);
	f.request.limits = &f.limits;
	use(&f, hybrid_mounts, hybrid_self);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	out_free(&f->out);
	arena_free(&f->arena);
	return 0;
}

static void use_v2(struct fixture *f, const char *own, const char *base, uint32_t controllers)
{
	static char self[200];

	snprintf(self, sizeof(self), "0::/%s\n", own);
	use(f, "29 22 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n", self);
	f->layout->h[0].present = controllers | CGROUP_BIT(CGROUP_CPU) | CGROUP_BIT(CGROUP_MEMORY);
	f->layout->h[0].base = base;
	f->layout->h[0].controllers = controllers;
	f->layout->euid = 1000;
}

static const char *explain(struct fixture *f, const char *path)
{
	int r;

	f->request.path = path;
	r = cgroup_make_plan(&f->arena, f->layout, &f->request, &f->plan, &f->err);
	if (r < 0)
		fail_msg("%s", f->err.text);
	cgroup_explain(f->plan, &f->out);
	return f->out.text;
}

static void refused(struct fixture *f, const char *path, int code, const char *text,
		    const char *remedy)
{
	f->request.path = path;
	f->err = (struct err){0};
	assert_true(cgroup_make_plan(&f->arena, f->layout, &f->request, &f->plan, &f->err) < 0);
	assert_int_equal(f->err.code, code);
	if (!strstr(f->err.text, text) || !strstr(f->err.remedy, remedy))
		fail_msg("got: %s / %s", f->err.text, f->err.remedy);
}

static void test_layout_hybrid(void **state)
{
	struct fixture *f = *state;
	const struct cgroup_layout *l = f->layout;
	int memory = cgroup_layout_find(l, CGROUP_MEMORY);

	assert_int_equal(l->mode, CGROUP_MODE_HYBRID);
	assert_int_equal(l->n, 6);
	assert_int_equal(cgroup_layout_v2(l), 5);
	assert_string_equal(l->h[0].label, "cpu,cpuacct");
	assert_int_equal(cgroup_layout_find(l, CGROUP_CPUACCT), 0);
	assert_string_equal(l->h[memory].mount, "/sys/fs/cgroup/memory");
	assert_string_equal(l->h[memory].own, "box/one");
	assert_string_equal(l->h[5].own, "");
	assert_int_equal(cgroup_layout_find(l, CGROUP_HUGETLB), -1);
	assert_int_equal(l->disabled, CGROUP_BIT(CGROUP_RDMA));
}

static void test_layout_mounted_over(void **state)
{
	struct fixture *f = *state;
	char text[sizeof(hybrid_mounts) + 200];

	/* a cgroup2 mounted on the tmpfs hides all that was below it */
	snprintf(text, sizeof(text), "%s%s", hybrid_mounts,
		 "90 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
	use(f, text, hybrid_self);
	assert_int_equal(f->layout->mode, CGROUP_MODE_V2);
	assert_int_equal(f->layout->n, 1);
	assert_string_equal(f->layout->h[0].mount, "/sys/fs/cgroup");
}

static void test_layout_outside_of_sys(void **state)
{
	struct fixture *f = *state;
	const struct cgroup_hierarchy *h;

	use(f,
	    "21 1 8:1 / / rw - ext4 /dev/vda rw\n"
	    "29 21 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
	    "36 21 0:31 / /tmp rw - tmpfs tmp rw\n"
	    "38 36 0:33 / /tmp/a rw - tmpfs a rw\n"
	    "37 38 0:32 / /tmp/a/net rw - cgroup net rw,net_cls,net_prio\n",
	    "1:net_cls,net_prio:/\n0::/\n");
	assert_int_equal(f->layout->n, 2);
	h = &f->layout->h[cgroup_layout_find(f->layout, CGROUP_NET_CLS)];
	assert_string_equal(h->mount, "/tmp/a/net");
	assert_int_equal(f->layout->mode, CGROUP_MODE_HYBRID);
}

static void test_layout_part_of_tree(void **state)
{
	struct fixture *f = *state;

	use(f, "50 22 0:32 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n",
	    "4:memory:/docker/abc/in\n");
	assert_string_equal(f->layout->h[0].own, "in");
	assert_true(f->layout->h[0].readonly);
	assert_null(f->layout->h[0].base);
	use(f, "50 22 0:32 /docker/abc /cg\\040x rw - cgroup cgroup rw,memory\n",
	    "4:memory:/other\n");
	assert_null(f->layout->h[0].own);
	assert_string_equal(f->layout->h[0].mount, "/cg x");
}

static void test_paths(void **state)
{
	struct fixture *f = *state;
	const char *ret = NULL;

	assert_int_equal(cgroup_path_check(&f->arena, f->layout, "/a/b/", &ret, &f->err), 0);
	assert_string_equal(ret, "a/b");
	refused(f, "a/../../b", 0, "leads out", "..");
	refused(f, "..", 0, "leads out", "..");
	refused(f, "a//b", 0, "empty part", "");
	refused(f, "a/./b", 0, "empty part", "");
	refused(f, "a\nb", 0, "control", "");
	refused(f, "x/memory.max", 0, "kernel's files", "");
	refused(f, "/", 0, "top of the tree", "");
	refused(f, "", 0, "top of the tree", "");
	refused(f, "/sys/fs/cgroup/memory/x", 0, "is a directory", "'x'");
	use_v2(f, "user/shell", "user", 0);
	refused(f, "/other/x", EPERM, "outside", "without the leading");
	assert_int_equal(cgroup_path_check(&f->arena, f->layout, "/user/a", &ret, &f->err), 0);
	assert_string_equal(ret, "a");
}

static void test_plan_hybrid(void **state)
{
	struct fixture *f = *state;

	cgroup_limit_set(&f->limits, CGROUP_LIMIT_PIDS, 10);
	f->limits.cpuset_cpus = "0";
	f->request.flags = CGROUP_NEW;
	assert_string_equal(
		explain(f, "kokon/a"),
		"# a group above it\n"
		"mkdir -p /sys/fs/cgroup/unified/kokon\n"
		"# the group in the hierarchy 'v2'\n"
		"mkdir /sys/fs/cgroup/unified/kokon/a\n"
		"# a group above it\n"
		"mkdir -p /sys/fs/cgroup/cpuset/kokon\n"
		"# a new version 1 cpuset is empty and takes no process: give it its parent's\n"
		"grep -q . /sys/fs/cgroup/cpuset/kokon/cpuset.cpus || cat "
		"/sys/fs/cgroup/cpuset/kokon/../cpuset.cpus > "
		"/sys/fs/cgroup/cpuset/kokon/cpuset.cpus\n"
		"# the same for memory nodes\n"
		"grep -q . /sys/fs/cgroup/cpuset/kokon/cpuset.mems || cat "
		"/sys/fs/cgroup/cpuset/kokon/../cpuset.mems > "
		"/sys/fs/cgroup/cpuset/kokon/cpuset.mems\n"
		"# the group in the hierarchy 'cpuset'\n"
		"mkdir /sys/fs/cgroup/cpuset/kokon/a\n"
		"# a new version 1 cpuset is empty and takes no process: give it its parent's\n"
		"grep -q . /sys/fs/cgroup/cpuset/kokon/a/cpuset.cpus || cat "
		"/sys/fs/cgroup/cpuset/kokon/a/../cpuset.cpus > "
		"/sys/fs/cgroup/cpuset/kokon/a/cpuset.cpus\n"
		"# the same for memory nodes\n"
		"grep -q . /sys/fs/cgroup/cpuset/kokon/a/cpuset.mems || cat "
		"/sys/fs/cgroup/cpuset/kokon/a/../cpuset.mems > "
		"/sys/fs/cgroup/cpuset/kokon/a/cpuset.mems\n"
		"# run on these CPUs only\n"
		"echo 0 > /sys/fs/cgroup/cpuset/kokon/a/cpuset.cpus\n"
		"# a group above it\n"
		"mkdir -p /sys/fs/cgroup/pids/kokon\n"
		"# the group in the hierarchy 'pids'\n"
		"mkdir /sys/fs/cgroup/pids/kokon/a\n"
		"# no more processes and threads than this, in all groups below together\n"
		"echo 10 > /sys/fs/cgroup/pids/kokon/a/pids.max\n");
	assert_int_equal(f->plan->n_in, 3);
	assert_int_equal(f->plan->in[0].version, 2);
}

static void test_plan_v2(void **state)
{
	struct fixture *f = *state;

	use_v2(f, "u/box", "u",
	       CGROUP_BIT(CGROUP_MEMORY) | CGROUP_BIT(CGROUP_CPU) | CGROUP_BIT(CGROUP_IO));
	cgroup_limit_set(&f->limits, CGROUP_LIMIT_MEMORY, 64 << 20);
	cgroup_limit_set(&f->limits, CGROUP_LIMIT_MEMORY_SWAP, 100 << 20);
	cgroup_limit_set(&f->limits, CGROUP_LIMIT_CPU_QUOTA, 150000);
	cgroup_limit_set(&f->limits, CGROUP_LIMIT_CPU_PERIOD, 100000);
	f->limits.n_io = 1;
	f->limits.io = &(struct cgroup_io_max){254, 0, 1 << 20, 0, 0, CGROUP_MAX};
	assert_string_equal(
		explain(f, "a"),
		"# a limit below present use would kill processes or fail: refused instead\n"
		"[ ! -e /sys/fs/cgroup/u/a/memory.current ] || [ $(cat "
		"/sys/fs/cgroup/u/a/memory.current) -le 67108864 ] || exit 1\n"
		"# a version 2 group gives its children only the controllers listed here\n"
		"echo '+cpu +memory +io' > /sys/fs/cgroup/u/cgroup.subtree_control\n"
		"# the group in the hierarchy 'v2'\n"
		"mkdir -p /sys/fs/cgroup/u/a\n"
		"# memory above this is reclaimed; when none can be, a process of the group is "
		"killed\n"
		"echo 67108864 > /sys/fs/cgroup/u/a/memory.max\n"
		"# swap alone: --memory-swap less --memory\n"
		"echo 37748736 > /sys/fs/cgroup/u/a/memory.swap.max\n"
		"# CPU time per period; when it is used up the group waits for the next period\n"
		"echo '150000 100000' > /sys/fs/cgroup/u/a/cpu.max\n"
		"# no more than this per second, for this device\n"
		"echo '254:0 rbps=1048576 wiops=max' > /sys/fs/cgroup/u/a/io.max\n");
}

static void test_make_room(void **state)
{
	struct fixture *f = *state;

	use_v2(f, "u", "u", CGROUP_BIT(CGROUP_MEMORY));
	cgroup_limit_set(&f->limits, CGROUP_LIMIT_MEMORY, 64 << 20);
	f->request.flags = CGROUP_NEW | CGROUP_MAKE_ROOM;
	assert_non_null(strstr(explain(f, "a"), "mkdir -p /sys/fs/cgroup/u/kokon-self\n"));
}

static void test_refusals(void **state)
{
	struct fixture *f = *state;

	f->request.controllers = CGROUP_BIT(CGROUP_HUGETLB);
	refused(f, "a", ENOENT, "'hugetlb' is not mounted", "mount -t cgroup -o hugetlb");
	f->request.controllers = CGROUP_BIT(CGROUP_RDMA);
	refused(f, "a", ENOENT, "'rdma' is switched off", "cgroup_disable=rdma");
	f->request.controllers = CGROUP_BIT(CGROUP_MISC);
	refused(f, "a", ENOENT, "no controller 'misc'", "");
	f->request.controllers = 0;
	cgroup_limit_set(&f->limits, CGROUP_LIMIT_MEMORY_HIGH, 1 << 20);
	refused(f, "a", ENOTSUP, "memory-high", "--memory");
	f->layout->h[cgroup_layout_find(f->layout, CGROUP_MEMORY)].base = NULL;
	refused(f, "a", EACCES, "not delegated", "as root");
	use_v2(f, "u/box", "u", 0);
	refused(f, "a", EACCES, "'memory' is not delegated to you", "Delegate=");
	use_v2(f, "u/box", NULL, 0);
	f->request.flags = CGROUP_OPTIONAL;
	refused(f, "a", EACCES, "'memory' is not delegated to you", "systemd-run");
	use(f, "22 21 0:5 / / rw - ext4 /dev/vda rw\n", "");
	refused(f, "a", ENOENT, "no cgroup file system", "mount -t cgroup2");
}

static void test_optional(void **state)
{
	struct fixture *f = *state;

	use_v2(f, "u/box", NULL, 0);
	refused(f, "a", EACCES, "no part of the tree", "systemd-run");
	f->request.flags = CGROUP_OPTIONAL;
	f->err = (struct err){0};
	assert_int_equal(cgroup_make_plan(&f->arena, f->layout, &f->request, &f->plan, &f->err), 0);
	assert_int_equal(f->plan->n_in, 0);
	assert_int_equal(f->err.code, 0);
}

static void test_raw(void **state)
{
	struct fixture *f = *state;

	use_v2(f, "u/box", "u", CGROUP_BIT(CGROUP_MEMORY));
	f->limits.n_raw = 1;
	f->limits.raw = &(struct cgroup_raw){"memory.oom.group", "1"};
	assert_non_null(strstr(explain(f, "a"), "echo 1 > /sys/fs/cgroup/u/a/memory.oom.group\n"));
	f->limits.raw = &(struct cgroup_raw){"../memory.max", "1"};
	refused(f, "a", EINVAL, "not a file with a limit", "");
	f->limits.raw = &(struct cgroup_raw){"cgroup.procs", "1"};
	refused(f, "a", EINVAL, "not a file with a limit", "memory.oom.group");
	f->limits.raw = &(struct cgroup_raw){"cgroup.kill", "1"};
	refused(f, "a", EINVAL, "not a file with a limit", "");
}

static void test_weights(void **state UNUSED)
{
	assert_int_equal(cgroup_weight_of_shares(2), 1);
	assert_int_equal(cgroup_weight_of_shares(1024), 100);
	assert_int_equal(cgroup_weight_of_shares(262144), 10000);
	assert_int_equal(cgroup_weight_of_shares(cgroup_shares_of_weight(250)), 250);
	assert_int_equal(cgroup_bfq_of_weight(100), 100);
	assert_int_equal(cgroup_bfq_of_weight(10000), 1000);
}

static void test_device_filter(void **state UNUSED)
{
	struct bpf_insn insns[64];
	const struct device_rule rules[] = {
		{0, 'a', -1, -1, DEVICE_READ | DEVICE_WRITE | DEVICE_MKNOD},
		{1, 'c', 1, 3, DEVICE_READ | DEVICE_WRITE},
		{1, 'b', -1, -1, DEVICE_MKNOD | DEVICE_READ | DEVICE_WRITE},
	};

	/* 6 to load, block rule 3, character rule 1 + 3 + 1 + 1 + 2, all 2 */
	assert_int_equal(device_filter_compile(rules, 3, insns, 64), 6 + 3 + 8 + 2);
	assert_int_equal(insns[6].off, 2);
	assert_int_equal(device_filter_compile(rules, 3, insns, 10), -E2BIG);
	/* without rules everything is denied */
	assert_int_equal(device_filter_compile(rules, 0, insns, 64), 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_layout_hybrid, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_layout_mounted_over, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_layout_outside_of_sys, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_layout_part_of_tree, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_paths, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_plan_hybrid, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_plan_v2, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_make_room, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refusals, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_optional, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_raw, set_up, tear_down),
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_device_filter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
