// SPDX-License-Identifier: Apache-2.0
/* The log of --log and --log-format. Engines read the last error of the JSON form. */
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include "oci-command.h"

/* The message in lower case throughout: engines look for "no such file or directory" in it, to
 * find out with what status to end. */
static void put_message(struct out *o, const struct err *err, const char *before_remedy)
{
	const char *cause = err->code ? strerror(err->code) : "";

	out_puts(o, err->text);
	if (*cause)
		out_printf(o, ": %c%s", tolower((unsigned char)*cause), cause + 1);
	if (err->remedy[0])
		out_printf(o, "%s%s", before_remedy, err->remedy);
}

static void put_time(struct out *o)
{
	time_t now = time(NULL);
	char text[40];
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	out_puts(o, text);
}

static void put_entry(const struct oci_cli *cli, const char *level, const char *text, struct out *o)
{
	if (strcmp(cli->log_format, "json") == 0) {
		out_printf(o, "{\"level\":\"%s\",\"msg\":", level);
		out_json_string(o, text);
		out_puts(o, ",\"time\":\"");
		put_time(o);
		out_puts(o, "\"}\n");
	} else {
		out_puts(o, "time=\"");
		put_time(o);
		out_printf(o, "\" level=%s msg=", level);
		out_json_string(o, text);
		out_puts(o, "\n");
	}
}

/* --- where to --- */

static void to_syslog(const char *name, const char *level, const char *text)
{
	int priority = strcmp(level, "error") == 0     ? LOG_ERR
		       : strcmp(level, "warning") == 0 ? LOG_WARNING
						       : LOG_DEBUG;

	openlog(*name ? name : "kokon-oci", LOG_PID, LOG_DAEMON);
	syslog(priority, "%s", text);
	closelog();
}

/* systemd's Journal Native Protocol: a datagram of lines NAME=VALUE. */
static int to_journal(const char *name, const char *level, const char *text)
{
	static const struct sockaddr_un journal = {AF_UNIX, "/run/systemd/journal/socket"};
	OUT_CLEANUP struct out o = {0};
	CLOSE_FD int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	out_printf(&o, "SYSLOG_IDENTIFIER=%s\nPRIORITY=%d\nMESSAGE=", *name ? name : "kokon-oci",
		   strcmp(level, "error") == 0 ? LOG_ERR : LOG_INFO);
	for (const char *at = text; *at; at++)
		out_put(&o, *at == '\n' ? " " : at, 1);
	out_puts(&o, "\n");
	return sock < 0 || sendto(sock, o.text, o.len, MSG_NOSIGNAL,
				  (const struct sockaddr *)&journal, sizeof(journal)) < 0
		       ? -errno
		       : 0;
}

/* The name behind "BACKEND:", or NULL. */
static const char *backend(const char *log, const char *name)
{
	size_t len = strlen(name);

	return log && strncmp(log, name, len) == 0 && log[len] == ':' ? log + len + 1 : NULL;
}

static void to_file(const char *path, const struct out *line)
{
	int fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644) : STDERR_FILENO;

	if (fd < 0) {
		fprintf(stderr, "kokon-oci: cannot open the log '%s': %s\n", path, strerror(errno));
		return;
	}
	out_write(line, fd);
	if (path)
		close(fd);
}

void oci_log(struct oci_cli *cli, const char *level, const char *text)
{
	OUT_CLEANUP struct out o = {0};
	const char *name;

	if (strcmp(level, "debug") == 0 && !cli->debug)
		return;
	if ((name = backend(cli->log, "syslog"))) {
		to_syslog(name, level, text);
		return;
	}
	if ((name = backend(cli->log, "journald"))) {
		if (to_journal(name, level, text) < 0)
			fprintf(stderr, "kokon-oci: cannot reach the journal: %s\n",
				strerror(errno));
		return;
	}
	put_entry(cli, level, text, &o);
	name = backend(cli->log, "file");
	to_file(name ? name : cli->log, &o);
}

void oci_log_error(struct oci_cli *cli, const struct err *err)
{
	OUT_CLEANUP struct out line = {0};
	OUT_CLEANUP struct out plain = {0};

	put_message(&line, err, "; ");
	oci_log(cli, "error", line.text);
	if (!cli->log)
		return;
	put_message(&plain, err, "\n  ");
	fprintf(stderr, "%s\n", plain.text);
}
