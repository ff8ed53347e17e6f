// SPDX-License-Identifier: Apache-2.0
#include "wire-ops.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include "arena.h"
#include "facts.h"
#include "link-move.h"
#include "link.h"
#include "macros.h"
#include "netns.h"
#include "parse.h"
#include "target.h"
#include "uapi.h"
#include "wire.h"

/* One end, with what has to be closed. */
struct end {
	struct wire_end wire;
	struct target target;
	int netns;
};

struct wiring {
	struct arena arena;
	struct end *ends;
	size_t n;
	pid_t inside; /* explanations: a process in the user namespace that has to be entered; 0:
			 none */
};

static void wiring_free(struct wiring *w)
{
	for (size_t i = 0; i < w->n; i++) {
		close_fd_cleanup(&w->ends[i].netns);
		target_close(&w->ends[i].target);
	}
	if (w->arena.base)
		arena_free(&w->arena);
}
#define WIRING_CLEANUP __attribute__((cleanup(wiring_free)))

static int wiring_init(struct wiring *w, size_t n, struct err *err)
{
	int r = arena_init(&w->arena);

	if (r < 0)
		return err_set(err, -r, "cannot get memory");
	w->ends = arena_array(&w->arena, struct end, n);
	w->n = n;
	for (size_t i = 0; i < n; i++)
		w->ends[i] = (struct end){.target = TARGET_NONE, .netns = -1};
	return 0;
}

/* --- words --- */

static int parse_addresses(struct wiring *w, const char *list, struct wire_end *ret,
			   struct err *err)
{
	const char *field;
	size_t len;

	while (next_field(&list, ',', &field, &len)) {
		if (ret->n_addresses == WIRE_ADDRESSES_MAX)
			return err_set(err, 0, "more than %d addresses", WIRE_ADDRESSES_MAX);
		if (ip_parse_cidr(arena_strndup(&w->arena, field, len),
				  &ret->addresses[ret->n_addresses++], err) < 0)
			return -EINVAL;
	}
	return 0;
}

/* Where the interface's ':' may be: behind that of a prefix. */
static char *behind_prefix(char *word)
{
	static const char *const prefixes[] = {"pid:", "container:", "netns:", "ns:"};

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (strncmp(word, prefixes[i], strlen(prefixes[i])) == 0)
			return word + strlen(prefixes[i]);
	return word;
}

static int parse_end(struct wiring *w, const char *text, const char **ret_target,
		     struct wire_end *ret, struct err *err)
{
	char *word = arena_strdup(&w->arena, text), *equals = strrchr(word, '='), *colon;
	int r = 0;

	if (equals) {
		*equals = '\0';
		r = parse_addresses(w, equals + 1, ret, err);
	}
	colon = strrchr(behind_prefix(word), ':');
	if (r == 0 && colon) {
		*colon = '\0';
		ret->name = colon + 1;
		r = link_check_name(ret->name, err);
	}
	*ret_target = word;
	return r;
}

/* --- targets --- */

/* How a shell reaches it: the ip command there, and what "netns" of ip takes. */
static void describe(struct wiring *w, struct end *e)
{
	const struct target *t = &e->target;
	const char *name = strncmp(t->text, "netns:", 6) == 0 ? t->text + 6 : t->text;
	struct wire_place *p = &e->wire.place;
	OUT_CLEANUP struct out ip = {0};

	p->shown = t->text;
	p->netns = e->netns;
	if (t->kind == TARGET_HOST) {
		p->ip = "ip";
	} else if (t->kind == TARGET_NETNS && !t->holder) {
		p->word = name;
		out_puts(&ip, "ip -n ");
	} else if (t->kind == TARGET_NETNS || t->kind == TARGET_FILE) {
		NETNS_HOME_CLEANUP struct netns_home home = NETNS_HOME_NONE;

		netns_home_open(&home, NULL);
		p->word = t->kind == TARGET_FILE
				  ? t->text + strlen("ns:")
				  : arena_printf(&w->arena, "%s/%s", home.path, name);
		w->inside = t->holder ? t->holder : w->inside;
		out_puts(&ip, "nsenter --net=");
	} else {
		p->word = arena_printf(&w->arena, "%d", (int)t->pid);
		out_puts(&ip, "nsenter --net --target ");
	}
	if (!p->ip) {
		out_shell_word(&ip, p->word);
		if (strncmp(ip.text, "nsenter", 7) == 0)
			out_puts(&ip, " ip");
		p->ip = arena_strdup(&w->arena, ip.text);
	}
}

/* Ends in one namespace have one descriptor, by which wire.h knows. */
static void share(struct wiring *w, size_t i)
{
	struct stat a, b;

	for (size_t k = 0; k < i; k++) {
		if (fstat(w->ends[k].netns, &a) < 0 || fstat(w->ends[i].netns, &b) < 0 ||
		    a.st_ino != b.st_ino || a.st_dev != b.st_dev)
			continue;
		w->ends[i].wire.place.netns = w->ends[k].wire.place.netns;
		return;
	}
}

static int open_end(struct wiring *w, size_t i, const char *target, struct err *err)
{
	struct end *e = &w->ends[i];
	int r = target_resolve(target, &e->target, err);

	if (r == 0)
		r = e->netns = target_open_namespace(&e->target, NAMESPACE_NET, err);
	if (r < 0)
		return r;
	describe(w, e);
	share(w, i);
	return 0;
}

static int add_end(struct wiring *w, size_t i, const char *text, struct err *err)
{
	const char *target;
	int r = parse_end(w, text, &target, &w->ends[i].wire, err);

	if (r == 0)
		r = open_end(w, i, target, err);
	return r < 0 ? err_context(err, "'%s'", text) : 0;
}

/* --- rights --- */

static bool is_own_userns(int fd)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && stat("/proc/self/ns/user", &b) == 0 && a.st_ino == b.st_ino;
}

static int not_yours(const struct end *e, struct err *err)
{
	err_set(err, EPERM, "cannot change the network of '%s'", e->wire.place.shown);
	if (e->target.kind == TARGET_HOST)
		return err_remedy(err, "it is the machine's: run this as root, or connect network "
				       "namespaces of your own (kokon netns add)");
	return err_remedy(err, "it belongs to another user: run this as root");
}

/* An ordinary user has all rights in user namespaces of the user's own, from outside of them
 * (user_namespaces(7)), and netlink_open_in() gets sockets from there: whichever own each end. */
static int check_rights(const struct wiring *w, struct err *err)
{
	if (facts_capabilities() >> CAP_NET_ADMIN & 1 && facts_capabilities() >> CAP_SYS_ADMIN & 1)
		return 0;
	for (size_t i = 0; i < w->n; i++) {
		CLOSE_FD int fd = ioctl(w->ends[i].netns, NS_GET_USERNS);
		NETLINK_CLEANUP struct netlink nl = NETLINK_NONE;
		struct err refused = {0};
		int r = fd < 0 || is_own_userns(fd)
				? -EPERM
				: netlink_open_in(w->ends[i].netns, NETLINK_ROUTE, &nl, &refused);

		if (r == -EPERM)
			return not_yours(&w->ends[i], err);
		if (r < 0) {
			*err = refused;
			return r;
		}
	}
	return 0;
}

static void begin_inside(const struct wiring *w, struct out *explain)
{
	if (w->inside)
		out_printf(explain,
			   "nsenter --target %d --user --mount --preserve-credentials sh -e "
			   "<<'END'\n",
			   (int)w->inside);
}

static void end_inside(const struct wiring *w, struct out *explain)
{
	if (w->inside)
		out_puts(explain, "END\n");
}

/* --- results --- */

static void put_end(const struct wire_end *e, const char *name, struct out *o)
{
	char text[IP_TEXT_MAX];

	out_printf(o, "%s %s", e->place.shown, name);
	for (size_t i = 0; i < e->n_addresses; i++)
		out_printf(o, " %s", ip_format_cidr(&e->addresses[i], text));
}

int wire_op_veth(const char *a, const char *b, struct out *explain, struct out *result,
		 struct err *err)
{
	WIRING_CLEANUP struct wiring w = {0};
	struct wire_names names;
	int r = wiring_init(&w, 2, err);

	if (r == 0)
		r = add_end(&w, 0, a, err);
	if (r == 0)
		r = add_end(&w, 1, b, err);
	if (r == 0 && explain) {
		begin_inside(&w, explain);
		wire_explain_veth(&w.ends[0].wire, &w.ends[1].wire, explain);
		end_inside(&w, explain);
		return 0;
	}
	if (r == 0)
		r = check_rights(&w, err);
	if (r == 0)
		r = wire_veth(&w.ends[0].wire, &w.ends[1].wire, &names, err);
	if (r < 0)
		return r;
	put_end(&w.ends[0].wire, names.name[0], result);
	out_puts(result, " - ");
	put_end(&w.ends[1].wire, names.name[1], result);
	out_puts(result, "\n");
	return 0;
}

/* NAME[=ADDR/LEN…] in the target `in`. */
static int add_bridge(struct wiring *w, const char *text, const char *in, struct err *err)
{
	char *name = arena_strdup(&w->arena, text), *equals = strchr(name, '=');
	struct wire_end *bridge = &w->ends[0].wire;
	int r = 0;

	if (equals) {
		*equals = '\0';
		r = parse_addresses(w, equals + 1, bridge, err);
	}
	bridge->name = name;
	if (r == 0)
		r = link_check_name(name, err);
	if (r < 0)
		return err_context(err, "'%s'", text);
	r = open_end(w, 0, in ? in : "host", err);
	return r < 0 ? err_context(err, "--in") : 0;
}

int wire_op_bridge(const char *bridge, const char *in, char *const *targets, size_t n,
		   struct out *explain, struct out *result, struct err *err)
{
	WIRING_CLEANUP struct wiring w = {0};
	struct wire_names *names;
	struct wire_end *ends;
	int r = wiring_init(&w, n + 1, err);

	if (r == 0)
		r = add_bridge(&w, bridge, in, err);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = add_end(&w, i + 1, targets[i], err);
	if (r < 0)
		return r;
	names = arena_array(&w.arena, struct wire_names, n + 1);
	ends = arena_array(&w.arena, struct wire_end, n + 1);
	for (size_t i = 0; i < n; i++)
		ends[i] = w.ends[i + 1].wire;
	if (explain) {
		begin_inside(&w, explain);
		wire_explain_bridge(&w.ends[0].wire, ends, n, explain);
		end_inside(&w, explain);
		return 0;
	}
	r = check_rights(&w, err);
	if (r == 0)
		r = wire_bridge(&w.ends[0].wire, ends, n, names, err);
	if (r < 0)
		return r;
	put_end(&w.ends[0].wire, w.ends[0].wire.name, result);
	out_puts(result, "\n");
	for (size_t i = 0; i < n; i++) {
		out_printf(result, "  %s - ", names[i].name[0]);
		put_end(&ends[i], names[i].name[1], result);
		out_puts(result, "\n");
	}
	return 0;
}

int wire_op_remove(const char *bridge, const char *in, struct out *explain, struct err *err)
{
	WIRING_CLEANUP struct wiring w = {0};
	int r = wiring_init(&w, 1, err);

	if (r == 0)
		r = add_bridge(&w, bridge, in, err);
	if (r == 0 && w.ends[0].wire.n_addresses)
		r = err_set(err, 0, "'%s': --remove takes the name alone", bridge);
	if (r == 0 && explain)
		begin_inside(&w, explain);
	if (r == 0)
		r = check_rights(&w, err);
	if (r == 0)
		r = wire_remove_bridge(&w.ends[0].wire.place, w.ends[0].wire.name, explain, err);
	if (r == 0 && explain)
		end_inside(&w, explain);
	return r;
}

static void explain_move(const struct wiring *w, const char *name, struct out *o)
{
	const struct wire_end *from = &w->ends[0].wire, *to = &w->ends[1].wire;
	const char *new_name = to->name ? to->name : name;

	begin_inside(w, o);
	out_printf(o, "%s link set %s netns ", from->place.ip, name);
	if (to->place.word)
		out_shell_word(o, to->place.word);
	else
		out_puts(o, "$$");
	if (strcmp(name, new_name) != 0)
		out_printf(o, " name %s", new_name);
	out_printf(o,
		   "\n%s link set %s up\n# and its addresses are added again: they are lost on the "
		   "way\n",
		   to->place.ip, new_name);
	end_inside(w, o);
}

int wire_op_move(const char *name, const char *to, const char *from, struct out *explain,
		 struct err *err)
{
	WIRING_CLEANUP struct wiring w = {0};
	int r = wiring_init(&w, 2, err);

	if (r == 0)
		r = link_check_name(name, err);
	if (r == 0)
		r = open_end(&w, 0, from ? from : "host", err);
	if (r == 0)
		r = add_end(&w, 1, to, err);
	if (r == 0 && w.ends[1].wire.n_addresses)
		r = err_set(err, 0, "'%s': an interface keeps the addresses that it has", to);
	if (r == 0 && w.ends[0].wire.place.netns == w.ends[1].wire.place.netns)
		r = err_set(err, 0, "'%s' is in '%s' already", name, to);
	if (r == 0 && explain)
		explain_move(&w, name, explain);
	if (r < 0 || explain)
		return r;
	r = check_rights(&w, err);
	return r < 0 ? r
		     : link_move_between(w.ends[0].netns, w.ends[1].netns, name,
					 w.ends[1].wire.name, err);
}
