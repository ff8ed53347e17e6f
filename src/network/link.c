// SPDX-License-Identifier: Apache-2.0
#include "link.h"

#include <ctype.h>
#include <linux/ethtool.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include "macros.h"

void link_list_free(struct link_list *list)
{
	free(list->v);
	*list = (struct link_list){0};
}

static void read_vlan(const struct netlink_attr *data, struct link *ret)
{
	struct netlink_attrs as = netlink_nested(data);
	struct netlink_attr a;

	while (netlink_attr_next(&as, &a))
		if (a.type == IFLA_VLAN_ID)
			ret->vlan = netlink_u16(&a);
}

static void read_kind(const struct netlink_attr *info, struct link *ret)
{
	struct netlink_attrs as = netlink_nested(info);
	struct netlink_attr a;

	while (netlink_attr_next(&as, &a)) {
		if (a.type == IFLA_INFO_KIND)
			netlink_text(&a, ret->kind, sizeof(ret->kind));
		else if (a.type == IFLA_INFO_DATA && strcmp(ret->kind, "vlan") == 0)
			read_vlan(&a, ret);
	}
}

static void read_attribute(const struct netlink_attr *a, struct link *ret)
{
	switch (a->type) {
	case IFLA_IFNAME: netlink_text(a, ret->name, sizeof(ret->name)); break;
	case IFLA_MTU: ret->mtu = netlink_u32(a); break;
	case IFLA_OPERSTATE: ret->operstate = netlink_u8(a); break;
	case IFLA_MASTER: ret->master = netlink_i32(a); break;
	case IFLA_LINK: ret->peer = netlink_i32(a); break;
	case IFLA_LINK_NETNSID: ret->peer_netns = netlink_i32(a); break;
	case IFLA_IFALIAS: netlink_text(a, ret->alias, sizeof(ret->alias)); break;
	case IFLA_LINKINFO: read_kind(a, ret); break;
	case IFLA_ADDRESS:
		ret->address_len = (uint8_t)MIN(a->len, sizeof(ret->address));
		memcpy(ret->address, a->data, ret->address_len);
		break;
	default: break;
	}
}

/* False: the message is no link. */
static bool read_link(const struct nlmsghdr *m, struct link *ret)
{
	const struct ifinfomsg *info = netlink_header(m, sizeof(*info));
	struct netlink_attrs as;
	struct netlink_attr a;

	if (m->nlmsg_type != RTM_NEWLINK || !info)
		return false;
	*ret = (struct link){
		.index = info->ifi_index,
		.type = info->ifi_type,
		.flags = info->ifi_flags,
		.peer_netns = -1,
	};
	as = netlink_attrs(m, sizeof(*info));
	while (netlink_attr_next(&as, &a))
		read_attribute(&a, ret);
	return true;
}

static int compare_index(const void *a, const void *b)
{
	const struct link *x = a, *y = b;

	return (x->index > y->index) - (x->index < y->index);
}

int link_list_read(struct netlink *nl, struct link_list *ret, struct err *err)
{
	NETLINK_BATCH_CLEANUP struct netlink_batch b = {0};
	NETLINK_ANSWER_CLEANUP struct netlink_answer answer = {0};
	struct ifinfomsg all = {.ifi_family = AF_UNSPEC};
	struct link_list list = {0};
	int r;

	netlink_request(&b, RTM_GETLINK, NLM_F_DUMP, &all, sizeof(all));
	netlink_what(&b, "cannot list the network interfaces");
	netlink_put_u32(&b, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	r = netlink_ask(&b, nl, &answer, err);
	if (r < 0)
		return r;
	list.v = calloc(netlink_count(&answer) + 1, sizeof(*list.v));
	if (!list.v)
		return err_set(err, ENOMEM, "cannot list the network interfaces");
	for (const struct nlmsghdr *m = NULL; (m = netlink_next(&answer, m));)
		list.n += read_link(m, &list.v[list.n]);
	qsort(list.v, list.n, sizeof(*list.v), compare_index);
	*ret = list;
	return 0;
}

const struct link *link_by_index(const struct link_list *list, int index)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].index == index)
			return &list->v[i];
	return NULL;
}

const struct link *link_by_name(const struct link_list *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->v[i].name, name) == 0)
			return &list->v[i];
	return NULL;
}

int link_find(struct netlink *nl, const char *name, struct link *ret, struct err *err)
{
	NETLINK_BATCH_CLEANUP struct netlink_batch b = {0};
	NETLINK_ANSWER_CLEANUP struct netlink_answer answer = {0};
	struct ifinfomsg info = {.ifi_family = AF_UNSPEC};
	const struct nlmsghdr *m;
	struct link link;
	int r = link_check_name(name, err);

	if (r < 0)
		return r;
	netlink_request(&b, RTM_GETLINK, 0, &info, sizeof(info));
	netlink_what(&b, "cannot find the network interface '%s'", name);
	netlink_put_u32(&b, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	netlink_put_text(&b, IFLA_IFNAME, name);
	r = netlink_ask(&b, nl, &answer, err);
	if (r == -ENODEV)
		err_set(err, 0, "there is no network interface '%s'", name);
	if (r < 0)
		return r; /* -ENODEV stays what is returned */
	m = netlink_next(&answer, NULL);
	if (!m || !read_link(m, &link))
		return err_set(err, EBADMSG, "cannot find the network interface '%s'", name);
	*ret = link;
	return 0;
}

int link_check_name(const char *name, struct err *err)
{
	if (!*name)
		return err_set(err, 0, "the name of a network interface is empty");
	if (strlen(name) >= IFNAMSIZ) {
		err_set(err, 0, "the interface name '%.64s' is too long", name);
		return err_remedy(err, "the kernel allows %d characters; this has %zu",
				  IFNAMSIZ - 1, strlen(name));
	}
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return err_set(err, 0, "'%s' is no name of a network interface", name);
	for (const char *p = name; *p; p++) {
		if (*p != '/' && *p != ':' && !isspace((unsigned char)*p) &&
		    isprint((unsigned char)*p))
			continue;
		err_set(err, 0, "'%s' is no name of a network interface", name);
		return err_remedy(err, "it may hold no '/', ':', blanks or control characters");
	}
	return 0;
}

int link_parse_address(const char *text, unsigned char ret[6])
{
	unsigned char address[6];

	for (int i = 0; i < 6; i++, text += 3) {
		unsigned int byte;

		if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]) ||
		    text[2] != (i < 5 ? ':' : '\0') || sscanf(text, "%2x", &byte) != 1)
			return -EINVAL;
		address[i] = (unsigned char)byte;
	}
	memcpy(ret, address, sizeof(address));
	return 0;
}

void link_format_address(const unsigned char *address, size_t len, char *buf, size_t size)
{
	buf[0] = '\0';
	for (size_t i = 0; i < len && 3 * i + 3 <= size; i++)
		snprintf(buf + 3 * i, 4, "%02x%s", address[i], i + 1 < len ? ":" : "");
}

static void put_end(struct netlink_batch *b, const struct link_end *e)
{
	netlink_put_text(b, IFLA_IFNAME, e->name);
	if (e->netns_pid)
		netlink_put_u32(b, IFLA_NET_NS_PID, (uint32_t)e->netns_pid);
	else if (e->netns > 0)
		netlink_put_u32(b, IFLA_NET_NS_FD, (uint32_t)e->netns);
	if (e->mtu)
		netlink_put_u32(b, IFLA_MTU, e->mtu);
	if (e->address)
		netlink_put(b, IFLA_ADDRESS, e->address, 6);
	if (e->master)
		netlink_put_u32(b, IFLA_MASTER, (uint32_t)e->master);
}

static struct ifinfomsg flags(bool up, bool down)
{
	return (struct ifinfomsg){
		.ifi_family = AF_UNSPEC,
		.ifi_flags = up ? IFF_UP : 0,
		.ifi_change = up || down ? IFF_UP : 0,
	};
}

void link_put_veth(struct netlink_batch *b, const struct link_end *a, const struct link_end *peer)
{
	struct ifinfomsg first = flags(a->up, false), second = flags(false, false);
	size_t info, data, end;

	netlink_request(b, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &first, sizeof(first));
	netlink_what(b, "cannot make the pair of interfaces '%s' and '%s'", a->name, peer->name);
	put_end(b, a);
	info = netlink_nest(b, IFLA_LINKINFO);
	netlink_put_text(b, IFLA_INFO_KIND, "veth");
	data = netlink_nest(b, IFLA_INFO_DATA);
	end = netlink_nest(b, VETH_INFO_PEER);
	netlink_put_raw(b, &second, sizeof(second));
	put_end(b, peer);
	netlink_nest_end(b, end);
	netlink_nest_end(b, data);
	netlink_nest_end(b, info);
	if (peer->up && peer->netns <= 0 && !peer->netns_pid)
		link_put_change(b, &(struct link_change){.name = peer->name, .up = true});
}

void link_put_new(struct netlink_batch *b, const struct link_new *new)
{
	struct ifinfomsg header = flags(new->up, false);
	struct link_end end = {.name = new->name,
			       .netns = new->netns,
			       .address = new->address,
			       .mtu = new->mtu};
	bool is_ipvlan = strcmp(new->kind, "ipvlan") == 0;
	size_t info, data;

	netlink_request(b, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof(header));
	netlink_what(b, "cannot make the %s interface '%s'", new->kind, new->name);
	put_end(b, &end);
	if (new->lower)
		netlink_put_u32(b, IFLA_LINK, (uint32_t) new->lower);
	info = netlink_nest(b, IFLA_LINKINFO);
	netlink_put_text(b, IFLA_INFO_KIND, new->kind);
	/* Without the attribute an ipvlan is of mode l3, not of mode 0, which is l2. */
	if (new->vlan || new->macvlan_mode || is_ipvlan) {
		data = netlink_nest(b, IFLA_INFO_DATA);
		if (new->vlan && strcmp(new->kind, "bridge") == 0) {
			netlink_put_u8(b, IFLA_BR_VLAN_FILTERING, 1);
			netlink_put_u16(b, IFLA_BR_VLAN_DEFAULT_PVID, new->vlan);
		} else if (new->vlan)
			netlink_put_u16(b, IFLA_VLAN_ID, new->vlan);
		else if (is_ipvlan)
			netlink_put_u16(b, IFLA_IPVLAN_MODE, (uint16_t) new->ipvlan_mode);
		else
			netlink_put_u32(b, IFLA_MACVLAN_MODE, new->macvlan_mode);
		netlink_nest_end(b, data);
	}
	netlink_nest_end(b, info);
}

void link_put_change(struct netlink_batch *b, const struct link_change *c)
{
	struct ifinfomsg header = flags(c->up, c->down);

	header.ifi_index = c->index;
	netlink_request(b, RTM_NEWLINK, 0, &header, sizeof(header));
	netlink_what(b, "cannot %s the network interface '%s'",
		     c->netns > 0  ? "move"
		     : c->new_name ? "rename"
		     : c->up       ? "bring up"
		     : c->down     ? "bring down"
				   : "change",
		     c->name ? c->name : "");
	if (c->index == 0)
		netlink_put_text(b, IFLA_IFNAME, c->name);
	else if (c->new_name)
		netlink_put_text(b, IFLA_IFNAME, c->new_name);
	if (c->netns > 0)
		netlink_put_u32(b, IFLA_NET_NS_FD, (uint32_t)c->netns);
	if (c->address)
		netlink_put(b, IFLA_ADDRESS, c->address, c->address_len);
	if (c->mtu)
		netlink_put_u32(b, IFLA_MTU, c->mtu);
	if (c->master)
		netlink_put_u32(b, IFLA_MASTER, c->master < 0 ? 0 : (uint32_t)c->master);
	if (c->alias)
		netlink_put_text(b, IFLA_IFALIAS, c->alias);
}

void link_put_delete(struct netlink_batch *b, const char *name, int index)
{
	struct ifinfomsg header = {.ifi_family = AF_UNSPEC, .ifi_index = index};

	netlink_request(b, RTM_DELLINK, 0, &header, sizeof(header));
	netlink_what(b, "cannot remove the network interface '%s'", name ? name : "");
	if (index == 0)
		netlink_put_text(b, IFLA_IFNAME, name);
}

void link_put_group(struct netlink_batch *b, const char *name, int index, uint32_t group)
{
	struct ifinfomsg header = {.ifi_family = AF_UNSPEC, .ifi_index = index};

	netlink_request(b, RTM_NEWLINK, 0, &header, sizeof(header));
	netlink_what(b, "cannot put the network interface '%s' into a group", name);
	netlink_put_u32(b, IFLA_GROUP, group);
}

void link_put_delete_group(struct netlink_batch *b, uint32_t group)
{
	struct ifinfomsg header = {.ifi_family = AF_UNSPEC};

	netlink_request(b, RTM_DELLINK, 0, &header, sizeof(header));
	netlink_what(b, "cannot remove a group of network interfaces");
	netlink_put_u32(b, IFLA_GROUP, group);
}

/* Names are checked before the kernel sees them: its own message does not say which is wrong. */
int link_add_veth(struct netlink *nl, const struct link_end *a, const struct link_end *peer,
		  struct err *err)
{
	NETLINK_BATCH_CLEANUP struct netlink_batch b = {0};
	int r = link_check_name(a->name, err);

	if (r == 0)
		r = link_check_name(peer->name, err);
	if (r < 0)
		return r;
	link_put_veth(&b, a, peer);
	return netlink_run(&b, nl, NULL, err);
}

int link_add(struct netlink *nl, const struct link_new *new, struct err *err)
{
	NETLINK_BATCH_CLEANUP struct netlink_batch b = {0};
	int r = link_check_name(new->name, err);

	if (r < 0)
		return r;
	link_put_new(&b, new);
	return netlink_run(&b, nl, NULL, err);
}

int link_change(struct netlink *nl, const struct link_change *c, struct err *err)
{
	NETLINK_BATCH_CLEANUP struct netlink_batch b = {0};

	link_put_change(&b, c);
	return netlink_run(&b, nl, NULL, err);
}

int link_delete(struct netlink *nl, const char *name, struct err *err)
{
	NETLINK_BATCH_CLEANUP struct netlink_batch b = {0};

	link_put_delete(&b, name, 0);
	return netlink_run(&b, nl, NULL, err);
}

/* That somebody asks for the state of the link is what makes the kernel catch up with it. */
void link_settle(const struct netlink *nl, const char *name)
{
	struct ethtool_value value = {.cmd = ETHTOOL_GLINK};
	struct ifreq request = {.ifr_data = (char *)&value};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	ioctl(nl->fd, SIOCETHTOOL, &request);
}
