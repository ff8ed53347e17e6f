// SPDX-License-Identifier: Apache-2.0
#include "engine-map.h"

#include "netmap-read.h"
#include "target.h"

static void add_names(struct arena *a, const struct target_names *names, struct netmap_request *r)
{
	struct netmap_name *v = arena_array(a, struct netmap_name, names->n + 1);

	for (size_t i = 0; i < names->n; i++) {
		const struct target_name *n = &names->v[i];

		v[i] = (struct netmap_name){
			.text = arena_printf(a, "%s:%s",
					     n->kind == TARGET_NETNS ? "netns" : "container",
					     n->name),
			.pid = n->pid,
			.inode = n->inode,
		};
	}
	r->names = v;
	r->n_names = names->n;
}

static void write_map(const struct map_request *request, const struct netmap *m, struct out *o)
{
	switch (request->form) {
	case MAP_TEXT: netmap_text(m, &request->style, o); break;
	case MAP_JSON: netmap_json(m, o); break;
	case MAP_SVG: netmap_svg(m, o); break;
	case MAP_DOT: netmap_dot(m, o); break;
	}
}

static int make_map(struct arena *a, const struct map_request *request,
		    const struct target_names *names, struct out *o, struct err *err)
{
	static const size_t processes[] = {
		[MAP_TEXT] = 12, [MAP_JSON] = NETMAP_MOST_LISTED, [MAP_SVG] = 40, [MAP_DOT] = 5};
	TARGET_CLEANUP struct target target = TARGET_NONE;
	CLOSE_FD int only = -1;
	struct netmap_request r = {.processes = processes[request->form],
				   .sockets = request->target || request->form == MAP_JSON ||
					      request->form == MAP_SVG,
				   .socket_owners = request->target != NULL};
	struct netmap m;
	int failed;

	if (request->target) {
		failed = target_resolve(request->target, &target, err);
		if (failed < 0)
			return failed;
		only = target_open_namespace(&target, NAMESPACE_NET, err);
		if (only < 0)
			return only;
	}
	r.only = only;
	add_names(a, names, &r);
	failed = netmap_read(a, &r, &m, err);
	if (failed < 0)
		return failed;
	netmap_check(&m);
	write_map(request, &m, o);
	return 0;
}

int engine_map(const struct map_request *request, struct out *o, struct err *err)
{
	TARGET_NAMES_CLEANUP struct target_names names;
	struct arena a = {0};
	int r = arena_init(&a);

	if (r < 0)
		return err_set(err, -r, "cannot get memory");
	target_names_read(&names);
	r = make_map(&a, request, &names, o, err);
	arena_free(&a);
	return r;
}
