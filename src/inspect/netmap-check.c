// SPDX-License-Identifier: Apache-2.0
/*
 * What is wrong with the namespaces of a map: a table of rules, each a condition, the words
 * for it and its remedy. Rules look at one namespace, or at one interface of it; a rule about
 * two interfaces is told at one of them.
 */
#include "netmap-check.h"

#include <linux/if_addr.h>
#include <string.h>

static void add_problem(struct netmap_view *v, const struct netmap_rule *rule,
			const struct netmap_subject *s)
{
	OUT_CLEANUP struct out text = {0};
	OUT_CLEANUP struct out remedy = {0};
	struct netmap *m = v->m;

	rule->words(v, s, &text);
	if (rule->remedy)
		rule->remedy(v, s, &remedy);
	if (m->n_problems == v->room) {
		struct netmap_problem *old = m->problems;

		v->room = v->room ? 2 * v->room : 64;
		m->problems = arena_array(m->arena, struct netmap_problem, v->room);
		if (m->n_problems)
			memcpy(m->problems, old, m->n_problems * sizeof(*old));
	}
	m->problems[m->n_problems++] = (struct netmap_problem){
		.id = rule->id,
		.level = rule->level,
		.ns = s->at.ns,
		.link = s->at.link,
		.text = arena_strdup(m->arena, text.len ? text.text : ""),
		.remedy = remedy.len ? arena_strdup(m->arena, remedy.text) : NULL,
	};
}

static void check(struct netmap_view *v, const struct netmap_rule *r, struct netmap_end at)
{
	for (; r->id; r++) {
		struct netmap_subject s = {.ns = &v->m->ns[at.ns], .at = at};

		if (r->of_link != (at.link != NETMAP_NONE))
			continue;
		s.link = r->of_link ? netmap_at(v->m, at) : NULL;
		if (r->when(v, &s))
			add_problem(v, r, &s);
	}
}

void netmap_check(struct netmap *m)
{
	struct netmap_view v = {.m = m};

	m->n_problems = 0;
	netmap_index(&v);
	v.used = netmap_used_networks(&v);
	for (uint32_t i = 0; i < m->n_ns; i++) {
		if (m->ns[i].unseen)
			continue;
		check(&v, netmap_rules, (struct netmap_end){i, NETMAP_NONE});
		for (uint32_t k = 0; k < m->ns[i].n_links; k++)
			check(&v, netmap_rules, (struct netmap_end){i, k});
		check(&v, netmap_route_rules, (struct netmap_end){i, NETMAP_NONE});
	}
}
