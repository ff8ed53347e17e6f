// SPDX-License-Identifier: Apache-2.0
#include "target.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include "arena.h"
#include "macros.h"
#include "membership.h"
#include "names.h"
#include "netns.h"
#include "out.h"
#include "parse.h"
#include "state.h"

void target_close(struct target *t)
{
	if (t->pidfd >= 0)
		close(t->pidfd);
	if (t->ns_fd >= 0)
		close(t->ns_fd);
	t->pidfd = t->ns_fd = -1;
}

static void add_name(struct target_names *names, struct target_name name)
{
	names->v = realloc(names->v, (names->n + 1) * sizeof(*names->v));
	if (!names->v || !name.name)
		out_of_memory();
	names->v[names->n++] = name;
}

/* Running containers, as their state directories record them. */
static void add_containers(struct target_names *names)
{
	struct arena a = {0};
	const char *const *list = NULL;

	if (arena_init(&a) < 0)
		return;
	if (state_list(&a, &list, NULL) == 0) {
		for (; list && *list; list++) {
			struct state state;

			if (state_read(*list, &a, &state, NULL) == 0 &&
			    state.status == STATE_RUNNING && state.pid)
				add_name(names, (struct target_name){TARGET_CONTAINER,
								     strdup(*list), state.pid, 0});
		}
	}
	arena_free(&a);
}

static void add_networks_of(const struct netns_home *home, struct target_names *names)
{
	NETNS_NAMES_CLEANUP struct netns_names list = {0};

	if (netns_list(home, &list, NULL) < 0)
		return;
	for (size_t i = 0; i < list.n; i++)
		if (list.v[i].inode)
			add_name(names, (struct target_name){TARGET_NETNS, strdup(list.v[i].name),
							     0, list.v[i].inode});
}

/* An ordinary user's own before root's: the first of a name is the one that is found. */
static void add_named_networks(struct target_names *names)
{
	NETNS_HOME_CLEANUP struct netns_home own = NETNS_HOME_NONE, root = NETNS_HOME_NONE;

	if (netns_home_open(&own, NULL) == 0 && own.of_user)
		add_networks_of(&own, names);
	netns_home_of_root(&root);
	add_networks_of(&root, names);
}

static int compare_names(const void *a, const void *b)
{
	const struct target_name *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return strcmp(x->name, y->name);
}

void target_names_read(struct target_names *ret)
{
	*ret = (struct target_names){NULL, 0};
	add_containers(ret);
	add_named_networks(ret);
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), compare_names);
}

void target_names_free(struct target_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->v[i].name);
	free(names->v);
	*names = (struct target_names){NULL, 0};
}

static const struct target_name *find_name(const struct target_names *names, enum target_kind kind,
					   const char *name)
{
	for (size_t i = 0; i < names->n; i++)
		if (names->v[i].kind == kind && strcmp(names->v[i].name, name) == 0)
			return &names->v[i];
	return NULL;
}

static const char *kind_text(enum target_kind kind)
{
	return kind == TARGET_CONTAINER ? "container" : "netns";
}

/* What exists, as the remedy of a name that does not. */
static int offer(const struct target_names *names, bool containers, bool networks,
		 const char *wanted, struct err *err)
{
	const char *v[256] = {NULL};
	const char *near;
	OUT_CLEANUP struct out list = {0};
	size_t n = 0;

	for (size_t i = 0; i < names->n && n < ARRAY_SIZE(v) - 1; i++) {
		enum target_kind kind = names->v[i].kind;

		if (kind == TARGET_CONTAINER ? !containers : !networks)
			continue;
		out_printf(&list, "%s%s:%s", n ? ", " : "", kind_text(kind), names->v[i].name);
		v[n++] = names->v[i].name;
	}
	if (n == 0)
		return err_remedy(err, "there is no %s now",
				  !networks ? "running container"
				  : !containers
					  ? "named network namespace"
					  : "running container and no named network namespace");
	near = nearest_name(wanted, v);
	if (near)
		return err_remedy(err, "did you mean '%s'? There are: %s", near, list.text);
	return err_remedy(err, "there are: %s", list.text);
}

static int open_process(pid_t pid, const char *shown, struct target *t, struct err *err)
{
	t->pid = pid;
	t->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (t->pidfd >= 0)
		return 0;
	if (errno == ESRCH)
		return err_set(err, 0, "no process '%s'", shown);
	if (errno == EINVAL || errno == ENOENT) {
		err_set(err, 0, "'%s' is a thread, not a process", shown);
		return err_remedy(err, "give the number of its process: Tgid in /proc/%s/status",
				  shown);
	}
	return err_errno(err, "cannot open process '%s'", shown);
}

static int resolve_process(const char *number, struct target *t, struct err *err)
{
	int64_t pid;

	t->kind = TARGET_PROCESS;
	if (parse_i64(number, 1, INT32_MAX, &pid) < 0)
		return err_set(err, 0, "'%s' is no process number", number);
	return open_process((pid_t)pid, number, t, err);
}

/* The process that the record means, not one that got its number later. */
static int open_container(const char *name, struct target *t, struct err *err)
{
	struct arena a = {0};
	struct state state;
	int r = arena_init(&a);

	if (r < 0)
		return err_set(err, -r, "cannot look up container '%s'", name);
	r = state_read(name, &a, &state, err);
	if (r == 0) {
		t->pid = state.pid;
		t->pidfd = state_open_process(&state);
		if (t->pidfd < 0)
			r = err_set(err, 0, "container '%s' has ended", name);
	}
	arena_free(&a);
	return r;
}

static int resolve_container(const char *name, const struct target_names *names, struct target *t,
			     struct err *err)
{
	const struct target_name *found = find_name(names, TARGET_CONTAINER, name);

	t->kind = TARGET_CONTAINER;
	if (!found) {
		err_set(err, 0, "no running container '%s'", name);
		return offer(names, true, false, name, err);
	}
	return open_container(name, t, err);
}

static int resolve_file(const char *path, enum target_kind kind, struct target *t, struct err *err)
{
	int fd = ns_open_file(path, &t->ns_type, err);

	t->kind = kind;
	if (fd < 0)
		return fd;
	t->ns_fd = fd;
	return 0;
}

static bool is_named(const struct netns_home *home, const char *name)
{
	struct stat st;

	return home->dir >= 0 && fstatat(home->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static int resolve_netns(const char *name, const struct target_names *names, struct target *t,
			 struct err *err)
{
	NETNS_HOME_CLEANUP struct netns_home own = NETNS_HOME_NONE, root = NETNS_HOME_NONE;
	int r = netns_check_name(name, err);

	t->kind = TARGET_NETNS;
	if (r == 0)
		r = netns_home_open(&own, err);
	if (r < 0)
		return r;
	netns_home_of_root(&root);
	if (!is_named(&own, name) && !is_named(&root, name)) {
		err_set(err, 0, "no network namespace '%s'", name);
		return offer(names, false, true, name, err);
	}
	r = netns_open(is_named(&own, name) ? &own : &root, name, err);
	if (r < 0)
		return r;
	t->ns_fd = r;
	t->ns_type = NAMESPACE_NET;
	t->holder = is_named(&own, name) && own.user >= 0 ? own.holder : 0;
	return 0;
}

static int resolve_bare(const char *name, const struct target_names *names, struct target *t,
			struct err *err)
{
	const struct target_name *container = find_name(names, TARGET_CONTAINER, name);
	const struct target_name *network = find_name(names, TARGET_NETNS, name);

	if (container && network) {
		err_set(err, 0, "'%s' is a container and a network namespace", name);
		return err_remedy(err, "say which: container:%s or netns:%s", name, name);
	}
	if (container)
		return resolve_container(name, names, t, err);
	if (network)
		return resolve_netns(name, names, t, err);
	if (strchr(name, '/')) {
		err_set(err, 0, "no container or network namespace '%s'", name);
		return err_remedy(err, "a namespace by its file is written ns:%s", name);
	}
	err_set(err, 0, "no container or network namespace '%s'", name);
	return offer(names, true, true, name, err);
}

static const char *after(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

static int resolve(const char *text, const struct target_names *names, struct target *t,
		   struct err *err)
{
	const char *rest;

	if (strcmp(text, "host") == 0) {
		t->kind = TARGET_HOST;
		return open_process(getpid(), text, t, err);
	}
	if ((rest = after(text, "pid:")))
		return resolve_process(rest, t, err);
	if ((rest = after(text, "container:")))
		return resolve_container(rest, names, t, err);
	if ((rest = after(text, "netns:")))
		return resolve_netns(rest, names, t, err);
	if ((rest = after(text, "ns:")))
		return resolve_file(rest, TARGET_FILE, t, err);
	if (isdigit((unsigned char)*text))
		return resolve_process(text, t, err);
	if (!*text) {
		err_set(err, 0, "the target is empty");
		return err_remedy(
			err,
			"a target is host, pid:N, container:NAME, netns:NAME, ns:PATH or a NAME");
	}
	return resolve_bare(text, names, t, err);
}

int target_resolve(const char *text, struct target *ret, struct err *err)
{
	struct target t = TARGET_NONE;
	TARGET_NAMES_CLEANUP struct target_names names;
	int r;

	t.text = text;
	target_names_read(&names);
	r = resolve(text, &names, &t, err);
	if (r < 0) {
		target_close(&t);
		return r;
	}
	*ret = t;
	return 0;
}

int target_open_namespace(const struct target *t, enum namespace_type type, struct err *err)
{
	char path[64];
	int fd;

	if (t->ns_fd >= 0 && t->ns_type != type)
		return err_set(err, 0, "'%s' is a %s namespace, not a %s namespace", t->text,
			       namespace_infos[t->ns_type].name, namespace_infos[type].name);
	if (t->ns_fd >= 0) {
		fd = fcntl(t->ns_fd, F_DUPFD_CLOEXEC, 3);
		return fd < 0 ? err_errno(err, "cannot keep the namespace of '%s'", t->text) : fd;
	}
	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)t->pid, namespace_infos[type].name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		err_errno(err, "cannot open the %s namespace of '%s'", namespace_infos[type].name,
			  t->text);
		if (err && (err->code == EACCES || err->code == EPERM))
			err_remedy(err, "the process belongs to another user; run this as root");
		return err ? -err->code : -EACCES;
	}
	/* Still the same process? The pidfd of one that has ended is readable for good. */
	if (syscall(SYS_pidfd_send_signal, t->pidfd, 0, NULL, 0) < 0 && errno == ESRCH) {
		close(fd);
		return err_set(err, ESRCH, "process '%s' has ended", t->text);
	}
	return fd;
}
