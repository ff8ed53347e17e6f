// SPDX-License-Identifier: Apache-2.0
#include "network-files.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include "driver.h"
#include "file.h"
#include "macros.h"
#include "out.h"
#include "parse.h"

static int write_file(int state, const char *name, const char *text, struct err *err)
{
	CLOSE_FD int fd =
		openat(state, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	int r = fd < 0 ? -errno : write_all(fd, text, strlen(text));

	/* The umask is the caller's. */
	if (r == 0 && fchmod(fd, 0644) < 0)
		r = -errno;
	return r < 0 ? err_set(err, -r, "cannot write '/etc/%s' of the container", name) : 0;
}

static void put_host(struct out *o, const struct ip *ip, const char *names)
{
	char text[IP_TEXT_MAX];

	if (ip->family != AF_UNSPEC)
		out_printf(o, "%s\t%s\n", ip_format(ip, text), names);
}

/* What host-gateway stands for: the first network's address that the host is reached at. */
struct hosts {
	char names[2 * LEASE_OWNER_MAX + 2];
	struct ip gateway;
	bool untold; /* the plugins of a CNI network have not said theirs yet */
};

static int no_gateway(const char *name, size_t len, struct err *err)
{
	err_set(err, 0,
		"--add-host '%.*s:host-gateway': on no network of the container is an address of "
		"this host",
		(int)len, name);
	return err_remedy(err, "give an address that the container reaches: --add-host "
			       "NAME:ADDRESS; or a network with a gateway: kokon network create "
			       "NAME; kokon run --net NAME");
}

/* The lines of --add-host; in those that begin with '@' it stands for the host. */
static int put_added(struct out *o, const char *lines, const struct hosts *h, struct err *err)
{
	char text[IP_TEXT_MAX];
	const char *line;
	size_t len;

	while (next_field(&lines, '\n', &line, &len)) {
		bool host = len > 0 && *line == '@';

		if (len == 0 || (host && h->untold))
			continue;
		if (host && h->gateway.family == AF_UNSPEC)
			return no_gateway(line + 2, len - 2, err);
		out_printf(o, "%s%.*s\n", host ? ip_format(&h->gateway, text) : "",
			   (int)(len - host), line + host);
	}
	return 0;
}

/* The address by which this host reaches others, if it does. */
static void own_address(struct ip *ret)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
	CLOSE_FD int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(to);

	/* Nothing is sent; the kernel only chooses. 192.0.2.1 is nobody's (RFC 5737). */
	inet_pton(AF_INET, "192.0.2.1", &to.sin_addr);
	if (sock < 0 || connect(sock, (struct sockaddr *)&to, sizeof(to)) < 0 ||
	    getsockname(sock, (struct sockaddr *)&to, &len) < 0)
		return;
	*ret = (struct ip){.family = AF_INET, .prefix = 32};
	memcpy(ret->bytes, &to.sin_addr, 4);
}

/* The host is not in every network. In the router of an ordinary user's networks it is in none,
 * and is reached at its own address, like others outside. */
static void host_addresses(const struct network *n, bool apart, struct ip ret[FAMILIES])
{
	memset(ret, 0, FAMILIES * sizeof(*ret));
	if (!(network_driver(n)->traits & DRIVER_GATEWAY))
		return;
	if (!apart)
		memcpy(ret, n->gateway, FAMILIES * sizeof(*ret));
	else if (!(n->flags & NETWORK_INTERNAL))
		own_address(&ret[V4]);
}

static void put_gateway(struct out *o, struct hosts *h, const struct ip gateway[FAMILIES])
{
	if (h->gateway.family != AF_UNSPEC)
		return;
	h->gateway = gateway[gateway[V4].family ? V4 : V6];
	for (int f = 0; f < FAMILIES; f++)
		put_host(o, &gateway[f], "host.containers.internal host.docker.internal");
}

static int put_join(const struct network_plan *plan, uint32_t i, int directory,
		    const struct live_network *l, struct hosts *h, struct out *o, struct err *err)
{
	POOL_CLEANUP struct pool pool = POOL_NONE;
	struct ip host[FAMILIES];
	int r;

	if (plan->joins[i].cni) {
		for (uint32_t k = 0; k < l->results[i].n_ips; k++)
			put_host(o, &l->results[i].ips[k], h->names);
		put_gateway(o, h, l->results[i].gateway);
		return 0;
	}
	r = pool_open(directory, plan->joins[i].network, &pool, err);
	for (int f = 0; r == 0 && f < FAMILIES; f++) {
		struct ip ip = network_address(&pool.head->network, f, l->leases[i].place);

		put_host(o, &ip, h->names);
	}
	if (r == 0) {
		host_addresses(&pool.head->network, l->router->apart, host);
		put_gateway(o, h, host);
	}
	return r;
}

static bool has_cni(const struct network_plan *plan)
{
	for (uint32_t i = 0; i < plan->n; i++)
		if (plan->joins[i].cni)
			return true;
	return false;
}

/* `told`: CNI networks have been joined. */
static int put_hosts(const struct network_plan *plan, const char *owner, int directory,
		     const struct live_network *l, bool told, struct out *o, struct err *err)
{
	const char *hostname = plan->files.hostname ? plan->files.hostname : owner;
	bool other = strcmp(hostname, owner) != 0;
	struct hosts h = {.untold = !told && has_cni(plan)};
	int r = 0;

	snprintf(h.names, sizeof(h.names), "%s%s%s", hostname, other ? " " : "",
		 other ? owner : "");
	out_puts(o, "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n");
	for (uint32_t i = 0; r == 0 && i < plan->n; i++)
		r = put_join(plan, i, directory, l, &h, o, err);
	if (plan->n == 0 && plan->files.hostname)
		out_printf(o, "127.0.1.1\t%s\n", h.names);
	if (r == 0 && plan->files.hosts)
		r = put_added(o, plan->files.hosts, &h, err);
	return r;
}

int network_files_write(const struct network_plan *plan, const char *owner, int directory,
			int state, const struct live_network *l, struct err *err)
{
	OUT_CLEANUP struct out hosts = {0};
	char line[LEASE_OWNER_MAX + 2];
	int r = put_hosts(plan, owner, directory, l, false, &hosts, err);

	if (r == 0)
		r = write_file(state, "hosts", hosts.text, err);
	if (r == 0)
		r = write_file(state, "resolv.conf", plan->files.resolv, err);
	snprintf(line, sizeof(line), "%s\n", plan->files.hostname ? plan->files.hostname : owner);
	return r < 0 ? r : write_file(state, "hostname", line, err);
}

/* --- again, with what CNI networks have told --- */

static int rewrite_file(int state, const char *name, const char *text, struct err *err)
{
	CLOSE_FD int fd = openat(state, name, O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC);
	int r = fd < 0 ? -errno : write_all(fd, text, strlen(text));

	return r < 0 ? err_set(err, -r, "cannot write '/etc/%s' of the container", name) : 0;
}

static void put_words(struct out *o, const char *key, const char *words, bool one_a_line)
{
	const char *word;
	size_t len;

	if (!one_a_line)
		out_printf(o, "%s %s\n", key, words);
	while (one_a_line && next_field(&words, ' ', &word, &len))
		out_printf(o, "%s %.*s\n", key, (int)len, word);
}

/* The network's lines instead of the plan's, where the user has not given any. */
static void put_resolv(const struct network_plan *plan, const struct cni_result *r, struct out *o)
{
	const struct {
		const char *key, *words;
		bool one_a_line;
	} keys[] = {
		{"nameserver", plan->files.servers_open && !plan->resolver ? r->nameservers : "",
		 true},
		{"search", plan->files.search_open ? r->search : "", false},
		{"options", plan->files.options_open ? r->options : "", false},
	};
	const char *at = plan->files.resolv, *line;
	size_t len;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (*keys[i].words)
			put_words(o, keys[i].key, keys[i].words, keys[i].one_a_line);
	while (next_field(&at, '\n', &line, &len)) {
		bool replaced = len == 0;

		for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
			replaced =
				replaced || (*keys[i].words &&
					     strncmp(line, keys[i].key, strlen(keys[i].key)) == 0);
		if (!replaced)
			out_printf(o, "%.*s\n", (int)len, line);
	}
}

/* The first network that tells of name servers is the one. */
static const struct cni_result *dns_of(const struct network_plan *plan,
				       const struct live_network *l)
{
	for (uint32_t i = 0; i < plan->n; i++)
		if (plan->joins[i].cni && (l->results[i].nameservers[0] || l->results[i].search[0]))
			return &l->results[i];
	return NULL;
}

int network_files_complete(const struct network_plan *plan, const char *owner, int directory,
			   int state, const struct live_network *l, struct err *err)
{
	const struct cni_result *dns = dns_of(plan, l);
	OUT_CLEANUP struct out hosts = {0};
	OUT_CLEANUP struct out resolv = {0};
	int r = put_hosts(plan, owner, directory, l, true, &hosts, err);

	if (r == 0)
		r = rewrite_file(state, "hosts", hosts.text, err);
	if (r < 0 || !dns)
		return r;
	put_resolv(plan, dns, &resolv);
	return rewrite_file(state, "resolv.conf", resolv.text ? resolv.text : "", err);
}

const char *network_servers(const struct network_plan *plan, const struct live_network *l)
{
	const struct cni_result *dns = plan->files.servers_open ? dns_of(plan, l) : NULL;

	return dns && dns->nameservers[0] ? dns->nameservers : plan->servers;
}
