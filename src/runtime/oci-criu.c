// SPDX-License-Identifier: Apache-2.0
#include "oci-criu.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "file.h"
#include "names.h"

const char criu_descriptors[] = "descriptors.json";

static const struct {
	size_t at;
	enum criu_option option;
} flags[] = {
	{offsetof(struct oci_criu, tcp_established), CRIU_TCP_ESTABLISHED},
	{offsetof(struct oci_criu, tcp_close), CRIU_TCP_CLOSE},
	{offsetof(struct oci_criu, ext_unix_sk), CRIU_EXT_UNIX_SK},
	{offsetof(struct oci_criu, shell_job), CRIU_SHELL_JOB},
	{offsetof(struct oci_criu, file_locks), CRIU_FILE_LOCKS},
	{offsetof(struct oci_criu, lazy_pages), CRIU_LAZY_PAGES},
	{offsetof(struct oci_criu, auto_dedup), CRIU_AUTO_DEDUP},
};

/* enum criu_cg_mode, criu_network_lock_method of criu's rpc.proto. */
static const struct word {
	const char *word;
	uint64_t value;
} cgroup_modes[] = {{"ignore", 0}, {"cg_none", 1}, {"props", 2}, {"soft", 3},
		    {"full", 4},   {"strict", 5},  {NULL, 0}},
  network_locks[] = {{"iptables", 1}, {"nftables", 2}, {"skip", 3}, {NULL, 0}},
  empty_namespaces[] = {{"network", CLONE_NEWNET}, {NULL, 0}};

static int set_word(struct criu_job *j, enum criu_option option, const char *name,
		    const char *value, const struct word *words, const char *shown)
{
	OUT_CLEANUP struct out list = {0};

	if (!value)
		return 0;
	for (const struct word *w = words; w->word; w++) {
		if (strcmp(value, w->word) == 0) {
			criu_set(&j->options, option, w->value, shown ? shown : value);
			return 0;
		}
		out_printf(&list, "%s%s", w == words ? "" : ", ", w->word);
	}
	err_set(j->err, 0, "unknown value '%s' of %s", value, name);
	return err_remedy(j->err, "there are: %s", list.text);
}

static int open_directory(struct criu_job *j, const char *path, bool make)
{
	int fd, r = make ? make_directories(AT_FDCWD, path, 0700) : 0;

	if (r < 0)
		return err_set(j->err, -r, "cannot make '%s'", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? err_errno(j->err, "cannot open '%s'", path) : fd;
}

/* criu's processes in a user namespace of the container's open the images as its root: its group may
 * look for them, and do no more with the directory. */
static void open_to_root_inside(int dir, const struct spec *spec)
{
	const struct spec_idmap *map = &spec->linux_.gid_map;

	for (uint32_t i = 0; i < map->n; i++)
		if (map->list[i].container_id == 0 &&
		    fchown(dir, (uid_t)-1, map->list[i].host_id) == 0)
			fchmod(dir, 0710);
}

/* An administrator's settings for criu: runc's file, which engines' manuals name, unless there is
 * one for kokon; a bundle may name another, or none (""), by an annotation. */
static void set_config_file(struct criu_job *j, const struct spec *spec)
{
	static const char own[] = "/etc/criu/kokon.conf", common[] = "/etc/criu/runc.conf";
	const char *file = access(own, F_OK) == 0 ? own : access(common, F_OK) == 0 ? common : "";

	for (uint32_t i = 0; i < spec->annotations.n; i++)
		if (strcmp(spec->annotations.list[i].key, "org.criu.config") == 0)
			file = spec->annotations.list[i].value;
	if (*file)
		criu_set_text(&j->options, CRIU_CONFIG_FILE, file);
}

int criu_job_begin(struct criu_job *j, bool make, const struct spec *spec)
{
	const struct oci_criu *q = j->q;
	struct criu_options *o = &j->options;
	int r;

	j->images = q->images && *q->images ? q->images : "checkpoint";
	j->work = q->work && *q->work ? q->work : j->images;
	if (!q->explain) {
		j->images_dir = open_directory(j, j->images, make);
		j->work_dir = j->images_dir < 0 ? -1 : open_directory(j, j->work, true);
		if (j->work_dir < 0)
			return j->err->code ? -j->err->code : -EINVAL;
		if (make && spec)
			open_to_root_inside(j->images_dir, spec);
		unlinkat(j->work_dir, j->log, 0); /* of an earlier attempt */
	}
	criu_set_text(o, CRIU_LOG_FILE, j->log);
	criu_set(o, CRIU_LOG_LEVEL, 4, "4");
	criu_set(o, CRIU_NOTIFY, 1, NULL);
	criu_set(o, CRIU_ORPHAN_PTS_MASTER, 1, NULL);
	criu_set(o, CRIU_MANAGE_CGROUPS, 1, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (*(const bool *)((const char *)q + flags[i].at))
			criu_set(o, flags[i].option, 1, NULL);
	set_config_file(j, spec);
	r = set_word(j, CRIU_MANAGE_CGROUPS_MODE, "--manage-cgroups-mode",
		     q->cgroups ? q->cgroups : "soft", cgroup_modes, NULL);
	if (r == 0)
		r = set_word(j, CRIU_EMPTY_NS, "--empty-ns", q->empty_ns, empty_namespaces, "net");
	if (r == 0)
		r = set_word(j, CRIU_NETWORK_LOCK, "--network-lock", q->network_lock, network_locks,
			     NULL);
	return r;
}

void criu_job_directories(struct criu_job *j, int images, int work)
{
	criu_set(&j->options, CRIU_IMAGES_DIR_FD, (uint64_t)images, j->images);
	if (j->work != j->images)
		criu_set(&j->options, CRIU_WORK_DIR_FD, (uint64_t)work, j->work);
}

void criu_job_end(struct criu_job *j)
{
	criu_end(&j->criu, true);
	criu_options_free(&j->options);
	if (j->work_dir >= 0)
		close(TAKE_FD(j->work_dir));
	if (j->images_dir >= 0)
		close(TAKE_FD(j->images_dir));
}

int criu_job_failed(struct criu_job *j, const char *what, const char *id, int code)
{
	struct stat st;

	if (fstatat(j->work_dir, j->log, &st, 0) == 0 && st.st_size > 0)
		criu_tell_log(j->work_dir, j->log, j->work, j->o->notes, j->err);
	err_context(j->err, "cannot %s '%s'", what, id);
	return code;
}

void criu_job_explain(const struct criu_job *j, const char *command, struct out *ret)
{
	out_printf(ret, "criu %s%s\n", command, j->options.shell.text);
}

const char *criu_namespace_key(uint64_t flag)
{
	return flag == CLONE_NEWNET ? "extRootNetNS" : flag == CLONE_NEWPID ? "extRootPidNS" : NULL;
}
