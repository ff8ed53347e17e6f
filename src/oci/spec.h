// SPDX-License-Identifier: Apache-2.0
/*
 * Spec: a bundle's config.json as typed data (OCI runtime-spec 1.3, config.md, config-linux.md).
 *
 * spec_decode() makes it once; afterwards it is const. Everything is resolved: what the
 * specification enumerates is a number of the kernel's (CLONE_NEW*, RLIMIT_*, SCHED_*, MS_*,
 * MOUNT_ATTR_* …), a mount's options are decided, capabilities are masks. What is left as text is
 * text: paths, names, and options that belong to one file system.
 *
 * Unset and empty:
 *   text      NULL: not given. "" was given.
 *   list      `x` NULL: not given. `x` set and `n_x` 0: an empty list was given.
 *   object    a pointer; NULL: not given
 *   number    struct opt_…: `given`
 * JSON's null means "not given", as engines write it so. Properties that are not of the
 * specification are ignored.
 *
 * All memory belongs to the arena given to the decoder.
 */
#ifndef KOKON_SPEC_H
#define KOKON_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "arena.h"
#include "err.h"

#define SPEC_VERSION "1.3.0" /* the newest version that is implemented */

struct opt_bool {
	bool given, value;
};

struct opt_i32 {
	bool given;
	int32_t value;
};

struct opt_u32 {
	bool given;
	uint32_t value;
};

struct opt_i64 {
	bool given;
	int64_t value;
};

struct opt_u64 {
	bool given;
	uint64_t value;
};

struct spec_pair {
	const char *key, *value;
};

/* In the order in which the file has them. */
struct spec_pairs {
	uint32_t n;
	const struct spec_pair *list;
};

/* Ends with a NULL that is not counted. */
struct spec_strings {
	uint32_t n;
	const char *const *list;
};

struct spec_numbers {
	uint32_t n;
	const uint32_t *list;
};

/* ---- ids --------------------------------------------------------------------------------- */

struct spec_idmap_range {
	uint32_t container_id, host_id, size;
};

struct spec_idmap {
	uint32_t n;
	const struct spec_idmap_range *list;
};

/* ---- root and mounts ---------------------------------------------------------------------- */

struct spec_root {
	const char *path; /* absolute, or relative to the bundle */
	bool readonly;
};

enum spec_mount_idmap {
	SPEC_IDMAP_NONE,
	SPEC_IDMAP_TOP,       /* "idmap": this mount */
	SPEC_IDMAP_RECURSIVE, /* "ridmap": and those below it */
};

/* An option of a file system's own: "size=64k" -> "size", "64k"; "newinstance" -> …, NULL. */
struct spec_fs_option {
	const char *key, *value;
};

struct spec_mount {
	const char *destination; /* as written; a relative one is relative to "/" */
	const char *type;        /* file system; says nothing for a bind mount */
	const char *source;      /* BIND: absolute, or relative to the bundle */

	bool bind;           /* "bind" or "rbind" is among the options, whatever `type` says */
	bool recursive_bind; /* "rbind" */
	bool remount;        /* "remount": change what is mounted at the destination */
	bool tmpcopyup;      /* a new tmpfs is filled with what the destination holds */

	/* Of this mount, in the form of mount_setattr(2): bits to set and bits to clear. Each bit
	 * is in one of them at most, but for the access times: where one is chosen, all of
	 * MOUNT_ATTR__ATIME is in `clear`. Of contrary options the last one counts. */
	uint64_t set, clear;
	/* The same for this mount and all below it: "rro", "rnosuid" … (AT_RECURSIVE). */
	uint64_t rec_set, rec_clear;

	/* Of the file system: MS_RDONLY, MS_SYNCHRONOUS, MS_DIRSYNC, MS_MANDLOCK, MS_LAZYTIME,
	 * MS_I_VERSION, MS_SILENT, MS_POSIXACL to set or to clear. MS_RDONLY is also in `set`. */
	uint64_t sb_set, sb_clear;

	/* MS_SHARED, MS_SLAVE, MS_PRIVATE, MS_UNBINDABLE, each perhaps with MS_REC; to be applied
	 * in this order ("slave" then "shared" gives a mount that is both). */
	uint32_t n_propagations;
	const uint64_t *propagations;

	enum spec_mount_idmap idmap;
	struct spec_idmap uid_map, gid_map; /* empty with `idmap`: as the user namespace */

	uint32_t n_fs_options; /* in order; options that no table knows */
	const struct spec_fs_option *fs_options;
	const char *data; /* the same, joined by commas for mount(2); NULL: none */
};

/* ---- process ------------------------------------------------------------------------------ */

struct spec_user {
	uint32_t uid, gid;
	struct opt_u32 umask;
	struct spec_numbers additional_gids;
};

struct spec_console_size {
	bool given;
	uint32_t height, width; /* rows, columns; larger ones are cut to 65535 */
};

/* Masks, bit n being capability n. Not given and empty are the same: none. */
struct spec_capabilities {
	uint64_t bounding, effective, permitted, inheritable, ambient;
	struct spec_strings unknown; /* names that have no number, once each; to be warned of */
};

struct spec_rlimit {
	uint32_t resource; /* RLIMIT_* */
	uint64_t soft, hard;
};

struct spec_scheduler {
	uint32_t policy; /* SCHED_* */
	uint64_t flags;  /* SCHED_FLAG_* */
	struct opt_i32 nice, priority;
	struct opt_u64 runtime, deadline, period; /* ns */
};

struct spec_io_priority {
	uint32_t io_class; /* IOPRIO_CLASS_*: 1 realtime, 2 best effort, 3 idle */
	int32_t priority;  /* 0 … 7 */
};

struct spec_cpu_affinity {
	const char *initial, *final; /* "0-3,7"; NULL or "": not given */
};

struct spec_process {
	bool terminal;
	bool no_new_privileges;
	struct spec_console_size console_size; /* counts only with `terminal` */
	struct spec_user user;
	struct spec_strings args; /* NULL: not given */
	struct spec_strings env;
	const char *cwd;
	const struct spec_capabilities *capabilities;
	uint32_t n_rlimits;
	const struct spec_rlimit *rlimits;
	const char *apparmor_profile, *selinux_label;
	struct opt_i32 oom_score_adj;
	const struct spec_scheduler *scheduler;
	const struct spec_io_priority *io_priority;
	const struct spec_cpu_affinity *exec_cpu_affinity;
};

/* ---- hooks -------------------------------------------------------------------------------- */

/* In the order in which they run. */
enum spec_hook_kind {
	SPEC_HOOK_PRESTART,
	SPEC_HOOK_CREATE_RUNTIME,
	SPEC_HOOK_CREATE_CONTAINER,
	SPEC_HOOK_START_CONTAINER,
	SPEC_HOOK_POSTSTART,
	SPEC_HOOK_POSTSTOP,
	SPEC_HOOK_KINDS,
};

struct spec_hook {
	const char *path;
	struct spec_strings args; /* argv with argv[0]; NULL: the path alone */
	struct spec_strings env;  /* NULL or empty: an empty environment */
	struct opt_i64 timeout;   /* seconds, > 0 */
};

struct spec_hook_list {
	uint32_t n;
	const struct spec_hook *list;
};

/* ---- resources ---------------------------------------------------------------------------- */

/* A rule of the device filter, in order; a later one overrules an earlier one. */
struct spec_device_rule {
	bool allow;
	char type;            /* 'a' all, 'b', 'c' */
	int64_t major, minor; /* -1: any */
	uint32_t access;      /* 1 mknod, 2 read, 4 write (BPF_DEVCG_ACC_*); 0: not given */
};

/* Bytes; -1 unlimited. */
struct spec_memory {
	struct opt_i64 limit, reservation, swap, kernel, kernel_tcp;
	struct opt_u64 swappiness;
	struct opt_bool disable_oom_killer, use_hierarchy, check_before_update;
};

struct spec_cpu {
	struct opt_u64 shares;
	struct opt_i64 quota;            /* µs per period; <= 0: none */
	struct opt_u64 burst, period;    /* µs */
	struct opt_i64 realtime_runtime; /* µs */
	struct opt_u64 realtime_period;
	struct opt_i64 idle;
	const char *cpus, *mems; /* lists: "0-2,4" */
};

struct spec_weight_device {
	int64_t major, minor;
	struct opt_u32 weight, leaf_weight;
};

struct spec_throttle_device {
	int64_t major, minor;
	uint64_t rate; /* bytes or operations per second */
};

struct spec_throttle {
	uint32_t n;
	const struct spec_throttle_device *list;
};

struct spec_block_io {
	struct opt_u32 weight, leaf_weight; /* 16 bits */
	uint32_t n_weight_devices;
	const struct spec_weight_device *weight_devices;
	struct spec_throttle read_bps, write_bps, read_iops, write_iops;
};

struct spec_hugepage_limit {
	const char *page_size; /* "2MB" */
	uint64_t limit;        /* bytes */
};

struct spec_net_priority {
	const char *name;
	uint32_t priority;
};

struct spec_network {
	struct opt_u32 class_id;
	uint32_t n_priorities;
	const struct spec_net_priority *priorities;
};

struct spec_rdma {
	const char *device;
	struct opt_u32 hca_handles, hca_objects;
};

struct spec_resources {
	uint32_t n_devices;
	const struct spec_device_rule *devices;
	const struct spec_memory *memory;
	const struct spec_cpu *cpu;
	struct opt_i64 pids_limit; /* -1 unlimited */
	const struct spec_block_io *block_io;
	uint32_t n_hugepage_limits;
	const struct spec_hugepage_limit *hugepage_limits;
	const struct spec_network *network;
	uint32_t n_rdma;
	const struct spec_rdma *rdma;
	struct spec_pairs unified; /* file of the v2 group, value */
};

/* ---- seccomp ------------------------------------------------------------------------------ */

enum spec_seccomp_action {
	SPEC_ACT_KILL, /* the thread, as in libseccomp */
	SPEC_ACT_KILL_PROCESS,
	SPEC_ACT_KILL_THREAD,
	SPEC_ACT_TRAP,
	SPEC_ACT_ERRNO,
	SPEC_ACT_TRACE,
	SPEC_ACT_ALLOW,
	SPEC_ACT_LOG,
	SPEC_ACT_NOTIFY,
};

enum spec_seccomp_op {
	SPEC_CMP_NE,
	SPEC_CMP_LT,
	SPEC_CMP_LE,
	SPEC_CMP_EQ,
	SPEC_CMP_GE,
	SPEC_CMP_GT,
	SPEC_CMP_MASKED_EQ,
};

struct spec_seccomp_arg {
	uint32_t index; /* 0 … 5 */
	enum spec_seccomp_op op;
	uint64_t value, value_two;
};

struct spec_syscall {
	struct spec_strings names;
	enum spec_seccomp_action action;
	struct opt_u32 errno_ret;
	uint32_t n_args;
	const struct spec_seccomp_arg *args;
};

struct spec_seccomp {
	enum spec_seccomp_action default_action;
	struct opt_u32 default_errno_ret;
	struct spec_strings architectures; /* "SCMP_ARCH_X86_64" …, all known */
	uint64_t flags;                    /* SECCOMP_FILTER_FLAG_* */
	bool notify;                       /* some action is NOTIFY */
	const char *listener_path, *listener_metadata;
	uint32_t n_syscalls;
	const struct spec_syscall *syscalls;
	const char
		*text; /* JSON for the compiler: the object as it stands in the file, if it can */
	size_t text_len;
};

/* ---- linux -------------------------------------------------------------------------------- */

struct spec_namespace {
	uint64_t flag;    /* CLONE_NEW* */
	const char *path; /* NULL: make a new one */
};

struct spec_time_offset {
	bool given;
	int64_t secs;
	uint32_t nanosecs;
};

struct spec_device {
	char type; /* 'c', 'b', 'u' (as 'c'), 'p' */
	const char *path;
	struct opt_i64 major, minor;
	struct opt_u32 file_mode; /* permission bits, perhaps with the bits of the type */
	struct opt_u32 uid, gid;
};

/* A network device of the host that moves into the container. */
struct spec_net_device {
	const char *host_name;
	const char *name; /* in the container; NULL: as it is called */
};

struct spec_intel_rdt {
	const char *clos_id;
	struct spec_strings schemata;
	const char *l3_cache_schema, *mem_bw_schema;
	bool enable_monitoring;
	bool enable_cmt, enable_mbm; /* until 1.2 */
};

struct spec_personality {
	uint32_t domain; /* PER_LINUX or PER_LINUX32 */
};

struct spec_memory_policy {
	uint32_t mode;     /* MPOL_* */
	uint64_t flags;    /* MPOL_F_* */
	const char *nodes; /* list: "0-1"; NULL: not given */
};

struct spec_linux {
	uint32_t n_namespaces;
	const struct spec_namespace *namespaces;
	struct spec_idmap uid_map, gid_map;
	struct spec_time_offset monotonic, boottime;
	uint32_t n_devices;
	const struct spec_device *devices;
	uint32_t n_net_devices;
	const struct spec_net_device *net_devices;
	const char *cgroups_path;
	const struct spec_resources *resources;
	uint64_t rootfs_propagation; /* MS_*, perhaps with MS_REC; 0: not given */
	const struct spec_seccomp *seccomp;
	struct spec_pairs sysctl;
	struct spec_strings masked_paths, readonly_paths;
	const char *mount_label;
	const struct spec_intel_rdt *intel_rdt;
	const struct spec_personality *personality;
	const struct spec_memory_policy *memory_policy;
};

struct spec {
	const char *oci_version;
	const struct spec_process *process;
	const struct spec_root *root;
	const char *hostname, *domainname;
	uint32_t n_mounts;
	const struct spec_mount *mounts;
	struct spec_hook_list hooks[SPEC_HOOK_KINDS];
	struct spec_pairs annotations;
	struct spec_linux linux_; /* all unset when there is none */
	bool has_linux;
};

/* ---- decoding ----------------------------------------------------------------------------- */

/*
 * Decode the n bytes of a config.json (need not be terminated). Only what makes it impossible to
 * fill the structures is refused: no JSON, a value of the wrong kind or out of range, an
 * enumeration's value that the specification does not have, a required property that is missing,
 * a version that is not 1.x. The message begins with the JSON path:
 * "linux.resources.memory.limit: expected an integer, found "1G"". What the values mean together
 * is spec_check()'s (spec-check.h). Returns 0 or -EINVAL, -E2BIG.
 */
int spec_decode(struct arena *a, const char *json, size_t n, struct spec **ret, struct err *err);
/* Of the config that a container was made with, what commands on it need: its process, hooks,
 * annotations, namespaces, system call filter, policies. The rest is passed over: root, mounts,
 * devices, resources … */
int spec_decode_made(struct arena *a, const char *json, size_t n, struct spec **ret,
		     struct err *err);
/* One process alone: the file of `exec --process`. */
int spec_decode_process(struct arena *a, const char *json, size_t n, struct spec_process **ret,
			struct err *err);
/* The resources alone: what `update --resources` reads. */
int spec_decode_resources(struct arena *a, const char *json, size_t n, struct spec_resources **ret,
			  struct err *err);

/* "prestart" … */
extern const char *const spec_hook_names[SPEC_HOOK_KINDS];
/* Value of an annotation, or NULL. */
const char *spec_annotation(const struct spec *s, const char *key);
/* The entry of a namespace type (CLONE_NEW*), or NULL. */
const struct spec_namespace *spec_namespace_of(const struct spec *s, uint64_t flag);

#endif
