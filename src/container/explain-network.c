// SPDX-License-Identifier: Apache-2.0
/* The rows of a container's network, in shell. Addresses are chosen when it starts. */
#include <string.h>

#include "cni.h"
#include "explain.h"
#include "router.h"

static const struct network_plan *network(const struct explain *x)
{
	return &x->plan->container.network;
}

void explain_network(struct explain *x)
{
	const struct network_plan *n = network(x);
	OUT_CLEANUP struct out word = {0};
	OUT_CLEANUP struct out path = {0};

	explain_row(x, ROW_network);
	for (uint32_t i = 0; i < n->n; i++)
		if (!n->joins[i].cni)
			explain_command(
				x, "# an address of the network '%s', written down in its pool",
				n->joins[i].network);
	if (!n->files.directory)
		return;
	out_printf(&path, "%s/resolv.conf", n->files.directory);
	explain_command(x, "printf %%s %s > %s", explain_quoted(n->files.resolv, &word), path.text);
	explain_command(x, "# the same for hosts and hostname");
}

void explain_netns(struct explain *x)
{
	explain_row(x, ROW_netns);
	explain_command(x, "# system call ioctl(SIOCGSKNS); the host side calls it 'CONTAINER'");
	if (network(x)->resolver)
		explain_command(x, "# sockets for questions about names, udp and tcp, bound "
				   "to " RESOLVER_ADDRESS " port 53");
}

static void explain_ports(struct explain *x, const struct published *ports, uint32_t n)
{
	char text[PUBLISH_TEXT_MAX];

	for (uint32_t i = 0; i < n; i++)
		explain_command(x, "# kokon network: publish %s, in the table 'inet kokon'",
				publish_format(&ports[i], text));
}

static void explain_cni_calls(struct explain *x, const struct network_join_plan *j)
{
	OUT_CLEANUP struct out o = {0};

	cni_explain(j, x->plan->container.name, "CONTAINER", &o);
	explain_command(x, "# the plugins of the CNI network '%s', of %s", j->network,
			j->cni->file);
	out_puts(x->out, o.text ? o.text : "");
}

static void explain_one(struct explain *x, const struct network_join_plan *j)
{
	if (j->cni) {
		explain_cni_calls(x, j);
		return;
	}
	if (j->mode)
		explain_command(x, "ip link add link %s name %s netns CONTAINER type %s mode %s",
				j->bridge, j->inside, j->driver, j->mode);
	else
		explain_command(x,
				"ip link add PAIR master %s up type veth peer name %s netns "
				"CONTAINER",
				j->bridge, j->inside);
	explain_command(x, "ip -n CONTAINER address add ADDRESS dev %s", j->inside);
	explain_command(x, "ip -n CONTAINER link set %s up", j->inside);
	if (j->rate)
		explain_command(x,
				"for end in 'dev PAIR' '-n CONTAINER dev %s'; do tc qdisc replace "
				"$end root tbf rate %llubit burst 64k latency 50ms; done",
				j->inside, (unsigned long long)j->rate);
	if (j->routes)
		explain_command(x, "ip -n CONTAINER route add default via GATEWAY");
	explain_ports(x, j->ports, j->n_ports);
}

static void explain_pasta(struct explain *x)
{
	const struct network_plan *n = network(x);
	OUT_CLEANUP struct out o = {0};

	for (uint32_t i = 0; i < n->n_ports; i++)
		pasta_port_word(&n->ports[i], &o);
	explain_command(x, "%s --config-net%s --netns CONTAINER", n->pasta, o.text ? o.text : "");
}

void explain_wire(struct explain *x)
{
	const struct network_plan *n = network(x);

	explain_row(x, ROW_wire);
	for (uint32_t i = 0; i < n->n; i++)
		explain_one(x, &n->joins[i]);
	if (n->pasta)
		explain_pasta(x);
	if (n->publisher)
		explain_command(x,
				"# pasta listens on the published ports; what arrives goes to the "
				"namespace '" ROUTER_NAME "', whose rules translate it\n%s -t "
				"PORT … --netns " ROUTER_NAME,
				n->publisher);
}

void explain_wired(struct explain *x UNUSED)
{
}
