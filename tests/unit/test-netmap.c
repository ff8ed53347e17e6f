// SPDX-License-Identifier: Apache-2.0
/*
 * The map of network namespaces on made-up machines: one where all is well and each rule's way of
 * breaking it, the matching of pairs, and the four forms against golden files.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <locale.h>
#include "made-up-net.h"
#include "made-up-proc.h"

static int make(void **state UNUSED)
{
	make_machine();
	return 0;
}

static int unmake(void **state UNUSED)
{
	arena_free(&arena);
	return 0;
}

static struct netmap_link *at(uint32_t ns, uint32_t link)
{
	return &m.ns[ns].links[link];
}

static void look(void)
{
	netmap_match(&m, numbers, NULL);
	netmap_check(&m);
}

/* NULL: none at all. */
static void only_problem(const char *id)
{
	for (size_t i = 0; i < m.n_problems; i++)
		if (!id || strcmp(m.problems[i].id, id) != 0)
			fail_msg("%s: %s", m.problems[i].id, m.problems[i].text);
	assert_int_equal(m.n_problems, id ? 1 : 0);
}

static void all_is_well(void **state UNUSED)
{
	look();
	only_problem(NULL);
}

/* --- each rule --- */

static void down(uint32_t ns, uint32_t link)
{
	at(ns, link)->dev.flags = 0;
}

static void break_loopback(void)
{
	down(RED, LO);
}
static void break_bridge(void)
{
	down(HOST, H_BR0);
}
static void break_port(void)
{
	down(HOST, H_RED);
}
static void break_peer(void)
{
	down(BLUE, ETH0);
}
static void break_device(void)
{
	down(HOST, H_ETH0);
}
static void pull_cable(void)
{
	at(HOST, H_ETH0)->dev.flags = IFF_UP;
}
static void hide_peer(void)
{
	at(RED, ETH0)->dev.peer = 99;
	snprintf(at(HOST, H_RED)->dev.kind, 16, "dummy");
	at(HOST, H_RED)->dev.peer = 0;
}
static void empty_bridge(void)
{
	add_link(HOST, 9, "br1", "bridge");
}
static void lose_address(void)
{
	at(RED, ETH0)->n_addresses = 0;
	m.ns[RED].n_routes = m.ns[RED].all_routes = 0;
}
static void same_address(void)
{
	at(BLUE, ETH0)->addresses[0] = at(RED, ETH0)->addresses[0];
}
static void refuse_address(void)
{
	at(BLUE, ETH0)->addresses[1].flags = IFA_F_DADFAILED;
}
static void other_subnet(void)
{
	ip_parse_cidr("10.0.7.3/24", &at(BLUE, ETH0)->addresses[0].ip, NULL);
	m.ns[BLUE].n_routes = 0;
	add_route(BLUE, "10.0.7.0/24", NULL, 2);
	add_route(BLUE, "0.0.0.0/0", NULL, 2);
}
static void same_mac(void)
{
	memcpy(at(BLUE, ETH0)->dev.address, at(RED, ETH0)->dev.address, 6);
}
static void big_packets(void)
{
	at(RED, ETH0)->dev.mtu = 9000;
}
static void no_gateway(void)
{
	m.ns[RED].n_routes = 1;
	add_route(RED, NULL, "10.0.0.9", 2);
}
static void no_default(void)
{
	m.ns[RED].n_routes = m.ns[RED].all_routes = 1;
}
static void no_forwarding(void)
{
	m.ns[HOST].forward4 = 0;
}
static void nat_for_nobody(void)
{
	m.ns[HOST].forward4 = 0;
	for (uint32_t i = RED; i <= BLUE; i++) /* by device: nobody's gateway */
		m.ns[i].routes[1].via.family = 0;
}
static void no_nat(void)
{
	m.ns[HOST].nat = false;
}
static void lonely(void)
{
	m.n_ns = 4;
	add_namespace(LONE, "netns:lone", "kokon netns exec lone ");
}

static const struct {
	void (*damage)(void);
	const char *id, *title, *interface, *text, *remedy;
} cases[] = {
	{break_loopback, "loopback-down", "netns:red", "lo", "do not answer",
	 "kokon netns exec red ip link set dev lo up"},
	{break_bridge, "bridge-down", "host", "br0", "do not reach each other",
	 "ip link set dev br0 up"},
	{break_port, "port-down", "host", "v-red", "bridge 'br0' does not reach",
	 "ip link set dev v-red up"},
	{break_peer, "peer-down", "container:blue", "eth0", "v-blue in host, has no carrier",
	 "kokon nsenter -t 3000 -n ip link set dev eth0 up"},
	{break_device, "link-down", "host", "eth0", "though it has an address",
	 "ip link set dev eth0 up"},
	{pull_cable, "no-carrier", "host", "eth0", "no cable", NULL},
	{hide_peer, "no-peer", "netns:red", "eth0", "its other end, interface 99",
	 "kokon lsns --type net"},
	{empty_bridge, "bridge-empty", "host", "br1", "no port", "kokon bridge br1 TARGET"},
	{lose_address, "no-address", "netns:red", "eth0", "nothing here hands one out",
	 "kokon netns exec red ip address add 10.0.0.2/24 dev eth0"},
	{same_address, "address-twice", "container:blue", "eth0",
	 "10.0.0.2 is also the address of eth0 in netns:red",
	 "kokon nsenter -t 3000 -n ip address delete 10.0.0.2/24 dev eth0"},
	{refuse_address, "address-refused", "container:blue", "eth0", "fe80::1 is not used",
	 "kokon nsenter -t 3000 -n ip address delete fe80::1/64 dev eth0"},
	{other_subnet, "subnets-differ", "container:blue", "eth0",
	 "10.0.7.3/24 and 10.0.0.1/24 of br0 in host",
	 "kokon nsenter -t 3000 -n ip address add 10.0.0.3/24 dev eth0"},
	{same_mac, "mac-twice", "container:blue", "eth0", "also that of eth0 in netns:red",
	 "kokon nsenter -t 3000 -n ip link set dev eth0 address 02:4b:"},
	{big_packets, "mtu-differs", "netns:red", "eth0", "v-red in host takes 1500",
	 "kokon netns exec red ip link set dev eth0 mtu 1500"},
	{no_gateway, "gateway-missing", "netns:red", NULL, "10.0.0.9, which nobody",
	 "kokon netns exec red ip route replace default via 10.0.0.1"},
	{no_default, "no-route", "netns:red", NULL, "reaches only 10.0.0.0/24",
	 "kokon netns exec red ip route add default via 10.0.0.1"},
	{no_forwarding, "forwarding-off", "host", NULL,
	 "10.0.0.1 here is the gateway of netns:red, but IPv4 forwarding is off",
	 "sysctl -w net.ipv4.ip_forward=1"},
	{nat_for_nobody, "nat-unused", "host", NULL, "forwarding is off",
	 "sysctl -w net.ipv4.ip_forward=1"},
	{no_nat, "no-nat", "host", NULL, "forwards for netns:red", "oifname \"eth0\" masquerade"},
	{lonely, "no-interface", "netns:lone", NULL, "no interface but loopback",
	 "kokon veth host=10.77.1.1/24 netns:lone:eth0=10.77.1.2/24"},
};

static const struct netmap_problem *find_problem(const char *id)
{
	for (size_t i = 0; i < m.n_problems; i++)
		if (strcmp(m.problems[i].id, id) == 0)
			return &m.problems[i];
	return NULL;
}

static void each_rule(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct netmap_problem *p;

		unmake(state);
		make_machine();
		cases[i].damage();
		look();
		p = find_problem(cases[i].id);
		if (!p)
			fail_msg("%s was not found", cases[i].id);
		assert_string_equal(m.ns[p->ns].title, cases[i].title);
		assert_int_equal(p->link == NETMAP_NONE, !cases[i].interface);
		if (cases[i].interface)
			assert_string_equal(at(p->ns, p->link)->dev.name, cases[i].interface);
		if (!strstr(p->text, cases[i].text))
			fail_msg("%s: '%s'", p->id, p->text);
		if (!cases[i].remedy != !p->remedy ||
		    (p->remedy && !strstr(p->remedy, cases[i].remedy)))
			fail_msg("%s: '%s'", p->id, p->remedy ? p->remedy : "no remedy");
		only_problem(p->id);
	}
}

/* What looks like a fault and is none. */
static void no_false_alarm(void **state UNUSED)
{
	struct netmap_link *tun = add_link(RED, 7, "tunl0", "ipip");

	tun->dev.flags = 0; /* made by a module, never used */
	at(HOST, H_RED)->n_addresses = 0;
	/* routed to, without an address of its own */
	add_route(HOST, "10.9.0.5/32", NULL, 4)->protocol = RTPROT_BOOT;
	at(HOST, H_RED)->dev.master = 0;
	at(HOST, H_RED)->dev.mtu = 1500;
	m.ns[RED].n_routes = 1;
	add_route(RED, NULL, "10.0.0.1", 2);
	/* the same address on networks that nothing joins */
	add_address(add_link(BLUE, 8, "dummy0", "dummy"), "192.0.2.10/24");
	look();
	only_problem("gateway-missing");
}

/* --- matching --- */

static void assert_joined(uint32_t ns, uint32_t link, uint32_t to_ns, uint32_t to_link)
{
	assert_int_equal(at(ns, link)->peer.ns, to_ns);
	assert_int_equal(at(ns, link)->peer.link, to_link);
	assert_int_equal(at(to_ns, to_link)->peer.ns, ns);
	assert_int_equal(at(to_ns, to_link)->peer.link, link);
}

static void pairs(void **state UNUSED)
{
	netmap_match(&m, numbers, NULL);
	assert_joined(HOST, H_RED, RED, ETH0);
	assert_joined(HOST, H_BLUE, BLUE, ETH0);
	assert_int_equal(at(HOST, H_RED)->bridge, H_BR0);
	assert_int_equal(at(RED, ETH0)->segment, at(BLUE, ETH0)->segment);
	assert_int_equal(at(RED, ETH0)->segment, at(HOST, H_BR0)->segment);
	assert_int_not_equal(at(RED, ETH0)->segment, at(HOST, H_ETH0)->segment);
	/* by numbers of interfaces alone */
	netmap_match(&m, NULL, NULL);
	assert_joined(HOST, H_RED, RED, ETH0);
	assert_joined(HOST, H_BLUE, BLUE, ETH0);
}

/* Two pairs with the same numbers of interfaces: only the kernel's answer tells them apart. */
static int32_t swapped(void *context UNUSED, uint32_t a, uint32_t b)
{
	return a == HOST ? (b == BLUE ? 1 : b == RED ? 2 : -1) : (a == RED ? 7 : 8) + (b != HOST);
}

static void same_numbers(void **state UNUSED)
{
	at(HOST, H_BLUE)->dev.index = 4; /* torn, as after a change between two reads */
	at(RED, ETH0)->dev.peer = at(BLUE, ETH0)->dev.peer = 4;
	at(RED, ETH0)->dev.peer_netns = 7;
	at(BLUE, ETH0)->dev.peer_netns = 8;
	at(HOST, H_RED)->dev.peer_netns = 2;
	at(HOST, H_BLUE)->dev.peer_netns = 1;
	netmap_match(&m, swapped, NULL);
	assert_int_equal(at(HOST, H_RED)->peer.ns, RED);
	assert_int_equal(at(HOST, H_BLUE)->peer.ns, BLUE);
	/* two candidates and no answer: neither is guessed */
	netmap_match(&m, NULL, NULL);
	assert_int_equal(at(HOST, H_RED)->peer.ns, NETMAP_NONE);
}

static void pair_within(void **state UNUSED)
{
	struct netmap_link *a = add_link(RED, 7, "a", "veth"), *b = add_link(RED, 8, "b", "veth");

	a->dev.peer = 8;
	b->dev.peer = 7;
	netmap_match(&m, numbers, NULL);
	assert_joined(RED, 2, RED, 3);
}

/* The same number in both namespaces, as in two that were made alike. */
static void equal_index(void **state UNUSED)
{
	at(HOST, H_RED)->dev.index = 2;
	at(HOST, H_ETH0)->dev.index = 12;
	at(RED, ETH0)->dev.peer = 2;
	netmap_match(&m, numbers, NULL);
	assert_joined(HOST, H_RED, RED, ETH0);
}

static void lower_device(void **state UNUSED)
{
	struct netmap_link *l = add_link(RED, 7, "mac0", "macvlan");

	l->dev.peer = 2;
	l->dev.peer_netns = 0;
	netmap_match(&m, numbers, NULL);
	assert_int_equal(at(RED, 2)->peer.ns, HOST);
	assert_int_equal(at(RED, 2)->peer.link, H_ETH0);
	assert_int_equal(at(HOST, H_ETH0)->peer.ns, NETMAP_NONE);
}

/* --- forms --- */

static void write_text(const struct netmap *map, struct out *o)
{
	netmap_text(map, &(struct netmap_style){0}, o);
}

static void write_narrow(const struct netmap *map, struct out *o)
{
	netmap_text(map, &(struct netmap_style){.ascii = true, .width = 60}, o);
}

static const struct {
	const char *ending;
	void (*write)(const struct netmap *map, struct out *o);
} forms[] = {{".txt", write_text},
	     {"-narrow.txt", write_narrow},
	     {".json", netmap_json},
	     {".svg", netmap_svg},
	     {".dot", netmap_dot}};

/* Against golden files; NULL: it ends. */
static void write_all_forms(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		OUT_CLEANUP struct out o = {0};
		char file[64];

		forms[i].write(&m, &o);
		snprintf(file, sizeof(file), "%s%s", name ? name : "", forms[i].ending);
		if (name)
			assert_golden(file, &o);
	}
}

static void every_form(void **state UNUSED)
{
	static const char *const hidden[] = {"the namespaces of 3 processes", NULL};

	break_loopback();
	no_forwarding();
	break_peer();
	lonely();
	m.hidden = hidden;
	m.n_hidden = 1;
	look();
	write_all_forms("netmap");
	m.only = RED;
	m.ns[RED].sockets.known = true;
	m.ns[RED].sockets.tcp_listening = 1;
	m.ns[RED].sockets.n_listeners = 1;
	m.ns[RED].sockets.listeners =
		&(struct netmap_listener){.protocol = "tcp",
					  .ip = {.family = AF_INET, .prefix = 32},
					  .port = 80,
					  .pid = 4711,
					  .command = "nginx"};
	write_all_forms("netmap-red");
}

/* Whoever makes an interface or a process chooses its name. */
static void hostile_names(void **state UNUSED)
{
	snprintf(at(RED, ETH0)->dev.name, IFNAMSIZ, "</text>\"'&\\N");
	snprintf(at(HOST, H_RED)->dev.name, IFNAMSIZ, "\033[2J\r\n\xff\xc0");
	snprintf(at(BLUE, ETH0)->dev.name, IFNAMSIZ, "\xe2\x80\xae$(id)`");
	m.ns[RED].title = "netns:--><script>alert(1)</script>\x01\x7f";
	m.ns[BLUE].processes[0].command = "]]>\"; rm -rf ~; \xed\xa0\x80\n";
	m.ns[BLUE].processes[1].command = "жук";
	break_loopback();
	break_peer();
	look();
	write_all_forms("netmap-hostile");
}

/* Rings, two pairs between two, a chain, namespaces that may not be looked into. */
static void odd_shapes(void **state UNUSED)
{
	struct netmap_link *a, *b;

	lonely();
	m.ns[LONE].unseen = "it belongs to another user: run this as root to look into it";
	m.ns[LONE].n_links = 0;
	for (int i = 0; i < 2; i++) {
		a = add_link(RED, 10 + i, i ? "two" : "one", "veth");
		b = add_link(BLUE, 20 + i, i ? "zwei" : "eins", "veth");
		a->dev.peer = 20 + i;
		b->dev.peer = 10 + i;
		a->dev.peer_netns = b->dev.peer_netns = 5;
		add_address(a, i ? "10.3.0.1/24" : "10.2.0.1/24");
		add_address(b, i ? "10.3.0.2/24" : "10.2.0.2/24");
	}
	a = add_link(HOST, 30, "in", "veth");
	b = add_link(HOST, 31, "out", "veth");
	a->dev.peer = 31;
	b->dev.peer = 30;
	add_address(a, "10.4.0.1/24");
	add_address(b, "10.4.0.2/24");
	look();
	write_all_forms("netmap-odd");
}

/* A master that is its own port, as no kernel tells it, ends all the same. */
static void contradiction(void **state UNUSED)
{
	at(HOST, H_BR0)->dev.master = 4;
	at(RED, ETH0)->dev.master = 2;
	look();
	write_all_forms(NULL);
}

static void nothing(void **state UNUSED)
{
	m.n_ns = 0;
	look();
	write_all_forms(NULL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make, unmake)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(all_is_well),  TEST(each_rule),     TEST(no_false_alarm), TEST(pairs),
		TEST(same_numbers), TEST(pair_within),   TEST(equal_index),    TEST(lower_device),
		TEST(every_form),   TEST(hostile_names), TEST(odd_shapes),     TEST(contradiction),
		TEST(nothing),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
