// SPDX-License-Identifier: Apache-2.0
/* The log of --log and --log-format. Engines read the last error of the JSON form. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "oci-command.h"

/* The message in one line. */
static void flat(const struct err *err, char *text, size_t size)
{
	char *at;

	err_format(err, text, size);
	while ((at = strchr(text, '\n'))) {
		size_t blanks = strspn(at + 1, " ");

		*at = ';';
		memmove(at + 2, at + 1 + blanks, strlen(at + 1 + blanks) + 1);
		at[1] = ' ';
	}
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
	char text[sizeof(err->text) + sizeof(err->remedy) + 128];

	flat(err, text, sizeof(text));
	oci_log(cli, "error", text);
	if (!cli->log)
		return;
	err_format(err, text, sizeof(text));
	fprintf(stderr, "%s\n", text);
}
