// SPDX-License-Identifier: Apache-2.0
/* Framing, and the requests made with it, in a network namespace of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include "address.h"
#include "link.h"
#include "macros.h"
#include "netlink.h"
#include "route.h"

static bool have_namespace;

static int enter_namespace(void **state)
{
	(void)state;
	have_namespace = unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
	return 0;
}

#define NEED_NAMESPACE()                                                                           \
	do {                                                                                       \
		(void)state;                                                                       \
		if (!have_namespace) {                                                             \
			print_message("skip: no network namespace can be made here\n");            \
			skip();                                                                    \
		}                                                                                  \
	} while (0)

static void nesting(void **state)
{
	NETLINK_BATCH_CLEANUP struct netlink_batch b = {0};
	struct ifinfomsg head = {0};
	const struct nlmsghdr *m;
	struct netlink_attrs as;
	struct netlink_attr a;
	size_t outer, inner;

	(void)state;
	netlink_request(&b, RTM_NEWLINK, NLM_F_CREATE, &head, sizeof(head));
	netlink_put_text(&b, 3, "abc");
	outer = netlink_nest(&b, 18);
	netlink_put_u8(&b, 1, 7);
	inner = netlink_nest(&b, 2);
	netlink_put_raw(&b, &head, sizeof(head));
	netlink_put_u32(&b, 5, 0x01020304);
	netlink_nest_end(&b, inner);
	netlink_nest_end(&b, outer);
	netlink_put_u16(&b, 9, 0x0506);
	netlink_request(&b, RTM_DELLINK, 0, &head, sizeof(head));

	m = (const struct nlmsghdr *)b.data;
	assert_int_equal(m->nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE);
	as = netlink_attrs(m, sizeof(head));
	assert_true(netlink_attr_next(&as, &a));
	assert_int_equal(a.type, 3);
	assert_int_equal(a.len, 4);
	assert_true(netlink_attr_next(&as, &a));
	assert_int_equal(a.type, 18);
	{
		struct netlink_attrs in = netlink_nested(&a);

		assert_true(netlink_attr_next(&in, &a));
		assert_int_equal(netlink_u8(&a), 7);
		assert_int_equal(netlink_u32(&a), 0); /* too short */
		assert_true(netlink_attr_next(&in, &a));
		assert_int_equal(a.type, 2);
		assert_int_equal(a.len, sizeof(head) + 8);
		assert_false(netlink_attr_next(&in, &a));
	}
	assert_true(netlink_attr_next(&as, &a));
	assert_int_equal(netlink_u16(&a), 0x0506);
	assert_false(netlink_attr_next(&as, &a));
	assert_int_equal(b.used, m->nlmsg_len + 16 + sizeof(head));
}

static void hostile_attributes(void **state)
{
	struct {
		struct nlmsghdr h;
		struct nlattr a;
		char data[4];
	} m = {.h = {.nlmsg_len = sizeof(m)}, .a = {.nla_len = 200, .nla_type = 1}};
	struct netlink_answer answer = {.data = (char *)&m, .len = sizeof(m)};
	struct netlink_attrs as = netlink_attrs(&m.h, 0);
	struct netlink_attr a;
	char text[3];

	(void)state;
	assert_false(netlink_attr_next(&as, &a)); /* longer than the message */
	m.a.nla_len = 2;
	as = netlink_attrs(&m.h, 0);
	assert_false(netlink_attr_next(&as, &a)); /* shorter than itself */
	m.a.nla_len = 7;
	memcpy(m.data, "abcd", 4);
	as = netlink_attrs(&m.h, 0);
	assert_true(netlink_attr_next(&as, &a));
	netlink_text(&a, text, sizeof(text));
	assert_string_equal(text, "ab");
	assert_false(netlink_attr_next(&as, &a));
	assert_null(netlink_header(&m.h, 100));
	m.h.nlmsg_len = 1000;
	assert_null(netlink_next(&answer, NULL));
	m.h.nlmsg_len = 3;
	assert_null(netlink_next(&answer, NULL));
}

static void addresses_in_words(void **state)
{
	struct ip ip, network;
	char text[IP_TEXT_MAX];
	struct err err = {0};

	(void)state;
	assert_int_equal(ip_parse_cidr("10.1.2.3/20", &ip, &err), 0);
	assert_string_equal(ip_format_cidr(&ip, text), "10.1.2.3/20");
	assert_string_equal(ip_format(&ip, text), "10.1.2.3");
	network = ip_network(&ip);
	assert_string_equal(ip_format_cidr(&network, text), "10.1.0.0/20");
	assert_true(ip_in(&ip, &network));
	assert_int_equal(ip_parse("10.1.16.0", &ip), 0);
	assert_false(ip_in(&ip, &network));
	assert_int_equal(ip_parse_cidr("10.0.0.0/8", &ip, &err), 0);
	assert_true(ip_overlap(&ip, &network));
	assert_false(ip_in(&ip, &network));
	assert_int_equal(ip_parse_cidr("fd00::1/64", &ip, &err), 0);
	network = ip_network(&ip);
	assert_string_equal(ip_format_cidr(&network, text), "fd00::/64");
	assert_false(ip_overlap(&ip, &(struct ip){.family = AF_INET}));
	for (const char *const *bad =
		     (const char *const[]){"", "/", "10.0.0/24", "10.0.0.1/33", "10.0.0.1/-1",
					   "10.0.0.1/", "fd00::1/129", "10.0.0.1/24/1", "a/24",
					   "10.0.0.1", "1.2.3.4 /24", "::ffff:1.2.3.4.5/64", NULL};
	     *bad; bad++)
		assert_int_equal(ip_parse_cidr(*bad, &ip, &err), -EINVAL);
	assert_int_equal(ip_parse_cidr("fd00::1", &ip, &err), -EINVAL);
	assert_string_equal(err.text, "the address 'fd00::1' has no length");
	assert_non_null(strstr(err.remedy, "fd00::1/64"));
}

static void names(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(link_check_name("veth0", &err), 0);
	assert_int_equal(link_check_name("123456789012345", &err), 0);
	for (const char *const *bad = (const char *const[]){"", ".", "..", "a/b", "a:b", "a b",
							    "1234567890123456", "a\n", NULL};
	     *bad; bad++)
		assert_int_equal(link_check_name(*bad, &err), -EINVAL);
}

static void ethernet_addresses(void **state)
{
	unsigned char a[6];
	char text[18];

	(void)state;
	assert_int_equal(link_parse_address("02:42:ac:11:00:fe", a), 0);
	link_format_address(a, 6, text, sizeof(text));
	assert_string_equal(text, "02:42:ac:11:00:fe");
	assert_int_equal(link_parse_address("02:42:ac:11:00", a), -EINVAL);
	assert_int_equal(link_parse_address("02:42:ac:11:00:fe:", a), -EINVAL);
	assert_int_equal(link_parse_address("2:42:ac:11:00:fe", a), -EINVAL);
	assert_int_equal(link_parse_address("", a), -EINVAL);
}

static void one_batch(void **state)
{
	NETLINK_CLEANUP struct netlink nl = NETLINK_NONE;
	NETLINK_BATCH_CLEANUP struct netlink_batch b = {0};
	LINK_LIST_CLEANUP struct link_list links = {0};
	struct err err = {0};
	size_t failed = 99;
	const struct link *left, *right;

	NEED_NAMESPACE();
	assert_int_equal(netlink_open(NETLINK_ROUTE, &nl, &err), 0);
	link_put_change(&b, &(struct link_change){.name = "lo", .up = true});
	link_put_veth(&b, &(struct link_end){.name = "left", .up = true, .mtu = 1400},
		      &(struct link_end){.name = "right"});
	link_put_delete(&b, "nosuch", 0);
	link_put_new(&b, &(struct link_new){.kind = "bridge", .name = "br", .up = true});
	/* The third fails, and the fourth is carried out all the same. */
	assert_int_equal(netlink_run(&b, &nl, &failed, &err), -ENODEV);
	assert_int_equal(failed, 2);
	assert_non_null(strstr(err.text, "'nosuch'"));
	assert_int_equal(link_list_read(&nl, &links, &err), 0);
	left = link_by_name(&links, "left");
	right = link_by_name(&links, "right");
	assert_non_null(left);
	assert_non_null(right);
	assert_int_equal(left->peer, right->index);
	assert_int_equal(left->peer_netns, -1);
	assert_string_equal(left->kind, "veth");
	assert_int_equal(left->mtu, 1400);
	assert_true(left->flags & IFF_UP);
	assert_false(right->flags & IFF_UP);
	assert_true(link_by_index(&links, LINK_LOOPBACK)->flags & IFF_UP);
	assert_string_equal(link_by_name(&links, "br")->kind, "bridge");
}

static void kernel_words_are_kept(void **state)
{
	NETLINK_CLEANUP struct netlink nl = NETLINK_NONE;
	struct err err = {0};

	NEED_NAMESPACE();
	assert_int_equal(netlink_open(NETLINK_ROUTE, &nl, &err), 0);
	assert_int_equal(link_add(&nl, &(struct link_new){.kind = "nosuchkind", .name = "x"}, &err),
			 -EOPNOTSUPP);
	assert_string_equal(err.text,
			    "cannot make the nosuchkind interface 'x' (Unknown device type)");
}

static void addresses_and_routes(void **state)
{
	NETLINK_CLEANUP struct netlink nl = NETLINK_NONE;
	ADDRESS_LIST_CLEANUP struct address_list addresses = {0};
	ROUTE_LIST_CLEANUP struct route_list routes = {0};
	struct route route = {0};
	struct link link;
	struct err err = {0};
	struct ip v4, v6;
	int found = 0;

	NEED_NAMESPACE();
	assert_int_equal(netlink_open(NETLINK_ROUTE, &nl, &err), 0);
	assert_int_equal(link_add_veth(&nl, &(struct link_end){.name = "a0", .up = true},
				       &(struct link_end){.name = "a1", .up = true}, &err),
			 0);
	assert_int_equal(link_find(&nl, "a0", &link, &err), 0);
	assert_int_equal(ip_parse_cidr("10.9.0.1/24", &v4, &err), 0);
	assert_int_equal(ip_parse_cidr("fd09::1/64", &v6, &err), 0);
	assert_int_equal(address_add(&nl, link.index, "a0", &v4, &err), 0);
	assert_int_equal(address_add(&nl, link.index, "a0", &v6, &err), 0);
	assert_int_equal(address_add(&nl, link.index, "a0", &v4, &err), -EEXIST);
	assert_non_null(strstr(err.text, "'10.9.0.1/24'"));
	assert_int_equal(ip_parse("10.9.0.254", &route.via), 0);
	route.to.family = AF_INET;
	assert_int_equal(route_add(&nl, &route, &err), 0);
	assert_int_equal(address_list_read(&nl, &addresses, &err), 0);
	for (size_t i = 0; i < addresses.n; i++) {
		const struct address *a = &addresses.v[i];

		found += ip_equal(&a->ip, &v4) && a->link == link.index;
		found += ip_equal(&a->ip, &v6) && !(a->flags & IFA_F_TENTATIVE);
	}
	assert_int_equal(found, 2);
	assert_int_equal(route_list_read(&nl, RT_TABLE_MAIN, &routes, &err), 0);
	found = 0;
	for (size_t i = 0; i < routes.n; i++)
		found += routes.v[i].to.prefix == 0 && ip_equal(&routes.v[i].via, &route.via) &&
			 routes.v[i].link == link.index;
	assert_int_equal(found, 1);
	assert_int_equal(route_delete(&nl, &route, &err), 0);
	assert_int_equal(route_delete(&nl, &route, &err), -ESRCH);
	assert_int_equal(address_delete(&nl, link.index, "a0", &v4, &err), 0);
	assert_int_equal(link_delete(&nl, "a0", &err), 0);
	assert_int_equal(link_find(&nl, "a1", &link, &err), -ENODEV);
	assert_string_equal(err.text, "there is no network interface 'a1'");
}

static void many_at_once(void **state)
{
	NETLINK_CLEANUP struct netlink nl = NETLINK_NONE;
	NETLINK_BATCH_CLEANUP struct netlink_batch b = {0};
	LINK_LIST_CLEANUP struct link_list links = {0};
	struct err err = {0};
	char name[IFNAMSIZ];
	size_t found = 0;

	/* They go with the namespace: removing one waits for the whole machine (RCU). */
	NEED_NAMESPACE();
	assert_int_equal(netlink_open(NETLINK_ROUTE, &nl, &err), 0);
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "many%d", i);
		link_put_new(&b, &(struct link_new){.kind = "bridge", .name = name});
	}
	assert_int_equal(netlink_run(&b, &nl, NULL, &err), 0);
	assert_int_equal(link_list_read(&nl, &links, &err), 0);
	for (size_t i = 0; i < links.n; i++)
		found += strncmp(links.v[i].name, "many", 4) == 0;
	assert_int_equal(found, 300);
}

static void another_namespace(void **state)
{
	NETLINK_CLEANUP struct netlink here = NETLINK_NONE, there = NETLINK_NONE;
	LINK_LIST_CLEANUP struct link_list links = {0};
	CLOSE_FD int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), other = -1;
	struct err err = {0};
	struct link link;

	NEED_NAMESPACE();
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	other = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	assert_int_equal(setns(own, CLONE_NEWNET), 0);
	assert_int_equal(netlink_open(NETLINK_ROUTE, &here, &err), 0);
	assert_int_equal(netlink_open_in(other, NETLINK_ROUTE, &there, &err), 0);
	assert_int_equal(link_add_veth(&here, &(struct link_end){.name = "near", .up = true},
				       &(struct link_end){.name = "far", .netns = other}, &err),
			 0);
	assert_int_equal(link_find(&here, "near", &link, &err), 0);
	assert_true(link.peer_netns >= 0);
	assert_int_equal(link_find(&there, "far", &link, &err), 0);
	assert_int_equal(link_find(&here, "far", &link, &err), -ENODEV);
	assert_int_equal(link_list_read(&there, &links, &err), 0);
	assert_int_equal(links.n, 2);
	/* Up while it is moved to the other namespace with a new name. */
	assert_int_equal(link_add_veth(&here, &(struct link_end){.name = "c0", .up = true},
				       &(struct link_end){.name = "c1"}, &err),
			 0);
	assert_int_equal(
		link_change(&here, &(struct link_change){.name = "c1", .netns = other, .up = true},
			    &err),
		0);
	assert_int_equal(link_find(&there, "c1", &link, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nesting),
		cmocka_unit_test(hostile_attributes),
		cmocka_unit_test(addresses_in_words),
		cmocka_unit_test(names),
		cmocka_unit_test(ethernet_addresses),
		cmocka_unit_test(one_batch),
		cmocka_unit_test(kernel_words_are_kept),
		cmocka_unit_test(addresses_and_routes),
		cmocka_unit_test(another_namespace),
		cmocka_unit_test(many_at_once),
	};

	return cmocka_run_group_tests(tests, enter_namespace, NULL);
}
