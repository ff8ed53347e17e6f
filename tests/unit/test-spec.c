// SPDX-License-Identifier: Apache-2.0
/* A whole config.json, and one refusal for each way of being wrong. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <linux/mount.h>
#include <linux/mempolicy.h>
#include <linux/sched.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include "mount-options.h"
#include "scratch.h"
#include "spec.h"

static const struct spec *decode(const char *json)
{
	struct err err = {0};
	struct spec *s = NULL;

	if (spec_decode(&arena, json, strlen(json), &s, &err) < 0)
		fail_msg("%s\n%s", err.text, json);
	return s;
}

#define VERSION "\"ociVersion\":\"1.0.2-dev\","

static const char process_json[] =
	"{" VERSION
	"\"process\":{\"terminal\":true,\"consoleSize\":{\"height\":25,\"width\":99999},"
	"\"user\":{\"uid\":1,\"gid\":2,\"umask\":63,\"additionalGids\":[5,6],\"username\":\"x\"},"
	"\"args\":[\"sh\",\"-c\"],\"env\":[],\"cwd\":\"/root\","
	"\"capabilities\":{\"bounding\":[\"CAP_CHOWN\",\"CAP_FUTURE\",\"CAP_KILL\"],"
	"\"permitted\":[\"CAP_CHOWN\"],\"effective\":[\"CAP_CHOWN\"],\"inheritable\":[],"
	"\"ambient\":[\"CAP_FUTURE\",\"chown\"]},"
	"\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"hard\":18446744073709551615,\"soft\":0},"
	"{\"type\":\"RLIMIT_NOFILE\",\"hard\":1024,\"soft\":512}],"
	"\"noNewPrivileges\":true,\"apparmorProfile\":\"p\",\"selinuxLabel\":\"\","
	"\"oomScoreAdj\":-5,"
	"\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"nice\":-3,\"priority\":0,"
	"\"flags\":[\"SCHED_FLAG_RESET_ON_FORK\",\"SCHED_FLAG_DL_OVERRUN\"],"
	"\"runtime\":1,\"deadline\":2,\"period\":3},"
	"\"ioPriority\":{\"class\":\"IOPRIO_CLASS_IDLE\",\"priority\":4},"
	"\"execCPUAffinity\":{\"initial\":\"7\",\"final\":\"0-3,7\"}}}";

static void test_process(void **state UNUSED)
{
	const struct spec_process *p = decode(process_json)->process;

	assert_true(p->terminal && p->no_new_privileges && p->console_size.given);
	assert_int_equal(p->console_size.height, 25);
	assert_int_equal(p->console_size.width, 65535);
	assert_int_equal(p->user.uid, 1);
	assert_int_equal(p->user.gid, 2);
	assert_true(p->user.umask.given);
	assert_int_equal(p->user.umask.value, 63);
	assert_int_equal(p->user.additional_gids.n, 2);
	assert_int_equal(p->user.additional_gids.list[1], 6);
	assert_int_equal(p->args.n, 2);
	assert_string_equal(p->args.list[1], "-c");
	assert_null(p->args.list[2]);
	assert_int_equal(p->env.n, 0);
	assert_non_null(p->env.list);
	assert_string_equal(p->cwd, "/root");
	assert_int_equal(p->n_rlimits, 2);
	assert_int_equal(p->rlimits[0].resource, RLIMIT_CORE);
	assert_true(p->rlimits[0].hard == UINT64_MAX);
	assert_int_equal(p->rlimits[1].soft, 512);
	assert_string_equal(p->apparmor_profile, "p");
	assert_string_equal(p->selinux_label, "");
	assert_int_equal(p->oom_score_adj.value, -5);
	assert_int_equal(p->scheduler->policy, SCHED_DEADLINE);
	assert_int_equal(p->scheduler->flags, SCHED_FLAG_RESET_ON_FORK | SCHED_FLAG_DL_OVERRUN);
	assert_int_equal(p->scheduler->nice.value, -3);
	assert_int_equal(p->scheduler->period.value, 3);
	assert_int_equal(p->io_priority->io_class, 3);
	assert_int_equal(p->io_priority->priority, 4);
	assert_string_equal(p->exec_cpu_affinity->initial, "7");
	assert_string_equal(p->exec_cpu_affinity->final, "0-3,7");
}

static void test_capabilities(void **state UNUSED)
{
	const struct spec_capabilities *c = decode(process_json)->process->capabilities;

	assert_int_equal(c->bounding, 1 << 0 | 1 << 5);
	assert_int_equal(c->permitted, 1);
	assert_int_equal(c->inheritable, 0);
	assert_int_equal(c->ambient, 0);
	assert_int_equal(c->unknown.n, 2);
	assert_string_equal(c->unknown.list[0], "CAP_FUTURE");
	assert_string_equal(c->unknown.list[1], "chown");
	assert_null(decode("{" VERSION "\"process\":{\"cwd\":\"/\"}}")->process->capabilities);
}

static const char linux_json[] =
	"{" VERSION "\"root\":{\"path\":\"rootfs\",\"readonly\":true},\"hostname\":\"h\","
	"\"domainname\":\"\",\"annotations\":{\"a.b\":\"1\",\"c\":\"\"},"
	"\"hooks\":{\"prestart\":[{\"path\":\"/a\",\"args\":[\"a\"],\"env\":[\"X=1\"],"
	"\"timeout\":5}],\"poststop\":[{\"path\":\"/b\"},{\"path\":\"/c\"}]},"
	"\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"network\",\"path\":\"/n\"},"
	"{\"type\":\"mount\",\"path\":\"\"},{\"type\":\"time\"}],"
	"\"uidMappings\":[{\"containerID\":0,\"hostID\":1000,\"size\":10}],\"gidMappings\":[],"
	"\"timeOffsets\":{\"boottime\":{\"secs\":-7,\"nanosecs\":5}},"
	"\"devices\":[{\"type\":\"c\",\"path\":\"/dev/x\",\"major\":1,\"minor\":3,"
	"\"fileMode\":438,\"uid\":1,\"gid\":2},{\"type\":\"p\",\"path\":\"/f\"}],"
	"\"netDevices\":{\"eth0\":{\"name\":\"c0\"},\"eth1\":{}},\"cgroupsPath\":\"/a/b\","
	"\"rootfsPropagation\":\"rslave\",\"sysctl\":{\"net.ipv4.ip_forward\":\"1\"},"
	"\"maskedPaths\":[\"/proc/kcore\"],\"readonlyPaths\":null,\"mountLabel\":\"l\","
	"\"intelRdt\":{\"closID\":\"g\",\"schemata\":[\"L3:0=f\",\"MB:0=20\"],"
	"\"enableMonitoring\":true},\"personality\":{\"domain\":\"LINUX32\",\"flags\":[]},"
	"\"memoryPolicy\":{\"mode\":\"MPOL_INTERLEAVE\",\"nodes\":\"0-1\","
	"\"flags\":[\"MPOL_F_STATIC_NODES\"]}},\"windows\":{\"x\":[1,{}]},\"future\":17}";

static void test_top(void **state UNUSED)
{
	const struct spec *s = decode(linux_json);

	assert_string_equal(s->oci_version, "1.0.2-dev");
	assert_null(s->process);
	assert_string_equal(s->root->path, "rootfs");
	assert_true(s->root->readonly);
	assert_string_equal(s->domainname, "");
	assert_string_equal(spec_annotation(s, "a.b"), "1");
	assert_null(spec_annotation(s, "a"));
	assert_int_equal(s->hooks[SPEC_HOOK_PRESTART].n, 1);
	assert_int_equal(s->hooks[SPEC_HOOK_PRESTART].list[0].timeout.value, 5);
	assert_string_equal(s->hooks[SPEC_HOOK_PRESTART].list[0].env.list[0], "X=1");
	assert_int_equal(s->hooks[SPEC_HOOK_POSTSTOP].n, 2);
	assert_null(s->hooks[SPEC_HOOK_POSTSTOP].list[1].args.list);
	assert_null(s->hooks[SPEC_HOOK_POSTSTART].list);
}

static void test_linux(void **state UNUSED)
{
	const struct spec *s = decode(linux_json);
	const struct spec_linux *l = &s->linux_;

	assert_true(s->has_linux);
	assert_int_equal(l->n_namespaces, 4);
	assert_int_equal(l->namespaces[1].flag, CLONE_NEWNET);
	assert_string_equal(l->namespaces[1].path, "/n");
	assert_null(spec_namespace_of(s, CLONE_NEWNS)->path);
	assert_null(spec_namespace_of(s, CLONE_NEWIPC));
	assert_int_equal(l->uid_map.list[0].host_id, 1000);
	assert_int_equal(l->gid_map.n, 0);
	assert_non_null(l->gid_map.list);
	assert_false(l->monotonic.given);
	assert_true(l->boottime.given);
	assert_int_equal(l->boottime.secs, -7);
	assert_int_equal(l->boottime.nanosecs, 5);
	assert_int_equal(l->n_devices, 2);
	assert_int_equal(l->devices[0].file_mode.value, 0666);
	assert_int_equal(l->devices[1].type, 'p');
	assert_false(l->devices[1].major.given);
	assert_int_equal(l->n_net_devices, 2);
	assert_string_equal(l->net_devices[0].host_name, "eth0");
	assert_string_equal(l->net_devices[0].name, "c0");
	assert_null(l->net_devices[1].name);
	assert_int_equal(l->rootfs_propagation, MS_SLAVE | MS_REC);
	assert_string_equal(l->sysctl.list[0].key, "net.ipv4.ip_forward");
	assert_int_equal(l->masked_paths.n, 1);
	assert_null(l->readonly_paths.list);
	assert_int_equal(l->intel_rdt->schemata.n, 2);
	assert_true(l->intel_rdt->enable_monitoring);
	assert_int_equal(l->personality->domain, PER_LINUX32);
	assert_int_equal(l->memory_policy->mode, MPOL_INTERLEAVE);
	assert_int_equal(l->memory_policy->flags, MPOL_F_STATIC_NODES);
}

static const char resources_json[] =
	"{\"devices\":[{\"allow\":false,\"access\":\"rwm\"},{\"allow\":true,\"type\":\"c\","
	"\"major\":10,\"minor\":229,\"access\":\"rw\"}],"
	"\"memory\":{\"limit\":-1,\"reservation\":1,\"swap\":2,\"kernel\":3,\"kernelTCP\":4,"
	"\"swappiness\":0,\"disableOOMKiller\":false,\"useHierarchy\":true,"
	"\"checkBeforeUpdate\":true},"
	"\"cpu\":{\"shares\":1024,\"quota\":-1,\"burst\":5,\"period\":6,\"realtimeRuntime\":7,"
	"\"realtimePeriod\":8,\"cpus\":\"0-1\",\"mems\":\"0\",\"idle\":1},\"pids\":{\"limit\":0},"
	"\"blockIO\":{\"weight\":10,\"leafWeight\":11,\"weightDevice\":[{\"major\":8,\"minor\":0,"
	"\"weight\":500}],\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":1,\"rate\":600}],"
	"\"throttleWriteIOPSDevice\":[{\"major\":8,\"minor\":16,\"rate\":300}]},"
	"\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":9223372036854772000}],"
	"\"network\":{\"classID\":1048577,\"priorities\":[{\"name\":\"eth0\",\"priority\":500}]},"
	"\"rdma\":{\"mlx5_1\":{\"hcaHandles\":3},\"mlx4_0\":{\"hcaObjects\":1000}},"
	"\"unified\":{\"memory.high\":\"1\",\"io.max\":\"8:0 rbps=1\\n8:1 wbps=2\"}}";

static void test_resources(void **state UNUSED)
{
	struct spec_resources *r = NULL;
	struct err err = {0};

	assert_int_equal(spec_decode_resources(&arena, resources_json, strlen(resources_json), &r,
					       &err),
			 0);
	assert_int_equal(r->n_devices, 2);
	assert_int_equal(r->devices[0].type, 'a');
	assert_int_equal(r->devices[0].major, -1);
	assert_int_equal(r->devices[0].access, 7);
	assert_int_equal(r->devices[1].minor, 229);
	assert_int_equal(r->devices[1].access, 6);
	assert_int_equal(r->memory->limit.value, -1);
	assert_true(r->memory->swappiness.given);
	assert_true(r->memory->disable_oom_killer.given);
	assert_false(r->memory->disable_oom_killer.value);
	assert_true(r->memory->check_before_update.value);
	assert_int_equal(r->cpu->quota.value, -1);
	assert_int_equal(r->cpu->realtime_period.value, 8);
	assert_string_equal(r->cpu->mems, "0");
	assert_true(r->pids_limit.given);
	assert_int_equal(r->pids_limit.value, 0);
	assert_int_equal(r->block_io->weight.value, 10);
	assert_false(r->block_io->weight_devices[0].leaf_weight.given);
	assert_int_equal(r->block_io->read_bps.list[0].rate, 600);
	assert_int_equal(r->block_io->write_iops.list[0].minor, 16);
	assert_int_equal(r->block_io->write_bps.n, 0);
	assert_string_equal(r->hugepage_limits[0].page_size, "2MB");
	assert_int_equal(r->network->class_id.value, 1048577);
	assert_string_equal(r->rdma[1].device, "mlx4_0");
	assert_false(r->rdma[1].hca_handles.given);
	assert_int_equal(r->unified.n, 2);
	assert_string_equal(r->unified.list[1].value, "8:0 rbps=1\n8:1 wbps=2");
	assert_int_equal(spec_decode_resources(&arena, "{}", 2, &r, &err), 0);
	assert_null(r->memory);
	assert_false(r->pids_limit.given);
}

static void test_seccomp(void **state UNUSED)
{
	static const char text[] =
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,"
		"\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X32\"],"
		"\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\"],\"listenerPath\":\"/s\","
		"\"listenerMetadata\":\"m\",\"syscalls\":[{\"names\":[\"read\",\"write\"],"
		"\"action\":\"SCMP_ACT_ALLOW\"},{\"names\":[\"mkdir\"],"
		"\"action\":\"SCMP_ACT_NOTIFY\",\"errnoRet\":7,\"args\":[{\"index\":1,"
		"\"value\":18446744073709551615,\"valueTwo\":2,\"op\":\"SCMP_CMP_MASKED_EQ\"}]}]}";
	char json[1000];
	const struct spec_seccomp *s;

	snprintf(json, sizeof(json), "{" VERSION "\"linux\":{\"seccomp\": %s }}", text);
	s = decode(json)->linux_.seccomp;
	assert_int_equal(s->default_action, SPEC_ACT_ERRNO);
	assert_int_equal(s->default_errno_ret.value, 38);
	assert_int_equal(s->architectures.n, 2);
	assert_int_equal(s->flags, 2);
	assert_true(s->notify);
	assert_string_equal(s->listener_path, "/s");
	assert_int_equal(s->n_syscalls, 2);
	assert_string_equal(s->syscalls[0].names.list[1], "write");
	assert_int_equal(s->syscalls[1].errno_ret.value, 7);
	assert_int_equal(s->syscalls[1].args[0].index, 1);
	assert_true(s->syscalls[1].args[0].value == UINT64_MAX);
	assert_int_equal(s->syscalls[1].args[0].op, SPEC_CMP_MASKED_EQ);
	/* too large for the compiler's reader, so it is written anew, with the same bits */
	assert_string_equal(s->text, "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,"
				     "\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X32\"],"
				     "\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\"],\"syscalls\":["
				     "{\"names\":[\"read\",\"write\"],\"action\":"
				     "\"SCMP_ACT_ALLOW\",\"args\":[]},{\"names\":[\"mkdir\"],"
				     "\"action\":\"SCMP_ACT_NOTIFY\",\"errnoRet\":7,\"args\":["
				     "{\"index\":1,\"value\":-1,\"valueTwo\":2,"
				     "\"op\":\"SCMP_CMP_MASKED_EQ\"}]}]}");
	assert_int_equal(s->text_len, strlen(s->text));
	s = decode("{" VERSION "\"linux\":{\"seccomp\": {\"x\" : 1,\"defaultAction\":"
		   "\"SCMP_ACT_LOG\" } }}")
		    ->linux_.seccomp;
	assert_string_equal(s->text, "{\"x\" : 1,\"defaultAction\":\"SCMP_ACT_LOG\" }");
}

/* ---- mounts ------------------------------------------------------------------------------- */

static struct spec_mount mount_of(const char *options)
{
	char json[1200];

	snprintf(json, sizeof(json),
		 "{" VERSION "\"mounts\":[{\"destination\":\"/m\",\"options\":[%s]}]}", options);
	return decode(json)->mounts[0];
}

static void test_mount_attributes(void **state UNUSED)
{
	struct spec_mount m = mount_of("\"nosuid\",\"nodev\",\"noexec\",\"ro\"");

	assert_int_equal(m.set, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
					MOUNT_ATTR_RDONLY);
	assert_int_equal(m.clear, 0);
	assert_int_equal(m.sb_set, MS_RDONLY);
	m = mount_of("\"ro\",\"suid\",\"rw\"");
	assert_int_equal(m.set, 0);
	assert_int_equal(m.clear, MOUNT_ATTR_NOSUID | MOUNT_ATTR_RDONLY);
	assert_int_equal(m.sb_set, 0);
	assert_int_equal(m.sb_clear, MS_RDONLY);
	m = mount_of("\"sync\",\"dirsync\",\"lazytime\",\"iversion\",\"mand\",\"silent\"");
	assert_int_equal(m.sb_set, MS_SYNCHRONOUS | MS_DIRSYNC | MS_LAZYTIME | MS_I_VERSION |
					   MS_MANDLOCK | MS_SILENT);
	m = mount_of("\"sync\",\"async\",\"loud\",\"nomand\",\"nolazytime\",\"noiversion\"");
	assert_int_equal(m.sb_set, 0);
	assert_int_equal(m.sb_clear,
			 MS_SYNCHRONOUS | MS_SILENT | MS_MANDLOCK | MS_LAZYTIME | MS_I_VERSION);
	m = mount_of("\"nosymfollow\",\"nodiratime\"");
	assert_int_equal(m.set, MOUNT_ATTR_NOSYMFOLLOW | MOUNT_ATTR_NODIRATIME);
	assert_null(m.data);
}

static void test_mount_times(void **state UNUSED)
{
	static const struct {
		const char *options;
		uint64_t set, clear;
	} cases[] = {
		{"\"noatime\"", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME},
		{"\"noatime\",\"strictatime\"", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME},
		{"\"noatime\",\"atime\"", 0, MOUNT_ATTR__ATIME},
		{"\"relatime\"", 0, MOUNT_ATTR__ATIME},
		{"\"strictatime\",\"nostrictatime\"", 0, MOUNT_ATTR__ATIME},
		{"\"noatime\",\"nostrictatime\"", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME},
		{"\"noatime\",\"norelatime\"", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME},
		{"\"diratime\"", 0, MOUNT_ATTR_NODIRATIME},
		{"\"defaults\"", 0, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct spec_mount m = mount_of(cases[i].options);

		if (m.set != cases[i].set || m.clear != cases[i].clear)
			fail_msg("%s: set 0x%llx, clear 0x%llx", cases[i].options,
				 (unsigned long long)m.set, (unsigned long long)m.clear);
	}
}

static void test_mount_recursive(void **state UNUSED)
{
	struct spec_mount m = mount_of("\"rbind\",\"rro\",\"rnosuid\",\"rnoatime\",\"rdev\","
				       "\"rsymfollow\",\"rexec\",\"rdiratime\"");

	assert_true(m.bind && m.recursive_bind);
	assert_int_equal(m.set | m.clear, 0);
	assert_int_equal(m.rec_set, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOATIME);
	assert_int_equal(m.rec_clear, MOUNT_ATTR__ATIME | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
					      MOUNT_ATTR_NOSYMFOLLOW | MOUNT_ATTR_NODIRATIME);
	m = mount_of("\"rro\",\"rrw\",\"rstrictatime\",\"rnostrictatime\",\"rsuid\"");
	assert_int_equal(m.rec_set, 0);
	assert_int_equal(m.rec_clear, MOUNT_ATTR_RDONLY | MOUNT_ATTR__ATIME | MOUNT_ATTR_NOSUID);
}

static void test_mount_kinds(void **state UNUSED)
{
	struct spec_mount m = mount_of("\"bind\",\"rslave\",\"shared\",\"remount\"");

	assert_true(m.bind && !m.recursive_bind && m.remount);
	assert_int_equal(m.n_propagations, 2);
	assert_int_equal(m.propagations[0], MS_SLAVE | MS_REC);
	assert_int_equal(m.propagations[1], MS_SHARED);
	assert_int_equal(m.idmap, SPEC_IDMAP_NONE);
	m = mount_of("\"idmap\",\"tmpcopyup\",\"nofail\",\"x-mount.mkdir\"");
	assert_int_equal(m.idmap, SPEC_IDMAP_TOP);
	assert_true(m.tmpcopyup);
	assert_null(m.data);
	assert_int_equal(mount_of("\"ridmap\"").idmap, SPEC_IDMAP_RECURSIVE);
	m = mount_of("\"ridmap=uids=0-1000-10#10-5-3;gids=0-7-1\"");
	assert_int_equal(m.idmap, SPEC_IDMAP_RECURSIVE);
	assert_int_equal(m.uid_map.n, 2);
	assert_int_equal(m.uid_map.list[1].host_id, 5);
	assert_int_equal(m.gid_map.list[0].host_id, 7);
	assert_true(decode("{" VERSION "\"mounts\":[{\"destination\":\"/m\","
			   "\"type\":\"bind\",\"source\":\"s\"}]}")
			    ->mounts[0]
			    .bind);
}

static void test_mount_data(void **state UNUSED)
{
	struct spec_mount m =
		mount_of("\"mode=755\",\"nosuid\",\"size=64k,nr_inodes=5\","
			 "\"newinstance\",\"lowerdir=/a\\\\,b:/c\",\"context=\\\"x\\\"\"");

	assert_int_equal(m.n_fs_options, 6);
	assert_string_equal(m.fs_options[0].key, "mode");
	assert_string_equal(m.fs_options[0].value, "755");
	assert_string_equal(m.fs_options[2].key, "nr_inodes");
	assert_string_equal(m.fs_options[3].key, "newinstance");
	assert_null(m.fs_options[3].value);
	assert_string_equal(m.fs_options[4].value, "/a\\,b:/c");
	assert_string_equal(m.data, "mode=755,size=64k,nr_inodes=5,newinstance,"
				    "lowerdir=/a\\,b:/c,context=\"x\"");
	assert_int_equal(m.set, MOUNT_ATTR_NOSUID);
}

static void test_option_names(void **state UNUSED)
{
	const char *last = "";
	size_t i = 0;

	for (; mount_option_name(i); i++) {
		assert_true(strcmp(last, mount_option_name(i)) < 0);
		last = mount_option_name(i);
		/* every one is found, whatever the order of the table */
		char quoted[40];

		snprintf(quoted, sizeof(quoted), "\"%s\"", last);
		if (mount_of(quoted).data)
			fail_msg("'%s' is taken for an option of the file system", last);
	}
	assert_true(i > 60);
}

/* ---- refusals ----------------------------------------------------------------------------- */

static const struct {
	const char *json, *message;
} refusals[] = {
	{"[]", "expected an object, found a list"},
	{"{}", "ociVersion: it is required, and missing"},
	{"{\"ociVersion\":null}", "ociVersion: expected a text, found null"},
	{"{\"ociVersion\":1}", "ociVersion: expected a text, found 1"},
	{"{\"ociVersion\":\"1.0\"}", "ociVersion: expected a version such as"},
	{"{\"ociVersion\":\"1.0.0 \"}", "ociVersion: expected a version such as"},
	{"{\"ociVersion\":\"01.0.0\"}", "ociVersion: expected a version such as"},
	{"{\"ociVersion\":\"2.0.0\"}", "ociVersion: version 2.0.0 is not supported, only 1.x"},
	{"{" VERSION "\"ociVersion\":\"1.0.0\"}", "ociVersion: it is there twice"},
	{"{" VERSION "\"hostname\":\"a\"} x", "something follows the end"},
	{"{" VERSION "\"hostname\":\"a\\u0000b\"}", "stands for no character"},
	{"{" VERSION "\"hostname\":\"\xff\"}", "a string is not UTF-8"},
	{"{" VERSION "\"process\":[]}", "process: expected an object, found a list"},
	{"{" VERSION "\"process\":{}}", "process.cwd: it is required, and missing"},
	{"{" VERSION "\"process\":{\"cwd\":\"/\",\"args\":[\"a\",7]}}",
	 "process.args[1]: expected a text, found 7"},
	{"{" VERSION "\"process\":{\"terminal\":\"yes\"}}",
	 "process.terminal: expected true or false, found \"yes\""},
	{"{" VERSION "\"process\":{\"user\":{\"uid\":-1}}}",
	 "process.user.uid: expected an integer from 0 to 4294967295, found -1"},
	{"{" VERSION "\"process\":{\"user\":{\"uid\":1.5}}}",
	 "process.user.uid: expected an integer, found 1.5"},
	{"{" VERSION "\"process\":{\"rlimits\":[{\"type\":\"RLIMIT_NOFLIE\",\"soft\":1,"
	 "\"hard\":1}]}}",
	 "process.rlimits[0].type: 'RLIMIT_NOFLIE' is unknown"},
	{"{" VERSION "\"process\":{\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"soft\":1}]}}",
	 "process.rlimits[0].hard: it is required, and missing"},
	{"{" VERSION "\"process\":{\"scheduler\":{\"policy\":\"SCHED_X\"}}}",
	 "process.scheduler.policy: 'SCHED_X' is unknown"},
	{"{" VERSION "\"process\":{\"scheduler\":{\"policy\":\"SCHED_RR\",\"flags\":[\"F\"]}}}",
	 "process.scheduler.flags[0]: 'F' is unknown"},
	{"{" VERSION "\"mounts\":[{}]}", "mounts[0].destination: it is required, and missing"},
	{"{" VERSION "\"mounts\":[{\"destination\":\"/\",\"options\":[\"idmap=x\"]}]}",
	 "mounts[0].options: 'idmap=x' is no id map"},
	{"{" VERSION "\"annotations\":{\"a\":\"1\",\"b\":\"2\",\"a\":\"3\"}}",
	 "annotations: 'a' is there twice"},
	{"{" VERSION "\"annotations\":{\"a.b\":1}}",
	 "annotations[\"a.b\"]: expected a text, found 1"},
	{"{" VERSION "\"hooks\":{\"prestart\":[{\"args\":[]}]}}",
	 "hooks.prestart[0].path: it is required, and missing"},
	{"{" VERSION "\"linux\":{\"namespaces\":[{\"type\":\"net\"}]}}",
	 "linux.namespaces[0].type: 'net' is unknown"},
	{"{" VERSION "\"linux\":{\"uidMappings\":[{\"containerID\":0,\"hostID\":0}]}}",
	 "linux.uidMappings[0].size: it is required, and missing"},
	{"{" VERSION "\"linux\":{\"timeOffsets\":{\"realtime\":{}}}}",
	 "linux.timeOffsets.realtime: this is unknown"},
	{"{" VERSION "\"linux\":{\"devices\":[{\"type\":\"x\",\"path\":\"/\"}]}}",
	 "linux.devices[0].type: 'x' is unknown"},
	{"{" VERSION "\"linux\":{\"rootfsPropagation\":\"both\"}}",
	 "linux.rootfsPropagation: 'both' is unknown"},
	{"{" VERSION "\"linux\":{\"personality\":{\"domain\":\"LINUX\",\"flags\":[\"X\"]}}}",
	 "linux.personality.flags: 'X' is unknown"},
	{"{" VERSION "\"linux\":{\"memoryPolicy\":{\"mode\":\"MPOL_X\"}}}",
	 "linux.memoryPolicy.mode: 'MPOL_X' is unknown"},
	{"{" VERSION "\"linux\":{\"resources\":{\"memory\":{\"limit\":\"1G\"}}}}",
	 "linux.resources.memory.limit: expected an integer, found \"1G\""},
	{"{" VERSION "\"linux\":{\"resources\":{\"memory\":{\"limit\":9223372036854775808}}}}",
	 "linux.resources.memory.limit: expected an integer from -9223372036854775808 to "
	 "9223372036854775807, found 9223372036854775808"},
	{"{" VERSION "\"linux\":{\"resources\":{\"blockIO\":{\"weight\":65536}}}}",
	 "linux.resources.blockIO.weight: expected an integer from 0 to 65535, found 65536"},
	{"{" VERSION "\"linux\":{\"resources\":{\"devices\":[{\"access\":\"r\"}]}}}",
	 "linux.resources.devices[0].allow: it is required, and missing"},
	{"{" VERSION "\"linux\":{\"resources\":{\"devices\":[{\"allow\":true,"
	 "\"access\":\"rx\"}]}}}",
	 "linux.resources.devices[0].access: expected letters of \"rwm\", found 'x'"},
	{"{" VERSION "\"linux\":{\"resources\":{\"rdma\":{\"a\":{},\"a\":{}}}}}",
	 "linux.resources.rdma: 'a' is there twice"},
	{"{" VERSION "\"linux\":{\"seccomp\":{}}}",
	 "linux.seccomp.defaultAction: it is required, and missing"},
	{"{" VERSION "\"linux\":{\"seccomp\":{\"defaultAction\":\"ALLOW\"}}}",
	 "linux.seccomp.defaultAction: 'ALLOW' is unknown"},
	{"{" VERSION "\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\","
	 "\"architectures\":[\"SCMP_ARCH_VAX\"]}}}",
	 "linux.seccomp.architectures: 'SCMP_ARCH_VAX' is unknown"},
	{"{" VERSION "\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\","
	 "\"syscalls\":[{\"names\":[\"a\"],\"action\":\"SCMP_ACT_LOG\",\"args\":[{\"index\":6,"
	 "\"value\":1,\"op\":\"SCMP_CMP_EQ\"}]}]}}}",
	 "linux.seccomp.syscalls[0].args[0].index: a system call has the arguments 0 to 5"},
};

static void test_refusals(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		struct err err = {0};
		struct spec *s = NULL;

		if (spec_decode(&arena, refusals[i].json, strlen(refusals[i].json), &s, &err) == 0)
			fail_msg("accepted: %s", refusals[i].json);
		assert_null(s);
		if (strncmp(err.text, refusals[i].message, strlen(refusals[i].message)) != 0 &&
		    !(strncmp(err.text, "line ", 5) == 0 && strstr(err.text, refusals[i].message)))
			fail_msg("%s\n\t%s", refusals[i].json, err.text);
	}
}

/* The whole text, cut at every place, is refused and never read beyond its end. */
static void test_every_prefix(void **state UNUSED)
{
	for (size_t n = 0; n < sizeof(linux_json) - 1; n++) {
		size_t used = arena.used;
		char *exact = malloc(n ? n : 1);
		struct err err = {0};
		struct spec *s = NULL;

		assert_non_null(exact);
		memcpy(exact, linux_json, n);
		assert_true(spec_decode(&arena, exact, n, &s, &err) < 0);
		free(exact);
		memset(arena.base + used, 0, arena.used - used);
		arena.used = used;
	}
}

static void test_huge(void **state UNUSED)
{
	static const char head[] = "{" VERSION "\"mounts\":[", entry[] = "{\"destination\":\"\"},";
	size_t size = (size_t)5 << 20, n = sizeof(head) - 1;
	char *text = malloc(size);
	struct err err = {0};
	struct spec *s = NULL;

	assert_non_null(text);
	memset(text, ' ', size);
	assert_int_equal(spec_decode(&arena, text, size, &s, &err), -E2BIG);
	memcpy(text, head, n);
	for (; n < ((size_t)4 << 20) - sizeof(entry); n += sizeof(entry) - 1)
		memcpy(text + n, entry, sizeof(entry) - 1);
	memcpy(text + n - 1, "]}", 2);
	assert_int_equal(spec_decode(&arena, text, n + 1, &s, &err), -E2BIG);
	assert_non_null(strstr(err.text, "too much memory"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_process, setup, teardown),
		cmocka_unit_test_setup_teardown(test_capabilities, setup, teardown),
		cmocka_unit_test_setup_teardown(test_top, setup, teardown),
		cmocka_unit_test_setup_teardown(test_linux, setup, teardown),
		cmocka_unit_test_setup_teardown(test_resources, setup, teardown),
		cmocka_unit_test_setup_teardown(test_seccomp, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mount_attributes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mount_times, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mount_recursive, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mount_kinds, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mount_data, setup, teardown),
		cmocka_unit_test_setup_teardown(test_option_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
		cmocka_unit_test_setup_teardown(test_every_prefix, setup, teardown),
		cmocka_unit_test_setup_teardown(test_huge, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
