// SPDX-License-Identifier: Apache-2.0
/*
 * A wiring is a list of pairs, and perhaps a bridge that the first end of each is on. The work:
 *
 *	survey()  sockets in every namespace; what is there; is a name taken, is a loopback down
 *	make()    (child) bridge; all pairs, each by one request that makes both ends where they
 *	          belong; then addresses and "up" in each namespace, one send for each
 *	unmake()  remove what carries our Ethernet addresses; loopbacks down again that were
 *
 * Every device gets an Ethernet address that is chosen before anything is made. By it unmake(), in
 * whichever process, knows what is ours, also when the kernel has chosen the name and nobody
 * lived to read it. Between the sends of make() a wiring is incomplete; what happens then when one
 * of the two processes is killed is transaction.h's matter.
 */
#include "wire.h"

#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include "link.h"
#include "macros.h"
#include "transaction.h"

typedef unsigned char mac_address[6];

/* One namespace of a wiring, seen by both processes. */
struct spot {
	struct wire_place place;
	struct netlink nl;
	bool lo_down; /* it was, and we bring it up */
};

struct pair {
	struct wire_end end[2];
	struct spot *spot[2];
	mac_address mac[2];
	int index[2];
};

struct job {
	struct wire_end bridge; /* name NULL: none */
	struct spot *bridge_spot;
	mac_address bridge_mac;
	int bridge_index;
	char mark[sizeof(WIRE_MARK) + IFNAMSIZ];
	struct pair *pairs;
	struct wire_names *names;
	size_t n;
	struct spot *spots;
	size_t n_spots;
};

/* --- before anything is made --- */

/* Locally administered, for one station. */
static int choose_mac(mac_address ret, struct err *err)
{
	if (getrandom(ret, sizeof(mac_address), 0) != sizeof(mac_address))
		return err_errno(err, "cannot get random numbers");
	ret[0] = (unsigned char)((ret[0] & 0xfc) | 0x02);
	return 0;
}

/* Places with one descriptor share a socket. */
static int spot_of(struct job *j, const struct wire_place *place, struct spot **ret,
		   struct err *err)
{
	struct spot *s;
	int r;

	for (size_t i = 0; i < j->n_spots; i++) {
		if (j->spots[i].place.netns != place->netns)
			continue;
		*ret = &j->spots[i];
		return 0;
	}
	s = &j->spots[j->n_spots];
	s->place = *place;
	s->nl.fd = -1;
	r = netlink_open_in(place->netns, NETLINK_ROUTE, &s->nl, err);
	if (r < 0)
		return err_context(err, "'%s'", place->shown);
	j->n_spots++;
	*ret = s;
	return 0;
}

static int taken(const struct link_list *links, const char *name, const struct wire_place *place,
		 struct err *err)
{
	if (!name || !link_by_name(links, name))
		return 0;
	err_set(err, EEXIST, "cannot make the interface '%s' in '%s'", name, place->shown);
	return err_remedy(err, "there is one of that name: choose another, or %s link delete %s",
			  place->ip, name);
}

static int check_spot(const struct job *j, struct spot *s, struct err *err)
{
	LINK_LIST_CLEANUP struct link_list links = {0};
	const struct link *lo;
	int r = link_list_read(&s->nl, &links, err);

	if (r < 0)
		return err_context(err, "'%s'", s->place.shown);
	lo = link_by_index(&links, LINK_LOOPBACK);
	s->lo_down = lo && !(lo->flags & IFF_UP);
	if (j->bridge_spot == s)
		r = taken(&links, j->bridge.name, &s->place, err);
	for (size_t i = 0; i < j->n; i++)
		for (int e = 0; r == 0 && e < 2; e++)
			if (j->pairs[i].spot[e] == s)
				r = taken(&links, j->pairs[i].end[e].name, &s->place, err);
	return r;
}

static int check_names(const struct job *j, struct err *err)
{
	int r = j->bridge.name ? link_check_name(j->bridge.name, err) : 0;

	for (size_t i = 0; i < 2 * j->n; i++) {
		const struct pair *p = &j->pairs[i / 2];
		const char *name = p->end[i % 2].name;

		if (r == 0 && name)
			r = link_check_name(name, err);
		for (size_t k = 0; r == 0 && name && k < i; k++) {
			const struct pair *q = &j->pairs[k / 2];
			const char *other = q->end[k % 2].name;

			if (other && p->spot[i % 2] == q->spot[k % 2] && strcmp(name, other) == 0)
				r = err_set(err, 0, "two interfaces '%s' are asked for in '%s'",
					    name, p->spot[i % 2]->place.shown);
		}
	}
	return r;
}

static int survey(struct job *j, struct err *err)
{
	int r = 0;

	if (j->bridge.name)
		r = spot_of(j, &j->bridge.place, &j->bridge_spot, err);
	if (r == 0)
		r = choose_mac(j->bridge_mac, err);
	for (size_t i = 0; i < j->n; i++)
		for (int e = 0; r == 0 && e < 2; e++) {
			r = spot_of(j, &j->pairs[i].end[e].place, &j->pairs[i].spot[e], err);
			if (r == 0)
				r = choose_mac(j->pairs[i].mac[e], err);
			j->pairs[i].end[e].mac = j->pairs[i].mac[e];
		}
	if (r == 0)
		r = check_names(j, err);
	for (size_t i = 0; r == 0 && i < j->n_spots; i++)
		r = check_spot(j, &j->spots[i], err);
	return r;
}

/* --- making --- */

/* All pairs with one send for each namespace that has first ends. */
static int make_pairs(struct job *j, struct err *err)
{
	int r = 0;

	for (size_t s = 0; r == 0 && s < j->n_spots; s++) {
		NETLINK_BATCH_CLEANUP struct netlink_batch b = {0};

		for (size_t i = 0; i < j->n; i++) {
			struct pair *p = &j->pairs[i];

			p->end[0].master = j->bridge_index;
			if (p->spot[0] == &j->spots[s])
				wire_put_pair(&b, &p->end[0], &p->end[1]);
		}
		r = netlink_run(&b, &j->spots[s].nl, NULL, err);
	}
	return r;
}

/* Number and name of what was made in this namespace. */
static void find_ends(const struct job *j, const struct spot *s, const struct link_list *links)
{
	for (size_t l = 0; l < links->n; l++)
		for (size_t i = 0; i < j->n; i++)
			for (int e = 0; e < 2; e++) {
				struct pair *p = &j->pairs[i];
				const struct link *link = &links->v[l];

				if (p->spot[e] != s || memcmp(link->address, p->mac[e], 6) != 0)
					continue;
				p->index[e] = link->index;
				snprintf(j->names[i].name[e], IFNAMSIZ, "%s", link->name);
			}
}

static int set_up(const struct job *j, struct spot *s, struct err *err)
{
	NETLINK_BATCH_CLEANUP struct netlink_batch b = {0};
	LINK_LIST_CLEANUP struct link_list links = {0};
	int r = link_list_read(&s->nl, &links, err);

	if (r < 0)
		return r;
	find_ends(j, s, &links);
	for (size_t i = 0; i < 2 * j->n; i++) {
		const struct pair *p = &j->pairs[i / 2];

		if (p->spot[i % 2] == s)
			wire_put_up(&b, &p->end[i % 2], p->index[i % 2],
				    j->names[i / 2].name[i % 2]);
	}
	if (s->lo_down)
		link_put_change(&b, &(struct link_change){.name = "lo", .up = true});
	r = netlink_run(&b, &s->nl, NULL, err);
	return r < 0 ? err_context(err, "'%s'", s->place.shown) : 0;
}

static int make(void *arg, struct err *err)
{
	struct job *j = arg;
	int r = 0;

	if (j->bridge.name)
		r = wire_make_bridge(&j->bridge_spot->nl, &j->bridge, &j->bridge_index, err);
	if (r == 0)
		r = make_pairs(j, err);
	for (size_t i = 0; r == 0 && i < j->n_spots; i++)
		r = set_up(j, &j->spots[i], err);
	for (size_t i = 0; r == 0 && j->bridge_spot && i < j->n; i++)
		link_settle(&j->bridge_spot->nl, j->names[i].name[0]);
	return r;
}

/* --- unmaking --- */

static bool is_ours(const struct job *j, const struct spot *s, const struct link *link)
{
	if (link->address_len != 6)
		return false;
	if (j->bridge_spot == s && memcmp(link->address, j->bridge_mac, 6) == 0)
		return strcmp(link->kind, "bridge") == 0;
	for (size_t i = 0; i < j->n; i++)
		if (j->pairs[i].spot[0] == s && memcmp(link->address, j->pairs[i].mac[0], 6) == 0)
			return true;
	return false;
}

static void unmake(void *arg)
{
	struct job *j = arg;

	for (size_t i = 0; i < j->n_spots; i++) {
		NETLINK_BATCH_CLEANUP struct netlink_batch b = {0};
		LINK_LIST_CLEANUP struct link_list links = {0};
		struct spot *s = &j->spots[i];

		/* Answers to a process that died wait in the socket that both have: not ours. */
		s->nl.seq += 1U << 24;
		if (link_list_read(&s->nl, &links, NULL) < 0)
			continue;
		for (size_t l = 0; l < links.n; l++)
			if (is_ours(j, s, &links.v[l]))
				link_put_delete(&b, links.v[l].name, links.v[l].index);
		if (s->lo_down)
			link_put_change(&b, &(struct link_change){.name = "lo", .down = true});
		netlink_run(&b, &s->nl, NULL, NULL);
	}
}

/* --- the whole --- */

static int job_init(struct job *j, size_t n, struct err *err)
{
	*j = (struct job){.n = n};
	j->spots = calloc(2 * n + 1, sizeof(*j->spots));
	j->pairs = calloc(n + 1, sizeof(*j->pairs));
	j->names = calloc(n + 1, sizeof(*j->names));
	return j->spots && j->pairs && j->names ? 0 : err_set(err, ENOMEM, "cannot get memory");
}

static void job_free(struct job *j)
{
	for (size_t i = 0; i < j->n_spots; i++)
		netlink_close(&j->spots[i].nl);
	free(j->spots);
	free(j->pairs);
	free(j->names);
}
#define JOB_CLEANUP __attribute__((cleanup(job_free)))

static int run(struct job *j, struct wire_names *ret, struct err *err)
{
	int r = survey(j, err);

	if (r == 0)
		r = transaction_run(make, unmake, j, err);
	if (r == -EPERM && err && !err->remedy[0])
		err_remedy(err, "this takes CAP_NET_ADMIN in the user namespaces that own both "
				"network namespaces: run it as root");
	if (r == 0)
		memcpy(ret, j->names, j->n * sizeof(*ret));
	return r;
}

int wire_veth(const struct wire_end *a, const struct wire_end *b, struct wire_names *ret,
	      struct err *err)
{
	JOB_CLEANUP struct job j;
	int r = job_init(&j, 1, err);

	if (r < 0)
		return r;
	j.pairs[0].end[0] = *a;
	j.pairs[0].end[1] = *b;
	return run(&j, ret, err);
}

int wire_bridge(const struct wire_end *bridge, const struct wire_end *targets, size_t n,
		struct wire_names *ret_names, struct err *err)
{
	JOB_CLEANUP struct job j;
	int r = job_init(&j, n, err);

	if (r < 0)
		return r;
	snprintf(j.mark, sizeof(j.mark), WIRE_MARK "%s", bridge->name);
	j.bridge = *bridge;
	j.bridge.mac = j.bridge_mac;
	j.bridge.alias = j.mark;
	for (size_t i = 0; i < n; i++) {
		j.pairs[i].end[0] = (struct wire_end){.place = bridge->place,
						      .mtu = bridge->mtu,
						      .alias = j.mark};
		j.pairs[i].end[1] = targets[i];
	}
	return run(&j, ret_names, err);
}

int wire_remove_bridge(const struct wire_place *place, const char *name, struct out *explain,
		       struct err *err)
{
	NETLINK_CLEANUP struct netlink nl = NETLINK_NONE;
	NETLINK_BATCH_CLEANUP struct netlink_batch b = {0};
	LINK_LIST_CLEANUP struct link_list links = {0};
	const struct link *bridge;
	uint32_t group = 0;
	int r = link_check_name(name, err);

	/* By chance: no other link's, and not 0, the usual one. */
	if (r == 0 && getrandom(&group, sizeof(group), 0) != sizeof(group))
		r = err_errno(err, "cannot get random numbers");
	group = (group & 0x7fffffff) | 0x40000000;
	if (r == 0)
		r = netlink_open_in(place->netns, NETLINK_ROUTE, &nl, err);
	if (r == 0)
		r = link_list_read(&nl, &links, err);
	if (r < 0)
		return r;
	bridge = link_by_name(&links, name);
	if (!bridge || strcmp(bridge->kind, "bridge") != 0)
		return err_set(err, 0,
			       bridge ? "'%s' in '%s' is no bridge"
				      : "there is no bridge '%s' in '%s'",
			       name, place->shown);
	if (strncmp(bridge->alias, WIRE_MARK, strlen(WIRE_MARK)) != 0) {
		err_set(err, 0, "the bridge '%s' was not made by 'kokon bridge'", name);
		return err_remedy(err,
				  "whoever made it may still need it; to remove it all the "
				  "same: %s link delete %s",
				  place->ip, name);
	}
	for (size_t i = 0; i <= links.n; i++) {
		const struct link *l = i < links.n ? &links.v[i] : bridge;

		if (i < links.n && (l->master != bridge->index || strcmp(l->kind, "veth") != 0 ||
				    strcmp(l->alias, bridge->alias) != 0))
			continue;
		if (explain)
			out_printf(explain, "%s link delete %s\n", place->ip, l->name);
		else
			link_put_group(&b, l->name, l->index, group);
	}
	if (explain)
		return 0;
	link_put_delete_group(&b, group);
	return netlink_run(&b, &nl, NULL, err);
}
