// SPDX-License-Identifier: Apache-2.0
/* What netns.c and netns-enter.c do, as shell commands. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include "macros.h"
#include "netns-enter.h"
#include "netns.h"

static void put_path(const struct netns_home *home, const char *name, struct out *o)
{
	char path[1024];

	snprintf(path, sizeof(path), "%s/%s", home->path, name);
	out_shell_word(o, path);
}

/* An ordinary user's names are mounted inside namespaces of that user. */
static void put_inside(const struct netns_home *home, struct out *o)
{
	if (!home->of_user)
		return;
	if (home->holder && home->user >= 0)
		out_printf(o,
			   "# inside your user and mount namespace, which process %d keeps:\n"
			   "nsenter --target %d --user --mount --preserve-credentials sh -e "
			   "<<'END'\n",
			   (int)home->holder, (int)home->holder);
	else if (!home->holder)
		out_printf(o,
			   "# inside a user and mount namespace, which a process then keeps "
			   "as long as there is a name:\n"
			   "mkdir -p -m 700 %s\n"
			   "unshare --user --map-root-user --mount --propagation slave sh -e "
			   "<<'END'\n"
			   "mount --bind %s %s\n"
			   "mount --make-shared %s\n",
			   home->path, home->path, home->path, home->path);
}

static void put_outside(const struct netns_home *home, struct out *o)
{
	if (home->of_user && (home->user >= 0 || !home->holder))
		out_puts(o, "END\n");
}

static void put_share(const struct netns_home *home, struct out *o)
{
	if (home->of_user)
		return;
	out_printf(o,
		   "mkdir -p %s\n"
		   "mountpoint -q %s || mount --bind %s %s\n"
		   "mount --make-rshared %s\n",
		   home->path, home->path, home->path, home->path, home->path);
}

void netns_explain_add(const struct netns_home *home, const char *name, struct out *o)
{
	put_inside(home, o);
	put_share(home, o);
	out_puts(o, "( set -o noclobber; umask 777; : > ");
	put_path(home, name, o);
	out_puts(o, " )\nunshare --net=");
	put_path(home, name, o);
	out_puts(o, " true\n");
	put_outside(home, o);
}

void netns_explain_attach(const struct netns_home *home, const char *name, const char *source,
			  struct out *o)
{
	put_inside(home, o);
	put_share(home, o);
	out_puts(o, "( set -o noclobber; umask 777; : > ");
	put_path(home, name, o);
	out_puts(o, " )\nmount --bind ");
	out_shell_word(o, source);
	out_puts(o, " ");
	put_path(home, name, o);
	out_puts(o, "\n");
	put_outside(home, o);
}

void netns_explain_delete(const struct netns_home *home, const char *name, struct out *o)
{
	put_inside(home, o);
	out_puts(o, "umount --lazy ");
	put_path(home, name, o);
	out_puts(o, "\nrm ");
	put_path(home, name, o);
	out_puts(o, "\n");
	put_outside(home, o);
}
