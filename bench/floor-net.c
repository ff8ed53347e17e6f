// SPDX-License-Identifier: Apache-2.0
/*
 * floor-net: the work of joining a new network namespace to a network, and nothing else.
 *
 * Makes a network namespace, a pair of virtual Ethernet devices with one end in it, gives that end
 * an address, brings both ends and the loopback up, and ends; the kernel then frees it all. It is
 * what the kernel asks for it: two requests, all decided by its author, nothing looked up, nothing
 * chosen, nothing undone (see floor.c). It needs a network namespace in which nobody else works.
 *
 *   --bare          the namespace and its loopback only
 *   --bridge=NAME   the outer end becomes a port of this bridge
 *   --route         10.233.0.1 is the default route of the namespace
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { INSIDE = 2, LOOPBACK = 1, PREFIX = 16 };
static const uint8_t address[4] = {10, 233, 1, 2}, gateway[4] = {10, 233, 0, 1};

static void die(const char *what)
{
	fprintf(stderr, "floor-net: %s: %s\n", what, strerror(errno));
	_exit(125);
}

static long must(long result, const char *what)
{
	if (result < 0)
		die(what);
	return result;
}

/* ---- requests, several in one message ---- */

static struct {
	uint32_t align;
	char bytes[2048];
} out;
static size_t used;
static int expected;

static void *put(const void *data, size_t len)
{
	void *at = out.bytes + used;

	memcpy(at, data, len);
	used += NLMSG_ALIGN(len);
	return at;
}

static struct rtattr *put_attribute(unsigned short type, const void *data, unsigned short len)
{
	struct rtattr head = {(unsigned short)RTA_LENGTH(len), type};
	struct rtattr *at = put(&head, sizeof(head));

	put(data, len);
	return at;
}

/* What was put since belongs to it. */
static void end_attribute(struct rtattr *at)
{
	at->rta_len = (unsigned short)(out.bytes + used - (char *)at);
}

static struct nlmsghdr *begin(unsigned short type, unsigned short flags, const void *body,
			      size_t len)
{
	struct nlmsghdr head = {.nlmsg_type = type,
				.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags};
	struct nlmsghdr *at = put(&head, sizeof(head));

	put(body, len);
	expected++;
	return at;
}

static void end(struct nlmsghdr *at)
{
	at->nlmsg_len = (uint32_t)(out.bytes + used - (char *)at);
}

static void check_answers(const char *in, ssize_t len)
{
	const struct nlmsghdr *h = (const void *)in;

	for (; NLMSG_OK(h, (unsigned)len); h = NLMSG_NEXT(h, len)) {
		const struct nlmsgerr *answer = NLMSG_DATA(h);

		errno = h->nlmsg_type == NLMSG_ERROR ? -answer->error : EPROTO;
		if (errno)
			die("rtnetlink");
		expected--;
	}
}

static void send_all(int fd)
{
	static _Alignas(struct nlmsghdr) char in[8192];

	must(send(fd, out.bytes, used, 0), "send");
	while (expected > 0)
		check_answers(in, must(recv(fd, in, sizeof(in), 0), "recv"));
	used = 0;
}

static int open_netlink(void)
{
	return (int)must(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), "socket");
}

/* ---- the work ---- */

static void put_pair(uint32_t master, int netns)
{
	const struct ifinfomsg host = {.ifi_flags = IFF_UP, .ifi_change = IFF_UP};
	const struct ifinfomsg inside = {.ifi_index = INSIDE};
	const uint32_t fd = (uint32_t)netns;
	struct nlmsghdr *h = begin(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &host, sizeof(host));
	struct rtattr *info, *data, *peer;
	char name[IFNAMSIZ];

	snprintf(name, sizeof(name), "fl%d", (int)getpid());
	put_attribute(IFLA_IFNAME, name, (unsigned short)(strlen(name) + 1));
	if (master)
		put_attribute(IFLA_MASTER, &master, sizeof(master));
	info = put_attribute(IFLA_LINKINFO, NULL, 0);
	put_attribute(IFLA_INFO_KIND, "veth", 5);
	data = put_attribute(IFLA_INFO_DATA, NULL, 0);
	peer = put_attribute(VETH_INFO_PEER, &inside, sizeof(inside));
	put_attribute(IFLA_IFNAME, "eth0", 5);
	put_attribute(IFLA_NET_NS_FD, &fd, sizeof(fd));
	end_attribute(peer);
	end_attribute(data);
	end_attribute(info);
	end(h);
}

static void put_up(int index)
{
	const struct ifinfomsg up = {.ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};

	end(begin(RTM_NEWLINK, 0, &up, sizeof(up)));
}

static void put_address(void)
{
	const struct ifaddrmsg body = {.ifa_family = AF_INET,
				       .ifa_prefixlen = PREFIX,
				       .ifa_index = INSIDE};
	struct nlmsghdr *h = begin(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &body, sizeof(body));

	put_attribute(IFA_LOCAL, address, sizeof(address));
	put_attribute(IFA_ADDRESS, address, sizeof(address));
	end(h);
}

static void put_route(void)
{
	const struct rtmsg body = {.rtm_family = AF_INET,
				   .rtm_table = RT_TABLE_MAIN,
				   .rtm_protocol = RTPROT_STATIC,
				   .rtm_type = RTN_UNICAST};
	struct nlmsghdr *h = begin(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &body, sizeof(body));

	put_attribute(RTA_GATEWAY, gateway, sizeof(gateway));
	end(h);
}

int main(int argc, char **argv)
{
	bool bare = false, route = false;
	const char *bridge = NULL;
	uint32_t master;
	int outer, netns;

	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--bare") == 0)
			bare = true;
		else if (strcmp(argv[i], "--route") == 0)
			route = true;
		else if (strncmp(argv[i], "--bridge=", 9) == 0)
			bridge = argv[i] + 9;
		else
			return fputs("Usage: floor-net [--bare] [--bridge=NAME] [--route]\n",
				     stderr),
			       2;
	/* What belongs to the old namespace comes before the new one. */
	outer = open_netlink();
	master = bridge ? if_nametoindex(bridge) : 0;
	if (bridge && !master)
		die(bridge);
	must(unshare(CLONE_NEWNET), "unshare");
	if (!bare) {
		netns = (int)must(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), "ns/net");
		put_pair(master, netns);
		send_all(outer);
		put_up(INSIDE);
		put_address();
	}
	put_up(LOOPBACK);
	if (!bare && route)
		put_route();
	send_all(open_netlink());
	return 0;
}
