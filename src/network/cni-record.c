// SPDX-License-Identifier: Apache-2.0
#include "cni-record.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include "cni.h"
#include "file.h"
#include "json-read.h"
#include "json-write.h"
#include "link.h"
#include "macros.h"
#include "rate.h"

enum { RECORD_MAX = 8 << 20 };

void cni_record_name(uint32_t index, char buf[16])
{
	snprintf(buf, 16, "cni-%u", index);
}

/* --- what is asked of plugins --- */

static void put_ports(struct json_writer *w, const struct published *ports, uint32_t n)
{
	char ip[IP_TEXT_MAX];

	json_put_list(w, "portMappings");
	for (uint32_t i = 0; i < n; i++) {
		for (uint16_t k = 0; k < ports[i].count; k++) {
			json_put_object(w, NULL);
			json_put_u64(w, "hostPort", ports[i].host + k);
			json_put_u64(w, "containerPort", ports[i].container + k);
			json_put_string(w, "protocol",
					ports[i].protocol == IPPROTO_UDP ? "udp" : "tcp");
			if (ports[i].ip.family)
				json_put_string(w, "hostIP", ip_format(&ports[i].ip, ip));
			json_put_end(w);
		}
	}
	json_put_end(w);
}

static void put_words(struct json_writer *w, struct arena *a, const char *key, const char *words)
{
	json_put_list(w, key);
	for (const char *at = words + strspn(words, " "); *at; at += strspn(at, " ")) {
		size_t len = strcspn(at, " ");

		json_put_string(w, NULL, arena_strndup(a, at, len));
		at += len;
	}
	json_put_end(w);
}

static void put_rate(struct json_writer *w, uint64_t bits)
{
	uint64_t burst = rate_burst(bits / 8) * 8;

	json_put_object(w, "bandwidth");
	json_put_u64(w, "ingressRate", bits);
	json_put_u64(w, "ingressBurst", burst);
	json_put_u64(w, "egressRate", bits);
	json_put_u64(w, "egressBurst", burst);
	json_put_end(w);
}

bool cni_has_mac(const unsigned char mac[6])
{
	static const unsigned char none[6];

	return memcmp(mac, none, sizeof(none)) != 0;
}

/* All that the specification's conventions have a capability for. */
static const char *runtime_of(struct arena *a, const struct network_join_plan *j,
			      const struct published *ports, uint32_t n_ports)
{
	OUT_CLEANUP struct out o = {0};
	struct json_writer w = json_writer_to(&o, NULL);
	char text[IP_TEXT_MAX];

	json_put_object(&w, NULL);
	if (n_ports)
		put_ports(&w, ports, n_ports);
	if (j->ip[0].family || j->ip[1].family) {
		json_put_list(&w, "ips");
		for (int f = 0; f < 2; f++)
			if (j->ip[f].family)
				json_put_string(&w, NULL, ip_format(&j->ip[f], text));
		json_put_end(&w);
	}
	if (cni_has_mac(j->mac)) {
		link_format_address(j->mac, 6, text, sizeof(text));
		json_put_string(&w, "mac", text);
	}
	if (j->aliases)
		put_words(&w, a, "aliases", j->aliases);
	if (j->rate)
		put_rate(&w, j->rate);
	json_put_end(&w);
	return arena_strdup(a, o.text);
}

/* The older way, for plugins without the capability. */
static const char *args_of(struct arena *a, const struct network_join_plan *j)
{
	OUT_CLEANUP struct out o = {0};
	char text[IP_TEXT_MAX];

	out_puts(&o, "IgnoreUnknown=1");
	for (int f = 0; f < 2 && !j->cni->knows_ip; f++)
		if (j->ip[f].family)
			out_printf(&o, ";IP=%s", ip_format(&j->ip[f], text));
	if (cni_has_mac(j->mac) && !j->cni->knows_mac) {
		link_format_address(j->mac, 6, text, sizeof(text));
		out_printf(&o, ";MAC=%s", text);
	}
	return arena_strdup(a, o.text);
}

struct cni_record cni_record_of(struct arena *a, const struct network_join_plan *j,
				const char *container, const char *netns,
				const struct published *ports, uint32_t n_ports)
{
	return (struct cni_record){.container = container,
				   .interface = j->inside,
				   .netns = netns,
				   .path = j->cni->path,
				   .args = args_of(a, j),
				   .file = j->cni->file,
				   .config = j->cni->config,
				   .runtime = runtime_of(a, j, ports, n_ports),
				   .timeout = j->cni->timeout};
}

/* --- the record --- */

static const struct {
	const char *key;
	size_t offset;
	bool json; /* as it is; else a string */
} fields[] = {
	{"container", offsetof(struct cni_record, container), false},
	{"interface", offsetof(struct cni_record, interface), false},
	{"netns", offsetof(struct cni_record, netns), false},
	{"path", offsetof(struct cni_record, path), false},
	{"args", offsetof(struct cni_record, args), false},
	{"file", offsetof(struct cni_record, file), false},
	{"config", offsetof(struct cni_record, config), true},
	{"runtime", offsetof(struct cni_record, runtime), true},
	{"result", offsetof(struct cni_record, result), true},
};

static const char **field_of(const struct cni_record *at, size_t i)
{
	return (const char **)((char *)at + fields[i].offset);
}

int cni_record_write(int state, uint32_t index, const struct cni_record *at, struct err *err)
{
	OUT_CLEANUP struct out o = {0};
	CLOSE_FD int fd = -1;
	char name[16];
	int r;

	cni_record_name(index, name);
	out_printf(&o, "{\"timeout\":%llu,\"added\":%llu", (unsigned long long)at->timeout,
		   (unsigned long long)at->added);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const char *value = *field_of(at, i);

		if (!value)
			continue;
		out_printf(&o, ",\"%s\":", fields[i].key);
		if (fields[i].json)
			out_puts(&o, value);
		else
			out_json_string(&o, value);
	}
	out_puts(&o, "}\n");
	fd = openat(state, "cni-new", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	r = fd < 0 ? -errno : write_all(fd, o.text, o.len);
	if (r == 0 && renameat(state, "cni-new", state, name) < 0)
		r = -errno;
	return r < 0 ? err_set(err, -r, "cannot write down the attachment to a CNI network") : 0;
}

static int read_field(struct json *j, struct arena *a, const char *key, size_t len,
		      struct cni_record *at, struct err *err)
{
	struct json_number number;
	const char *from;
	int r;

	bool timeout = len == 7 && memcmp(key, "timeout", 7) == 0;

	if (timeout || (len == 5 && memcmp(key, "added", 5) == 0)) {
		r = json_read_number(j, &number, err);
		*(timeout ? &at->timeout : &at->added) = number.magnitude;
		return r;
	}
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (strlen(fields[i].key) != len || memcmp(key, fields[i].key, len) != 0)
			continue;
		if (!fields[i].json)
			return json_read_string(j, field_of(at, i), err);
		json_peek(j);
		from = j->at;
		r = json_skip(j, err);
		*field_of(at, i) = arena_strndup(a, from, (size_t)(j->at - from));
		return r;
	}
	return json_skip(j, err);
}

int cni_record_read(int state, const char *name, struct arena *a, struct cni_record *ret,
		    struct err *err)
{
	FREE_PTR char *text = NULL;
	struct cni_record at = {.timeout = CNI_TIMEOUT};
	ssize_t n = read_file_at(state, name, RECORD_MAX, &text);
	const char *key;
	struct json j;
	size_t len;
	int r;

	if (n < 0)
		return n == -ENOENT ? -ENOENT : err_set(err, (int)-n, "cannot read '%s'", name);
	json_start(&j, a, text, (size_t)n);
	r = json_enter(&j, err);
	while (r == 0 && (r = json_next_key(&j, &key, &len, err)) > 0)
		r = read_field(&j, a, key, len, &at, err);
	if (r == 0 && (!at.container || !at.interface || !at.netns || !at.path || !at.args ||
		       !at.file || !at.config))
		r = err_set(err, 0, "something is missing in it");
	if (r < 0)
		return err_context(err, "the record '%s' of a CNI network", name);
	*ret = at;
	return 0;
}
