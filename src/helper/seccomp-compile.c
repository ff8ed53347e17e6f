// SPDX-License-Identifier: Apache-2.0
/*
 * A program has two parts. The body is what libseccomp makes of the rules whose names it knows.
 * In front stands a short part of our own for what it cannot express: system calls newer than
 * libseccomp (their numbers are the same on all architectures, so a table of them suffices), and
 * the answer ENOSYS instead of the default for numbers above every one that the profile names:
 * a C library that tries a new call then falls back to the old one, where EPERM would be final.
 *
 * The front decides nothing for other numbers: it jumps to the body, which loads the
 * architecture and the number again. In the end both are rewritten as a search over ranges
 * (seccomp-ranges.h).
 */
#include "seccomp-compile.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include "capabilities.h"
#include "macros.h"
#include "seccomp-ranges.h"

/* Newer than libseccomp 2.5.4; include/uapi/asm-generic/unistd.h of Linux 6.17. */
static const struct newer_call {
	const char *name;
	int number;
	uint32_t arch; /* 0: every one */
} newer_calls[] = {
	{"uretprobe", 335, SCMP_ARCH_X86_64},
	{"cachestat", 451, 0},
	{"fchmodat2", 452, 0},
	{"map_shadow_stack", 453, 0},
	{"futex_wake", 454, 0},
	{"futex_wait", 455, 0},
	{"futex_requeue", 456, 0},
	{"statmount", 457, 0},
	{"listmount", 458, 0},
	{"lsm_get_self_attr", 459, 0},
	{"lsm_set_self_attr", 460, 0},
	{"lsm_list_modules", 461, 0},
	{"mseal", 462, 0},
	{"setxattrat", 463, 0},
	{"getxattrat", 464, 0},
	{"listxattrat", 465, 0},
	{"removexattrat", 466, 0},
	{"open_tree_attr", 467, 0},
	{"file_getattr", 468, 0},
	{"file_setattr", 469, 0},
};

enum {
	X32_BIT = 0x40000000,
	GENERIC_MAX = 511, /* x32 has calls of its own above */
	MARKER = SECCOMP_MARKER,
};

_Static_assert(MARKER + TEMPLATE_CLASSES_MAX < 4095, "markers are errno values");

/* A rule for one call, with nothing left to decide. */
struct flat {
	const char *name;
	uint32_t action;
	size_t args_count;
	const struct scmp_arg_cmp *args;
};

struct flat_list {
	struct flat *v;
	size_t count;
};

/* --- the front --- */

struct code {
	struct bpf_program *p;
	bool overflow;
};

static void emit(struct code *c, uint16_t op, uint8_t jt, uint8_t jf, uint32_t k)
{
	if (c->p->count == PROGRAM_MAX)
		c->overflow = true;
	else
		c->p->code[c->p->count++] = (struct sock_filter){op, jt, jf, k};
}

static int64_t newer_number(const char *name, uint32_t arch)
{
	int base = arch == SCMP_ARCH_X32 ? X32_BIT : 0;

	for (size_t i = 0; i < ARRAY_SIZE(newer_calls); i++) {
		const struct newer_call *n = &newer_calls[i];

		if (strcmp(n->name, name) == 0 && (!n->arch || n->arch == arch))
			return base + n->number;
	}
	return -1;
}

static bool resolves(uint32_t arch, int64_t number)
{
	char *name = seccomp_syscall_resolve_num_arch(arch, (int)number);
	bool known = name != NULL;

	free(name);
	return known;
}

/* What the front says about one ABI. */
struct abi {
	uint32_t arch;
	int64_t known;    /* the highest number that libseccomp knows */
	int64_t profiled; /* the highest number that the profile names */
};

static void survey_abi(const struct flat_list *rules, uint32_t arch, struct abi *abi)
{
	int base = arch == SCMP_ARCH_X32 ? X32_BIT : 0;

	*abi = (struct abi){.arch = arch, .known = base, .profiled = base};
	for (int n = 0; n <= GENERIC_MAX; n++)
		if (resolves(arch, base + n))
			abi->known = base + n;
	for (size_t i = 0; i < rules->count; i++) {
		int64_t n = seccomp_syscall_resolve_name_arch(arch, rules->v[i].name);

		if (n < 0)
			n = newer_number(rules->v[i].name, arch);
		abi->profiled = MAX(abi->profiled, n);
	}
}

/* Verdicts of calls that libseccomp cannot name, those above `abi->known` or those below. */
static void emit_newer(struct code *c, const struct flat_list *rules, const struct abi *abi,
		       bool above)
{
	for (size_t i = 0; i < rules->count; i++) {
		const struct flat *f = &rules->v[i];
		int64_t n = newer_number(f->name, abi->arch);

		if (n < 0 || resolves(abi->arch, n) || f->args_count || (n > abi->known) != above)
			continue;
		emit(c, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, (uint32_t)n);
		emit(c, BPF_RET | BPF_K, 0, 0, f->action);
	}
}

static void emit_abi(struct code *c, const struct flat_list *rules, const struct abi *abi,
		     bool answer_enosys)
{
	size_t at;

	emit_newer(c, rules, abi, false);
	at = c->p->count;
	emit(c, BPF_JMP | BPF_JGT | BPF_K, 0, 0, (uint32_t)abi->known);
	emit_newer(c, rules, abi, true);
	if (answer_enosys) {
		emit(c, BPF_JMP | BPF_JGT | BPF_K, 0, 1, (uint32_t)MAX(abi->profiled, abi->known));
		emit(c, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | ENOSYS);
	}
	/* Every new call takes two instructions, and there are far fewer than 120. */
	c->p->code[at].jf = (uint8_t)(c->p->count - at - 1);
}

/* x32 shares the audit value of x86_64 and is told apart by a bit of the number. */
static uint32_t audit_arch(uint32_t arch)
{
	return arch == SCMP_ARCH_X32 ? SCMP_ARCH_X86_64 : arch;
}

/* Code for all ABIs of one audit value; falls out at its end towards the body, whose place is
 * patched into the jumps by the caller: k of every BPF_JA is set then. */
static void emit_arch(struct code *c, const struct flat_list *rules, const struct profile *p,
		      uint32_t audit, bool answer_enosys)
{
	struct abi abi;

	emit(c, BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < p->arches_count; i++) {
		size_t at = c->p->count;

		if (p->arches[i] != SCMP_ARCH_X32 || audit != SCMP_ARCH_X86_64)
			continue;
		emit(c, BPF_JMP | BPF_JGE | BPF_K, 1, 0, X32_BIT);
		emit(c, BPF_JMP | BPF_JA, 0, 0, 0);
		survey_abi(rules, SCMP_ARCH_X32, &abi);
		emit_abi(c, rules, &abi, answer_enosys);
		emit(c, BPF_JMP | BPF_JA, 0, 0, UINT32_MAX);
		c->p->code[at + 1].k = (uint32_t)(c->p->count - at - 2);
	}
	for (size_t i = 0; i < p->arches_count; i++) {
		if (p->arches[i] != audit)
			continue;
		survey_abi(rules, audit, &abi);
		emit_abi(c, rules, &abi, answer_enosys);
	}
	emit(c, BPF_JMP | BPF_JA, 0, 0, UINT32_MAX);
}

static void emit_front(struct code *c, const struct flat_list *rules, const struct profile *p)
{
	bool errno_default = (p->default_action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO;

	emit(c, BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, arch));
	for (size_t i = 0; i < p->arches_count; i++) {
		size_t at = c->p->count;

		if (audit_arch(p->arches[i]) != p->arches[i])
			continue;
		emit(c, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, p->arches[i]);
		emit(c, BPF_JMP | BPF_JA, 0, 0, 0);
		emit_arch(c, rules, p, p->arches[i], errno_default);
		c->p->code[at + 1].k = (uint32_t)(c->p->count - at - 2);
	}
	for (size_t i = 0; i < c->p->count; i++)
		if (c->p->code[i].code == (BPF_JMP | BPF_JA) && c->p->code[i].k == UINT32_MAX)
			c->p->code[i].k = (uint32_t)(c->p->count - i - 1);
}

/* --- the body --- */

static int add_rule(scmp_filter_ctx ctx, const struct profile *p, const struct flat *f,
		    struct err *err)
{
	int nr = seccomp_syscall_resolve_name(f->name);
	bool repeated = false;
	int r = 0;

	/* Unknown names are of other kernels or architectures, or in the front. */
	if (nr == __NR_SCMP_ERROR || f->action == p->default_action)
		return 0;
	for (size_t i = 0; i < f->args_count; i++)
		for (size_t j = 0; j < i; j++)
			repeated = repeated || f->args[i].arg == f->args[j].arg;
	/* libseccomp takes one comparison per argument. As with the other runtimes, several of
	 * one argument are alternatives. */
	if (repeated) {
		for (size_t i = 0; i < f->args_count && r >= 0; i++) {
			r = seccomp_rule_add_array(ctx, f->action, nr, 1, &f->args[i]);
			r = r == -EEXIST ? 0 : r;
		}
	} else {
		r = seccomp_rule_add_array(ctx, f->action, nr, (unsigned)f->args_count, f->args);
		r = r == -EEXIST ? 0 : r;
	}
	return r < 0 ? err_set(err, -r, "the rule for '%s' cannot be expressed", f->name) : 0;
}

static int fill(scmp_filter_ctx ctx, const struct profile *p, const struct flat_list *rules,
		struct err *err)
{
	int r = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

	if (r >= 0)
		r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	for (size_t i = 0; i < p->arches_count && r >= 0; i++) {
		r = seccomp_arch_add(ctx, p->arches[i]);
		r = r == -EEXIST ? 0 : r;
	}
	if (r < 0)
		return err_set(err, -r, "cannot prepare the filter");
	for (size_t i = 0; i < rules->count; i++) {
		r = add_rule(ctx, p, &rules->v[i], err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* libseccomp writes programs to descriptors only. */
static int export(scmp_filter_ctx ctx, struct bpf_program *ret, struct err *err)
{
	size_t room = (PROGRAM_MAX - ret->count) * sizeof(ret->code[0]);
	CLOSE_FD int fd = memfd_create("filter", MFD_CLOEXEC);
	ssize_t n;
	int r;

	if (fd < 0)
		return err_errno(err, "cannot make memory for the filter");
	r = seccomp_export_bpf(ctx, fd);
	if (r < 0)
		return err_set(err, -r, "cannot make the filter's program");
	n = pread(fd, ret->code + ret->count, room, 0);
	if (n < 0)
		return err_errno(err, "cannot read the filter's program");
	if ((size_t)n == room)
		return err_set(err, E2BIG, "the filter has more than %d instructions", PROGRAM_MAX);
	ret->count += (size_t)n / sizeof(ret->code[0]);
	return 0;
}

static int compile(const struct profile *p, const struct flat_list *rules, struct arena *a,
		   struct bpf_program *ret, struct err *err)
{
	struct code c = {.p = ret};
	scmp_filter_ctx ctx;
	int r;

	/* The result must not depend on the kernel that this runs on. */
	seccomp_api_set(6);
	ctx = seccomp_init(p->default_action);
	if (!ctx)
		return err_set(err, ENOMEM, "cannot make a filter with this default action");
	ret->count = 0;
	emit_front(&c, rules, p);
	r = c.overflow ? err_set(err, E2BIG, "the filter is too large") : 0;
	if (r >= 0)
		r = fill(ctx, p, rules, err);
	if (r >= 0)
		r = export(ctx, ret, err);
	seccomp_release(ctx);
	if (r >= 0)
		seccomp_ranges(ret, a);
	return r;
}

static void add_flat(struct flat_list *l, const char *name, uint32_t action,
		     const struct profile_rule *rule)
{
	l->v[l->count++] = (struct flat){
		.name = name,
		.action = action,
		.args_count = rule ? rule->args_count : 0,
		.args = rule ? rule->args : NULL,
	};
}

static size_t count_names(const struct profile *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->rules_count; i++)
		for (char **name = p->rules[i].names; *name; name++)
			n++;
	return n;
}

int compile_for(const struct profile *p, uint64_t caps, struct arena *a, struct bpf_program *ret,
		struct err *err)
{
	struct flat_list l = {.v = arena_array(a, struct flat, count_names(p))};

	for (size_t i = 0; i < p->rules_count; i++) {
		const struct profile_rule *rule = &p->rules[i];

		if ((rule->include_caps & ~caps) || (rule->exclude_caps & caps))
			continue;
		for (char **name = rule->names; *name; name++)
			add_flat(&l, *name, rule->action, rule);
	}
	return compile(p, &l, a, ret, err);
}

/* --- the template --- */

/* All that the profile says of one name. */
struct gathered {
	bool always;                       /* allowed without condition */
	uint64_t caps;                     /* any of these allows it */
	uint64_t excluded;                 /* the rules below hold only without these */
	uint32_t otherwise;                /* errno */
	const struct profile_rule *partly; /* allowed without the capability for some arguments */
};

static int gather(const struct profile *p, const char *name, struct gathered *g, struct err *err)
{
	*g = (struct gathered){.otherwise = p->default_action & SECCOMP_RET_DATA};
	for (size_t i = 0; i < p->rules_count; i++) {
		const struct profile_rule *rule = &p->rules[i];
		char **n = rule->names;
		bool allow = rule->action == SCMP_ACT_ALLOW;

		while (*n && strcmp(*n, name) != 0)
			n++;
		if (!*n)
			continue;
		if (rule->include_caps && (rule->exclude_caps || rule->args_count || !allow ||
					   __builtin_popcountll(rule->include_caps) != 1))
			return err_set(err, 0, "a template cannot express a rule of '%s'", name);
		g->caps |= rule->include_caps;
		if (rule->exclude_caps && !allow)
			g->otherwise = rule->action & SECCOMP_RET_DATA;
		else if (rule->exclude_caps)
			g->partly = rule;
		g->excluded |= rule->exclude_caps;
		if (!rule->include_caps && !rule->exclude_caps && allow && !rule->args_count)
			g->always = true;
	}
	if (g->excluded && g->excluded != g->caps)
		return err_set(err, 0,
			       "the rules of '%s' exclude other capabilities than others include",
			       name);
	return 0;
}

static int class_of(struct seccomp_class *classes, size_t *count, const struct gathered *g,
		    uint32_t *ret_action, struct err *err)
{
	size_t i;

	for (i = 0; i < *count; i++)
		if (classes[i].caps == g->caps && classes[i].otherwise == g->otherwise)
			break;
	if (i == TEMPLATE_CLASSES_MAX)
		return err_set(err, E2BIG, "the template has too many classes");
	if (i == *count)
		classes[(*count)++] = (struct seccomp_class){g->caps, g->otherwise};
	*ret_action = SCMP_ACT_ERRNO(MARKER + (uint32_t)i);
	return 0;
}

/* Allowed where (argument & mask) == 0; elsewhere, bit by bit, the marker. */
static int split_mask(struct flat_list *l, const char *name, const struct profile_rule *rule,
		      uint32_t marker, struct arena *a, struct err *err)
{
	struct scmp_arg_cmp arg = rule->args[0];

	if (rule->args_count != 1 || arg.op != SCMP_CMP_MASKED_EQ || arg.datum_b != 0)
		return err_set(err, 0, "a template cannot express a rule of '%s'", name);
	add_flat(l, name, SCMP_ACT_ALLOW, rule);
	for (int bit = 0; bit < 64; bit++) {
		struct profile_rule *one;

		if (!(arg.datum_a & UINT64_C(1) << bit))
			continue;
		one = arena_new(a, struct profile_rule);
		one->args_count = 1;
		one->args[0] = (struct scmp_arg_cmp){arg.arg, SCMP_CMP_MASKED_EQ,
						     UINT64_C(1) << bit, UINT64_C(1) << bit};
		add_flat(l, name, marker, one);
	}
	return 0;
}

static bool listed(const struct flat_list *l, const char *name)
{
	for (size_t i = 0; i < l->count; i++)
		if (strcmp(l->v[i].name, name) == 0)
			return true;
	return false;
}

int compile_template(const struct profile *p, struct arena *a, struct bpf_program *ret,
		     struct seccomp_class classes[TEMPLATE_CLASSES_MAX], size_t *ret_classes,
		     struct err *err)
{
	struct flat_list l = {.v = arena_array(a, struct flat, count_names(p) + 64)};
	size_t count = 0;

	for (size_t i = 0; i < p->rules_count; i++) {
		for (char **name = p->rules[i].names; *name; name++) {
			struct gathered g;
			uint32_t marker = 0;
			int r = gather(p, *name, &g, err);

			if (r < 0)
				return r;
			if (g.always || !g.caps) {
				if (!p->rules[i].include_caps)
					add_flat(&l, *name, p->rules[i].action, &p->rules[i]);
				continue;
			}
			if (listed(&l, *name))
				continue;
			r = class_of(classes, &count, &g, &marker, err);
			if (r >= 0 && g.partly)
				r = split_mask(&l, *name, g.partly, marker, a, err);
			else if (r >= 0)
				add_flat(&l, *name, marker, NULL);
			if (r < 0)
				return r;
		}
	}
	*ret_classes = count;
	return compile(p, &l, a, ret, err);
}
