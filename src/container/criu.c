// SPDX-License-Identifier: Apache-2.0
#include "criu.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "file.h"
#include "message.h"
#include "process.h"
#include "protobuf.h"

enum { ANSWER_MAX = 64 << 10, OLDEST = 31500, EXEC_FAILED = 127 };

/* --- options --- */

/* How an option looks on the command line: KEY and VALUE stand in for what is given. */
static const struct {
	enum criu_option option;
	const char *shown;
} names[] = {
	{CRIU_IMAGES_DIR_FD, "--images-dir VALUE"},
	{CRIU_PID, "--tree VALUE"},
	{CRIU_LEAVE_RUNNING, "--leave-running"},
	{CRIU_EXT_UNIX_SK, "--ext-unix-sk"},
	{CRIU_TCP_ESTABLISHED, "--tcp-established"},
	{CRIU_EVASIVE_DEVICES, "--evasive-devices"},
	{CRIU_SHELL_JOB, "--shell-job"},
	{CRIU_FILE_LOCKS, "--file-locks"},
	{CRIU_LOG_LEVEL, "-vVALUE"},
	{CRIU_LOG_FILE, "--log-file VALUE"},
	{CRIU_PAGE_SERVER, "--page-server --address KEY --port VALUE"},
	{CRIU_ROOT, "--root VALUE"},
	{CRIU_PARENT_IMAGES, "--prev-images-dir VALUE"},
	{CRIU_TRACK_MEM, "--track-mem"},
	{CRIU_AUTO_DEDUP, "--auto-dedup"},
	{CRIU_WORK_DIR_FD, "--work-dir VALUE"},
	{CRIU_LINK_REMAP, "--link-remap"},
	{CRIU_EXT_MOUNT, "--external mnt[KEY]:VALUE"},
	{CRIU_CGROUP_ROOT, "--cgroup-root KEY:VALUE"},
	{CRIU_RESTORE_SIBLING, "--restore-sibling"},
	{CRIU_INHERIT_FD, "--inherit-fd fd[VALUE]:KEY"},
	{CRIU_MANAGE_CGROUPS_MODE, "--manage-cgroups=VALUE"},
	{CRIU_EXTERNAL, "--external VALUE"},
	{CRIU_EMPTY_NS, "--empty-ns VALUE"},
	{CRIU_JOIN_NS, "--join-ns KEY:VALUE"},
	{CRIU_FREEZE_CGROUP, "--freeze-cgroup VALUE"},
	{CRIU_TCP_SKIP_IN_FLIGHT, "--skip-in-flight"},
	{CRIU_LAZY_PAGES, "--lazy-pages"},
	{CRIU_ORPHAN_PTS_MASTER, "--orphan-pts-master"},
	{CRIU_CONFIG_FILE, "--config VALUE"},
	{CRIU_TCP_CLOSE, "--tcp-close"},
	{CRIU_LSM_PROFILE, "--lsm-profile VALUE"},
	{CRIU_LSM_MOUNT_CONTEXT, "--lsm-mount-context VALUE"},
	{CRIU_NETWORK_LOCK, "--network-lock VALUE"},
};

void criu_options_free(struct criu_options *o)
{
	out_free(&o->message);
	out_free(&o->shell);
}

/* Each word of the pattern is one of the shell's. */
static void show(struct out *o, enum criu_option option, const char *key, const char *value)
{
	const char *at = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].option == option)
			at = names[i].shown;
	while (at && *at) {
		OUT_CLEANUP struct out word = {0};

		while (*at && *at != ' ') {
			if (strncmp(at, "KEY", 3) == 0 || strncmp(at, "VALUE", 5) == 0) {
				out_puts(&word, *at == 'K' ? key : value);
				at += *at == 'K' ? 3 : 5;
			} else {
				out_put(&word, at++, 1);
			}
		}
		at += *at == ' ';
		out_puts(o, " ");
		out_shell_word(o, word.text);
	}
}

void criu_set(struct criu_options *o, enum criu_option option, uint64_t value, const char *shown)
{
	protobuf_put_number(&o->message, option, value);
	show(&o->shell, option, "", shown ? shown : "");
}

void criu_set_text(struct criu_options *o, enum criu_option option, const char *text)
{
	protobuf_put_text(&o->message, option, text);
	show(&o->shell, option, "", text);
}

void criu_set_pair(struct criu_options *o, enum criu_option option, const char *key,
		   const char *value, uint64_t number)
{
	OUT_CLEANUP struct out pair = {0};
	char digits[24];

	protobuf_put_text(&pair, 1, key);
	if (value)
		protobuf_put_text(&pair, 2, value);
	else
		protobuf_put_number(&pair, 2, number);
	protobuf_put_bytes(&o->message, option, pair.text, pair.len);
	snprintf(digits, sizeof(digits), "%llu", (unsigned long long)number);
	show(&o->shell, option, key, value ? value : digits);
}

/* --- the program --- */

int criu_find(const char *program, char *ret, size_t size, struct err *err)
{
	const char *path = getenv("PATH"), *end;

	if (strchr(program, '/')) {
		snprintf(ret, size, "%s", program);
		if (access(ret, X_OK) < 0)
			return err_errno(err, "cannot run '%s'", program);
		return 0;
	}
	for (path = path ? path : "/usr/sbin:/usr/bin:/sbin:/bin"; *path;
	     path = end + (*end == ':')) {
		struct stat st;

		end = strchrnul(path, ':');
		if ((size_t)snprintf(ret, size, "%.*s/%s", (int)(end - path), path, program) <
			    size &&
		    stat(ret, &st) == 0 && S_ISREG(st.st_mode) && access(ret, X_OK) == 0)
			return 0;
	}
	err_set(err, ENOENT, "checkpoint and restore are the work of the program '%s'", program);
	return err_remedy(err,
			  "install it, the package is criu; or name it: kokon-oci --criu PATH");
}

/* The root must be a mount point, and stays the caller's file system: so this process alone gets
 * one, which goes with it. */
static int make_mount_point(const struct criu_start *q, int *dirs)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0 ||
	    mount(q->root, q->root, NULL, MS_BIND | MS_REC, NULL) < 0)
		return -errno;
	for (int i = 0; i < CRIU_DIRS; i++) {
		dirs[i] = open(q->dirs[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (dirs[i] < 0)
			return -errno;
	}
	return 0;
}

static void prepare_root(const struct criu_start *q, int sock)
{
	int dirs[CRIU_DIRS], code = make_mount_point(q, dirs);

	if (message_send(sock, &code, sizeof(code), dirs, code < 0 ? 0 : CRIU_DIRS) < 0 || code < 0)
		_exit(EXEC_FAILED);
}

static int await_root(struct criu *c, const struct criu_start *q, struct err *err)
{
	int code = 0, r = message_receive(c->sock, &code, sizeof(code), q->ret_dirs, CRIU_DIRS);

	if (r == 0 && code == 0)
		return 0;
	return err_set(err, r < 0 ? -r : -code, "cannot make '%s' a mount point for criu", q->root);
}

/* Should: run criu with what it inherits, and nothing else. Mustn't: return, allocate. */
NORETURN static void become_criu(const char *path, const struct criu_start *q, int sock)
{
	char number[12], *argv[] = {"criu", "swrk", number, NULL};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (q->mask)
		sigprocmask(SIG_SETMASK, q->mask, NULL);
	if (q->root)
		prepare_root(q, sock);
	syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC);
	fcntl(sock, F_SETFD, 0);
	for (size_t i = 0; i < q->n_fds; i++)
		fcntl(q->fds[i], F_SETFD, 0);
	snprintf(number, sizeof(number), "%d", sock);
	execv(path, argv);
	_exit(EXEC_FAILED);
}

static void put_request(struct out *o, enum criu_request kind, const struct criu_options *options)
{
	protobuf_put_number(o, 1, kind);
	if (options)
		protobuf_put_bytes(o, 2, options->message.text, options->message.len);
}

struct answer {
	uint32_t kind;
	bool success;
	int code;
	pid_t pid;
	char what[64], text[200];
	pid_t notice_pid;
	uint32_t version;
	bool mem_track, lazy_pages;
	int fd;
};

static void copy_text(struct protobuf bytes, char *to, size_t size)
{
	snprintf(to, size, "%.*s", (int)(bytes.end - bytes.at), (const char *)bytes.at);
}

/* criu_restore_resp, criu_notify, criu_features, criu_version: a few fields of each. */
static int read_part(uint32_t part, struct protobuf bytes, struct answer *ret)
{
	struct protobuf_field f;
	int r;

	while ((r = protobuf_next(&bytes, &f)) > 0) {
		if (part == 4 && f.number == 1)
			ret->pid = (pid_t)f.value;
		else if (part == 5 && f.number == 1 && f.is_bytes)
			copy_text(f.bytes, ret->what, sizeof(ret->what));
		else if (part == 5 && f.number == 2)
			ret->notice_pid = (pid_t)f.value;
		else if (part == 8 && f.number == 1)
			ret->mem_track = f.value;
		else if (part == 8 && f.number == 2)
			ret->lazy_pages = f.value;
		else if (part == 10 && f.number == 1)
			ret->version += (uint32_t)f.value * 10000;
		else if (part == 10 && f.number == 2)
			ret->version += (uint32_t)f.value * 100;
		else if (part == 10 && f.number == 4)
			ret->version += (uint32_t)f.value;
	}
	return r;
}

static int read_answer(const void *data, size_t len, struct answer *ret)
{
	struct protobuf p = protobuf_of(data, len);
	struct protobuf_field f;
	int r;

	while ((r = protobuf_next(&p, &f)) > 0) {
		if (f.number == 1)
			ret->kind = (uint32_t)f.value;
		else if (f.number == 2)
			ret->success = f.value;
		else if (f.number == 7)
			ret->code = (int)f.value;
		else if (f.number == 9 && f.is_bytes)
			copy_text(f.bytes, ret->text, sizeof(ret->text));
		else if (f.is_bytes && (r = read_part(f.number, f.bytes, ret)) < 0)
			break;
	}
	return r;
}

/* A message of any length, perhaps with a descriptor. */
static int receive(int sock, struct answer *ret)
{
	static char data[ANSWER_MAX];
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec part = {data, sizeof(data)};
	struct msghdr m = {.msg_iov = &part,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = sizeof(control)};
	struct cmsghdr *c;
	ssize_t n;

	do
		n = recvmsg(sock, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	*ret = (struct answer){.fd = -1};
	if (n <= 0)
		return n < 0 ? -errno : -ECONNRESET;
	c = CMSG_FIRSTHDR(&m);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
		memcpy(&ret->fd, CMSG_DATA(c), sizeof(ret->fd));
	return m.msg_flags & MSG_TRUNC ? -EMSGSIZE : read_answer(data, (size_t)n, ret);
}

static int ended(struct criu *c, int code, struct err *err)
{
	int status = code == -ECONNRESET ? criu_end(c, false) : 0;

	if (status == EXEC_FAILED)
		return err_set(err, 0, "criu could not be started");
	if (code != -ECONNRESET)
		return err_set(err, -code, "cannot understand criu");
	return err_set(err, 0, "criu ended with status %d, and did not answer", status);
}

static int send_all(struct criu *c, const struct out *o, struct err *err)
{
	int r = message_send(c->sock, o->text, o->len, NULL, 0);

	return r < 0 ? ended(c, -ECONNRESET, err) : 0;
}

/* criu does not leave after this one. */
static int ask(struct criu *c, enum criu_request kind, struct answer *ret, struct err *err)
{
	OUT_CLEANUP struct out o = {0}, wanted = {0};
	int r;

	put_request(&o, kind, NULL);
	protobuf_put_number(&o, 4, 1);
	if (kind == CRIU_FEATURES) {
		protobuf_put_number(&wanted, 1, 1);
		protobuf_put_number(&wanted, 2, 1);
		protobuf_put_bytes(&o, 5, wanted.text, wanted.len);
	}
	r = send_all(c, &o, err);
	if (r == 0 && (r = receive(c->sock, ret)) < 0)
		return ended(c, r, err);
	if (r == 0 && !ret->success)
		return err_set(err, 0, "criu does not say what it can do");
	return r;
}

int criu_start(struct criu *c, const struct criu_start *q, struct err *err)
{
	struct answer answer;
	char path[1024];
	int pair[2], r = criu_find(q->program, path, sizeof(path), err);

	if (r < 0)
		return r;
	r = message_pair(pair);
	if (r < 0)
		return err_set(err, -r, "cannot make a socket pair");
	c->pid = process_clone(0, SIGCHLD, -1, NULL);
	if (c->pid == 0)
		become_criu(path, q, pair[1]);
	close(pair[1]);
	c->sock = pair[0];
	if (c->pid < 0) {
		r = c->pid;
		c->pid = 0;
		return err_set(err, -r, "cannot start criu");
	}
	r = q->root ? await_root(c, q, err) : 0;
	if (r == 0)
		r = ask(c, CRIU_VERSION, &answer, err);
	if (r < 0)
		return r;
	c->version = answer.version;
	if (c->version >= OLDEST)
		return 0;
	err_set(err, 0, "this criu is %u.%u.%u", c->version / 10000, c->version / 100 % 100,
		c->version % 100);
	return err_remedy(err, "3.15 or later is needed");
}

int criu_features(struct criu *c, struct err *err)
{
	struct answer answer;
	int r = ask(c, CRIU_FEATURES, &answer, err);

	if (r == 0) {
		c->tracks_memory = answer.mem_track;
		c->lazy_pages = answer.lazy_pages;
	}
	return r;
}

static int acknowledge(struct criu *c, bool success, struct err *err)
{
	OUT_CLEANUP struct out o = {0};

	put_request(&o, CRIU_NOTICE, NULL);
	protobuf_put_number(&o, 3, success);
	return send_all(c, &o, err);
}

int criu_call(struct criu *c, enum criu_request kind, const struct criu_options *options,
	      criu_told told, void *context, pid_t *ret_pid, struct err *err)
{
	OUT_CLEANUP struct out o = {0};
	struct answer answer;
	int r;

	put_request(&o, kind, options);
	r = send_all(c, &o, err);
	while (r == 0) {
		r = receive(c->sock, &answer);
		if (r == 0 && answer.kind == CRIU_NOTICE) {
			struct criu_notice notice = {answer.what, answer.notice_pid, answer.fd};

			r = told ? told(context, &notice, err) : 0;
			if (answer.fd >= 0)
				close(answer.fd);
			if (acknowledge(c, r == 0, r == 0 ? err : NULL) < 0 && r == 0)
				r = -ECONNRESET;
			if (r < 0)
				return r;
			continue;
		}
		if (r < 0)
			return ended(c, r, err);
		break;
	}
	if (r == 0 && !answer.success)
		return err_set(err, answer.code, "%s",
			       answer.text[0] ? answer.text : "criu failed");
	if (r == 0 && ret_pid)
		*ret_pid = answer.pid;
	return r;
}

int criu_end(struct criu *c, bool now)
{
	int status = 0;

	if (c->sock >= 0)
		close(TAKE_FD(c->sock));
	if (c->pid <= 0)
		return 0;
	if (now)
		kill(c->pid, SIGKILL);
	if (process_wait(c->pid, &status) < 0)
		status = 0;
	c->pid = 0;
	return process_exit_status(status);
}

/* --- its log --- */

/* "(00.089472) Error (criu/files-reg.c:1790): Can't lookup" -> "Can't lookup". criu cannot raise
 * its own limit of files where CAP_SYS_RESOURCE is missing, and goes on. */
static const char *error_of(char *line)
{
	char *at = strstr(line, "Error ("), *text = at ? strstr(at, "): ") : NULL;

	if (!text || strncmp(text + 3, "rlimit:", 7) == 0)
		return NULL;
	return text + 3;
}

int criu_tell_log(int dir, const char *name, const char *shown, struct out *notes, struct err *err)
{
	FREE_PTR char *log = NULL;
	ssize_t n = read_file_at(dir, name, 256 << 20, &log);
	bool first = true;
	char *rest;

	err_remedy(err, "criu's log is '%s/%s'", shown, name);
	if (n <= 0)
		return -EINVAL;
	for (char *line = strtok_r(log, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		const char *text = error_of(line);

		if (text && first)
			err_set(err, 0, "%s", text);
		else if (text)
			out_printf(notes, "criu: %s\n", text);
		first = first && !text;
	}
	err_remedy(err, "criu's log is '%s/%s'", shown, name);
	return -EINVAL;
}
