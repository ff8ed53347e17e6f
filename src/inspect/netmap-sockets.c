// SPDX-License-Identifier: Apache-2.0
/* Sockets of a namespace (sock_diag(7)) and its rules of nftables (linux/netfilter/nf_tables.h). */
#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/sock_diag.h>
#include <string.h>
#include "netmap-look.h"

/* net/tcp_states.h of the kernel; UDP sockets are "established" when connected, else "close". */
enum { TCP_ESTABLISHED_STATE = 1, TCP_CLOSE_STATE = 7, TCP_LISTEN_STATE = 10 };

struct kind {
	uint8_t family, protocol;
	const char *name;
};

static void add_listener(struct arena *a, struct netmap_sockets *s, const struct kind *kind,
			 const struct inet_diag_msg *m)
{
	struct netmap_listener *l;

	if (s->n_listeners == NETMAP_MOST_LISTED)
		return;
	if ((s->n_listeners & (s->n_listeners - 1)) == 0) { /* full at every power of two */
		l = arena_array(a, struct netmap_listener, 2 * s->n_listeners + 1);
		if (s->n_listeners)
			memcpy(l, s->listeners, s->n_listeners * sizeof(*l));
		s->listeners = l;
	}
	l = &s->listeners[s->n_listeners++];
	l->protocol = kind->name;
	l->ip.family = kind->family;
	l->ip.prefix = kind->family == AF_INET ? 32 : 128;
	memcpy(l->ip.bytes, m->id.idiag_src, kind->family == AF_INET ? 4 : 16);
	l->port = ntohs(m->id.idiag_sport);
	l->inode = m->idiag_inode;
}

static void count_socket(struct arena *a, struct netmap_sockets *s, const struct kind *kind,
			 const struct inet_diag_msg *m)
{
	if (kind->protocol == IPPROTO_UDP) {
		s->udp++;
		if (m->idiag_state == TCP_CLOSE_STATE)
			add_listener(a, s, kind, m);
		return;
	}
	if (m->idiag_state == TCP_LISTEN_STATE) {
		s->tcp_listening++;
		add_listener(a, s, kind, m);
	} else if (m->idiag_state == TCP_ESTABLISHED_STATE) {
		s->tcp_connected++;
	} else {
		s->tcp_closing++;
	}
}

static int read_kind(struct arena *a, struct netlink *nl, const struct kind *kind,
		     struct netmap_sockets *s)
{
	NETLINK_BATCH_CLEANUP struct netlink_batch b = {0};
	NETLINK_ANSWER_CLEANUP struct netlink_answer answer = {0};
	struct inet_diag_req_v2 head = {.sdiag_family = kind->family,
					.sdiag_protocol = kind->protocol,
					.idiag_states = ~0U};
	int r;

	netlink_request(&b, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &head, sizeof(head));
	r = netlink_ask(&b, nl, &answer, NULL);
	for (const struct nlmsghdr *m = NULL; r == 0 && (m = netlink_next(&answer, m));) {
		const struct inet_diag_msg *one = netlink_header(m, sizeof(*one));

		if (one && m->nlmsg_type == SOCK_DIAG_BY_FAMILY)
			count_socket(a, s, kind, one);
	}
	return r;
}

void netmap_look_sockets(struct arena *a, struct netmap_look *l, struct netmap_ns *ns)
{
	static const struct kind kinds[] = {{AF_INET, IPPROTO_TCP, "tcp"},
					    {AF_INET6, IPPROTO_TCP, "tcp"},
					    {AF_INET, IPPROTO_UDP, "udp"},
					    {AF_INET6, IPPROTO_UDP, "udp"}};

	for (size_t i = 0; l->diag.fd >= 0 && i < ARRAY_SIZE(kinds); i++)
		ns->sockets.known |= read_kind(a, &l->diag, &kinds[i], &ns->sockets) == 0;
}

/* --- nftables ----------------------------------------------------------------------------------
 */

static bool is_text(const struct netlink_attr *a, const char *text)
{
	char buf[32];

	netlink_text(a, buf, sizeof(buf));
	return strcmp(buf, text) == 0;
}

/* "masq", "nat", or a target of iptables within nftables. */
static bool expression_translates(struct netlink_attrs as)
{
	struct netlink_attr at, inner;
	bool target = false;

	while (netlink_attr_next(&as, &at)) {
		if (at.type == NFTA_EXPR_NAME && (is_text(&at, "masq") || is_text(&at, "nat")))
			return true;
		if (at.type == NFTA_EXPR_NAME)
			target = is_text(&at, "target");
		if (at.type == NFTA_EXPR_DATA && target) {
			struct netlink_attrs data = netlink_nested(&at);

			while (netlink_attr_next(&data, &inner))
				if (inner.type == NFTA_TARGET_NAME &&
				    (is_text(&inner, "MASQUERADE") || is_text(&inner, "SNAT")))
					return true;
		}
	}
	return false;
}

static bool rule_translates(const struct netlink_attr *expressions)
{
	struct netlink_attrs list = netlink_nested(expressions);
	struct netlink_attr at;

	while (netlink_attr_next(&list, &at))
		if (expression_translates(netlink_nested(&at)))
			return true;
	return false;
}

/* A list of nftables into `answer`; -EPERM: it may not be read; other failures: there is none. */
static int ask_nft(uint16_t what, struct netlink_answer *answer)
{
	NETLINK_CLEANUP struct netlink nl = NETLINK_NONE;
	NETLINK_BATCH_CLEANUP struct netlink_batch b = {0};
	struct nfgenmsg head = {.nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0};
	int r = netlink_open(NETLINK_NETFILTER, &nl, NULL);

	if (r < 0)
		return r;
	netlink_request(&b, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | what), NLM_F_DUMP, &head,
			sizeof(head));
	return netlink_ask(&b, &nl, answer, NULL);
}

static int64_t count(const struct netlink_answer *answer, uint16_t what, bool *ret_nat)
{
	int64_t n = 0;

	for (const struct nlmsghdr *m = NULL; (m = netlink_next(answer, m));) {
		struct netlink_attrs as = netlink_attrs(m, sizeof(struct nfgenmsg));
		struct netlink_attr at;

		if (m->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | what))
			continue;
		n++;
		while (what == NFT_MSG_NEWRULE && !*ret_nat && netlink_attr_next(&as, &at))
			if (at.type == NFTA_RULE_EXPRESSIONS)
				*ret_nat = rule_translates(&at);
	}
	return n;
}

void netmap_count_rules(struct netmap_rules *ret)
{
	NETLINK_ANSWER_CLEANUP struct netlink_answer tables = {0};
	NETLINK_ANSWER_CLEANUP struct netlink_answer rules = {0};
	int r = ask_nft(NFT_MSG_GETTABLE, &tables);

	if (r == -EPERM || r == -EACCES)
		return;
	ret->tables = r < 0 ? 0 : count(&tables, NFT_MSG_NEWTABLE, &ret->nat);
	ret->rules = 0;
	if (ret->tables && ask_nft(NFT_MSG_GETRULE, &rules) == 0)
		ret->rules = count(&rules, NFT_MSG_NEWRULE, &ret->nat);
}
