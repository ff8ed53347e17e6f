// SPDX-License-Identifier: Apache-2.0
#include "sysctl.h"

#include <ctype.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include "macros.h"
#include "uapi.h"

static const struct known {
	const char *key; /* a '.' at the end: everything below */
	uint32_t namespace;
} known[] = {
	{"net.", CLONE_NEWNET},
	{"fs.mqueue.", CLONE_NEWIPC},
	{"kernel.msgmax", CLONE_NEWIPC},
	{"kernel.msgmnb", CLONE_NEWIPC},
	{"kernel.msgmni", CLONE_NEWIPC},
	{"kernel.sem", CLONE_NEWIPC},
	{"kernel.shmall", CLONE_NEWIPC},
	{"kernel.shmmax", CLONE_NEWIPC},
	{"kernel.shmmni", CLONE_NEWIPC},
	{"kernel.shm_rmid_forced", CLONE_NEWIPC},
	{"kernel.hostname", CLONE_NEWUTS},
	{"kernel.domainname", CLONE_NEWUTS},
	{"user.", CLONE_NEWUSER},
};

static uint32_t namespace_of(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		size_t n = strlen(known[i].key);

		if (known[i].key[n - 1] == '.' ? strncmp(key, known[i].key, n) == 0
					       : strcmp(key, known[i].key) == 0)
			return known[i].namespace;
	}
	return 0;
}

static bool valid_key(const char *key)
{
	char last = '.';

	for (const char *c = key; *c; last = *c++)
		if (!isalnum((unsigned char)*c) && *c != '_' && *c != '-' &&
		    (*c != '.' || last == '.'))
			return false;
	return last != '.' && strlen(key) < 200;
}

int sysctl_make(const char *key, const char *value, struct arena *a, struct sysctl *ret,
		struct err *err)
{
	uint32_t namespace;
	char *path;

	if (!valid_key(key)) {
		err_set(err, 0, "'%.100s' is no name of a kernel parameter", key);
		return err_remedy(err, "names have dots between words of letters, digits, '_' "
				       "and '-', such as net.ipv4.ip_forward");
	}
	if (!*value || strchr(value, '\n') || strlen(value) > 1000)
		return err_set(err, 0,
			       "the value of kernel parameter '%s' is empty, too long, or "
			       "more than one line",
			       key);
	namespace = namespace_of(key);
	if (!namespace) {
		err_set(err, 0, "kernel parameter '%s' belongs to no namespace", key);
		return err_remedy(err, "it would change the whole machine: set it there with "
				       "'sysctl -w', outside of the container");
	}
	path = arena_printf(a, "sys/%s", key);
	for (char *c = path + 4; *c; c++)
		if (*c == '.')
			*c = '/';
	*ret = (struct sysctl){
		.key = arena_strdup(a, key),
		.path = path,
		.value = arena_strdup(a, value),
		.namespace = namespace,
	};
	return 0;
}

int sysctl_parse(const char *text, struct arena *a, struct sysctl *ret, struct err *err)
{
	const char *equals = strchr(text, '=');

	if (!equals) {
		err_set(err, 0, "'%.100s' is no kernel parameter with a value", text);
		return err_remedy(err, "write NAME=VALUE, such as net.ipv4.ip_forward=1");
	}
	return sysctl_make(arena_strndup(a, text, (size_t)(equals - text)), equals + 1, a, ret,
			   err);
}

int sysctl_check(const struct sysctl *s, uint32_t own, struct err *err)
{
	static const struct {
		uint32_t namespace;
		const char *name, *option;
	} kinds[] = {
		{CLONE_NEWNET, "network", "--net"},
		{CLONE_NEWIPC, "ipc", "--ipc"},
		{CLONE_NEWUTS, "uts", "--uts"},
		{CLONE_NEWUSER, "user", "--userns"},
	};

	if (own & s->namespace)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i].namespace != s->namespace)
			continue;
		err_set(err, 0,
			"cannot set kernel parameter '%s': the container shares the %s namespace",
			s->key, kinds[i].name);
		err_remedy(err, "give the container its own (%s=private)", kinds[i].option);
	}
	return -EPERM;
}

uint32_t sysctl_defaults(uint32_t own, uint32_t last_gid, struct arena *a, struct sysctl *ret)
{
	uint32_t most = MIN(last_gid, (uint32_t)INT32_MAX);

	if (!(own & CLONE_NEWNET))
		return 0;
	ret[0] = (struct sysctl){
		.key = arena_strdup(a, "net.ipv4.ip_unprivileged_port_start"),
		.path = arena_strdup(a, "sys/net/ipv4/ip_unprivileged_port_start"),
		.value = arena_strdup(a, "0"),
		.namespace = CLONE_NEWNET,
		.optional = 1,
	};
	ret[1] = (struct sysctl){
		.key = arena_strdup(a, "net.ipv4.ping_group_range"),
		.path = arena_strdup(a, "sys/net/ipv4/ping_group_range"),
		.value = arena_printf(a, "0 %u", most),
		.namespace = CLONE_NEWNET,
		.optional = 1,
	};
	return 2;
}
