// SPDX-License-Identifier: Apache-2.0
/* kokon network connect, disconnect. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "engine-plug.h"
#include "link.h"
#include "network-plug.h"
#include "traced.h"

struct plug_options {
	struct common_options common;
	struct traced_options traced;
	struct plug_request request;
	struct out aliases;
	int (*function)(const struct plug_request *, struct err *);
};

static int set_ip(void *request, const struct option_def *def, const char *value, struct err *err)
{
	struct plug_options *o = request;
	struct ip ip;

	if (ip_parse(value, &ip) < 0 || (ip.family == AF_INET6) != (def->data == V6))
		return err_set(err, 0, "'%.60s' is no IPv%d address", value,
			       def->data == V6 ? 6 : 4);
	o->request.ip[def->data] = ip;
	return 0;
}

static int set_mac(void *request, const struct option_def *def UNUSED, const char *value,
		   struct err *err)
{
	struct plug_options *o = request;

	if (link_parse_address(value, o->request.mac) < 0 || (o->request.mac[0] & 1)) {
		err_set(err, 0, "'%.60s' is no hardware address of an interface", value);
		return err_remedy(err, "write 02:00:00:00:00:01");
	}
	return 0;
}

static int add_alias(void *request, const struct option_def *def UNUSED, const char *value,
		     struct err *err)
{
	struct plug_options *o = request;

	if (!*value || strlen(value) > 63 || strpbrk(value, " \t\n"))
		return err_set(err, 0, "'%.80s' is no name for a host", value);
	out_printf(&o->aliases, "%s%s", o->aliases.len ? " " : "", value);
	return 0;
}

static int set_flag(void *request, const struct option_def *def, const char *value UNUSED,
		    struct err *err UNUSED)
{
	*(bool *)((char *)request + def->data) = true;
	return 0;
}

static int set_traced(void *request, const struct option_def *def, const char *value UNUSED,
		      struct err *err UNUSED)
{
	*(int *)((char *)request + def->data) = 1;
	return 0;
}

static int do_plug(void *arg, struct out *explain, struct out *result UNUSED, struct err *err)
{
	struct plug_options *o = arg;

	o->request.explain = explain != NULL;
	o->request.out = explain;
	return o->function(&o->request, err);
}

static int run_plug(const struct command *self, char **argv,
		    int (*function)(const struct plug_request *, struct err *))
{
	struct plug_options options = {.function = function};
	struct err err = {0};
	size_t rest;
	int r = command_parse(self, OPTIONS_ANYWHERE, &options, argv, &rest);

	if (r >= 0)
		return r;
	if (rest != 2) {
		err_set(&err, 0, "a network and a container are wanted: kokon %s %s", self->name,
			self->synopsis);
		return command_usage(self, &err);
	}
	options.request.network = argv[1];
	options.request.container = argv[2];
	options.request.aliases = options.aliases.text;
	r = command_traced(self, &options.traced, do_plug, &options);
	out_free(&options.aliases);
	return r;
}

static int run_connect(const struct command *self, char **argv)
{
	return run_plug(self, argv, engine_connect);
}

static int run_disconnect(const struct command *self, char **argv)
{
	return run_plug(self, argv, engine_disconnect);
}

#define EXPLAIN                                                                                    \
	{.name = "explain",                                                                        \
	 .help = "print the steps as shell commands, and do nothing",                              \
	 .set = set_traced,                                                                        \
	 .data = offsetof(struct plug_options, traced.explain)},                                   \
	{                                                                                          \
		.name = "trace",                                                                   \
		.help = "do it, and print the steps and their duration to stderr",                 \
		.set = set_traced, .data = offsetof(struct plug_options, traced.trace)             \
	}

static const struct option_def connect_options[] = {
	{.name = "ip",
	 .arg = ARG_REQUIRED,
	 .metavar = "IP",
	 .help = "its address (else a free one)",
	 .set = set_ip,
	 .data = V4},
	{.name = "ip6",
	 .arg = ARG_REQUIRED,
	 .metavar = "IP",
	 .help = "the same for IPv6",
	 .set = set_ip,
	 .data = V6},
	{.name = "mac-address",
	 .arg = ARG_REQUIRED,
	 .metavar = "MAC",
	 .help = "its hardware address",
	 .set = set_mac},
	{.name = "alias",
	 .arg = ARG_REQUIRED,
	 .metavar = "NAME",
	 .help = "another name by which others find it",
	 .set = add_alias},
	EXPLAIN,
	OPTION_HELP,
	OPTIONS_END,
};
static const struct option_def disconnect_options[] = {
	{.name = "force",
	 .short_name = 'f',
	 .help = "a container that is not on it is no failure",
	 .set = set_flag,
	 .data = offsetof(struct plug_options, request.force)},
	EXPLAIN,
	OPTION_HELP,
	OPTIONS_END,
};

const struct command network_connect_command = {
	.name = "network connect",
	.synopsis = "[OPTION]… NETWORK CONTAINER",
	.summary = "Plug a running container into a network",
	.options = connect_options,
	.run = run_connect,
	.usage_status = 2,
};

const struct command network_disconnect_command = {
	.name = "network disconnect",
	.synopsis = "[OPTION]… NETWORK CONTAINER",
	.summary = "Unplug a running container from a network",
	.options = disconnect_options,
	.run = run_disconnect,
	.usage_status = 2,
};
