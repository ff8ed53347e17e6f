// SPDX-License-Identifier: Apache-2.0
/* The networks of a container, and the files that tell it of them. */
#include "plan-run.h"

#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include "parse.h"

/* --- resolv.conf --- */

static bool is_word(const char *line, size_t len, const char *word)
{
	size_t n = strlen(word);

	return len > n && strncmp(line, word, n) == 0 && (line[n] == ' ' || line[n] == '\t');
}

/* The lines of the host's resolv.conf that begin with `word`. */
static void copy_lines(const char *text, const char *word, struct out *o)
{
	const char *line;
	size_t len;

	while (text && next_field(&text, '\n', &line, &len))
		if (is_word(line, len, word))
			out_printf(o, "%.*s\n", (int)len, line);
}

/* The addresses of the host's name servers between blanks. */
static void copy_servers(const char *text, bool loopback, struct out *o)
{
	const char *line;
	size_t len;

	while (text && next_field(&text, '\n', &line, &len)) {
		const char *at = line + sizeof("nameserver"), *end = line + len;

		if (!is_word(line, len, "nameserver"))
			continue;
		while (at < end && (*at == ' ' || *at == '\t'))
			at++;
		while (end > at && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
			end--;
		if (!loopback && (strncmp(at, "127.", 4) == 0 || strncmp(at, "::1", 3) == 0))
			continue;
		if (end > at)
			out_printf(o, "%s%.*s", o->len ? " " : "", (int)(end - at), at);
	}
}

static void put_list(struct out *o, const char *key, const char *const *words)
{
	out_puts(o, key);
	for (; *words; words++)
		out_printf(o, " %s", *words);
	out_puts(o, "\n");
}

static const char *plan_resolv(struct run_planner *p, bool resolver, const char *servers)
{
	const struct network_wish *w = &p->q->network;
	const char *at = servers, *field;
	OUT_CLEANUP struct out o = {0};
	size_t len;

	if (resolver)
		out_puts(&o, "nameserver " RESOLVER_ADDRESS "\n");
	else
		while (at && next_field(&at, ' ', &field, &len))
			out_printf(&o, "nameserver %.*s\n", (int)len, field);
	if (w->dns_search && *w->dns_search && strcmp(*w->dns_search, ".") != 0)
		put_list(&o, "search", w->dns_search);
	else if (!w->dns_search || !*w->dns_search)
		copy_lines(w->host_resolv, "search", &o);
	if (w->dns_options && *w->dns_options)
		put_list(&o, "options", w->dns_options);
	else
		copy_lines(w->host_resolv, "options", &o);
	return arena_strdup(p->a, o.text ? o.text : "");
}

static void plan_files(struct run_planner *p, struct network_plan *n)
{
	const struct network_wish *w = &p->q->network;
	OUT_CLEANUP struct out servers = {0};
	bool own = (p->plan->namespaces.create & CLONE_NEWNET) != 0;

	/* Where the resolver asks, the host's loopback is reachable; in the container it is not. */
	if (w->dns)
		out_puts(&servers, w->dns);
	else
		copy_servers(w->host_resolv, n->resolver || !own, &servers);
	/* From an internal network nothing gets out, questions about names neither. */
	n->servers = !n->n || w->routed || w->dns ? arena_strdup(p->a, servers.text) : NULL;
	n->files = (struct network_files_plan){
		.directory = arena_strdup(p->a, w->directory),
		.hosts = arena_strdup(p->a, w->hosts),
		.resolv = plan_resolv(p, n->resolver, servers.text),
		.hostname = p->plan->namespaces.hostname,
		.servers_open = !w->dns,
		.search_open = !w->dns_search || !*w->dns_search,
		.options_open = !w->dns_options || !*w->dns_options,
	};
}

/* --- networks --- */

static const struct published *copy_ports(struct run_planner *p)
{
	const struct network_wish *w = &p->q->network;
	struct published *ports = arena_array(p->a, struct published, w->n_ports + 1);

	if (w->n_ports)
		memcpy(ports, w->ports, w->n_ports * sizeof(*ports));
	return ports;
}

static const struct cni_plan *copy_cni(struct run_planner *p, const struct cni_plan *from)
{
	struct cni_plan *cni;

	if (!from)
		return NULL;
	cni = arena_new(p->a, struct cni_plan);
	*cni = *from;
	cni->config = arena_strdup(p->a, from->config);
	cni->file = arena_strdup(p->a, from->file);
	cni->path = arena_strdup(p->a, from->path);
	return cni;
}

static void plan_joins(struct run_planner *p, struct network_plan *n)
{
	const struct network_wish *w = &p->q->network;
	struct network_join_plan *joins = arena_array(p->a, struct network_join_plan, w->n + 1);
	uint32_t published = 0;

	for (uint32_t i = 0; i < w->n; i++) {
		joins[i] = w->joins[i];
		joins[i].rate = w->rate;
		joins[i].network = arena_strdup(p->a, w->joins[i].network);
		joins[i].driver = arena_strdup(p->a, w->joins[i].driver);
		joins[i].mode = arena_strdup(p->a, w->joins[i].mode);
		joins[i].cni = copy_cni(p, w->joins[i].cni);
		joins[i].bridge = arena_strdup(p->a, w->bridges[i]);
		joins[i].inside = arena_strdup(p->a, w->joins[i].inside);
		joins[i].aliases = arena_strdup(p->a, w->joins[i].aliases);
		if (joins[i].routes)
			published = i;
	}
	if (w->n && w->n_ports) {
		joins[published].n_ports = w->n_ports;
		joins[published].ports = copy_ports(p);
	}
	n->n = w->n;
	n->joins = joins;
}

/* The router's interfaces can be put only into network namespaces that its user namespace owns. */
static int refuse_user(struct run_planner *p)
{
	err_set(p->err, EPERM, "the network '%s' cannot be joined with the user namespace '%s'",
		p->q->network.joins[0].network, p->q->namespaces[NAMESPACE_USER].shown);
	return err_remedy(p->err, "leave out --userns; networks of ordinary users are for "
				  "containers with a user namespace of their own");
}

int plan_run_network(struct run_planner *p)
{
	const struct network_wish *w = &p->q->network;
	struct network_plan *n = &p->plan->container.network;

	if (!w->n && !w->pasta && !w->files)
		return 0;
	if (w->n && w->router.apart && !p->q->nested)
		return refuse_user(p);
	plan_joins(p, n);
	if (w->n_ports && w->router.apart)
		n->publisher = arena_strdup(p->a, w->pasta_path);
	if (w->pasta) {
		n->pasta = arena_strdup(p->a, w->pasta_path);
		n->n_ports = w->n_ports;
		n->ports = copy_ports(p);
	}
	n->resolver = w->names || w->pasta;
	if (w->files)
		plan_files(p, n);
	n->wanted = 1;
	return 0;
}

/* --- /etc --- */

static bool is_covered(const struct run_planner *p, const char *target)
{
	for (uint32_t i = 0; i < p->q->n_volumes; i++)
		if (strcmp(p->q->volumes[i].target, target) == 0)
			return true;
	return false;
}

int run_plan_network_mounts(struct run_planner *p, struct mount_op *ops, uint32_t room)
{
	static const char *const names[] = {"hosts", "resolv.conf", "hostname"};
	const char *directory = p->plan->container.network.files.directory;
	uint32_t n = 0;

	for (size_t i = 0; directory && i < ARRAY_SIZE(names) && n < room; i++) {
		char *source = arena_printf(p->a, "%s/%s", directory, names[i]);
		char *target = arena_printf(p->a, "/etc/%s", names[i]);
		int handle;

		if (is_covered(p, target))
			continue;
		handle =
			run_add_handle(p, (struct handle_plan){.kind = HANDLE_TREE,
							       .path = source,
							       .propagation = MS_PRIVATE,
							       .inside = !p->facts->administrator});
		if (handle < 0)
			return handle;
		ops[n] = (struct mount_op){
			.kind = MOUNT_TREE,
			.flags = MOUNT_MAKE_FILE,
			.target = target,
			.source = source,
			.handle = handle,
			.why = n ? NULL : arena_strdup(p->a, "what it knows of its network"),
		};
		n++;
	}
	return (int)n;
}
