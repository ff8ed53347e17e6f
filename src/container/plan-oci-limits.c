// SPDX-License-Identifier: Apache-2.0
/*
 * linux.resources as limits and settings of control groups. What version 1 and version 2 count
 * differently is converted by the drivers (cgroup-v1.c, cgroup-v2.c) or has two files here, as
 * other runtimes do it, so that an engine finds the same values whichever runtime it uses.
 *
 * 0 stands for "not given" wherever the writers of configs use it so: everything but pids, idle,
 * burst, swappiness and rates.
 */
#include "plan-oci.h"

#include <inttypes.h>
#include <string.h>

struct limits {
	struct arena *a;
	struct cgroup_limits *l;
	struct cgroup_setting *settings;
	struct cgroup_io_max *io;
	struct err *err;
};

static uint64_t or_max(int64_t value)
{
	return value < 0 ? CGROUP_MAX : (uint64_t)value;
}

static struct cgroup_setting *setting(struct limits *x, uint32_t controller, const char *v1,
				      const char *v2, const char *value, const char *why)
{
	struct cgroup_setting *s = &x->settings[x->l->n_settings++];

	*s = (struct cgroup_setting){.controller = controller,
				     .v1 = arena_strdup(x->a, v1),
				     .v2 = arena_strdup(x->a, v2),
				     .value1 = arena_strdup(x->a, value),
				     .value2 = arena_strdup(x->a, value),
				     .why = arena_strdup(x->a, why)};
	return s;
}

/* --- memory --- */

/* A limit that is lifted lifts that of memory and swap together, unless that is given. */
static void memory_swap(struct limits *x, const struct spec_memory *m)
{
	int64_t limit = m->limit.given ? m->limit.value : 0;

	if (m->swap.given && m->swap.value)
		cgroup_limit_set(x->l, CGROUP_LIMIT_MEMORY_SWAP, or_max(m->swap.value));
	else if (limit < 0)
		cgroup_limit_set(x->l, CGROUP_LIMIT_MEMORY_SWAP, CGROUP_MAX);
}

static void memory(struct limits *x, const struct spec_memory *m)
{
	if (m->limit.given && m->limit.value)
		cgroup_limit_set(x->l, CGROUP_LIMIT_MEMORY, or_max(m->limit.value));
	memory_swap(x, m);
	if (m->reservation.given && m->reservation.value)
		cgroup_limit_set(x->l, CGROUP_LIMIT_MEMORY_LOW, or_max(m->reservation.value));
	if (m->swappiness.given)
		cgroup_limit_set(x->l, CGROUP_LIMIT_SWAPPINESS, m->swappiness.value);
	if (m->disable_oom_killer.given && m->disable_oom_killer.value)
		cgroup_limit_set(x->l, CGROUP_LIMIT_OOM_KILL_DISABLE, 1);
	/* The kernel counts its own memory with the rest since 5.16, and version 2 always did. */
	if (m->kernel.given && m->kernel.value)
		setting(x, CGROUP_MEMORY, "memory.kmem.limit_in_bytes", NULL,
			arena_printf(x->a, "%" PRId64, m->kernel.value), "the kernel's memory")
			->optional = 1;
	if (m->kernel_tcp.given && m->kernel_tcp.value)
		setting(x, CGROUP_MEMORY, "memory.kmem.tcp.limit_in_bytes", NULL,
			arena_printf(x->a, "%" PRId64, m->kernel_tcp.value),
			"buffers of TCP connections")
			->optional = 1;
	if (m->use_hierarchy.given && m->use_hierarchy.value)
		setting(x, CGROUP_MEMORY, "memory.use_hierarchy", NULL, "1",
			"groups below share the limits; always so since Linux 5.11")
			->optional = 1;
}

/* --- cpu --- */

static int cpu(struct limits *x, const struct spec_cpu *c)
{
	if (c->burst.given && c->quota.given && c->quota.value > 0 &&
	    c->burst.value > (uint64_t)c->quota.value)
		return err_set(x->err, 0,
			       "linux.resources.cpu.burst: %" PRIu64
			       " is more than the quota of %" PRId64,
			       c->burst.value, c->quota.value);
	if (c->shares.given && c->shares.value)
		cgroup_limit_set(x->l, CGROUP_LIMIT_CPU_SHARES, c->shares.value);
	if (c->period.given && c->period.value)
		cgroup_limit_set(x->l, CGROUP_LIMIT_CPU_PERIOD, c->period.value);
	if (c->quota.given && c->quota.value)
		cgroup_limit_set(x->l, CGROUP_LIMIT_CPU_QUOTA, or_max(c->quota.value));
	if (c->burst.given)
		cgroup_limit_set(x->l, CGROUP_LIMIT_CPU_BURST, c->burst.value);
	if (c->idle.given)
		cgroup_limit_set(x->l, CGROUP_LIMIT_CPU_IDLE, (uint64_t)c->idle.value);
	if (c->realtime_period.given && c->realtime_period.value)
		cgroup_limit_set(x->l, CGROUP_LIMIT_CPU_RT_PERIOD, c->realtime_period.value);
	if (c->realtime_runtime.given && c->realtime_runtime.value)
		cgroup_limit_set(x->l, CGROUP_LIMIT_CPU_RT_RUNTIME,
				 or_max(c->realtime_runtime.value));
	if (c->cpus && *c->cpus)
		x->l->cpuset_cpus = arena_strdup(x->a, c->cpus);
	if (c->mems && *c->mems)
		x->l->cpuset_mems = arena_strdup(x->a, c->mems);
	return 0;
}

/* --- disks --- */

static struct cgroup_io_max *device_of(struct limits *x, const struct spec_throttle_device *d)
{
	struct cgroup_io_max *io = x->io;
	uint32_t n = x->l->n_io;

	for (uint32_t i = 0; i < n; i++)
		if (io[i].major == (uint32_t)d->major && io[i].minor == (uint32_t)d->minor)
			return &io[i];
	io[n] = (struct cgroup_io_max){.major = (uint32_t)d->major, .minor = (uint32_t)d->minor};
	x->l->n_io++;
	return &io[n];
}

/* A rate of 0 lifts a limit, as in the files of version 1. */
static uint64_t rate(uint64_t value)
{
	return value ? value : CGROUP_MAX;
}

static void throttles(struct limits *x, const struct spec_block_io *b)
{
	for (uint32_t i = 0; i < b->read_bps.n; i++)
		device_of(x, &b->read_bps.list[i])->rbps = rate(b->read_bps.list[i].rate);
	for (uint32_t i = 0; i < b->write_bps.n; i++)
		device_of(x, &b->write_bps.list[i])->wbps = rate(b->write_bps.list[i].rate);
	for (uint32_t i = 0; i < b->read_iops.n; i++)
		device_of(x, &b->read_iops.list[i])->riops = rate(b->read_iops.list[i].rate);
	for (uint32_t i = 0; i < b->write_iops.n; i++)
		device_of(x, &b->write_iops.list[i])->wiops = rate(b->write_iops.list[i].rate);
}

/* 10 … 1000 of the specification onto the 1 … 10000 of io.weight. */
static uint64_t io_weight(uint32_t weight)
{
	return weight <= 10 ? 1 : 1 + ((uint64_t)weight - 10) * 9999 / 990;
}

/* One weight for whichever scheduler the kernel has: BFQ counts to 1000 on both versions. */
static void weight_pair(struct limits *x, const char *device, uint32_t weight)
{
	const char *bfq = arena_printf(x->a, "%s%u", device, weight);
	struct cgroup_setting *s;
	bool all = !*device;

	s = setting(x, CGROUP_IO, all ? "blkio.bfq.weight" : "blkio.bfq.weight_device",
		    "io.bfq.weight", bfq, "share of the disks when they are contended");
	s->optional = 1;
	s = setting(x, CGROUP_IO, all ? "blkio.weight" : "blkio.weight_device", "io.weight", bfq,
		    "the same where the scheduler is not BFQ");
	s->otherwise = 1;
	s->value2 = arena_printf(x->a, "%s%" PRIu64, all ? "default " : device, io_weight(weight));
}

static void leaf_weight(struct limits *x, const char *device, uint32_t weight)
{
	setting(x, CGROUP_IO, *device ? "blkio.leaf_weight_device" : "blkio.leaf_weight", NULL,
		arena_printf(x->a, "%s%u", device, weight),
		"share against groups below, of the CFQ scheduler (until Linux 5.0)");
}

static void block_io(struct limits *x, const struct spec_block_io *b)
{
	size_t devices = b->read_bps.n + b->write_bps.n + b->read_iops.n + b->write_iops.n;

	x->io = arena_array(x->a, struct cgroup_io_max, devices);
	throttles(x, b);
	x->l->io = x->io;
	if (b->weight.given && b->weight.value)
		weight_pair(x, "", b->weight.value);
	if (b->leaf_weight.given && b->leaf_weight.value)
		leaf_weight(x, "", b->leaf_weight.value);
	for (uint32_t i = 0; i < b->n_weight_devices; i++) {
		const struct spec_weight_device *d = &b->weight_devices[i];
		const char *device =
			arena_printf(x->a, "%" PRId64 ":%" PRId64 " ", d->major, d->minor);

		if (d->weight.given)
			weight_pair(x, device, d->weight.value);
		if (d->leaf_weight.given)
			leaf_weight(x, device, d->leaf_weight.value);
	}
}

/* --- huge pages, RDMA, network --- */

/* Reservations where the kernel counts them (5.7), and use. */
static void huge_pages(struct limits *x, const struct spec_hugepage_limit *h)
{
	const char *value = arena_printf(x->a, "%" PRIu64, h->limit);

	setting(x, CGROUP_HUGETLB,
		arena_printf(x->a, "hugetlb.%s.rsvd.limit_in_bytes", h->page_size),
		arena_printf(x->a, "hugetlb.%s.rsvd.max", h->page_size), value,
		"huge pages that may be reserved")
		->optional = 1;
	setting(x, CGROUP_HUGETLB, arena_printf(x->a, "hugetlb.%s.limit_in_bytes", h->page_size),
		arena_printf(x->a, "hugetlb.%s.max", h->page_size), value,
		"huge pages that may be used");
}

static int rdma(struct limits *x, const struct spec_rdma *d)
{
	const char *value = d->device;

	if (!d->hca_handles.given && !d->hca_objects.given)
		return err_set(
			x->err, 0,
			"linux.resources.rdma.%s: neither hcaHandles nor hcaObjects is given",
			d->device);
	if (d->hca_handles.given)
		value = arena_printf(x->a, "%s hca_handle=%u", value, d->hca_handles.value);
	if (d->hca_objects.given)
		value = arena_printf(x->a, "%s hca_object=%u", value, d->hca_objects.value);
	setting(x, CGROUP_RDMA, "rdma.max", "rdma.max", value, "resources of an RDMA device");
	return 0;
}

static void network(struct limits *x, const struct spec_network *n)
{
	if (n->class_id.given && n->class_id.value)
		setting(x, CGROUP_NET_CLS, "net_cls.classid", NULL,
			arena_printf(x->a, "%u", n->class_id.value),
			"the class that its packets are tagged with");
	for (uint32_t i = 0; i < n->n_priorities; i++)
		setting(x, CGROUP_NET_PRIO, "net_prio.ifpriomap", NULL,
			arena_printf(x->a, "%s %u", n->priorities[i].name,
				     n->priorities[i].priority),
			"the priority of its packets on an interface");
}

/* --- files of version 2 --- */

/* The kernel takes one line at a time, as for two devices in io.max. */
static void unified(struct limits *x, const struct spec_pairs *pairs)
{
	struct cgroup_raw *raw;
	size_t lines = 0;

	for (uint32_t i = 0; i < pairs->n; i++) {
		lines++;
		for (const char *s = pairs->list[i].value; *s; s++)
			lines += *s == '\n';
	}
	raw = arena_array(x->a, struct cgroup_raw, lines);
	for (uint32_t i = 0; i < pairs->n; i++) {
		const char *line = pairs->list[i].value;

		do {
			size_t n = strcspn(line, "\n");

			if (n || !*line)
				raw[x->l->n_raw++] =
					(struct cgroup_raw){arena_strdup(x->a, pairs->list[i].key),
							    arena_strndup(x->a, line, n), 1};
			line += n + (line[n] == '\n');
		} while (*line);
	}
	x->l->raw = raw;
}

static size_t settings_room(const struct spec_resources *r)
{
	size_t n = 8 + 2 * (size_t)r->n_hugepage_limits + r->n_rdma;

	if (r->network)
		n += r->network->n_priorities;
	if (r->block_io)
		n += 3 * (size_t)r->block_io->n_weight_devices;
	return n;
}

int oci_limits(struct arena *a, const struct spec_resources *r, struct cgroup_limits *ret,
	       struct err *err)
{
	struct limits x = {.a = a, .l = ret, .err = err};
	int e = 0;

	*ret = (struct cgroup_limits){0};
	if (!r)
		return 0;
	x.settings = arena_array(a, struct cgroup_setting, settings_room(r));
	ret->settings = x.settings;
	if (r->memory)
		memory(&x, r->memory);
	if (r->cpu)
		e = cpu(&x, r->cpu);
	if (r->pids_limit.given)
		cgroup_limit_set(ret, CGROUP_LIMIT_PIDS, or_max(r->pids_limit.value));
	if (r->block_io)
		block_io(&x, r->block_io);
	for (uint32_t i = 0; i < r->n_hugepage_limits; i++)
		huge_pages(&x, &r->hugepage_limits[i]);
	for (uint32_t i = 0; e == 0 && i < r->n_rdma; i++)
		e = rdma(&x, &r->rdma[i]);
	if (r->network)
		network(&x, r->network);
	unified(&x, &r->unified);
	return e;
}
