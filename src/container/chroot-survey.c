// SPDX-License-Identifier: Apache-2.0
#include "chroot-survey.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

static bool is_old_root(const char *directory)
{
	FREE_PTR char *real = realpath(directory, NULL);

	return real && strcmp(real, "/") == 0;
}

/* For the explanation only: what counts is looked up once more in the new root. */
static bool is_known_inside(struct arena *a, const struct tool_request *q)
{
	CLOSE_FD int root = open(q->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct accounts_plan accounts;

	if (root < 0 || accounts_parse(q->userspec, NULL, a, &accounts, NULL) < 0)
		return true;
	accounts_look_up(a, root, &accounts);
	return accounts.outside_user.known;
}

int chroot_survey(struct arena *a, struct tool_request *q, struct err *err)
{
	CLOSE_FD int root = -1;
	struct accounts_plan accounts;
	int r;

	if (q->skip_chdir && !is_old_root(q->root)) {
		err_set(err, 0, "--skip-chdir is for the old root '/' only, not for '%s'", q->root);
		return err_remedy(err, "with the working directory outside of it, the new root "
				       "would hold nobody");
	}
	r = accounts_parse(q->userspec, q->groups, a, &accounts, err);
	if (r < 0)
		return r;
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	accounts_look_up(a, root, &accounts);
	q->outside_user = accounts.outside_user;
	q->outside_list = accounts.outside_list;
	q->user_is_outside = accounts.outside_user.known && !is_known_inside(a, q);
	return 0;
}
