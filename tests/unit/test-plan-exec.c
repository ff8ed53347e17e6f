// SPDX-License-Identifier: Apache-2.0
/* The plan of `kokon exec`: from a record and a request alone, without a container. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <sched.h>

#include "explain.h"
#include "plan-exec.h"
#include "state-record.h"
#include "uapi.h"

static const char *const env[] = {"PATH=/bin", "COLOUR=red", NULL};
static char *const argv[] = {"ls", "-l", NULL};
static const char *const groups[] = {"5", NULL};
static const char *const ulimits[] = {"nofile=1:2", "core=0", NULL};

struct fixture {
	struct arena arena;
	struct state state;
	struct exec_request q;
	struct facts facts;
	struct plan *plan;
	struct out notes;
	struct err err;
};

static int setup(void **state)
{
	static struct fixture f;

	f = (struct fixture){
		.state = {.name = "web",
			  .status = STATE_RUNNING,
			  .pid = 77,
			  .cwd = "/work",
			  .caps_bounding = CAPABILITIES_DEFAULT,
			  .seccomp_default = true},
		.q = {.state = &f.state,
		      .n_joins = 2,
		      .joins = {{NAMESPACE_MNT, 10, "/proc/77/ns/mnt"},
				{NAMESPACE_PID, 11, "/proc/77/ns/pid"}},
		      .group = {-1, NULL},
		      .argv = argv,
		      .env = env},
		.facts = {.grantable = CAPABILITIES_ALL},
	};
	*state = &f;
	return arena_init(&f.arena);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	out_free(&f->notes);
	arena_free(&f->arena);
	return 0;
}

static const struct container_plan *plan(struct fixture *f)
{
	assert_int_equal(plan_exec(&f->arena, &f->q, &f->facts, &f->plan, &f->notes, &f->err), 0);
	return &f->plan->container;
}

static void test_as_the_container(void **state)
{
	struct fixture *f = *state;
	const struct container_plan *c;

	f->state.groups = groups;
	f->state.ulimits = ulimits;
	f->state.umask = "0027";
	f->state.user = "3:4";
	f->state.oom_score = "7";
	f->state.no_new_privileges = true;
	c = plan(f);
	assert_int_equal(f->plan->spawn, SPAWN_CHILD);
	assert_int_equal(f->plan->fail_status, 125);
	assert_null(c->name);          /* it makes no record, */
	assert_null(c->cgroup);        /* no group, */
	assert_int_equal(c->root, -1); /* and no root */
	assert_string_equal(c->cwd, "/work");
	assert_int_equal(c->rlimits.count, 2);
	assert_int_equal(c->credentials.uid, 3);
	assert_int_equal(c->credentials.gid, 4);
	assert_int_equal(c->credentials.ids_count, 1);
	assert_int_equal(c->credentials.umask, 0027);
	assert_true(c->set_oom_score && c->oom_score == 7);
	assert_true(c->no_new_privileges);
	assert_true(c->seccomp.count > 0);
	assert_true(c->capabilities.set.bounding == CAPABILITIES_DEFAULT);
	assert_true(c->null_stdin);
	assert_int_equal(f->plan->namespaces.create, 0);
	assert_int_equal(f->plan->n_handles, 2);
}

static void test_options(void **state)
{
	struct fixture *f = *state;
	const struct container_plan *c;

	f->state.user = "3:4";
	f->q.user = "alice";
	f->q.cwd = "/tmp";
	f->q.interactive = true;
	f->q.tty = true;
	f->q.rows = 25;
	c = plan(f);
	assert_string_equal(c->credentials.user, "alice");
	assert_string_equal(c->cwd, "/tmp");
	assert_false(c->null_stdin);
	assert_true(c->terminal.wanted && c->terminal.rows == 25);
	assert_true(f->plan->program.want_home);
	assert_string_equal(f->plan->program.path, "/bin");
	assert_string_equal(f->plan->program.argv[1], "-l");
}

static void test_privileged(void **state)
{
	struct fixture *f = *state;
	const struct container_plan *c;

	f->q.privileged = true;
	f->facts.grantable = CAPABILITIES_ALL & ~CAPABILITY_BIT(24);
	c = plan(f);
	assert_int_equal(c->seccomp.count, 0);
	assert_true(c->capabilities.set.bounding == f->facts.grantable);
	assert_non_null(strstr(f->notes.text, "CAP_SYS_RESOURCE"));
}

/* In a user namespace of the container's own, its root; whose rights are all there are. */
static void test_user_namespace(void **state)
{
	struct fixture *f = *state;
	const struct container_plan *c;

	f->q.joins[f->q.n_joins++] =
		(struct namespace_given){NAMESPACE_USER, 12, "/proc/77/ns/user"};
	f->facts.grantable = 0;
	f->state.deny_groups = true;
	c = plan(f);
	assert_true(c->become_root && c->deny_groups);
	assert_int_equal(c->credentials.setgroups, SETGROUPS_DENIED);
	assert_true(c->capabilities.set.bounding == CAPABILITIES_DEFAULT);
	assert_int_equal(f->notes.len, 0);
}

static void test_groups(void **state)
{
	struct fixture *f = *state;
	const struct container_plan *c;

	f->q.n_tasks = 2;
	f->q.tasks[0] = (struct exec_group){20, "/cg/devices/kokon/web/tasks"};
	f->q.tasks[1] = (struct exec_group){21, "/cg/pids/kokon/web/tasks"};
	f->q.group = (struct exec_group){22, "/cg/unified/kokon/web"};
	c = plan(f);
	assert_int_equal(c->n_tasks, 2);
	assert_int_equal(f->plan->handles[c->first_task + 1].fd, 21);
	assert_string_equal(c->group, "/cg/unified/kokon/web");
	assert_int_equal(f->plan->n_handles, 4); /* the v2 group stays outside */
}

static void test_explain(void **state)
{
	struct fixture *f = *state;
	OUT_CLEANUP struct out o = {0};
	static const char *const words[] = {"# system call prctl(PR_SET_DUMPABLE, 0)",
					    "echo 0 > /cg/pids/kokon/web/tasks",
					    "echo 0 > /cg/unified/kokon/web/cgroup.procs",
					    "cd /work",
					    "exec env -i PATH=/bin COLOUR=red ",
					    " --mount=/proc/77/ns/mnt --pid=/proc/77/ns/pid ",
					    NULL};

	f->q.n_tasks = 1;
	f->q.tasks[0] = (struct exec_group){21, "/cg/pids/kokon/web/tasks"};
	f->q.group = (struct exec_group){22, "/cg/unified/kokon/web"};
	plan(f);
	explain_plan(f->plan, &o);
	for (int i = 0; words[i]; i++)
		if (!strstr(o.text, words[i]))
			fail_msg("'%s' is not in:\n%s", words[i], o.text);
	assert_null(strstr(o.text, "pivot"));
	assert_null(strstr(o.text, "/run/kokon"));
}

/* Nothing of worth is left when the process enters a PID namespace that others are in. */
static void test_enters_last(void **state)
{
	static const struct mount_op ops[] = {{.kind = MOUNT_FILESYSTEM, .type = "tmpfs"},
					      {.kind = MOUNT_FILESYSTEM, .type = "proc"}};
	struct fixture *f = *state;
	struct container_plan *c;

	plan(f);
	c = &f->plan->container;
	assert_true(c->fork_last && c->filter_first);
	assert_true(plan_late_rights(c) == 0);

	/* The procfs is that of the namespace, which its mounter is not in. */
	f->plan->mounts = (struct mounts_plan){ops, 2};
	c->wait = 1;
	plan_fork_last(&f->arena, f->plan, &f->notes);
	assert_true(c->filter_first);
	assert_int_equal(f->notes.len, 0);
	assert_false(f->plan->mounts.ops[0].flags & MOUNT_OF_PID);
	assert_true(f->plan->mounts.ops[1].flags & MOUNT_OF_PID);
	assert_int_equal(f->plan->mounts.ops[1].handle, 1);
}

/* What has to come after it takes no more than it must, and is told if the process waits. */
static void test_late_rights(void **state)
{
	struct fixture *f = *state;
	struct container_plan *c;

	plan(f);
	c = &f->plan->container;
	c->scheduler.set_io = 1;
	plan_fork_last(&f->arena, f->plan, &f->notes);
	assert_true(c->fork_last && !c->filter_first);
	assert_true(plan_late_rights(c) ==
		    (CAPABILITY_BIT(CAP_SYS_ADMIN) | CAPABILITY_BIT(CAP_SYS_NICE)));
	assert_int_equal(f->notes.len, 0);
	c->wait = 1;
	plan_fork_last(&f->arena, f->plan, &f->notes);
	assert_non_null(strstr(f->notes.text, "CAP_SYS_ADMIN"));
	c->no_new_privileges = 1;
	assert_true(plan_late_rights(c) == CAPABILITY_BIT(CAP_SYS_NICE));
}

/* What the record says is not believed blindly. */
static void test_bad_records(void **state)
{
	struct fixture *f = *state;
	static const char *const bad[] = {"nofile", NULL};

	f->state.ulimits = bad;
	assert_true(plan_exec(&f->arena, &f->q, &f->facts, &f->plan, &f->notes, &f->err) < 0);
	f->state.ulimits = NULL;
	f->state.umask = "99";
	assert_true(plan_exec(&f->arena, &f->q, &f->facts, &f->plan, &f->notes, &f->err) < 0);
	f->state.umask = NULL;
	f->state.seccomp = "0:12";
	assert_true(plan_exec(&f->arena, &f->q, &f->facts, &f->plan, &f->notes, &f->err) < 0);
	f->state.seccomp = NULL;
	f->q.user = "+";
	assert_true(plan_exec(&f->arena, &f->q, &f->facts, &f->plan, &f->notes, &f->err) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_as_the_container, setup, teardown),
		cmocka_unit_test_setup_teardown(test_options, setup, teardown),
		cmocka_unit_test_setup_teardown(test_privileged, setup, teardown),
		cmocka_unit_test_setup_teardown(test_user_namespace, setup, teardown),
		cmocka_unit_test_setup_teardown(test_groups, setup, teardown),
		cmocka_unit_test_setup_teardown(test_explain, setup, teardown),
		cmocka_unit_test_setup_teardown(test_enters_last, setup, teardown),
		cmocka_unit_test_setup_teardown(test_late_rights, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad_records, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
