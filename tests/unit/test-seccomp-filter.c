// SPDX-License-Identifier: Apache-2.0
/*
 * The default profile is tested twice: its program is interpreted here for every number and
 * architecture, and loaded into a child that makes the calls.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <cmocka.h>
#include "capabilities.h"
#include "credentials.h"
#include "file.h"
#include "message.h"
#include "seccomp-filter.h"

static struct arena arena;
static char cache[] = "/tmp/kokon-seccomp-XXXXXX";
static const char *helper, *source;

enum {
	ALLOW = SECCOMP_RET_ALLOW,
	EPERM_ = SECCOMP_RET_ERRNO | EPERM,
	ENOSYS_ = SECCOMP_RET_ERRNO | ENOSYS
};
enum { X32 = 0x40000000 };

/* Classic BPF as seccomp allows it (net/core/filter.c, seccomp_check_filter()). */
static uint32_t verdict(const struct seccomp_program *p, const struct seccomp_data *d)
{
	uint32_t a = 0;

	for (uint32_t i = 0; i < p->count; i++) {
		const struct sock_filter *f = &p->code[i];
		bool yes = false;

		switch (f->code) {
		case BPF_LD | BPF_W | BPF_ABS: memcpy(&a, (const char *)d + f->k, 4); continue;
		case BPF_RET | BPF_K: return f->k;
		case BPF_ALU | BPF_AND | BPF_K: a &= f->k; continue;
		case BPF_JMP | BPF_JA: i += f->k; continue;
		case BPF_JMP | BPF_JEQ | BPF_K: yes = a == f->k; break;
		case BPF_JMP | BPF_JGT | BPF_K: yes = a > f->k; break;
		case BPF_JMP | BPF_JGE | BPF_K: yes = a >= f->k; break;
		case BPF_JMP | BPF_JSET | BPF_K: yes = a & f->k; break;
		default: fail_msg("instruction %#x", f->code);
		}
		i += yes ? f->jt : f->jf;
	}
	fail_msg("fell off the end");
	return 0;
}

static struct seccomp_program program(enum seccomp_source kind, uint64_t caps, const char *text)
{
	struct seccomp_request request = {
		.source = kind,
		.bounding = caps,
		.path = source,
		.text = text,
		.text_len = text ? strlen(text) : 0,
		.helper = helper,
	};
	struct seccomp_program p = {0};
	struct err err = {0};

	if (seccomp_program_for(&request, &arena, &p, &err) < 0)
		fail_msg("%s", err.text);
	return p;
}

static uint32_t ask(const struct seccomp_program *p, uint32_t arch, int nr, uint64_t a0,
		    uint64_t a1)
{
	struct seccomp_data d = {.arch = arch, .nr = nr, .args = {a0, a1}};

	return verdict(p, &d);
}

static int result(long r)
{
	return r < 0 ? errno : 0;
}

#define EXPECT(what, n)                                                                            \
	do {                                                                                       \
		if ((what) != (n))                                                                 \
			_exit(__LINE__ % 250 + 1);                                                 \
	} while (0)

#ifdef __x86_64__
static const uint32_t native = AUDIT_ARCH_X86_64;

/* clang-format off */
static const int denied[] = {
	SYS_keyctl, SYS_add_key, SYS_request_key, SYS_mount, SYS_umount2, SYS_unshare,
	SYS_setns, SYS_bpf, SYS_perf_event_open, SYS_io_uring_setup, SYS_io_uring_enter,
	SYS_io_uring_register, SYS_open_by_handle_at, SYS_kexec_load, SYS_init_module,
	SYS_finit_module, SYS_delete_module, SYS_swapon, SYS_swapoff, SYS_reboot, SYS_acct,
	SYS_settimeofday, SYS_clock_settime, SYS_iopl, SYS_ioperm, SYS_userfaultfd,
	SYS_nfsservctl, SYS_move_pages, SYS_pivot_root, SYS_ustat, SYS_vhangup, SYS_syslog,
	SYS_quotactl, SYS_fsopen, SYS_move_mount, SYS_open_tree, SYS_kcmp, SYS_uselib,
	SYS_pidfd_getfd, SYS_process_madvise, SYS_mbind, SYS_set_mempolicy, SYS_get_mempolicy,
	SYS_lookup_dcookie, SYS_sethostname, SYS_setdomainname, SYS__sysctl, SYS_create_module,
	SYS_fanotify_init, SYS_migrate_pages,
};

static const int allowed[] = {
	SYS_read, SYS_openat2, SYS_execveat, SYS_ptrace, SYS_process_vm_readv, SYS_chroot,
	SYS_capset, SYS_seccomp, SYS_pidfd_open, SYS_close_range, SYS_rseq, SYS_mknodat,
	SYS_arch_prctl, SYS_modify_ldt, SYS_landlock_restrict_self, SYS_memfd_secret,
	SYS_futex_waitv, SYS_name_to_handle_at, SYS_io_setup, SYS_setxattr, SYS_mq_open,
	SYS_msgget, SYS_vfork,
};
/* clang-format on */

static void important_calls(void **state)
{
	struct seccomp_program p = program(SECCOMP_DEFAULT, CAPABILITIES_DEFAULT, NULL);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(denied); i++)
		if (ask(&p, native, denied[i], 0, 0) != EPERM_)
			fail_msg("call %d is not denied", denied[i]);
	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++)
		if (ask(&p, native, allowed[i], 0, 0) != ALLOW)
			fail_msg("call %d is not allowed", allowed[i]);
	/* Newer than the library that compiled it. */
	for (int nr = 451; nr <= 466; nr++)
		assert_int_equal(ask(&p, native, nr, 0, 0),
				 nr >= 459 && nr <= 461 ? EPERM_ : ALLOW);
	assert_int_equal(ask(&p, native, 335, 0, 0), ALLOW);
	assert_int_equal(ask(&p, native, 467, 0, 0), ENOSYS_);
	assert_int_equal(ask(&p, native, 511, 0, 0), ENOSYS_);
	assert_int_equal(ask(&p, native, 9999, 0, 0), ENOSYS_);
	assert_int_equal(ask(&p, AUDIT_ARCH_I386, 452, 0, 0), ALLOW);
	assert_int_equal(ask(&p, AUDIT_ARCH_I386, 9999, 0, 0), ENOSYS_);
	assert_int_equal(ask(&p, native, X32 | 452, 0, 0), ALLOW);
	assert_int_equal(ask(&p, AUDIT_ARCH_AARCH64, 64, 0, 0), SECCOMP_RET_KILL_PROCESS);
}

static void clones(void **state)
{
	struct seccomp_program p = program(SECCOMP_DEFAULT, CAPABILITIES_DEFAULT, NULL);
	static const uint64_t flags[] = {CLONE_NEWNS,  CLONE_NEWUTS, CLONE_NEWIPC,   CLONE_NEWUSER,
					 CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWCGROUP};

	(void)state;
	assert_int_equal(ask(&p, native, SYS_clone, SIGCHLD, 0), ALLOW);
	assert_int_equal(ask(&p, native, SYS_clone, CLONE_VM | CLONE_THREAD | CLONE_SIGHAND, 0),
			 ALLOW);
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		assert_int_equal(ask(&p, native, SYS_clone, flags[i] | SIGCHLD, 0), EPERM_);
		assert_int_equal(ask(&p, AUDIT_ARCH_I386, 120, flags[i], 0), EPERM_);
		assert_int_equal(ask(&p, native, X32 | SYS_clone, flags[i], 0), EPERM_);
	}
	assert_int_equal(ask(&p, native, SYS_clone3, 0, 0), ENOSYS_);
	p = program(SECCOMP_DEFAULT, CAPABILITIES_DEFAULT | CAPABILITY_BIT(21), NULL);
	assert_int_equal(ask(&p, native, SYS_clone, CLONE_NEWUSER, 0), ALLOW);
	assert_int_equal(ask(&p, native, SYS_clone3, 0, 0), ALLOW);
	assert_int_equal(ask(&p, native, SYS_unshare, CLONE_NEWUSER, 0), ALLOW);
}

static void sockets(void **state)
{
	static const uint32_t abis[][2] = {{AUDIT_ARCH_X86_64, SYS_socket},
					   {AUDIT_ARCH_I386, 359},
					   {AUDIT_ARCH_X86_64, X32 | SYS_socket}};
	uint64_t all[] = {CAPABILITIES_DEFAULT, CAPABILITIES_ALL, 0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(abis); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(all); j++) {
			struct seccomp_program p = program(SECCOMP_DEFAULT, all[j], NULL);
			uint32_t arch = abis[i][0];
			int nr = (int)abis[i][1];

			assert_int_equal(ask(&p, arch, nr, AF_INET, 0), ALLOW);
			assert_int_equal(ask(&p, arch, nr, AF_UNIX, 0), ALLOW);
			assert_int_equal(ask(&p, arch, nr, AF_NETLINK, 0), ALLOW);
			assert_int_equal(ask(&p, arch, nr, 39, 0), ALLOW);
			assert_int_equal(ask(&p, arch, nr, 45, 0), ALLOW);
			assert_int_equal(ask(&p, arch, nr, 38, 0), EPERM_);
			assert_int_equal(ask(&p, arch, nr, 40, 0), EPERM_);
			/* The kernel takes an int, so nothing may hide in the upper half. */
			assert_int_equal(ask(&p, arch, nr, 38 | 1ULL << 32, 0), EPERM_);
			assert_int_equal(ask(&p, arch, nr, 40 | 0xffffffffULL << 32, 0), EPERM_);
			assert_int_equal(ask(&p, AUDIT_ARCH_I386, 102, 1, 0), ENOSYS_);
		}
	}
}

/* socket, clone, personality, of all three ABIs */
static bool looks_at_arguments(int nr)
{
	static const int numbers[] = {41, 56, 120, 135, 136, 359};

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if ((nr & ~X32) == numbers[i])
			return true;
	return false;
}

static void every_set_of_capabilities(void **state)
{
	static const uint64_t values[] = {0,          8,       12,
					  38,         40,      45,
					  0xffffffff, 0x20008, CLONE_NEWUSER,
					  SIGCHLD};
	static const uint32_t arches[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_I386};
	uint64_t sets[CAPABILITY_COUNT + 4] = {0, CAPABILITIES_ALL, CAPABILITIES_DEFAULT},
					 matter = 0;
	size_t count = 3;

	(void)state;
	/* One by one those that matter, and the others together. */
	for (uint32_t i = 0; i < seccomp_default_classes_count; i++)
		matter |= seccomp_default_classes[i].caps;
	sets[count++] = CAPABILITIES_ALL & ~matter;
	for (int c = 0; c < CAPABILITY_COUNT; c++)
		if (matter & CAPABILITY_BIT(c))
			sets[count++] = CAPABILITY_BIT(c) | (c % 2 ? CAPABILITIES_DEFAULT : 0);
	for (size_t s = 0; s < count; s++) {
		struct seccomp_program ours = program(SECCOMP_DEFAULT, sets[s], NULL);
		struct seccomp_program theirs = program(SECCOMP_FILE, sets[s], NULL);

		for (int i = 0; i < (int)ARRAY_SIZE(arches) * 1200; i++) {
			int nr = i % 1200 < 600 ? i % 600 : X32 | i % 600;

			for (size_t v = 0; v < (looks_at_arguments(nr) ? ARRAY_SIZE(values) : 1);
			     v++)
				if (ask(&ours, arches[i / 1200], nr, values[v], values[v]) !=
				    ask(&theirs, arches[i / 1200], nr, values[v], values[v]))
					fail_msg("set %#llx, call %d, argument %#llx",
						 (unsigned long long)sets[s], nr,
						 (unsigned long long)values[v]);
		}
	}
}

/* errno of a 32-bit call, or 0. */
static int call32(int nr, int a, int b, int c)
{
	int r;

	__asm__ volatile("int $0x80"
			 : "=a"(r)
			 : "a"(nr), "b"(a), "c"(b), "d"(c)
			 : "memory", "r8", "r9", "r10", "r11");
	return r < 0 ? -r : 0;
}

static void in_the_kernel(void **state)
{
	struct seccomp_program p = program(SECCOMP_DEFAULT, CAPABILITIES_DEFAULT, NULL);
	int status, listener = 0;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		struct err err;
		int fd;

		EXPECT(no_new_privs_set(&err), 0);
		EXPECT(seccomp_filter_load(&p, &listener, &err), 0);
		EXPECT(listener, -1);
		EXPECT(result(socket(AF_ALG, SOCK_SEQPACKET, 0)), EPERM);
		EXPECT(result(syscall(SYS_socket, AF_ALG | 1ULL << 32, SOCK_SEQPACKET, 0)), EPERM);
		EXPECT(result(socket(AF_VSOCK, SOCK_STREAM, 0)), EPERM);
		EXPECT(result(syscall(SYS_socket, AF_VSOCK | 1ULL << 32, SOCK_STREAM, 0)), EPERM);
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
		EXPECT(fd >= 0, 1);
		EXPECT(call32(102, 1, 0, 0), ENOSYS);
		EXPECT(call32(359, AF_ALG, SOCK_SEQPACKET, 0), EPERM);
		EXPECT(call32(20, 0, 0, 0), 0);
		EXPECT(result(syscall(SYS_keyctl, 0, -3, 0)), EPERM);
		EXPECT(result(syscall(SYS_mount, "", "", "", 0, 0)), EPERM);
		EXPECT(result(unshare(CLONE_NEWUSER)), EPERM);
		EXPECT(result(syscall(SYS_clone3, NULL, 0)), ENOSYS);
		EXPECT(result(syscall(SYS_bpf, 0, 0, 0)), EPERM);
		EXPECT(result(syscall(SYS_perf_event_open, 0, 0, 0, 0, 0)), EPERM);
		EXPECT(result(syscall(SYS_io_uring_setup, 0, NULL)), EPERM);
		EXPECT(result(syscall(SYS_ptrace, 0, 0, 0, 0)), 0);
		EXPECT(result(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0)), EPERM);
		EXPECT(result(syscall(467, -1, "", 0, 0, 0)), ENOSYS);
		EXPECT(result(syscall(452, -1, "x", 0, 0)) == EPERM, 0);
		EXPECT(result(syscall(X32 | SYS_socket, AF_ALG, SOCK_SEQPACKET, 0)) != 0, 1);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
}
#endif

static void unconfined(void **state)
{
	struct seccomp_program p = program(SECCOMP_UNCONFINED, 0, NULL);

	(void)state;
	assert_int_equal(p.count, 0);
}

static void own_profile(void **state)
{
	static const char text[] =
		"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"flags\": [\"SECCOMP_FILTER_FLAG_LOG\"],"
		" \"syscalls\": ["
		"  {\"names\": [\"mkdir\", \"no_such_call\"], \"action\": \"SCMP_ACT_ERRNO\", "
		"\"errnoRet\": 95},"
		"  {\"name\": \"rmdir\", \"action\": \"SCMP_ACT_KILL_PROCESS\"},"
		"  {\"names\": [\"umask\"], \"action\": \"SCMP_ACT_NOTIFY\"},"
		"  {\"names\": [\"getpgid\"], \"action\": \"SCMP_ACT_ERRNO\", \"args\": ["
		"    {\"index\": 0, \"value\": 5, \"op\": \"SCMP_CMP_EQ\"}, {\"index\": 0, "
		"\"value\": 7, \"op\": \"SCMP_CMP_EQ\"}]}]}";
	struct seccomp_program p = program(SECCOMP_TEXT, 0, text);

	(void)state;
	assert_int_equal(p.flags, SECCOMP_FILTER_FLAG_LOG);
	assert_int_equal(p.notify, 1);
#ifdef __x86_64__
	assert_int_equal(ask(&p, native, SYS_mkdir, 0, 0), SECCOMP_RET_ERRNO | EOPNOTSUPP);
	assert_int_equal(ask(&p, native, SYS_rmdir, 0, 0), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(ask(&p, native, SYS_getpgid, 5, 0), EPERM_);
	assert_int_equal(ask(&p, native, SYS_getpgid, 7, 0), EPERM_);
	assert_int_equal(ask(&p, native, SYS_getpgid, 6, 0), ALLOW);
	assert_int_equal(ask(&p, native, 9999, 0, 0), ALLOW);
#endif
}

/* The loader may not send, close or sleep any more; the other end gets the listener anyway. */
static void listener_is_handed_over(void **state)
{
	static const char text[] = "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": ["
				   " {\"names\": [\"getppid\"], \"action\": \"SCMP_ACT_NOTIFY\"},"
				   " {\"names\": [\"sendmsg\", \"close\", \"futex\", "
				   "\"nanosleep\", \"clock_nanosleep\"],"
				   "  \"action\": \"SCMP_ACT_ERRNO\"}]}";
	struct seccomp_program p = program(SECCOMP_TEXT, 0, text);
	struct seccomp_notif *request = calloc(1, 1024);
	struct seccomp_notif_resp response = {.val = 4242};
	int pair[2], listener = -1, data = 0, status;
	pid_t pid;

	(void)state;
	assert_int_equal(message_pair(pair), 0);
	pid = fork();
	if (pid == 0) {
		struct err err;
		int hello = 7;

		EXPECT(no_new_privs_set(&err), 0);
		EXPECT(seccomp_filter_load_and_send(&p, pair[1], &hello, sizeof(hello), &err), 0);
		EXPECT(syscall(SYS_getppid), 4242);
		EXPECT(result(syscall(SYS_close, 99)), EPERM);
		_exit(0);
	}
	close(pair[1]);
	assert_int_equal(message_receive(pair[0], &data, sizeof(data), &listener, 1), 0);
	assert_int_equal(data, 7);
	assert_int_equal(message_send(pair[0], "", 1, NULL, 0), 0);
	assert_int_equal(ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, request), 0);
	assert_int_equal(request->data.nr, SYS_getppid);
	response.id = request->id;
	assert_int_equal(ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response), 0);
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	close(listener);
	close(pair[0]);
	free(request);
}

static void bad_profiles(void **state)
{
	static const char *const texts[] = {
		"",
		"[]",
		"{\"defaultAction\": \"SCMP_ACT_ERRNO\"",
		"{}",
		"{\"defaultAction\": \"ALLOW\"}",
		"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"architectures\": [\"x\"]}",
		"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"flags\": [\"X\"]}",
		"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": []}]}",
		"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\"read\"], "
		"\"action\": \"X\"}]}",
		"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\"read\"], "
		"\"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 70000}]}",
		"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\"read\"], "
		"\"action\": \"SCMP_ACT_ERRNO\", \"args\": [{\"index\": 9, \"op\": "
		"\"SCMP_CMP_EQ\"}]}]}",
		"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\"read\"], "
		"\"action\": \"SCMP_ACT_ERRNO\", \"includes\": {\"caps\": [\"CAP_X\"]}}]}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct seccomp_request request = {.source = SECCOMP_TEXT,
						  .text = texts[i],
						  .text_len = strlen(texts[i]),
						  .helper = helper};
		struct seccomp_program p = {0};
		struct err err = {0};

		if (seccomp_program_for(&request, &arena, &p, &err) != -EINVAL)
			fail_msg("accepted: %s", texts[i]);
		assert_non_null(strstr(err.text, "cannot use the seccomp profile: "));
		assert_int_equal(p.count, 0);
	}
}

/* What is told beforehand is what the kernel would answer. */
static void allowed_calls(void **state)
{
	static const char text[] =
		"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": ["
		" {\"names\": [\"rmdir\"], \"action\": \"SCMP_ACT_ERRNO\"},"
		" {\"names\": [\"ioctl\"], \"action\": \"SCMP_ACT_ERRNO\", \"args\": ["
		"  {\"index\": 1, \"value\": 5, \"op\": \"SCMP_CMP_EQ\"}]},"
		" {\"names\": [\"sendto\"], \"action\": \"SCMP_ACT_ERRNO\", \"args\": ["
		"  {\"index\": 3, \"value\": 5, \"op\": \"SCMP_CMP_EQ\"}]}]}";
	struct seccomp_program p = program(SECCOMP_TEXT, 0, text);
	const struct seccomp_call good[] = {{SYS_clone, {0}}, {SYS_ioctl, {3, 4}}};
	const struct seccomp_call bad[] = {{SYS_rmdir, {0}},
					   {SYS_ioctl, {3, 5}},
					   {SYS_sendto, {0}}};
	struct seccomp_program usual = program(SECCOMP_DEFAULT, CAPABILITIES_DEFAULT, NULL);

	(void)state;
	assert_true(seccomp_allows(&p, good, ARRAY_SIZE(good)));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(seccomp_allows(&p, &bad[i], 1));
	assert_true(seccomp_allows(&usual, good, ARRAY_SIZE(good)));
	assert_false(seccomp_allows(&usual, &(struct seccomp_call){SYS_clone, {CLONE_NEWUSER}}, 1));
}

static void missing_files(void **state)
{
	struct seccomp_request request = {.source = SECCOMP_FILE,
					  .path = "/nonexistent",
					  .helper = helper};
	struct seccomp_program p;
	struct err err = {0};

	(void)state;
	assert_int_equal(seccomp_program_for(&request, &arena, &p, &err), -ENOENT);
	assert_string_equal(err.text, "cannot open the seccomp profile '/nonexistent'");
	request.path = "/dev/zero";
	assert_int_equal(seccomp_program_for(&request, &arena, &p, &err), -EINVAL);
	request.path = source;
	request.helper = "/nonexistent";
	assert_int_equal(seccomp_program_for(&request, &arena, &p, &err), -ENOENT);
	assert_true(err.remedy[0]);
}

/* How many files are there; the path of one through ret_name. */
static int files_in_cache(char *ret_name)
{
	char path[64];
	struct dirent *e;
	DIR *d;
	int n = 0;

	snprintf(path, sizeof(path), "%s/a/b", cache);
	d = opendir(path);
	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		n++;
		snprintf(ret_name, 160, "%s/%.64s", path, e->d_name);
	}
	if (d)
		closedir(d);
	return n;
}

static void caching(void **state)
{
	static const char text[] = "{\"defaultAction\": \"SCMP_ACT_ALLOW\"}";
	char dir[64], name[160] = "";
	struct seccomp_request request = {.source = SECCOMP_TEXT,
					  .text = text,
					  .text_len = sizeof(text) - 1,
					  .helper = helper,
					  .cache = dir};
	struct seccomp_program p;
	struct err err = {0};
	struct stat before, after;
	int fd;

	(void)state;
	snprintf(dir, sizeof(dir), "%s/a/b", cache);
	assert_int_equal(seccomp_program_for(&request, &arena, &p, &err), 0);
	assert_int_equal(files_in_cache(name), 1);
	assert_int_equal(stat(name, &before), 0);
	assert_int_equal(before.st_mode & 0777, 0600);
	assert_int_equal(seccomp_program_for(&request, &arena, &p, &err), 0);
	assert_int_equal(stat(name, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	/* Damaged: made again. */
	assert_int_equal(truncate(name, 60), 0);
	assert_int_equal(seccomp_program_for(&request, &arena, &p, &err), 0);
	assert_int_equal(stat(name, &after), 0);
	assert_int_equal(before.st_size, after.st_size);
	/* Writable by others: not believed, so what is in it does not matter. */
	fd = open(name, O_WRONLY);
	assert_int_equal(pwrite(fd, "\xff\xff\xff\xff", 4, after.st_size - 4), 4);
	close(fd);
	assert_int_equal(seccomp_program_for(&request, &arena, &p, &err), 0);
	assert_int_equal(p.code[p.count - 1].k, 0xffffffff);
	assert_int_equal(chmod(dir, 0777), 0);
	assert_int_equal(seccomp_program_for(&request, &arena, &p, &err), 0);
	assert_int_not_equal(p.code[p.count - 1].k, 0xffffffff);
	assert_int_equal(chmod(dir, 0700), 0);
	request.bounding = 1;
	assert_int_equal(seccomp_program_for(&request, &arena, &p, &err), 0);
	assert_int_equal(files_in_cache(name), 2);
}

static int set_up(void **state)
{
	(void)state;
	helper = getenv("KOKON_SECCOMP");
	source = getenv("KOKON_SECCOMP_DEFAULT");
	if (!helper || !source) {
		print_error(
			"KOKON_SECCOMP and KOKON_SECCOMP_DEFAULT must be set: run 'meson test'\n");
		return -1;
	}
	return arena_init(&arena) < 0 || !mkdtemp(cache) ? -1 : 0;
}

static int tear_down(void **state)
{
	char name[160], dir[64];

	(void)state;
	while (files_in_cache(name))
		unlink(name);
	snprintf(dir, sizeof(dir), "%s/a/b", cache);
	rmdir(dir);
	snprintf(dir, sizeof(dir), "%s/a", cache);
	rmdir(dir);
	arena_free(&arena);
	return rmdir(cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#ifdef __x86_64__
		cmocka_unit_test(important_calls), cmocka_unit_test(clones),
		cmocka_unit_test(sockets),         cmocka_unit_test(every_set_of_capabilities),
		cmocka_unit_test(in_the_kernel),
#endif
		cmocka_unit_test(unconfined),      cmocka_unit_test(own_profile),
		cmocka_unit_test(bad_profiles),    cmocka_unit_test(listener_is_handed_over),
		cmocka_unit_test(allowed_calls),   cmocka_unit_test(missing_files),
		cmocka_unit_test(caching),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
