// SPDX-License-Identifier: Apache-2.0
#include "network-request.h"

#include <stdio.h>
#include <string.h>
#include "driver.h"
#include "link.h"
#include "parse.h"

int network_set_flag(void *request, const struct option_def *def, const char *value UNUSED,
		     struct err *err UNUSED)
{
	*(bool *)((char *)request + def->data) = true;
	return 0;
}

int network_set_bit(void *request, const struct option_def *def, const char *value UNUSED,
		    struct err *err UNUSED)
{
	((struct network_request *)request)->network.flags |= (uint32_t)def->data;
	return 0;
}

static int set_once(struct ip *at, const struct ip *ip, const char *value, struct err *err)
{
	if (at->family != AF_UNSPEC)
		return err_set(err, 0, "'%s' is the second one of its family", value);
	*at = *ip;
	return 0;
}

int network_set_subnet(void *request, const struct option_def *def UNUSED, const char *value,
		       struct err *err)
{
	struct network_request *q = request;
	struct ip ip;
	int r = ip_parse_cidr(value, &ip, err);

	if (r < 0)
		return r;
	return set_once(&q->network.subnet[ip.family == AF_INET ? V4 : V6], &ip, value, err);
}

int network_set_gateway(void *request, const struct option_def *def UNUSED, const char *value,
			struct err *err)
{
	struct network_request *q = request;
	struct ip ip;

	if (ip_parse(value, &ip) < 0)
		return err_set(err, 0, "'%.80s' is no address", value);
	return set_once(&q->network.gateway[ip.family == AF_INET ? V4 : V6], &ip, value, err);
}

int network_set_range(void *request, const struct option_def *def UNUSED, const char *value,
		      struct err *err)
{
	return ip_parse_cidr(value, &((struct network_request *)request)->range, err);
}

int network_set_mtu(void *request, const struct option_def *def UNUSED, const char *value,
		    struct err *err)
{
	uint64_t v;

	if (parse_u64(value, 68, 65535, &v) < 0) {
		err_set(err, 0, "'%.40s' is no size of a packet", value);
		return err_remedy(err,
				  "give bytes, from 68 (with IPv6: 1280) to 65535; usual is 1500");
	}
	((struct network_request *)request)->network.mtu = (uint32_t)v;
	return 0;
}

int network_set_driver(void *request, const struct option_def *def UNUSED, const char *value,
		       struct err *err)
{
	struct network_request *q = request;

	if (!network_driver_find(value)) {
		err_set(err, 0, "there is no driver '%.40s'", value);
		return err_remedy(err, "there are: bridge, macvlan, ipvlan; networks of CNI are "
				       "joined with kokon run --net cni:NAME");
	}
	snprintf(q->network.driver, sizeof(q->network.driver), "%s", value);
	return 0;
}

int network_set_interface(void *request, const struct option_def *def UNUSED, const char *value,
			  struct err *err)
{
	struct network_request *q = request;
	int r = link_check_name(value, err);

	if (r < 0)
		return r;
	snprintf(q->network.interface, sizeof(q->network.interface), "%s", value);
	return 0;
}

int network_set_parent(void *request, const struct option_def *def UNUSED, const char *value,
		       struct err *err)
{
	struct network_request *q = request;
	int r = link_check_name(value, err);

	if (r == 0)
		snprintf(q->parent, sizeof(q->parent), "%s", value);
	return r;
}

int network_set_mode(void *request, const struct option_def *def UNUSED, const char *value,
		     struct err *err)
{
	struct network_request *q = request;
	uint32_t mode = network_mode_number(value);

	if (!mode) {
		err_set(err, 0, "there is no mode '%.40s'", value);
		return err_remedy(
			err, "macvlan has: bridge, private, vepa, passthru; ipvlan: l2, l3, l3s");
	}
	q->network.flags &= (1U << NETWORK_MODE_SHIFT) - 1;
	q->network.flags |= mode << NETWORK_MODE_SHIFT;
	return 0;
}

int network_set_vlan(void *request, const struct option_def *def UNUSED, const char *value,
		     struct err *err)
{
	uint64_t v;

	if (parse_u64(value, 1, 4094, &v) < 0)
		return err_set(err, 0, "'%.40s' is no VLAN from 1 to 4094", value);
	((struct network_request *)request)->network.vlan = (uint32_t)v;
	return 0;
}

int network_set_option(void *request, const struct option_def *def, const char *value,
		       struct err *err)
{
	struct network_request *q = request;

	if (strncmp(value, "mtu=", 4) == 0)
		return network_set_mtu(request, def, value + 4, err);
	if (strncmp(value, "vlan=", 5) == 0)
		return network_set_vlan(request, def, value + 5, err);
	if (strncmp(value, "mode=", 5) == 0)
		return network_set_mode(request, def, value + 5, err);
	if (strncmp(value, "parent=", 7) == 0)
		return network_set_parent(request, def, value + 7, err);
	if (strcmp(value, "isolate=true") == 0 || strcmp(value, "isolate=1") == 0)
		q->network.flags |= NETWORK_ISOLATED;
	else if (strcmp(value, "isolate=false") != 0) {
		err_set(err, 0, "there is no option '%.80s' of networks", value);
		return err_remedy(err, "there are: mtu=BYTES, isolate=true, vlan=ID, mode=MODE, "
				       "parent=IF");
	}
	return 0;
}
