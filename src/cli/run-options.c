// SPDX-License-Identifier: Apache-2.0
#include "run-options.h"

#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include "engine-run.h"
#include "names.h"
#include "parse.h"
#include "rlimits.h"

/* --- setters --- */

static int set_flag(void *request, const struct option_def *def, const char *value, struct err *err)
{
	bool on = true;

	if (value && strcmp(value, "false") == 0)
		on = false;
	else if (value && strcmp(value, "true") != 0)
		return err_set(err, 0, "'%s' is neither true nor false", value);
	*(bool *)((char *)request + def->data) = on;
	return 0;
}

static int set_text(void *request, const struct option_def *def, const char *value,
		    struct err *err UNUSED)
{
	*(const char **)((char *)request + def->data) = value;
	return 0;
}

static int add_word(void *request, const struct option_def *def, const char *value, struct err *err)
{
	struct word_list *list = (struct word_list *)((char *)request + def->data);

	if (list->n == WORDS_MAX)
		return err_set(err, 0, "given more than %d times", WORDS_MAX);
	list->word[list->n++] = value;
	return 0;
}

static int add_volume(void *request, const struct option_def *def, const char *value,
		      struct err *err)
{
	struct run_options *o = request;

	if (o->volumes.n == WORDS_MAX)
		return err_set(err, 0, "given more than %d times", WORDS_MAX);
	o->volume_kinds[o->volumes.n] = (char)def->data;
	o->volumes.word[o->volumes.n++] = value;
	return 0;
}

static int set_limit(void *request, const struct option_def *def, const char *value,
		     struct err *err)
{
	struct run_options *o = request;
	bool bytes = def->data == CGROUP_LIMIT_MEMORY || def->data == CGROUP_LIMIT_MEMORY_SWAP;
	uint64_t v = 0;
	int r;

	/* As in podman 0 is no limit, and no share of its own. */
	if (strcmp(value, "0") == 0 && def->data == CGROUP_LIMIT_CPU_SHARES)
		return 0;
	if (strcmp(value, "-1") == 0 || strcmp(value, "max") == 0 || strcmp(value, "0") == 0) {
		cgroup_limit_set(&o->request.limits, (enum cgroup_limit)def->data, CGROUP_MAX);
		return 0;
	}
	r = bytes ? parse_size(value, &v) : parse_u64(value, 1, INT64_MAX, &v);
	if (r < 0 || v == 0) {
		err_set(err, 0, "'%s' is no limit", value);
		return err_remedy(err, bytes ? "give bytes, or a number with a unit as in 64m, "
					       "1.5g; -1 for no limit"
					     : "give a whole number above 0; -1 for no limit");
	}
	cgroup_limit_set(&o->request.limits, (enum cgroup_limit)def->data, v);
	return 0;
}

static int set_cpus(void *request, const struct option_def *def UNUSED, const char *value,
		    struct err *err)
{
	struct run_options *o = request;
	uint64_t quota;

	if (strcmp(value, "0") == 0)
		return 0;
	if (parse_billionths(value, &o->cpus) < 0 || o->cpus < 10000000 ||
	    o->cpus > 1000000ULL * 1000000000ULL) {
		err_set(err, 0, "'%s' is no number of CPUs", value);
		return err_remedy(err, "give a fraction from 0.01 on, as in 1.5");
	}
	quota = o->cpus / 10000; /* of a period of 100,000 microseconds */
	cgroup_limit_set(&o->request.limits, CGROUP_LIMIT_CPU_PERIOD, 100000);
	cgroup_limit_set(&o->request.limits, CGROUP_LIMIT_CPU_QUOTA, quota);
	return 0;
}

static int set_size(void *request, const struct option_def *def, const char *value, struct err *err)
{
	uint64_t *at = (uint64_t *)((char *)request + def->data);

	if (parse_size(value, at) < 0 || *at == 0)
		return err_set(err, 0, "'%s' is no size, as in 64m", value);
	return 0;
}

static int set_seconds(void *request, const struct option_def *def, const char *value,
		       struct err *err)
{
	uint64_t v;

	if (parse_u64(value, 0, 10000000, &v) < 0)
		return err_set(err, 0, "'%s' is no number of seconds", value);
	*(uint32_t *)((char *)request + def->data) = (uint32_t)v;
	return 0;
}

static int set_signal(void *request, const struct option_def *def, const char *value,
		      struct err *err)
{
	int signal;

	if (signal_from_name(value, &signal) < 0)
		return err_set(err, 0, "unknown signal '%s'", value);
	*(uint32_t *)((char *)request + def->data) = (uint32_t)signal;
	return 0;
}

static int set_oom(void *request, const struct option_def *def UNUSED, const char *value,
		   struct err *err)
{
	struct run_options *o = request;

	o->request.set_oom_score_adj = true;
	return oom_score_parse(value, &o->request.oom_score_adj, err);
}

static int set_cgroups(void *request, const struct option_def *def UNUSED, const char *value,
		       struct err *err)
{
	struct run_options *o = request;

	if (strcmp(value, "disabled") != 0 && strcmp(value, "enabled") != 0)
		return err_set(err, 0, "'%s' is neither enabled nor disabled", value);
	o->request.cgroups_disabled = value[0] == 'd';
	return 0;
}

static int set_detach(void *request UNUSED, const struct option_def *def UNUSED,
		      const char *value UNUSED, struct err *err)
{
	err_set(err, 0, "containers in the background are not there yet");
	return err_remedy(err, "run it in the foreground, with '&' behind if need be");
}

/* Of podman: said of each network here. Without it "--ip" would be taken for "--ipc". */
static int set_of_network(void *request UNUSED, const struct option_def *def, const char *value,
			  struct err *err)
{
	static const char *const words[] = {"ip", "mac", "alias"};

	err_set(err, 0, "this belongs to a network");
	return err_remedy(err, "write it behind its name: --net NAME:%s=%s", words[def->data],
			  value);
}

#define AT(field)  offsetof(struct run_options, field)
#define REQ(field) offsetof(struct run_options, request.field)
#define FLAG(long_name, letter, field, text)                                                       \
	{                                                                                          \
		.name = long_name, .short_name = letter, .arg = ARG_OPTIONAL_LONG,                 \
		.metavar = "true|false", .help = text, .set = set_flag, .data = REQ(field)         \
	}
#define TEXT(long_name, letter, var, field, text)                                                  \
	{                                                                                          \
		.name = long_name, .short_name = letter, .arg = ARG_REQUIRED, .metavar = var,      \
		.help = text, .set = set_text, .data = field                                       \
	}
#define LIST(long_name, letter, var, field, text)                                                  \
	{                                                                                          \
		.name = long_name, .short_name = letter, .arg = ARG_REQUIRED, .metavar = var,      \
		.help = text, .set = add_word, .data = AT(field)                                   \
	}
#define VOLUMES(long_name, letter, var, kind, text)                                                \
	{                                                                                          \
		.name = long_name, .short_name = letter, .arg = ARG_REQUIRED, .metavar = var,      \
		.help = text, .set = add_volume, .data = kind                                      \
	}
#define LIMIT(long_name, letter, var, limit, text)                                                 \
	{                                                                                          \
		.name = long_name, .short_name = letter, .arg = ARG_REQUIRED, .metavar = var,      \
		.help = text, .set = set_limit, .data = limit                                      \
	}

const struct option_def run_option_table[] = {
	{.name = "rootfs",
	 .arg = ARG_REQUIRED,
	 .metavar = "DIR",
	 .help = "the directory is the container's root",
	 .set = set_text,
	 .data = REQ(rootfs),
	 .value = VALUE_DIR},
	TEXT("name", 0, "NAME", REQ(name), "name of the container (else one is made up)"),
	FLAG("interactive", 'i', interactive, "keep standard input open"),
	FLAG("tty", 't', tty, "give it a terminal"),
	FLAG("rm", 0, remove, "remove it at its end (always so)"),
	{.name = "detach", .short_name = 'd', .set = set_detach},
	TEXT("hostname", 'h', "NAME", REQ(hostname), "host name (else the container's name)"),
	TEXT("domainname", 0, "NAME", REQ(domainname), "NIS domain name"),
	TEXT("entrypoint", 0, "FILE", REQ(entrypoint),
	     "program to run, with COMMAND as its arguments"),
	LIST("env", 'e', "NAME[=VALUE]", env,
	     "environment variable; NAME alone passes it on, NAME* all of that beginning"),
	LIST("env-file", 0, "FILE", env_files, "read environment variables from FILE"),
	TEXT("workdir", 'w', "DIR", REQ(cwd), "working directory in the container"),
	TEXT("user", 'u', "USER[:GROUP]", REQ(user),
	     "user and group, by name in the container or by number"),
	LIST("group-add", 0, "GROUP", groups, "another group"),
	TEXT("umask", 0, "OCTAL", REQ(umask), "umask in octal (022)"),
	VOLUMES("volume", 'v', "SRC:DEST[:OPTIONS]", 'v',
		"bind the host's SRC on DEST (ro, rw, rslave, idmap …)"),
	VOLUMES("mount", 0, "type=KIND,…", 'm',
		"type=bind,source=SRC,target=DEST or type=tmpfs,target=DEST"),
	VOLUMES("tmpfs", 0, "DEST[:OPTIONS]", 't', "an empty file system in memory on DEST"),
	LIST("device", 0, "HOST[:DEST[:rwm]]", devices, "let it use a device of the host"),
	LIST("netdev", 0, "IF[:NAME]", net_devices, "give it a network interface of the host"),
	FLAG("read-only", 0, read_only, "nothing in the root can be changed"),
	FLAG("init", 0, init, "a small init is PID 1: reaps and forwards signals"),
	FLAG("privileged", 0, privileged, "all capabilities, all devices, nothing masked"),
	LIST("cap-add", 0, "CAP", cap_add, "add a capability, or ALL"),
	LIST("cap-drop", 0, "CAP", cap_drop, "drop a capability, or ALL"),
	LIST("security-opt", 0, "OPTION", security,
	     "no-new-privileges, seccomp=FILE|unconfined, apparmor=PROFILE, label=…"),
	LIST("ulimit", 0, "NAME=SOFT[:HARD]", ulimits, "resource limit"),
	LIST("sysctl", 0, "NAME=VALUE", sysctls, "kernel parameter of its own namespaces"),
	TEXT("pid", 0, "MODE", AT(modes[NAMESPACE_PID]),
	     "private, host, pid:N, ns:PATH or container:NAME"),
	TEXT("ipc", 0, "MODE", AT(modes[NAMESPACE_IPC]), "the same for IPC"),
	TEXT("uts", 0, "MODE", AT(modes[NAMESPACE_UTS]), "the same for host and domain name"),
	LIST("net", 0, "NAME|MODE", nets,
	     "join a network: NAME[:ip=,mac=,alias=,interface=], cni:NAME; or none, host, pasta, "
	     "container:NAME, pid:N, ns:PATH"),
	LIST("network", 0, "NAME|MODE", nets, "the same as --net"),
	{.name = "ip", .arg = ARG_REQUIRED, .set = set_of_network, .data = 0},
	{.name = "ip6", .arg = ARG_REQUIRED, .set = set_of_network, .data = 0},
	{.name = "mac-address", .arg = ARG_REQUIRED, .set = set_of_network, .data = 1},
	{.name = "network-alias", .arg = ARG_REQUIRED, .set = set_of_network, .data = 2},
	LIST("publish", 'p', "[IP:][HOST:]PORT[/udp]", publish,
	     "a port of the host leads to a port of the container; also ranges"),
	TEXT("net-rate", 0, "RATE", AT(net_rate), "it sends and receives no faster, as in 10mbit"),
	LIST("dns", 0, "IP", dns, "name server to ask (else those of the host)"),
	LIST("dns-search", 0, "DOMAIN", dns_search, "domain to look names up in; . for none"),
	LIST("dns-option", 0, "OPTION", dns_options, "option for resolv.conf(5)"),
	LIST("add-host", 0, "NAME:IP", hosts, "a line of /etc/hosts; host-gateway for the host"),
	TEXT("cgroupns", 0, "MODE", AT(modes[NAMESPACE_CGROUP]),
	     "the same for the view of control groups"),
	TEXT("userns", 0, "MODE", AT(modes[NAMESPACE_USER]),
	     "the same for users; keep-id maps you to yourself"),
	LIST("uidmap", 0, "IN:OUT:COUNT", uidmaps, "map user ids"),
	LIST("gidmap", 0, "IN:OUT:COUNT", gidmaps, "map group ids"),
	{.name = "shm-size",
	 .arg = ARG_REQUIRED,
	 .metavar = "SIZE",
	 .help = "size of /dev/shm (64m)",
	 .set = set_size,
	 .data = REQ(shm_size)},
	LIMIT("memory", 'm', "SIZE", CGROUP_LIMIT_MEMORY, "limit of memory"),
	LIMIT("memory-swap", 0, "SIZE", CGROUP_LIMIT_MEMORY_SWAP,
	      "limit of memory and swap together"),
	{.name = "cpus",
	 .arg = ARG_REQUIRED,
	 .metavar = "N",
	 .help = "limit of CPU time, in CPUs",
	 .set = set_cpus},
	LIMIT("cpu-shares", 'c', "N", CGROUP_LIMIT_CPU_SHARES,
	      "share of CPU time against others (1024)"),
	TEXT("cpuset-cpus", 0, "LIST", REQ(limits.cpuset_cpus), "CPUs it may run on, as in 0-2,4"),
	TEXT("cpuset-mems", 0, "LIST", REQ(limits.cpuset_mems), "memory nodes it may use"),
	LIMIT("pids-limit", 0, "N", CGROUP_LIMIT_PIDS, "limit of processes and threads"),
	{.name = "oom-score-adj",
	 .arg = ARG_REQUIRED,
	 .metavar = "N",
	 .help = "how eagerly it is killed when memory is short, -1000 to 1000",
	 .set = set_oom},
	TEXT("cgroup-parent", 0, "PATH", REQ(cgroup_parent),
	     "control group under which its own is made"),
	{.name = "cgroups",
	 .arg = ARG_REQUIRED,
	 .metavar = "WORD",
	 .help = "disabled: no control group of its own",
	 .set = set_cgroups},
	{.name = "stop-signal",
	 .arg = ARG_REQUIRED,
	 .metavar = "SIGNAL",
	 .help = "what kokon stop sends first (SIGTERM)",
	 .set = set_signal,
	 .data = REQ(stop_signal),
	 .value = VALUE_SIGNAL},
	{.name = "stop-timeout",
	 .arg = ARG_REQUIRED,
	 .metavar = "SECONDS",
	 .help = "how long kokon stop waits before it kills (10)",
	 .set = set_seconds,
	 .data = REQ(stop_timeout)},
	{.name = "timeout",
	 .arg = ARG_REQUIRED,
	 .metavar = "SECONDS",
	 .help = "kill it after this time",
	 .set = set_seconds,
	 .data = REQ(timeout)},
	FLAG("verbose", 0, verbose, "say what host: leaves out"),
	FLAG("explain", 0, explain, "print the steps and do nothing"),
	FLAG("trace", 0, trace, "print each step with its duration to standard error"),
	{.name = "help", .help = "show this help and exit", .set = set_help},
	OPTIONS_END,
};

void run_options_init(struct run_options *options)
{
	struct run_request *q = &options->request;

	q->shm_size = 64 << 20;
	q->stop_timeout = 10;
	for (int i = 0; i < NAMESPACE_TYPES; i++)
		q->namespaces[i].fd = -1;
}

/* --- from words to a request --- */

static int take_image(struct run_request *q, char **words, size_t n, size_t *ret_used,
		      struct err *err)
{
	*ret_used = 0;
	if (q->rootfs && n > 0 && strncmp(words[0], "host:", 5) == 0) {
		err_set(err, 0, "'%s' and --rootfs are two images: a container has one", words[0]);
		return err_remedy(err, "leave out one of them");
	}
	if (q->rootfs)
		return 0;
	if (n == 0) {
		q->host_names = "";
		return 0;
	}
	*ret_used = 1;
	if (strncmp(words[0], "host:", 5) == 0) {
		q->host_names = words[0] + 5;
		return 0;
	}
	err_set(err, 0,
		"'%s' is no image that can be run: images from registries are not there yet",
		words[0]);
	return err_remedy(err, "use host:bash,ls,ps (programs of this machine), or --rootfs DIR");
}

static int parse_maps(const char *option, const struct word_list *list, struct idmap_range *ranges,
		      struct idmap *ret, struct err *err)
{
	for (size_t i = 0; i < list->n; i++)
		if (idmap_range_parse(list->word[i], ':', &ranges[i], err) < 0)
			return err_context(err, "%s", option);
	*ret = (struct idmap){ranges, (uint32_t)list->n};
	return 0;
}

static const struct err *misplaced(const char *word, size_t image, struct err *err)
{
	err_set(err, 0, "'%s' stands %s, where the command is expected", word,
		image ? "behind the image" : "behind '--'");
	err_remedy(err, "options stand in front of it: kokon run %s …", word);
	return err;
}

int run_options_go(const struct command *self, struct run_options *options, char **words, size_t n)
{
	static struct idmap_range uid_ranges[WORDS_MAX], gid_ranges[WORDS_MAX];
	struct run_request *q = &options->request;
	struct run_words w = {
		.env = options->env.word,
		.env_files = options->env_files.word,
		.devices = options->devices.word,
		.net_devices = options->net_devices.word,
		.ulimits = options->ulimits.word,
		.security = options->security.word,
		.volumes = options->volumes.word,
		.volume_kinds = options->volume_kinds,
		.modes = options->modes,
		.network = {.nets = options->nets.word,
			    .publish = options->publish.word,
			    .dns = options->dns.word,
			    .dns_search = options->dns_search.word,
			    .dns_options = options->dns_options.word,
			    .hosts = options->hosts.word,
			    .rate = options->net_rate,
			    .explain = q->explain},
	};
	struct err err = {0};
	size_t used;
	int status;

	if (take_image(q, words, n, &used, &err) < 0 ||
	    parse_maps("--uidmap", &options->uidmaps, uid_ranges, &q->uidmap, &err) < 0 ||
	    parse_maps("--gidmap", &options->gidmaps, gid_ranges, &q->gidmap, &err) < 0)
		return command_fail(self, &err, 125);
	words += used;
	if (words[0] && strcmp(words[0], "--") == 0)
		words++;
	if (words[0] && words[0][0] == '-' && !q->entrypoint)
		return command_fail(self, misplaced(words[0], used, &err), 125);
	q->argv = words;
	q->groups = options->groups.n ? options->groups.word : NULL;
	q->cap_add = options->cap_add.word;
	q->cap_drop = options->cap_drop.word;
	q->sysctls = options->sysctls.word;
	status = engine_run(q, &w, &err);
	return status < 0 ? command_fail(self, &err, 125) : status;
}
