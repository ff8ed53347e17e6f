// SPDX-License-Identifier: Apache-2.0
/* Disks, huge pages, resctrl, network interfaces. */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "file.h"
#include "oci-stats.h"
#include "parse.h"

/* --- blkio --- */

static void put_device(struct json_writer *w, const char *key, bool *open, const char *device,
		       const char *op, uint64_t value)
{
	char *minor;
	uint64_t major = strtoull(device, &minor, 10);

	if (!*open)
		json_put_list(w, key);
	*open = true;
	json_put_object(w, NULL);
	oci_stats_put_some(w, "major", major);
	oci_stats_put_some(w, "minor", *minor == ':' ? strtoull(minor + 1, NULL, 10) : 0);
	if (*op)
		json_put_string(w, "op", op);
	oci_stats_put_some(w, "value", value);
	json_put_end(w);
}

/* Lines "MAJOR:MINOR [OPERATION] NUMBER", and a last one "Total NUMBER". */
static void put_table(struct json_writer *w, const char *key, const char *text)
{
	const char *line;
	bool open = false;
	size_t len;

	while (text && next_field(&text, '\n', &line, &len)) {
		char own[128], device[32], op[32];
		unsigned long long value;

		snprintf(own, sizeof(own), "%.*s", (int)len, line);
		if (!isdigit((unsigned char)own[0]))
			continue;
		if (sscanf(own, "%31s %31s %llu", device, op, &value) == 3)
			put_device(w, key, &open, device, op, value);
		else if (sscanf(own, "%31s %llu", device, &value) == 2)
			put_device(w, key, &open, device, "", value);
	}
	if (open)
		json_put_end(w);
}

/* Schedulers have files of their own, and the throttle always has some: the first that counted. */
static const char *counted_by(const struct oci_stats_group *group)
{
	static const char *const patterns[] = {"blkio.bfq.%s_recursive", "blkio.%s_recursive",
					       "blkio.throttle.%s_recursive", "blkio.throttle.%s",
					       NULL};
	char file[64];

	for (const char *const *p = patterns; *p; p++) {
		FREE_PTR char *text = NULL;

		snprintf(file, sizeof(file), *p, "io_serviced");
		text = oci_stats_text(group, 1, file);
		if (text && strchr(text, ':'))
			return *p;
	}
	return NULL;
}

/* Version 2 has it all in io.stat: "254:0 rbytes=1 wbytes=2 rios=3 wios=4 …". */
static void put_io_stat(struct json_writer *w, const char *key, const char *stat, const char *unit)
{
	const char *line;
	bool open = false;
	size_t len;

	while (stat && next_field(&stat, '\n', &line, &len)) {
		for (int write = 0; write < 2; write++) {
			char word[16];
			const char *at;

			snprintf(word, sizeof(word), " %c%s=", "rw"[write], unit);
			at = memmem(line, len, word, strlen(word));
			if (at)
				put_device(w, key, &open, line, write ? "Write" : "Read",
					   strtoull(at + strlen(word), NULL, 10));
		}
	}
	if (open)
		json_put_end(w);
}

void oci_stats_put_blkio(struct json_writer *w, const struct oci_stats_group *group)
{
	static const struct {
		const char *key, *file, *unit;
	} tables[] = {
		{"ioServiceBytesRecursive", "io_service_bytes", "bytes"},
		{"ioServicedRecursive", "io_serviced", "ios"},
		{"ioQueueRecursive", "io_queued", NULL},
		{"ioServiceTimeRecursive", "io_service_time", NULL},
		{"ioWaitTimeRecursive", "io_wait_time", NULL},
		{"ioMergedRecursive", "io_merged", NULL},
		{"ioTimeRecursive", "time", NULL},
		{"sectorsRecursive", "sectors", NULL},
	};
	const char *pattern = counted_by(group);
	FREE_PTR char *stat = pattern ? NULL : oci_stats_text(group, 2, "io.stat");

	json_put_object(w, "blkio");
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		FREE_PTR char *text = NULL;
		char file[64];

		if (pattern) {
			snprintf(file, sizeof(file), pattern, tables[i].file);
			text = oci_stats_text(group, 1, file);
			put_table(w, tables[i].key, text);
		} else if (tables[i].unit) {
			put_io_stat(w, tables[i].key, stat, tables[i].unit);
		}
	}
	oci_stats_put_pressure(w, group, "io.pressure");
	json_put_end(w);
}

/* --- hugetlb --- */

enum { SIZES_MAX = 16 };
struct sizes {
	char name[SIZES_MAX][16];
	uint32_t version[SIZES_MAX];
	size_t n;
};

/* Every page size that a place has files of: "hugetlb.2MB.current". */
static void find_sizes(const struct oci_stats_group *group, struct sizes *s)
{
	for (uint32_t i = 0; i < group->n; i++) {
		const char *last = group->in[i].version == 2 ? ".current" : ".usage_in_bytes";
		int list = openat(group->in[i].dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		DIR *dir = list < 0 ? NULL : fdopendir(list);
		struct dirent *e;

		while (dir && s->n < SIZES_MAX && (e = readdir(dir))) {
			size_t len = strncmp(e->d_name, "hugetlb.", 8) == 0
					     ? strcspn(e->d_name + 8, ".")
					     : 0;

			if (len == 0 || len >= 16 || strcmp(e->d_name + 8 + len, last) != 0)
				continue;
			snprintf(s->name[s->n], 16, "%.*s", (int)len, e->d_name + 8);
			s->version[s->n++] = group->in[i].version;
		}
		if (dir)
			closedir(dir);
	}
}

/* Reservations where the kernel counts them. */
static uint64_t size_number(const struct oci_stats_group *group, const struct sizes *s, size_t i,
			    const char *last)
{
	FREE_PTR char *reserved = NULL;
	char file[64];

	snprintf(file, sizeof(file), "hugetlb.%s.rsvd.%s", s->name[i], last);
	reserved = oci_stats_text(group, s->version[i], file);
	if (reserved)
		return strtoull(reserved, NULL, 10);
	snprintf(file, sizeof(file), "hugetlb.%s.%s", s->name[i], last);
	return oci_stats_number(group, s->version[i], file);
}

static void put_size(struct json_writer *w, const struct oci_stats_group *group,
		     const struct sizes *s, size_t i)
{
	uint64_t failed = 0;

	json_put_object(w, s->name[i]);
	if (s->version[i] == 1) {
		oci_stats_put_some(w, "usage", size_number(group, s, i, "usage_in_bytes"));
		oci_stats_put_some(w, "max", size_number(group, s, i, "max_usage_in_bytes"));
		failed = size_number(group, s, i, "failcnt");
	} else {
		FREE_PTR char *events = NULL;
		char file[64];

		snprintf(file, sizeof(file), "hugetlb.%s.events", s->name[i]);
		events = oci_stats_text(group, 2, file);
		oci_stats_put_some(w, "usage", size_number(group, s, i, "current"));
		oci_stats_key(events, "max", &failed);
	}
	json_put_u64(w, "failcnt", failed);
	json_put_end(w);
}

void oci_stats_put_hugetlb(struct json_writer *w, const struct oci_stats_group *group)
{
	struct sizes s = {.n = 0};

	find_sizes(group, &s);
	json_put_object(w, "hugetlb");
	for (size_t done = 0; done < s.n; done++) { /* by name */
		size_t least = SIZES_MAX;

		for (size_t i = 0; i < s.n; i++)
			if (s.name[i][0] &&
			    (least == SIZES_MAX || strcmp(s.name[i], s.name[least]) < 0))
				least = i;
		put_size(w, group, &s, least);
		s.name[least][0] = '\0';
	}
	json_put_end(w);
}

/* --- intel_rdt --- */

static void put_info(struct json_writer *w, const char *key, const char *root, const char *part,
		     const char *const *files)
{
	bool open = false;

	for (; *files; files++) {
		char path[512], text[64];

		snprintf(path, sizeof(path), "%s/info/%s/%s", root, part, *files);
		if (read_line_at(AT_FDCWD, path, text, sizeof(text)) < 0)
			continue;
		if (!open)
			json_put_object(w, key);
		open = true;
		if (strcmp(*files, "cbm_mask") == 0)
			json_put_string(w, *files, text);
		else
			oci_stats_put_some(w, *files, strtoull(text, NULL, 10));
	}
	if (open)
		json_put_end(w);
}

/* The line of schemata that begins with `name`, without what the kernel pads it with. */
static void put_schema(struct json_writer *w, const char *key, const char *directory,
		       const char *name)
{
	FREE_PTR char *text = NULL;
	const char *at, *line;
	char path[512];
	size_t len;

	snprintf(path, sizeof(path), "%s/schemata", directory);
	if (read_file_at(AT_FDCWD, path, 65536, &text) < 0)
		return;
	at = text;
	while (next_field(&at, '\n', &line, &len)) {
		size_t blanks = strspn(line, " ");

		if (blanks < len && strncmp(line + blanks, name, strlen(name)) == 0) {
			text[line + len - text] = '\0';
			json_put_string(w, key, line + blanks);
			return;
		}
	}
}

/* One object for each cache that is monitored, mon_data/mon_L3_00. */
static void put_monitored(struct json_writer *w, const char *key, const char *directory,
			  const char *const *files, const char *const *keys)
{
	char path[512], text[32];
	struct dirent **list = NULL;
	bool open = false;
	int n;

	snprintf(path, sizeof(path), "%s/mon_data", directory);
	n = scandir(path, &list, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		bool any = false;

		for (size_t k = 0; files[k] && list[i]->d_name[0] != '.'; k++) {
			snprintf(path, sizeof(path), "%s/mon_data/%s/%s", directory,
				 list[i]->d_name, files[k]);
			if (read_line_at(AT_FDCWD, path, text, sizeof(text)) <= 0)
				continue;
			if (!open)
				json_put_list(w, key);
			if (!any)
				json_put_object(w, NULL);
			open = any = true;
			oci_stats_put_some(w, keys[k], strtoull(text, NULL, 10));
		}
		if (any)
			json_put_end(w);
		free(list[i]);
	}
	free(list);
	if (open)
		json_put_end(w);
}

void oci_stats_put_rdt(struct json_writer *w, const char *root, const char *directory)
{
	static const char *const l3[] = {"cbm_mask", "min_cbm_bits", "num_closids", NULL},
				 *const mb[] = {"bandwidth_gran", "delay_linear", "min_bandwidth",
						"num_closids", NULL},
				 *const mbm[] = {"mbm_total_bytes", "mbm_local_bytes", NULL},
				 *const cmt[] = {"llc_occupancy", NULL};

	json_put_object(w, "intel_rdt");
	if (root && directory) {
		put_info(w, "l3_cache_info", root, "L3", l3);
		put_schema(w, "l3_cache_schema_root", root, "L3:");
		put_schema(w, "l3_cache_schema", directory, "L3:");
		put_info(w, "mem_bw_info", root, "MB", mb);
		put_schema(w, "mem_bw_schema_root", root, "MB:");
		put_schema(w, "mem_bw_schema", directory, "MB:");
		put_monitored(w, "mbm_stats", directory, mbm, mbm);
		put_monitored(w, "cmt_stats", directory, cmt, cmt);
	}
	json_put_end(w);
}

/* --- network_interfaces --- */

/* "  eth0: rx_bytes packets errors drop fifo frame compressed multicast tx_bytes packets errors
 * drop …", after two lines of headings. */
static void put_interface(struct json_writer *w, char *line)
{
	static const char *const keys[] = {"RxBytes", "RxPackets", "RxErrors", "RxDropped",
					   "TxBytes", "TxPackets", "TxErrors", "TxDropped"};
	char *colon = strrchr(line, ':'), *at;
	uint64_t value[12];

	if (!colon)
		return;
	*colon = '\0';
	at = colon + 1;
	for (size_t i = 0; i < ARRAY_SIZE(value); i++)
		value[i] = strtoull(at, &at, 10);
	json_put_object(w, NULL);
	json_put_string(w, "Name", line + strspn(line, " "));
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		json_put_u64(w, keys[i], value[i < 4 ? i : i + 4]);
	json_put_end(w);
}

void oci_stats_put_network(struct json_writer *w, const char *net_dev)
{
	FREE_PTR char *text = NULL;
	char *save = NULL;

	if (!net_dev || read_file_at(AT_FDCWD, net_dev, 1 << 20, &text) < 0) {
		json_put_string(w, "network_interfaces", NULL);
		return;
	}
	json_put_list(w, "network_interfaces");
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (!strchr(line, '|'))
			put_interface(w, line);
	json_put_end(w);
}
