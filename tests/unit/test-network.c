// SPDX-License-Identifier: Apache-2.0
/* Networks: places of a subnet, choosing subnets, published ports, pools, rules, names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "dns.h"
#include "file.h"
#include "network.h"
#include "pool.h"
#include "publish.h"
#include "rules.h"

static struct ip cidr(const char *text)
{
	struct err err = {0};
	struct ip ip = {0};

	assert_int_equal(ip_parse_cidr(text, &ip, &err), 0);
	return ip;
}

static struct network make(const char *name, const char *v4, const char *v6)
{
	struct network n = {0};
	struct err err = {0};

	snprintf(n.name, sizeof(n.name), "%s", name);
	network_interface_name(name, n.interface);
	if (v4)
		n.subnet[V4] = cidr(v4);
	if (v6)
		n.subnet[V6] = cidr(v6);
	assert_int_equal(network_complete(&n, NULL, &err), 0);
	return n;
}

static void places(void **state UNUSED)
{
	struct network n = make("a", "10.1.2.0/24", "fd00:1::/64");
	struct ip ip;
	char text[IP_TEXT_MAX];

	ip = network_address(&n, V4, 77);
	assert_string_equal(ip_format_cidr(&ip, text), "10.1.2.77/24");
	ip = network_address(&n, V6, 300);
	assert_string_equal(ip_format_cidr(&ip, text), "fd00:1::12c/64");
	assert_int_equal(ip_parse("10.1.2.77", &ip), 0);
	assert_int_equal(network_place(&n, &ip), 77);
	assert_int_equal(ip_parse("10.1.3.77", &ip), 0);
	assert_int_equal(network_place(&n, &ip), 0);
	assert_int_equal(ip_parse("fd00:1::ffff:1", &ip), 0);
	assert_int_equal(network_place(&n, &ip), 0);
	assert_int_equal(network_last_place(&n), 254);
	n = make("b", "10.0.0.0/8", NULL);
	assert_int_equal(network_last_place(&n), NETWORK_PLACES_MAX);
	ip = network_address(&n, V4, 65535);
	assert_string_equal(ip_format(&ip, text), "10.0.255.255");
	n = make("c", "10.0.0.0/30", NULL);
	assert_int_equal(network_last_place(&n), 2);
}

static void interface_names(void **state UNUSED)
{
	char a[16], b[16];

	network_interface_name("lab", a);
	assert_string_equal(a, "kn-lab");
	network_interface_name("a-name-that-is-much-too-long-1", a);
	network_interface_name("a-name-that-is-much-too-long-2", b);
	assert_true(strlen(a) <= 15);
	assert_string_not_equal(a, b);
	network_interface_name(NETWORK_DEFAULT, a);
	assert_string_equal(a, "kokon0");
}

static void subnets(void **state UNUSED)
{
	struct taken taken[300];
	struct err err = {0};
	char text[IP_TEXT_MAX];
	struct ip ip;

	assert_int_equal(subnet_choose4(NULL, 0, &ip, &err), 0);
	assert_string_equal(ip_format_cidr(&ip, text), "10.210.0.0/24");
	taken[0] = (struct taken){cidr("10.210.0.0/15"), "the route", "eth0"};
	assert_int_equal(subnet_choose4(taken, 1, &ip, &err), 0);
	assert_string_equal(ip_format_cidr(&ip, text), "10.212.0.0/24");
	taken[0].ip = cidr("10.0.0.0/8");
	assert_int_equal(subnet_choose4(taken, 1, &ip, &err), -ENOSPC);
	ip = cidr("10.5.0.0/16");
	assert_true(subnet_check(&ip, taken, 1, &err) < 0);
	assert_non_null(strstr(err.text, "the route 10.0.0.0/8 of eth0"));
	ip = cidr("172.20.0.0/16");
	assert_int_equal(subnet_check(&ip, taken, 1, &err), 0);
	static const char *const bad[] = {"10.5.0.1/16",   "127.0.0.0/8", "224.0.0.0/24",
					  "11.0.0.0/31",   "0.0.0.0/8",   "fe80::/64",
					  "ff00::/8",      "::/64",       "fd00::/127",
					  "169.254.0.0/16"};
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		ip = cidr(bad[i]);
		assert_true(subnet_check(&ip, NULL, 0, &err) < 0);
	}
}

static void ports(void **state UNUSED)
{
	static const struct {
		const char *text, *shown;
	} good[] = {
		{"8080:80", "0.0.0.0:8080->80/tcp"},
		{"80", "0.0.0.0:0->80/tcp"},
		{"53:53/udp", "0.0.0.0:53->53/udp"},
		{"127.0.0.1:8080:80/tcp", "127.0.0.1:8080->80/tcp"},
		{"127.0.0.1::80", "127.0.0.1:0->80/tcp"},
		{"0.0.0.0:1:2", "0.0.0.0:1->2/tcp"},
		{"[::1]:8080:80", "[::1]:8080->80/tcp"},
		{"8000-8010:9000-9010", "0.0.0.0:8000-8010->9000-9010/tcp"},
		{":80", "0.0.0.0:0->80/tcp"},
	};
	static const char *const bad[] = {
		"",      ":",        "x",          "0",       "65536:80",      "80:0",
		"80-70", "80-82:80", "1:2:3",      "80/sctp", "a.b.c.d:80:80", "80:80:80:80",
		"/udp",  "-1:80",    "[::1:80:80", "80:",     "1.2.3.4:80:",   "80--81"};
	struct published p;
	struct err err = {0};
	char text[PUBLISH_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(publish_parse(good[i].text, &p, &err), 0);
		assert_string_equal(publish_format(&p, text), good[i].shown);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (publish_parse(bad[i], &p, &err) == 0)
			fail_msg("'%s' was taken for a port", bad[i]);
	}
}

static void collisions(void **state UNUSED)
{
	struct published v[2];
	struct err err = {0};

	publish_parse("8000-8010:8000-8010", &v[0], &err);
	publish_parse("8010:1", &v[1], &err);
	assert_true(publish_check(v, 2, &err) < 0);
	assert_non_null(strstr(err.text, "8010/tcp"));
	publish_parse("8010:1/udp", &v[1], &err);
	assert_int_equal(publish_check(v, 2, &err), 0);
	publish_parse("10.0.0.1:80:1", &v[0], &err);
	publish_parse("10.0.0.2:80:1", &v[1], &err);
	assert_int_equal(publish_check(v, 2, &err), 0);
	publish_parse("80:1", &v[1], &err);
	assert_true(publish_check(v, 2, &err) < 0);
}

/* --- pools --- */

static char directory_name[] = "/tmp/kokon-pool.XXXXXX";
static int directory = -1;

static int pools_begin(void **state UNUSED)
{
	int root;

	snprintf(directory_name, sizeof(directory_name), "/tmp/kokon-pool.XXXXXX");
	if (!mkdtemp(directory_name))
		return -1;
	root = open(directory_name, O_RDONLY | O_DIRECTORY);
	directory = pool_directory(root, true, NULL);
	close(root);
	return directory < 0 ? -1 : 0;
}

static int pools_end(void **state UNUSED)
{
	char path[64];
	char **names;
	size_t n;

	assert_int_equal(pool_names(directory, &names, &n, NULL), 0);
	for (size_t i = 0; i < n; i++)
		pool_unlink(directory, names[i]);
	pool_names_free(names, n);
	close(directory);
	snprintf(path, sizeof(path), "%s/.network", directory_name);
	rmdir(path);
	return rmdir(directory_name);
}

static void taking(void **state UNUSED)
{
	struct network n = make("small", "10.1.0.0/29", NULL);
	POOL_CLEANUP struct pool p = POOL_NONE;
	struct err err = {0};
	struct lease l;
	bool ports_gone = false;
	char owner[8];

	assert_int_equal(pool_write(directory, &n, 1, &err), 0);
	assert_int_equal(pool_open(directory, "nosuch", &p, &err), -ENOENT);
	assert_int_equal(pool_open(directory, "small", &p, &err), 0);
	for (int i = 0; i < 5; i++) {
		snprintf(owner, sizeof(owner), "c%d", i);
		assert_int_equal(pool_take(&p, &(struct lease_request){.owner = owner}, &l, &err),
				 0);
		assert_int_equal(l.place, i + 2);
		assert_string_equal(l.owner, owner);
		assert_int_equal(l.mac[0], 2);
	}
	assert_int_equal(pool_take(&p, &(struct lease_request){.owner = "x"}, &l, &err),
			 -EADDRNOTAVAIL);
	assert_non_null(strstr(err.text, "10.1.0.0/29"));
	assert_int_equal(pool_used(&p), 5);
	assert_int_equal(pool_find(&p, "c3"), 5);
	assert_int_equal(pool_release(&p, "c3", &ports_gone), 1);
	assert_int_equal(pool_release(&p, "c3", &ports_gone), 0);
	assert_false(ports_gone);
	assert_int_equal(pool_take(&p, &(struct lease_request){.owner = "x"}, &l, &err), 0);
	assert_int_equal(l.place, 5);
	/* Written anew, it keeps its records. */
	assert_int_equal(pool_write(directory, &n, 2, &err), 0);
	assert_int_equal(pool_find(&p, "x"), 5);
}

static void asking(void **state UNUSED)
{
	struct network n = make("asked", "10.1.0.0/24", "fd00:2::/64");
	POOL_CLEANUP struct pool p = POOL_NONE;
	struct lease_request q = {.owner = "a", .mac = {2, 0, 0, 0, 0, 9}, .aliases = "db data"};
	struct err err = {0};
	struct lease l;

	assert_int_equal(pool_write(directory, &n, 1, &err), 0);
	assert_int_equal(pool_open(directory, "asked", &p, &err), 0);
	ip_parse("10.1.0.9", &q.ip[V4]);
	assert_int_equal(pool_take(&p, &q, &l, &err), 0);
	assert_int_equal(l.place, 9);
	assert_int_equal(l.mac[5], 9);
	assert_string_equal(l.aliases, "db data");
	q.owner = "b";
	assert_int_equal(pool_take(&p, &q, &l, &err), -EADDRINUSE);
	assert_non_null(strstr(err.text, "given to 'a'"));
	ip_parse("10.1.0.1", &q.ip[V4]);
	assert_int_equal(pool_take(&p, &q, &l, &err), -EADDRINUSE);
	ip_parse("10.1.0.10", &q.ip[V4]);
	ip_parse("fd00:2::b", &q.ip[V6]);
	assert_true(pool_take(&p, &q, &l, &err) < 0);
	ip_parse("fd00:2::a", &q.ip[V6]);
	assert_int_equal(pool_take(&p, &q, &l, &err), 0);
}

/* Processes that take places at once never get the same one; killed ones leave records that say
 * whose they are. */
static void at_once(void **state UNUSED)
{
	enum { CHILDREN = 8, EACH = 25 };
	struct network n = make("busy", "10.1.0.0/24", NULL);
	POOL_CLEANUP struct pool p = POOL_NONE;
	struct err err = {0};
	uint32_t at = 1;
	bool ports_gone = false;
	int status;

	assert_int_equal(pool_write(directory, &n, 1, &err), 0);
	for (int i = 0; i < CHILDREN; i++) {
		if (fork() == 0) {
			struct lease l;
			char owner[8];

			snprintf(owner, sizeof(owner), "c%d", i);
			for (int k = 0; k < EACH; k++)
				if (pool_open(directory, "busy", &p, &err) < 0 ||
				    pool_take(&p, &(struct lease_request){.owner = owner}, &l,
					      &err) < 0)
					_exit(1);
			kill(getpid(), SIGKILL);
		}
	}
	for (int i = 0; i < CHILDREN; i++) {
		assert_true(wait(&status) > 0);
		assert_true(WIFSIGNALED(status));
	}
	assert_int_equal(pool_open(directory, "busy", &p, &err), 0);
	assert_int_equal(pool_used(&p), CHILDREN * EACH);
	while (pool_next(&p, &at))
		;
	for (int i = 0; i < CHILDREN; i++) {
		char owner[8];

		snprintf(owner, sizeof(owner), "c%d", i);
		assert_int_equal(pool_release(&p, owner, &ports_gone), EACH);
	}
}

static void damaged(void **state UNUSED)
{
	POOL_CLEANUP struct pool p = POOL_NONE;
	struct err err = {0};
	int fd = openat(directory, "bad.pool", O_WRONLY | O_CREAT, 0600);

	assert_int_equal(pool_open(directory, "bad", &p, &err), -EPROTO);
	assert_int_equal(ftruncate(fd, 100000), 0);
	assert_int_equal(pool_open(directory, "bad", &p, &err), -EPROTO);
	close(fd);
}

/* --- rules --- */

static void rules(void **state UNUSED)
{
	struct network a = make("a", "10.1.0.0/24", "fd00:1::/64"),
		       b = make("b", "10.2.0.0/24", NULL);
	struct network c = make("c", "10.3.0.0/24", NULL);
	struct published ports[3];
	struct rules_member member = {7, ports, 3};
	struct rules_network v[] = {{&a, &member, 1}, {&b, NULL, 0}, {&c, NULL, 0}};
	OUT_CLEANUP struct out o = {0};
	FREE_PTR char *golden = NULL;
	struct err err = {0};
	char path[512];

	b.flags = NETWORK_INTERNAL;
	c.flags = NETWORK_ISOLATED;
	publish_parse("8080:80", &ports[0], &err);
	publish_parse("127.0.0.1:5300-5301:53-54/udp", &ports[1], &err);
	publish_parse("[::1]:8443:443", &ports[2], &err);
	rules_format(v, 3, true, &o);
	snprintf(path, sizeof(path), "%s/network-rules.nft", getenv("KOKON_GOLDEN"));
	if (getenv("KOKON_UPDATE")) {
		int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

		assert_int_equal(out_write(&o, fd), 0);
		close(fd);
	}
	assert_true(read_file_at(AT_FDCWD, path, 1 << 16, &golden) > 0);
	assert_string_equal(o.text, golden);
	out_free(&o);
	o = (struct out){0};
	rules_format(v, 3, false, &o);
	assert_non_null(strstr(o.text, "hook output priority -105; policy accept;\n"
				       "\t\tip6 daddr ::1 accept\n"));
	out_free(&o);
	o = (struct out){0};
	rules_format(NULL, 0, true, &o);
	assert_string_equal(o.text, "table inet kokon {}\ndelete table inet kokon\n");
}

/* --- names --- */

static const unsigned char query[] = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
				     "\x03"
				     "Web\x03lab\x00\x00\x01\x00\x01";
enum { QUERY = sizeof(query) - 1 };

static void questions(void **state UNUSED)
{
	unsigned char bad[QUERY], answer[512];
	struct dns_question q;
	struct ip ips[2];
	size_t len;

	assert_true(dns_parse(query, QUERY, &q));
	assert_string_equal(q.name, "web.lab");
	assert_int_equal(q.type, DNS_A);
	assert_int_equal(q.end, QUERY);
	for (size_t n = 0; n < QUERY; n++)
		assert_false(dns_parse(query, n, &q));
	for (size_t i = 0; i < QUERY; i++) {
		for (int v = 0; v < 256; v++) {
			memcpy(bad, query, QUERY);
			bad[i] = (unsigned char)v;
			dns_parse(bad, QUERY, &q);
		}
	}
	assert_true(dns_parse(query, QUERY, &q));
	ip_parse("10.1.0.7", &ips[0]);
	ip_parse("fd00::7", &ips[1]);
	len = dns_answer(query, &q, DNS_OK, ips, 2, NULL, answer, sizeof(answer));
	assert_int_equal(len, QUERY + 16);
	assert_memory_equal(answer, "\x12\x34\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00", 12);
	assert_memory_equal(answer + len - 4, ips[0].bytes, 4);
	/* No room for a record: cut, and told so. */
	len = dns_answer(query, &q, DNS_OK, ips, 2, NULL, answer, QUERY + 10);
	assert_int_equal(len, QUERY);
	assert_true(answer[2] & 2);
	assert_int_equal(dns_answer(query, &q, DNS_OK, ips, 2, NULL, answer, 5), 0);
}

static void backwards(void **state UNUSED)
{
	struct ip ip;
	char text[IP_TEXT_MAX];

	assert_true(dns_reverse("7.0.44.10.in-addr.arpa", &ip));
	assert_string_equal(ip_format(&ip, text), "10.44.0.7");
	assert_true(
		dns_reverse("7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.4.4.d.f.ip6."
			    "arpa",
			    &ip));
	assert_string_equal(ip_format(&ip, text), "fd44::7");
	assert_false(dns_reverse("256.0.44.10.in-addr.arpa", &ip));
	assert_false(dns_reverse("7.0.44.in-addr.arpa", &ip));
	assert_false(dns_reverse("", &ip));
	assert_false(dns_reverse("web", &ip));
	assert_false(dns_reverse("10.", &ip));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places),
		cmocka_unit_test(interface_names),
		cmocka_unit_test(subnets),
		cmocka_unit_test(ports),
		cmocka_unit_test(collisions),
		cmocka_unit_test_setup_teardown(taking, pools_begin, pools_end),
		cmocka_unit_test_setup_teardown(asking, pools_begin, pools_end),
		cmocka_unit_test_setup_teardown(at_once, pools_begin, pools_end),
		cmocka_unit_test_setup_teardown(damaged, pools_begin, pools_end),
		cmocka_unit_test(rules),
		cmocka_unit_test(questions),
		cmocka_unit_test(backwards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
