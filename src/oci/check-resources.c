// SPDX-License-Identifier: Apache-2.0
/* spec_check(): linux.resources and linux.seccomp. */
#include <string.h>
#include "checker.h"

#define RESOURCES "linux.resources."

static const struct rule rule_access = {SPEC_WARNING, RESOURCES "devices[%u].access",
					"it is missing, so the entry says nothing",
					"Write letters of \"rwm\"."};
static const struct rule memory_swap = {
	SPEC_ERROR, RESOURCES "memory.swap",
	"it is memory and swap together, and less than memory.limit", NULL};
static const struct rule memory_swap_alone = {SPEC_ERROR, RESOURCES "memory.swap",
					      "it needs memory.limit", NULL};
static const struct rule memory_negative = {SPEC_ERROR, RESOURCES "memory.%s",
					    "it is negative, and not -1 (unlimited)", NULL};
static const struct rule memory_swappiness = {SPEC_ERROR, RESOURCES "memory.swappiness",
					      "it is above 100", NULL};
static const struct rule memory_kernel = {
	SPEC_WARNING, RESOURCES "memory.%s",
	"it is not recommended, and newer kernels have no such limit", NULL};
static const struct rule cpu_burst = {SPEC_ERROR, RESOURCES "cpu.burst",
				      "it is larger than the quota", NULL};
static const struct rule cpu_idle = {SPEC_ERROR, RESOURCES "cpu.idle", "it is neither 0 nor 1",
				     NULL};
static const struct rule cpu_list = {SPEC_ERROR, RESOURCES "cpu.%s",
				     "it is no list of numbers such as \"0-3,7\"", NULL};
static const struct rule io_weight = {SPEC_ERROR, RESOURCES "blockIO.%s",
				      "it is outside 10 to 1000", NULL};
static const struct rule io_device_weight = {SPEC_ERROR, RESOURCES "blockIO.weightDevice[%u]",
					     "a weight is outside 10 to 1000", NULL};
static const struct rule io_no_weight = {SPEC_ERROR, RESOURCES "blockIO.weightDevice[%u]",
					 "it has neither weight nor leafWeight", NULL};
static const struct rule io_numbers = {SPEC_ERROR, RESOURCES "blockIO.%s[%u]",
				       "the device's numbers are outside what the kernel has",
				       NULL};
static const struct rule hugepage_size = {SPEC_ERROR, RESOURCES "hugepageLimits[%u].pageSize",
					  "'%s' is no size such as \"64KB\", \"2MB\" or \"1GB\"",
					  NULL};
static const struct rule hugepage_twice = {SPEC_ERROR, RESOURCES "hugepageLimits[%u].pageSize",
					   "'%s' is there twice", NULL};
static const struct rule priority_name = {SPEC_ERROR, RESOURCES "network.priorities[%u].name",
					  "it is empty", NULL};
static const struct rule rdma_nothing = {SPEC_ERROR, RESOURCES "rdma",
					 "'%s' has neither hcaHandles nor hcaObjects", NULL};
static const struct rule unified_file = {SPEC_ERROR, RESOURCES "unified",
					 "'%s' cannot be a file of a control group", NULL};

static void check_memory(struct checker *c, const struct spec_memory *m)
{
	const struct {
		const char *name;
		const struct opt_i64 *value;
	} limits[] = {{"limit", &m->limit},
		      {"reservation", &m->reservation},
		      {"swap", &m->swap},
		      {"kernel", &m->kernel},
		      {"kernelTCP", &m->kernel_tcp}};

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
		if (limits[i].value->value < -1)
			broken(c, &memory_negative, at_of(0, limits[i].name));
	if (m->swap.value > 0 && m->limit.value > 0 && m->swap.value < m->limit.value)
		broken(c, &memory_swap, NOWHERE);
	if (m->swap.value > 0 && !m->limit.value)
		broken(c, &memory_swap_alone, NOWHERE);
	if (m->swappiness.value > 100)
		broken(c, &memory_swappiness, NOWHERE);
	if (m->kernel.value)
		broken(c, &memory_kernel, at_of(0, "kernel"));
	if (m->kernel_tcp.value)
		broken(c, &memory_kernel, at_of(0, "kernelTCP"));
}

static void check_cpu(struct checker *c, const struct spec_cpu *cpu)
{
	if (cpu->quota.value > 0 && cpu->burst.value > (uint64_t)cpu->quota.value)
		broken(c, &cpu_burst, NOWHERE);
	if (cpu->idle.value != 0 && cpu->idle.value != 1)
		broken(c, &cpu_idle, NOWHERE);
	if (cpu->cpus && *cpu->cpus && !spec_is_list(cpu->cpus))
		broken(c, &cpu_list, at_of(0, "cpus"));
	if (cpu->mems && *cpu->mems && !spec_is_list(cpu->mems))
		broken(c, &cpu_list, at_of(0, "mems"));
}

static bool is_weight(const struct opt_u32 *w)
{
	return !w->value || (w->value >= 10 && w->value <= 1000); /* 0: as it is */
}

static bool is_device(int64_t major, int64_t minor)
{
	return major >= 0 && major <= 4095 && minor >= 0 && minor <= 1048575;
}

static void check_throttle(struct checker *c, const char *name, const struct spec_throttle *t)
{
	for (uint32_t i = 0; i < t->n; i++)
		if (!is_device(t->list[i].major, t->list[i].minor))
			broken(c, &io_numbers, at_of(i, name));
}

static void check_block_io(struct checker *c, const struct spec_block_io *b)
{
	if (!is_weight(&b->weight))
		broken(c, &io_weight, at_of(0, "weight"));
	if (!is_weight(&b->leaf_weight))
		broken(c, &io_weight, at_of(0, "leafWeight"));
	for (uint32_t i = 0; i < b->n_weight_devices; i++) {
		const struct spec_weight_device *d = &b->weight_devices[i];

		if (!d->weight.given && !d->leaf_weight.given)
			broken(c, &io_no_weight, at(i));
		if (!is_weight(&d->weight) || !is_weight(&d->leaf_weight))
			broken(c, &io_device_weight, at(i));
		if (!is_device(d->major, d->minor))
			broken(c, &io_numbers, at_of(i, "weightDevice"));
	}
	check_throttle(c, "throttleReadBpsDevice", &b->read_bps);
	check_throttle(c, "throttleWriteBpsDevice", &b->write_bps);
	check_throttle(c, "throttleReadIOPSDevice", &b->read_iops);
	check_throttle(c, "throttleWriteIOPSDevice", &b->write_iops);
}

/* "2MB": [1-9][0-9]*[KMG]B */
static bool is_page_size(const char *s)
{
	size_t n = strspn(s, "0123456789");

	return n > 0 && *s != '0' && s[n] && strchr("KMG", s[n]) && strcmp(s + n + 1, "B") == 0;
}

static void check_hugepages(struct checker *c, const struct spec_resources *r)
{
	for (uint32_t i = 0; i < r->n_hugepage_limits; i++) {
		const char *size = r->hugepage_limits[i].page_size;

		if (!is_page_size(size))
			broken(c, &hugepage_size, at_of(i, size));
		for (uint32_t k = 0; k < i && i < COMPARED_MAX; k++)
			if (strcmp(size, r->hugepage_limits[k].page_size) == 0)
				broken(c, &hugepage_twice, at_of(i, size));
	}
}

static bool is_group_file(const char *s)
{
	return *s && !strchr(s, '/') && strcmp(s, ".") != 0 && strcmp(s, "..") != 0;
}

void check_resources(struct checker *c, const struct spec_resources *r)
{
	for (uint32_t i = 0; i < r->n_devices; i++)
		if (!r->devices[i].access)
			broken(c, &rule_access, at(i));
	if (r->memory)
		check_memory(c, r->memory);
	if (r->cpu)
		check_cpu(c, r->cpu);
	if (r->block_io)
		check_block_io(c, r->block_io);
	check_hugepages(c, r);
	for (uint32_t i = 0; r->network && i < r->network->n_priorities; i++)
		if (!*r->network->priorities[i].name)
			broken(c, &priority_name, at(i));
	for (uint32_t i = 0; i < r->n_rdma; i++)
		if (!r->rdma[i].hca_handles.given && !r->rdma[i].hca_objects.given)
			broken(c, &rdma_nothing, at_of(0, r->rdma[i].device));
	for (uint32_t i = 0; i < r->unified.n; i++)
		if (!is_group_file(r->unified.list[i].key))
			broken(c, &unified_file, at_of(0, r->unified.list[i].key));
}

/* ---- seccomp ------------------------------------------------------------------------------ */

#define SECCOMP "linux.seccomp."

static const struct rule no_names = {SPEC_ERROR, SECCOMP "syscalls[%u].names", "it is empty", NULL};
static const struct rule many_args = {SPEC_ERROR, SECCOMP "syscalls[%u].args",
				      "a system call has six arguments at most", NULL};
static const struct rule errno_action = {SPEC_ERROR, SECCOMP "syscalls[%u].errnoRet",
					 "only SCMP_ACT_ERRNO and SCMP_ACT_TRACE take one", NULL};
static const struct rule errno_range = {SPEC_ERROR, SECCOMP "syscalls[%u].errnoRet",
					"it is above 4095", NULL};
static const struct rule default_errno_action = {SPEC_ERROR, SECCOMP "defaultErrnoRet",
						 "only SCMP_ACT_ERRNO and SCMP_ACT_TRACE take one",
						 NULL};
static const struct rule default_errno_range = {SPEC_ERROR, SECCOMP "defaultErrnoRet",
						"it is above 4095", NULL};
static const struct rule metadata_alone = {SPEC_ERROR, SECCOMP "listenerMetadata",
					   "it must not be set without listenerPath", NULL};
static const struct rule no_listener = {SPEC_ERROR, SECCOMP "listenerPath",
					"SCMP_ACT_NOTIFY is used, and nobody would listen", NULL};
static const struct rule default_notify = {
	SPEC_ERROR, SECCOMP "defaultAction",
	"SCMP_ACT_NOTIFY cannot be the default: the program could not be executed", NULL};

static bool takes_errno(enum spec_seccomp_action action)
{
	return action == SPEC_ACT_ERRNO || action == SPEC_ACT_TRACE;
}

/* ERRNO holds what an errno can be; TRACE 16 bits of data. */
static bool errno_fits(enum spec_seccomp_action action, uint32_t value)
{
	return value <= (action == SPEC_ACT_TRACE ? UINT16_MAX : 4095);
}

static void check_syscall(struct checker *c, const struct spec_syscall *s, uint32_t i)
{
	if (!s->names.n)
		broken(c, &no_names, at(i));
	if (s->n_args > 6)
		broken(c, &many_args, at(i));
	if (s->errno_ret.given && !takes_errno(s->action))
		broken(c, &errno_action, at(i));
	else if (s->errno_ret.given && !errno_fits(s->action, s->errno_ret.value))
		broken(c, &errno_range, at(i));
}

void check_seccomp(struct checker *c, const struct spec_seccomp *s)
{
	if (s->default_errno_ret.given && !takes_errno(s->default_action))
		broken(c, &default_errno_action, NOWHERE);
	else if (s->default_errno_ret.given &&
		 !errno_fits(s->default_action, s->default_errno_ret.value))
		broken(c, &default_errno_range, NOWHERE);
	if (s->listener_metadata && *s->listener_metadata &&
	    (!s->listener_path || !*s->listener_path))
		broken(c, &metadata_alone, NOWHERE);
	if (s->notify && (!s->listener_path || !*s->listener_path))
		broken(c, &no_listener, NOWHERE);
	if (s->default_action == SPEC_ACT_NOTIFY)
		broken(c, &default_notify, NOWHERE);
	for (uint32_t i = 0; i < s->n_syscalls; i++)
		check_syscall(c, &s->syscalls[i], i);
}
