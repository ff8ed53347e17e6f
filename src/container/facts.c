// SPDX-License-Identifier: Apache-2.0
#include "facts.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include "capabilities.h"
#include "file.h"
#include "helper.h"
#include "parse.h"
#include "process.h"
#include "uapi.h"

enum { ID_FILE_MAX = 4 << 20 };

/* One line "name-or-uid:start:count" of subuid(5). */
static bool subid_line(const char *line, size_t len, const struct facts *facts,
		       struct idmap_range *ret)
{
	char field[3][64];
	uint32_t id;
	const char *at = line;

	for (int i = 0; i < 3; i++) {
		const char *end = i < 2 ? memchr(at, ':', len - (size_t)(at - line)) : line + len;

		if (!end || (size_t)(end - at) >= sizeof(field[0]))
			return false;
		memcpy(field[i], at, (size_t)(end - at));
		field[i][end - at] = '\0';
		at = end + 1;
	}
	if (!(facts->user && strcmp(field[0], facts->user) == 0) &&
	    !(parse_id(field[0], &id) == 0 && id == facts->uid))
		return false;
	return parse_id(field[1], &ret->outside) == 0 && parse_id(field[2], &ret->count) == 0 &&
	       ret->count > 0;
}

static void read_subids(const char *path, const struct facts *facts, struct idmap_range *ret)
{
	FREE_PTR char *text = NULL;
	const char *at, *line;
	size_t len;

	if (read_file_at(AT_FDCWD, path, ID_FILE_MAX, &text) < 0)
		return;
	at = text;
	while (next_field(&at, '\n', &line, &len)) {
		struct idmap_range range = {0};

		if (subid_line(line, len, facts, &range)) {
			*ret = range;
			return;
		}
	}
}

/* /proc/self/uid_map: which ids exist in this user namespace, as "inside" values. */
static int read_own_map(struct arena *a, const char *path, struct idmap *ret, struct err *err)
{
	FREE_PTR char *text = NULL;
	struct idmap_range *ranges;
	const char *at, *line;
	size_t len;
	uint32_t n = 0;
	ssize_t r = read_file_at(AT_FDCWD, path, ID_FILE_MAX, &text);

	if (r < 0) {
		err_set(err, (int)-r, "cannot read '%s'", path);
		return r == -ENOENT
			       ? err_remedy(err, "/proc must be mounted: mount -t proc proc /proc")
			       : (int)r;
	}
	ranges = arena_array(a, struct idmap_range, 340);
	at = text;
	while (n < 340 && next_field(&at, '\n', &line, &len))
		if (sscanf(line, "%u %u %u", &ranges[n].inside, &ranges[n].outside,
			   &ranges[n].count) == 3)
			n++;
	*ret = (struct idmap){ranges, n};
	return 0;
}

static bool names(const struct id_request *ids, enum id_source source)
{
	for (uint32_t i = 0; i < ids->n; i++)
		if (ids->ranges[i].source == source)
			return true;
	return false;
}

static bool request_names(const struct tool_request *q, enum id_source source)
{
	return names(&q->uid, source) || names(&q->gid, source);
}

void facts_survey_subids(struct arena *a, struct facts *facts)
{
	struct passwd *pw = getpwuid(facts->uid);

	facts->user = pw ? arena_strdup(a, pw->pw_name) : NULL;
	read_subids("/etc/subuid", facts, &facts->subuid);
	read_subids("/etc/subgid", facts, &facts->subgid);
}

uint64_t facts_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};

	if (syscall(SYS_capget, &header, data) < 0)
		return 0;
	return data[0].effective | (uint64_t)data[1].effective << 32;
}

static bool has_groups(gid_t own)
{
	FREE_PTR gid_t *list = NULL;
	int n = getgroups(0, NULL);

	list = n > 0 ? calloc((size_t)n, sizeof(*list)) : NULL;
	n = list ? getgroups(n, list) : 0;
	for (int i = 0; i < n; i++)
		if (list[i] != own)
			return true;
	return false;
}

int facts_survey(struct arena *a, const struct tool_request *request, struct facts *ret,
		 struct err *err)
{
	const uint64_t both = 1ULL << CAP_SETUID | 1ULL << CAP_SETGID;
	struct facts facts = {.uid = geteuid(), .gid = getegid(), .terminal = isatty(STDIN_FILENO)};
	int r = 0;

	facts.capabilities = facts_capabilities();
	facts.privileged = (facts.capabilities & both) == both;
	facts.has_groups = has_groups(facts.gid);
	if (request_names(request, IDS_AUTO) || request_names(request, IDS_SUBIDS))
		facts_survey_subids(a, &facts);
	if (request_names(request, IDS_ALL))
		r = read_own_map(a, "/proc/self/uid_map", &facts.own_uid, err);
	if (r == 0 && request_names(request, IDS_ALL))
		r = read_own_map(a, "/proc/self/gid_map", &facts.own_gid, err);
	if (r == 0)
		*ret = facts;
	return r;
}

/* Where compiled filters are kept. */
static const char *seccomp_cache(struct arena *a)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (geteuid() == 0 && !process_is_nested())
		return arena_strdup(a, "/var/cache/kokon/seccomp");
	if (cache && *cache == '/')
		return arena_printf(a, "%s/kokon/seccomp", cache);
	return home && *home == '/' ? arena_printf(a, "%s/.cache/kokon/seccomp", home) : NULL;
}

/* The kernel shows the owner of a namespace only to those who have a say in it. */
static bool owns_mounts(void)
{
	CLOSE_FD int mounts = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC), owner = -1;

	owner = mounts < 0 ? -1 : ioctl(mounts, NS_GET_USERNS);
	return owner >= 0;
}

static bool denies_groups(void)
{
	char line[16];

	return read_line_at(AT_FDCWD, "/proc/self/setgroups", line, sizeof(line)) > 0 &&
	       strcmp(line, "deny") == 0;
}

int facts_survey_rights(struct facts *ret, struct err *err)
{
	struct facts facts = {.uid = geteuid(), .gid = getegid(), .terminal = isatty(STDIN_FILENO)};
	const uint64_t both = 1ULL << CAP_SETUID | 1ULL << CAP_SETGID;
	int r = capabilities_of_self(&facts.grantable);

	if (r < 0)
		return err_set(err, -r, "cannot read the own capabilities");
	facts.capabilities = facts_capabilities();
	facts.privileged = (facts.capabilities & both) == both;
	*ret = facts;
	return 0;
}

void facts_find_seccomp(struct arena *a, struct facts *facts)
{
	char helper[512];

	if (helper_path("kokon-seccomp", helper, sizeof(helper), NULL) == 0)
		facts->seccomp_helper = arena_strdup(a, helper);
	facts->seccomp_cache = seccomp_cache(a);
}

int facts_survey_container(struct arena *a, bool ids, struct facts *ret, struct err *err)
{
	char helper[512];
	struct facts facts;
	int r = facts_survey_rights(&facts, err);

	if (r < 0)
		return r;
	facts.nested = process_is_nested();
	facts.administrator =
		(facts.capabilities & 1ULL << CAP_SYS_ADMIN) && (!facts.nested || owns_mounts());
	facts.term = arena_strdup(a, getenv("TERM"));
	facts_find_seccomp(a, &facts);
	if (helper_path("kokon-systemd", helper, sizeof(helper), NULL) == 0)
		facts.systemd_helper = arena_strdup(a, helper);
	if (ids || !facts.administrator)
		facts_survey_subids(a, &facts);
	facts.denies_groups = facts.nested && denies_groups();
	if (facts.nested)
		r = read_own_map(a, "/proc/self/gid_map", &facts.own_gid, err);
	if (r == 0)
		*ret = facts;
	return r;
}
