// SPDX-License-Identifier: Apache-2.0
/*
 * Theory of operation
 *
 * One epoll(7) descriptor watches the sockets, so that the caller's loop has one to wait for.
 *
 * A question by UDP that is passed on gets a socket of its own, connected to the server: the
 * kernel chooses the port and takes no answer from anybody else. It is one of SLOTS; a new
 * question takes the oldest one when all are in use. A server that lets a question grow
 * older than PATIENCE is followed by the next one of the list.
 *
 * A TCP connection is two sockets and a buffer:
 *
 *   READ (question) --> answered here --> WRITE (answer) --> closed
 *        |
 *        +--> ASK (question to the server) --> HEAR (its answer) --> WRITE
 */
#include "resolver.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include "dns.h"
#include "macros.h"
#include "parse.h"
#include "pool.h"

enum { SLOTS = 64, STREAMS = 8, SERVERS = 8, ANSWERS = 64, PATIENCE_MS = 2000 };
enum { ID_UDP = 1, ID_TCP = 2, ID_SLOT = 16, ID_STREAM = 256 };

struct slot {
	int fd; /* to the server; -1: free */
	int64_t since;
	struct sockaddr_in client;
	int server;
};

enum phase { READ, ASK, HEAR, WRITE };

struct stream {
	int client, server; /* -1: none */
	enum phase phase;
	int64_t since;
	size_t used, want;     /* bytes in the buffer; where what is under way ends */
	unsigned char *buffer; /* two bytes of length, then a message */
};

struct resolver {
	int udp, tcp, epoll, pools;
	const char *owner;
	struct ip servers[SERVERS];
	int n_servers, server; /* the one that is asked now */
	struct slot slots[SLOTS];
	struct stream streams[STREAMS];
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int watch(const struct resolver *r, int fd, uint32_t events, uint64_t id, int operation)
{
	struct epoll_event e = {.events = events, .data.u64 = id};

	return epoll_ctl(r->epoll, operation, fd, &e) < 0 ? -errno : 0;
}

/* --- names --- */

struct found {
	struct ip ips[ANSWERS];
	size_t n;
	bool known;                        /* there is such a name */
	char pointer[LEASE_OWNER_MAX + 1]; /* of a question the other way round */
};

static bool has_name(const struct lease *l, const char *name)
{
	const char *at = l->aliases, *word;
	size_t len;

	if (strcasecmp(l->owner, name) == 0)
		return true;
	while (at && next_field(&at, ' ', &word, &len))
		if (len && strlen(name) == len && strncasecmp(word, name, len) == 0)
			return true;
	return false;
}

static void look_in(const struct pool *p, const struct dns_question *q, const struct ip *reverse,
		    struct found *f)
{
	const struct network *n = &p->head->network;
	const struct lease *l;
	uint32_t at = 1, place = reverse ? network_place(n, reverse) : 0;

	if (reverse && (place == 0 || place > p->head->places || !p->leases[place].owner[0]))
		return;
	if (reverse) {
		f->known = true;
		snprintf(f->pointer, sizeof(f->pointer), "%s", p->leases[place].owner);
		return;
	}
	while ((l = pool_next(p, &at))) {
		if (!has_name(l, q->name))
			continue;
		f->known = true;
		for (int k = 0; k < FAMILIES && f->n < ANSWERS; k++) {
			struct ip ip = network_address(n, k, l->place);

			if (ip.family)
				f->ips[f->n++] = ip;
		}
	}
}

/* In the networks that the container is on. */
static void look_up(const struct resolver *r, const struct dns_question *q, struct found *f)
{
	struct ip reverse;
	bool backwards = q->type == DNS_PTR && dns_reverse(q->name, &reverse);
	char **names;
	size_t n;

	f->n = 0;
	f->known = false;
	f->pointer[0] = '\0';
	if (r->pools < 0 || pool_names(r->pools, &names, &n, NULL) < 0)
		return;
	for (size_t i = 0; i < n; i++) {
		POOL_CLEANUP struct pool p = POOL_NONE;

		if (pool_open(r->pools, names[i], &p, NULL) == 0 && pool_find(&p, r->owner) &&
		    !(p.head->network.flags & NETWORK_NO_NAMES))
			look_in(&p, q, backwards ? &reverse : NULL, f);
	}
	pool_names_free(names, n);
}

/* The answer to what need not be passed on; 0: it must be, or (no server) cannot be answered. */
static size_t answer_here(const struct resolver *r, const unsigned char *query, size_t len,
			  unsigned char *buf, size_t size)
{
	struct dns_question q;
	struct found f;

	if (!dns_parse(query, len, &q))
		return 0;
	look_up(r, &q, &f);
	if (f.known)
		return dns_answer(query, &q, DNS_OK, f.ips, f.n, f.pointer[0] ? f.pointer : NULL,
				  buf, size);
	return r->n_servers ? 0 : dns_answer(query, &q, DNS_NO_NAME, NULL, 0, NULL, buf, size);
}

/* --- servers --- */

static int connect_to(const struct ip *ip, int type)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(53)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(53)};
	bool is4 = ip->family == AF_INET;
	CLOSE_FD int fd = socket(ip->family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	memcpy(is4 ? (void *)&v4.sin_addr : (void *)&v6.sin6_addr, ip->bytes, ip_size(ip));
	if (fd < 0 || (connect(fd, is4 ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6,
			       is4 ? sizeof(v4) : sizeof(v6)) < 0 &&
		       errno != EINPROGRESS))
		return -errno;
	return TAKE_FD(fd);
}

static void next_server(struct resolver *r, int after)
{
	if (r->n_servers && r->server == after)
		r->server = (after + 1) % r->n_servers;
}

static void close_slot(struct slot *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

static struct slot *free_slot(struct resolver *r)
{
	struct slot *oldest = &r->slots[0];
	int64_t now = now_ms();

	for (int i = 0; i < SLOTS; i++) {
		struct slot *s = &r->slots[i];

		if (s->fd >= 0 && now - s->since > PATIENCE_MS) {
			next_server(r, s->server);
			close_slot(s);
		}
	}
	for (int i = 0; i < SLOTS; i++) {
		if (r->slots[i].fd < 0)
			return &r->slots[i];
		if (r->slots[i].since < oldest->since)
			oldest = &r->slots[i];
	}
	close_slot(oldest);
	return oldest;
}

static void fail(const struct resolver *r, const unsigned char *query, size_t len,
		 const struct sockaddr_in *to)
{
	unsigned char buf[DNS_UDP_MAX];
	struct dns_question q;
	size_t n;

	if (!dns_parse(query, len, &q))
		return;
	n = dns_answer(query, &q, DNS_SERVER_FAILED, NULL, 0, NULL, buf, sizeof(buf));
	sendto(r->udp, buf, n, MSG_DONTWAIT, (const struct sockaddr *)to, sizeof(*to));
}

static void pass_on(struct resolver *r, const unsigned char *query, size_t len,
		    const struct sockaddr_in *client)
{
	struct slot *s = free_slot(r);

	for (int i = 0; i < r->n_servers; i++) {
		s->fd = connect_to(&r->servers[r->server], SOCK_DGRAM);
		if (s->fd >= 0 && send(s->fd, query, len, MSG_DONTWAIT) == (ssize_t)len &&
		    watch(r, s->fd, EPOLLIN, ID_SLOT + (uint64_t)(s - r->slots), EPOLL_CTL_ADD) ==
			    0) {
			s->since = now_ms();
			s->client = *client;
			s->server = r->server;
			return;
		}
		close_slot(s);
		next_server(r, r->server);
	}
	fail(r, query, len, client);
}

static void take_question(struct resolver *r)
{
	unsigned char query[4096], answer[DNS_UDP_MAX];
	struct sockaddr_in client;
	socklen_t size = sizeof(client);
	ssize_t n = recvfrom(r->udp, query, sizeof(query), MSG_DONTWAIT, (struct sockaddr *)&client,
			     &size);
	size_t len;

	if (n <= 0)
		return;
	len = answer_here(r, query, (size_t)n, answer, sizeof(answer));
	if (len)
		sendto(r->udp, answer, len, MSG_DONTWAIT, (struct sockaddr *)&client, size);
	else if (r->n_servers)
		pass_on(r, query, (size_t)n, &client);
}

static void take_answer(struct resolver *r, struct slot *s)
{
	unsigned char answer[4096];
	ssize_t n = s->fd < 0 ? 0 : recv(s->fd, answer, sizeof(answer), MSG_DONTWAIT);

	if (s->fd < 0)
		return;
	if (n > 0)
		sendto(r->udp, answer, (size_t)n, MSG_DONTWAIT, (struct sockaddr *)&s->client,
		       sizeof(s->client));
	else /* nobody listens there */
		next_server(r, s->server);
	close_slot(s);
}

/* --- TCP --- */

static void close_stream(struct stream *s)
{
	if (s->client >= 0)
		close(s->client);
	if (s->server >= 0)
		close(s->server);
	free(s->buffer);
	*s = (struct stream){.client = -1, .server = -1};
}

static uint64_t stream_id(const struct resolver *r, const struct stream *s)
{
	return ID_STREAM + (uint64_t)(s - r->streams);
}

static void take_stream(struct resolver *r)
{
	CLOSE_FD int fd = accept4(r->tcp, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct stream *s = &r->streams[0];

	if (fd < 0)
		return;
	for (int i = 0; i < STREAMS && s->client >= 0; i++)
		if (r->streams[i].client < 0 || r->streams[i].since < s->since)
			s = &r->streams[i];
	close_stream(s);
	s->buffer = malloc(DNS_MESSAGE_MAX + 2);
	if (!s->buffer || watch(r, fd, EPOLLIN, stream_id(r, s), EPOLL_CTL_ADD) < 0)
		return close_stream(s);
	s->client = TAKE_FD(fd);
	s->phase = READ;
	s->since = now_ms();
	s->want = 2;
}

/* Read up to what is wanted: first the length, then the message. 1: there, 0: more to come. */
static int fill(struct stream *s, int fd)
{
	ssize_t n = recv(fd, s->buffer + s->used, s->want - s->used, MSG_DONTWAIT);

	if (n <= 0)
		return n < 0 && errno == EAGAIN ? 0 : -ECONNRESET;
	s->used += (size_t)n;
	if (s->used == 2 && s->want == 2)
		s->want = 2 + (size_t)(s->buffer[0] << 8 | s->buffer[1]);
	return s->used == s->want && s->want > 2;
}

static int drain(struct stream *s, int fd)
{
	ssize_t n = send(fd, s->buffer + s->used, s->want - s->used, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	s->used += (size_t)n;
	return s->used == s->want;
}

static int begin(struct resolver *r, struct stream *s, enum phase phase)
{
	bool to_server = phase == ASK || phase == HEAR;
	int fd = to_server ? s->server : s->client;

	s->used = 0;
	if (phase == HEAR)
		s->want = 2;
	/* The other one is only watched for its end. */
	if (phase == WRITE && s->server >= 0) {
		close(s->server);
		s->server = -1;
	}
	if (phase == ASK)
		watch(r, s->client, 0, stream_id(r, s), EPOLL_CTL_MOD);
	s->phase = phase;
	return watch(r, fd, phase == HEAR ? EPOLLIN : EPOLLOUT, stream_id(r, s),
		     phase == ASK ? EPOLL_CTL_ADD : EPOLL_CTL_MOD);
}

static int answer_stream(struct resolver *r, struct stream *s)
{
	unsigned char answer[4096];
	size_t n = answer_here(r, s->buffer + 2, s->want - 2, answer, sizeof(answer));

	if (n) {
		s->buffer[0] = (unsigned char)(n >> 8);
		s->buffer[1] = (unsigned char)n;
		memcpy(s->buffer + 2, answer, n);
		s->want = n + 2;
		return begin(r, s, WRITE);
	}
	s->server = r->n_servers ? connect_to(&r->servers[r->server], SOCK_STREAM) : -1;
	return s->server < 0 ? -ECONNREFUSED : begin(r, s, ASK);
}

static void serve_stream(struct resolver *r, struct stream *s)
{
	int n = s->client < 0      ? 0
		: s->phase == READ ? fill(s, s->client)
		: s->phase == ASK  ? drain(s, s->server)
		: s->phase == HEAR ? fill(s, s->server)
				   : drain(s, s->client);

	if (n > 0 && s->phase == WRITE)
		n = -ECONNRESET; /* done */
	else if (n > 0)
		n = s->phase == READ  ? answer_stream(r, s)
		    : s->phase == ASK ? begin(r, s, HEAR)
				      : begin(r, s, WRITE);
	if (n < 0)
		close_stream(s);
}

/* --- all together --- */

int resolver_fd(const struct resolver *r)
{
	return r->epoll;
}

void resolver_serve(void *resolver)
{
	struct resolver *r = resolver;
	struct epoll_event events[16];
	int n = epoll_wait(r->epoll, events, ARRAY_SIZE(events), 0);

	for (int i = 0; i < n; i++) {
		uint64_t id = events[i].data.u64;

		if (id == ID_UDP)
			take_question(r);
		else if (id == ID_TCP)
			take_stream(r);
		else if (id >= ID_STREAM && (events[i].events & (EPOLLERR | EPOLLHUP)) &&
			 !(events[i].events & EPOLLIN))
			close_stream(&r->streams[id - ID_STREAM]);
		else if (id >= ID_STREAM)
			serve_stream(r, &r->streams[id - ID_STREAM]);
		else
			take_answer(r, &r->slots[id - ID_SLOT]);
	}
}

void resolver_close(struct resolver *r)
{
	if (!r)
		return;
	for (int i = 0; i < SLOTS; i++)
		close_slot(&r->slots[i]);
	for (int i = 0; i < STREAMS; i++)
		close_stream(&r->streams[i]);
	if (r->epoll >= 0)
		close(r->epoll);
	free(r);
}

static void add_servers(struct resolver *r, const char *text)
{
	const char *word;
	size_t len;

	while (text && r->n_servers < SERVERS && next_field(&text, ' ', &word, &len)) {
		char one[IP_TEXT_MAX];

		snprintf(one, sizeof(one), "%.*s", (int)MIN(len, sizeof(one) - 1), word);
		if (ip_parse(one, &r->servers[r->n_servers]) == 0)
			r->n_servers++;
	}
}

int resolver_open(int udp, int tcp, const char *servers, int pools, const char *owner,
		  struct resolver **ret, struct err *err)
{
	struct resolver *r = calloc(1, sizeof(*r));

	if (!r)
		return err_set(err, ENOMEM, "cannot answer questions about names");
	r->udp = udp;
	r->tcp = tcp;
	r->pools = pools;
	r->owner = owner;
	for (int i = 0; i < SLOTS; i++)
		r->slots[i].fd = -1;
	for (int i = 0; i < STREAMS; i++)
		r->streams[i].client = r->streams[i].server = -1;
	add_servers(r, servers);
	r->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (r->epoll < 0 || watch(r, udp, EPOLLIN, ID_UDP, EPOLL_CTL_ADD) < 0 ||
	    watch(r, tcp, EPOLLIN, ID_TCP, EPOLL_CTL_ADD) < 0) {
		err_errno(err, "cannot wait for questions about names");
		resolver_close(r);
		return -err->code;
	}
	*ret = r;
	return 0;
}
