// SPDX-License-Identifier: Apache-2.0
/*
 * Theory of operation
 *
 *	            written                  ADD, plugin by plugin
 *	   none -------------> without result --------------------> with result
 *	    ^                        |                                   |
 *	    +------------------------+------------- DEL, backwards ------+
 *
 * An attachment is a file in the folder of the container's record. It is there before the first
 * plugin runs and goes after the last DEL, so at any moment the file alone says what may have come
 * to be. DEL is one that plugins must do as often as it is asked for.
 */
#include "cni.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <time.h>
#include "cni-chain.h"
#include "cni-exec.h"
#include "cni-record.h"
#include "file.h"
#include "macros.h"

#define NETNS  "cni-netns"
#define LOCK   "cni-lock"
#define FAILED "cni-failed"

/* --- all plugins --- */

static int add_all(const struct cni_chain *c, const struct cni_attachment *q, struct cni_record *at,
		   struct cni_result *ret_result, struct err *err)
{
	const char *previous = NULL;

	for (size_t i = 0; i < c->conf.n; i++) {
		const struct cni_plugin *p = &c->conf.plugins[i];
		const char *answer = NULL;
		int r = cni_chain_call(c, p, previous, &answer, err);

		if (r < 0)
			return r;
		/* It becomes part of what the next one reads, so it is looked at now. */
		if (cni_result_parse(c->a, answer, strlen(answer), ret_result, err) < 0) {
			err_context(err,
				    "ADD of CNI network '%s': what its plugin '%s' answers is no "
				    "result",
				    c->conf.name, p->type);
			return err_remedy(err, "the network is configured in %s", c->at->file);
		}
		previous = answer;
		at->added = i + 1;
		at->result = at->added == c->conf.n ? answer : NULL;
		r = cni_record_write(q->state, q->index, at, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Backwards, and all of them: one that fails keeps no other from cleaning up, and one whose ADD
 * failed may fail again: whatever is wrong with it, it has made nothing. */
static int del_all(const struct cni_chain *c, struct err *err)
{
	const char *previous = cni_version_from(&c->conf, "0.4.0") ? c->at->result : NULL;
	int first = 0;

	for (size_t i = c->conf.n; i-- > 0;) {
		const char *ignored;
		struct err own = {0};
		int r = cni_chain_call(c, &c->conf.plugins[i], previous, &ignored, &own);

		if (r < 0 && first == 0 && i < c->at->added) {
			first = r;
			*err = own;
		}
	}
	return first;
}

static int check_all(const struct cni_chain *c, struct err *err)
{
	const char *ignored;
	int r = 0;

	if (c->conf.no_check || !c->at->result || !cni_version_from(&c->conf, "0.4.0"))
		return 0;
	for (size_t i = 0; r == 0 && i < c->conf.n; i++)
		r = cni_chain_call(c, &c->conf.plugins[i], c->at->result, &ignored, err);
	return r;
}

/* --- ADD --- */

/* mount(2) takes paths. */
static void path_in(int state, const char *name, char *buf, size_t size)
{
	snprintf(buf, size, "/proc/self/fd/%d/%s", state, name);
}

/* /proc/PID/ns/net is gone when the container is, and then DEL would leave the host's rules. */
static int keep_namespace(int state, int netns, struct err *err)
{
	CLOSE_FD int file = openat(state, NETNS, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	char target[64], source[32];

	if (file < 0 && errno == EEXIST)
		return 0; /* for the network before this one */
	path_in(state, NETNS, target, sizeof(target));
	snprintf(source, sizeof(source), "/proc/self/fd/%d", netns);
	if (file < 0 || mount(source, target, NULL, MS_BIND, NULL) < 0)
		return err_errno(err, "cannot keep the network namespace for plugins of CNI");
	return 0;
}

static int open_lock(int state, struct err *err)
{
	int fd = openat(state, LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	return fd < 0 ? err_errno(err, "cannot open the lock of CNI networks") : fd;
}

/* A plugin may ignore what it is asked for. */
static int check_address(const struct network_join_plan *j, const struct cni_result *result,
			 struct err *err)
{
	char asked[IP_TEXT_MAX], got[IP_TEXT_MAX];

	for (int f = 0; f < 2; f++) {
		bool there = !j->ip[f].family;

		for (uint32_t i = 0; i < result->n_ips && !there; i++)
			there = result->ips[i].family == j->ip[f].family &&
				memcmp(result->ips[i].bytes, j->ip[f].bytes, 16) == 0;
		if (there)
			continue;
		err_set(err, 0, "the CNI network '%s' gives the address '%s' and not '%s'",
			j->network, result->n_ips ? ip_format(&result->ips[0], got) : "none",
			ip_format(&j->ip[f], asked));
		return err_remedy(err,
				  "its plugins let nobody choose: leave ip= out, or give one the "
				  "capability \"ips\" in %s",
				  j->cni->file);
	}
	if (cni_has_mac(j->mac) && cni_has_mac(result->mac) &&
	    memcmp(j->mac, result->mac, 6) != 0) {
		err_set(err, 0, "the CNI network '%s' does not give the hardware address asked for",
			j->network);
		return err_remedy(err,
				  "leave mac= out, or give a plugin the capability \"mac\" "
				  "in %s",
				  j->cni->file);
	}
	return 0;
}

static int join_with(struct arena *a, const struct cni_attachment *q, struct cni_result *ret,
		     struct err *err)
{
	CLOSE_FD int all = cni_hold_all(q->state, LOCK_SH);
	struct cni_result result = {0};
	struct cni_record at;
	struct cni_chain c;
	int r;

	at = cni_record_of(a, q->join, q->container, arena_printf(a, "%s/" NETNS, q->directory),
			   q->ports, q->n_ports);
	r = cni_chain_init(&c, a, &at, "ADD", err);
	if (r == 0)
		r = cni_ready(&c, err);
	if (r == 0)
		r = keep_namespace(q->state, q->netns, err);
	if (r == 0)
		r = cni_record_write(q->state, q->index, &at, err);
	if (r < 0)
		return r;
	CLOSE_FD int lock = open_lock(q->state, err);

	if (lock < 0)
		return lock;
	c.lock = lock;
	flock(lock, LOCK_SH);
	r = add_all(&c, q, &at, &result, err);
	if (r == 0)
		r = check_address(q->join, &result, err);
	if (r == 0)
		*ret = result;
	return r;
}

int cni_join(const struct cni_attachment *at, struct cni_result *ret, struct err *err)
{
	struct arena a;
	int r = arena_init(&a);

	if (r < 0)
		return err_set(err, -r, "cannot allocate memory");
	r = join_with(&a, at, ret, err);
	arena_free(&a);
	return r;
}

/* What a record says, as the chain of plugins to be called with `verb`. */
static int open_record(int state, const char *name, const char *verb, struct arena *a,
		       struct cni_record *at, struct cni_chain *ret, struct err *err)
{
	int r = arena_init(a);

	if (r < 0)
		return err_set(err, -r, "cannot allocate memory");
	r = cni_record_read(state, name, a, at, err);
	return r < 0 ? r : cni_chain_init(ret, a, at, verb, err);
}

/* --- DEL --- */

/* Until plugins whose caller was killed have ended; one that never does is not waited for. */
static void wait_for_plugins(int lock, uint64_t seconds)
{
	for (uint64_t i = 0; i < seconds * 50 && flock(lock, LOCK_EX | LOCK_NB) < 0; i++)
		nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
}

static int leave_one(int state, const char *name, struct err *err)
{
	struct cni_record at;
	struct cni_chain c;
	struct arena a = {0};
	int r = open_record(state, name, "DEL", &a, &at, &c, err);

	if (r == 0) {
		CLOSE_FD int lock = open_lock(state, err);

		c.lock = lock;
		wait_for_plugins(lock, at.timeout);
		r = lock < 0 ? lock : del_all(&c, err);
	}
	if (r == 0)
		unlinkat(state, name, 0);
	arena_free(&a);
	return r == -ENOENT && !err->text[0] ? 0 : r;
}

static void note_failure(int state, const struct err *why)
{
	CLOSE_FD int fd = openat(state, FAILED, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char text[1200];

	err_format(why, text, sizeof(text));
	if (fd >= 0)
		write_all(fd, text, strlen(text));
}

char *cni_failure(int state)
{
	char *text = NULL;

	return read_file_at(state, FAILED, 4096, &text) < 0 ? NULL : text;
}

void cni_forget_failure(int state)
{
	unlinkat(state, FAILED, 0);
}

static int failed_before(const char *why, struct err *err)
{
	err_set(err, 0, "%.*s", (int)strcspn(why, "\n"), why);
	return err_remedy(err, "once the cause is gone: kokon system check --repair");
}

static bool has_record(int state, uint32_t index)
{
	char name[16];

	cni_record_name(index, name);
	return faccessat(state, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int cni_leave(int state, struct err *err)
{
	FREE_PTR char *failure = cni_failure(state);
	char name[16], target[64];
	int r = 0;

	if (faccessat(state, NETNS, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (failure)
		return failed_before(failure, err);
	for (uint32_t i = NETWORK_JOINS_MAX; i-- > 0;) {
		struct err own = {0};

		cni_record_name(i, name);
		if (has_record(state, i) && leave_one(state, name, &own) < 0 && r == 0) {
			r = own.code ? -own.code : -EINVAL;
			*err = own;
		}
	}
	if (r < 0) {
		note_failure(state, err);
		return r;
	}
	path_in(state, NETNS, target, sizeof(target));
	umount2(target, MNT_DETACH | UMOUNT_NOFOLLOW);
	unlinkat(state, LOCK, 0);
	unlinkat(state, "cni-new", 0);
	unlinkat(state, NETNS, 0);
	return 0;
}

/* --- CHECK --- */

static int check_one(int state, const char *name, struct err *err)
{
	struct cni_record at;
	struct cni_chain c;
	struct arena a = {0};
	int r = open_record(state, name, "CHECK", &a, &at, &c, err);

	if (r == 0)
		r = check_all(&c, err);
	arena_free(&a);
	return r;
}

void cni_check(int state, struct out *complaints)
{
	char name[16], text[1200];

	for (uint32_t i = 0; i < NETWORK_JOINS_MAX; i++) {
		struct err why = {0};

		cni_record_name(i, name);
		if (!has_record(state, i) || check_one(state, name, &why) == 0 || !why.text[0])
			continue;
		/* It has ended meanwhile. */
		if (!has_record(state, i))
			continue;
		err_format(&why, text, sizeof(text));
		out_printf(complaints, "%.*s\n", (int)strcspn(text, "\n"), text);
	}
}

/* --- for listings --- */

static void show_one(struct arena *a, int state, const char *name, struct out *o)
{
	struct cni_conf *conf = arena_new(a, struct cni_conf);
	struct cni_result result = {0};
	struct err none = {0};
	struct cni_record at;
	char ip[IP_TEXT_MAX];

	if (cni_record_read(state, name, a, &at, &none) < 0 ||
	    cni_conf_parse(a, at.config, strlen(at.config), conf, &none) < 0)
		return;
	if (at.result)
		cni_result_parse(a, at.result, strlen(at.result), &result, &none);
	out_printf(o, "%scni:%s", o->len ? " " : "", conf->name);
	for (uint32_t i = 0; i < result.n_ips; i++)
		out_printf(o, "%c%s", i ? ',' : '=', ip_format(&result.ips[i], ip));
}

void cni_shown(int state, struct out *o)
{
	char name[16];
	struct arena a;

	if (!has_record(state, 0) && faccessat(state, NETNS, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (arena_init(&a) < 0)
		return;
	for (uint32_t i = 0; i < NETWORK_JOINS_MAX; i++) {
		cni_record_name(i, name);
		if (has_record(state, i))
			show_one(&a, state, name, o);
	}
	arena_free(&a);
}

/* --- in shell --- */

void cni_explain(const struct network_join_plan *j, const char *container, const char *netns,
		 struct out *o)
{
	struct arena a;
	struct cni_record at;
	struct err none = {0};
	struct cni_chain c;

	if (arena_init(&a) < 0)
		return;
	at = cni_record_of(&a, j, container, netns, j->ports, j->n_ports);
	if (cni_chain_init(&c, &a, &at, "ADD", &none) == 0) {
		for (size_t i = 0; i < c.conf.n; i++) {
			const struct cni_plugin *p = &c.conf.plugins[i];
			const char *program = cni_program(&a, at.path, p->type);

			out_printf(o,
				   "CNI_COMMAND=ADD CNI_CONTAINERID=%s CNI_NETNS=%s CNI_IFNAME=%s ",
				   container, netns, at.interface);
			out_puts(o, "CNI_ARGS=");
			out_shell_word(o, at.args);
			out_puts(o, " CNI_PATH=");
			out_shell_word(o, at.path);
			out_printf(o, " %s <<'json'\n", program ? program : p->type);
			cni_conf_put(&c.conf, p, at.runtime,
				     i ? "\"WHAT THE PLUGIN BEFORE IT PRINTED\"" : NULL, NULL, o);
			out_puts(o, "\njson\n");
		}
	}
	arena_free(&a);
}
