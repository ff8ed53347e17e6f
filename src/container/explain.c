// SPDX-License-Identifier: Apache-2.0
#include "explain.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static void put_line(struct explain *x, const char *before, const char *fmt, va_list ap,
		     const char *after)
{
	char text[4096];

	vsnprintf(text, sizeof(text), fmt, ap);
	out_printf(x->out, "%s%s%s", before, text, after);
}

void explain_why(struct explain *x, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_line(x, "# ", fmt, ap, "\n");
	va_end(ap);
}

void explain_command(struct explain *x, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_line(x, "", fmt, ap, "\n");
	va_end(ap);
}

/* The rest is a here-document with a name of its own, so that it may nest and keeps stdin. */
void explain_enter(struct explain *x, const char *fmt, ...)
{
	va_list ap;

	x->depth++;
	va_start(ap, fmt);
	put_line(x, "exec ", fmt, ap, "");
	va_end(ap);
	out_printf(x->out, " sh -e -c \"$(cat <<'inside%d'\n", x->depth);
}

void explain_prefix(struct explain *x, const char *fmt, ...)
{
	char text[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	out_printf(&x->prefix, "%s ", text);
}

void explain_row(struct explain *x, int row)
{
	explain_why(x, "%s", steps[row].why);
}

const char *explain_quoted(const char *s, struct out *buffer)
{
	out_free(buffer);
	out_shell_word(buffer, s);
	return buffer->text;
}

void explain_plan(const struct plan *plan, struct out *out)
{
	static void (*const functions[ROWS])(struct explain *) = {
#define STEP(id, ...) explain_##id,
#include "steps.def"
#undef STEP
	};
	struct explain x = {.out = out, .plan = plan};

	explain_outside(&x);
	for (int row = 0; row < ROWS; row++)
		if (steps[row].when(plan))
			functions[row](&x);
	for (; x.depth > 0; x.depth--)
		out_printf(out, "inside%d\n)\"\n", x.depth);
	out_free(&x.prefix);
}

int explain_to_stdout(const struct plan *plan, struct err *err)
{
	OUT_CLEANUP struct out o = {0};
	int r;

	explain_plan(plan, &o);
	r = out_write(&o, STDOUT_FILENO);
	if (r == -EPIPE)
		return 1;
	return r < 0 ? err_set(err, -r, "cannot write to standard output") : 0;
}
