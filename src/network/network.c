// SPDX-License-Identifier: Apache-2.0
#include "network.h"

#include <ctype.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>

static const char *const words[] = {"none",      "host",    "private",     "pasta",
				    "container", "default", "slirp4netns", NULL};

int network_check_name(const char *name, struct err *err)
{
	size_t len = strlen(name);
	bool good = len > 0 && len <= NETWORK_NAME_MAX && isalnum((unsigned char)name[0]);

	for (const char *c = name; good && *c; c++)
		good = isalnum((unsigned char)*c) || strchr("_.-", *c);
	if (!good) {
		err_set(err, 0, "'%.80s' is no name for a network", name);
		return err_remedy(err,
				  "a name has 1 to %d letters, digits, '_', '.' and '-', and "
				  "begins with a letter or digit",
				  NETWORK_NAME_MAX);
	}
	for (size_t i = 0; words[i]; i++) {
		if (strcmp(name, words[i]) == 0) {
			err_set(err, 0, "a network cannot be called '%s'", name);
			return err_remedy(err, "'kokon run --net %s' means something else", name);
		}
	}
	return 0;
}

static uint32_t hash(const char *s)
{
	uint32_t h = 2166136261U;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 16777619U;
	return h;
}

void network_interface_name(const char *name, char ret[16])
{
	if (strcmp(name, NETWORK_DEFAULT) == 0)
		snprintf(ret, 16, "kokon0");
	else if (strlen(name) <= 12)
		snprintf(ret, 16, "kn-%s", name);
	else
		snprintf(ret, 16, "kn-%.6s%06x", name, hash(name) & 0xffffff);
}

static const struct {
	const char *word;
	uint32_t number;
} modes[] = {{"bridge", MACVLAN_MODE_BRIDGE},
	     {"private", MACVLAN_MODE_PRIVATE},
	     {"vepa", MACVLAN_MODE_VEPA},
	     {"passthru", MACVLAN_MODE_PASSTHRU},
	     {"l2", NETWORK_IPVLAN | IPVLAN_MODE_L2},
	     {"l3", NETWORK_IPVLAN | IPVLAN_MODE_L3},
	     {"l3s", NETWORK_IPVLAN | IPVLAN_MODE_L3S}};

uint32_t network_mode_number(const char *mode)
{
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		if (strcmp(modes[i].word, mode) == 0)
			return modes[i].number;
	return 0;
}

const char *network_mode_word(uint32_t number)
{
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		if (modes[i].number == number)
			return modes[i].word;
	return NULL;
}

uint32_t network_mode(const struct network *n)
{
	return n->flags >> NETWORK_MODE_SHIFT;
}

/* --- places --- */

static uint64_t host_number(const struct ip *ip, const struct ip *subnet)
{
	size_t size = ip_size(ip);
	struct ip base = ip_network(subnet);
	uint64_t a = 0, b = 0;

	for (size_t i = size > 8 ? size - 8 : 0; i < size; i++) {
		a = a << 8 | ip->bytes[i];
		b = b << 8 | base.bytes[i];
	}
	return a - b;
}

static struct ip plus(const struct ip *subnet, uint32_t number)
{
	struct ip ip = ip_network(subnet);
	uint64_t carry = number;

	ip.prefix = subnet->prefix;
	for (size_t i = ip_size(&ip); i-- > 0 && carry;) {
		carry += ip.bytes[i];
		ip.bytes[i] = (unsigned char)carry;
		carry >>= 8;
	}
	return ip;
}

struct ip network_address(const struct network *n, int family, uint32_t place)
{
	return n->subnet[family].family == AF_UNSPEC ? (struct ip){0}
						     : plus(&n->subnet[family], place);
}

static uint32_t places(const struct ip *subnet)
{
	int bits = (subnet->family == AF_INET ? 32 : 128) - subnet->prefix;

	if (subnet->family == AF_UNSPEC || bits > 16)
		return NETWORK_PLACES_MAX;
	/* The last of IPv4 is the broadcast address. */
	return MIN((1U << bits) - (subnet->family == AF_INET ? 2 : 1), NETWORK_PLACES_MAX);
}

uint32_t network_last_place(const struct network *n)
{
	return MIN(places(&n->subnet[V4]), places(&n->subnet[V6]));
}

uint32_t network_place(const struct network *n, const struct ip *ip)
{
	for (int f = 0; f < FAMILIES; f++) {
		uint64_t number;

		if (n->subnet[f].family != ip->family || !ip_in(ip, &n->subnet[f]))
			continue;
		number = host_number(ip, &n->subnet[f]);
		return number <= network_last_place(n) ? (uint32_t)number : 0;
	}
	return 0;
}

/* --- subnets --- */

static const struct taken *overlap(const struct ip *subnet, const struct taken *taken, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ip_overlap(subnet, &taken[i].ip))
			return &taken[i];
	return NULL;
}

static int check_kind(const struct ip *subnet, const char *shown, struct err *err)
{
	struct ip network = ip_network(subnet);
	const unsigned char *b = subnet->bytes;
	bool v4 = subnet->family == AF_INET;
	char text[IP_TEXT_MAX];

	if (!ip_equal(&network, subnet)) {
		err_set(err, 0, "'%s' is an address in a subnet, not a subnet", shown);
		return err_remedy(err, "the subnet is %s", ip_format_cidr(&network, text));
	}
	if (v4 ? (b[0] == 0 || b[0] == 127 || b[0] >= 224 || (b[0] == 169 && b[1] == 254))
	       : (b[0] == 0 || b[0] == 0xff || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80))) {
		err_set(err, 0, "the subnet '%s' is of a kind that is not for networks", shown);
		return err_remedy(err, v4 ? "take one of 10.0.0.0/8, 172.16.0.0/12 or "
					    "192.168.0.0/16"
					  : "take one of fd00::/8");
	}
	if (subnet->prefix > (v4 ? 30 : 126)) {
		err_set(err, 0, "the subnet '%s' is too small", shown);
		return err_remedy(err, "it must hold a gateway and a container: /%d at most",
				  v4 ? 30 : 126);
	}
	return subnet->prefix < 8 ? err_set(err, 0, "the subnet '%s' is too large", shown) : 0;
}

int subnet_check(const struct ip *subnet, const struct taken *taken, size_t n, struct err *err)
{
	char shown[IP_TEXT_MAX], other[IP_TEXT_MAX];
	const struct taken *t;
	int r;

	ip_format_cidr(subnet, shown);
	r = check_kind(subnet, shown, err);
	if (r < 0)
		return r;
	t = overlap(subnet, taken, n);
	if (!t)
		return 0;
	err_set(err, 0, "the subnet '%s' overlaps with %s %s%s%s", shown, t->what,
		ip_format_cidr(&t->ip, other), *t->name ? " of " : "", t->name);
	return err_remedy(err, "take another one, or leave --subnet out: a free one is chosen");
}

int subnet_choose4(const struct taken *taken, size_t n, struct ip *ret, struct err *err)
{
	for (unsigned b = 210; b < 220; b++) {
		for (unsigned c = 0; c < 256; c++) {
			struct ip ip = {AF_INET, 24, {10, (unsigned char)b, (unsigned char)c}};

			if (overlap(&ip, taken, n))
				continue;
			*ret = ip;
			return 0;
		}
	}
	err_set(err, ENOSPC, "there is no free subnet from 10.210.0.0/24 to 10.219.255.0/24");
	err_remedy(err, "give one: --subnet, or remove networks: kokon network prune");
	return -ENOSPC;
}

int subnet_choose6(const unsigned char random[7], const struct taken *taken, size_t n,
		   struct ip *ret, struct err *err)
{
	struct ip ip = {AF_INET6, 64, {0xfd}};

	memcpy(ip.bytes + 1, random, 7);
	if (overlap(&ip, taken, n))
		return err_set(err, 0, "the IPv6 subnet that was chosen is taken; try again");
	*ret = ip;
	return 0;
}

/* --- completing --- */

static int complete_gateway(struct network *n, int f, struct err *err)
{
	struct ip *gateway = &n->gateway[f];
	char text[IP_TEXT_MAX], subnet[IP_TEXT_MAX];
	uint32_t place;

	if (n->subnet[f].family == AF_UNSPEC) {
		if (gateway->family == AF_UNSPEC)
			return 0;
		return err_set(err, 0, "the gateway '%s' has no subnet of its family",
			       ip_format(gateway, text));
	}
	ip_format_cidr(&n->subnet[f], subnet);
	if (gateway->family == AF_UNSPEC) {
		/* Of a network that the host has no part in, nobody here knows a router. */
		if (!network_mode(n))
			*gateway = network_address(n, f, 1);
		return 0;
	}
	place = network_place(n, gateway);
	if (place == 0)
		return err_set(err, 0, "the gateway '%s' is no address of the subnet '%s'",
			       ip_format(gateway, text), subnet);
	*gateway = network_address(n, f, place);
	return 0;
}

static int complete_range(struct network *n, const struct ip *range, struct err *err)
{
	char text[IP_TEXT_MAX];
	struct ip first, last;
	int f = range->family == AF_INET ? V4 : V6;
	int bits = (f == V4 ? 32 : 128) - range->prefix;

	first = ip_network(range);
	last = plus(&first, bits > 16 ? NETWORK_PLACES_MAX : (1U << bits) - 1);
	if (n->subnet[f].family == AF_UNSPEC || !ip_in(range, &n->subnet[f]))
		return err_set(err, 0, "the range '%s' is not within the network's subnet",
			       ip_format_cidr(range, text));
	n->first = MAX((uint32_t)host_number(&first, &n->subnet[f]), 1);
	n->last = (uint32_t)MIN(host_number(&last, &n->subnet[f]), network_last_place(n));
	if (n->first > n->last)
		return err_set(err, 0,
			       "the range '%s' is beyond the first %d addresses of the "
			       "subnet",
			       ip_format_cidr(range, text), NETWORK_PLACES_MAX);
	return 0;
}

int network_complete(struct network *n, const struct ip *range, struct err *err)
{
	int r = complete_gateway(n, V4, err);

	if (r == 0)
		r = complete_gateway(n, V6, err);
	if (r < 0)
		return r;
	n->first = 1;
	n->last = network_last_place(n);
	return range && range->family != AF_UNSPEC ? complete_range(n, range, err) : 0;
}
