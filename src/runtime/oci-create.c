// SPDX-License-Identifier: Apache-2.0
/*
 * Theory of operation
 *
 * Everything that can be refused is refused before the container has a directory in the store.
 * From the row "record" on its record names all that is being made. Whatever fails later is
 * undone from that record here; if this process is killed, `delete --force` does the same.
 *
 *   oci_create()   the walk up to the row "wait-start"; the first process waits on start.sock
 *   oci_run()      the whole walk; then this process waits for the end, or, detached, leaves
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include "explain.h"
#include "fate.h"
#include "file.h"
#include "oci-bundle.h"
#include "oci-debug.h"
#include "oci-handover.h"
#include "oci-hooks.h"
#include "oci-making.h"
#include "parse.h"
#include "process.h"
#include "relay.h"
#include "supervise.h"

/* --- deciding --- */

static int check_terminal(const struct making *m, bool detaches)
{
	bool terminal = m->bundle.spec->process && m->bundle.spec->process->terminal;

	if (terminal && detaches && !m->q->console_socket && !m->q->explain) {
		err_set(m->err, 0,
			"cannot allocate tty if kokon-oci will detach without setting "
			"console socket");
		return err_remedy(m->err,
				  "give --console-socket, or set process.terminal to false");
	}
	if (m->q->console_socket && !terminal) {
		err_set(m->err, 0,
			"cannot use console socket if kokon-oci will not detach or "
			"allocate tty");
		return err_remedy(m->err, "leave out --console-socket, or set process.terminal");
	}
	return 0;
}

/* Sockets that were handed to us (sd_listen_fds(3)) are for the container's program: they stand
 * before the descriptors of --preserve-fds. */
static uint32_t take_listen_fds(struct making *m)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	const struct spec_process *old = m->bundle.spec->process;
	struct spec_process *process;
	const char **env;
	uint64_t n, own;

	if (!old || !pid || !count || parse_u64(pid, 1, INT32_MAX, &own) < 0 ||
	    (pid_t)own != getpid() || parse_u64(count, 1, 1000, &n) < 0)
		return 0;
	process = arena_new(&m->scratch, struct spec_process);
	*process = *old;
	env = arena_array(&m->scratch, const char *, old->env.n + 3);
	if (old->env.n)
		memcpy(env, old->env.list, old->env.n * sizeof(*env));
	env[old->env.n] = arena_printf(&m->scratch, "LISTEN_FDS=%u", (unsigned)n);
	env[old->env.n + 1] = "LISTEN_PID=1";
	process->env = (struct spec_strings){old->env.n + 2, env};
	m->bundle.spec->process = process;
	return (uint32_t)n;
}

static int decide(struct making *m, bool waits)
{
	const struct oci_create *q = m->q;
	struct oci_request request = {
		.spec = m->bundle.spec,
		.id = q->id,
		.bundle = m->bundle.path,
		.rootfs = m->bundle.rootfs,
		.listener = waits ? m->listener : -1,
		.listener_path = "start.sock",
		.outlives = waits || q->detach,
		.preserve_fds = q->preserve_fds + take_listen_fds(m),
		.no_pivot = q->no_pivot,
		.keep_keyring = q->no_new_keyring,
		.no_cgroups = m->o->no_cgroups,
		.systemd = m->o->systemd,
		.trace = q->trace || m->o->debug,
	};
	struct cgroup_layout *layout = NULL;
	struct facts facts;
	int r = check_terminal(m, request.outlives);

	if (r == 0)
		r = oci_check_preserved(request.preserve_fds, m->err);
	if (r == 0)
		r = oci_survey(&m->scratch, &request, m->err);
	if (r == 0)
		r = facts_survey_container(&m->scratch, false, &facts, m->err);
	if (r == 0 && !request.no_cgroups)
		r = cgroup_layout_probe(&m->scratch, &layout, m->err);
	if (r == 0 && request.systemd && layout)
		r = oci_survey_systemd(&m->scratch, &facts, layout, m->err);
	if (r == 0)
		r = plan_oci(&m->arena, &request, &facts, layout, &m->plan, &m->state, m->o->notes,
			     m->err);
	/* A group of another's must not get into the record of what is to be cleaned up. */
	if (r == 0 && m->plan->container.cgroup)
		r = cgroup_check_free(m->plan->container.cgroup, m->err);
	if (r == 0)
		r = rdt_check_free(&m->plan->container.rdt, m->err);
	if (r == 0 && !q->explain) {
		oci_debug_plan(m->o, m->plan);
		oci_debug_state(m->o, q->id, &m->state);
	}
	return r;
}

int oci_making_prepare(struct making *m, bool waits)
{
	int r = arena_init(&m->scratch);

	if (r == 0)
		r = arena_init_shared(&m->arena, &m->memory);
	if (r < 0)
		return err_set(m->err, -r, "cannot allocate memory");
	r = oci_check_id(m->q->id, m->err);
	if (r == 0 && !m->q->explain)
		r = oci_check_free(m->o->root, m->q->id, m->err);
	if (r == 0)
		r = oci_bundle(m->q->bundle, m->q->config, &m->scratch, &m->bundle, m->err);
	if (r < 0)
		return r;
	oci_debug(m->o, "%s: bundle '%s', root '%s'", m->q->id, m->bundle.path,
		  m->bundle.rootfs ? m->bundle.rootfs : "");
	if (waits) {
		m->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
		if (m->listener < 0)
			return err_errno(m->err, "cannot make a socket");
	}
	return decide(m, waits);
}

/* --- doing --- */

static int keep_config(struct making *m)
{
	CLOSE_FD int fd = openat(m->container.handle.dir, "config.json",
				 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r = fd < 0 ? -errno : write_all(fd, m->bundle.text, m->bundle.len);

	return r < 0 ? err_set(m->err, -r, "cannot keep a copy of the config") : 0;
}

/* For a checkpoint: what is at the other end of a pipe is outside of the container. */
static void note_streams(struct making *m)
{
	for (int i = 0; i < 3; i++) {
		char path[24], target[32];
		struct stat st;

		if (fstat(i, &st) < 0 || !S_ISFIFO(st.st_mode))
			continue;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", i);
		if (read_link_at(AT_FDCWD, path, target, sizeof(target)) > 0 &&
		    strncmp(target, "pipe:", 5) == 0)
			m->state.stdio[i] = arena_strdup(&m->scratch, target);
	}
}

static void begin_record(struct making *m)
{
	struct timespec now;

	if (!m->bundle.spec->process || !m->bundle.spec->process->terminal)
		note_streams(m);

	clock_gettime(CLOCK_REALTIME, &now);
	m->state.created = (uint64_t)now.tv_sec;
	m->state.created_ns = (uint64_t)now.tv_nsec;
}

int oci_making_hand_over(const struct making *m, struct run *run)
{
	const struct oci_create *q = m->q;
	int r = 0;

	if (q->console_socket) {
		r = oci_send_fd(q->console_socket, run->terminal, "/dev/ptmx", m->err);
		close(TAKE_FD(run->terminal));
	}
	if (r == 0 && q->pidfd_socket)
		r = oci_send_fd(q->pidfd_socket, run->pidfd, "pidfd", m->err);
	if (r == 0 && q->pid_file)
		r = oci_write_pid(q->pid_file, run->pid, m->err);
	return r;
}

int oci_making_note_status(const struct making *m, struct run *run, enum state_status status)
{
	run->live->state.status = status;
	run->live->state.start_protocol = status == STATE_CREATED ? START_PROTOCOL : 0;
	return state_write(&m->container.handle, &run->live->state, m->err);
}

void oci_making_give_up(struct making *m, struct run *run)
{
	struct err err = {0};

	if (run && run->pid > 0) {
		int status;

		kill(run->pid, SIGKILL);
		process_wait(run->pid, &status);
	}
	if (state_undo(run ? &run->live->state : &m->state, &err) < 0) {
		err_remedy(m->err, "something is left: kokon-oci delete --force %s", m->q->id);
		return;
	}
	if (run)
		oci_hooks_poststop(m->bundle.spec, m->q->id, m->bundle.path, m->o->notes);
	oci_forget(&m->container, &err);
}

int oci_making_enter_store(struct making *m)
{
	int root = oci_store(m->o->root, true, m->err);
	int r = root < 0 ? root : oci_new(root, m->q->id, &m->container, m->err);

	if (r < 0)
		return r;
	r = keep_config(m);
	if (r == 0 && m->listener >= 0)
		r = oci_listen(&m->container, m->listener, m->err);
	if (r < 0)
		oci_making_give_up(m, NULL);
	else
		begin_record(m);
	return r;
}

static int walk_to(const struct making *m, struct run *run, int last_row)
{
	int r;

	run->last_row = last_row;
	if (!m->q->trace)
		oci_debug_steps(m->o, run);
	r = start_container(run);
	if (r == 0)
		oci_debug(m->o, "%s: process %d %s", m->q->id, (int)run->pid,
			  last_row ? "waits for 'start'" : "runs");
	return r;
}

int oci_create(const struct oci *o, const struct oci_create *q, struct err *err)
{
	struct making m = OCI_MAKING_OF(o, q, err);
	struct live live = {.group = -1};
	struct run run;
	int r = oci_making_prepare(&m, true);

	if (r < 0)
		return r;
	r = oci_making_enter_store(&m);
	if (r < 0)
		return r;
	live.state_handle = m.container.handle;
	live.state = m.state;
	live.arena = m.memory;
	sigprocmask(SIG_SETMASK, NULL, &live.mask);
	run = supervise_new_run(m.plan, &live, err);
	r = walk_to(&m, &run, ROW_wait_start);
	if (r == 0)
		r = oci_making_hand_over(&m, &run);
	if (r == 0)
		r = oci_making_note_status(&m, &run, STATE_CREATED);
	if (r < 0)
		oci_making_give_up(&m, &run);
	return r;
}

/* --- run --- */

/* Unless another command has deleted it: then the id, and the groups named by it, may be those of a
 * new container by now. */
static int delete_ended(struct making *m, struct run *run, struct err *err)
{
	int r = oci_hold(&m->container, err);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	run->pid = 0;
	run->live->state.pid = 0;
	r = state_undo(&run->live->state, err);
	if (r < 0)
		return r;
	oci_hooks_poststop(m->bundle.spec, m->q->id, m->bundle.path, m->o->notes);
	return oci_forget(&m->container, err);
}

int oci_making_see_it_end(struct making *m, struct run *run, int signals)
{
	struct err err = {0};
	int status = supervise_wait(run, signals, 0);

	oci_debug(m->o, "%s: ended with status %d", m->q->id, status);
	if (!m->q->keep && delete_ended(m, run, &err) < 0)
		out_printf(m->o->notes, "%s: kokon-oci delete --force %s tries again\n", err.text,
			   m->q->id);
	return status;
}

static int run_made(struct making *m)
{
	struct live live = {.group = -1,
			    .state_handle = m->container.handle,
			    .state = m->state,
			    .arena = m->memory,
			    .send_fd = oci_send_fd};
	struct run run = supervise_new_run(m->plan, &live, m->err);
	CLOSE_FD int signals = -1;
	int r = 0;

	oci_find_agent(m->bundle.spec, m->q->id, m->bundle.path, &live.agent);
	if (m->q->detach)
		sigprocmask(SIG_SETMASK, NULL, &live.mask);
	else
		r = relay_signals(&live.mask, &signals, m->err);
	if (!m->q->detach && !m->q->no_subreaper)
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (r == 0)
		r = walk_to(m, &run, 0);
	if (r == 0 && m->q->detach)
		r = fate_of_loading(&run, m->q->id);
	if (r == 0)
		r = oci_making_hand_over(m, &run);
	if (r == 0)
		r = oci_making_note_status(m, &run, STATE_RUNNING);
	if (r == 0)
		r = oci_hooks_poststart(m->bundle.spec, &live.state, m->err);
	if (r < 0) {
		oci_making_give_up(m, &run);
		return r;
	}
	close(TAKE_FD(m->container.handle.lock));
	return m->q->detach ? 0 : oci_making_see_it_end(m, &run, signals);
}

int oci_run(const struct oci *o, const struct oci_create *q, struct err *err)
{
	struct making m = OCI_MAKING_OF(o, q, err);
	int r = oci_making_prepare(&m, false);

	if (r < 0)
		return r;
	r = oci_making_enter_store(&m);
	if (r < 0)
		return r;
	return run_made(&m);
}

int oci_explain(const struct oci *o, const struct oci_create *q, bool waits, struct out *ret,
		struct err *err)
{
	struct making m = OCI_MAKING_OF(o, q, err);
	int r = oci_making_prepare(&m, waits);

	if (r == 0)
		explain_plan(m.plan, ret);
	return r;
}
