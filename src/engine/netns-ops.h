// SPDX-License-Identifier: Apache-2.0
/*
 * Operations on named network namespaces, for `kokon netns`. Each finds where the caller's names
 * are, and either does the thing or explains it.
 */
#ifndef KOKON_NETNS_OPS_H
#define KOKON_NETNS_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include "err.h"
#include "out.h"

/* With `explain` nothing changes, and the shell commands go there. */
int netns_op_add(const char *name, struct out *explain, struct err *err);
/* `target`: whose network namespace gets the name (target.h). */
int netns_op_attach(const char *name, const char *target, struct out *explain, struct err *err);
int netns_op_delete(const char *name, struct out *explain, struct err *err);
/* The number of the namespace as seen from the caller's; `id` a number or "auto". */
int netns_op_set(const char *name, const char *id, struct out *explain, struct err *err);
/* Every name, one after another; goes on behind one that fails. */
int netns_op_delete_all(struct out *explain, struct err *err);

/* "red (id: 0)", one a line, as `ip netns list`; or JSON. */
int netns_op_list(bool json, struct out *o, struct err *err);
/* What `ip netns list-id` asks for. */
struct netns_ids_request {
	int target; /* numbers that the namespace of this number has given; -1: the caller's */
	int id;     /* this one alone; -1: all */
	bool json;
};
int netns_op_list_id(const struct netns_ids_request *q, struct out *o, struct err *err);
/* The names of the namespace that a target is in, one a line. NULL: the caller. */
int netns_op_identify(const char *target, struct out *o, struct err *err);
/* The processes in a namespace, one a line. */
int netns_op_pids(const char *name, struct out *o, struct err *err);
/* "add NAME" and "delete NAME" to standard output as it happens. Returns when nobody reads. */
int netns_op_monitor(struct err *err);

/*
 * Enter a namespace as `ip netns exec` does (netns-enter.h); what could not be shown there comes as
 * lines in `notes`. Then become a command: that returns only on failure, with err->exit 126 or 127.
 */
int netns_op_enter(const char *name, struct out *notes, struct err *err);
int netns_op_become(char *const *argv, struct err *err);
int netns_op_explain_exec(const char *name, char *const *argv, struct out *o, struct err *err);
/* `one` for each name in a process of its own, one after another. Returns the first exit status
 * that is not 0, or -errno. */
int netns_op_each(int (*one)(const char *name, void *arg), void *arg, struct err *err);

#endif
