// SPDX-License-Identifier: Apache-2.0
#include "oci-command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "parse.h"

static bool is_one_of(const char *value, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(value, *words) == 0)
			return true;
	return false;
}

/* The words that runc takes, as programs in Go do. */
int oci_set_flag(void *request, const struct option_def *def, const char *value, struct err *err)
{
	static const char *const yes[] = {"true", "TRUE", "True", "t", "T", "1", NULL},
				 *const no[] = {"false", "FALSE", "False", "f", "F", "0", NULL};
	bool *flag = (bool *)((char *)request + def->data);

	if (!value || is_one_of(value, yes))
		*flag = true;
	else if (is_one_of(value, no))
		*flag = false;
	else
		return err_set(err, 0, "'%s' is neither true nor false", value);
	return 0;
}

/* An empty value is as good as none: scripts write --pid-file "$FILE". */
int oci_set_text(void *request, const struct option_def *def, const char *value,
		 struct err *err UNUSED)
{
	if (*value)
		*(const char **)((char *)request + def->data) = value;
	return 0;
}

int oci_set_u32(void *request, const struct option_def *def, const char *value, struct err *err)
{
	uint64_t number;

	if (parse_u64(value, 0, 100000, &number) < 0)
		return err_set(err, 0, "'%s' is no number from 0 to 100000", value);
	*(uint32_t *)((char *)request + def->data) = (uint32_t)number;
	return 0;
}

int oci_add_word(void *request, const struct option_def *def, const char *value, struct err *err)
{
	struct oci_words *words = (struct oci_words *)((char *)request + def->data);

	if (words->n == OCI_WORDS_MAX)
		return err_set(err, 0, "given more than %d times", OCI_WORDS_MAX);
	if (!words->word)
		words->word = calloc(OCI_WORDS_MAX + 1, sizeof(*words->word));
	if (!words->word)
		return err_set(err, ENOMEM, "cannot keep '%s'", value);
	words->word[words->n++] = value;
	return 0;
}

int oci_set_help(void *request, const struct option_def *def UNUSED, const char *value UNUSED,
		 struct err *err UNUSED)
{
	*(int *)request = 1;
	return 0;
}

static int print_help(const struct oci_command *self)
{
	OUT_CLEANUP struct out o = {0};

	out_printf(&o, "Usage: kokon-oci %s %s\n\n%s.\n\nOptions:\n", self->name, self->synopsis,
		   self->summary);
	options_help(self->options, &o);
	return out_write(&o, STDOUT_FILENO) < 0 ? 1 : 0;
}

int oci_usage(struct oci_cli *cli, const struct oci_command *self, const struct err *err)
{
	oci_log_error(cli, err);
	fprintf(stderr, "see: kokon-oci %s --help\n", self->name);
	return self->fail_status;
}

int oci_parse(struct oci_cli *cli, const struct oci_command *self, enum options_order order,
	      void *request, char **argv, size_t *ret_rest)
{
	struct err err = {0};

	if (options_parse(self->options, order, request, argv + 1, ret_rest, &err) < 0)
		return oci_usage(cli, self, &err);
	return *(int *)request ? print_help(self) : -1;
}

int oci_need_id(struct oci_cli *cli, const struct oci_command *self, size_t rest)
{
	struct err err = {0};

	if (rest == 1)
		return -1;
	err_set(&err, 0, rest ? "'%s' takes one container id" : "'%s': the container id is missing",
		self->name);
	return oci_usage(cli, self, &err);
}

int oci_parse_id(struct oci_cli *cli, const struct oci_command *self, void *request, char **argv)
{
	size_t rest;
	int r = oci_parse(cli, self, OPTIONS_ANYWHERE, request, argv, &rest);

	return r < 0 ? oci_need_id(cli, self, rest) : r;
}

static void log_notes(struct oci_cli *cli)
{
	const char *at = cli->notes.text, *line;
	size_t len;

	while (at && next_field(&at, '\n', &line, &len)) {
		char text[1024];

		snprintf(text, sizeof(text), "%.*s", (int)len, line);
		if (len)
			oci_log(cli, "warning", text);
	}
}

int oci_finish(struct oci_cli *cli, const struct oci_command *self, int r, const struct err *err)
{
	log_notes(cli);
	out_free(&cli->notes);
	if (r >= 0)
		return r;
	oci_log_error(cli, err);
	return self->fail_status;
}

int oci_finish_with(struct oci_cli *cli, const struct oci_command *self, int r, const struct out *o,
		    const struct err *err)
{
	struct err failed = {0};

	if (r < 0)
		return oci_finish(cli, self, r, err);
	r = out_write(o, STDOUT_FILENO);
	if (r < 0)
		err_set(&failed, -r, "cannot write to standard output");
	return oci_finish(cli, self, r, &failed);
}
