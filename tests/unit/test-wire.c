// SPDX-License-Identifier: Apache-2.0
/* Explanations of wirings and names as golden text, and transactions whose worker dies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "macros.h"
#include "netns.h"
#include "transaction.h"
#include "wire.h"

static struct wire_end end(const char *shown, const char *ip, const char *word, int netns,
			   const char *name, const char *address)
{
	struct wire_end e = {.place = {netns, shown, ip, word}, .name = name};
	struct err err;

	if (address)
		assert_int_equal(ip_parse_cidr(address, &e.addresses[e.n_addresses++], &err), 0);
	return e;
}

static void expect(struct out *o, const char *wanted)
{
	assert_string_equal(o->text ? o->text : "", wanted);
	out_free(o);
}

static void pairs(void **state UNUSED)
{
	struct wire_end red = end("red", "ip -n red", "red", 3, NULL, "10.0.0.1/24");
	struct wire_end blue =
		end("pid:7", "nsenter --net --target 7 ip", "7", 4, "b0", "fd00::2/64");
	struct wire_end host = end("host", "ip", NULL, -1, "h0", NULL);
	struct wire_end host2 = end("host", "ip", NULL, -1, NULL, "10.0.0.9/31");
	struct out o = {0};

	wire_explain_veth(&red, &blue, &o);
	expect(&o, "ip -n red link add eth0 type veth peer name b0 netns 7\n"
		   "ip -n red address add 10.0.0.1/24 dev eth0 broadcast +\n"
		   "ip -n red link set eth0 up\n"
		   "ip -n red link set lo up\n"
		   "nsenter --net --target 7 ip address add fd00::2/64 dev b0 nodad\n"
		   "nsenter --net --target 7 ip link set b0 up\n"
		   "nsenter --net --target 7 ip link set lo up\n");
	red.mtu = 1400;
	wire_explain_veth(&red, &host, &o);
	expect(&o, "ip -n red link add eth0 mtu 1400 type veth peer name h0 netns $$\n"
		   "ip -n red address add 10.0.0.1/24 dev eth0 broadcast +\n"
		   "ip -n red link set eth0 up\n"
		   "ip -n red link set lo up\n"
		   "ip link set h0 up\n"
		   "ip link set lo up\n");
	wire_explain_veth(&host, &host2, &o);
	expect(&o, "ip link add h0 type veth peer name eth0\n"
		   "ip link set h0 up\n"
		   "ip link set lo up\n"
		   "ip address add 10.0.0.9/31 dev eth0\n"
		   "ip link set eth0 up\n");
}

static void bridges(void **state UNUSED)
{
	struct wire_end bridge = end("host", "ip", NULL, -1, "br0", "10.0.0.254/24");
	struct wire_end targets[] = {
		end("a", "ip -n a", "a", 3, NULL, "10.0.0.1/24"),
		end("ns:/x y", "nsenter --net='/x y' ip", "/x y", 4, "n0", NULL),
	};
	struct out o = {0};

	wire_explain_bridge(&bridge, targets, 2, &o);
	expect(&o, "ip link add br0 type bridge\n"
		   "ip address add 10.0.0.254/24 dev br0 broadcast +\n"
		   "ip link set br0 alias 'kokon bridge br0' up\n"
		   "ip link set lo up\n"
		   "ip link add veth0 master br0 type veth peer name eth0 netns a\n"
		   "ip link set veth0 alias 'kokon bridge br0' up\n"
		   "ip -n a address add 10.0.0.1/24 dev eth0 broadcast +\n"
		   "ip -n a link set eth0 up\n"
		   "ip -n a link set lo up\n"
		   "ip link add veth1 master br0 type veth peer name n0 netns '/x y'\n"
		   "ip link set veth1 alias 'kokon bridge br0' up\n"
		   "nsenter --net='/x y' ip link set n0 up\n"
		   "nsenter --net='/x y' ip link set lo up\n");
}

static void named(void **state UNUSED)
{
	struct netns_home root = {.path = "/run/netns", .dir = -1, .user = -1, .mnt = -1};
	struct netns_home user = {.path = "/run/user/7/kokon/netns",
				  .dir = -1,
				  .of_user = true,
				  .holder = 99,
				  .user = 5,
				  .mnt = 6};
	struct out o = {0};

	netns_explain_add(&root, "a b", &o);
	expect(&o, "mkdir -p /run/netns\n"
		   "mountpoint -q /run/netns || mount --bind /run/netns /run/netns\n"
		   "mount --make-rshared /run/netns\n"
		   "( set -o noclobber; umask 777; : > '/run/netns/a b' )\n"
		   "unshare --net='/run/netns/a b' true\n");
	netns_explain_delete(&root, "red", &o);
	expect(&o, "umount --lazy /run/netns/red\nrm /run/netns/red\n");
	netns_explain_delete(&user, "red", &o);
	expect(&o, "# inside your user and mount namespace, which process 99 keeps:\n"
		   "nsenter --target 99 --user --mount --preserve-credentials sh -e <<'END'\n"
		   "umount --lazy /run/user/7/kokon/netns/red\n"
		   "rm /run/user/7/kokon/netns/red\n"
		   "END\n");
	user.holder = 0;
	user.user = user.mnt = -1;
	netns_explain_attach(&user, "red", "/proc/7/ns/net", &o);
	expect(&o, "# inside a user and mount namespace, which a process then keeps as long as "
		   "there is "
		   "a name:\n"
		   "mkdir -p -m 700 /run/user/7/kokon/netns\n"
		   "unshare --user --map-root-user --mount --propagation slave sh -e <<'END'\n"
		   "mount --bind /run/user/7/kokon/netns /run/user/7/kokon/netns\n"
		   "mount --make-shared /run/user/7/kokon/netns\n"
		   "( set -o noclobber; umask 777; : > /run/user/7/kokon/netns/red )\n"
		   "mount --bind /proc/7/ns/net /run/user/7/kokon/netns/red\n"
		   "END\n");
}

static void names(void **state UNUSED)
{
	char name[NAME_MAX + 2];
	struct err err;

	memset(name, 'x', sizeof(name));
	name[NAME_MAX] = '\0';
	assert_int_equal(netns_check_name(name, &err), 0);
	assert_int_equal(netns_check_name("--", &err), 0);
	assert_int_equal(netns_check_name("grün", &err), 0);
	name[NAME_MAX] = 'x';
	name[NAME_MAX + 1] = '\0';
	for (const char *const *bad =
		     (const char *const[]){name, "", ".", "..", "a/b", "/", "a\tb", "\x7f", NULL};
	     *bad; bad++)
		assert_int_equal(netns_check_name(*bad, &err), -EINVAL);
}

struct tally {
	int done, undone;
	pid_t worker, undoer;
};

static void undo(void *arg)
{
	struct tally *t = arg;

	t->undone++;
	t->undoer = getpid();
}

static int succeed(void *arg, struct err *err UNUSED)
{
	((struct tally *)arg)->done++;
	((struct tally *)arg)->worker = getpid();
	return 0;
}

static int go_wrong(void *arg, struct err *err)
{
	succeed(arg, err);
	return err_set(err, ENOSPC, "cannot do 'it'");
}

static int die(void *arg, struct err *err)
{
	succeed(arg, err);
	raise(SIGKILL);
	return 0;
}

static void transactions(void **state UNUSED)
{
	struct tally *t = calloc(1, sizeof(*t));
	struct err err = {0};

	assert_int_equal(transaction_run(succeed, undo, t, &err), 0);
	assert_int_equal(t->done, 1);
	assert_int_equal(t->undone, 0);
	assert_int_not_equal(t->worker, getpid());
	assert_int_equal(transaction_run(go_wrong, undo, t, &err), -ENOSPC);
	assert_string_equal(err.text, "cannot do 'it'");
	assert_int_equal(t->undone, 1);
	assert_int_equal(t->undoer, t->worker);
	assert_int_equal(transaction_run(die, undo, t, &err), -EINTR);
	assert_int_equal(t->undone, 2);
	assert_int_equal(t->undoer, getpid());
	free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs), cmocka_unit_test(bridges),      cmocka_unit_test(named),
		cmocka_unit_test(names), cmocka_unit_test(transactions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
