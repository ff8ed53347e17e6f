// SPDX-License-Identifier: Apache-2.0
/* Each rule is broken once; and a document without a fault has no finding. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "scratch.h"
#include "spec-check.h"

#define P "\"process\":{\"args\":[\"sh\"],\"cwd\":\"/\""
#define R ",\"root\":{\"path\":\"rootfs\"}"
#define N "\"namespaces\":[{\"type\":\"mount\"}]"

/* What is inside of the braces, behind a version; and the findings, "E path: text" each. */
static const struct {
	const char *json, *found;
} cases[] = {
	{P "}" R, ""},
	{P "}", "E root: it is required, and missing"},
	{P "},\"root\":{\"path\":\"\"}", "E root.path: it is empty"},
	{"\"root\":{\"path\":\"r\"}", "W process: it is missing"},
	{P "}" R ",\"hostname\":\"h\",\"domainname\":\"d\"", "E hostname: E domainname:"},
	{P "}" R ",\"hostname\":\"h\",\"linux\":{\"namespaces\":[{\"type\":\"uts\"}]}", ""},
	{P "}" R ",\"annotations\":{\"\":\"x\"}", "E annotations: a key is empty"},
	{P "}" R ",\"annotations\":{\"org.opencontainers.image.stopSignal\":\"SIGX\"}",
	 "W annotations: org.opencontainers.image.stopSignal: 'SIGX' is no signal"},
	{P "}" R ",\"hooks\":{\"poststop\":[{\"path\":\"/a\"},{\"path\":\"b\",\"timeout\":0}]}",
	 "E hooks.poststop[1].path: it must be absolute E hooks.poststop[1].timeout: it must be"},
	{P "}" R ",\"hooks\":{\"prestart\":[{\"path\":\"/a\"}]}", "W hooks.prestart:"},

	{P "}" R ",\"linux\":{" N "},\"mounts\":[{\"destination\":\"/a\",\"type\":\"tmpfs\"},"
	   "{\"destination\":\"\",\"type\":\"tmpfs\"},{\"destination\":\"x\","
	   "\"type\":\"tmpfs\"}]",
	 "E mounts[1].destination: it is empty W mounts[2].destination: 'x' is relative"},
	{P "}" R ",\"linux\":{" N "},\"mounts\":[{\"destination\":\"/a\",\"options\":[\"bind\"]},"
	   "{\"destination\":\"/b\"}]",
	 "E mounts[0].source: E mounts[1].type:"},
	{P "}" R
	   ",\"linux\":{\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"pid\",\"path\":\"/p\"}],"
	   "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\"}},"
	   "\"hooks\":{\"startContainer\":[{\"path\":\"/a\"}]}",
	 "W linux.seccomp: until the container is started it keeps CAP_SYS_ADMIN"},
	{P ",\"noNewPrivileges\":true}" R
	   ",\"linux\":{\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"pid\",\"path\":\"/p\"}],"
	   "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\"}},"
	   "\"hooks\":{\"startContainer\":[{\"path\":\"/a\"}]}",
	 ""},
	{P "}" R ",\"mounts\":[{\"destination\":\"/a\",\"type\":\"proc\"}]",
	 "E linux.namespaces: without a mount namespace"},
	{P "}" R ",\"linux\":{" N "},\"mounts\":[{\"destination\":\"/a\",\"type\":\"tmpfs\","
	   "\"options\":[\"idmap\"]}]",
	 "E mounts[0].options: an id-mapped mount needs"},
	{P "}" R ",\"linux\":{" N "},\"mounts\":[{\"destination\":\"/a\",\"type\":\"tmpfs\","
	   "\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}]}]",
	 "E mounts[0]: uidMappings and gidMappings W mounts[0].options: there are id mappings"},
	{P "}" R ",\"linux\":{" N "},\"mounts\":[{\"destination\":\"/a\",\"type\":\"proc\","
	   "\"options\":[\"tmpcopyup\"]}]",
	 "W mounts[0].options: \"tmpcopyup\""},

	{"\"process\":{\"cwd\":\"a\"}" R, "E process.args: E process.cwd: 'a' is not absolute"},
	{"\"process\":{\"cwd\":\"/\",\"args\":[\"\"]}" R, "E process.args[0]:"},
	{P ",\"env\":[\"A=1\",\"B\",\"=x\"]}" R, "W process.env[1]: 'B' is not W process.env[2]:"},
	{P ",\"terminal\":true,\"consoleSize\":{\"height\":1}}" R, "E process.consoleSize:"},
	{P ",\"consoleSize\":{\"height\":1}}" R, ""},
	{P ",\"user\":{\"uid\":4294967295,\"gid\":4294967295,\"umask\":512}}" R,
	 "E process.user.umask: E process.user.uid: 4294967295 E process.user.gid: 4294967295"},
	{P ",\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"soft\":2,\"hard\":1},"
	   "{\"type\":\"RLIMIT_CORE\",\"soft\":0,\"hard\":0}]}" R,
	 "E process.rlimits[0]: the soft limit of 'RLIMIT_CORE' E process.rlimits[1].type: "
	 "'RLIMIT_CORE' is there twice"},
	{P ",\"capabilities\":{\"effective\":[\"CAP_KILL\"],\"ambient\":[\"CAP_KILL\",\"X\"]}}" R,
	 "W process.capabilities: 'X' is unknown W process.capabilities.effective: W "
	 "process.capabilities.ambient:"},
	{P ",\"oomScoreAdj\":1001}" R, "E process.oomScoreAdj:"},
	{P ",\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\",\"priority\":8}}" R,
	 "E process.ioPriority.priority:"},
	{P ",\"execCPUAffinity\":{\"initial\":\"0-3,7\",\"final\":\"3-1\"}}" R,
	 "E process.execCPUAffinity.final:"},
	{P ",\"scheduler\":{\"policy\":\"SCHED_ISO\",\"nice\":20}}" R,
	 "E process.scheduler.policy: E process.scheduler.nice: it is outside"},
	{P ",\"scheduler\":{\"policy\":\"SCHED_FIFO\",\"nice\":1}}" R,
	 "E process.scheduler.nice: it is for E process.scheduler.priority: SCHED_FIFO"},
	{P ",\"scheduler\":{\"policy\":\"SCHED_OTHER\",\"priority\":1,\"runtime\":5}}" R,
	 "E process.scheduler.priority: it is for E process.scheduler: runtime"},
	{P ",\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"runtime\":5}}" R,
	 "E process.scheduler: SCHED_DEADLINE needs"},
	{P ",\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"runtime\":2000,\"deadline\":3000}}" R,
	 ""},

	{P "}" R ",\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"pid\","
	   "\"path\":\"x\"}]}",
	 "E linux.namespaces[1].type: 'pid' is there twice E linux.namespaces[1].path: 'x'"},
	{P "}" R ",\"linux\":{\"namespaces\":[{\"type\":\"user\"}]}",
	 "E linux.uidMappings: a new user E linux.gidMappings: a new user"},
	{P "}" R ",\"linux\":{\"uidMappings\":[{\"containerID\":0,\"hostID\":5,\"size\":0}]}",
	 "E process.user.uid: linux E linux.uidMappings: it is for a user namespace E "
	 "linux.uidMappings[0].size:"},
	{P ",\"user\":{\"uid\":7,\"additionalGids\":[0,9]}}" R
	   ",\"linux\":{\"namespaces\":[{\"type\":\"user\"}],"
	   "\"uidMappings\":[{\"containerID\":0,\"hostID\":5,\"size\":5},"
	   "{\"containerID\":10,\"hostID\":9,\"size\":5}],"
	   "\"gidMappings\":[{\"containerID\":0,\"hostID\":4294967290,\"size\":6}]}",
	 "E process.user.uid: linux E process.user.additionalGids[1]: linux E "
	 "linux.uidMappings[1]: it overlaps E linux.gidMappings[0]: it reaches"},
	{P "}" R ",\"linux\":{\"timeOffsets\":{\"monotonic\":{\"nanosecs\":1000000000}}}",
	 "E linux.timeOffsets: offsets E linux.timeOffsets.monotonic.nanosecs:"},
	{P "}" R ",\"linux\":{\"devices\":[{\"type\":\"c\",\"path\":\"d\",\"major\":1},"
	   "{\"type\":\"p\",\"path\":\"/p\"},{\"type\":\"b\",\"path\":\"/b\",\"major\":4096,"
	   "\"minor\":0,\"fileMode\":65536},{\"type\":\"b\",\"path\":\"/c\",\"major\":4096,"
	   "\"minor\":0}]}",
	 "E linux.devices[0].path: 'd' E linux.devices[0]: major and minor E linux.devices[2]: "
	 "the numbers E linux.devices[2].fileMode: E linux.devices[3]: the numbers W "
	 "linux.devices[3]: the same"},
	{P "}" R ",\"linux\":{\"netDevices\":{\"eth0\":{\"name\":\"a b\"},\"eth1\":{},"
	   "\"eth2\":{\"name\":\"eth1\"}}}",
	 "E linux.netDevices: without E linux.netDevices: 'a b' E linux.netDevices: two devices "
	 "would be called 'eth1'"},
	{P "}" R ",\"linux\":{\"maskedPaths\":[\"a\"],\"readonlyPaths\":[\"b\"],"
	   "\"sysctl\":{\"\":\"1\"}}",
	 "E linux.maskedPaths: E linux.maskedPaths[0]: E linux.readonlyPaths: E "
	 "linux.readonlyPaths[0]: E linux.sysctl: a key is empty"},
	{P "}" R ",\"linux\":{\"intelRdt\":{\"closID\":\"..\",\"memBwSchema\":\"MB:0=1\\nx\","
	   "\"l3CacheSchema\":\"x\",\"schemata\":[\"a\",\"b\\nc\"]}}",
	 "E linux.intelRdt.closID: '..' E linux.intelRdt.memBwSchema: W "
	 "linux.intelRdt.l3CacheSchema: E linux.intelRdt.schemata[1]:"},
	{P "}" R ",\"linux\":{\"memoryPolicy\":{\"mode\":\"MPOL_BIND\","
	   "\"flags\":[\"MPOL_F_STATIC_NODES\",\"MPOL_F_RELATIVE_NODES\"]}}",
	 "E linux.memoryPolicy.nodes: this mode needs E linux.memoryPolicy.flags: "
	 "MPOL_F_STATIC_NODES"},
	{P "}" R ",\"linux\":{\"memoryPolicy\":{\"mode\":\"MPOL_LOCAL\",\"nodes\":\"0\","
	   "\"flags\":[\"MPOL_F_STATIC_NODES\"]}}",
	 "E linux.memoryPolicy.nodes: this mode has no nodes E linux.memoryPolicy.flags: this "
	 "mode has no flags"},
};

static const struct {
	const char *json, *found;
} resources[] = {
	{"\"devices\":[{\"allow\":false}]", "W linux.resources.devices[0].access:"},
	{"\"memory\":{\"limit\":10,\"swap\":5,\"swappiness\":101,\"kernel\":1}",
	 "E linux.resources.memory.swap: it is memory E linux.resources.memory.swappiness: W "
	 "linux.resources.memory.kernel:"},
	{"\"memory\":{\"limit\":-2,\"swap\":-1}", "E linux.resources.memory.limit: it is negative"},
	{"\"memory\":{\"swap\":1}", "E linux.resources.memory.swap: it needs"},
	{"\"cpu\":{\"quota\":5,\"burst\":6,\"idle\":2,\"cpus\":\"0-\",\"mems\":\"0,1\"}",
	 "E linux.resources.cpu.burst: E linux.resources.cpu.idle: E linux.resources.cpu.cpus:"},
	{"\"blockIO\":{\"weight\":9,\"leafWeight\":1001,\"weightDevice\":[{\"major\":-1,"
	 "\"minor\":0},{\"major\":8,\"minor\":0,\"weight\":5}],\"throttleWriteIOPSDevice\":["
	 "{\"major\":8,\"minor\":1048576,\"rate\":1}]}",
	 "E linux.resources.blockIO.weight: E linux.resources.blockIO.leafWeight: E "
	 "linux.resources.blockIO.weightDevice[0]: it has neither E "
	 "linux.resources.blockIO.weightDevice[0]: the device's E "
	 "linux.resources.blockIO.weightDevice[1]: a weight E "
	 "linux.resources.blockIO.throttleWriteIOPSDevice[0]: the device's"},
	{"\"hugepageLimits\":[{\"pageSize\":\"2M\",\"limit\":1},{\"pageSize\":\"1GB\","
	 "\"limit\":1},{\"pageSize\":\"1GB\",\"limit\":1}]",
	 "E linux.resources.hugepageLimits[0].pageSize: '2M' E "
	 "linux.resources.hugepageLimits[2].pageSize: '1GB' is there twice"},
	{"\"network\":{\"priorities\":[{\"name\":\"\",\"priority\":1}]}",
	 "E linux.resources.network.priorities[0].name:"},
	{"\"rdma\":{\"mlx\":{}}", "E linux.resources.rdma: 'mlx' has neither"},
	{"\"unified\":{\"../memory.max\":\"1\",\"\":\"2\"}",
	 "E linux.resources.unified: '../memory.max' E linux.resources.unified: ''"},
};

#define S "\"defaultAction\":\"SCMP_ACT_ALLOW\""

static const struct {
	const char *json, *found;
} seccomps[] = {
	{S ",\"defaultErrnoRet\":1", "E linux.seccomp.defaultErrnoRet: only"},
	{"\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":4096",
	 "E linux.seccomp.defaultErrnoRet: it is above"},
	{"\"defaultAction\":\"SCMP_ACT_TRACE\",\"defaultErrnoRet\":4096", ""},
	{S ",\"listenerMetadata\":\"x\"", "E linux.seccomp.listenerMetadata:"},
	{"\"defaultAction\":\"SCMP_ACT_NOTIFY\"",
	 "E linux.seccomp.listenerPath: E linux.seccomp.defaultAction:"},
	{S ",\"syscalls\":[{\"names\":[],\"action\":\"SCMP_ACT_KILL\",\"errnoRet\":0},"
	   "{\"names\":[\"a\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":4096}]",
	 "E linux.seccomp.syscalls[0].names: E linux.seccomp.syscalls[0].errnoRet: only E "
	 "linux.seccomp.syscalls[1].errnoRet: it is above"},
};

static const char *findings(const struct spec_problems *p)
{
	static char text[4000];
	size_t n = 0;

	text[0] = '\0';
	for (uint32_t i = 0; i < p->n; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%c %s: %s\n",
				      p->list[i].severity == SPEC_ERROR ? 'E' : 'W',
				      p->list[i].path, p->list[i].text);
	return text;
}

/* `expected`: beginnings of the findings, each up to the next " E " or " W ". */
static void same(const char *json, const struct spec_problems *p, const char *expected)
{
	const char *all = findings(p), *line = all;
	uint32_t n = 0;

	while (*expected) {
		const char *e = strstr(expected, " E "), *w = strstr(expected, " W ");
		const char *end = e && (!w || e < w) ? e : w;
		size_t len = end ? (size_t)(end - expected) : strlen(expected);

		if (n == p->n || strncmp(line, expected, len) != 0)
			fail_msg("%s\nexpected '%.*s' in\n%s", json, (int)len, expected, all);
		n++;
		line = strchr(line, '\n') + 1;
		expected += len + (end != NULL);
	}
	if (n != p->n)
		fail_msg("%s\nfound more than expected:\n%s", json, all);
}

static void check(const char *format, const char *json, const char *expected)
{
	char text[4000];
	struct err err = {0};
	struct spec_problems p;
	struct spec *s;

	snprintf(text, sizeof(text), format, json);
	if (spec_decode(&arena, text, strlen(text), &s, &err) < 0)
		fail_msg("%s\n%s", text, err.text);
	spec_check(&arena, s, NULL, &p);
	same(text, &p, expected);
	assert_int_equal(spec_problems_error(&p, &err) < 0, p.n_errors > 0);
}

static void test_rules(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check("{\"ociVersion\":\"1.3.0\",%s}", cases[i].json, cases[i].found);
	for (size_t i = 0; i < ARRAY_SIZE(resources); i++)
		check("{\"ociVersion\":\"1.0.0\"," P "}" R ",\"linux\":{\"resources\":{%s}}}",
		      resources[i].json, resources[i].found);
	for (size_t i = 0; i < ARRAY_SIZE(seccomps); i++)
		check("{\"ociVersion\":\"1.0.0\"," P "}" R ",\"linux\":{\"seccomp\":{%s}}}",
		      seccomps[i].json, seccomps[i].found);
}

static void test_version(void **state UNUSED)
{
	check("{\"ociVersion\":\"1.4.0\",%s}", P "}" R, "W ociVersion: version 1.4.0 is newer");
}

static void test_root(void **state UNUSED)
{
	static const char json[] = "{\"ociVersion\":\"1.3.0\"," P "}" R "}";
	static const struct {
		int root;
		const char *found;
	} roots[] = {{0, ""},
		     {-ENOENT, "E root.path: 'rootfs' does not exist"},
		     {-ENOTDIR, "E root.path: 'rootfs' is no directory"},
		     {-EACCES, "E root.path: 'rootfs' cannot be opened"}};
	struct err err = {0};
	struct spec *s;

	assert_int_equal(spec_decode(&arena, json, sizeof(json) - 1, &s, &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		const struct spec_surroundings around = {.root = roots[i].root};
		struct spec_problems p;

		spec_check(&arena, s, &around, &p);
		same(json, &p, roots[i].found);
	}
}

static void test_lists(void **state UNUSED)
{
	static const char *const good[] = {"0", "0-3", "0,2", "0-1,4-5", " 1 - 2 , 3 "};
	static const char *const bad[] = {"",   "-",  "a",   "1-",  "-1",    "2-1",
					  "1,", ",1", "1;2", "0x1", "99999", "1--2"};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		if (!spec_is_list(good[i]))
			fail_msg("'%s' was refused", good[i]);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (spec_is_list(bad[i]))
			fail_msg("'%s' was accepted", bad[i]);
}

static void test_process_alone(void **state UNUSED)
{
	static const char json[] = "{\"cwd\":\"x\",\"args\":[\"a\"]}";
	struct spec_process *process;
	struct spec_problems p;
	struct err err = {0};

	assert_int_equal(spec_decode_process(&arena, json, sizeof(json) - 1, &process, &err), 0);
	spec_check_process(&arena, process, &p);
	same(json, &p, "E process.cwd: 'x' is not absolute");
	assert_true(spec_problems_error(&p, &err) < 0);
	assert_string_equal(err.text, "process.cwd: 'x' is not absolute");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),         cmocka_unit_test(test_version),
		cmocka_unit_test(test_root),          cmocka_unit_test(test_lists),
		cmocka_unit_test(test_process_alone),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
