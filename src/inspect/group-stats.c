// SPDX-License-Identifier: Apache-2.0
/* What a group uses, from whichever hierarchy counts it. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "file.h"
#include "groups.h"

/* "key N" in a file of lines. */
static bool key(const char *text, const char *name, uint64_t *ret)
{
	size_t len = strlen(name);

	while (text && *text) {
		if (strncmp(text, name, len) == 0 && text[len] == ' ') {
			*ret = strtoull(text + len, NULL, 10);
			return true;
		}
		text = strchr(text, '\n');
		text += text != NULL;
	}
	return false;
}

static bool number(int dir, const char *file, uint64_t *ret)
{
	char text[64];

	if (read_line_at(dir, file, text, sizeof(text)) <= 0)
		return false;
	*ret = strtoull(text, NULL, 10);
	return true;
}

static void cpu(int dir, struct group_stats *s)
{
	char text[1024];
	uint64_t ns;

	if (read_line_at(dir, "cpu.stat", text, sizeof(text)) > 0) {
		if (key(text, "usage_usec", &s->cpu_us) && key(text, "user_usec", &s->user_us) &&
		    key(text, "system_usec", &s->system_us))
			s->has |= STAT_CPU | STAT_CPU_SPLIT;
		if (key(text, "nr_periods", &s->periods) &&
		    key(text, "nr_throttled", &s->throttled)) {
			s->has |= STAT_THROTTLE;
			if (!key(text, "throttled_usec", &s->throttled_us) &&
			    key(text, "throttled_time", &s->throttled_us))
				s->throttled_us /= 1000; /* v1 counts nanoseconds */
		}
	}
	if (!(s->has & STAT_CPU) && number(dir, "cpuacct.usage", &ns)) {
		s->cpu_us = ns / 1000;
		s->has |= STAT_CPU;
	}
}

static void memory(int dir, struct group_stats *s)
{
	char text[1024];
	uint64_t with_swap;

	if (number(dir, "memory.current", &s->memory)) {
		s->has |= STAT_MEMORY;
		s->has |= number(dir, "memory.peak", &s->memory_peak) ? STAT_PEAK : 0;
		s->has |= number(dir, "memory.swap.current", &s->swap) ? STAT_SWAP : 0;
	} else if (number(dir, "memory.usage_in_bytes", &s->memory)) {
		s->has |= STAT_MEMORY;
		s->has |= number(dir, "memory.max_usage_in_bytes", &s->memory_peak) ? STAT_PEAK : 0;
		if (number(dir, "memory.memsw.usage_in_bytes", &with_swap)) {
			s->swap = with_swap > s->memory ? with_swap - s->memory : 0;
			s->has |= STAT_SWAP;
		}
	} else {
		return;
	}
	if (read_line_at(dir, "memory.events", text, sizeof(text)) > 0 ||
	    read_line_at(dir, "memory.oom_control", text, sizeof(text)) > 0)
		s->has |= key(text, "oom_kill", &s->oom_kills) ? STAT_OOM : 0;
}

/* v2: "8:0 rbytes=1 wbytes=2 rios=3 wios=4 …"; v1: "8:0 Read 1" in two files. */
static void io_sum(const char *text, const char *word, uint64_t *sum)
{
	for (const char *at = text; (at = strstr(at, word));) {
		at += strlen(word);
		*sum += strtoull(at, NULL, 10);
	}
}

static void io(int dir, struct group_stats *s)
{
	FREE_PTR char *v2 = NULL, *bytes = NULL, *count = NULL;

	if (read_file_at(dir, "io.stat", 1 << 20, &v2) >= 0) {
		io_sum(v2, " rbytes=", &s->read_bytes);
		io_sum(v2, " wbytes=", &s->written_bytes);
		io_sum(v2, " rios=", &s->reads);
		io_sum(v2, " wios=", &s->writes);
		s->has |= STAT_IO;
	} else if (read_file_at(dir, "blkio.throttle.io_service_bytes_recursive", 1 << 20,
				&bytes) >= 0 &&
		   read_file_at(dir, "blkio.throttle.io_serviced_recursive", 1 << 20, &count) >=
			   0) {
		io_sum(bytes, " Read ", &s->read_bytes);
		io_sum(bytes, " Write ", &s->written_bytes);
		io_sum(count, " Read ", &s->reads);
		io_sum(count, " Write ", &s->writes);
		s->has |= STAT_IO;
	}
}

/* "some avg10=1.25 …" in hundredths of a percent. */
static bool pressure(int dir, const char *file, uint64_t *ret)
{
	unsigned whole, part;
	char text[256];

	if (read_line_at(dir, file, text, sizeof(text)) <= 0 ||
	    sscanf(text, "some avg10=%u.%2u", &whole, &part) != 2)
		return false;
	*ret = whole * 100 + part;
	return true;
}

void group_read_stats(const struct cgroup_plan *found, struct group_stats *ret)
{
	*ret = (struct group_stats){0};
	for (uint32_t i = 0; i < found->n_in; i++) {
		CLOSE_FD int dir = cgroup_open_place(found, i, NULL);

		if (dir < 0)
			continue;
		cpu(dir, ret);
		if (!(ret->has & STAT_MEMORY))
			memory(dir, ret);
		if (number(dir, "pids.current", &ret->pids))
			ret->has |= STAT_PIDS;
		if (!(ret->has & STAT_IO))
			io(dir, ret);
		if (pressure(dir, "cpu.pressure", &ret->pressure_cpu) &&
		    pressure(dir, "memory.pressure", &ret->pressure_memory) &&
		    pressure(dir, "io.pressure", &ret->pressure_io))
			ret->has |= STAT_PRESSURE;
	}
}
