// SPDX-License-Identifier: Apache-2.0
/*
 * DIRECTORY/router is the keeper's record: its number, and those of its user and network namespace,
 * so that another process that got its number later is not taken for it. Making and removing
 * a router is done with the lock of the user's names (netns-user.h) held:
 *
 *	join    shared lock on DIRECTORY; a living keeper? else: lock of the names; look again; the
 *	        name, made or left by a keeper that was killed; a new keeper, which writes its
 *record keeper  exclusive lock on DIRECTORY: nobody is a member, nobody becomes one; pasta, record
 *	        and name are removed; then it ends, and with it the lock
 */
#include "router.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include "file.h"
#include "link.h"
#include "macros.h"
#include "message.h"
#include "netns-user.h"
#include "pasta.h"
#include "process.h"
#include "transaction.h"

#define RECORD "router"

/* --- finding --- */

static void look(int directory, struct router *r)
{
	unsigned long long user, net;
	char line[96];
	int pid;

	if (read_line_at(directory, RECORD, line, sizeof(line)) <= 0 ||
	    sscanf(line, "%d %llu %llu", &pid, &user, &net) != 3)
		return;
	r->user = process_namespace(pid, "user");
	r->net = process_namespace(pid, "net");
	r->keeper = pid;
	if (process_namespace_number(r->user) == user && process_namespace_number(r->net) == net)
		return;
	close_fd_cleanup(&r->user);
	close_fd_cleanup(&r->net);
	r->user = r->net = -1;
	r->keeper = 0;
}

int router_find(int directory, struct router *ret, struct err *err UNUSED)
{
	struct router r = ROUTER_NONE;

	r.apart = geteuid() != 0;
	if (r.apart && directory >= 0)
		look(directory, &r);
	*ret = r;
	return 0;
}

void router_close(struct router *router)
{
	close_fd_cleanup(&router->user);
	close_fd_cleanup(&router->net);
	close_fd_cleanup(&router->lock);
	*router = (struct router)ROUTER_NONE;
}

/* --- the keeper --- */

static int write_record(int directory, struct err *err)
{
	CLOSE_FD int user = process_namespace(getpid(), "user"),
		     net = process_namespace(getpid(), "net");
	CLOSE_FD int fd = openat(directory, RECORD "-new",
				 O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	char line[96];
	int n = snprintf(line, sizeof(line), "%d %llu %llu\n", (int)getpid(),
			 (unsigned long long)process_namespace_number(user),
			 (unsigned long long)process_namespace_number(net));

	if (user < 0 || net < 0 || fd < 0 || write_all(fd, line, (size_t)n) < 0 ||
	    renameat(directory, RECORD "-new", directory, RECORD) < 0)
		return err_errno(err, "cannot write the record of the router");
	return 0;
}

/* Its own addresses, the gateways among them, answer by way of the loopback interface. What bridges
 * switch is not filtered, so that ::1 can be translated (network_loopback_v6()). */
static int raise_loopback(struct err *err)
{
	NETLINK_CLEANUP struct netlink nl = NETLINK_NONE;
	int r = netlink_open(NETLINK_ROUTE, &nl, err);

	write_file_at(AT_FDCWD, "/proc/sys/net/bridge/bridge-nf-call-ip6tables", "0");
	return r < 0 ? r
		     : link_change(&nl,
				   &(struct link_change){.index = LINK_LOOPBACK,
							 .name = "lo",
							 .up = true},
				   err);
}

/* Until nobody is a member. Mustn't return, nor hold the lock of its maker. */
static NORETURN void keep(const struct netns_home *home, int directory)
{
	while (flock(directory, LOCK_EX) < 0)
		if (errno != EINTR)
			_exit(1);
	pasta_stop(directory);
	unlinkat(directory, ROUTER_NO_WAY, 0);
	unlinkat(directory, RECORD, 0);
	netns_delete(home, ROUTER_NAME, NULL);
	_exit(0);
}

/* Mustn't print or return. */
static NORETURN void start(struct netns_home *home, int directory, int net, int sock)
{
	/* A description of its own: the maker's lock belongs to the one that both have. */
	int own = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct err err = {0};
	int r = own < 0 ? err_errno(&err, "cannot open the directory of the networks") : 0;

	if (r == 0)
		r = netns_home_enter(home, &err);
	if (r == 0 && setns(net, CLONE_NEWNET) < 0)
		r = err_errno(&err, "cannot enter the network namespace '%s'", ROUTER_NAME);
	if (r == 0)
		r = raise_loopback(&err);
	if (r == 0)
		r = write_record(own, &err);
	if (message_send(sock, &err, sizeof(err), NULL, 0) < 0 || r < 0)
		_exit(1);
	process_detach("kokon-router", (const int[]){own, home->dir}, 2);
	home->dir = 4;
	home->lock = -1;
	keep(home, 3);
}

static int start_keeper(struct netns_home *home, int directory, int net, struct err *err)
{
	CLOSE_FD int ours = -1, theirs = -1;
	struct err said = {0};
	int pair[2], status, r = message_pair(pair);
	pid_t pid;

	if (r < 0)
		return err_set(err, -r, "cannot make a socket pair");
	ours = pair[0];
	theirs = pair[1];
	pid = process_clone(0, SIGCHLD, -1, NULL);
	if (pid < 0)
		return err_set(err, -pid, "cannot start a process");
	if (pid == 0) {
		close(ours);
		start(home, directory, net, theirs);
	}
	close(TAKE_FD(theirs));
	r = message_receive(ours, &said, sizeof(said), NULL, 0);
	if (r == 0 && said.code == 0 && said.text[0] == '\0')
		return 0;
	process_wait(pid, &status);
	if (r < 0)
		return err_set(err, -r, "the process that keeps your networks ended");
	*err = said;
	return said.code ? -said.code : -EINVAL;
}

/* --- joining --- */

/* In a child, as names are made from inside. */
static int make_name(void *arg, struct err *err)
{
	struct netns_home *home = arg;
	int r = netns_home_enter(home, err);

	return r < 0 ? r : netns_add(home, ROUTER_NAME, err);
}

static void nothing(void *arg UNUSED)
{
}

static int make(int directory, netns_mapper map, struct router *r, struct err *err)
{
	NETNS_HOME_CLEANUP struct netns_home home = NETNS_HOME_NONE;
	CLOSE_FD int net = -1;
	int ret = netns_home_make(map, &home, err);

	if (ret < 0)
		return ret;
	look(directory, r);
	if (r->keeper)
		return 0;
	net = netns_open(&home, ROUTER_NAME, NULL);
	if (net < 0) {
		struct netns_home entered = home;

		ret = transaction_run(make_name, nothing, &entered, err);
		net = ret < 0 ? ret : netns_open(&home, ROUTER_NAME, err);
	}
	if (net < 0)
		return net;
	ret = start_keeper(&home, directory, net, err);
	if (ret == 0)
		look(directory, r);
	if (ret == 0 && !r->keeper)
		ret = err_set(err, EAGAIN, "cannot find the process that keeps your networks");
	return ret;
}

int router_join(int directory, netns_mapper map, struct router *ret, struct err *err)
{
	struct router r = ROUTER_NONE;
	int code = 0;

	r.apart = geteuid() != 0;
	if (r.apart) {
		r.lock = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (r.lock < 0 || flock(r.lock, LOCK_SH) < 0)
			code = err_errno(err, "cannot lock the directory of the networks");
		if (code == 0)
			look(directory, &r);
		if (code == 0 && !r.keeper)
			code = make(directory, map, &r, err);
	}
	if (code < 0)
		router_close(&r);
	else
		*ret = r;
	return code;
}

int router_stay(const struct router *router, int pidfd, struct err *err)
{
	const int fds[] = {router->lock, pidfd};
	pid_t pid = process_clone(0, 0, -1, NULL);

	if (pid != 0)
		return pid < 0 ? err_set(err, -pid, "cannot start a process") : 0;
	process_detach("kokon-router", fds, 2);
	while (poll(&(struct pollfd){.fd = 4, .events = POLLIN}, 1, -1) < 0 && errno == EINTR)
		;
	_exit(0);
}

bool router_contains(const struct router *router, int netns)
{
	CLOSE_FD int owner = ioctl(netns, NS_GET_USERNS);
	CLOSE_FD int outer = owner < 0 ? -1 : ioctl(owner, NS_GET_PARENT);

	return outer >= 0 && router->user >= 0 &&
	       process_namespace_number(outer) == process_namespace_number(router->user);
}

static int delete_name(void *arg, struct err *err)
{
	struct netns_home *home = arg;
	int r = netns_home_enter(home, err);

	return r < 0 ? r : netns_delete(home, ROUTER_NAME, err);
}

bool router_is_stray(int directory, bool remove)
{
	NETNS_HOME_CLEANUP struct netns_home home = NETNS_HOME_NONE;
	CLOSE_FD int lock =
		directory < 0 ? -1 : openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ROUTER_CLEANUP struct router r = ROUTER_NONE;
	CLOSE_FD int net = -1;
	struct netns_home entered;

	if (geteuid() == 0 || lock < 0 || flock(lock, LOCK_EX | LOCK_NB) < 0 ||
	    netns_home_open(&home, NULL) < 0 || home.dir < 0)
		return false;
	look(directory, &r);
	net = r.keeper ? -1 : netns_open(&home, ROUTER_NAME, NULL);
	if (net < 0)
		return false;
	entered = home;
	if (remove) {
		pasta_stop(directory);
		unlinkat(directory, RECORD, 0);
		transaction_run(delete_name, nothing, &entered, NULL);
		netns_user_settle(&home);
	}
	return true;
}

/* --- working there --- */

int router_enter(const struct router *router, struct err *err)
{
	if (!router->apart)
		return 0;
	if (router->user < 0)
		return err_set(err, ENODEV, "none of your networks is in use now");
	if (setns(router->user, CLONE_NEWUSER) < 0 || setns(router->net, CLONE_NEWNET) < 0)
		return err_errno(err, "cannot enter the network namespace of your networks");
	return 0;
}

struct errand {
	const struct router *router;
	int (*work)(void *arg, struct err *err);
	void *arg;
};

static int do_there(void *arg, struct err *err)
{
	const struct errand *e = arg;
	int r = router_enter(e->router, err);

	return r < 0 ? r : e->work(e->arg, err);
}

int router_run(const struct router *router, int (*work)(void *arg, struct err *err), void *arg,
	       struct err *err)
{
	struct errand e = {router, work, arg};

	return router->apart ? transaction_run(do_there, nothing, &e, err) : work(arg, err);
}
