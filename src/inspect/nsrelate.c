// SPDX-License-Identifier: Apache-2.0
/* Owners and parents of namespaces (ioctl_nsfs(2)), and ids of network namespaces. */
#include "nsgraph.h"

#include <fcntl.h>
#include <linux/net_namespace.h>
#include <linux/netlink.h>
#include <linux/nsfs.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include "macros.h"

/* The namespace that `request` leads to from fd; 0 and no descriptor when there is none that
 * we may see: the ioctl answers EPERM outside of the caller's own user namespace. */
static int step(int fd, unsigned long request, uint64_t *ret_inode)
{
	struct stat st;
	int to = ioctl(fd, request);

	*ret_inode = 0;
	if (to < 0)
		return -1;
	if (fstat(to, &st) < 0) {
		close(to);
		return -1;
	}
	*ret_inode = st.st_ino;
	return to;
}

int ns_relate_by_ioctl(int fd, enum namespace_type type, uint64_t inode UNUSED,
		       struct ns_relations *ret)
{
	struct ns_relations rel = {.owner_fd = -1, .parent_fd = -1};

	rel.owner_fd = step(fd, NS_GET_USERNS, &rel.owner);
	if (type == NAMESPACE_USER || type == NAMESPACE_PID)
		rel.parent_fd = step(fd, NS_GET_PARENT, &rel.parent);
	if (type == NAMESPACE_USER)
		ioctl(fd, NS_GET_OWNER_UID, &rel.owner_uid);
	else if (rel.owner_fd >= 0)
		ioctl(rel.owner_fd, NS_GET_OWNER_UID, &rel.owner_uid);
	*ret = rel;
	return 0;
}

struct nsid_request {
	struct nlmsghdr header;
	struct rtgenmsg family;
	char pad[NLMSG_ALIGN(sizeof(struct rtgenmsg)) - sizeof(struct rtgenmsg)];
	struct rtattr attribute;
	int32_t fd;
};

static int32_t receive_nsid(int sock)
{
	union {
		struct nlmsghdr header;
		char bytes[512];
	} answer;
	ssize_t n;
	int left;

	do
		n = recv(sock, &answer, sizeof(answer), 0);
	while (n < 0 && errno == EINTR);
	if (n < 0 || !NLMSG_OK(&answer.header, (size_t)n) ||
	    answer.header.nlmsg_type != RTM_NEWNSID)
		return NETNSID_UNKNOWN;
	left = (int)answer.header.nlmsg_len - (int)NLMSG_SPACE(sizeof(struct rtgenmsg));
	for (struct rtattr *a = (void *)(answer.bytes + NLMSG_SPACE(sizeof(struct rtgenmsg)));
	     RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		int32_t id;

		if (a->rta_type != NETNSA_NSID || RTA_PAYLOAD(a) < sizeof(id))
			continue;
		memcpy(&id, RTA_DATA(a), sizeof(id));
		return id;
	}
	return NETNSID_UNKNOWN;
}

/* The id that the caller's network namespace has for the one of fd (rtnetlink(7)). */
static int32_t ask_netnsid(struct ns_graph *g, int fd)
{
	struct nsid_request request = {
		.header = {.nlmsg_len = sizeof(request),
			   .nlmsg_type = RTM_GETNSID,
			   .nlmsg_flags = NLM_F_REQUEST},
		.family = {.rtgen_family = AF_UNSPEC},
		.attribute = {.rta_len = RTA_LENGTH(sizeof(int32_t)), .rta_type = NETNSA_FD},
		.fd = fd,
	};

	if (g->netlink < 0)
		g->netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (g->netlink < 0 || send(g->netlink, &request, sizeof(request), 0) < 0)
		return NETNSID_UNKNOWN;
	return receive_nsid(g->netlink);
}

static int relate_node(struct ns_graph *g, uint32_t at, int fd, bool add)
{
	struct ns_relations rel = {.owner_fd = -1, .parent_fd = -1};
	struct ns_node *node = &g->nodes[at];
	CLOSE_FD int owner_fd = -1, parent_fd = -1;
	enum namespace_type type = node->type;
	int r;

	if (node->related)
		return 0;
	node->related = true;
	if (g->ask_netnsid && type == NAMESPACE_NET)
		node->netnsid = ask_netnsid(g, fd);
	r = (g->relate ? g->relate : ns_relate_by_ioctl)(fd, type, node->inode, &rel);
	if (r < 0)
		return r;
	owner_fd = rel.owner_fd;
	parent_fd = rel.parent_fd;
	node->owner = rel.owner;
	node->parent = rel.parent;
	node->owner_uid = rel.owner_uid;
	if (!add)
		return 0;
	if (rel.parent && ns_graph_find(g, rel.parent) == NO_NS)
		ns_graph_add_held(g, type, rel.parent, parent_fd);
	if (rel.owner && ns_graph_find(g, rel.owner) == NO_NS)
		ns_graph_add_held(g, NAMESPACE_USER, rel.owner, owner_fd);
	return 0;
}

int ns_graph_add_held(struct ns_graph *g, enum namespace_type type, uint64_t inode, int fd)
{
	uint32_t at;

	if (!(g->types & 1U << type))
		return 0;
	at = ns_graph_add(g, type, inode);
	if (g->keep && fd >= 0 && g->nodes[at].fd < 0)
		g->nodes[at].fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return relate_node(g, at, fd, true);
}

int ns_graph_relate(struct ns_graph *g, bool add)
{
	for (size_t i = 0; i < g->n_nodes;
	     i++) { /* grows while it runs: what is added is related */
		CLOSE_FD int fd = -1;

		if (g->nodes[i].related)
			continue;
		fd = ns_graph_open(g, &g->nodes[i]);
		if (fd < 0 && !g->relate)
			continue;
		relate_node(g, (uint32_t)i, fd, add);
	}
	return 0;
}

void ns_graph_ask_netnsids(struct ns_graph *g)
{
	for (size_t i = 0; i < g->n_nodes; i++) {
		struct ns_node *node = &g->nodes[i];
		CLOSE_FD int fd = -1;

		if (node->type != NAMESPACE_NET || node->related)
			continue;
		fd = ns_graph_open(g, node);
		if (fd >= 0)
			node->netnsid = ask_netnsid(g, fd);
	}
}
