// SPDX-License-Identifier: Apache-2.0
/* `kokon netns exec`: the process itself enters, and becomes the command. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "macros.h"
#include "netns-enter.h"
#include "netns-ops.h"
#include "netns.h"
#include "process.h"
#include "program.h"

extern char **environ;

/* The way in for a user's own: the shell of an explanation needs both namespaces. */
static void explain(const struct netns_home *home, const char *name, char *const *argv,
		    struct out *o)
{
	char path[sizeof(home->path) + 260];

	snprintf(path, sizeof(path), "%s/%s", home->path, name);
	if (home->of_user && home->user >= 0)
		out_printf(o, "nsenter --target %d --user --mount --preserve-credentials --wdns=. ",
			   (int)home->holder);
	netns_explain_enter(path, name, argv, o);
}

int netns_op_become(char *const *argv, struct err *err)
{
	struct program_plan plan = {
		.file = argv[0],
		.argv = (const char *const *)argv,
		.envp = (const char *const *)environ,
		.path = getenv("PATH"),
		.shell_fallback = 1,
	};

	return program_exec(&plan, err);
}

static int enter(struct netns_home *home, const char *name, struct out *notes, struct err *err)
{
	CLOSE_FD int netns = netns_open(home, name, err);
	FREE_PTR char *cwd = getcwd(NULL, 0);
	int r = netns < 0 ? netns : 0;

	if (r == 0)
		r = netns_home_enter(home, err);
	if (r == 0)
		r = netns_enter(netns, name, notes, err);
	/* Another mount namespace begins at its root. */
	if (r == 0 && home->of_user && (!cwd || chdir(cwd) < 0))
		out_printf(notes,
			   "the working directory cannot be kept; the command starts in /\n");
	return r;
}

int netns_op_enter(const char *name, struct out *notes, struct err *err)
{
	NETNS_HOME_CLEANUP struct netns_home home = NETNS_HOME_NONE;
	int r = netns_home_open(&home, err);

	if (r == 0)
		r = enter(&home, name, notes, err);
	return r < 0 ? err_exit(err, 1) : 0;
}

int netns_op_explain_exec(const char *name, char *const *argv, struct out *o, struct err *err)
{
	NETNS_HOME_CLEANUP struct netns_home home = NETNS_HOME_NONE;
	CLOSE_FD int netns = -1;
	int r = netns_home_open(&home, err);

	if (r < 0)
		return r;
	netns = netns_open(&home, name, err);
	if (netns < 0)
		return netns;
	explain(&home, name, argv, o);
	return 0;
}

int netns_op_each(int (*one)(const char *name, void *arg), void *arg, struct err *err)
{
	NETNS_HOME_CLEANUP struct netns_home home = NETNS_HOME_NONE;
	NETNS_NAMES_CLEANUP struct netns_names names = {0};
	int first = 0, wait_status, r = netns_home_open(&home, err);

	if (r == 0)
		r = netns_list(&home, &names, err);
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		pid_t pid = process_clone(0, SIGCHLD, -1, NULL);

		if (pid == 0)
			_exit(one(names.v[i].name, arg));
		if (pid < 0)
			return err_set(err, -pid, "cannot start a process");
		process_wait(pid, &wait_status);
		if (first == 0)
			first = process_exit_status(wait_status);
	}
	return r < 0 ? r : first;
}
