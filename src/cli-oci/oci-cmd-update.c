// SPDX-License-Identifier: Apache-2.0
/* kokon-oci update. */
#include <stddef.h>
#include "oci-commands.h"
#include "oci-update.h"
#include "parse.h"

struct request {
	int help;
	struct oci_update q;
	struct spec_memory memory;
	struct spec_cpu cpu;
	struct spec_block_io block_io;
};
#define R struct request

/* A size, "64M", or -1: unlimited. */
static int set_bytes(void *request, const struct option_def *def, const char *value,
		     struct err *err)
{
	struct opt_i64 *at = (struct opt_i64 *)((char *)request + def->data);
	uint64_t size;

	if (value[0] == '-' && value[1] == '1' && !value[2])
		*at = (struct opt_i64){true, -1};
	else if (parse_size(value, &size) == 0 && size <= INT64_MAX)
		*at = (struct opt_i64){true, (int64_t)size};
	else
		return err_set(err, 0, "'%s' is no size: write bytes, 64M, or -1", value);
	return 0;
}

static int set_i64(void *request, const struct option_def *def, const char *value, struct err *err)
{
	int64_t number;

	if (parse_i64(value, INT64_MIN, INT64_MAX, &number) < 0)
		return err_set(err, 0, "'%s' is no number", value);
	*(struct opt_i64 *)((char *)request + def->data) = (struct opt_i64){true, number};
	return 0;
}

static int set_u64(void *request, const struct option_def *def, const char *value, struct err *err)
{
	uint64_t number;

	if (parse_u64(value, 0, UINT64_MAX, &number) < 0)
		return err_set(err, 0, "'%s' is no number", value);
	*(struct opt_u64 *)((char *)request + def->data) = (struct opt_u64){true, number};
	return 0;
}

static int set_weight(void *request, const struct option_def *def, const char *value,
		      struct err *err)
{
	uint64_t number;

	if (parse_u64(value, 0, 1000, &number) < 0)
		return err_set(err, 0, "'%s' is no weight from 10 to 1000", value);
	*(struct opt_u32 *)((char *)request + def->data) = (struct opt_u32){true, (uint32_t)number};
	return 0;
}

#define NUMBER(long_, field, setter, meta, text)                                                   \
	{                                                                                          \
		.name = long_, .arg = ARG_REQUIRED, .metavar = meta, .help = text, .set = setter,  \
		.data = offsetof(R, field)                                                         \
	}

static const struct option_def options[] = {
	OCI_TEXT("resources", 'r', R, q.resources, "FILE|-", VALUE_FILE,
		 "a resources object; other options are passed over then"),
	NUMBER("blkio-weight", block_io.weight, set_weight, "N", "share of input and output"),
	NUMBER("cpu-period", cpu.period, set_u64, "US", "period of --cpu-quota"),
	NUMBER("cpu-quota", cpu.quota, set_i64, "US", "processor time in each period"),
	NUMBER("cpu-burst", cpu.burst, set_u64, "US", "time saved up for later periods"),
	NUMBER("cpu-share", cpu.shares, set_u64, "N", "share of processor time"),
	NUMBER("cpu-shares", cpu.shares, set_u64, "N", NULL),
	NUMBER("cpu-rt-period", cpu.realtime_period, set_u64, "US", "period of --cpu-rt-runtime"),
	NUMBER("cpu-rt-runtime", cpu.realtime_runtime, set_i64, "US",
	       "processor time of realtime processes in each period"),
	NUMBER("cpu-idle", cpu.idle, set_i64, "0|1", "only what nobody else wants"),
	OCI_TEXT("cpuset-cpus", 0, R, cpu.cpus, "LIST", VALUE_TEXT, "processors, such as 0-2,4"),
	OCI_TEXT("cpuset-mems", 0, R, cpu.mems, "LIST", VALUE_TEXT, "memory nodes"),
	NUMBER("memory", memory.limit, set_bytes, "BYTES", "memory"),
	NUMBER("memory-reservation", memory.reservation, set_bytes, "BYTES",
	       "memory that is kept as long as possible"),
	NUMBER("memory-swap", memory.swap, set_bytes, "BYTES", "memory and swap together"),
	NUMBER("kernel-memory", memory.kernel, set_bytes, "BYTES", NULL),
	NUMBER("kernel-memory-tcp", memory.kernel_tcp, set_bytes, "BYTES", NULL),
	NUMBER("pids-limit", q.values.pids_limit, set_i64, "N", "processes and threads"),
	OCI_TEXT("l3-cache-schema", 0, R, q.l3_cache_schema, "TEXT", VALUE_TEXT,
		 "Intel RDT: share of the level 3 cache"),
	OCI_TEXT("mem-bw-schema", 0, R, q.mem_bw_schema, "TEXT", VALUE_TEXT,
		 "Intel RDT: share of the memory's bandwidth"),
	OCI_HELP,
	OPTIONS_END,
};

static int run(struct oci_cli *cli, const struct oci_command *self, char **argv)
{
	struct request q = {0};
	struct err err = {0};
	int r = oci_parse_id(cli, self, &q, argv);

	if (r >= 0)
		return r;
	q.q.id = argv[1];
	q.q.values.memory = &q.memory;
	q.q.values.cpu = &q.cpu;
	q.q.values.block_io = &q.block_io;
	return oci_finish(cli, self, oci_update(&cli->oci, &q.q, &err), &err);
}

const struct oci_command oci_update_command = {
	.name = "update",
	.synopsis = "[OPTION...] ID",
	.summary = "Change the limits of a container",
	.options = options,
	.run = run,
	.fail_status = 1,
};
