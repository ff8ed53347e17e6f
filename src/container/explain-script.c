// SPDX-License-Identifier: Apache-2.0
/* The script that is written: its lines, the words in front of the program. */
#include <stdarg.h>

#include "explain.h"

static void put_line(struct explain *x, const char *before, const char *fmt, va_list ap,
		     const char *after)
{
	out_puts(x->out, before);
	out_vprintf(x->out, fmt, ap);
	out_puts(x->out, after);
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
	va_list ap;

	va_start(ap, fmt);
	out_vprintf(&x->prefix, fmt, ap);
	va_end(ap);
	out_puts(&x->prefix, " ");
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

/* Behind "env -i" there is no PATH to find the tools that change root and ids. */
void explain_tool(struct explain *x, const char *name)
{
	if (x->plan->program.clean)
		explain_prefix(x, "\"$(command -v %s)\"", name);
	else
		explain_prefix(x, "%s", name);
}
