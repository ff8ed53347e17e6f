// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "security.h"

static struct arena arena;
static struct err err;
static struct security_options o;

static int parse(const char *text)
{
	return security_parse(text, &arena, &o, &err);
}

static void accepted(void **state)
{
	(void)state;
	o = (struct security_options){0};
	assert_int_equal(parse("seccomp=unconfined"), 0);
	assert_int_equal(o.seccomp, SECCOMP_UNCONFINED);
	assert_int_equal(parse("seccomp=/a=b:c.json"), 0);
	assert_int_equal(o.seccomp, SECCOMP_FILE);
	assert_string_equal(o.seccomp_path, "/a=b:c.json");
	assert_int_equal(parse("seccomp:builtin"), 0);
	assert_int_equal(o.seccomp, SECCOMP_DEFAULT);
	assert_int_equal(parse("no-new-privileges"), 0);
	assert_int_equal(o.no_new_privileges, 1);
	assert_int_equal(parse("no-new-privileges:false"), 0);
	assert_int_equal(o.no_new_privileges, 0);
	assert_int_equal(parse("no-new-privileges=true"), 0);
	assert_int_equal(o.no_new_privileges, 1);
	assert_int_equal(parse("apparmor=docker-default"), 0);
	assert_string_equal(o.apparmor, "docker-default");
	assert_int_equal(parse("label=disable"), 0);
	assert_int_equal(o.label_disable, 1);
	assert_int_equal(parse("label=level:s0:c1,c2"), 0);
	assert_string_equal(o.label_level, "s0:c1,c2");
	assert_int_equal(parse("label:type:svirt_t"), 0);
	assert_string_equal(o.label_type, "svirt_t");
	assert_int_equal(parse("mask=/proc/a:/proc/b"), 0);
	assert_int_equal(parse("mask=/c"), 0);
	assert_string_equal(o.mask[0], "/proc/a");
	assert_string_equal(o.mask[2], "/c");
	assert_null(o.mask[3]);
	assert_int_equal(parse("unmask=/proc/*"), 0);
	assert_string_equal(o.unmask[0], "/proc/*");
	assert_int_equal(parse("unmask=ALL"), 0);
	assert_int_equal(o.unmask_all, 1);
	assert_int_equal(parse("systempaths=unconfined"), 0);
	assert_int_equal(parse("proc-opts=hidepid=2"), 0);
	assert_string_equal(o.proc_options, "hidepid=2");
}

static void refused(void **state)
{
	static const char *const bad[] = {"",
					  "seccomp",
					  "seccomp=",
					  "no-new-privileges=maybe",
					  "apparmor=",
					  "apparmor=a\nb",
					  "label",
					  "label=",
					  "label=user:",
					  "label=colour:red",
					  "label=type:a b",
					  "mask",
					  "mask=",
					  "mask=relative",
					  "mask=/a::/b",
					  "unmask=x",
					  "systempaths=x",
					  "proc-opts=",
					  "unknown",
					  "=x"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (parse(bad[i]) != -EINVAL)
			fail_msg("accepted: %s", bad[i]);
	assert_int_equal(parse("secomp=x"), -EINVAL);
	assert_string_equal(err.remedy, "did you mean 'seccomp'?");
}

static int set_up(void **state)
{
	(void)state;
	return arena_init(&arena);
}

static void contexts_of_selinux(void **state)
{
	static const char own[] = "staff_u:staff_r:staff_t:s0-s0:c0.c1023";

	(void)state;
	o = (struct security_options){0};
	assert_null(security_context(&o, own, &arena));
	assert_null(security_file_context(&o, own, &arena));
	parse("label=type:box_t");
	assert_string_equal(security_context(&o, own, &arena),
			    "staff_u:staff_r:box_t:s0-s0:c0.c1023");
	assert_string_equal(security_context(&o, "u:r:t", &arena), "u:r:box_t");
	assert_null(security_context(&o, "unlabelled", &arena));
	parse("label=filetype:box_file_t");
	assert_string_equal(security_file_context(&o, own, &arena),
			    "system_u:object_r:box_file_t:s0");
	parse("label=user:u");
	parse("label=role:r");
	parse("label=level:s0:c1,c2");
	assert_string_equal(security_context(&o, own, &arena), "u:r:box_t:s0:c1,c2");
	assert_string_equal(security_file_context(&o, own, &arena),
			    "system_u:object_r:box_file_t:s0:c1,c2");
	parse("label=disable");
	assert_null(security_context(&o, own, &arena));
	assert_null(security_file_context(&o, own, &arena));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(accepted),
					   cmocka_unit_test(contexts_of_selinux),
					   cmocka_unit_test(refused)};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
