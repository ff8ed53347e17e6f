// SPDX-License-Identifier: Apache-2.0
/*
 * What a process shares with the machine and how: processors, disks, memory nodes, caches, network
 * interfaces, labels of security modules, and who answers for its system calls.
 */
#include "plan-oci.h"

#include <sched.h>
#include <string.h>

static int plan_scheduler(struct oci_planner *p, const struct spec_process *s)
{
	struct scheduler_plan *plan = &p->plan->container.scheduler;
	const struct spec_scheduler *from = s->scheduler;

	if (from) {
		plan->set_policy = 1;
		plan->policy = from->policy;
		plan->flags = from->flags;
		plan->nice = from->nice.value;
		plan->priority = (uint32_t)from->priority.value;
		plan->runtime = from->runtime.value;
		plan->deadline = from->deadline.value;
		plan->period = from->period.value;
	}
	if (s->io_priority) {
		plan->set_io = 1;
		plan->io_class = s->io_priority->io_class;
		plan->io_priority = (uint32_t)s->io_priority->priority;
	}
	return scheduler_check(plan, p->err) < 0 ? err_context(p->err, "process") : 0;
}

static int plan_cpus(struct oci_planner *p, const char *list, struct scheduler_plan *ret)
{
	OUT_CLEANUP struct out text = {0};

	/* The specification's pattern has blanks. */
	for (; *list; list++)
		if (*list != ' ')
			out_printf(&text, "%c", *list);
	if (scheduler_parse_cpus(text.text ? text.text : "", p->a, ret, p->err) < 0)
		return err_context(p->err, "process.execCPUAffinity");
	return 0;
}

int oci_plan_affinity(struct oci_planner *p, const struct spec_process *s)
{
	const struct spec_cpu_affinity *from = s->exec_cpu_affinity;
	struct container_plan *c = &p->plan->container;
	struct scheduler_plan first = {0};
	int r = 0;

	if (from && from->initial && *from->initial)
		r = plan_cpus(p, from->initial, &first);
	if (r == 0 && from && from->final && *from->final)
		r = plan_cpus(p, from->final, &c->scheduler);
	else if (r == 0 && first.cpus_size)
		/* back to all that the container's group has: the kernel leaves out the others */
		r = plan_cpus(p, "0-8191", &c->scheduler);
	c->first_cpus = first.cpus;
	c->first_cpus_size = first.cpus_size;
	return r;
}

static int plan_memory(struct oci_planner *p)
{
	const struct spec_linux *l = &p->spec->linux_;
	struct memory_policy_plan *plan = &p->plan->container.memory;

	if (l->personality) {
		plan->change_persona = 1;
		plan->persona = l->personality->domain;
	}
	if (l->memory_policy && memory_policy_make(l->memory_policy->mode, l->memory_policy->flags,
						   l->memory_policy->nodes, p->a, plan, p->err) < 0)
		return err_context(p->err, "linux.memoryPolicy");
	return 0;
}

static int plan_labels(struct oci_planner *p, const struct spec_process *s)
{
	struct labels_plan *plan = &p->plan->container.labels;

	if (s->apparmor_profile && *s->apparmor_profile)
		plan->apparmor = arena_strdup(p->a, s->apparmor_profile);
	if (s->selinux_label && *s->selinux_label)
		plan->selinux = arena_strdup(p->a, s->selinux_label);
	if (plan->apparmor && plan->selinux)
		return err_set(p->err, 0,
			       "process: apparmorProfile and selinuxLabel together: a "
			       "process has one of them");
	return 0;
}

static int plan_rdt(struct oci_planner *p)
{
	const struct spec_intel_rdt *from = p->spec->linux_.intel_rdt;
	struct rdt_plan *plan = &p->plan->container.rdt;
	struct rdt_request request;

	if (!from)
		return 0;
	request = (struct rdt_request){
		.root = p->q->resctrl,
		.id = p->q->id,
		.clos = from->clos_id && *from->clos_id ? from->clos_id : NULL,
		.l3 = from->l3_cache_schema,
		.bandwidth =
			from->mem_bw_schema && *from->mem_bw_schema ? from->mem_bw_schema : NULL,
		.lines = from->schemata.n ? from->schemata.list : NULL,
		.monitoring = from->enable_monitoring || from->enable_cmt || from->enable_mbm,
	};
	if (rdt_make_plan(&request, p->a, plan, p->err) < 0)
		return err_context(p->err, "linux.intelRdt");
	p->state->rdt = plan->own ? plan->directory : NULL;
	p->state->rdt_monitor = plan->monitor;
	return 0;
}

static int plan_net_devices(struct oci_planner *p)
{
	const struct spec_linux *l = &p->spec->linux_;
	struct net_device_plan *list = arena_array(p->a, struct net_device_plan, l->n_net_devices);

	if (l->n_net_devices && !(oci_own_namespaces(p) & CLONE_NEWNET)) {
		err_set(p->err, 0, "linux.netDevices: the container has no network namespace");
		return err_remedy(p->err, "add {\"type\": \"network\"} to linux.namespaces");
	}
	if (l->n_net_devices && !p->facts->administrator) {
		err_set(p->err, EPERM, "linux.netDevices: interfaces are the machine's");
		return err_remedy(p->err, "run it as root; or leave the network to the engine, "
					  "which has pasta for ordinary users");
	}
	for (uint32_t i = 0; i < l->n_net_devices; i++) {
		list[i].host = arena_strdup(p->a, l->net_devices[i].host_name);
		list[i].name = l->net_devices[i].name && *l->net_devices[i].name
				       ? arena_strdup(p->a, l->net_devices[i].name)
				       : NULL;
	}
	p->plan->container.net_devices = list;
	p->plan->container.n_net_devices = l->n_net_devices;
	return 0;
}

/* A process of exec comes into what the container has already. */
int oci_plan_shares(struct oci_planner *p, const struct spec_process *s)
{
	bool joins = p->plan->container.root < 0;
	int r = plan_scheduler(p, s);

	if (r == 0)
		r = plan_memory(p);
	if (r == 0)
		r = plan_labels(p, s);
	if (r == 0 && !joins)
		r = plan_rdt(p);
	return r == 0 && !joins ? plan_net_devices(p) : r;
}

void oci_find_agent(const struct spec *spec, const char *id, const char *bundle,
		    struct seccomp_agent *ret)
{
	const struct spec_seccomp *s = spec->linux_.seccomp;

	if (!s || !s->notify || !s->listener_path)
		return;
	ret->path = s->listener_path;
	ret->metadata = s->listener_metadata;
	ret->state = (struct oci_state){.id = id,
					.status = OCI_CREATED,
					.bundle = bundle,
					.annotations = spec->annotations};
}
