// SPDX-License-Identifier: Apache-2.0
/* kokon-oci checkpoint, restore. */
#include <stddef.h>
#include "oci-commands.h"

#define COMMON(R, criu)                                                                            \
	OCI_TEXT("image-path", 0, R, criu.images, "DIR", VALUE_DIR,                                \
		 "where the images are; without it: checkpoint, here"),                            \
		OCI_TEXT("work-path", 0, R, criu.work, "DIR", VALUE_DIR,                           \
			 "where criu's log goes; without it: to the images"),                      \
		OCI_FLAG("tcp-established", 0, R, criu.tcp_established,                            \
			 "with established TCP connections"),                                      \
		OCI_FLAG("ext-unix-sk", 0, R, criu.ext_unix_sk,                                    \
			 "with sockets whose other end is outside"),                               \
		OCI_FLAG("shell-job", 0, R, criu.shell_job,                                        \
			 "with a terminal that belongs to the caller's session"),                  \
		OCI_FLAG("file-locks", 0, R, criu.file_locks, "with locks of files"),              \
		OCI_FLAG("lazy-pages", 0, R, criu.lazy_pages,                                      \
			 "memory comes when it is used, from a server of pages"),                  \
		OCI_FLAG("auto-dedup", 0, R, criu.auto_dedup,                                      \
			 "drop from earlier images what later ones hold"),                         \
		OCI_TEXT("manage-cgroups-mode", 0, R, criu.cgroups, "MODE", VALUE_TEXT,            \
			 "groups made inside: soft, full, strict, ignore"),                        \
		OCI_TEXT("empty-ns", 0, R, criu.empty_ns, "network", VALUE_TEXT,                   \
			 "a namespace whose content is somebody else's"),                          \
		OCI_TEXT("network-lock", 0, R, criu.network_lock, "iptables|nftables|skip",        \
			 VALUE_TEXT, "how connections are kept still meanwhile"),                  \
		OCI_FLAG("explain", 0, R, criu.explain, "print criu's command and do nothing")

struct checkpoint {
	int help;
	struct oci_checkpoint q;
};
#define C struct checkpoint

static const struct option_def checkpoint_options[] = {
	COMMON(C, q.criu),
	OCI_TEXT("parent-path", 0, C, q.parent, "DIR", VALUE_DIR,
		 "images of an earlier --pre-dump, as seen from these"),
	OCI_FLAG("pre-dump", 0, C, q.pre_dump, "memory only; the container goes on"),
	OCI_FLAG("leave-running", 0, C, q.leave_running, "the container goes on"),
	OCI_FLAG("tcp-skip-in-flight", 0, C, q.tcp_skip_in_flight,
		 "without connections that are not yet established"),
	OCI_FLAG("link-remap", 0, C, q.link_remap, "with open files that have lost their name"),
	OCI_TEXT("page-server", 0, C, q.page_server, "ADDRESS:PORT", VALUE_TEXT,
		 "send memory to criu page-server there; with --lazy-pages serve it there"),
	OCI_TEXT("status-fd", 0, C, q.status_fd, "FD", VALUE_TEXT,
		 "descriptor that gets a zero byte once lazy pages are served"),
	OCI_HELP,
	OPTIONS_END,
};

static int run_checkpoint(struct oci_cli *cli, const struct oci_command *self, char **argv)
{
	OUT_CLEANUP struct out o = {0};
	struct checkpoint request = {0};
	struct err err = {0};
	int r = oci_parse_id(cli, self, &request, argv);

	if (r >= 0)
		return r;
	request.q.id = argv[1];
	cli->oci.criu = cli->criu;
	r = oci_checkpoint(&cli->oci, &request.q, &o, &err);
	return oci_finish_with(cli, self, r, &o, &err);
}

const struct oci_command oci_checkpoint_command = {
	.name = "checkpoint",
	.synopsis = "[OPTION...] ID",
	.summary = "Write a running container to files, with criu",
	.options = checkpoint_options,
	.run = run_checkpoint,
	.fail_status = 1,
};

struct restore {
	int help;
	struct oci_restore q;
};
#define R struct restore

static const struct option_def restore_options[] = {
	COMMON(R, q.criu),
	OCI_TEXT("bundle", 'b', R, q.create.bundle, "DIR", VALUE_DIR,
		 "the bundle; without it: here"),
	OCI_TEXT("config", 'f', R, q.create.config, "FILE", VALUE_FILE,
		 "its config, in place of config.json"),
	OCI_FLAG("tcp-close", 0, R, q.criu.tcp_close, "TCP connections come back closed"),
	OCI_FLAG("detach", 'd', R, q.create.detach, "do not wait for the end"),
	OCI_FLAG("keep", 0, R, q.create.keep, "do not delete the container when it has ended"),
	OCI_TEXT("console-socket", 0, R, q.create.console_socket, "PATH", VALUE_FILE,
		 "socket that gets the other side of the terminal"),
	OCI_TEXT("pidfd-socket", 0, R, q.create.pidfd_socket, "PATH", VALUE_FILE,
		 "socket that gets a pidfd of the first process"),
	OCI_TEXT("pid-file", 0, R, q.create.pid_file, "FILE", VALUE_FILE,
		 "write the pid of the first process there"),
	OCI_FLAG("no-subreaper", 0, R, q.create.no_subreaper,
		 "do not become the reaper of orphans"),
	OCI_FLAG("no-pivot", 0, R, q.create.no_pivot, "accepted; criu changes the root"),
	OCI_TEXT("lsm-profile", 0, R, q.lsm_profile, "TYPE:LABEL", VALUE_TEXT,
		 "another label: apparmor:NAME or selinux:CONTEXT"),
	OCI_TEXT("lsm-mount-context", 0, R, q.lsm_mount_context, "CONTEXT", VALUE_TEXT,
		 "another label for mounts that have one"),
	OCI_HELP,
	OPTIONS_END,
};

static int run_restore(struct oci_cli *cli, const struct oci_command *self, char **argv)
{
	OUT_CLEANUP struct out o = {0};
	struct restore request = {0};
	struct err err = {0};
	int r = oci_parse_id(cli, self, &request, argv);

	if (r >= 0)
		return r;
	request.q.create.id = argv[1];
	request.q.create.explain = request.q.criu.explain;
	cli->oci.criu = cli->criu;
	r = oci_restore(&cli->oci, &request.q, &o, &err);
	if (!request.q.criu.explain)
		return oci_finish(cli, self, r, &err);
	return oci_finish_with(cli, self, r, &o, &err);
}

const struct oci_command oci_restore_command = {
	.name = "restore",
	.synopsis = "[OPTION...] ID",
	.summary = "Make a container again from such files",
	.options = restore_options,
	.run = run_restore,
	.fail_status = 1,
};
