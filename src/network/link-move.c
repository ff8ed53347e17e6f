// SPDX-License-Identifier: Apache-2.0
#include "link-move.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "address.h"
#include "link.h"

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
	err_set(err, EEXIST, "cannot move the network interface '%s': the container has an '%s'",
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

int link_move(int netns, const char *name, const char *new_name, struct err *err)
{
	NETLINK_CLEANUP struct netlink here = NETLINK_NONE;
	NETLINK_CLEANUP struct netlink there = NETLINK_NONE;
	ADDRESS_LIST_CLEANUP struct address_list addresses = {0};
	LINK_LIST_CLEANUP struct link_list before = {0};
	LINK_LIST_CLEANUP struct link_list now = {0};
	const struct link *link;
	struct link old;
	int r = check_name(new_name ? new_name : name, err);

	if (r == 0)
		r = netlink_open(NETLINK_ROUTE, &here, err);
	if (r == 0)
		r = netlink_open_in(netns, NETLINK_ROUTE, &there, err);
	if (r == 0)
		r = link_find(&here, name, &old, err);
	if (r == 0)
		r = address_list_read(&here, &addresses, err);
	if (r == 0)
		r = link_list_read(&there, &before, err);
	if (r == 0)
		r = refuse_taken(&before, name, new_name ? new_name : name, err);
	if (r == 0)
		r = link_change(&here,
				&(struct link_change){.name = name,
						      .index = old.index,
						      .netns = netns,
						      .new_name = new_name},
				err);
	if (r == 0)
		r = link_list_read(&there, &now, err);
	if (r < 0)
		return r;
	link = arrived(&before, &now);
	if (!link)
		return err_set(err, ENODEV, "the network interface '%s' is gone on its way", name);
	/* Up first: the routes of its addresses need it. */
	r = link_change(&there,
			&(struct link_change){.name = link->name, .index = link->index, .up = true},
			err);
	return r < 0 ? r : give_addresses(&there, link, old.index, &addresses, err);
}
