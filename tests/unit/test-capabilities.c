// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <cmocka.h>
#include "capabilities.h"

static void names(void **state)
{
	struct err err = {0};
	int c = -1;

	(void)state;
	assert_int_equal(capability_from_name("CAP_NET_RAW", &c, &err), 0);
	assert_int_equal(c, 13);
	assert_int_equal(capability_from_name("sys_admin", &c, &err), 0);
	assert_int_equal(c, 21);
	assert_int_equal(capability_from_name("cap_Checkpoint_Restore", &c, &err), 0);
	assert_int_equal(c, 40);
	assert_int_equal(capability_from_name("NET_ADMN", &c, &err), -EINVAL);
	assert_string_equal(err.text, "unknown capability 'NET_ADMN'");
	assert_string_equal(err.remedy, "did you mean 'CAP_NET_ADMIN'?");
	assert_int_equal(capability_from_name("", &c, &err), -EINVAL);
	assert_int_equal(capability_from_name("CAP_", &c, &err), -EINVAL);
	assert_int_equal(
		capability_from_name(
			"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", &c,
			&err),
		-EINVAL);
	assert_int_equal(c, 40);
}

static void numbers_follow_the_table(void **state)
{
	(void)state;
	for (int i = 0; i < CAPABILITY_COUNT; i++)
		assert_int_equal(capability_names[i].value, i);
}

static void print_default(void **state)
{
	OUT_CLEANUP struct out o = {0};

	(void)state;
	capabilities_print(CAPABILITIES_DEFAULT, &o);
	assert_string_equal(o.text, "CAP_CHOWN,CAP_DAC_OVERRIDE,CAP_FOWNER,CAP_FSETID,CAP_KILL,"
				    "CAP_SETGID,CAP_SETUID,CAP_SETPCAP,CAP_NET_BIND_SERVICE,"
				    "CAP_NET_RAW,CAP_SYS_CHROOT,CAP_MKNOD,CAP_AUDIT_WRITE,"
				    "CAP_SETFCAP");
}

static int merge(const char *add, const char *drop, uint64_t *bounding, uint64_t *added)
{
	const char *adds[] = {add, NULL}, *drops[] = {drop, NULL};
	struct err err = {0};

	return capabilities_merge(CAPABILITIES_DEFAULT, adds, drops, bounding, added, &err);
}

static void merging(void **state)
{
	uint64_t b = 7, a = 7;

	(void)state;
	assert_int_equal(merge(NULL, NULL, &b, &a), 0);
	assert_int_equal(b, CAPABILITIES_DEFAULT);
	assert_int_equal(a, 0);
	assert_int_equal(merge("net_admin,CAP_BPF", "chown", &b, &a), 0);
	assert_int_equal(a, CAPABILITY_BIT(12) | CAPABILITY_BIT(39));
	assert_int_equal(b, (CAPABILITIES_DEFAULT | a) & ~CAPABILITY_BIT(0));
	assert_int_equal(merge("kill", "all", &b, &a), 0);
	assert_int_equal(b, CAPABILITY_BIT(5));
	assert_int_equal(merge(NULL, "ALL", &b, &a), 0);
	assert_int_equal(b, 0);
	assert_int_equal(merge("ALL", "sys_resource", &b, &a), 0);
	assert_int_equal(b, CAPABILITIES_ALL & ~CAPABILITY_BIT(24));
	assert_int_equal(a, b);
	b = 7;
	assert_int_equal(merge("all", "all", &b, &a), -EINVAL);
	assert_int_equal(merge("chown", "CAP_CHOWN", &b, &a), -EINVAL);
	assert_int_equal(merge("chown,", NULL, &b, &a), -EINVAL);
	assert_int_equal(b, 7);
}

static void planning(void **state)
{
	uint64_t have = CAPABILITIES_ALL & ~CAPABILITY_BIT(24);
	struct capabilities_plan p =
		capabilities_plan_for(CAPABILITIES_ALL, CAPABILITY_BIT(24) | 1, have);
	struct capset odd = {
		.bounding = 3, .effective = 7, .permitted = 3, .inheritable = 1, .ambient = 3};

	(void)state;
	assert_int_equal(p.set.permitted, have);
	assert_int_equal(p.set.inheritable, 0);
	assert_int_equal(p.lacking, CAPABILITY_BIT(24));
	assert_int_equal(p.other.ambient, 1);
	assert_int_equal(p.other.inheritable, 1);
	assert_int_equal(p.other.bounding, have);
	p = capabilities_plan_sets(&odd, CAPABILITIES_ALL);
	assert_int_equal(p.set.effective, 3);
	assert_int_equal(p.set.ambient, 1);
	assert_int_equal(p.by_user, 0);
}

static uint64_t status_mask(const char *key)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];
	unsigned long long v = ~0ULL;

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, key, strlen(key)) == 0)
			sscanf(line + strlen(key), ": %llx", &v);
	if (f)
		fclose(f);
	return v;
}

/* What a child that went through the three steps as `uid` has; 0: as planned. */
static int child_as(uint32_t uid, const struct capabilities_plan *p)
{
	const struct capset *want = uid ? &p->other : &p->set;
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct err err = {0};

		if (capabilities_before_ids(p, uid, &err) < 0)
			_exit(1);
		if (uid && setresuid(uid, uid, uid) < 0)
			_exit(2);
		if (capabilities_after_ids(p, &err) < 0)
			_exit(3);
		if (capabilities_finish(p, uid, &err) < 0)
			_exit(4);
		if (status_mask("CapBnd") != want->bounding)
			_exit(5);
		if (status_mask("CapEff") != want->effective)
			_exit(6);
		if (status_mask("CapPrm") != want->permitted)
			_exit(7);
		if (status_mask("CapInh") != want->inheritable)
			_exit(8);
		if (status_mask("CapAmb") != want->ambient)
			_exit(9);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static void applied(void **state)
{
	struct capabilities_plan p;
	uint64_t have;

	(void)state;
	assert_int_equal(capabilities_of_self(&have), 0);
	if (geteuid() != 0 || (have & CAPABILITIES_DEFAULT) != CAPABILITIES_DEFAULT) {
		print_message("skipped: needs root with Docker's default capabilities\n");
		skip();
	}
	p = capabilities_plan_for(CAPABILITIES_DEFAULT, CAPABILITY_BIT(10), have);
	assert_int_equal(child_as(0, &p), 0);
	assert_int_equal(child_as(65534, &p), 0);
	p = capabilities_plan_for(0, 0, have);
	assert_int_equal(child_as(0, &p), 0);
	p = capabilities_plan_for(CAPABILITIES_ALL, CAPABILITIES_ALL, have);
	assert_int_equal(child_as(0, &p), 0);
	assert_int_equal(child_as(65534, &p), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),         cmocka_unit_test(numbers_follow_the_table),
		cmocka_unit_test(print_default), cmocka_unit_test(merging),
		cmocka_unit_test(planning),      cmocka_unit_test(applied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
