// SPDX-License-Identifier: Apache-2.0
#define ERR_DEFINES_ITSELF
#include "err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

static int recorded(const struct err *err)
{
	return err->code ? -err->code : -EINVAL;
}

/* Names in messages come from files that nobody vouches for: no terminal is told what to do,
 * neither by the control characters of ASCII nor by those that UTF-8 has besides (U+0080 to
 * U+009F). */
static void plain_text(char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s, next = (unsigned char)s[1];

		if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
			*s = '?';
		else if (c == 0xc2 && next >= 0x80 && next < 0xa0)
			s[0] = s[1] = '?';
	}
}

int err_set(struct err *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (err) {
		err->code = code;
		err->exit = 0;
		err->remedy[0] = '\0';
		va_start(ap, fmt);
		vsnprintf(err->text, sizeof(err->text), fmt, ap);
		va_end(ap);
		plain_text(err->text);
	}
	return code ? -code : -EINVAL;
}

int err_context(struct err *err, const char *fmt, ...)
{
	char old[sizeof(err->text)];
	va_list ap;
	int n;

	if (!err)
		return -EINVAL;
	memcpy(old, err->text, sizeof(old));
	va_start(ap, fmt);
	n = vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(err->text) - 2) {
		size_t room = sizeof(err->text) - (size_t)n - 3;
		size_t len = strnlen(old, room);

		memcpy(err->text + n, ": ", 2);
		memcpy(err->text + n + 2, old, len);
		err->text[(size_t)n + 2 + len] = '\0';
	}
	return recorded(err);
}

int err_remedy(struct err *err, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return -EINVAL;
	va_start(ap, fmt);
	vsnprintf(err->remedy, sizeof(err->remedy), fmt, ap);
	va_end(ap);
	plain_text(err->remedy);
	return recorded(err);
}

int err_exit(struct err *err, int status)
{
	if (!err)
		return -EINVAL;
	err->exit = status;
	return recorded(err);
}

/* Where musl has words of its own, those of glibc: messages do not depend on the C library. */
static const char *errno_words(int code)
{
	if (code == EMFILE)
		return "Too many open files";
	return code == ERANGE ? "Numerical result out of range" : strerror(code);
}

/* What helps whatever it was that failed in this way. */
static const char *common_remedy(const struct err *err)
{
	struct rlimit limit;

	if (err->code == EMFILE)
		return "raise the limit of open files: ulimit -n 1024";
	if (err->code == EFBIG && getrlimit(RLIMIT_FSIZE, &limit) == 0 &&
	    limit.rlim_cur != RLIM_INFINITY)
		return "raise the limit of file sizes: ulimit -f unlimited";
	if (err->code == ENOMEM && getrlimit(RLIMIT_AS, &limit) == 0 &&
	    limit.rlim_cur != RLIM_INFINITY)
		return "raise the limit of address space: ulimit -v unlimited";
	return "";
}

void err_format(const struct err *err, char *buf, size_t size)
{
	const char *why = err->code ? errno_words(err->code) : "";
	/* A lack of descriptors is the cause even where another one was looked for. */
	const char *common = common_remedy(err), *remedy = *common ? common : err->remedy;

	snprintf(buf, size, "%s%s%s%s%s", err->text, *why ? ": " : "", why, *remedy ? "\n  " : "",
		 remedy);
	/* The whole may have come from a process in the container. */
	plain_text(buf);
}

void out_of_memory(void)
{
	static const char words[] = "kokon: out of memory\n";

	if (write(STDERR_FILENO, words, sizeof(words) - 1) < 0)
		_exit(125);
	_exit(125);
}
