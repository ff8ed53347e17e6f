// SPDX-License-Identifier: Apache-2.0
/* Limits as people write them. */
#include <ctype.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "cgroup-limits.h"
#include "parse.h"

static bool is_max(const char *text)
{
	return strcmp(text, "max") == 0 || strcmp(text, "-1") == 0 ||
	       strcmp(text, "unlimited") == 0;
}

static int refuse(const char *text, const char *accepts, int r, struct err *err)
{
	err_set(err, 0, r == -ERANGE ? "'%s' is out of range" : "'%s' is no value", text);
	err_remedy(err, "accepted: %s", accepts);
	return r;
}

int cgroup_limit_parse(struct cgroup_limits *limits, enum cgroup_limit limit, const char *text,
		       struct err *err)
{
	const struct cgroup_limit_info *info = &cgroup_limit_table[limit];
	uint64_t value = CGROUP_MAX;
	int r = 0;

	if (!is_max(text) || !info->max_word) {
		r = info->unit == CGROUP_UNIT_BYTES ? parse_size(text, &value)
						    : parse_u64(text, info->min, info->max, &value);
		if (r == 0 && (value < info->min || value > info->max))
			r = -ERANGE;
	}
	if (r < 0)
		return refuse(text, info->accepts, r, err);
	cgroup_limit_set(limits, limit, value);
	return 0;
}

int cgroup_cpus_parse(struct cgroup_limits *limits, const char *text, struct err *err)
{
	const uint64_t period = 100000; /* what the kernel, Docker and systemd take */
	uint64_t billionths = 0, quota = CGROUP_MAX;
	int r = 0;

	if (!is_max(text)) {
		r = parse_billionths(text, &billionths);
		quota = billionths / (1000000000 / period);
		if (r == 0 && (quota < 1000 || quota > 100000ULL * period))
			r = -ERANGE;
	}
	if (r < 0)
		return refuse(text, "a number of CPUs from 0.01 up, such as 1.5; or max", r, err);
	cgroup_limit_set(limits, CGROUP_LIMIT_CPU_PERIOD, period);
	cgroup_limit_set(limits, CGROUP_LIMIT_CPU_QUOTA, quota);
	return 0;
}

int cgroup_list_check(const char *text, struct err *err)
{
	const char *rest = text, *field;
	size_t len;
	int r = *text ? 0 : -EINVAL;

	while (r == 0 && next_field(&rest, ',', &field, &len)) {
		char part[32], *dash;
		uint64_t first, last;

		if (len == 0 || len >= sizeof(part)) {
			r = -EINVAL;
			break;
		}
		memcpy(part, field, len);
		part[len] = '\0';
		dash = strchr(part, '-');
		if (dash)
			*dash++ = '\0';
		r = parse_u64(part, 0, 65535, &first);
		last = first;
		if (r == 0 && dash)
			r = parse_u64(dash, 0, 65535, &last);
		if (r == 0 && last < first)
			r = -EINVAL;
	}
	return r < 0 ? refuse(text, "a list of numbers and ranges such as 0-2,4", r, err) : 0;
}

#define IO_ACCEPTED                                                                                \
	"DEVICE:rbps=BYTES,wbps=BYTES,riops=COUNT,wiops=COUNT with at least one of these; DEVICE " \
	"is a whole disk such as /dev/vda or 254:0"

static int io_value(const char *word, size_t len, struct cgroup_io_max *m, struct err *err)
{
	static const char *const keys[] = {"rbps", "wbps", "riops", "wiops"};
	uint64_t *const to[] = {&m->rbps, &m->wbps, &m->riops, &m->wiops};
	char part[48], *equals;
	uint64_t value = CGROUP_MAX;

	if (len >= sizeof(part))
		return refuse(word, IO_ACCEPTED, -EINVAL, err);
	memcpy(part, word, len);
	part[len] = '\0';
	equals = strchr(part, '=');
	for (size_t i = 0; equals && i < ARRAY_SIZE(keys); i++) {
		int r;

		if (strncmp(part, keys[i], (size_t)(equals - part)) != 0 ||
		    strlen(keys[i]) != (size_t)(equals - part))
			continue;
		r = is_max(equals + 1) ? 0 : parse_size(equals + 1, &value);
		if (r == 0 && value == 0)
			r = -ERANGE;
		if (r < 0)
			return refuse(part, IO_ACCEPTED, r, err);
		*to[i] = value;
		return 0;
	}
	return refuse(part, IO_ACCEPTED, -EINVAL, err);
}

static int io_device(const char *name, struct cgroup_io_max *m, struct err *err)
{
	const char *colon = strchr(name, ':');
	struct stat st;
	char major[24];
	uint64_t a, b;

	if (colon && isdigit((unsigned char)*name) && (size_t)(colon - name) < sizeof(major)) {
		memcpy(major, name, (size_t)(colon - name));
		major[colon - name] = '\0';
		if (parse_u64(major, 0, 4095, &a) < 0 || parse_u64(colon + 1, 0, 1048575, &b) < 0)
			return refuse(name, IO_ACCEPTED, -EINVAL, err);
		m->major = (uint32_t)a;
		m->minor = (uint32_t)b;
		return 0;
	}
	if (stat(name, &st) < 0) {
		err_errno(err, "no device '%s'", name);
		return err_remedy(err, "lsblk lists the disks of this machine");
	}
	if (!S_ISBLK(st.st_mode)) {
		err_set(err, ENOTBLK, "'%s' is no block device", name);
		return err_remedy(err, "lsblk lists the disks of this machine");
	}
	m->major = major(st.st_rdev);
	m->minor = minor(st.st_rdev);
	return 0;
}

int cgroup_io_max_parse(const char *text, struct cgroup_io_max *ret, struct err *err)
{
	const char *colon = strrchr(text, ':'), *rest, *field;
	struct cgroup_io_max m = {0};
	char name[256];
	size_t len;
	int r;

	if (!colon || !strchr(colon, '=') || colon == text ||
	    (size_t)(colon - text) >= sizeof(name))
		return refuse(text, IO_ACCEPTED, -EINVAL, err);
	memcpy(name, text, (size_t)(colon - text));
	name[colon - text] = '\0';
	rest = colon + 1;
	while (next_field(&rest, ',', &field, &len)) {
		r = io_value(field, len, &m, err);
		if (r < 0)
			return r;
	}
	r = io_device(name, &m, err);
	if (r == 0)
		*ret = m;
	return r;
}
