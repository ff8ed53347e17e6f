// SPDX-License-Identifier: Apache-2.0
#include "seccomp-filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>
#include "file.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV /* 5.19 */
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

enum { PROGRAM_MAX = 4096 /* BPF_MAXINSNS */ };

static void program_for_default(uint64_t bounding, struct arena *a, struct seccomp_program *ret)
{
	uint32_t n = seccomp_default_program_count;
	struct sock_filter *code = arena_array(a, struct sock_filter, n);

	memcpy(code, seccomp_default_program, n * sizeof(*code));
	for (uint32_t i = 0; i < n; i++) {
		uint32_t class = (code[i].k & SECCOMP_RET_DATA) - SECCOMP_MARKER;
		const struct seccomp_class *c = &seccomp_default_classes[class];

		if (code[i].code != (BPF_RET | BPF_K) ||
		    (code[i].k & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ERRNO ||
		    class >= seccomp_default_classes_count)
			continue;
		code[i].k =
			(c->caps & bounding) ? SECCOMP_RET_ALLOW : SECCOMP_RET_ERRNO | c->otherwise;
	}
	*ret = (struct seccomp_program){.count = n, .code = code};
}

/* --- the cache --- */

/* What a cached program was made from, at the head of its file; the profile's text follows,
 * then a struct seccomp_format with its instructions. */
struct cache_key {
	uint32_t magic;
	uint32_t text_len;
	uint64_t bounding;
	uint64_t helper_inode, helper_mtime;
	char kernel[32];
};

struct profile {
	const char *text;
	size_t len;
	struct cache_key key;
	char name[32]; /* in the cache */
};

static void name_in_cache(struct profile *p)
{
	uint64_t h = 0xcbf29ce484222325; /* FNV-1a: only to spread; equality is checked in full */
	const unsigned char *key = (const unsigned char *)&p->key;

	for (size_t i = 0; i < sizeof(p->key); i++)
		h = (h ^ key[i]) * 0x100000001b3;
	for (size_t i = 0; i < p->len; i++)
		h = (h ^ (unsigned char)p->text[i]) * 0x100000001b3;
	snprintf(p->name, sizeof(p->name), "%016llx.bpf", (unsigned long long)h);
}

static int make_key(const struct seccomp_request *request, struct profile *p, struct err *err)
{
	struct utsname uts;
	struct stat st;
	int major, minor;

	if (!request->helper || stat(request->helper, &st) < 0) {
		err_set(err, request->helper ? errno : ENOENT,
			"cannot find the helper program '%s'",
			request->helper ? request->helper : "kokon-seccomp");
		return err_remedy(err, "it is installed with kokon; without it only the default "
				       "profile and 'unconfined' can be used");
	}
	memset(&p->key, 0, sizeof(p->key));
	p->key.magic = SECCOMP_FORMAT_MAGIC;
	p->key.text_len = (uint32_t)p->len;
	p->key.bounding = request->bounding;
	p->key.helper_inode = st.st_ino;
	p->key.helper_mtime =
		(uint64_t)st.st_mtim.tv_sec * 1000000000 + (uint64_t)st.st_mtim.tv_nsec;
	if (uname(&uts) < 0 || sscanf(uts.release, "%d.%d", &major, &minor) != 2)
		return err_errno(err, "cannot read the kernel's version");
	snprintf(p->key.kernel, sizeof(p->key.kernel), "%d.%d", major, minor);
	name_in_cache(p);
	return 0;
}

/* Only what no one else could have written is believed. */
static bool is_ours(int fd, mode_t type)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (st.st_mode & S_IFMT) == type && st.st_uid == geteuid() &&
	       !(st.st_mode & 022);
}

/* The cache's directory, or -1 where there is none to be used. */
static int open_cache(const char *path)
{
	CLOSE_FD int fd = -1;

	if (!path)
		return -1;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && make_directories(AT_FDCWD, path, 0700) >= 0)
		fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd >= 0 && is_ours(fd, S_IFDIR) ? TAKE_FD(fd) : -1;
}

/* A program as kokon-seccomp writes it. False if it is not whole. */
static bool take_program(const char *data, size_t len, struct arena *a, struct seccomp_program *ret)
{
	struct seccomp_format head;
	struct sock_filter *code;

	if (len < sizeof(head))
		return false;
	memcpy(&head, data, sizeof(head));
	if (head.magic != SECCOMP_FORMAT_MAGIC || head.count == 0 || head.count > PROGRAM_MAX ||
	    len != sizeof(head) + head.count * sizeof(*code))
		return false;
	code = arena_array(a, struct sock_filter, head.count);
	memcpy(code, data + sizeof(head), head.count * sizeof(*code));
	*ret = (struct seccomp_program){.count = head.count,
					.flags = head.flags,
					.notify = head.notify,
					.code = code};
	return true;
}

static bool find_in_cache(int cache, const struct profile *p, struct arena *a,
			  struct seccomp_program *ret)
{
	size_t before = sizeof(p->key) + p->len;
	size_t max =
		before + sizeof(struct seccomp_format) + PROGRAM_MAX * sizeof(struct sock_filter);
	FREE_PTR char *data = NULL;
	CLOSE_FD int fd = openat(cache, p->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t n;

	if (fd < 0 || !is_ours(fd, S_IFREG))
		return false;
	n = read_fd(fd, max, &data);
	if (n < 0 || (size_t)n < before || memcmp(data, &p->key, sizeof(p->key)) != 0 ||
	    memcmp(data + sizeof(p->key), p->text, p->len) != 0)
		return false;
	return take_program(data + before, (size_t)n - before, a, ret);
}

/* Whole or not at all: the file gets its name when it is complete. Failing is no error. */
static void put_into_cache(int cache, const struct profile *p, const char *data, size_t len)
{
	CLOSE_FD int fd = openat(cache, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	char path[40];

	if (fd < 0 || write_all(fd, &p->key, sizeof(p->key)) < 0 ||
	    write_all(fd, p->text, p->len) < 0 || write_all(fd, data, len) < 0)
		return;
	unlinkat(cache, p->name, 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (linkat(AT_FDCWD, path, cache, p->name, AT_SYMLINK_FOLLOW) < 0)
		return;
}

/* --- the helper --- */

/* Its three streams are memory files, so nothing can block and nothing is left behind. */
struct streams {
	int in, out, complaint;
};

static int spawn_helper(const struct seccomp_request *request, const struct profile *p,
			const struct streams *s, int *ret_status, struct err *err)
{
	posix_spawn_file_actions_t actions;
	char caps[32], kernel[32];
	char *argv[] = {(char *)"kokon-seccomp", (char *)"compile", caps, kernel, NULL};
	char *envp[] = {NULL};
	pid_t pid;
	int r;

	snprintf(caps, sizeof(caps), "%llx", (unsigned long long)request->bounding);
	memcpy(kernel, p->key.kernel, sizeof(kernel));
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, s->in, 0);
	posix_spawn_file_actions_adddup2(&actions, s->out, 1);
	posix_spawn_file_actions_adddup2(&actions, s->complaint, 2);
	r = posix_spawn(&pid, request->helper, &actions, NULL, argv, envp);
	posix_spawn_file_actions_destroy(&actions);
	if (r != 0)
		return err_set(err, r, "cannot run the helper program '%s'", request->helper);
	while (waitpid(pid, ret_status, 0) < 0)
		if (errno != EINTR)
			return err_errno(err, "cannot wait for '%s'", request->helper);
	return 0;
}

static int memory_file(void)
{
	int fd = memfd_create("seccomp", MFD_CLOEXEC);
	int high = fd < 0 ? fd : fcntl(fd, F_DUPFD_CLOEXEC, 3);

	if (fd >= 0)
		close(fd);
	return high;
}

static int refused(const struct seccomp_request *request, int complaint, struct err *err)
{
	char text[400] = "the helper program failed";
	ssize_t n = pread(complaint, text, sizeof(text) - 1, 0);

	if (n > 0)
		text[n - (text[n - 1] == '\n')] = '\0';
	if (request->source == SECCOMP_FILE)
		return err_set(err, 0, "cannot use the seccomp profile '%s': %s", request->path,
			       text);
	return err_set(err, 0, "cannot use the seccomp profile: %s", text);
}

static int run_helper(const struct seccomp_request *request, const struct profile *p, int cache,
		      struct arena *a, struct seccomp_program *ret, struct err *err)
{
	CLOSE_FD int in = memory_file();
	CLOSE_FD int out = memory_file();
	CLOSE_FD int complaint = memory_file();
	struct streams s = {in, out, complaint};
	FREE_PTR char *data = NULL;
	int status, r;
	ssize_t n;

	if (in < 0 || out < 0 || complaint < 0 || write_all(in, p->text, p->len) < 0 ||
	    lseek(in, 0, SEEK_SET) < 0)
		return err_errno(err, "cannot hand the seccomp profile to '%s'", request->helper);
	r = spawn_helper(request, p, &s, &status, err);
	if (r < 0)
		return r;
	if (status != 0)
		return refused(request, complaint, err);
	if (lseek(out, 0, SEEK_SET) < 0)
		return err_errno(err, "cannot read what '%s' made", request->helper);
	n = read_fd(out, SECCOMP_PROFILE_MAX, &data);
	if (n < 0 || !take_program(data, (size_t)n, a, ret))
		return err_set(err, 0, "'%s' does not belong to this kokon", request->helper);
	if (cache >= 0)
		put_into_cache(cache, p, data, (size_t)n);
	return 0;
}

static int program_for_text(const struct seccomp_request *request, const char *text, size_t len,
			    struct arena *a, struct seccomp_program *ret, struct err *err)
{
	struct profile p = {.text = text, .len = len};
	CLOSE_FD int cache = -1;
	int r;

	if (len > SECCOMP_PROFILE_MAX)
		return err_set(err, EFBIG, "cannot use a seccomp profile of %zu bytes", len);
	r = make_key(request, &p, err);
	if (r < 0)
		return r;
	cache = open_cache(request->cache);
	if (cache >= 0 && find_in_cache(cache, &p, a, ret))
		return 0;
	return run_helper(request, &p, cache, a, ret, err);
}

static int program_for_file(const struct seccomp_request *request, struct arena *a,
			    struct seccomp_program *ret, struct err *err)
{
	FREE_PTR char *text = NULL;
	CLOSE_FD int fd = open(request->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_errno(err, "cannot open the seccomp profile '%s'", request->path);
	if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode))
		return err_set(err, 0, "the seccomp profile '%s' is not a file", request->path);
	n = read_fd(fd, SECCOMP_PROFILE_MAX, &text);
	if (n < 0)
		return err_set(err, (int)-n, "cannot read the seccomp profile '%s'", request->path);
	return program_for_text(request, text, (size_t)n, a, ret, err);
}

int seccomp_program_for(const struct seccomp_request *request, struct arena *a,
			struct seccomp_program *ret, struct err *err)
{
	switch (request->source) {
	case SECCOMP_DEFAULT: program_for_default(request->bounding, a, ret); return 0;
	case SECCOMP_UNCONFINED: *ret = (struct seccomp_program){0}; return 0;
	case SECCOMP_FILE: return program_for_file(request, a, ret, err);
	case SECCOMP_TEXT:
		return program_for_text(request, request->text, request->text_len, a, ret, err);
	}
	return err_set(err, 0, "unknown source of a seccomp profile");
}

/* Without a program the flags are all that the kernel can find fault with: EINVAL, else EFAULT. */
uint64_t seccomp_flags_taken(uint64_t flags)
{
	uint64_t taken = 0;

	for (uint64_t flag = 1; flag <= UINT32_MAX; flag <<= 1) {
		/* waiting means: for the answer of who listens */
		uint64_t with = flag == SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
					? SECCOMP_FILTER_FLAG_NEW_LISTENER
					: 0;

		if ((flags & flag) &&
		    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flag | with, NULL) < 0 &&
		    errno == EFAULT)
			taken |= flag;
	}
	return taken;
}
