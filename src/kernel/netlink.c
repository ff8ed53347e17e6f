// SPDX-License-Identifier: Apache-2.0
/*
 * A request is a struct nlmsghdr, a fixed header that its type begins with, and attributes
 * (struct nlattr, 4-byte aligned), some of which hold attributes again. Requests that stand one
 * behind another in one send() are carried out in that order before it returns, and their
 * acknowledgements wait in the socket's receive buffer.
 *
 * Every request asks for an acknowledgement, and netlink_run() reads exactly one for each of its
 * sequence numbers; what carries another number is left over from an earlier, broken exchange or
 * a notification, and is skipped.
 */
#include "netlink.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include "macros.h"
#include "process.h"

enum {
	RECEIVE_SIZE = 64 << 10, /* the kernel fills at most 32 KiB of a dump at once */
	DUMP_TRIES = 10,
	SEND_MAX = 128, /* requests at once: their answers must fit the socket's receive buffer */
	ALIGNED_HEADER = NLMSG_ALIGN(sizeof(struct nlmsghdr)),
	ALIGNED_ATTR = NLA_ALIGN(sizeof(struct nlattr)),
	STACK_SIZE = 64 << 10,
};

int netlink_open(int protocol, struct netlink *ret, struct err *err)
{
	static const int options[] = {NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK};
	CLOSE_FD int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	int on = 1;

	if (fd < 0) {
		err_errno(err, "cannot open a netlink socket");
		if (err && err->code == EPROTONOSUPPORT && protocol != NETLINK_ROUTE)
			err_remedy(err, "this kernel lacks this part of its network configuration");
		return err ? -err->code : -errno;
	}
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (setsockopt(fd, SOL_NETLINK, options[i], &on, sizeof(on)) < 0)
			return err_errno(err, "cannot set up a netlink socket");
	*ret = (struct netlink){.fd = TAKE_FD(fd)};
	return 0;
}

struct errand {
	int netns, owner, protocol, r;
	struct netlink *ret;
	struct err err;
};

/* Mustn't return before the socket is open: memory and descriptors are the caller's. */
static int open_there(void *p)
{
	struct errand *e = p;

	if (setns(e->owner, CLONE_NEWUSER) < 0 || setns(e->netns, CLONE_NEWNET) < 0)
		e->r = -errno;
	else
		e->r = netlink_open(e->protocol, e->ret, &e->err);
	_exit(0);
}

static int refuse_entry(int code, struct err *err)
{
	err_set(err, code, "cannot enter the network namespace");
	if (code == EPERM)
		err_remedy(err, "this takes CAP_SYS_ADMIN in the user namespace that owns it: run "
				"it as root");
	return -code;
}

/* As the owner of the user namespace that the network namespace belongs to. */
static int open_as_owner(int netns, int protocol, struct netlink *ret, struct err *err)
{
	CLOSE_FD int owner = ioctl(netns, NS_GET_USERNS);
	struct errand e = {netns, owner, protocol, -EPERM, ret, {0}};
	char *stack = owner < 0 ? MAP_FAILED
				: mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
				       MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	int status;
	pid_t pid;

	if (stack == MAP_FAILED)
		return refuse_entry(EPERM, err);
	pid = clone(open_there, stack + STACK_SIZE, CLONE_VM | CLONE_FILES | CLONE_VFORK | SIGCHLD,
		    &e);
	if (pid >= 0)
		process_wait(pid, &status);
	munmap(stack, STACK_SIZE);
	if (e.r < 0 && !e.err.text[0])
		return refuse_entry(-e.r, err);
	if (e.r < 0 && err)
		*err = e.err;
	return e.r;
}

int netlink_open_in(int netns, int protocol, struct netlink *ret, struct err *err)
{
	CLOSE_FD int own = -1;
	int r;

	if (netns < 0)
		return netlink_open(protocol, ret, err);
	own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (own < 0)
		return err_errno(err, "cannot open '/proc/self/ns/net'");
	if (setns(netns, CLONE_NEWNET) < 0)
		return errno == EPERM ? open_as_owner(netns, protocol, ret, err)
				      : refuse_entry(errno, err);
	r = netlink_open(protocol, ret, err);
	/* Going on in another namespace would change what nobody asked to change. Who has entered
	 * a user namespace that does not own the first one has no way back, and no right there. */
	if (setns(own, CLONE_NEWNET) < 0 && errno != EPERM)
		abort();
	return r;
}

void netlink_close(struct netlink *nl)
{
	if (nl->fd >= 0)
		close(nl->fd);
	nl->fd = -1;
}

void netlink_batch_free(struct netlink_batch *b)
{
	for (size_t i = 0; i < b->n; i++)
		free(b->what[i]);
	free(b->what);
	free(b->data);
	*b = (struct netlink_batch){0};
}

/* Zeroed space of a multiple of 4 bytes at the end. */
static char *extend(struct netlink_batch *b, size_t len)
{
	size_t need = b->used + NLMSG_ALIGN(len);
	char *at;

	if (need > b->size) {
		b->size = MAX(need, MAX(2 * b->size, (size_t)1024));
		b->data = realloc(b->data, b->size);
		if (!b->data)
			out_of_memory();
	}
	at = b->data + b->used;
	memset(at, 0, NLMSG_ALIGN(len));
	b->used = need;
	return at;
}

/* The request being built ends where the batch ends. */
static void measure(struct netlink_batch *b)
{
	struct nlmsghdr *m = (struct nlmsghdr *)(b->data + b->current);

	m->nlmsg_len = (uint32_t)(b->used - b->current);
}

void netlink_put_raw(struct netlink_batch *b, const void *data, size_t len)
{
	memcpy(extend(b, len), data, len);
	measure(b);
}

void netlink_request(struct netlink_batch *b, uint16_t type, uint16_t flags, const void *header,
		     size_t len)
{
	struct nlmsghdr *m;

	b->what = realloc(b->what, (b->n + 1) * sizeof(*b->what));
	if (!b->what)
		out_of_memory();
	b->what[b->n++] = NULL;
	b->current = b->used;
	m = (struct nlmsghdr *)extend(b, ALIGNED_HEADER);
	m->nlmsg_type = type;
	m->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	netlink_put_raw(b, header, len);
}

void netlink_what(struct netlink_batch *b, const char *fmt, ...)
{
	char **what = &b->what[b->n - 1];
	va_list ap;

	free(*what);
	va_start(ap, fmt);
	if (vasprintf(what, fmt, ap) < 0)
		out_of_memory();
	va_end(ap);
}

void netlink_put(struct netlink_batch *b, uint16_t type, const void *data, size_t len)
{
	struct nlattr a = {.nla_len = (uint16_t)(ALIGNED_ATTR + len), .nla_type = type};
	char *at;

	/* A length that does not fit would be a request for something else. */
	if (len > UINT16_MAX - ALIGNED_ATTR)
		abort();
	at = extend(b, ALIGNED_ATTR + len);
	memcpy(at, &a, sizeof(a));
	if (len)
		memcpy(at + ALIGNED_ATTR, data, len);
	measure(b);
}

void netlink_put_text(struct netlink_batch *b, uint16_t type, const char *text)
{
	netlink_put(b, type, text, strlen(text) + 1);
}

void netlink_put_u8(struct netlink_batch *b, uint16_t type, uint8_t value)
{
	netlink_put(b, type, &value, sizeof(value));
}

void netlink_put_u16(struct netlink_batch *b, uint16_t type, uint16_t value)
{
	netlink_put(b, type, &value, sizeof(value));
}

void netlink_put_u32(struct netlink_batch *b, uint16_t type, uint32_t value)
{
	netlink_put(b, type, &value, sizeof(value));
}

size_t netlink_nest(struct netlink_batch *b, uint16_t type)
{
	size_t nest = b->used;

	netlink_put(b, type | NLA_F_NESTED, NULL, 0);
	return nest;
}

void netlink_nest_end(struct netlink_batch *b, size_t nest)
{
	struct nlattr *a = (struct nlattr *)(b->data + nest);

	if (b->used - nest > UINT16_MAX)
		abort();
	a->nla_len = (uint16_t)(b->used - nest);
}

/* A number for each of at most `max` requests from offset `at`. Returns where they end. */
static size_t number_requests(struct netlink_batch *b, size_t at, size_t max, struct netlink *nl)
{
	for (size_t i = 0; at < b->used && i < max; i++) {
		struct nlmsghdr *m = (struct nlmsghdr *)(b->data + at);

		m->nlmsg_seq = ++nl->seq;
		at += NLMSG_ALIGN(m->nlmsg_len);
	}
	return at;
}

static int send_requests(const struct netlink *nl, const char *data, size_t len, struct err *err)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	ssize_t n;

	do
		n = sendto(nl->fd, data, len, 0, (struct sockaddr *)&kernel, sizeof(kernel));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_errno(err, "cannot send to the kernel's network configuration");
	return 0;
}

/* One datagram, from the kernel. Its length or -errno. */
static ssize_t receive(const struct netlink *nl, char *buf, struct err *err)
{
	for (;;) {
		struct sockaddr_nl from = {0};
		struct iovec iov = {buf, RECEIVE_SIZE};
		struct msghdr msg = {.msg_name = &from,
				     .msg_namelen = sizeof(from),
				     .msg_iov = &iov,
				     .msg_iovlen = 1};
		ssize_t n = recvmsg(nl->fd, &msg, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err,
					 "cannot read from the kernel's network configuration");
		if (msg.msg_flags & MSG_TRUNC)
			return err_set(err, EMSGSIZE,
				       "cannot read from the kernel's network configuration");
		if (from.nl_pid == 0)
			return n;
	}
}

/* The kernel's own words in an acknowledgement, if it has any. */
static void kernel_words(const struct nlmsghdr *m, char *buf, size_t size)
{
	const struct nlmsgerr *e = netlink_header(m, sizeof(*e));
	size_t skip = sizeof(*e);
	struct netlink_attrs as;
	struct netlink_attr a;

	buf[0] = '\0';
	if (!e || !(m->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(m->nlmsg_flags & NLM_F_CAPPED))
		skip += NLMSG_ALIGN(e->msg.nlmsg_len) - sizeof(struct nlmsghdr);
	as = netlink_attrs(m, skip);
	while (netlink_attr_next(&as, &a))
		if (a.type == NLMSGERR_ATTR_MSG)
			netlink_text(&a, buf, size);
}

/* The failure that an acknowledgement (or the end of a dump) reports; 0: none. */
static int failure(const struct nlmsghdr *m, const char *what, struct err *err)
{
	const int32_t *code = netlink_header(m, sizeof(*code));
	char words[160];

	if (!code)
		return err_set(err, EBADMSG, "%s", what ? what : "netlink request failed");
	if (*code == 0 || (m->nlmsg_type == NLMSG_DONE && *code > 0))
		return 0;
	kernel_words(m, words, sizeof(words));
	if (!what)
		what = "the kernel refused a network request";
	if (words[0])
		return err_set(err, -*code, "%s (%s)", what, words);
	return err_set(err, -*code, "%s", what);
}

static void forget_requests(struct netlink_batch *b)
{
	for (size_t i = 0; i < b->n; i++)
		free(b->what[i]);
	b->n = 0;
	b->used = b->current = 0;
}

/* Read one acknowledgement for each of the n requests from `first`; the first failure is kept. */
static int read_acks(const struct netlink *nl, uint32_t seq, char *const *what, size_t n,
		     size_t *ret_failed, struct err *err)
{
	FREE_PTR char *buf = malloc(RECEIVE_SIZE);
	size_t left = n;
	int r = 0;

	if (!buf)
		return err_set(err, ENOMEM, "cannot read from the kernel");
	while (left) {
		ssize_t len = receive(nl, buf, err);
		struct netlink_answer datagram = {.data = buf, .len = len < 0 ? 0 : (size_t)len};

		if (len < 0)
			return (int)len;
		for (const struct nlmsghdr *m = NULL; (m = netlink_next(&datagram, m));) {
			size_t i = (uint32_t)(m->nlmsg_seq - seq);

			if (m->nlmsg_type != NLMSG_ERROR || i >= n)
				continue;
			left -= left > 0;
			if (r == 0 && (r = failure(m, what[i], err)) < 0)
				*ret_failed = i;
		}
	}
	return r;
}

int netlink_run(struct netlink_batch *b, struct netlink *nl, size_t *ret_failed, struct err *err)
{
	size_t at = 0, done = 0;
	int r = 0;

	while (r == 0 && done < b->n) {
		uint32_t seq = nl->seq + 1;
		size_t n = MIN(b->n - done, (size_t)SEND_MAX), failed = 0;
		size_t end = number_requests(b, at, n, nl);

		r = send_requests(nl, b->data + at, end - at, err);
		if (r == 0)
			r = read_acks(nl, seq, b->what + done, n, &failed, err);
		if (r < 0 && ret_failed)
			*ret_failed = done + failed;
		at = end;
		done += n;
	}
	forget_requests(b);
	return r;
}

void netlink_answer_free(struct netlink_answer *a)
{
	free(a->data);
	*a = (struct netlink_answer){0};
}

static void keep(struct netlink_answer *a, const struct nlmsghdr *m)
{
	size_t len = NLMSG_ALIGN(m->nlmsg_len);

	if (!a->data || a->len + len > a->size) {
		a->size = MAX(a->len + len, MAX(2 * a->size, (size_t)4096));
		a->data = realloc(a->data, a->size);
		if (!a->data)
			out_of_memory();
	}
	memset(a->data + a->len, 0, len);
	memcpy(a->data + a->len, m, m->nlmsg_len);
	a->len += len;
}

/* Keep the messages of one datagram. Returns 1 when the answer is complete, 0: more follows. */
static int keep_messages(const struct netlink_answer *datagram, uint32_t seq, const char *what,
			 struct netlink_answer *ret, struct err *err)
{
	for (const struct nlmsghdr *m = NULL; (m = netlink_next(datagram, m));) {
		int r;

		if (m->nlmsg_seq != seq)
			continue;
		if (m->nlmsg_flags & NLM_F_DUMP_INTR)
			ret->interrupted = true;
		if (m->nlmsg_type == NLMSG_ERROR || m->nlmsg_type == NLMSG_DONE) {
			r = failure(m, what, err);
			return r < 0 ? r : 1;
		}
		keep(ret, m);
	}
	return 0;
}

static int read_answer(const struct netlink *nl, uint32_t seq, const char *what,
		       struct netlink_answer *ret, struct err *err)
{
	FREE_PTR char *buf = malloc(RECEIVE_SIZE);
	int r = 0;

	if (!buf)
		return err_set(err, ENOMEM, "cannot read from the kernel");
	ret->len = 0;
	ret->interrupted = false;
	while (r == 0) {
		ssize_t n = receive(nl, buf, err);
		struct netlink_answer datagram = {.data = buf, .len = n < 0 ? 0 : (size_t)n};

		if (n < 0)
			return (int)n;
		r = keep_messages(&datagram, seq, what, ret, err);
	}
	return r < 0 ? r : 0;
}

int netlink_ask(struct netlink_batch *b, struct netlink *nl, struct netlink_answer *ret,
		struct err *err)
{
	struct netlink_answer answer = {0};
	int r = b->n == 1 ? 0 : err_set(err, EINVAL, "not one request");

	for (int i = 0; r == 0 && i < DUMP_TRIES; i++) {
		number_requests(b, 0, 1, nl);
		r = send_requests(nl, b->data, b->used, err);
		if (r == 0)
			r = read_answer(nl, nl->seq, b->what[0], &answer, err);
		if (r == 0 && !answer.interrupted)
			break;
	}
	forget_requests(b);
	if (r < 0) {
		netlink_answer_free(&answer);
		return r;
	}
	*ret = answer;
	return 0;
}

const struct nlmsghdr *netlink_next(const struct netlink_answer *a, const struct nlmsghdr *m)
{
	size_t at = m ? (size_t)((const char *)m - a->data) + NLMSG_ALIGN(m->nlmsg_len) : 0;

	if (at + sizeof(*m) > a->len)
		return NULL;
	m = (const struct nlmsghdr *)(a->data + at);
	return m->nlmsg_len < sizeof(*m) || m->nlmsg_len > a->len - at ? NULL : m;
}

size_t netlink_count(const struct netlink_answer *a)
{
	size_t n = 0;

	for (const struct nlmsghdr *m = NULL; (m = netlink_next(a, m));)
		n++;
	return n;
}

const void *netlink_header(const struct nlmsghdr *m, size_t len)
{
	return m->nlmsg_len < ALIGNED_HEADER + len ? NULL : (const char *)m + ALIGNED_HEADER;
}

struct netlink_attrs netlink_attrs(const struct nlmsghdr *m, size_t len)
{
	size_t skip = ALIGNED_HEADER + NLMSG_ALIGN(len);

	if (m->nlmsg_len < skip)
		return (struct netlink_attrs){0};
	return (struct netlink_attrs){(const char *)m + skip, m->nlmsg_len - skip};
}

struct netlink_attrs netlink_nested(const struct netlink_attr *a)
{
	return (struct netlink_attrs){a->data, a->len};
}

bool netlink_attr_next(struct netlink_attrs *as, struct netlink_attr *ret)
{
	struct nlattr a;
	size_t whole;

	if (as->left < sizeof(a))
		return false;
	memcpy(&a, as->at, sizeof(a));
	if (a.nla_len < sizeof(a) || a.nla_len > as->left)
		return false;
	*ret = (struct netlink_attr){a.nla_type & NLA_TYPE_MASK, as->at + ALIGNED_ATTR,
				     a.nla_len - ALIGNED_ATTR};
	whole = MIN((size_t)NLA_ALIGN(a.nla_len), as->left);
	as->at += whole;
	as->left -= whole;
	return true;
}

static void number(const struct netlink_attr *a, void *value, size_t len)
{
	if (a->len >= len)
		memcpy(value, a->data, len);
}

uint32_t netlink_u32(const struct netlink_attr *a)
{
	uint32_t value = 0;

	number(a, &value, sizeof(value));
	return value;
}

uint16_t netlink_u16(const struct netlink_attr *a)
{
	uint16_t value = 0;

	number(a, &value, sizeof(value));
	return value;
}

uint8_t netlink_u8(const struct netlink_attr *a)
{
	uint8_t value = 0;

	number(a, &value, sizeof(value));
	return value;
}

int32_t netlink_i32(const struct netlink_attr *a)
{
	return (int32_t)netlink_u32(a);
}

void netlink_text(const struct netlink_attr *a, char *buf, size_t size)
{
	size_t len = strnlen(a->data, a->len);

	len = MIN(len, size - 1);
	memcpy(buf, a->data, len);
	buf[len] = '\0';
}
