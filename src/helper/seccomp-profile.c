// SPDX-License-Identifier: Apache-2.0
#include "seccomp-profile.h"

#include <jansson.h>
#include <linux/seccomp.h>
#include <string.h>
#include "capabilities.h"
#include "names.h"
#include "parse.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV /* 5.19 */
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

#define AUDIT_ARCH_LE_BIT 0x40000000 /* linux/audit.h: __AUDIT_ARCH_LE */

static const struct name actions[] = {
	{"SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD},
	{"SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD},
	{"SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS},
	{"SCMP_ACT_TRAP", SCMP_ACT_TRAP},
	{"SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(0)},
	{"SCMP_ACT_TRACE", SCMP_ACT_TRACE(0)},
	{"SCMP_ACT_ALLOW", SCMP_ACT_ALLOW},
	{"SCMP_ACT_LOG", SCMP_ACT_LOG},
	{"SCMP_ACT_NOTIFY", SCMP_ACT_NOTIFY},
	{NULL, 0},
};

static const struct name operators[] = {
	{"SCMP_CMP_NE", SCMP_CMP_NE},
	{"SCMP_CMP_LT", SCMP_CMP_LT},
	{"SCMP_CMP_LE", SCMP_CMP_LE},
	{"SCMP_CMP_EQ", SCMP_CMP_EQ},
	{"SCMP_CMP_GE", SCMP_CMP_GE},
	{"SCMP_CMP_GT", SCMP_CMP_GT},
	{"SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ},
	{NULL, 0},
};

static const struct name filter_flags[] = {
	{"SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC},
	{"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG},
	{"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
	{"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV},
	{NULL, 0},
};

/* How profiles spell architectures in conditions, after the Go compiler's names. */
static const struct name condition_arches[] = {
	{"x86", SCMP_ARCH_X86},
	{"386", SCMP_ARCH_X86},
	{"amd64", SCMP_ARCH_X86_64},
	{"x32", SCMP_ARCH_X32},
	{"arm", SCMP_ARCH_ARM},
	{"arm64", SCMP_ARCH_AARCH64},
	{"mips", SCMP_ARCH_MIPS},
	{"mips64", SCMP_ARCH_MIPS64},
	{"mips64n32", SCMP_ARCH_MIPS64N32},
	{"mipsel", SCMP_ARCH_MIPSEL},
	{"mipsel64", SCMP_ARCH_MIPSEL64},
	{"ppc", SCMP_ARCH_PPC},
	{"ppc64", SCMP_ARCH_PPC64},
	{"ppc64le", SCMP_ARCH_PPC64LE},
	{"riscv64", SCMP_ARCH_RISCV64},
	{"s390", SCMP_ARCH_S390},
	{"s390x", SCMP_ARCH_S390X},
	{NULL, 0},
};

static int bad(struct err *err, const char *what, const char *value)
{
	return err_set(err, 0, "%s '%s' is unknown", what, value ? value : "(no text)");
}

/* SCMP_ARCH_* spelled out in a profile; 0 if this libseccomp does not know it. */
static uint32_t arch_token(const char *name)
{
	char lower[32];
	size_t n;

	if (!name || strncmp(name, "SCMP_ARCH_", 10) != 0)
		return 0;
	n = strlen(name + 10);
	if (n >= sizeof(lower))
		return 0;
	for (size_t i = 0; i <= n; i++)
		lower[i] = name[10 + i] >= 'A' && name[10 + i] <= 'Z' ? (char)(name[10 + i] + 32)
								      : name[10 + i];
	return seccomp_arch_resolve_name(lower);
}

/* Of architectures of the other byte order there is nothing to filter, as this machine cannot run
 * them, and libseccomp does not take them into one filter. */
static bool other_byte_order(uint32_t arch)
{
	return (arch ^ seccomp_arch_native()) & AUDIT_ARCH_LE_BIT;
}

static void add_arch(struct profile *p, uint32_t arch)
{
	if (other_byte_order(arch))
		return;
	for (size_t i = 0; i < p->arches_count; i++)
		if (p->arches[i] == arch)
			return;
	if (arch && p->arches_count < PROFILE_ARCHES_MAX)
		p->arches[p->arches_count++] = arch;
}

static int read_arches(const json_t *root, struct profile *p, struct err *err)
{
	const json_t *list = json_object_get(root, "architectures");
	const json_t *map = json_object_get(root, "archMap");
	const json_t *item, *sub;
	size_t i, j;

	if (json_array_size(list) && json_array_size(map))
		return err_set(err, 0, "both 'architectures' and 'archMap' are given");
	add_arch(p, seccomp_arch_native());
	json_array_foreach(list, i, item)
	{
		if (strncmp(json_string_value(item) ? json_string_value(item) : "", "SCMP_ARCH_",
			    10) != 0)
			return bad(err, "architecture", json_string_value(item));
		add_arch(p, arch_token(json_string_value(item)));
	}
	json_array_foreach(map, i, item)
	{
		if (arch_token(json_string_value(json_object_get(item, "architecture"))) !=
		    seccomp_arch_native())
			continue;
		json_array_foreach(json_object_get(item, "subArchitectures"), j, sub)
			add_arch(p, arch_token(json_string_value(sub)));
	}
	return 0;
}

static int read_action(const json_t *o, const char *key, const char *errno_key, uint32_t *ret,
		       struct err *err)
{
	const char *text = json_string_value(json_object_get(o, key));
	const json_t *number = json_object_get(o, errno_key);
	int64_t action, code = EPERM;

	if (!text || !name_to_value(actions, text, &action))
		return bad(err, "action", text);
	if (json_is_integer(number)) {
		/* the kernel's largest errno; a tracer's data has 16 bits */
		int64_t max = action == SCMP_ACT_TRACE(0) ? UINT16_MAX : 4095;

		code = json_integer_value(number);
		if (code < 0 || code > max)
			return err_set(err, 0, "'%s' is %lld, outside 0 to %lld", errno_key,
				       (long long)code, (long long)max);
	}
	if (action == SCMP_ACT_ERRNO(0))
		action = SCMP_ACT_ERRNO((uint32_t)code);
	else if (action == SCMP_ACT_TRACE(0))
		action = SCMP_ACT_TRACE((uint32_t)code);
	*ret = (uint32_t)action;
	return 0;
}

/* "4.8" -> 4 << 16 | 8. */
static int read_kernel(const char *text, uint32_t *ret)
{
	const char *rest = text, *field;
	uint64_t part[2] = {0};
	size_t n;

	for (int i = 0; i < 2 && rest && next_field(&rest, '.', &field, &n); i++) {
		char digits[8];

		if (n >= sizeof(digits))
			return -EINVAL;
		memcpy(digits, field, n);
		digits[n] = '\0';
		if (parse_u64(digits, 0, UINT16_MAX, &part[i]) < 0)
			return -EINVAL;
	}
	*ret = (uint32_t)(part[0] << 16 | part[1]);
	return 0;
}

/* What an "includes" or "excludes" says. */
struct condition {
	bool arch_given, arch_met;
	bool kernel_given, kernel_met;
	uint64_t caps;
};

static int read_condition(const json_t *o, uint32_t kernel, struct condition *ret, struct err *err)
{
	const json_t *item;
	const char *text;
	uint32_t least;
	int64_t arch;
	size_t i;

	*ret = (struct condition){0};
	json_array_foreach(json_object_get(o, "arches"), i, item)
	{
		text = json_string_value(item);
		ret->arch_given = true;
		if (text && name_to_value(condition_arches, text, &arch) &&
		    (uint32_t)arch == seccomp_arch_native())
			ret->arch_met = true;
	}
	json_array_foreach(json_object_get(o, "caps"), i, item)
	{
		int cap, r;

		text = json_string_value(item);
		r = capability_from_name(text ? text : "", &cap, err);
		if (r < 0)
			return r;
		ret->caps |= CAPABILITY_BIT(cap);
	}
	text = json_string_value(json_object_get(o, "minKernel"));
	if (text && *text) {
		if (read_kernel(text, &least) < 0)
			return bad(err, "kernel version", text);
		ret->kernel_given = true;
		ret->kernel_met = kernel >= least;
	}
	return 0;
}

/* Returns 1 if the rule is for this machine, 0 if not, or -errno. */
static int read_conditions(const json_t *o, uint32_t kernel, struct profile_rule *rule,
			   struct err *err)
{
	struct condition in, ex;
	int r = read_condition(json_object_get(o, "includes"), kernel, &in, err);

	if (r >= 0)
		r = read_condition(json_object_get(o, "excludes"), kernel, &ex, err);
	if (r < 0)
		return r;
	rule->include_caps = in.caps;
	rule->exclude_caps = ex.caps;
	return (!in.arch_given || in.arch_met) && (!in.kernel_given || in.kernel_met) &&
	       !ex.arch_met && !ex.kernel_met;
}

/* A value of 64 bits: JSON's integers are signed, so the upper half comes negative or real. */
static bool read_u64(const json_t *v, uint64_t *ret)
{
	if (json_is_real(v) && json_real_value(v) >= 0 &&
	    json_real_value(v) <= 18446744073709549568.0)
		*ret = (uint64_t)json_real_value(v);
	else if (json_is_integer(v))
		*ret = (uint64_t)json_integer_value(v);
	else
		return v == NULL;
	return true;
}

static int read_args(const json_t *o, struct profile_rule *rule, struct err *err)
{
	const json_t *list = json_object_get(o, "args"), *item;
	size_t i;

	if (json_array_size(list) > PROFILE_ARGS_MAX)
		return err_set(err, 0, "a rule has more than %d arguments", PROFILE_ARGS_MAX);
	json_array_foreach(list, i, item)
	{
		const char *op = json_string_value(json_object_get(item, "op"));
		json_int_t index = json_integer_value(json_object_get(item, "index"));
		uint64_t one = 0, two = 0;
		int64_t compare;

		if (!op || !name_to_value(operators, op, &compare))
			return bad(err, "operator", op);
		if (index < 0 || index > 5)
			return err_set(err, 0, "argument %lld of a rule is outside 0 to 5",
				       (long long)index);
		if (!read_u64(json_object_get(item, "value"), &one) ||
		    !read_u64(json_object_get(item, "valueTwo"), &two))
			return err_set(err, 0, "a value of a rule's argument is no number");
		rule->args[rule->args_count++] = (struct scmp_arg_cmp){
			.arg = (unsigned)index,
			.op = (enum scmp_compare)compare,
			.datum_a = one,
			.datum_b = two,
		};
	}
	return 0;
}

static int read_names(const json_t *o, struct arena *a, struct profile_rule *rule, struct err *err)
{
	const json_t *list = json_object_get(o, "names"), *item;
	const char *one = json_string_value(json_object_get(o, "name"));
	size_t n = json_array_size(list), i;

	if (one && n)
		return err_set(err, 0, "a rule has both 'name' and 'names'");
	if (!one && !n)
		return err_set(err, 0, "a rule names no system call");
	rule->names = arena_array(a, char *, n + 2);
	json_array_foreach(list, i, item)
	{
		if (!json_string_value(item))
			return err_set(err, 0, "a name of a rule is no text");
		rule->names[i] = arena_strdup(a, json_string_value(item));
	}
	if (one)
		rule->names[0] = arena_strdup(a, one);
	return 0;
}

/* Returns 1 for a rule of this machine, 0 for one of others, or -errno. */
static int read_rule(const json_t *o, uint32_t kernel, struct arena *a, struct profile_rule *rule,
		     struct err *err)
{
	int r = read_names(o, a, rule, err);

	if (r >= 0)
		r = read_action(o, "action", "errnoRet", &rule->action, err);
	if (r >= 0)
		r = read_args(o, rule, err);
	return r < 0 ? r : read_conditions(o, kernel, rule, err);
}

static int read_rules(const json_t *list, uint32_t kernel, struct arena *a, struct profile *p,
		      struct err *err)
{
	const json_t *item;
	size_t i;

	p->rules = arena_array(a, struct profile_rule, json_array_size(list));
	json_array_foreach(list, i, item)
	{
		struct profile_rule rule = {0};
		int r = read_rule(item, kernel, a, &rule, err);

		if (r < 0)
			return err_context(err, "rule %zu", i + 1);
		if (r == 0)
			continue;
		if (rule.action == SCMP_ACT_NOTIFY)
			p->notify = true;
		p->rules[p->rules_count++] = rule;
	}
	return 0;
}

static int read_flags(const json_t *list, struct profile *p, struct err *err)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		int64_t flag;

		if (!json_string_value(item) ||
		    !name_to_value(filter_flags, json_string_value(item), &flag))
			return bad(err, "flag", json_string_value(item));
		p->flags |= (uint32_t)flag;
	}
	return 0;
}

static int read_root(const json_t *root, uint32_t kernel, struct arena *a, struct profile *p,
		     struct err *err)
{
	int r;

	if (!json_is_object(root))
		return err_set(err, 0, "it is no JSON object");
	r = read_action(root, "defaultAction", "defaultErrnoRet", &p->default_action, err);
	if (r >= 0)
		r = read_arches(root, p, err);
	if (r >= 0)
		r = read_flags(json_object_get(root, "flags"), p, err);
	if (r >= 0)
		r = read_rules(json_object_get(root, "syscalls"), kernel, a, p, err);
	return r;
}

int profile_read(const char *text, size_t len, uint32_t kernel, struct arena *a,
		 struct profile *ret, struct err *err)
{
	struct profile p = {0};
	json_error_t where;
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &where);
	int r;

	if (!root)
		return err_set(err, 0, "line %d, column %d: %s", where.line, where.column,
			       where.text);
	r = read_root(root, kernel, a, &p, err);
	json_decref(root);
	if (r < 0)
		return r;
	*ret = p;
	return 0;
}
