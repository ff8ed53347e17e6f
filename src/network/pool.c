// SPDX-License-Identifier: Apache-2.0
#include "pool.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include "macros.h"

enum { WINDOW = 1024 };

static const char magic[8] = "kokonet";
static const char directory_name[] = ".network";

int pool_directory(int root, bool make, struct err *err)
{
	int fd = openat(root, directory_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT && make) {
		if (mkdirat(root, directory_name, 0700) < 0 && errno != EEXIST)
			return err_errno(err, "cannot make the folder of the networks");
		fd = openat(root, directory_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	}
	return fd < 0 ? err_errno(err, "cannot open the folder of the networks") : fd;
}

static void file_name(const char *name, char ret[NETWORK_NAME_MAX + 8])
{
	snprintf(ret, NETWORK_NAME_MAX + 8, "%s.pool", name);
}

void pool_close(struct pool *p)
{
	if (p->head)
		munmap(p->head, p->size);
	if (p->fd >= 0)
		close(p->fd);
	*p = (struct pool)POOL_NONE;
}

static size_t head_size(void)
{
	return (sizeof(struct pool_head) + 63) & ~(size_t)63;
}

static int map(struct pool *p, const char *name, struct err *err)
{
	struct stat st;
	void *at;

	if (fstat(p->fd, &st) < 0)
		return err_errno(err, "cannot look at the pool of the network '%s'", name);
	p->size = (size_t)st.st_size;
	if (p->size < head_size())
		return err_set(err, EPROTO, "the pool of the network '%s' is damaged", name);
	at = mmap(NULL, p->size, PROT_READ | PROT_WRITE, MAP_SHARED, p->fd, 0);
	if (at == MAP_FAILED)
		return err_errno(err, "cannot map the pool of the network '%s'", name);
	p->head = at;
	p->leases = (struct lease *)((char *)at + head_size());
	if (memcmp(p->head->magic, magic, sizeof(magic)) != 0 || p->head->version != POOL_VERSION ||
	    p->head->lease_size != sizeof(struct lease) ||
	    p->size < head_size() + ((size_t)p->head->places + 1) * sizeof(struct lease)) {
		err_set(err, EPROTO, "the pool of the network '%s' is of another kokon", name);
		return err_remedy(err, "end its containers, then: kokon network reload");
	}
	return 0;
}

int pool_open(int directory, const char *name, struct pool *ret, struct err *err)
{
	char file[NETWORK_NAME_MAX + 8];
	struct pool p = POOL_NONE;
	int r;

	file_name(name, file);
	p.fd = openat(directory, file, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (p.fd < 0)
		return errno == ENOENT
			       ? -ENOENT
			       : err_errno(err, "cannot open the pool of the network '%s'", name);
	r = map(&p, name, err);
	if (r < 0) {
		pool_close(&p);
		return r;
	}
	*ret = p;
	return 0;
}

/* A new file beside, renamed into place: a half-made one is never seen. */
static int write_new(int directory, const struct network *network, uint64_t netns, struct err *err)
{
	struct pool_head head = {.version = POOL_VERSION,
				 .lease_size = sizeof(struct lease),
				 .netns = netns,
				 .next = network->first,
				 .places = network_last_place(network),
				 .network = *network};
	char file[NETWORK_NAME_MAX + 8];
	CLOSE_FD int fd = openat(directory, "new", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	off_t size = (off_t)(head_size() + ((size_t)head.places + 1) * sizeof(struct lease));

	memcpy(head.magic, magic, sizeof(magic));
	file_name(network->name, file);
	if (fd < 0 || ftruncate(fd, size) < 0 ||
	    pwrite(fd, &head, sizeof(head), 0) != sizeof(head) ||
	    renameat(directory, "new", directory, file) < 0)
		return err_errno(err, "cannot write the pool of the network '%s'", network->name);
	return 0;
}

int pool_write(int directory, const struct network *network, uint64_t netns, struct err *err)
{
	POOL_CLEANUP struct pool p = POOL_NONE;
	struct err ignored = {0};
	int r = pool_open(directory, network->name, &p, &ignored);

	if (r < 0)
		return write_new(directory, network, netns, err);
	flock(p.fd, LOCK_EX);
	p.head->network = *network;
	p.head->netns = netns;
	return 0;
}

int pool_unlink(int directory, const char *name)
{
	char file[NETWORK_NAME_MAX + 8];

	file_name(name, file);
	return unlinkat(directory, file, 0) < 0 ? -errno : 0;
}

/* --- places --- */

static bool is_gateway(const struct network *n, uint32_t place)
{
	return (n->gateway[V4].family && network_place(n, &n->gateway[V4]) == place) ||
	       (n->gateway[V6].family && network_place(n, &n->gateway[V6]) == place);
}

static bool find_free_within(const struct pool *p, uint32_t first, uint32_t last, uint32_t *ret)
{
	uint32_t at = p->head->next;

	for (uint32_t i = first; i <= last; i++, at++) {
		if (at > last || at < first)
			at = first;
		if (p->leases[at].owner[0] || is_gateway(&p->head->network, at))
			continue;
		*ret = at;
		return true;
	}
	return false;
}

/* In turn, so that an address rests before it is given again; within a window, so that a large
 * subnet does not slowly become a large file. */
static int find_free(const struct pool *p, uint32_t *ret)
{
	const struct network *n = &p->head->network;
	uint32_t first = MAX(n->first, 1), last = MIN(n->last, p->head->places);

	if (find_free_within(p, first, MIN(last, first + WINDOW - 1), ret) ||
	    find_free_within(p, first, last, ret))
		return 0;
	return -EADDRNOTAVAIL;
}

static int refuse_place(const struct pool *p, const struct ip *ip, uint32_t place, struct err *err)
{
	char text[IP_TEXT_MAX];

	if (place == 0 || place > p->head->places) {
		char subnet[IP_TEXT_MAX];
		const struct ip *s = &p->head->network.subnet[ip->family == AF_INET ? V4 : V6];

		err_set(err, 0, "the network '%s' has no address '%s' for a container",
			p->head->network.name, ip_format(ip, text));
		return s->family ? err_remedy(err, "its subnet is %s", ip_format_cidr(s, subnet))
				 : err_remedy(err, "it has no subnet of this family");
	}
	if (is_gateway(&p->head->network, place))
		err_set(err, EADDRINUSE, "the address '%s' is the gateway of the network '%s'",
			ip_format(ip, text), p->head->network.name);
	else
		err_set(err, EADDRINUSE, "the address '%s' of the network '%s' is given to '%s'",
			ip_format(ip, text), p->head->network.name, p->leases[place].owner);
	err_remedy(err, "leave ip= out: a free one is chosen");
	return -EADDRINUSE;
}

static int choose_place(const struct pool *p, const struct lease_request *q, uint32_t *ret,
			struct err *err)
{
	const struct network *n = &p->head->network;
	char text[IP_TEXT_MAX];
	uint32_t place = 0;

	for (int f = 0; f < FAMILIES; f++) {
		uint32_t wanted;

		if (q->ip[f].family == AF_UNSPEC)
			continue;
		wanted = network_place(n, &q->ip[f]);
		if (wanted == 0 || wanted > p->head->places || is_gateway(n, wanted) ||
		    p->leases[wanted].owner[0])
			return refuse_place(p, &q->ip[f], wanted, err);
		if (place && place != wanted) {
			err_set(err, 0,
				"the IPv4 and the IPv6 address must have the same place "
				"in their subnets");
			return err_remedy(err, "give one of them");
		}
		place = wanted;
	}
	if (place == 0 && find_free(p, &place) < 0) {
		bool v4 = n->subnet[V4].family != AF_UNSPEC;

		err_set(err, 0, "the network '%s' is out of addresses: all of '%s' are in use",
			n->name, ip_format_cidr(&n->subnet[v4 ? V4 : V6], text));
		err_remedy(err, "end a container, or make a larger network: kokon network create "
				"--subnet");
		return -EADDRNOTAVAIL;
	}
	*ret = place;
	return 0;
}

void address_mac(const struct ip *ip, unsigned char ret[6])
{
	ret[0] = 0x02;
	ret[1] = 0x6b;
	memcpy(ret + 2, ip->bytes + ip_size(ip) - 4, 4);
}

static void fill(const struct pool *p, const struct lease_request *q, uint32_t place,
		 struct lease *l)
{
	static const unsigned char none[6];
	const struct network *n = &p->head->network;
	struct ip ip = network_address(n, n->subnet[V4].family ? V4 : V6, place);

	*l = (struct lease){.place = place, .rate = q->rate, .n_ports = (uint16_t)q->n_ports};
	snprintf(l->inside, sizeof(l->inside), "%s", q->inside ? q->inside : "eth0");
	snprintf(l->aliases, sizeof(l->aliases), "%s", q->aliases ? q->aliases : "");
	if (q->n_ports)
		memcpy(l->ports, q->ports, q->n_ports * sizeof(*q->ports));
	if (memcmp(q->mac, none, 6) != 0) {
		memcpy(l->mac, q->mac, 6);
		return;
	}
	address_mac(&ip, l->mac);
}

int pool_take(struct pool *p, const struct lease_request *q, struct lease *ret, struct err *err)
{
	struct lease l;
	uint32_t place = 0;
	int r;

	if (q->n_ports > LEASE_PORTS)
		return err_set(err, E2BIG, "more than %d ports or ranges are published",
			       LEASE_PORTS);
	if (q->aliases && strlen(q->aliases) >= LEASE_ALIASES)
		return err_set(err, E2BIG, "the aliases are longer than %d bytes together",
			       LEASE_ALIASES - 1);
	if (flock(p->fd, LOCK_EX) < 0)
		return err_errno(err, "cannot lock the pool of '%s'", p->head->network.name);
	r = choose_place(p, q, &place, err);
	if (r == 0) {
		fill(p, q, place, &l);
		p->leases[place] = l;
		p->head->next = place + 1;
		p->head->highest = MAX(p->head->highest, place);
		__atomic_thread_fence(__ATOMIC_RELEASE);
		snprintf(p->leases[place].owner + 1, LEASE_OWNER_MAX, "%s", q->owner + 1);
		__atomic_store_n(&p->leases[place].owner[0], q->owner[0], __ATOMIC_RELEASE);
		*ret = p->leases[place];
	}
	flock(p->fd, LOCK_UN);
	return r;
}

int pool_release(struct pool *p, const char *owner, bool *ret_ports)
{
	int n = 0;

	flock(p->fd, LOCK_EX);
	for (uint32_t i = 1; i <= p->head->highest; i++) {
		if (strcmp(p->leases[i].owner, owner) != 0)
			continue;
		if (p->leases[i].n_ports)
			*ret_ports = true;
		__atomic_store_n(&p->leases[i].owner[0], '\0', __ATOMIC_RELEASE);
		n++;
	}
	flock(p->fd, LOCK_UN);
	return n;
}

int pool_release_orphans(struct pool *p, bool (*alive)(void *context, const char *owner),
			 void *context)
{
	int n = 0;

	flock(p->fd, LOCK_EX);
	for (uint32_t i = 1; i <= p->head->highest; i++) {
		if (!p->leases[i].owner[0] || alive(context, p->leases[i].owner))
			continue;
		__atomic_store_n(&p->leases[i].owner[0], '\0', __ATOMIC_RELEASE);
		n++;
	}
	flock(p->fd, LOCK_UN);
	return n;
}

const struct lease *pool_next(const struct pool *p, uint32_t *at)
{
	while (*at <= p->head->highest) {
		const struct lease *l = &p->leases[(*at)++];

		if (l->owner[0])
			return l;
	}
	return NULL;
}

uint32_t pool_find(const struct pool *p, const char *owner)
{
	uint32_t at = 1;
	const struct lease *l;

	while ((l = pool_next(p, &at)))
		if (strcmp(l->owner, owner) == 0)
			return at - 1;
	return 0;
}

uint32_t pool_used(const struct pool *p)
{
	uint32_t at = 1, n = 0;

	while (pool_next(p, &at))
		n++;
	return n;
}

static uint32_t hash(const struct pool *p)
{
	uint32_t h = 2166136261U;

	for (const char *c = p->head->network.name; *c; c++)
		h = (h ^ (unsigned char)*c) * 16777619U;
	return h;
}

void lease_host_interface(const struct pool *p, uint32_t place, char ret[16])
{
	snprintf(ret, 16, "kv%06x.%x", hash(p) & 0xffffff, place & 0xffff);
}

void lease_way_interface(const struct pool *p, uint32_t place, char ret[16])
{
	lease_host_interface(p, place, ret);
	ret[1] = 'p';
}

/* Above the tables that have names. */
uint32_t lease_mark(const struct pool *p, uint32_t place)
{
	return 0x40000000 | (hash(p) & 0x3fff) << 16 | (place & 0xffff);
}

/* --- all --- */

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void pool_names_free(char **names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

int pool_names(int directory, char ***ret, size_t *ret_n, struct err *err)
{
	int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *d;
	char **v = NULL;
	size_t n = 0;

	if (!dir)
		return err_errno(err, "cannot read the folder of the networks");
	while ((d = readdir(dir))) {
		size_t len = strlen(d->d_name);

		if (len <= 5 || strcmp(d->d_name + len - 5, ".pool") != 0)
			continue;
		v = realloc(v, (n + 1) * sizeof(*v));
		if (!v || !(v[n] = strndup(d->d_name, len - 5)))
			out_of_memory();
		n++;
	}
	closedir(dir);
	if (n)
		qsort(v, n, sizeof(*v), compare);
	*ret = v;
	*ret_n = n;
	return 0;
}
