// SPDX-License-Identifier: Apache-2.0
/*
 * The rows of a container's network namespace. Should: hand it over before anything untrusted runs
 * in it. Mustn't: configure it; who knows the host's side of it does both.
 */
#include <arpa/inet.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "init.h"

/* The host side answers what comes to these; they exist in this namespace only. */
static int resolver_socket(int type, struct err *err)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(53)};
	CLOSE_FD int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	inet_pton(AF_INET, RESOLVER_ADDRESS, &address.sin_addr);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    (type == SOCK_STREAM && listen(fd, 16) < 0))
		return err_errno(err, "cannot listen on '%s' for questions about names",
				 RESOLVER_ADDRESS);
	return TAKE_FD(fd);
}

int inside_netns(struct run *run)
{
	CLOSE_FD int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	CLOSE_FD int netns = sock < 0 ? -1 : ioctl(sock, SIOCGSKNS);
	CLOSE_FD int udp = -1, tcp = -1;
	int fds[3], r;

	if (netns < 0)
		return err_errno(run->err, "cannot get hold of the new network namespace");
	if (run->plan->container.network.resolver) {
		udp = resolver_socket(SOCK_DGRAM, run->err);
		tcp = udp < 0 ? udp : resolver_socket(SOCK_STREAM, run->err);
		if (tcp < 0)
			return tcp;
	}
	fds[0] = netns;
	fds[1] = udp;
	fds[2] = tcp;
	r = walk_report(run, ROW_netns, 0, fds, NETWORK_PLAN_GIVES(&run->plan->container.network));
	return r < 0 ? r : WALK_REPORTED;
}
