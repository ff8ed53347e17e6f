// SPDX-License-Identifier: Apache-2.0
#include "link-move.h"

#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "address.h"
#include "link.h"
#include "macros.h"

/* "eth%d" is a pattern of the kernel's; anything else must be a name. */
static int check_name(const char *name, struct err *err)
{
	const char *percent = strchr(name, '%');
	char plain[IFNAMSIZ];
	size_t n = strlen(name);

	if (!percent || strcmp(percent, "%d") != 0 || n >= sizeof(plain) || n == 2)
		return link_check_name(name, err);
	memcpy(plain, name, n - 2);
	plain[n - 2] = '\0';
	return link_check_name(plain, err);
}

static int refuse_taken(const struct link_list *there, const char *name, const char *as,
			struct err *err)
{
	if (!link_by_name(there, as))
		return 0;
	err_set(err, EEXIST, "cannot move the network interface '%s': there is an '%s' already",
		name, as);
	return err_remedy(err, "give it another name, or a pattern such as 'eth%%d'");
}

/* The one that is there now and was not before: its index may have changed on the way. */
static const struct link *arrived(const struct link_list *before, const struct link_list *now)
{
	for (size_t i = 0; i < now->n; i++)
		if (!link_by_index(before, now->v[i].index))
			return &now->v[i];
	return NULL;
}

static int give_addresses(struct netlink *there, const struct link *link, int old_index,
			  const struct address_list *addresses, struct err *err)
{
	for (size_t i = 0; i < addresses->n; i++) {
		const struct address *a = &addresses->v[i];
		int r;

		if (a->link != old_index || a->scope != RT_SCOPE_UNIVERSE ||
		    !(a->flags & IFA_F_PERMANENT))
			continue;
		r = address_add(there, link->index, link->name, &a->ip, err);
		if (r < 0 && r != -EEXIST)
			return r;
	}
	return 0;
}

/* Back to where it came from, for lack of something better: its addresses are lost there. */
static void move_back(struct netlink *there, const struct link *link, const struct link *old,
		      int from)
{
	struct link_change c = {.name = link->name,
				.index = link->index,
				.netns = from,
				.new_name = old->name,
				.up = old->flags & IFF_UP};

	link_change(there, &c, NULL);
}

static int move(struct netlink *here, struct netlink *there, int from, int to,
		const struct link *old, const char *new_name, struct err *err)
{
	ADDRESS_LIST_CLEANUP struct address_list addresses = {0};
	LINK_LIST_CLEANUP struct link_list before = {0};
	LINK_LIST_CLEANUP struct link_list now = {0};
	const struct link *link;
	struct link_change c = {.name = old->name, .index = old->index, .netns = to};
	int r = address_list_read(here, &addresses, err);

	if (r == 0)
		r = link_list_read(there, &before, err);
	if (r == 0)
		r = refuse_taken(&before, old->name, new_name, err);
	c.new_name = new_name;
	if (r == 0)
		r = link_change(here, &c, err);
	if (r == 0)
		r = link_list_read(there, &now, err);
	if (r < 0)
		return r;
	link = arrived(&before, &now);
	if (!link)
		return err_set(err, ENODEV, "the network interface '%s' is gone on its way",
			       old->name);
	/* Up first: the routes of its addresses need it. */
	r = link_change(there,
			&(struct link_change){.name = link->name, .index = link->index, .up = true},
			err);
	if (r == 0)
		r = give_addresses(there, link, old->index, &addresses, err);
	if (r < 0)
		move_back(there, link, old, from);
	return r;
}

int link_move_between(int from, int to, const char *name, const char *new_name, struct err *err)
{
	NETLINK_CLEANUP struct netlink here = NETLINK_NONE;
	NETLINK_CLEANUP struct netlink there = NETLINK_NONE;
	struct link old = {0};
	int r;

	if (!new_name)
		new_name = name;
	r = check_name(new_name, err);
	if (r == 0)
		r = netlink_open_in(from, NETLINK_ROUTE, &here, err);
	if (r == 0)
		r = netlink_open_in(to, NETLINK_ROUTE, &there, err);
	if (r == 0)
		r = link_find(&here, name, &old, err);
	return r < 0 ? r : move(&here, &there, from, to, &old, new_name, err);
}

int link_move(int netns, const char *name, const char *new_name, struct err *err)
{
	CLOSE_FD int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	if (own < 0)
		return err_errno(err, "cannot open '/proc/self/ns/net'");
	return link_move_between(own, netns, name, new_name, err);
}
