// SPDX-License-Identifier: Apache-2.0
#include "engine-run.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include "environment.h"
#include "explain.h"
#include "file.h"
#include "facts.h"
#include "host-image.h"
#include "link.h"
#include "notes.h"
#include "own-ids.h"
#include "parse.h"
#include "plan-run.h"
#include "program-diagnosis.h"
#include "supervise.h"
#include "target.h"
#include "top.h"
#include "terminal.h"

extern char **environ;

/* What a usual start takes, in bytes. */
enum { SCRATCH_USUAL = 60 << 10, PLAN_USUAL = 32 << 10 };

/* --- name --- */

static const char *const adjectives[] = {"amber", "brisk", "calm",  "deft",  "early", "fair",
					 "glad",  "hazel", "keen",  "lucid", "mild",  "neat",
					 "quick", "ruby",  "swift", "warm"};
static const char *const nouns[] = {"ash",   "birch", "cedar", "dove", "elm",   "finch",
				    "grove", "heron", "iris",  "lark", "maple", "oriole",
				    "pine",  "robin", "silk",  "wren"};

static const char *made_up_name(struct arena *a)
{
	uint32_t bits;

	if (getrandom(&bits, sizeof(bits), 0) != sizeof(bits))
		bits = (uint32_t)getpid();
	return arena_printf(a, "%s-%s-%04x", adjectives[bits & 15], nouns[bits >> 4 & 15],
			    bits >> 16);
}

/* --- namespaces --- */

enum { JOINED_RANGES = 340 }; /* user_namespaces(7) */

/* What a user namespace that exists maps, for removing what the container leaves. */
static void read_map(struct arena *a, pid_t pid, const char *file, struct idmap *ret)
{
	struct idmap_range *ranges = arena_array(a, struct idmap_range, JOINED_RANGES);
	FREE_PTR char *text = NULL;
	const char *at, *line;
	char path[40];
	uint32_t n = 0;
	size_t len;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	if (read_file_at(AT_FDCWD, path, 1 << 16, &text) < 0)
		return;
	at = text;
	while (n < JOINED_RANGES && next_field(&at, '\n', &line, &len))
		if (sscanf(line, "%u %u %u", &ranges[n].inside, &ranges[n].outside,
			   &ranges[n].count) == 3)
			n++;
	*ret = (struct idmap){ranges, n};
}

static bool is_own(int fd, int type)
{
	struct stat a, b;
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/ns/%s", namespace_infos[type].name);
	return fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_ino == b.st_ino &&
	       a.st_dev == b.st_dev;
}

static int join_user(struct arena *a, struct run_request *q, const struct target *t,
		     struct err *err)
{
	struct namespace_choice *choice = &q->namespaces[NAMESPACE_USER];
	char path[40], line[16];
	int fd = target_open_namespace(t, NAMESPACE_USER, err);

	if (fd < 0)
		return fd;
	/* The kernel refuses to enter the one that one is in. */
	if (is_own(fd, NAMESPACE_USER)) {
		close(fd);
		choice->source = SOURCE_HOST;
		return 0;
	}
	choice->fd = fd;
	choice->shown = t->text;
	choice->source = SOURCE_JOIN;
	if (t->pid <= 0)
		return 0;
	read_map(a, t->pid, "uid_map", &q->joined_uid);
	read_map(a, t->pid, "gid_map", &q->joined_gid);
	snprintf(path, sizeof(path), "/proc/%d/setgroups", (int)t->pid);
	q->joined_deny_groups =
		read_line_at(AT_FDCWD, path, line, sizeof(line)) > 0 && strcmp(line, "deny") == 0;
	return 0;
}

/* As podman-run(1) names them. */
static const char *option_of(int type)
{
	return type == NAMESPACE_USER     ? "userns"
	       : type == NAMESPACE_CGROUP ? "cgroupns"
					  : namespace_infos[type].option;
}

static bool is_administrator(void)
{
	return facts_capabilities() >> CAP_SYS_ADMIN & 1;
}

/* The user namespace that owns an ordinary user's named network namespaces. */
static int join_holder(struct arena *a, struct run_request *q, pid_t holder, struct err *err)
{
	TARGET_CLEANUP struct target t = TARGET_NONE;
	char *word = arena_printf(a, "pid:%d", (int)holder);
	int r = target_resolve(word, &t, err);

	return r < 0 ? r : join_user(a, q, &t, err);
}

/* A namespace of a process, a container, or a file (target.h). */
static int join(struct arena *a, struct run_request *q, int type, const char *word, struct err *err)
{
	struct namespace_choice *choice = &q->namespaces[type];
	TARGET_CLEANUP struct target t = TARGET_NONE;
	int r = target_resolve(word, &t, err);

	if (r == 0 && type == NAMESPACE_USER) {
		r = join_user(a, q, &t, err);
	} else if (r == 0) {
		choice->fd = r = target_open_namespace(&t, (enum namespace_type)type, err);
		choice->source = SOURCE_JOIN;
		/* An ordinary user may enter it only by way of the user namespace that owns it. */
		if (r >= 0 && (t.pid > 0 || t.holder > 0) && !is_administrator() &&
		    q->namespaces[NAMESPACE_USER].source == SOURCE_DEFAULT)
			r = t.holder > 0 ? join_holder(a, q, t.holder, err)
					 : join_user(a, q, &t, err);
	}
	return r < 0 ? err_context(err, "--%s", option_of(type)) : 0;
}

/* A bare word is a mode, unless there is a container or a network namespace of that name. */
static int unknown_mode(int type, const char *word, struct err *err)
{
	err_set(err, 0, "--%s: unknown mode '%s'", option_of(type), word);
	return err_remedy(err, "use private, host%s, container:NAME, %spid:N or ns:PATH",
			  type == NAMESPACE_NET    ? ", none"
			  : type == NAMESPACE_USER ? ", keep-id"
						   : "",
			  type == NAMESPACE_NET ? "netns:NAME, " : "");
}

static int choose(struct arena *a, struct run_request *q, int type, const char *word,
		  struct err *err)
{
	struct namespace_choice *choice = &q->namespaces[type];
	int r;

	if (!word)
		return 0;
	choice->shown = word;
	if (strcmp(word, "private") == 0 || (type == NAMESPACE_NET && strcmp(word, "none") == 0)) {
		choice->source = SOURCE_NEW;
	} else if (strcmp(word, "host") == 0) {
		choice->source = SOURCE_HOST;
	} else if (type == NAMESPACE_USER && strcmp(word, "keep-id") == 0) {
		choice->source = SOURCE_NEW;
		q->keep_id = true;
	} else {
		r = join(a, q, type, word, err);
		return r < 0 && !strchr(word, ':') ? unknown_mode(type, word, err) : r;
	}
	return 0;
}

/* --- networks of an ordinary user --- */

/* The containers' user namespaces are made in the one that owns the router. */
static int nest(struct arena *a, struct run_request *q, struct err *err)
{
	const struct router *router = &q->network.router;
	struct facts facts = {.uid = geteuid(), .gid = getegid()};

	q->nested = true;
	q->around.shown = "netns:" ROUTER_NAME;
	q->around.fd = router->user < 0 ? -1 : fcntl(router->user, F_DUPFD_CLOEXEC, 3);
	if (router->keeper) {
		read_map(a, router->keeper, "uid_map", &q->joined_uid);
		read_map(a, router->keeper, "gid_map", &q->joined_gid);
		return q->around.fd < 0 ? err_errno(err, "cannot keep a descriptor") : 0;
	}
	/* An explanation: as it would be made. */
	facts_survey_subids(a, &facts);
	own_ids(a, &facts, &q->joined_uid, &q->joined_gid);
	return 0;
}

static int join_router(struct arena *a, struct run_request *q, struct err *err)
{
	CLOSE_FD int root = state_root(!q->explain, NULL);
	CLOSE_FD int directory = root < 0 ? -1 : pool_directory(root, !q->explain, NULL);
	struct router *router = &q->network.router;
	int r = q->explain ? router_find(directory, router, err)
			   : router_join(directory, own_ids_map, router, err);

	if (r < 0 || !router->apart)
		return r;
	if (q->network.routed && !q->explain)
		engine_way_out(a, "kokon run", router, directory, q->network.pasta_path,
			       &q->network.no_way_out);
	return q->namespaces[NAMESPACE_USER].source == SOURCE_HOST ||
			       q->namespaces[NAMESPACE_USER].source == SOURCE_JOIN
		       ? 0
		       : nest(a, q, err);
}

/* --- image --- */

static int open_image(struct arena *a, struct run_request *q, struct host_image *image,
		      struct err *err)
{
	struct stat st;
	char *real;

	if (q->rootfs) {
		if (stat(q->rootfs, &st) < 0) {
			err_errno(err, "cannot open the rootfs '%s'", q->rootfs);
			return err->code == ENOENT ? err_remedy(err,
								"make one: kokon rootfs create "
								"'%s' --bin bash,ls,ps",
								q->rootfs)
						   : -err->code;
		}
		if (!S_ISDIR(st.st_mode))
			return err_set(err, ENOTDIR, "cannot use '%s' as rootfs", q->rootfs);
		real = realpath(q->rootfs, NULL);
		q->rootfs = arena_strdup(a, real ? real : q->rootfs);
		free(real);
		return 0;
	}
	if (q->explain) {
		int r = host_image_find(q->host_names, image, err);

		q->layer_path = r == 0 ? image->path : "LAYER";
		return 0;
	}
	if (host_image_open(q->host_names, image, err) < 0)
		return -EINVAL;
	q->layer_path = image->path;
	if (q->verbose && image->left_out && *image->left_out)
		fprintf(stderr, "kokon run: note: this machine lacks %s\n", image->left_out);
	return 0;
}

/* --- devices, limits, security --- */

/* IF[:NEWNAME]. That it is there is found out before anything starts. */
static int survey_net_device(struct arena *a, const char *word, struct net_device_plan *ret,
			     struct err *err)
{
	NETLINK_CLEANUP struct netlink nl = NETLINK_NONE;
	char *name = arena_strdup(a, word), *colon = strchr(name, ':');
	struct link link;
	int r;

	if (colon) {
		*colon = '\0';
		ret->name = colon + 1;
	}
	ret->host = name;
	r = ret->name ? link_check_name(ret->name, err) : 0;
	if (r == 0)
		r = netlink_open(NETLINK_ROUTE, &nl, err);
	if (r == 0)
		r = link_find(&nl, name, &link, err);
	if (r == 0 && !(facts_capabilities() >> CAP_NET_ADMIN & 1)) {
		r = err_set(err, EPERM, "cannot take the network interface '%s' away", name);
		err_remedy(err, "it is the machine's: run this as root");
	}
	return r < 0 ? err_context(err, "--netdev") : 0;
}

static int survey_net_devices(struct arena *a, struct run_request *q, const char *const *words,
			      struct err *err)
{
	uint32_t n = 0;
	struct net_device_plan *list;
	int r = 0;

	while (words[n])
		n++;
	list = arena_array(a, struct net_device_plan, n);
	for (uint32_t i = 0; r == 0 && i < n; i++)
		r = survey_net_device(a, words[i], &list[i], err);
	q->net_devices = list;
	q->n_net_devices = n;
	return r;
}

static int survey_devices(struct arena *a, struct run_request *q, const char *const *words,
			  struct err *err)
{
	struct device *list = arena_array(a, struct device, DEVICES_MAX);

	for (; *words; words++) {
		struct device d;
		uint32_t n = 0;
		int r = device_parse(*words, a, &d, err);

		if (r == 0)
			r = device_survey(&d, a, list + q->n_devices, DEVICES_MAX - q->n_devices,
					  &n, err);
		if (r < 0)
			return err_context(err, "--device");
		q->n_devices += n;
	}
	q->devices = list;
	return 0;
}

static int parse_ulimits(struct arena *a, struct run_request *q, const char *const *words,
			 struct err *err)
{
	struct rlimit_op *ops = arena_array(a, struct rlimit_op, RLIMITS_COUNT);

	for (; *words; words++) {
		struct rlimit_op op;
		int r = strcmp(*words, "host") == 0 ? rlimits_of_self(ops, &q->rlimits.count, err)
						    : rlimit_parse(*words, &op, err);

		if (r < 0)
			return err_context(err, "--ulimit");
		if (strcmp(*words, "host") != 0)
			rlimits_put(ops, &q->rlimits.count, &op);
	}
	q->rlimits.ops = ops;
	return 0;
}

static int label(struct arena *a, struct run_request *q, struct err *err)
{
	const struct security_options *o = &q->security;
	char own[512];

	if (!o->label_user && !o->label_role && !o->label_type && !o->label_level &&
	    !o->label_filetype)
		return 0;
	if (access("/sys/fs/selinux/enforce", F_OK) < 0 ||
	    read_line_at(AT_FDCWD, "/proc/self/attr/current", own, sizeof(own)) <= 0) {
		fprintf(stderr, "kokon run: note: label= is ignored: SELinux is not active here\n");
		return 0;
	}
	if (o->apparmor)
		return err_set(err, 0, "--security-opt: label= and apparmor= exclude each other");
	q->selinux = security_context(o, own, a);
	q->selinux_files = security_file_context(o, own, a);
	return 0;
}

static int parse_security(struct arena *a, struct run_request *q, const char *const *words,
			  struct err *err)
{
	struct security_options *o = &q->security;

	for (; *words; words++)
		if (security_parse(*words, a, o, err) < 0)
			return err_context(err, "--security-opt");
	return label(a, q, err);
}

/* --- volumes and environment --- */

static int parse_volumes(struct arena *a, struct run_request *q, const struct run_words *w,
			 struct err *err)
{
	struct volume *list;
	char *cwd;
	uint32_t n = 0;
	int r = 0;

	while (w->volumes[n])
		n++;
	list = arena_array(a, struct volume, n + 1);
	cwd = realpath(".", NULL);
	for (uint32_t i = 0; r == 0 && i < n; i++) {
		const char *word = w->volumes[i];

		r = w->volume_kinds[i] == 'v'   ? volume_parse(word, cwd, a, &list[i], err)
		    : w->volume_kinds[i] == 'm' ? volume_parse_mount(word, cwd, a, &list[i], err)
						: volume_parse_tmpfs(word, a, &list[i], err);
	}
	free(cwd);
	q->volumes = list;
	q->n_volumes = n;
	return r < 0 ? r : volumes_check(list, n, err);
}

static int parse_environment(struct arena *a, struct run_request *q, const struct run_words *w,
			     struct err *err)
{
	struct environment e;
	int r = 0;

	environment_init(&e, a);
	for (const char *const *f = w->env_files; r == 0 && *f; f++)
		if (environment_file(&e, *f, environ, err) < 0)
			r = err_context(err, "--env-file");
	for (const char *const *o = w->env; r == 0 && *o; o++)
		if (environment_option(&e, *o, environ, err) < 0)
			r = err_context(err, "--env");
	q->env = (const char *const *)e.v;
	return r;
}

/* --- all together --- */

static int complete(struct arena *a, struct run_request *q, const struct run_words *words,
		    struct err *err)
{
	bool shell = !q->argv[0] && !q->entrypoint;
	const char *net = NULL;
	int r = 0;

	if (!q->name)
		q->name = made_up_name(a);
	r = state_check_name(q->name, err);
	if (r == 0)
		r = engine_network(a, &words->network, &q->network, &net, err);
	for (int i = 0; r == 0 && i < NAMESPACE_TYPES; i++)
		r = choose(a, q, i, i == NAMESPACE_NET ? net : words->modes[i], err);
	if (r == 0 && q->network.n)
		r = join_router(a, q, err);
	if (r == 0 && q->network.files)
		r = state_path(a, q->name, &q->network.directory, err);
	if (shell) {
		q->interactive = true;
		q->tty = q->tty || (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO));
	}
	if (q->tty) {
		struct terminal terminal;

		terminal_find(&terminal, STDIN_FILENO, STDOUT_FILENO);
		terminal_size(&terminal, &q->rows, &q->columns);
	}
	if (r == 0)
		r = parse_environment(a, q, words, err);
	if (r == 0)
		r = parse_volumes(a, q, words, err);
	if (r == 0)
		r = survey_devices(a, q, words->devices, err);
	if (r == 0)
		r = survey_net_devices(a, q, words->net_devices, err);
	if (r == 0)
		r = parse_ulimits(a, q, words->ulimits, err);
	if (r == 0)
		r = parse_security(a, q, words->security, err);
	q->top = arena_printf(a, "%s/%s", top_directory(a), q->name);
	return r;
}

/* Why the program could not be run: the image is examined. `status` as supervise() returned it. */
static int diagnose_program(const struct run_request *q, const struct host_image *image,
			    const struct plan *plan, const struct state *state, int status,
			    struct err *err)
{
	CLOSE_FD int root =
		q->rootfs ? open(q->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC) : dup(image->root);

	return program_diagnose(plan,
				&(struct exec_failure){.root = root,
						       .dir = q->rootfs,
						       .image = q->rootfs ? NULL : state->image},
				status, err);
}

int engine_run(struct run_request *q, const struct run_words *words, struct err *err)
{
	HOST_IMAGE_CLEANUP struct host_image image = HOST_IMAGE_NONE;
	OUT_CLEANUP struct out notes = {0};
	struct cgroup_layout *layout = NULL;
	struct arena scratch, arena;
	struct facts facts;
	struct state state;
	struct supervise_result result = {0};
	struct plan *plan = NULL;
	int memory = -1, r = arena_init(&scratch);

	if (r == 0)
		r = arena_init_shared(&arena, &memory);
	if (r < 0)
		return err_set(err, -r, "cannot allocate memory");
	arena_prepare(&scratch, SCRATCH_USUAL);
	arena_prepare(&arena, PLAN_USUAL);
	r = complete(&scratch, q, words, err);
	if (r == 0)
		r = open_image(&scratch, q, &image, err);
	if (r == 0)
		r = facts_survey_container(&scratch,
					   q->namespaces[NAMESPACE_USER].source == SOURCE_NEW,
					   &facts, err);
	if (r == 0 && !q->cgroups_disabled)
		r = cgroup_layout_probe(&scratch, &layout, err);
	if (r == 0 && layout && q->cgroup_parent)
		layout->parents = cgroup_parent_places(&scratch, layout,
						       arena_printf(&scratch, "%s/%s",
								    q->cgroup_parent, "x"));
	if (r == 0)
		r = plan_run(&arena, q, &facts, layout, &plan, &state, &notes, err);
	if (r < 0)
		return r;
	notes_print("run", &notes);
	if (q->explain)
		return explain_to_stdout(plan, err);
	r = supervise(plan, memory, &state,
		      &(struct supervise_options){q->timeout, &q->network.router}, &result, err);
	if (r != 0)
		r = diagnose_program(q, &image, plan, &state, r, err);
	if (result.out_of_memory)
		fprintf(stderr,
			"kokon run: note: a process in '%s' was killed: it reached the memory "
			"limit; more: --memory\n",
			q->name);
	if (result.left.text[0]) {
		char text[sizeof(result.left.text) + sizeof(result.left.remedy) + 128];

		err_format(&result.left, text, sizeof(text));
		fprintf(stderr,
			"kokon run: note: %s; the next kokon command tries again to remove it\n",
			text);
	}
	if (result.timed_out)
		fprintf(stderr, "kokon run: note: '%s' was killed after %u s, its --timeout\n",
			q->name, q->timeout);
	return r;
}
