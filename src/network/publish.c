// SPDX-License-Identifier: Apache-2.0
#include "publish.h"

#include <stdio.h>
#include <string.h>
#include "parse.h"

static int bad(const char *text, struct err *err)
{
	err_set(err, 0, "'%.80s' is no port to publish", text);
	return err_remedy(err, "write [IP:][HOST:]CONTAINER[/udp], as in 8080:80, "
			       "127.0.0.1:5353:53/udp, 8000-8010:8000-8010 or [::1]:8080:80");
}

/* "80" or "80-90". */
static int parse_range(const char *s, size_t len, uint16_t *ret_first, uint16_t *ret_count)
{
	char text[16];
	uint64_t first, last;
	char *dash;

	if (len >= sizeof(text))
		return -EINVAL;
	memcpy(text, s, len);
	text[len] = '\0';
	dash = strchr(text, '-');
	if (dash)
		*dash = '\0';
	if (parse_u64(text, 1, 65535, &first) < 0)
		return -EINVAL;
	last = first;
	if (dash && (parse_u64(dash + 1, 1, 65535, &last) < 0 || last < first))
		return -EINVAL;
	*ret_first = (uint16_t)first;
	*ret_count = (uint16_t)(last - first + 1);
	return 0;
}

static int parse_protocol(const char **text, char *buf, size_t size, struct published *p)
{
	const char *slash = strrchr(*text, '/');

	p->protocol = IPPROTO_TCP;
	if (!slash)
		return 0;
	if (strcmp(slash, "/udp") == 0)
		p->protocol = IPPROTO_UDP;
	else if (strcmp(slash, "/tcp") != 0)
		return -EINVAL;
	if ((size_t)(slash - *text) >= size)
		return -EINVAL;
	memcpy(buf, *text, (size_t)(slash - *text));
	buf[slash - *text] = '\0';
	*text = buf;
	return 0;
}

/* "IP:" or "[IP]:" in front; *text goes behind it. An empty one means any address. */
static int parse_host_ip(const char **text, const char *second_last, struct ip *ret)
{
	char buf[64];
	const char *from = *text, *end = second_last;
	size_t len;

	if (from[0] == '[') {
		end = strchr(from, ']');
		if (!end || end[1] != ':')
			return -EINVAL;
		from++;
	}
	len = (size_t)(end - from);
	if (len >= sizeof(buf))
		return -EINVAL;
	memcpy(buf, from, len);
	buf[len] = '\0';
	*text = end + (*end == ']' ? 2 : 1);
	if (len == 0)
		return 0;
	return ip_parse(buf, ret);
}

static bool is_any(const struct ip *ip)
{
	static const unsigned char zero[16];

	return ip->family == AF_INET && memcmp(ip->bytes, zero, 4) == 0;
}

int publish_parse(const char *whole, struct published *ret, struct err *err)
{
	struct published p = {0};
	const char *text = whole, *colon, *first;
	char buf[128];
	uint16_t count;

	if (parse_protocol(&text, buf, sizeof(buf), &p) < 0)
		return bad(whole, err);
	colon = strrchr(text, ':');
	first = strchr(text, ':');
	if (colon && (text[0] == '[' || first != colon)) {
		const char *before = colon;

		while (before > text && before[-1] != ':')
			before--;
		if (parse_host_ip(&text, before > text ? before - 1 : text, &p.ip) < 0)
			return bad(whole, err);
		colon = strrchr(text, ':');
	}
	if (is_any(&p.ip))
		p.ip = (struct ip){0};
	if (parse_range(colon ? colon + 1 : text, strlen(colon ? colon + 1 : text), &p.container,
			&count) < 0)
		return bad(whole, err);
	p.count = count;
	p.chosen = !colon || colon == text;
	if (!p.chosen && parse_range(text, (size_t)(colon - text), &p.host, &count) < 0)
		return bad(whole, err);
	if (count != p.count) {
		err_set(err, 0, "'%.80s' publishes %u ports of the container as %u of the host",
			whole, p.count, count);
		return err_remedy(err, "both ranges must have the same length");
	}
	*ret = p;
	return 0;
}

bool publish_collide(const struct published *a, const struct published *b)
{
	if (a->protocol != b->protocol || a->chosen || b->chosen)
		return false;
	if (a->ip.family != AF_UNSPEC && b->ip.family != AF_UNSPEC && !ip_equal(&a->ip, &b->ip))
		return false;
	return a->host < b->host + b->count && b->host < a->host + a->count;
}

int publish_check(const struct published *v, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			if (publish_collide(&v[i], &v[j]))
				return err_set(err, 0, "the port %u/%s of the host is given twice",
					       MAX(v[i].host, v[j].host),
					       v[i].protocol == IPPROTO_UDP ? "udp" : "tcp");
	return 0;
}

static void put_range(char *buf, size_t size, unsigned first, unsigned count)
{
	if (count > 1)
		snprintf(buf, size, "%u-%u", first, first + count - 1);
	else
		snprintf(buf, size, "%u", first);
}

const char *publish_format(const struct published *p, char buf[PUBLISH_TEXT_MAX])
{
	char ip[IP_TEXT_MAX], host[16], container[16];
	bool v6 = p->ip.family == AF_INET6;

	put_range(host, sizeof(host), p->host, p->count);
	put_range(container, sizeof(container), p->container, p->count);
	snprintf(buf, PUBLISH_TEXT_MAX, "%s%s%s:%s->%s/%s", v6 ? "[" : "",
		 p->ip.family == AF_UNSPEC ? "0.0.0.0" : ip_format(&p->ip, ip), v6 ? "]" : "", host,
		 container, p->protocol == IPPROTO_UDP ? "udp" : "tcp");
	return buf;
}
