// SPDX-License-Identifier: Apache-2.0
#include "net-devices.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>
#include "file.h"
#include "link-move.h"
#include "macros.h"
#include "out.h"
#include "parse.h"

#define LIST   "net-devices" /* lines "INSIDE HOST" */
#define INSIDE "net-namespace"
#define HOST   "net-host" /* the next command may be called in another namespace than we were */

enum { LIST_MAX = 64 << 10 };

/* mount(2) takes paths. */
static void path_in(int state, const char *name, char *buf, size_t size)
{
	snprintf(buf, size, "/proc/self/fd/%d/%s", state, name);
}

static int keep_namespace(int state, const char *name, const char *source, struct err *err)
{
	CLOSE_FD int file = openat(state, name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	char target[64];

	path_in(state, name, target, sizeof(target));
	if (file < 0 || mount(source, target, NULL, MS_BIND, NULL) < 0)
		return err_errno(err, "cannot keep a network namespace for the way back");
	return 0;
}

static void forget_namespace(int state, const char *name)
{
	char target[64];

	path_in(state, name, target, sizeof(target));
	umount2(target, MNT_DETACH | UMOUNT_NOFOLLOW);
	unlinkat(state, name, 0);
}

static int keep(int state, int netns, const struct net_device_plan *devices, uint32_t n,
		struct err *err)
{
	OUT_CLEANUP struct out list = {0};
	CLOSE_FD int fd =
		openat(state, LIST, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	char inside[40];
	int r;

	for (uint32_t i = 0; i < n; i++)
		out_printf(&list, "%s %s\n", devices[i].name ? devices[i].name : devices[i].host,
			   devices[i].host);
	if (fd < 0)
		return err_errno(err, "cannot write down the network interfaces");
	r = out_write(&list, fd);
	if (r < 0)
		return err_set(err, -r, "cannot write down the network interfaces");
	snprintf(inside, sizeof(inside), "/proc/self/fd/%d", netns);
	r = keep_namespace(state, HOST, "/proc/self/ns/net", err);
	return r < 0 ? r : keep_namespace(state, INSIDE, inside, err);
}

int net_devices_give(int state, int netns, const struct net_device_plan *devices, uint32_t n,
		     struct err *err)
{
	int r = state < 0 ? 0 : keep(state, netns, devices, n, err);

	for (uint32_t i = 0; r == 0 && i < n; i++)
		r = link_move(netns, devices[i].host, devices[i].name, err);
	return r;
}

/* By the name that it had inside. It may be gone, or may never have come. */
static int take_one(int netns, int own, const char *inside, const char *host, struct err *err)
{
	int r = link_move_between(netns, own, inside, host, err);

	if (r == -EEXIST) /* the name was taken meanwhile: as the kernel does */
		r = link_move_between(netns, own, inside, "dev%d", err);
	return r == -ENODEV ? 0 : r;
}

int net_devices_return(int netns, int own, const struct net_device_plan *devices, uint32_t n,
		       struct err *err)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < n; i++)
		r = take_one(netns, own, devices[i].name ? devices[i].name : devices[i].host,
			     devices[i].host, err);
	return r;
}

int net_devices_take_back(int state, struct err *err)
{
	FREE_PTR char *text = NULL;
	CLOSE_FD int netns = -1, own = -1;
	const char *at, *line;
	char inside[64], host[64];
	size_t len;
	int r = 0;
	ssize_t n = read_file_at(state, LIST, LIST_MAX, &text);

	if (n < 0)
		return n == -ENOENT
			       ? 0
			       : err_set(err, (int)-n, "cannot read which interfaces to return");
	netns = openat(state, INSIDE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	own = openat(state, HOST, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	at = text;
	while (r == 0 && netns >= 0 && own >= 0 && next_field(&at, '\n', &line, &len))
		if (sscanf(line, "%63s %63s", inside, host) == 2)
			r = take_one(netns, own, inside, host, err);
	/* EINVAL: a file without a namespace; it was killed before anything was given. */
	if (r < 0 && r != -EINVAL)
		return err_context(err, "returning network interfaces");
	forget_namespace(state, INSIDE);
	forget_namespace(state, HOST);
	unlinkat(state, LIST, 0);
	return 0;
}
