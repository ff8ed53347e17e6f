// SPDX-License-Identifier: Apache-2.0
/* The log of --log and --log-format. Engines read the last error of the JSON form. */
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
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

void oci_log(struct oci_cli *cli, const char *level, const char *text)
{
	OUT_CLEANUP struct out o = {0};
	int fd = STDERR_FILENO;

	if (strcmp(level, "debug") == 0 && !cli->debug)
		return;
	if (strcmp(cli->log_format, "json") == 0) {
		out_printf(&o, "{\"level\":\"%s\",\"msg\":", level);
		out_json_string(&o, text);
		out_puts(&o, ",\"time\":\"");
		put_time(&o);
		out_puts(&o, "\"}\n");
	} else {
		out_puts(&o, "time=\"");
		put_time(&o);
		out_printf(&o, "\" level=%s msg=", level);
		out_json_string(&o, text);
		out_puts(&o, "\n");
	}
	if (cli->log)
		fd = open(cli->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (fd < 0) {
		fprintf(stderr, "kokon-oci: cannot open the log '%s': %s\n", cli->log,
			strerror(errno));
		return;
	}
	out_write(&o, fd);
	if (cli->log)
		close(fd);
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
