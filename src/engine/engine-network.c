// SPDX-License-Identifier: Apache-2.0
#include "engine-network.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include "cni.h"
#include "file.h"
#include "helper.h"
#include "link.h"
#include "parse.h"
#include "pasta.h"
#include "pool.h"
#include "rate.h"
#include "router-ways.h"
#include "state.h"
#include "target.h"

/* --- which network --- */

static bool is_mode(const char *word)
{
	static const char *const modes[] = {"none", "private", "host"};
	static const char *const prefixes[] = {"ns:", "pid:", "container:", "netns:"};

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		if (strcmp(word, modes[i]) == 0)
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (strncmp(word, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return isdigit((unsigned char)*word) && strspn(word, "0123456789") == strlen(word);
}

static bool has_pool(const char *name, struct network *ret)
{
	CLOSE_FD int root = state_root(false, NULL);
	CLOSE_FD int directory = root < 0 ? -1 : pool_directory(root, false, NULL);
	POOL_CLEANUP struct pool pool = POOL_NONE;

	if (directory < 0 || pool_open(directory, name, &pool, NULL) < 0)
		return false;
	*ret = pool.head->network;
	return true;
}

/* Is there a container or a named network namespace of this name? */
static bool is_target(const char *name)
{
	TARGET_NAMES_CLEANUP struct target_names names;

	target_names_read(&names);
	for (size_t i = 0; i < names.n; i++)
		if (strcmp(names.v[i].name, name) == 0)
			return true;
	return false;
}

static int unknown(const char *name, struct err *err)
{
	char inner[sizeof(err->remedy)];

	snprintf(inner, sizeof(inner), "%s", err->remedy);
	err_set(err, 0, "--net: there is no network, container or named network namespace '%s'",
		name);
	if (strncmp(inner, "did you", 7) == 0)
		return err_remedy(err, "%s", inner);
	return err_remedy(err,
			  "make a network: kokon network create %s; or use none, host, pasta, "
			  "cni:NAME, container:NAME, netns:NAME, pid:N or ns:PATH",
			  name);
}

/* The network's description; after a new start of the machine the helper knows it. */
static int find_network(const char *name, bool explain, struct network *ret, struct err *err)
{
	struct err why = {0};
	int r;

	if (has_pool(name, ret))
		return 0;
	if (explain) {
		snprintf(ret->name, sizeof(ret->name), "%s", name);
		network_interface_name(name, ret->interface);
		return 0;
	}
	r = network_check_name(name, &why) < 0
		    ? -ENOENT
		    : helper_call("kokon-network", (const char *const[]){"ensure", name, NULL},
				  &why);
	if (r == -EINVAL && strstr(why.text, "there is no network"))
		r = -ENOENT;
	if (r < 0 && r != -ENOENT) {
		*err = why;
		return r;
	}
	if (r == 0 && has_pool(name, ret))
		return 0;
	snprintf(err->remedy, sizeof(err->remedy), "%s", why.remedy);
	unknown(name, err);
	return -ENOENT;
}

/* --- NAME:ip=…,mac=…,alias=…,interface=… --- */

static int set_ip(struct network_join_plan *j, const char *value, struct err *err)
{
	struct ip ip;

	if (ip_parse(value, &ip) < 0)
		return err_set(err, 0, "'%.60s' is no address", value);
	j->ip[ip.family == AF_INET ? V4 : V6] = ip;
	return 0;
}

static int set_mac(struct network_join_plan *j, const char *value, struct err *err)
{
	if (link_parse_address(value, j->mac) < 0) {
		err_set(err, 0, "'%.60s' is no hardware address", value);
		return err_remedy(err, "write 02:00:00:00:00:01");
	}
	if (j->mac[0] & 1)
		return err_set(err, 0, "'%s' is an address of a group, not of one interface",
			       value);
	return 0;
}

static int check_alias(const char *value, struct err *err)
{
	size_t len = strlen(value);

	if (len > 0 && len < 64 && isalnum((unsigned char)*value) &&
	    strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") ==
		    len)
		return 0;
	err_set(err, 0, "'%.80s' is no name for a host", value);
	return err_remedy(err, "it has letters, digits, '_', '.' and '-', at most 63");
}

static int set_timeout(struct cni_plan *cni, const char *value, struct err *err)
{
	uint64_t seconds;

	if (parse_u64(value, 1, 86400, &seconds) < 0)
		return err_set(err, 0, "'%.40s' is no number of seconds from 1 to 86400", value);
	cni->timeout = (uint32_t)seconds;
	return 0;
}

static int set_join_option(struct arena *a, struct network_join_plan *j, struct cni_plan *cni,
			   char *word, struct err *err)
{
	char *value = strchr(word, '=');

	if (value) {
		*value++ = '\0';
		if (strcmp(word, "ip") == 0 || strcmp(word, "ip6") == 0)
			return set_ip(j, value, err);
		if (strcmp(word, "mac") == 0)
			return set_mac(j, value, err);
		if (strcmp(word, "alias") == 0) {
			j->aliases = arena_printf(a, "%s%s%s", j->aliases ? j->aliases : "",
						  j->aliases ? " " : "", value);
			return check_alias(value, err);
		}
		if (strcmp(word, "interface") == 0 || strcmp(word, "interface_name") == 0) {
			j->inside = arena_strdup(a, value);
			return link_check_name(value, err);
		}
		if (strcmp(word, "timeout") == 0 && cni)
			return set_timeout(cni, value, err);
	}
	err_set(err, 0, "unknown option '%.60s' of a network", word);
	return err_remedy(err, "there are: ip=ADDRESS, mac=ADDRESS, alias=NAME, interface=NAME%s",
			  cni ? ", timeout=SECONDS" : "");
}

static bool is_cni(const char *word)
{
	return strncmp(word, "cni:", 4) == 0;
}

static const char *without_prefix(const char *word)
{
	return is_cni(word) ? word + 4 : strncmp(word, "network:", 8) == 0 ? word + 8 : word;
}

/* `cni` is NULL for a network of kokon's own. */
static int parse_join(struct arena *a, const char *word, const char **ret_name,
		      struct network_join_plan *j, struct cni_plan *cni, struct err *err)
{
	const char *name = without_prefix(word), *colon = strchr(name, ':'), *at, *field;
	size_t len;

	*ret_name = colon ? arena_strndup(a, name, (size_t)(colon - name)) : name;
	if (!cni && strcmp(*ret_name, "bridge") == 0)
		*ret_name = NETWORK_DEFAULT;
	at = colon ? colon + 1 : NULL;
	while (at && next_field(&at, ',', &field, &len))
		if (set_join_option(a, j, cni, arena_strndup(a, field, len), err) < 0)
			return err_context(err, "--net '%s'", word);
	return 0;
}

/* A network that plugins of CNI make. */
static int find_cni(struct arena *a, const char *name, struct cni_plan *cni, struct err *err)
{
	struct cni_conf *conf = arena_new(a, struct cni_conf);
	uint32_t timeout = cni->timeout;
	int r;

	if (geteuid() != 0) {
		err_set(err, EPERM, "--net: the CNI network '%s' takes root", name);
		return err_remedy(err, "its plugins change the host's network; an ordinary user "
				       "reaches the outside with --net pasta");
	}
	r = cni_find(a, name, cni, conf, err);
	if (r == 0 && timeout)
		cni->timeout = timeout;
	return r < 0 ? err_context(err, "--net") : 0;
}

static int add_join(struct arena *a, const char *word, bool explain, struct network_wish *w,
		    struct err *err)
{
	struct network_join_plan *j = &w->joins[w->n];
	struct cni_plan *cni = is_cni(word) ? arena_new(a, struct cni_plan) : NULL;
	struct network network = {.flags = cni ? NETWORK_NO_NAMES : 0};
	const char *name;
	int r;

	if (w->n == NETWORK_JOINS_MAX)
		return err_set(err, E2BIG, "more than %d networks", NETWORK_JOINS_MAX);
	j->inside = arena_printf(a, "eth%u", w->n);
	r = parse_join(a, word, &name, j, cni, err);
	if (r == 0)
		r = cni ? find_cni(a, name, cni, err) : find_network(name, explain, &network, err);
	if (r < 0)
		return r;
	j->cni = cni;
	for (uint32_t i = 0; i < w->n; i++) {
		if (strcmp(w->joins[i].network, name) == 0 && !w->joins[i].cni == !cni)
			return err_set(err, 0, "--net: the network '%s' is given twice", name);
		if (strcmp(w->joins[i].inside, j->inside) == 0)
			return err_set(err, 0, "--net: the interface '%s' is given twice",
				       j->inside);
	}
	j->network = arena_strdup(a, name);
	j->mode = network_mode_word(network_mode(&network));
	j->driver = j->mode ? arena_strdup(a, network.driver) : NULL;
	w->bridges[w->n] = arena_strdup(a, network.interface);
	w->names = w->names || !(network.flags & NETWORK_NO_NAMES);
	/* The default routes lead through the first network that has a way out. */
	j->routes = !w->routed && !(network.flags & NETWORK_INTERNAL);
	w->routed = w->routed || j->routes;
	w->n++;
	return 0;
}

static int only_one(const char *word, struct err *err)
{
	err_set(err, 0, "--net: '%s' cannot be combined with another network", word);
	return err_remedy(err, "give it alone, or networks only");
}

static int add_net(struct arena *a, const struct network_words *words, const char *word,
		   struct network_wish *w, const char **ret_mode, struct err *err)
{
	struct network ignored;
	bool mode = is_mode(word), pasta = strcmp(word, "pasta") == 0;

	if (!mode && !pasta && !strchr(word, ':') && is_target(word)) {
		if (has_pool(word, &ignored)) {
			err_set(err, 0,
				"--net: '%s' is a network, and a container or named network "
				"namespace",
				word);
			return err_remedy(err, "say which: network:%s, container:%s or netns:%s",
					  word, word, word);
		}
		mode = true;
	}
	if ((mode || pasta) && (w->n || words->nets[1]))
		return only_one(word, err);
	if (mode)
		*ret_mode = word;
	else if (pasta)
		w->pasta = true;
	else
		return add_join(a, word, words->explain, w, err);
	return 0;
}

/* --- ports, names --- */

static int add_ports(struct arena *a, const char *const *words, struct network_wish *w,
		     struct err *err)
{
	size_t n = 0;

	while (words && words[n])
		n++;
	w->ports = arena_array(a, struct published, NETWORK_PORTS_MAX + 1);
	for (size_t i = 0; i < n; i++) {
		struct published p;
		unsigned count = 1;

		if (publish_parse(words[i], &p, err) < 0)
			return err_context(err, "--publish");
		/* Of a range without ports of the host each gets one of its own. */
		if (p.chosen) {
			count = p.count;
			p.count = 1;
		}
		for (unsigned k = 0; k < count; k++) {
			if (w->n_ports == NETWORK_PORTS_MAX)
				return err_set(err, E2BIG,
					       "--publish: more than %d ports or ranges",
					       NETWORK_PORTS_MAX);
			w->ports[w->n_ports] = p;
			w->ports[w->n_ports++].container = (uint16_t)(p.container + k);
		}
	}
	return publish_check(w->ports, w->n_ports, err) < 0 ? err_context(err, "--publish") : 0;
}

static int add_dns(struct arena *a, const struct network_words *words, struct network_wish *w,
		   struct err *err)
{
	OUT_CLEANUP struct out servers = {0};
	struct ip ip;

	for (const char *const *d = words->dns; d && *d; d++) {
		if (ip_parse(*d, &ip) < 0) {
			err_set(err, 0, "--dns: '%.60s' is no address", *d);
			return err_remedy(err,
					  "give the address of a name server, as in 192.0.2.1");
		}
		out_printf(&servers, "%s%s", servers.len ? " " : "", *d);
	}
	for (const char *const *s = words->dns_search; s && *s; s++)
		if (strcmp(*s, ".") != 0 && check_alias(*s, err) < 0)
			return err_context(err, "--dns-search");
	for (const char *const *s = words->dns_options; s && *s; s++)
		if (!**s || strpbrk(*s, " \t\r\n"))
			return err_set(err, 0,
				       "--dns-option: '%.60s' is no option of "
				       "resolv.conf(5)",
				       *s);
	w->dns = arena_strdup(a, servers.text);
	w->dns_search = words->dns_search;
	w->dns_options = words->dns_options;
	return 0;
}

/* NAME:ADDRESS, where ADDRESS may be host-gateway. */
static int add_host(const char *word, struct out *o, struct err *err)
{
	const char *colon = strchr(word, ':');
	char name[64];
	struct ip ip;

	if (!colon || colon == word || (size_t)(colon - word) >= sizeof(name)) {
		err_set(err, 0, "--add-host: '%.80s' is no NAME:ADDRESS", word);
		return err_remedy(err, "write db:10.0.0.5, or db:host-gateway for this host");
	}
	snprintf(name, sizeof(name), "%.*s", (int)(colon - word), word);
	if (check_alias(name, err) < 0)
		return err_context(err, "--add-host");
	if (strcmp(colon + 1, "host-gateway") == 0) {
		out_printf(o, "@\t%s\n", name);
		return 0;
	}
	if (ip_parse(colon + 1, &ip) < 0)
		return err_set(err, 0, "--add-host: '%.60s' is no address", colon + 1);
	out_printf(o, "%s\t%s\n", colon + 1, name);
	return 0;
}

/* What the host asks; systemd's stub is of no use elsewhere, its list of servers is. */
static const char *host_resolv(struct arena *a)
{
	FREE_PTR char *text = NULL;
	FREE_PTR char *real = NULL;

	if (read_file_at(AT_FDCWD, "/etc/resolv.conf", 1 << 16, &text) < 0)
		return "";
	if (strstr(text, "nameserver 127.0.0.53") &&
	    read_file_at(AT_FDCWD, "/run/systemd/resolve/resolv.conf", 1 << 16, &real) >= 0)
		return arena_strdup(a, real);
	return arena_strdup(a, text);
}

static int find_pasta(struct arena *a, struct network_wish *w, struct err *err)
{
	const char *program = pasta_program(err);

	w->pasta_path = arena_strdup(a, program);
	return program ? 0 : -EINVAL;
}

static int choose_default(struct arena *a, const struct network_words *words,
			  struct network_wish *w, const char *mode, struct err *err)
{
	if (mode && w->n_ports && strcmp(mode, "host") == 0) {
		w->n_ports = 0; /* as podman: they are the host's already */
		return 0;
	}
	if (mode && w->n_ports) {
		err_set(err, 0, "--publish needs a network, not --net %s", mode);
		return err_remedy(err, "leave --net out, or name a network");
	}
	if (!mode && !w->n && !w->pasta && w->n_ports) {
		if (geteuid() != 0)
			w->pasta = true;
		else
			return add_join(a, NETWORK_DEFAULT, words->explain, w, err);
	}
	return 0;
}

static int set_rate(const char *word, struct network_wish *w, struct err *err)
{
	if (rate_parse(word, &w->rate, err) < 0)
		return err_context(err, "--net-rate");
	if (w->n > 0)
		return 0;
	err_set(err, 0, "--net-rate needs a network of kokon");
	return err_remedy(err, "join one: --net NAME");
}

/* What is asked of CNI networks is known when all words are read. */
static int check_cni(struct arena *a, const struct network_wish *w, struct err *err)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < w->n; i++) {
		struct network_join_plan j = w->joins[i];

		j.rate = w->rate;
		j.n_ports = j.routes ? w->n_ports : 0;
		if (j.cni)
			r = cni_check_wish(a, &j, err);
	}
	return r;
}

int engine_network(struct arena *a, const struct network_words *words, struct network_wish *ret,
		   const char **ret_mode, struct err *err)
{
	OUT_CLEANUP struct out hosts = {0};
	int r = 0;

	ret->joins = arena_array(a, struct network_join_plan, NETWORK_JOINS_MAX + 1);
	ret->bridges = arena_array(a, const char *, NETWORK_JOINS_MAX + 1);
	for (size_t i = 0; r == 0 && words->nets[i]; i++)
		r = add_net(a, words, words->nets[i], ret, ret_mode, err);
	if (r == 0)
		r = add_ports(a, words->publish, ret, err);
	if (r == 0)
		r = choose_default(a, words, ret, *ret_mode, err);
	if (r == 0)
		r = add_dns(a, words, ret, err);
	for (const char *const *h = words->hosts; r == 0 && h && *h; h++)
		r = add_host(*h, &hosts, err);
	if (r == 0 && words->rate)
		r = set_rate(words->rate, ret, err);
	if (r == 0)
		r = check_cni(a, ret, err);
	if (r == 0 && (ret->pasta || (ret->n && ret->n_ports && geteuid() != 0)))
		r = find_pasta(a, ret, err);
	else if (r == 0 && ret->routed && geteuid() != 0)
		find_pasta(a, ret, &ret->no_way_out);
	if (r < 0)
		return r;
	ret->hosts = arena_strdup(a, hosts.text);
	ret->files = ret->n || ret->pasta || ret->dns || ret->hosts ||
		     (words->dns_search && *words->dns_search) ||
		     (words->dns_options && *words->dns_options);
	if (ret->files)
		ret->host_resolv = host_resolv(a);
	return 0;
}

void engine_way_out(struct arena *a, const char *command, const struct router *router,
		    int directory, const char *program, struct err *why)
{
	struct way_out way = {.directory = directory, .program = program};
	char text[sizeof(why->text) + sizeof(why->remedy) + 128];

	if (program && state_path(a, ".network", &way.path, why) == 0)
		router_way_out(router, &way, why);
	if (!why->text[0])
		return;
	err_format(why, text, sizeof(text));
	fprintf(stderr, "%s: note: your networks do not reach the outside: %s\n", command, text);
}
