// SPDX-License-Identifier: Apache-2.0
/*
 * Scopes of systemd: their names, and what of linux.resources becomes which property of the unit,
 * as words and as D-Bus has them. What is expected is in golden/scope-properties.txt;
 * KOKON_GOLDEN_UPDATE=1 writes it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "file.h"
#include "plan-oci.h"
#include "scope.h"
#include "systemd-properties.h"

static struct arena arena;
static struct err err;

static void slices(void **state)
{
	static const char *const bad[] = {"a",        ".slice",     "a/b.slice", "-a.slice",
					  "a-.slice", "a--b.slice", "a.scope"};
	const char *path;

	(void)state;
	assert_int_equal(scope_expand_slice(&arena, "-.slice", &path, &err), 0);
	assert_string_equal(path, "");
	assert_int_equal(scope_expand_slice(&arena, "machine.slice", &path, &err), 0);
	assert_string_equal(path, "machine.slice");
	assert_int_equal(scope_expand_slice(&arena, "a-b1-c.slice", &path, &err), 0);
	assert_string_equal(path, "a.slice/a-b1.slice/a-b1-c.slice");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(scope_expand_slice(&arena, bad[i], &path, &err), -EINVAL);
}

static bool has(const struct scope_plan *p, const char *property)
{
	for (const char *const *s = p->properties; *s; s++)
		if (strcmp(*s, property) == 0)
			return true;
	return false;
}

static void scopes(void **state)
{
	struct cgroup_limits l = {.cpuset_cpus = "0-1"};
	struct scope_plan p = {0};
	const char *path;

	(void)state;
	cgroup_limit_set(&l, CGROUP_LIMIT_MEMORY, 4096);
	cgroup_limit_set(&l, CGROUP_LIMIT_MEMORY_SWAP, 5096);
	cgroup_limit_set(&l, CGROUP_LIMIT_PIDS, 0);
	cgroup_limit_set(&l, CGROUP_LIMIT_CPU_QUOTA, 12345);
	assert_int_equal(scope_make_plan(&arena, "a-b.slice:pre:id", "id", false, "/h", &l, &p,
					 &path, &err),
			 0);
	assert_string_equal(path, "a.slice/a-b.slice/pre-id.scope");
	assert_string_equal(p.unit, "pre-id.scope");
	assert_true(has(&p, "MemoryMax=t:4096"));
	assert_true(has(&p, "MemorySwapMax=t:1000"));
	assert_true(has(&p, "TasksMax=t:1"));
	assert_true(has(&p, "CPUQuotaPerSecUSec=t:130000"));
	assert_true(has(&p, "AllowedCPUs=ay:0-1"));
	assert_true(has(&p, "Slice=s:a-b.slice"));
	assert_int_equal(scope_make_plan(&arena, NULL, "x", true, "/h", &l, &p, &path, &err), 0);
	assert_string_equal(path, "user.slice/kokon-x.scope");
	assert_int_equal(scope_make_plan(&arena, "/a/b", "x", true, "/h", &l, &p, &path, &err),
			 -EINVAL);
	assert_int_equal(scope_make_plan(&arena, "a:b", "x", true, "/h", &l, &p, &path, &err),
			 -EINVAL);
	assert_int_equal(scope_make_plan(&arena, NULL, "x", false, NULL, &l, &p, &path, &err),
			 -ENOENT);
}

/* --- properties --- */

/* Every resource of the specification, alone and with what it is counted together with. */
static const char *const resources[] = {
	"{}",
	"{\"memory\":{\"limit\":67108864}}",
	"{\"memory\":{\"limit\":-1}}",
	"{\"memory\":{\"limit\":67108864,\"swap\":100663296}}",
	"{\"memory\":{\"limit\":67108864,\"swap\":67108864}}",
	"{\"memory\":{\"limit\":67108864,\"swap\":-1}}",
	"{\"memory\":{\"reservation\":33554432}}",
	"{\"memory\":{\"kernel\":1048576,\"kernelTCP\":1048576,\"swappiness\":7,"
	"\"disableOOMKiller\":false,\"useHierarchy\":true}}",
	"{\"cpu\":{\"shares\":512}}",
	"{\"cpu\":{\"shares\":2}}",
	"{\"cpu\":{\"shares\":262144}}",
	"{\"cpu\":{\"quota\":50000}}",
	"{\"cpu\":{\"quota\":-1}}",
	"{\"cpu\":{\"quota\":12345,\"period\":50000}}",
	"{\"cpu\":{\"period\":50000}}",
	"{\"cpu\":{\"quota\":50000,\"burst\":10000}}",
	"{\"cpu\":{\"realtimeRuntime\":1000,\"realtimePeriod\":1000000}}",
	"{\"cpu\":{\"cpus\":\"0-2,9\",\"mems\":\"0\"}}",
	"{\"cpu\":{\"idle\":1}}",
	"{\"cpu\":{\"idle\":0,\"shares\":1024}}",
	"{\"pids\":{\"limit\":44}}",
	"{\"pids\":{\"limit\":0}}",
	"{\"pids\":{\"limit\":-1}}",
	"{\"blockIO\":{\"weight\":500}}",
	"{\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":0,\"weight\":400}],"
	"\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":1048576}]}}",
	"{\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":4194304}]}",
	"{\"rdma\":{\"mlx5_0\":{\"hcaHandles\":3}}}",
	"{\"unified\":{\"memory.high\":\"50331648\",\"memory.min\":\"4096\",\"pids.max\":\"max\","
	"\"cpu.weight\":\"50\",\"memory.swap.max\":\"0\",\"memory.low\":\"8192\","
	"\"memory.max\":\"67108864\",\"io.max\":\"8:0 rbps=1\"}}",
};

/* What goes over the bus; a bus that nobody answers on will do. */
static void put_message(struct out *o, char *const *properties)
{
	sd_bus_message *m = NULL;
	char *text = NULL;
	const char *line;
	sd_bus *bus = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_true(sd_bus_new(&bus) >= 0 && sd_bus_set_fd(bus, pair[0], pair[0]) >= 0);
	assert_true(sd_bus_start(bus) >= 0);
	assert_true(sd_bus_message_new_method_call(bus, &m, "a.b", "/", "a.b", "C") >= 0);
	assert_true(systemd_put_properties(m, "123", properties) >= 0);
	assert_true(sd_bus_message_seal(m, 1, 0) >= 0);
	assert_true(sd_bus_message_dump(m, f, SD_BUS_MESSAGE_DUMP_SUBTREE_ONLY) >= 0);
	fclose(f);
	for (line = text; *line; line += strcspn(line, "\n") + 1) {
		line += strspn(line, " ");
		if (!strchr("};\n", *line) && strncmp(line, "ARRAY", 5) != 0 &&
		    strncmp(line, "STRUCT", 6) != 0 && strncmp(line, "MESSAGE", 7) != 0)
			out_printf(o, "\t%.*s\n", (int)strcspn(line, "\n"), line);
	}
	free(text);
	sd_bus_message_unref(m);
	sd_bus_unref(bus);
	close(pair[1]);
}

static void put_case(struct out *o, const char *json, bool with_message)
{
	struct spec_resources *r;
	struct scope_plan p = {0};
	struct cgroup_limits l;
	const char *path;
	size_t first = 0;

	assert_int_equal(spec_decode_resources(&arena, json, strlen(json), &r, &err), 0);
	assert_int_equal(oci_limits(&arena, r, &l, &err), 0);
	assert_int_equal(scope_make_plan(&arena, "m.slice:k:id", "id", false, "/h", &l, &p, &path,
					 &err),
			 0);
	/* What every scope has is told once. */
	while (!with_message && strncmp(p.properties[first], "CollectMode", 11) != 0)
		first++;
	out_printf(o, "%s\n", json);
	for (size_t i = with_message ? 0 : first + 1; p.properties[i]; i++)
		out_printf(o, "\t%s\n", p.properties[i]);
	if (with_message) {
		out_puts(o, "over the bus:\n");
		put_message(o, (char *const *)p.properties);
	}
}

static void properties(void **state)
{
	OUT_CLEANUP struct out o = {0};
	FREE_PTR char *golden = NULL;
	char path[1024];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(resources); i++)
		put_case(&o, resources[i], false);
	put_case(&o,
		 "{\"memory\":{\"limit\":67108864},\"cpu\":{\"cpus\":\"0-2,9\"},\"pids\":{"
		 "\"limit\":5}}",
		 true);
	snprintf(path, sizeof(path), "%s/scope-properties.txt", getenv("KOKON_GOLDEN"));
	if (getenv("KOKON_GOLDEN_UPDATE")) {
		FILE *f = fopen(path, "w");

		assert_non_null(f);
		fputs(o.text, f);
		fclose(f);
	}
	assert_true(read_file_at(AT_FDCWD, path, 1 << 20, &golden) > 0);
	assert_string_equal(o.text, golden);
}

static void nonsense(void **state)
{
	static char *const bad[] = {"A",        "A=t",       "A=t:x", "A=t:-1",
				    "A=ay:3-1", "A=ay:9999", "A=q:1"};
	sd_bus_message *m = NULL;
	sd_bus *bus = NULL;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_true(sd_bus_new(&bus) >= 0 && sd_bus_set_fd(bus, pair[0], pair[0]) >= 0);
	assert_true(sd_bus_start(bus) >= 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char *list[] = {bad[i], NULL};

		assert_true(sd_bus_message_new_method_call(bus, &m, "a.b", "/", "a.b", "C") >= 0);
		assert_true(systemd_put_properties(m, NULL, list) < 0);
		m = sd_bus_message_unref(m);
	}
	sd_bus_unref(bus);
	close(pair[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slices),
		cmocka_unit_test(scopes),
		cmocka_unit_test(properties),
		cmocka_unit_test(nonsense),
	};

	if (arena_init(&arena) < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
