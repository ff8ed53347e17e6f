// SPDX-License-Identifier: Apache-2.0
#include "netmap-look.h"

#include <fcntl.h>
#include <linux/net_namespace.h>
#include <linux/netconf.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include "message.h"
#include "process.h"

void netmap_look_close(struct netmap_look *l)
{
	netlink_close(&l->route);
	netlink_close(&l->diag);
}

/* In the present namespace of the caller. */
static int open_sockets(struct netmap_look *l, struct err *err)
{
	int r = netlink_open(NETLINK_ROUTE, &l->route, err);

	if (r < 0)
		return r;
	netlink_open(NETLINK_SOCK_DIAG, &l->diag, NULL);
	netmap_count_rules(&l->rules);
	return 0;
}

/* Visit the namespace and come back. */
static int open_there(int netns, struct netmap_look *l, struct err *err)
{
	CLOSE_FD int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int r;

	if (own < 0)
		return err_errno(err, "cannot open '/proc/self/ns/net'");
	if (setns(netns, CLONE_NEWNET) < 0)
		return err_errno(err, "cannot enter the network namespace");
	r = open_sockets(l, err);
	/* Going on in another namespace would show one as another. */
	if (setns(own, CLONE_NEWNET) < 0)
		abort();
	return r;
}

/* What the child hands back besides the sockets. */
struct seen {
	int error;
	struct netmap_rules rules;
};

/* Should: enter the owning user namespace, then the network namespace, open the sockets in it.
 * Mustn't: return; print; touch anything but `sock`. */
static NORETURN void look_as_owner(int netns, int sock)
{
	struct netmap_look l = NETMAP_LOOK_NONE;
	struct seen seen = {0};
	int user = ioctl(netns, NS_GET_USERNS), fds[2];

	if (user < 0 || setns(user, CLONE_NEWUSER) < 0)
		seen.error = errno == EINVAL ? EPERM : errno; /* EINVAL: we are in it already */
	else if (setns(netns, CLONE_NEWNET) < 0)
		seen.error = errno;
	else
		seen.error = -open_sockets(&l, NULL);
	seen.rules = l.rules;
	fds[0] = l.route.fd;
	fds[1] = l.diag.fd;
	if (seen.error == 0 && l.diag.fd < 0)
		seen.error = EPROTONOSUPPORT;
	message_send(sock, &seen, sizeof(seen), fds, seen.error ? 0 : 2);
	_exit(0);
}

static int open_by_child(int netns, struct netmap_look *l, struct err *err)
{
	struct seen seen = {.error = EIO};
	int pair[2], fds[2] = {-1, -1}, status, r;
	pid_t pid;

	r = message_pair(pair);
	if (r < 0)
		return err_set(err, -r, "cannot make a socket pair");
	pid = process_clone(0, SIGCHLD, -1, NULL);
	if (pid == 0)
		look_as_owner(netns, pair[1]);
	close(pair[1]);
	r = pid < 0 ? pid : message_receive(pair[0], &seen, sizeof(seen), fds, 2);
	close(pair[0]);
	if (pid > 0)
		process_wait(pid, &status);
	if (r < 0 || seen.error)
		return err_set(err, r < 0 ? -r : seen.error, "cannot enter the network namespace");
	l->route.fd = fds[0];
	l->diag.fd = fds[1];
	l->rules = seen.rules;
	l->as_owner = true;
	return 0;
}

int netmap_look_open(int netns, struct netmap_look *ret, struct err *err)
{
	struct netmap_look l = NETMAP_LOOK_NONE;
	int r = netns < 0 ? open_sockets(&l, err) : open_there(netns, &l, err);

	if (r == -EPERM && netns >= 0)
		r = open_by_child(netns, &l, err);
	if (r < 0) {
		netmap_look_close(&l);
		return r;
	}
	*ret = l;
	return 0;
}

/* --- interfaces, addresses, routes --- */

static void keep_addresses(struct arena *a, const struct address_list *list, struct netmap_link *l)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		n += list->v[i].link == l->dev.index;
	l->addresses = arena_array(a, struct address, n + 1);
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].link == l->dev.index)
			l->addresses[l->n_addresses++] = list->v[i];
}

static void keep_routes(struct arena *a, const struct route_list *list, struct netmap_ns *ns)
{
	size_t most = MIN(list->n, (size_t)NETMAP_MOST_LISTED);

	ns->routes = arena_array(a, struct route, most + 1);
	for (size_t i = 0; i < list->n; i++) {
		if (list->v[i].type == RTN_LOCAL || list->v[i].type == RTN_MULTICAST ||
		    list->v[i].type == RTN_BROADCAST || list->v[i].type == RTN_ANYCAST)
			continue;
		if (ns->n_routes < most)
			ns->routes[ns->n_routes++] = list->v[i];
		ns->all_routes++;
	}
}

/* Whether packets of others are passed on, as a whole. */
static int8_t read_forwarding(struct netlink *nl, uint8_t family)
{
	NETLINK_BATCH_CLEANUP struct netlink_batch b = {0};
	NETLINK_ANSWER_CLEANUP struct netlink_answer answer = {0};
	struct netconfmsg head = {.ncm_family = family};

	netlink_request(&b, RTM_GETNETCONF, 0, &head, sizeof(head));
	netlink_put_u32(&b, NETCONFA_IFINDEX, (uint32_t)NETCONFA_IFINDEX_ALL);
	if (netlink_ask(&b, nl, &answer, NULL) < 0)
		return -1;
	for (const struct nlmsghdr *m = NULL; (m = netlink_next(&answer, m));) {
		struct netlink_attrs as = netlink_attrs(m, sizeof(head));
		struct netlink_attr at;

		while (m->nlmsg_type == RTM_NEWNETCONF && netlink_attr_next(&as, &at))
			if (at.type == NETCONFA_FORWARDING)
				return netlink_i32(&at) != 0;
	}
	return -1;
}

int netmap_look_links(struct arena *a, struct netmap_look *l, struct netmap_ns *ns, struct err *err)
{
	LINK_LIST_CLEANUP struct link_list links = {0};
	ADDRESS_LIST_CLEANUP struct address_list addresses = {0};
	ROUTE_LIST_CLEANUP struct route_list routes = {0};
	int r = link_list_read(&l->route, &links, err);

	if (r == 0)
		r = address_list_read(&l->route, &addresses, err);
	if (r == 0)
		r = route_list_read(&l->route, RT_TABLE_MAIN, &routes, err);
	if (r < 0)
		return r;
	ns->links = arena_array(a, struct netmap_link, links.n + 1);
	for (size_t i = 0; i < links.n; i++) {
		ns->links[i].dev = links.v[i];
		keep_addresses(a, &addresses, &ns->links[i]);
	}
	ns->n_links = links.n;
	keep_routes(a, &routes, ns);
	ns->forward4 = read_forwarding(&l->route, AF_INET);
	ns->forward6 = read_forwarding(&l->route, AF_INET6);
	return 0;
}

int32_t netmap_look_number(struct netmap_look *l, int netns)
{
	NETLINK_BATCH_CLEANUP struct netlink_batch b = {0};
	NETLINK_ANSWER_CLEANUP struct netlink_answer answer = {0};
	struct rtgenmsg head = {.rtgen_family = AF_UNSPEC};

	netlink_request(&b, RTM_GETNSID, 0, &head, sizeof(head));
	netlink_put_u32(&b, NETNSA_FD, (uint32_t)netns);
	if (netlink_ask(&b, &l->route, &answer, NULL) < 0)
		return -1;
	for (const struct nlmsghdr *m = NULL; (m = netlink_next(&answer, m));) {
		struct netlink_attrs as = netlink_attrs(m, sizeof(head));
		struct netlink_attr at;

		while (m->nlmsg_type == RTM_NEWNSID && netlink_attr_next(&as, &at))
			if (at.type == NETNSA_NSID)
				return netlink_i32(&at);
	}
	return -1;
}
