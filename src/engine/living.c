// SPDX-License-Identifier: Apache-2.0
#include "living.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include "cgroup.h"
#include "file.h"
#include "process.h"

static const char prefix[] = "container:";

void living_close(struct living *c)
{
	if (c->pidfd >= 0)
		close(c->pidfd);
	if (c->owner >= 0)
		close(c->owner);
	c->pidfd = c->owner = -1;
}

int living_open(const char *name, struct arena *a, struct living *ret, struct err *err)
{
	struct living c = LIVING_NONE;
	int r;

	if (strncmp(name, prefix, sizeof(prefix) - 1) == 0)
		name += sizeof(prefix) - 1;
	r = state_read(name, a, &c.state, err);
	if (r < 0)
		return r;
	if (c.state.status != STATE_RUNNING) {
		err_set(err, 0, "the container '%s' is still being made", name);
		err_remedy(err, "try again in a moment; to give it up, end process %d",
			   (int)c.state.owner);
		return -EAGAIN;
	}
	c.state.name = arena_strdup(a, name);
	c.pidfd = state_open_process(&c.state);
	if (c.pidfd < 0)
		return err_set(err, ESRCH, "the container '%s' has just ended", name);
	/* The lock said that the owner lives; if its number is another's by now, it has ended. */
	c.owner = c.state.owner > 0 && state_process_start(c.state.owner) == c.state.owner_start
			  ? process_open(c.state.owner)
			  : -1;
	c.frozen = living_frozen(&c.state);
	*ret = c;
	return 0;
}

const char *living_frozen(const struct state *state)
{
	for (int version = 1; version <= 2; version++) {
		size_t i;
		CLOSE_FD int dir = cgroup_open_freezer(state->cgroups, version, &i);

		if (dir >= 0 && cgroup_is_frozen_fd(dir) == 1)
			return state->cgroups[i];
	}
	return NULL;
}

int living_thaw(const struct living *c, struct err *err)
{
	for (int version = 1; version <= 2; version++) {
		CLOSE_FD int dir = cgroup_open_freezer(c->state.cgroups, version, NULL);

		if (dir >= 0 && cgroup_is_frozen_fd(dir) == 1 &&
		    cgroup_freeze_fd(dir, false, err) < 0)
			return err_context(err, "container '%s'", c->state.name);
	}
	return 0;
}

bool living_hears(const struct living *c, int signal)
{
	FREE_PTR char *text = NULL;
	unsigned long long caught = 0;
	char path[32];
	const char *at;

	if (signal == SIGKILL || signal == SIGSTOP)
		return true;
	snprintf(path, sizeof(path), "/proc/%d/status", (int)c->state.pid);
	if (read_file_at(AT_FDCWD, path, 1 << 16, &text) < 0)
		return true;
	at = strstr(text, "\nSigCgt:");
	if (at)
		caught = strtoull(at + 8, NULL, 16);
	return caught >> (signal - 1) & 1;
}
