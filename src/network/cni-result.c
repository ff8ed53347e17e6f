// SPDX-License-Identifier: Apache-2.0
#include "cni-result.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include "json-read.h"
#include "link.h"
#include "macros.h"

static bool is(const char *key, size_t len, const char *word)
{
	return len == strlen(word) && memcmp(key, word, len) == 0;
}

/* --- results --- */

/* One more word. It goes into files of lines, so it has neither blanks nor line ends. */
static int append(char *words, size_t size, const char *word, struct err *err)
{
	size_t used = strlen(words);

	if (!*word || strpbrk(word, " \t\r\n"))
		return err_set(err, 0, "'%.60s' is no word for resolv.conf(5)", word);
	if (used + strlen(word) + 2 > size)
		return err_set(err, 0, "there are too many names and addresses in it");
	snprintf(words + used, size - used, "%s%s", used ? " " : "", word);
	return 0;
}

static int read_words(struct json *j, char *words, size_t size, bool addresses, struct err *err)
{
	const char *word;
	struct ip ip;
	int r;

	if (json_peek(j) == JSON_NULL)
		return json_skip(j, err);
	r = json_enter(j, err);
	while (r == 0 && (r = json_next(j, err)) > 0) {
		r = json_read_string(j, &word, err);
		if (r == 0 && addresses && ip_parse(word, &ip) < 0)
			r = err_set(err, 0, "the name server '%.60s' is no address", word);
		if (r == 0)
			r = append(words, size, word, err);
	}
	return r;
}

static int read_dns(struct json *j, struct cni_result *ret, struct err *err)
{
	const char *key, *domain = NULL;
	size_t len;
	int r = json_enter(j, err);

	while (r == 0 && (r = json_next_key(j, &key, &len, err)) > 0) {
		if (is(key, len, "nameservers"))
			r = read_words(j, ret->nameservers, sizeof(ret->nameservers), true, err);
		else if (is(key, len, "search"))
			r = read_words(j, ret->search, sizeof(ret->search), false, err);
		else if (is(key, len, "options"))
			r = read_words(j, ret->options, sizeof(ret->options), false, err);
		else if (is(key, len, "domain"))
			r = json_read_string(j, &domain, err);
		else
			r = json_skip(j, err);
	}
	/* resolv.conf(5): of domain and search the last one counts. */
	if (r == 0 && domain && *domain && !ret->search[0])
		r = append(ret->search, sizeof(ret->search), domain, err);
	return r;
}

static int read_ip(struct json *j, struct cni_result *ret, struct err *err)
{
	const char *key, *text;
	struct ip gateway;
	size_t len;
	int r = json_enter(j, err);

	if (ret->n_ips == CNI_IPS_MAX)
		return err_set(err, 0, "it has more than %d addresses", CNI_IPS_MAX);
	while (r == 0 && (r = json_next_key(j, &key, &len, err)) > 0) {
		if (is(key, len, "address")) {
			r = json_read_string(j, &text, err);
			if (r == 0)
				r = ip_parse_cidr(text, &ret->ips[ret->n_ips], err);
		} else if (is(key, len, "gateway") && json_peek(j) == JSON_STRING) {
			r = json_read_string(j, &text, err);
			if (r < 0 || ip_parse(text, &gateway) < 0)
				continue;
			if (!ret->gateway[gateway.family == AF_INET6].family)
				ret->gateway[gateway.family == AF_INET6] = gateway;
		} else {
			r = json_skip(j, err);
		}
	}
	if (r == 0 && !ret->ips[ret->n_ips].family)
		return err_set(err, 0, "one of its \"ips\" has no \"address\"");
	ret->n_ips += r == 0;
	return r;
}

static int read_interface(struct json *j, struct cni_result *ret, struct err *err)
{
	static const unsigned char none[6];
	const char *key, *mac = NULL, *sandbox = NULL;
	size_t len;
	int r = json_enter(j, err);

	while (r == 0 && (r = json_next_key(j, &key, &len, err)) > 0) {
		if (is(key, len, "mac") && json_peek(j) == JSON_STRING)
			r = json_read_string(j, &mac, err);
		else if (is(key, len, "sandbox") && json_peek(j) == JSON_STRING)
			r = json_read_string(j, &sandbox, err);
		else
			r = json_skip(j, err);
	}
	if (r == 0 && mac && sandbox && *sandbox && memcmp(ret->mac, none, sizeof(none)) == 0 &&
	    link_parse_address(mac, ret->mac) < 0)
		memset(ret->mac, 0, sizeof(ret->mac));
	return r;
}

static int read_list(struct json *j, struct cni_result *ret,
		     int (*read_one)(struct json *, struct cni_result *, struct err *),
		     struct err *err)
{
	int r;

	if (json_peek(j) == JSON_NULL)
		return json_skip(j, err);
	r = json_enter(j, err);
	while (r == 0 && (r = json_next(j, err)) > 0)
		r = read_one(j, ret, err);
	return r;
}

int cni_result_parse(struct arena *a, const char *text, size_t n, struct cni_result *ret,
		     struct err *err)
{
	struct cni_result result = {0};
	const char *key;
	struct json j;
	size_t len;
	int r;

	json_start(&j, a, text, n);
	r = json_enter(&j, err);
	while (r == 0 && (r = json_next_key(&j, &key, &len, err)) > 0) {
		if (is(key, len, "ips"))
			r = read_list(&j, &result, read_ip, err);
		else if (is(key, len, "interfaces"))
			r = read_list(&j, &result, read_interface, err);
		else if (is(key, len, "dns") && json_peek(&j) == JSON_OBJECT)
			r = read_dns(&j, &result, err);
		else
			r = json_skip(&j, err);
	}
	if (r == 0)
		r = json_end(&j, err);
	if (r == 0)
		*ret = result;
	return r;
}

/* --- errors --- */

struct complaint {
	uint64_t code;
	const char *message, *details;
};

static bool read_complaint(struct arena *a, const char *text, struct complaint *ret)
{
	struct err none = {0};
	struct json_number number = {0};
	struct complaint c = {0};
	const char *key;
	struct json j;
	size_t len;
	int r;

	json_start(&j, a, text, strlen(text));
	r = json_enter(&j, &none);
	while (r == 0 && (r = json_next_key(&j, &key, &len, &none)) > 0) {
		if (is(key, len, "code")) {
			r = json_read_number(&j, &number, &none);
			c.code = number.magnitude;
		} else if (is(key, len, "msg")) {
			r = json_read_string(&j, &c.message, &none);
		} else if (is(key, len, "details")) {
			r = json_read_string(&j, &c.details, &none);
		} else {
			r = json_skip(&j, &none);
		}
	}
	*ret = c;
	return r == 0 && c.message;
}

/* Causes that have a remedy of their own, by words of the plugins' messages. */
static const struct {
	const char *words, *remedy;
} known[] = {
	{"no IP addresses available",
	 "the network is out of addresses: end containers, or widen its range"},
	{"duplicate allocation",
	 "an address is still noted for a container of this name; it is freed now: try again"},
	{"failed to find plugin",
	 "a plugin that this one needs is not installed: apt install containernetworking-plugins; "
	 "or CNI_PATH lacks its folder"},
	{"iptables", "the plugin needs the program iptables, and a kernel that it works on; "
		     "networks of kokon need neither: kokon network create"},
	{"has an IP address different", "another network has the same bridge; remove it, ip link "
					"delete, or name another one"},
	{"operation not supported", "the kernel lacks what the plugin needs"},
};

static int remedy_of(const struct cni_refusal *r, const char *text, uint64_t code, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strstr(text, known[i].words))
			return err_remedy(err, "%s (%s)", known[i].remedy, r->file);
	if (code == 1)
		return err_remedy(err, "write a lower \"cniVersion\" into %s, as 1.0.0 or 0.4.0",
				  r->file);
	if (code == 11)
		return err_remedy(err, "it may work later: try again");
	return err_remedy(err, "the network is configured in %s", r->file);
}

static const char *first_line(struct arena *a, const char *text)
{
	text += strspn(text, " \t\r\n");
	return arena_strndup(a, text, MIN(strcspn(text, "\r\n"), (size_t)200));
}

int cni_refused(struct arena *a, const struct cni_refusal *r, struct err *err)
{
	struct complaint c;
	const char *line;

	if (read_complaint(a, r->output, &c)) {
		bool more = c.details && *c.details && !strstr(c.message, c.details);

		err_set(err, 0, "%s of CNI network '%s': its plugin '%s' says: %.200s%s%.120s",
			r->command, r->network, r->plugin, c.message, more ? "; " : "",
			more ? c.details : "");
		return remedy_of(r, arena_printf(a, "%s %s", c.message, more ? c.details : ""),
				 c.code, err);
	}
	line = first_line(a, *r->said ? r->said : r->output);
	if (WIFSIGNALED(r->status))
		err_set(err, 0, "%s of CNI network '%s': its plugin '%s' was killed by signal %d",
			r->command, r->network, r->plugin, WTERMSIG(r->status));
	else
		err_set(err, 0, "%s of CNI network '%s': its plugin '%s' fails with status %d%s%s",
			r->command, r->network, r->plugin, WEXITSTATUS(r->status),
			*line ? ": " : " and says nothing", line);
	return remedy_of(r, line, 0, err);
}
