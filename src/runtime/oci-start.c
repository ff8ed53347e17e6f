// SPDX-License-Identifier: Apache-2.0
/*
 * `start`: this process becomes the host side of a walk that another one began. It reads the
 * store's record, never the plan, so that the two may be of different builds.
 */
#include <signal.h>
#include "fate.h"
#include "oci-debug.h"
#include "oci-handover.h"
#include "oci-hooks.h"
#include "oci-store.h"
#include "oci.h"
#include "process.h"
#include "start.h"

static int check(const struct oci_container *c, struct err *err)
{
	if (c->status == OCI_PAUSED) {
		err_set(err, 0, "cannot start a container that is paused: '%s'", c->id);
		return err_remedy(err, "kokon-oci resume %s", c->id);
	}
	if (c->status != OCI_CREATED) {
		err_set(err, 0, "cannot start a container that has %s: '%s'",
			c->status == OCI_STOPPED    ? "stopped"
			: c->status == OCI_CREATING ? "not been created yet"
						    : "been started already",
			c->id);
		return -EINVAL;
	}
	if (c->state.start_protocol != START_PROTOCOL) {
		err_set(err, 0,
			"'%s' was created by another version of kokon-oci, which this one "
			"cannot start",
			c->id);
		return err_remedy(err, "delete it and create it again");
	}
	return 0;
}

/* From here on it runs. An init of another version notes nothing on the page: then the end of the
 * connection means, as it stands, that the program runs. */
static int tell_to_start(const struct oci_container *c, struct run *run)
{
	const struct start_hello hello = {START_PROTOCOL, ROWS, PLAN_BUILD};
	CLOSE_FD int page = result_new(&run->result);
	int r;

	if (page < 0)
		return err_set(run->err, -page, "cannot make a result page");
	run->result->row = ROW_exec;
	r = message_send(run->sock, &hello, sizeof(hello), &page, 1);
	if (r < 0)
		return err_set(run->err, -r, "cannot reach the first process of '%s'", c->id);
	oci_unlisten(c);
	return 0;
}

static int go(struct oci_container *c, const struct spec *spec, struct err *err)
{
	struct live live = {.state_handle = c->handle,
			    .state = c->state,
			    .arena = -1,
			    .group = -1,
			    .send_fd = oci_send_fd};
	struct run run = {
		.side = HOST,
		.sock = oci_connect(c, err),
		.pid = c->state.pid,
		.pidfd = c->pidfd,
		.root = -1,
		.gate = -1,
		.terminal = -1,
		.err = err,
		.live = &live,
	};
	int r;

	oci_find_agent(spec, c->state.name, c->state.bundle, &live.agent);
	r = run.sock < 0 ? run.sock : tell_to_start(c, &run);
	if (r == 0)
		r = start_await(&run);
	if (r == 0)
		r = fate_of_loading(&run, c->id);

	if (run.sock >= 0)
		close(run.sock);
	return r;
}

int oci_start(const struct oci *o, const char *id, struct err *err)
{
	OCI_CONTAINER_CLEANUP struct oci_container c = OCI_CONTAINER_NONE;
	struct arena a;
	struct spec *spec = NULL;
	int r = oci_open_id(o->root, id, OCI_LOCK, &a, &c, err);

	if (r == 0)
		r = check(&c, err);
	if (r == 0)
		r = oci_config(&c, &a, false, &spec, err);
	if (r == 0)
		r = go(&c, spec, err);
	if (r < 0)
		return r;
	oci_debug(o, "%s: process %d runs the program", id, (int)c.state.pid);
	c.state.status = STATE_RUNNING;
	c.state.start_protocol = 0;
	r = state_write(&c.handle, &c.state, err);
	if (r == 0)
		r = oci_hooks_poststart(spec, &c.state, err);
	if (r < 0)
		process_signal(c.pidfd, SIGKILL);
	return r;
}
