// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <cmocka.h>
#include "rlimits.h"
#include "scheduler.h"

static struct err err;

static void parsing(void **state)
{
	OUT_CLEANUP struct out o = {0};
	struct rlimit_op op = {0};

	(void)state;
	assert_int_equal(rlimit_parse("nofile=1024:2048", &op, &err), 0);
	assert_int_equal(op.resource, RLIMIT_NOFILE);
	assert_int_equal(op.soft, 1024);
	assert_int_equal(op.hard, 2048);
	assert_int_equal(rlimit_parse("RLIMIT_core=-1", &op, &err), 0);
	assert_int_equal(op.soft, RLIMIT_UNLIMITED);
	assert_int_equal(op.hard, RLIMIT_UNLIMITED);
	rlimit_print(&op, &o);
	assert_string_equal(o.text, "core=unlimited:unlimited");
	assert_int_equal(rlimit_parse("nproc=5:unlimited", &op, &err), 0);
	assert_int_equal(op.hard, RLIMIT_UNLIMITED);
	op.soft = 7;
	assert_int_equal(rlimit_parse("nofile=2048:1024", &op, &err), -EINVAL);
	assert_int_equal(rlimit_parse("nofile=-1:5", &op, &err), -EINVAL);
	assert_int_equal(rlimit_parse("nofile", &op, &err), -EINVAL);
	assert_int_equal(rlimit_parse("nofile=", &op, &err), -EINVAL);
	assert_int_equal(rlimit_parse("nofile=1:", &op, &err), -EINVAL);
	assert_int_equal(rlimit_parse("nofile=1:2:3", &op, &err), -EINVAL);
	assert_int_equal(rlimit_parse("nofile=-2", &op, &err), -EINVAL);
	assert_int_equal(rlimit_parse("nofile=18446744073709551615", &op, &err), -EINVAL);
	assert_int_equal(rlimit_parse("=5", &op, &err), -EINVAL);
	assert_int_equal(rlimit_parse("nofiles=5", &op, &err), -EINVAL);
	assert_string_equal(err.remedy, "did you mean 'nofile'?");
	assert_int_equal(op.soft, 7);
}

static void listing(void **state)
{
	struct rlimit_op ops[RLIMITS_COUNT], op = {.resource = RLIMIT_NOFILE, .soft = 5, .hard = 6};
	uint32_t n = 0;

	(void)state;
	assert_int_equal(rlimits_of_self(ops, &n, &err), 0);
	assert_int_equal(n, RLIMITS_COUNT);
	rlimits_put(ops, &n, &op);
	assert_int_equal(n, RLIMITS_COUNT);
	n = 0;
	rlimits_put(ops, &n, &op);
	op.soft = 1;
	rlimits_put(ops, &n, &op);
	assert_int_equal(n, 1);
	assert_int_equal(ops[0].soft, 1);
}

static void applied(void **state)
{
	struct rlimit_op ops[] = {{.resource = RLIMIT_NOFILE, .soft = 50, .hard = 60},
				  {.resource = RLIMIT_CORE, .soft = 0, .hard = 0}};
	struct rlimits_plan plan = {2, ops};
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		struct rlimit l;

		if (rlimits_apply(&plan, &err) < 0)
			_exit(1);
		getrlimit(RLIMIT_NOFILE, &l);
		if (l.rlim_cur != 50 || l.rlim_max != 60)
			_exit(2);
		ops[0].hard = ops[0].soft = 1 << 30;
		plan.count = 1;
		if (rlimits_apply(&plan, &err) != -EPERM || !strstr(err.remedy, " 60,"))
			_exit(3);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	if (WEXITSTATUS(status) == 3 && geteuid() == 0)
		print_message("raising a limit is allowed here\n");
	else
		assert_int_equal(status, 0);
}

static void oom(void **state)
{
	int32_t v = 5;
	int status;
	pid_t pid;

	(void)state;
	assert_int_equal(oom_score_parse("-1000", &v, &err), 0);
	assert_int_equal(v, -1000);
	assert_int_equal(oom_score_parse("1001", &v, &err), -EINVAL);
	assert_int_equal(oom_score_parse("x", &v, &err), -EINVAL);
	assert_int_equal(oom_score_parse("", &v, &err), -EINVAL);
	pid = fork();
	if (pid == 0) {
		int fd = open("/proc/self", O_PATH | O_DIRECTORY);

		_exit(oom_score_apply(fd, 321, &err) == 0 ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
}

static void scheduling(void **state)
{
	struct scheduler_plan p = {.set_policy = 1,
				   .policy = SCHED_BATCH,
				   .nice = 5,
				   .set_io = 1,
				   .io_class = 2,
				   .io_priority = 6};
	struct arena a;
	int status;
	pid_t pid;

	(void)state;
	assert_int_equal(arena_init(&a), 0);
	assert_int_equal(scheduler_parse_cpus("0-1,64", &a, &p, &err), 0);
	assert_int_equal(p.cpus_size, 16);
	assert_int_equal(p.cpus[0], 3);
	assert_int_equal(p.cpus[1], 1);
	assert_int_equal(scheduler_parse_cpus("", &a, &p, &err), -EINVAL);
	assert_int_equal(scheduler_parse_cpus("3-1", &a, &p, &err), -EINVAL);
	assert_int_equal(scheduler_parse_cpus("1,", &a, &p, &err), -EINVAL);
	assert_int_equal(scheduler_parse_cpus("99999", &a, &p, &err), -EINVAL);
	assert_int_equal(scheduler_parse_cpus("0", &a, &p, &err), 0);
	assert_int_equal(scheduler_check(&p, &err), 0);
	pid = fork();
	if (pid == 0) {
		if (scheduler_apply(&p, &err) < 0)
			_exit(1);
		_exit(getpriority(PRIO_PROCESS, 0) == 5 ? 0 : 2);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	p.policy = SCHED_FIFO;
	assert_int_equal(scheduler_check(&p, &err), -EINVAL);
	p.priority = 5;
	assert_int_equal(scheduler_check(&p, &err), 0);
	p.policy = SCHED_DEADLINE;
	p.priority = 0;
	assert_int_equal(scheduler_check(&p, &err), -EINVAL);
	p.policy = SCHED_NORMAL;
	p.nice = 20;
	assert_int_equal(scheduler_check(&p, &err), -EINVAL);
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parsing), cmocka_unit_test(listing),    cmocka_unit_test(applied),
		cmocka_unit_test(oom),     cmocka_unit_test(scheduling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
