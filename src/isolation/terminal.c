// SPDX-License-Identifier: Apache-2.0
#include "terminal.h"

#include <sys/ioctl.h>

void terminal_find(struct terminal *t, int in, int out)
{
	*t = (struct terminal){.fd = -1};
	if (in >= 0 && isatty(in))
		t->fd = in;
	else if (out >= 0 && isatty(out))
		t->fd = out;
}

int terminal_raw(struct terminal *t, struct err *err)
{
	struct termios raw;
	int r;

	if (t->fd < 0 || t->raw)
		return 0;
	if (tcgetattr(t->fd, &t->saved) < 0)
		return err_errno(err, "cannot read the terminal's modes");
	raw = t->saved;
	cfmakeraw(&raw);
	/* Marked before it happens: a restore too many is harmless, one too few is not. */
	t->raw = true;
	do
		r = tcsetattr(t->fd, TCSANOW, &raw);
	while (r < 0 && errno == EINTR);
	if (r < 0) {
		t->raw = false;
		return err_errno(err, "cannot set the terminal's modes");
	}
	return 0;
}

void terminal_restore(struct terminal *t)
{
	int r;

	if (!t->raw)
		return;
	/* Not TCSADRAIN, which waits for as long as the user has stopped the output. */
	do
		r = tcsetattr(t->fd, TCSANOW, &t->saved);
	while (r < 0 && errno == EINTR);
	t->raw = false;
}

void terminal_size(const struct terminal *t, uint16_t *ret_rows, uint16_t *ret_columns)
{
	struct winsize size = {0};

	if (t->fd >= 0 && ioctl(t->fd, TIOCGWINSZ, &size) < 0)
		size = (struct winsize){0};
	*ret_rows = size.ws_row;
	*ret_columns = size.ws_col;
}

void terminal_copy_size(const struct terminal *t, int master)
{
	struct winsize size;

	if (t->fd >= 0 && master >= 0 && ioctl(t->fd, TIOCGWINSZ, &size) == 0 && size.ws_row)
		ioctl(master, TIOCSWINSZ, &size);
}
