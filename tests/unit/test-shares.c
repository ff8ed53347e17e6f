// SPDX-License-Identifier: Apache-2.0
/* What kokon-oci plans of resources: settings of groups on both versions, RDT. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "file.h"
#include "memory-policy.h"
#include "plan-oci.h"
#include "rdt.h"

static struct arena arena;
static struct err err;

/* --- limits, as writes on a made-up machine --- */

static const char only_v2[] =
	"30 1 0:27 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
static const char only_v1[] = "30 1 0:27 / /c/memory rw - cgroup cgroup rw,memory\n"
			      "31 1 0:28 / /c/cpu rw - cgroup cgroup rw,cpu\n"
			      "32 1 0:29 / /c/blkio rw - cgroup cgroup rw,blkio\n"
			      "33 1 0:30 / /c/pids rw - cgroup cgroup rw,pids\n"
			      "34 1 0:31 / /c/hugetlb rw - cgroup cgroup rw,hugetlb\n"
			      "35 1 0:32 / /c/net rw - cgroup cgroup rw,net_cls,net_prio\n"
			      "36 1 0:33 / /c/rdma rw - cgroup cgroup rw,rdma\n";

static const char *writes(const char *resources, bool v2)
{
	struct cgroup_texts texts = {.mountinfo = v2 ? only_v2 : only_v1,
				     .self_cgroup = v2 ? "0::/\n" : "1:memory:/\n",
				     .proc_cgroups = ""};
	struct cgroup_request request = {.path = "g", .flags = CGROUP_EMPTY, .wished = ~0U};
	OUT_CLEANUP struct out o = {0};
	struct cgroup_limits limits;
	struct cgroup_layout *layout;
	struct cgroup_plan *plan;
	struct spec_resources *r;

	err = (struct err){0};
	if (spec_decode_resources(&arena, resources, strlen(resources), &r, &err) < 0 ||
	    oci_limits(&arena, r, &limits, &err) < 0)
		return arena_strdup(&arena, err.text);
	assert_int_equal(cgroup_layout_parse(&arena, &texts, &layout, &err), 0);
	if (v2)
		layout->h[0].controllers = layout->h[0].present = ~0U;
	request.limits = &limits;
	if (cgroup_make_plan(&arena, layout, &request, &plan, &err) < 0)
		return arena_strdup(&arena, err.text);
	for (uint32_t i = 0; i < plan->n_ops; i++)
		if (plan->ops[i].kind == CGROUP_OP_WRITE)
			out_printf(&o, "%s%s%s=%s\n", plan->ops[i].optional ? "?" : "",
				   plan->ops[i].otherwise ? ":" : "", plan->ops[i].file,
				   plan->ops[i].value);
	return arena_strdup(&arena, o.text ? o.text : "");
}

static void limits(void **state)
{
	static const struct {
		const char *resources, *v1, *v2;
	} cases[] = {
		{"{\"memory\":{\"limit\":4096,\"swap\":8192,\"reservation\":1024}}",
		 "memory.limit_in_bytes=4096\nmemory.memsw.limit_in_bytes=8192\n"
		 "memory.soft_limit_in_bytes=1024\n",
		 "memory.low=1024\nmemory.max=4096\nmemory.swap.max=4096\n"},
		{"{\"memory\":{\"limit\":-1}}",
		 "memory.limit_in_bytes=-1\nmemory.memsw.limit_in_bytes=-1\n",
		 "memory.max=max\nmemory.swap.max=max\n"},
		{"{\"memory\":{\"limit\":0,\"swap\":0,\"disableOOMKiller\":false}}", "", ""},
		{"{\"memory\":{\"kernelTCP\":5,\"useHierarchy\":true}}",
		 "?memory.kmem.tcp.limit_in_bytes=5\n?memory.use_hierarchy=1\n", ""},
		{"{\"memory\":{\"swappiness\":60}}", "memory.swappiness=60\n",
		 "cannot set 'memory-swappiness': cgroup version 2 has no such limit"},
		{"{\"cpu\":{\"shares\":1024,\"quota\":-1,\"period\":1000,\"idle\":1}}",
		 "cpu.cfs_period_us=1000\ncpu.cfs_quota_us=-1\ncpu.shares=1024\ncpu.idle=1\n",
		 "cpu.max=max 1000\ncpu.weight=100\ncpu.idle=1\n"},
		{"{\"cpu\":{\"realtimeRuntime\":9,\"realtimePeriod\":10}}",
		 "cpu.rt_period_us=10\ncpu.rt_runtime_us=9\n",
		 "cannot set 'cpu-rt-period': cgroup version 2 has no such limit"},
		{"{\"pids\":{\"limit\":0}}", "pids.max=0\n", "pids.max=0\n"},
		{"{\"pids\":{\"limit\":-1}}", "pids.max=max\n", "pids.max=max\n"},
		{"{\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":7}]}",
		 "?hugetlb.2MB.rsvd.limit_in_bytes=7\nhugetlb.2MB.limit_in_bytes=7\n",
		 "?hugetlb.2MB.rsvd.max=7\nhugetlb.2MB.max=7\n"},
		{"{\"rdma\":{\"mlx\":{\"hcaHandles\":3,\"hcaObjects\":4}}}",
		 "rdma.max=mlx hca_handle=3 hca_object=4\n",
		 "rdma.max=mlx hca_handle=3 hca_object=4\n"},
		{"{\"network\":{\"classID\":5,\"priorities\":[{\"name\":\"eth0\",\"priority\":6}]}"
		 "}",
		 "net_cls.classid=5\nnet_prio.ifpriomap=eth0 6\n", NULL},
		{"{\"blockIO\":{\"weight\":500,\"weightDevice\":[{\"major\":8,\"minor\":0,"
		 "\"weight\":10}]}}",
		 "?blkio.bfq.weight=500\n:blkio.weight=500\n"
		 "?blkio.bfq.weight_device=8:0 10\n:blkio.weight_device=8:0 10\n",
		 "?io.bfq.weight=500\n:io.weight=default 4950\n"
		 "?io.bfq.weight=8:0 10\n:io.weight=8:0 1\n"},
		{"{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":9}],"
		 "\"throttleWriteIOPSDevice\":[{\"major\":8,\"minor\":0,\"rate\":3}]}}",
		 "blkio.throttle.read_bps_device=8:0 9\n"
		 "blkio.throttle.write_iops_device=8:0 3\n",
		 "io.max=8:0 rbps=9 wiops=3\n"},
		{"{\"blockIO\":{\"leafWeight\":10}}", "blkio.leaf_weight=10\n",
		 "cannot set 'blkio.leaf_weight': cgroup version 2 has no such setting"},
		{"{\"unified\":{\"io.max\":\"8:0 rbps=1\\n8:16 rbps=2\",\"future.file\":\"x\"}}",
		 NULL, "io.max=8:0 rbps=1\nio.max=8:16 rbps=2\nfuture.file=x\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (cases[i].v1)
			assert_string_equal(writes(cases[i].resources, false), cases[i].v1);
		if (cases[i].v2)
			assert_string_equal(writes(cases[i].resources, true), cases[i].v2);
	}
	assert_non_null(strstr(writes("{\"unified\":{\"memory.high\":\"1\"}}", false),
			       "no hierarchy of version 2"));
}

/* --- RDT: a directory has the files of resctrl, for want of a processor that has it --- */

static void rdt_plans(void **state)
{
	const char *lines[] = {"L2:0=f", "MB:0=20", NULL};
	struct rdt_request q = {.root = "/r",
				.id = "c1",
				.l3 = "L3:0=f\nMB:0=10",
				.bandwidth = "MB:0=70",
				.lines = lines,
				.monitoring = 1};
	struct rdt_plan p;

	(void)state;
	assert_int_equal(rdt_make_plan(&q, &arena, &p, &err), 0);
	assert_string_equal(p.directory, "/r/c1");
	assert_string_equal(p.schemata, "L3:0=f\nMB:0=70\nL2:0=f\nMB:0=20\n");
	assert_string_equal(p.monitor, "/r/c1/mon_groups/c1");
	assert_true(p.own);
	q = (struct rdt_request){.root = "/r", .id = "c1", .clos = "gold"};
	assert_int_equal(rdt_make_plan(&q, &arena, &p, &err), 0);
	assert_true(p.must_exist && !p.own && !p.schemata);
	q.clos = "../x";
	assert_int_equal(rdt_make_plan(&q, &arena, &p, &err), -EINVAL);
	q = (struct rdt_request){.root = NULL, .id = "c1"};
	assert_int_equal(rdt_make_plan(&q, &arena, &p, &err), -ENOENT);
	q = (struct rdt_request){.root = "/r", .id = "c1", .bandwidth = "L3:0=1"};
	assert_int_equal(rdt_make_plan(&q, &arena, &p, &err), -EINVAL);
}

static void put_file(const char *dir, const char *name, const char *text)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write_all(fd, text, strlen(text)), 0);
	close(fd);
}

static void rdt_existing_class(void **state)
{
	char dir[] = "/tmp/kokon-rdt-XXXXXX", tasks[32], path[64];
	struct rdt_plan p = {.directory = dir, .schemata = "L3:0=7f0\nMB:1=70\n"};

	(void)state;
	assert_non_null(mkdtemp(dir));
	put_file(dir, "schemata", "    MB:0=20;1=70\n    L3:0=7f0;1=1f\n");
	put_file(dir, "tasks", "");
	assert_int_equal(rdt_apply(&p, 4242, &err), 0);
	snprintf(path, sizeof(path), "%s/tasks", dir);
	assert_true(read_line_at(AT_FDCWD, path, tasks, sizeof(tasks)) > 0);
	assert_string_equal(tasks, "4242");
	p.schemata = "L3:0=7ff\n";
	assert_int_equal(rdt_apply(&p, 4242, &err), -EINVAL);
	p.schemata = "L2:0=f\n";
	assert_int_equal(rdt_apply(&p, 4242, &err), -EINVAL);
	p = (struct rdt_plan){.directory = dir, .own = 1};
	assert_int_equal(rdt_apply(&p, 4242, &err), -EEXIST);
	unlink(path);
	snprintf(path, sizeof(path), "%s/schemata", dir);
	unlink(path);
	rmdir(dir);
	p = (struct rdt_plan){.directory = dir, .must_exist = 1};
	assert_int_equal(rdt_apply(&p, 4242, &err), -ENOENT);
}

static void memory_policies(void **state)
{
	struct memory_policy_plan p = {0};

	(void)state;
	assert_int_equal(memory_policy_make(2, 1 << 15, "0-1,3", &arena, &p, &err), 0);
	assert_int_equal(p.mode, 2 | 1 << 15);
	assert_int_equal(p.nodes[0], 0xb);
	assert_int_equal(memory_policy_make(0, 0, "0", &arena, &p, &err), -EINVAL);
	assert_int_equal(memory_policy_make(0, 1 << 15, NULL, &arena, &p, &err), -EINVAL);
	assert_int_equal(memory_policy_make(3, 0, NULL, &arena, &p, &err), -EINVAL);
	assert_int_equal(memory_policy_make(3, 0, "x", &arena, &p, &err), -EINVAL);
	assert_int_equal(memory_policy_make(1, 0, NULL, &arena, &p, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits),
		cmocka_unit_test(rdt_plans),
		cmocka_unit_test(rdt_existing_class),
		cmocka_unit_test(memory_policies),
	};

	if (arena_init(&arena) < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
