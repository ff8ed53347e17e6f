// SPDX-License-Identifier: Apache-2.0
#include "plan-oci.h"

#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include "message.h"
#include "plan-parts.h"
#include "uapi.h"

/* --- namespaces --- */

static void plan_offsets(struct oci_planner *p)
{
	const struct spec_linux *l = &p->spec->linux_;
	struct namespaces_plan *n = &p->plan->namespaces;

	n->set_monotonic = l->monotonic.given;
	n->monotonic_ns = l->monotonic.secs * 1000000000 + l->monotonic.nanosecs;
	n->set_boottime = l->boottime.given;
	n->boottime_ns = l->boottime.secs * 1000000000 + l->boottime.nanosecs;
}

static int plan_namespaces(struct oci_planner *p)
{
	const struct spec_linux *l = &p->spec->linux_;
	struct namespaces_plan *n = &p->plan->namespaces;

	for (uint32_t i = 0; i < l->n_namespaces; i++)
		if (!l->namespaces[i].path)
			n->create |= l->namespaces[i].flag;
	if (!(oci_own_namespaces(p) & CLONE_NEWNS)) {
		err_set(p->err, 0, "linux.namespaces: there is no mount namespace");
		return err_remedy(p->err, "add {\"type\": \"mount\"}: without it the container's "
					  "mounts would be the machine's");
	}
	if ((p->spec->hostname || p->spec->domainname) && !(oci_own_namespaces(p) & CLONE_NEWUTS)) {
		err_set(p->err, 0, "%s: there is no UTS namespace to set it in",
			p->spec->hostname ? "hostname" : "domainname");
		return err_remedy(p->err, "add {\"type\": \"uts\"} to linux.namespaces");
	}
	n->hostname = arena_strdup(p->a, p->spec->hostname);
	n->domainname = arena_strdup(p->a, p->spec->domainname);
	n->loopback = (n->create & CLONE_NEWNET) != 0;
	if (n->create & CLONE_NEWTIME)
		plan_offsets(p);
	return plan_join(p->a, p->plan, p->handles, p->q->joins, p->q->n_joins, p->err);
}

/* --- ids --- */

static bool has_id(const struct idmap *map, uint32_t id)
{
	for (uint32_t i = 0; i < map->n; i++)
		if (map->ranges[i].inside <= id &&
		    id - map->ranges[i].inside < map->ranges[i].count)
			return true;
	return false;
}

static uint32_t writer(const struct facts *facts, const struct idmap *map, uint32_t own)
{
	if (facts->privileged)
		return IDMAP_HOST;
	return map->n == 1 && map->ranges[0].count == 1 && map->ranges[0].outside == own
		       ? IDMAP_SELF
		       : IDMAP_HELPER;
}

static int plan_ids(struct oci_planner *p)
{
	const struct spec_linux *l = &p->spec->linux_;
	struct container_plan *c = &p->plan->container;
	struct idmap_plan *ids = &p->plan->ids;

	if (!(p->plan->namespaces.create & CLONE_NEWUSER)) {
		c->become_root = oci_has_user_namespace(p);
		c->deny_groups = p->facts->denies_groups || p->q->joined_deny_groups;
		return 0;
	}
	if (!l->uid_map.n || !l->gid_map.n) {
		err_set(p->err, 0, "linux.%s: a new user namespace needs it",
			l->uid_map.n ? "gidMappings" : "uidMappings");
		return err_remedy(p->err,
				  "for example [{\"containerID\": 0, \"hostID\": %u, "
				  "\"size\": 1}]",
				  l->uid_map.n ? p->facts->gid : p->facts->uid);
	}
	ids->uid = oci_ranges(p->a, &l->uid_map);
	ids->gid = oci_ranges(p->a, &l->gid_map);
	ids->uid_writer = writer(p->facts, &ids->uid, p->facts->uid);
	ids->gid_writer = writer(p->facts, &ids->gid, p->facts->gid);
	if (ids->gid_writer == IDMAP_SELF) {
		ids->setgroups = SETGROUPS_DENY;
		c->deny_groups = 1;
	}
	/* Where there is no root, the process keeps what making the namespace gave it. */
	c->become_root = has_id(&ids->uid, 0) && has_id(&ids->gid, 0);
	return 0;
}

/* --- hooks --- */

/* The state as hooks get it, cut where the pid stands, which only its process knows. */
static void state_parts(struct arena *a, struct oci_state *state, const char **ret_head,
			const char **ret_tail)
{
	static const char mark[] = "2147483646";
	OUT_CLEANUP struct out o = {0};
	const char *pid;

	state->pid = 2147483646;
	oci_state_put(state, NULL, &o);
	/* Only the id stands before it, and that has no quotes. */
	pid = strstr(o.text, "\"pid\":") + strlen("\"pid\":");
	pid += strspn(pid, " ");
	*ret_head = arena_strndup(a, o.text, (size_t)(pid - o.text));
	*ret_tail = arena_strdup(a, pid + strlen(mark));
}

static const char *const *strings(struct arena *a, const struct spec_strings *s)
{
	return (const char *const *)arena_strv(a, (char *const *)s->list, s->n);
}

struct hooks_plan oci_hooks(struct arena *a, const struct spec *spec, enum spec_hook_kind kind,
			    enum oci_status status, const char *id, const char *bundle)
{
	const struct spec_hook_list *from = &spec->hooks[kind];
	struct hooks_plan plan = {.n = from->n};
	struct oci_state state = {.id = id,
				  .status = status,
				  .bundle = bundle,
				  .annotations = spec->annotations};
	struct hook *list;

	if (from->n == 0)
		return plan;
	list = arena_array(a, struct hook, from->n);
	for (uint32_t i = 0; i < from->n; i++) {
		const struct spec_hook *h = &from->list[i];

		list[i].path = arena_strdup(a, h->path);
		list[i].argv = h->args.n ? strings(a, &h->args)
					 : strings(a, &(struct spec_strings){1, &h->path});
		list[i].envp = strings(a, &h->env);
		list[i].timeout = h->timeout.given ? h->timeout.value : 0;
	}
	plan.kind = arena_strdup(a, spec_hook_names[kind]);
	plan.list = list;
	state_parts(a, &state, &plan.state_head, &plan.state_tail);
	return plan;
}

static struct hooks_plan hooks(struct oci_planner *p, enum spec_hook_kind kind,
			       enum oci_status status)
{
	return oci_hooks(p->a, p->spec, kind, status, p->q->id, p->q->bundle);
}

static int plan_lifecycle(struct oci_planner *p)
{
	struct container_plan *c = &p->plan->container;

	c->record_pid = 1;
	c->outlives = p->q->outlives || p->q->listener >= 0;
	c->preserve_fds = p->q->preserve_fds;
	c->no_pivot = p->q->no_pivot;
	c->keep_keyring = p->q->keep_keyring;
	c->hooks_directory = arena_strdup(p->a, p->q->bundle);
	c->hooks_prestart = hooks(p, SPEC_HOOK_PRESTART, OCI_CREATING);
	c->hooks_runtime = hooks(p, SPEC_HOOK_CREATE_RUNTIME, OCI_CREATING);
	c->hooks_container = hooks(p, SPEC_HOOK_CREATE_CONTAINER, OCI_CREATING);
	c->hooks_start = hooks(p, SPEC_HOOK_START_CONTAINER, OCI_CREATED);
	if (p->q->listener < 0)
		return 0;
	c->wait = 1;
	c->listener = oci_add_handle(p, (struct handle_plan){.kind = HANDLE_GIVEN,
							     .path = p->q->listener_path,
							     .fd = p->q->listener});
	return c->listener < 0 ? c->listener : 0;
}

static void plan_state(struct oci_planner *p)
{
	struct state *s = p->state;
	const struct plan *plan = p->plan;
	char usual[512];
	OUT_CLEANUP struct out command = OUT_IN(usual);

	if (plan->program.argv)
		out_shell_words(&command, (char *const *)plan->program.argv);
	s->name = plan->container.name;
	s->status = STATE_CREATING;
	s->bundle = arena_strdup(p->a, p->q->bundle);
	s->image = arena_strdup(p->a, p->q->rootfs);
	s->command = plan->program.argv ? arena_strdup(p->a, command.text) : NULL;
	s->uid_map = plan->ids.uid.n ? idmap_text(p->a, &plan->ids.uid) : NULL;
	s->gid_map = plan->ids.gid.n ? idmap_text(p->a, &plan->ids.gid) : NULL;
	s->deny_groups = plan->container.deny_groups;
}

static int need(struct oci_planner *p)
{
	if (!p->spec->root)
		return err_set(p->err, 0, "root: it is missing, and every container needs one");
	if (!p->spec->process)
		return err_set(p->err, 0, "process: it is missing: there is nothing to run");
	return 0;
}

/* Last, so that a mistake in the config is told first. */
static int need_user_namespace(struct oci_planner *p)
{
	if ((p->facts->capabilities & 1ULL << CAP_SYS_ADMIN) || oci_has_user_namespace(p))
		return 0;
	err_set(p->err, EPERM, "an ordinary user's container needs a user namespace of its own");
	return err_remedy(p->err,
			  "add {\"type\": \"user\"} to linux.namespaces, with uidMappings and "
			  "gidMappings, as 'kokon-oci spec --rootless' has them; or run it "
			  "as root");
}

int plan_oci(struct arena *a, const struct oci_request *request, const struct facts *facts,
	     const struct cgroup_layout *layout, struct plan **ret, struct state *ret_state,
	     struct out *notes, struct err *err)
{
	struct plan *plan = plan_new(a, "kokon-oci");
	struct oci_planner p = {
		a,
		request,
		request->spec,
		facts,
		layout,
		plan,
		arena_array(a, struct handle_plan, MESSAGE_FDS_MAX),
		ret_state,
		notes,
		err,
	};
	struct container_plan *c = &plan->container;
	int r = need(&p);

	if (r < 0)
		return r;
	*ret_state = (struct state){.status = STATE_CREATING};
	plan->handles = p.handles;
	plan->spawn = SPAWN_CHILD;
	plan->fail_status = 1;
	plan->trace = request->trace;
	c->name = arena_strdup(a, request->id);
	c->root = -1;
	c->parent_death = SIGKILL;
	r = plan_namespaces(&p);
	if (r == 0)
		r = plan_ids(&p);
	if (r == 0)
		r = oci_plan_cgroup(&p);
	if (r == 0)
		r = oci_plan_mounts(&p);
	if (r == 0)
		r = oci_plan_linux(&p);
	if (r == 0)
		r = oci_plan_process(&p, request->spec->process);
	if (r == 0)
		r = plan_lifecycle(&p);
	if (r == 0)
		r = need_user_namespace(&p);
	if (r < 0)
		return r;
	plan_fork_last(a, plan, notes);
	plan_state(&p);
	*ret = plan;
	return 0;
}
