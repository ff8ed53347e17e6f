// SPDX-License-Identifier: Apache-2.0
/* The rows of the container side. Each hands its part of the plan to the module that does it. */
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "file.h"
#include "init.h"
#include "process.h"
#include "reaper.h"
#include "uapi.h"

int inside_label(struct run *run)
{
	int r = write_file_at(AT_FDCWD, "/proc/thread-self/attr/exec", run->plan->label);

	return r < 0 ? err_set(run->err, -r, "cannot set the label '%s'", run->plan->label) : 0;
}

int inside_drop_groups(struct run *run)
{
	return identity_drop_groups(run->err);
}

int inside_guard(struct run *run)
{
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		return err_errno(run->err, "cannot become non-dumpable");
	return 0;
}

int inside_join_cgroups(struct run *run)
{
	const struct join_cgroups_plan *plan = &run->plan->join_cgroups;

	for (uint32_t i = 0; i < plan->n; i++)
		/* 0 is the writer itself, whatever its number here. */
		if (write(run->handles[plan->groups[i].handle], "0", 1) != 1)
			return err_errno(run->err, "cannot join the control group by '%s'",
					 plan->groups[i].path);
	return 0;
}

int inside_join_user(struct run *run)
{
	return namespaces_join(&run->plan->namespaces, CLONE_NEWUSER, run->handles, run->err);
}

int inside_join_user_last(struct run *run)
{
	return inside_join_user(run);
}

int inside_join(struct run *run)
{
	const struct plan *plan = run->plan;
	int r = namespaces_join(&plan->namespaces, ~(uint64_t)(CLONE_NEWUSER | CLONE_NEWPID),
				run->handles, run->err);

	/* Joining a mount namespace has made its root this process's: a container's own. */
	if (r == 0 && plan->spawn == SPAWN_CHILD && plan->container.root < 0) {
		run->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (run->root < 0)
			return err_errno(run->err, "cannot open the container's root");
	}
	return r;
}

int inside_join_pid(struct run *run)
{
	return namespaces_join(&run->plan->namespaces, CLONE_NEWPID, run->handles, run->err);
}

int inside_join_pid_last(struct run *run)
{
	return inside_join_pid(run);
}

int inside_owner(struct run *run)
{
	return idmap_become_owner(&run->plan->ids, run->err);
}

int inside_make_user(struct run *run)
{
	return namespaces_make_user(run->err);
}

int inside_map_self(struct run *run)
{
	return idmap_write_self(&run->plan->ids, run->err);
}

int inside_make_time(struct run *run)
{
	return namespaces_make_time(&run->plan->namespaces, run->err);
}

int inside_make(struct run *run)
{
	uint64_t later = plan_enters_late(run->plan) ? CLONE_NEWCGROUP : 0;

	return namespaces_make_in_place(&run->plan->namespaces, later, run->err);
}

int inside_make_cgroup(struct run *run)
{
	return unshare(CLONE_NEWCGROUP) < 0 ? err_errno(run->err, "cannot make a cgroup namespace")
					    : 0;
}

int inside_names(struct run *run)
{
	return namespaces_set_names(&run->plan->namespaces, run->err);
}

int inside_loopback(struct run *run)
{
	return namespaces_loopback_up(run->err);
}

int inside_before_root(struct run *run)
{
	return mounts_apply(&run->plan->before_root, -1, run->handles, run->err);
}

int inside_mounts(struct run *run)
{
	return mounts_apply(&run->plan->mounts, run->root, run->handles, run->err);
}

int inside_binfmt_before_root(struct run *run)
{
	return binfmt_register(&run->plan->binfmt_before_root, run->err);
}

int inside_binfmt(struct run *run)
{
	return binfmt_register(&run->plan->binfmt, run->err);
}

int inside_root(struct run *run)
{
	return root_change(&run->plan->root, run->handles, run->err);
}

int inside_identity(struct run *run)
{
	int r = identity_apply(&run->plan->identity, run->handles, run->err);

	/* A change of ids disarms it (prctl(2), PR_SET_PDEATHSIG). */
	if (r == 0 && run->plan->namespaces.kill_child &&
	    prctl(PR_SET_PDEATHSIG, run->plan->namespaces.kill_child) < 0)
		return err_errno(run->err, "cannot ask for a signal at the parent's end");
	return r;
}

/* HOME comes from the container's /etc/passwd, which nobody had read when the plan was made. */
static void add_home(struct program_plan *program, const char **envp, char *home, size_t size)
{
	size_t n = 0;

	snprintf(home, size, "HOME=%s", home_directory());
	for (; program->envp[n]; n++)
		envp[n] = program->envp[n];
	envp[n] = home;
	envp[n + 1] = NULL;
	program->envp = envp;
}

int inside_exec(struct run *run)
{
	struct program_plan program = run->plan->program;
	/* Not on the stack: its 32 KB would be touched by every start, needed or not. */
	static const char *envp[MAX_ENVIRONMENT + 2];
	static char home[1040]; /* envp points to it */
	int status;

	/* The program must not find a child that it did not start. */
	if (run->outside > 0)
		process_wait(run->outside, &status);
	if (program.want_home && home_directory()[0])
		add_home(&program, envp, home, sizeof(home));
	if (run->plan->container.reap) {
		sigset_t mask;
		int r;

		sigprocmask(SIG_SETMASK, NULL, &mask);
		r = reaper_fork(&mask, &RESULT->early, run->err);
		if (r < 0)
			return r;
	}
	return program_exec(&program, run->err);
}
