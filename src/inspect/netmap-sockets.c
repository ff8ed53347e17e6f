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

static void add_listener(struct arena *a, struct netmap_sockets *s, const char *protocol,
			 const struct inet_diag_msg *m)
{
	struct netmap_listener *l;
	bool four = m->idiag_family == AF_INET;

	if (s->n_listeners == NETMAP_MOST_LISTED)
		return;
	if ((s->n_listeners & (s->n_listeners - 1)) == 0) { /* full at every power of two */
		l = arena_array(a, struct netmap_listener, 2 * s->n_listeners + 1);
		if (s->n_listeners)
			memcpy(l, s->listeners, s->n_listeners * sizeof(*l));
		s->listeners = l;
	}
	l = &s->listeners[s->n_listeners++];
	l->protocol = protocol;
	l->ip.family = m->idiag_family;
	l->ip.prefix = four ? 32 : 128;
	memcpy(l->ip.bytes, m->id.idiag_src, four ? 4 : 16);
	l->port = ntohs(m->id.idiag_sport);
	l->inode = m->idiag_inode;
}

static void count_tcp(struct arena *a, struct netmap_sockets *s, const struct inet_diag_msg *m)
{
	if (m->idiag_state == TCP_LISTEN_STATE) {
		s->tcp_listening++;
		add_listener(a, s, "tcp", m);
	} else if (m->idiag_state == TCP_ESTABLISHED_STATE) {
		s->tcp_connected++;
	} else {
		s->tcp_closing++;
	}
}

static void count_udp(struct arena *a, struct netmap_sockets *s, const struct inet_diag_msg *m)
{
	s->udp++;
	if (m->idiag_state == TCP_CLOSE_STATE)
		add_listener(a, s, "udp", m);
}

typedef void count_function(struct arena *a, struct netmap_sockets *s,
			    const struct inet_diag_msg *m);

static int read_sockets(struct netlink_batch *b, struct netmap_look *l, count_function *count,
			struct arena *a, struct netmap_sockets *s)
{
	NETLINK_ANSWER_CLEANUP struct netlink_answer answer = {0};
	int r = netlink_ask(b, &l->diag, &answer, NULL);

	for (const struct nlmsghdr *m = NULL; r == 0 && (m = netlink_next(&answer, m));) {
		const struct inet_diag_msg *one = netlink_header(m, sizeof(*one));

		if (one && m->nlmsg_type >= NLMSG_MIN_TYPE)
			count(a, s, one);
	}
	return r;
}

/*
 * The kernel walks its table of all TCP sockets of the machine for each question, so both
 * families are asked for at once, which only the first form of the request can do.
 */
void netmap_look_sockets(struct arena *a, struct netmap_look *l, struct netmap_ns *ns)
{
	NETLINK_BATCH_CLEANUP struct netlink_batch b = {0};
	struct inet_diag_req tcp = {.idiag_family = AF_UNSPEC, .idiag_states = ~0U};
	struct inet_diag_req_v2 udp = {.sdiag_protocol = IPPROTO_UDP, .idiag_states = ~0U};
	static const uint8_t families[] = {AF_INET, AF_INET6};

	if (l->diag.fd < 0)
		return;
	netlink_request(&b, TCPDIAG_GETSOCK, NLM_F_DUMP, &tcp, sizeof(tcp));
	ns->sockets.known = read_sockets(&b, l, count_tcp, a, &ns->sockets) == 0;
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		udp.sdiag_family = families[i];
		netlink_request(&b, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &udp, sizeof(udp));
		read_sockets(&b, l, count_udp, a, &ns->sockets);
	}
}

/* --- nftables --- */

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
