// SPDX-License-Identifier: Apache-2.0
#include "network-rules.h"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "driver.h"
#include "macros.h"
#include "netlink.h"
#include "parse.h"
#include "rules.h"

/* The leases with ports; those of a pool that cannot be read are none. */
static void collect(int directory, bool apart, const struct network *n, struct pool *pool,
		    struct rules_network *ret)
{
	struct err ignored = {0};
	struct rules_member *v = NULL;
	const struct lease *l;
	uint32_t at = 1;
	size_t k = 0;

	*ret = (struct rules_network){.network = n, .apart = apart};
	if (directory < 0 || pool_open(directory, n->name, pool, &ignored) < 0)
		return;
	while ((l = pool_next(pool, &at))) {
		if (l->n_ports == 0)
			continue;
		v = realloc(v, (k + 1) * sizeof(*v));
		if (!v)
			out_of_memory();
		v[k] = (struct rules_member){l->place, l->ports, MIN(l->n_ports, LEASE_PORTS)};
		lease_way_interface(pool, l->place, v[k].way);
		v[k++].mark = lease_mark(pool, l->place);
	}
	ret->members = v;
	ret->n = k;
}

static bool has_rules(const struct network *n)
{
	return network_driver(n)->traits & DRIVER_RULES;
}

bool network_rules_wanted(const struct network_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (has_rules(&list->v[i]))
			return true;
	return false;
}

typedef void (*formatter)(const struct rules_network *v, size_t n, struct out *o);

static void format(int directory, const struct network_list *list, formatter function,
		   struct out *o)
{
	struct rules_network *v = calloc(list->n + 1, sizeof(*v));
	struct pool *pools = calloc(list->n + 1, sizeof(*pools));
	size_t n = 0;

	if (!v || !pools)
		out_of_memory();
	for (size_t i = 0; i < list->n; i++) {
		if (!has_rules(&list->v[i]))
			continue;
		pools[n] = (struct pool)POOL_NONE;
		collect(directory, list->apart, &list->v[i], &pools[n], &v[n]);
		n++;
	}
	function(v, n, o);
	for (size_t i = 0; i < n; i++) {
		free((void *)v[i].members);
		pool_close(&pools[i]);
	}
	free(v);
	free(pools);
}

static void format_all(const struct rules_network *v, size_t n, struct out *o)
{
	rules_format(v, n, network_loopback_v6(), o);
}

void network_rules_text(int directory, const struct network_list *list, struct out *o)
{
	format(directory, list, format_all, o);
}

/* The first line of what libnftables says, without its place. */
static int refused(struct nft_ctx *nft, struct err *err)
{
	const char *text = nft_ctx_get_error_buffer(nft), *error = strstr(text, "Error: ");
	int len = (int)strcspn(error ? error + 7 : text, "\n");

	err_set(err, 0, "cannot load the rules of the networks: %.*s", MIN(len, 200),
		error ? error + 7 : text);
	if (strstr(text, "Operation not permitted"))
		err_remedy(err, "this takes root");
	else if (strstr(text, "not supported") || strstr(text, "No such file"))
		err_remedy(err, "the kernel needs nf_tables with nat, masquerade and fib: modprobe "
				"nft_chain_nat nft_masq nft_fib_inet");
	return -EIO;
}

/* A kernel without it: libnftables would end the process, or speak of the first rule. */
int network_rules_possible(struct err *err)
{
	NETLINK_CLEANUP struct netlink nl = NETLINK_NONE;
	NETLINK_BATCH_CLEANUP struct netlink_batch b = {0};
	struct nfgenmsg head = {.nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0};
	int r = netlink_open(NETLINK_NETFILTER, &nl, err);

	netlink_request(&b, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN, 0, &head, sizeof(head));
	if (r == 0)
		r = netlink_run(&b, &nl, NULL, err);
	if (r != -EPROTONOSUPPORT && r != -EOPNOTSUPP && r != -EINVAL)
		return r;
	err_set(err, 0, "this kernel has no nf_tables, which the rules of networks are made of");
	return err_remedy(err, "modprobe nf_tables; or build the kernel with CONFIG_NF_TABLES and "
			       "CONFIG_NF_TABLES_INET");
}

static struct nft_ctx *open_nft(struct err *err)
{
	struct nft_ctx *nft = network_rules_possible(err) < 0 ? NULL : nft_ctx_new(NFT_CTX_DEFAULT);

	if (nft) {
		nft_ctx_buffer_error(nft);
		nft_ctx_buffer_output(nft);
	}
	return nft;
}

static int load(const struct out *o, struct err *err)
{
	struct nft_ctx *nft = open_nft(err);
	int r = 0;

	if (!nft)
		return -EIO;
	if (nft_run_cmd_from_buffer(nft, o->text) != 0)
		r = refused(nft, err);
	nft_ctx_free(nft);
	return r;
}

int network_rules_load(int directory, const struct network_list *list, struct err *err)
{
	OUT_CLEANUP struct out o = {0};

	network_rules_text(directory, list, &o);
	return load(&o, err);
}

int network_rules_load_ports(int directory, const struct network_list *list, struct err *err)
{
	OUT_CLEANUP struct out o = {0};
	struct err missing = {0};

	format(directory, list, rules_format_ports, &o);
	/* Somebody flushed the table: then all of it. */
	return load(&o, &missing) < 0 ? network_rules_load(directory, list, err) : 0;
}

bool network_rules_loaded(void)
{
	struct nft_ctx *nft = open_nft(NULL);
	bool loaded;

	if (!nft)
		return false;
	loaded = nft_run_cmd_from_buffer(nft, "list chain inet " RULES_TABLE " guard") == 0;
	nft_ctx_free(nft);
	return loaded;
}

/* "chain FORWARD {" … "type filter hook forward priority filter; policy drop;" */
static void find_drops(const char *text, struct out *notes)
{
	const char *at = text, *line;
	char table[64] = "", chain[64] = "";
	size_t len;

	while (next_field(&at, '\n', &line, &len)) {
		char copy[256];

		snprintf(copy, sizeof(copy), "%.*s", (int)len, line);
		sscanf(copy, " table %*s %63s", table);
		sscanf(copy, " chain %63s", chain);
		if (strstr(copy, "hook forward") && strstr(copy, "policy drop") &&
		    strcmp(table, RULES_TABLE) != 0)
			out_printf(notes,
				   "the chain '%s' of the firewall table '%s' drops what it does "
				   "not accept; kokon cannot overrule it: containers reach the "
				   "outside only if that firewall lets them\n",
				   chain, table);
	}
}

void network_rules_foreign(struct out *notes)
{
	struct nft_ctx *nft = open_nft(NULL);

	if (!nft)
		return;
	if (nft_run_cmd_from_buffer(nft, "list chains") == 0)
		find_drops(nft_ctx_get_output_buffer(nft), notes);
	nft_ctx_free(nft);
}
