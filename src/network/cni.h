// SPDX-License-Identifier: Apache-2.0
/*
 * Networks that plugins of CNI make (https://www.cni.dev/docs/spec/, 0.3.0 to 1.1.0): `kokon run
 * --net cni:NAME`. kokon is what the specification calls the runtime.
 *
 * Configurations are looked for in $NETCONFPATH, else /etc/cni/net.d; plugins in $CNI_PATH, else
 * where distributions have them. What DEL needs is in the folder of the container's record before
 * the first plugin is called, so that whoever finds the container dead calls it:
 *
 *	cni-N       the attachment N: configuration, arguments, and once it is there the result
 *	cni-netns   the network namespace, kept by a mount until plugins have cleaned it up
 *	cni-lock    held by every plugin that runs: DEL waits for an ADD whose caller was killed
 *	cni-failed  why DEL failed; it is not tried again until somebody asks for it
 */
#ifndef KOKON_CNI_H
#define KOKON_CNI_H

#include <stdbool.h>
#include "cni-conf.h"
#include "cni-result.h"
#include "network-plan.h"
#include "out.h"

enum { CNI_TIMEOUT = 30 /* seconds for each plugin, if not told */ };

/* Find a network, and check it as far as that goes without calling a plugin. 0 or -errno. */
int cni_find(struct arena *a, const char *name, struct cni_plan *ret, struct cni_conf *ret_conf,
	     struct err *err);
/* Can its plugins do what is asked of it? The message says which capability is missing. */
int cni_check_wish(struct arena *a, const struct network_join_plan *j, struct err *err);

struct cni_attachment {
	const char *container;
	int netns;             /* its network namespace */
	int state;             /* the folder of its record … */
	const char *directory; /* … and the path of it */
	uint32_t index;        /* of its networks */
	const struct network_join_plan *join;
	const struct published *ports; /* as they have come to be */
	uint32_t n_ports;
};

/* Call the plugins: ADD. After a failure cni_leave() undoes what was done. 0 or -errno. */
int cni_join(const struct cni_attachment *at, struct cni_result *ret, struct err *err);
/* DEL, of all attachments that there are records of; none is fine. 0 or -errno; it is not tried
 * again then until cni_forget_failure(). */
int cni_leave(int state, struct err *err);
/* CHECK, of all; what plugins find fault with goes to `complaints`, one line each. */
void cni_check(int state, struct out *complaints);
/* " cni:lab=10.88.0.2" of each, for listings. */
void cni_shown(int state, struct out *o);
/* Why cni_leave() failed, in memory of the caller's to be freed; NULL: it did not. */
char *cni_failure(int state);
void cni_forget_failure(int state);

/* The calls that cni_join() makes, as shell. */
void cni_explain(const struct network_join_plan *j, const char *container, const char *netns,
		 struct out *o);

#endif
