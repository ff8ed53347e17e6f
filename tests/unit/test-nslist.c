// SPDX-License-Identifier: Apache-2.0
/* lsns over a made-up /proc, against golden files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "nslist.h"
#include "made-up-proc.h"

#define CONTAINER                                                                                  \
	"mnt:[4026532501] net:[4026532502] pid:[4026532503] uts:[4026532504] ipc:[4026532505] "    \
	"user:[4026532500]"

static const char mounts[] =
	"20 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
	"30 20 0:4 net:[4026532901] /run/netns/blue rw shared:2 - nsfs nsfs rw\n"
	"31 20 0:4 net:[4026532901] /run/netns/blue\\040sky rw - nsfs nsfs rw\n"
	"32 20 0:4 net:[4026532901] /run/netns/blue rw - nsfs nsfs rw\n"
	"33 20 0:4 net:[4026532502] /run/netns/web rw - nsfs nsfs rw\n"
	"34 20 0:4 uts:[nonsense] /tmp/bad rw - nsfs nsfs rw\n"
	"35 20 0:4 mnt:[4026532903 /tmp/bad rw - nsfs nsfs rw\n"
	"broken line\n";

static const char container_mounts[] = "90 1 0:50 / / rw - overlay overlay rw\n"
				       "91 90 0:4 uts:[4026532902] /kept rw - nsfs nsfs rw\n"
				       "92 90 0:4 net:[4026532901] /elsewhere rw - nsfs nsfs rw\n";

static int make(void **state UNUSED)
{
	proc_make();
	proc_process(1, 0, "init", "/sbin/init", NULL);
	proc_process(2, 0, "kthreadd", NULL, NULL);
	proc_process(25, 2, "kdevtmpfs", NULL, "mnt:[4026531860]");
	proc_process(100, 1, "sshd", "sshd: listener", NULL);
	proc_process(101, 100, "bash", "-bash", NULL);
	proc_process(200, 101, "web) R 1", "nginx: master process", CONTAINER);
	proc_process(201, 200, "nginx", "nginx: worker process", CONTAINER);
	proc_process(202, 200, "nginx", "nginx: worker\n\033[31mred\tprocess", CONTAINER);
	proc_process(300, 1, "orphan", "orphan --of a gone process", "pid:[4026532603]");
	/* A zombie: only its user namespace is left. */
	proc_link("400/ns/user", "user:[4026531837]");
	proc_text("400/stat", "400 (gone) Z 1 400 400 0\n");
	proc_text("400/comm", "gone\n");
	proc_text("400/cmdline", "");
	/* Not processes. */
	proc_text("cmdline", "BOOT_IMAGE=/vmlinuz");
	proc_text("12x/stat", "no");
	proc_text("self/mountinfo", mounts);
	proc_namespaces("self", NULL);
	proc_text("200/mountinfo", container_mounts);
	proc_link("101/fd/0", "/dev/null");
	proc_link("101/fd/3", "socket:[4026532999]");
	proc_link("101/fd/4", "net:[4026532910]");
	proc_link("101/fd/5", "net:[4026532901]");
	proc_link("101/fd/6", "net:[99999999999999999999999999]x");
	proc_link("101/fd/10", "anon_inode:[eventpoll]");
	return 0;
}

static int unmake(void **state UNUSED)
{
	proc_remove();
	return 0;
}

/* Who owns what: the container by its user namespace, whose PID namespace has a parent. */
static int made_up_relations(int fd UNUSED, enum namespace_type type, uint64_t inode,
			     struct ns_relations *ret)
{
	*ret = (struct ns_relations){.owner_fd = -1, .parent_fd = -1, .owner = 4026531837};
	if (inode == 4026531837)
		ret->owner = 0;
	else if (inode == 4026532500 || inode == 4026532600)
		ret->parent = 4026531837;
	else if (inode > 4026532500 && inode < 4026532600)
		ret->owner = 4026532500;
	else if (inode == 4026532603) /* owned by a user namespace that nobody is in */
		ret->owner = 4026532600;
	if (type == NAMESPACE_PID && inode > 4026531840)
		ret->parent = 4026531836;
	return 0;
}

#define WITHOUT_USER "NS,TYPE,NPROCS,PID,PPID,COMMAND"

static void golden(const char *name, struct lsns_request request)
{
	OUT_CLEANUP struct out o = {0};
	struct err err = {0};

	request.proc = proc_root;
	request.relate = made_up_relations;
	request.style.name = "namespaces";
	if (!request.output)
		request.output = WITHOUT_USER;
	if (lsns(&request, &o, &err) < 0)
		fail_msg("%s: %s", name, err.text);
	assert_golden(name, &o);
}

static void lists(void **state UNUSED)
{
	golden("lsns-default.txt", (struct lsns_request){0});
	golden("lsns-list.txt", (struct lsns_request){.tree = LSNS_LIST});
	golden("lsns-ascii.txt", (struct lsns_request){.style.ascii = true});
	golden("lsns-noheadings.txt", (struct lsns_request){.style.no_headings = true});
	golden("lsns-narrow.txt", (struct lsns_request){.style.width = 50});
	golden("lsns-notruncate.txt",
	       (struct lsns_request){.style.width = 50, .no_truncate = true});
	golden("lsns-types.txt",
	       (struct lsns_request){.types = 1U << NAMESPACE_PID | 1U << NAMESPACE_UTS});
	golden("lsns-task.txt", (struct lsns_request){.task = 202});
	golden("lsns-persistent.txt",
	       (struct lsns_request){.persistent = true, .output = "NS,TYPE,NPROCS,PID,NSFS,ONS"});
}

static void trees(void **state UNUSED)
{
	golden("lsns-owner.txt", (struct lsns_request){.tree = LSNS_TREE_OWNER});
	golden("lsns-parent.txt",
	       (struct lsns_request){.tree = LSNS_TREE_PARENT, .output = "NS,TYPE,PNS,ONS"});
	golden("lsns-owner.json", (struct lsns_request){.tree = LSNS_TREE_OWNER,
							.style.format = TABLE_JSON,
							.output = "NS,TYPE,ONS"});
	golden("lsns-owner-net.txt",
	       (struct lsns_request){.tree = LSNS_TREE_OWNER, .types = 1U << NAMESPACE_NET});
}

static void formats(void **state UNUSED)
{
	golden("lsns-raw.txt", (struct lsns_request){.no_wrap = true, .style.format = TABLE_RAW});
	golden("lsns.json",
	       (struct lsns_request){.style.format = TABLE_JSON, .types = 1U << NAMESPACE_IPC});
	golden("lsns-paths.txt",
	       (struct lsns_request){.types = 1U << NAMESPACE_NET, .output = "NS,NSFS,PATH,PID"});
	golden("lsns-nowrap.txt", (struct lsns_request){.types = 1U << NAMESPACE_NET,
							.no_wrap = true,
							.output = "NS,NSFS,PATH,PID"});
	golden("lsns-paths.json", (struct lsns_request){.types = 1U << NAMESPACE_NET,
							.style.format = TABLE_JSON,
							.output = "NS,NSFS,PATH,PID"});
	golden("lsns-columns.txt", (struct lsns_request){.output = "type,Ns,NS,pns,ons,nsfs"});
}

static void one_namespace(void **state UNUSED)
{
	golden("lsns-processes.txt",
	       (struct lsns_request){.inode = 4026532503, .output = "PID,PPID,COMMAND"});
	golden("lsns-processes-list.txt", (struct lsns_request){.inode = 4026532503,
								.output = "PID,PPID,COMMAND",
								.tree = LSNS_LIST});
	golden("lsns-processes.json", (struct lsns_request){.inode = 4026531836,
							    .output = "PID,COMMAND",
							    .style.format = TABLE_JSON});
	golden("lsns-processes-none.txt",
	       (struct lsns_request){.inode = 4026532901, .output = "PID,PPID,COMMAND"});
}

static void filters(void **state UNUSED)
{
	golden("lsns-filter.txt",
	       (struct lsns_request){.filter = "NPROCS == 0 or COMMAND =~ \"nginx\""});
	golden("lsns-filter-hidden.txt",
	       (struct lsns_request){.filter = "ONS == 4026532500 and PPID == 101",
				     .output = "NS"});
	golden("lsns-filter-tree.txt", (struct lsns_request){.filter = "TYPE != \"user\"",
							     .tree = LSNS_TREE_OWNER,
							     .output = "NS,TYPE"});
	golden("lsns-filter-nothing.txt", (struct lsns_request){.filter = "NPROCS > 1000"});
}

static void refuse(struct lsns_request request, const char *message)
{
	OUT_CLEANUP struct out o = {0};
	struct err err = {0};

	request.proc = request.proc ? request.proc : proc_root;
	assert_true(lsns(&request, &o, &err) < 0);
	if (!strstr(err.text, message))
		fail_msg("'%s', not '%s'", err.text, message);
	assert_int_equal(o.len, 0);
}

static void refusals(void **state UNUSED)
{
	refuse((struct lsns_request){.task = 77}, "no process '77'");
	refuse((struct lsns_request){.inode = 77}, "no namespace '77'");
	refuse((struct lsns_request){.output = "NS,COLOUR"}, "unknown column 'COLOUR'");
	refuse((struct lsns_request){.output = ""}, "unknown column ''");
	refuse((struct lsns_request){.output = "NS,"}, "unknown column ''");
	refuse((struct lsns_request){.output = "+NS,NS,NS,NS,NS,NS,NS,NS,NS,NS,NS,NS,NS,NS,NS,NS,"
					       "NS,NS,NS,NS,NS,NS,NS,NS"},
	       "more than 26 columns");
	refuse((struct lsns_request){.filter = "COLOUR"}, "unknown column 'COLOUR'");
	refuse((struct lsns_request){.filter = "NS =="}, "ends too early");
	refuse((struct lsns_request){.proc = "/nonexistent"}, "cannot open '/nonexistent'");
}

static void columns_list(void **state UNUSED)
{
	OUT_CLEANUP struct out o = {0};
	struct lsns_request request = {0};

	lsns_list_columns(&request, &o);
	assert_golden("lsns-list-columns.txt", &o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(lists),
					   cmocka_unit_test(trees),
					   cmocka_unit_test(formats),
					   cmocka_unit_test(one_namespace),
					   cmocka_unit_test(filters),
					   cmocka_unit_test(refusals),
					   cmocka_unit_test(columns_list)};

	return cmocka_run_group_tests(tests, make, unmake);
}
