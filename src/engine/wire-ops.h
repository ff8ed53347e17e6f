// SPDX-License-Identifier: Apache-2.0
/*
 * `kokon veth`, `kokon bridge`, `kokon netns move`: from words to a wiring (wire.h).
 *
 * A word is TARGET[:IF][=ADDR/LEN[,ADDR/LEN]…]. The interface follows the last ':' before the
 * last '=', not counting the one of a prefix (pid: container: netns: ns:).
 */
#ifndef KOKON_WIRE_OPS_H
#define KOKON_WIRE_OPS_H

#include <stddef.h>
#include "err.h"
#include "out.h"

/* With `explain` nothing changes, and the ip commands go there. What was made is said in
 * `result`: "netns:red eth0 10.0.0.1/24 - netns:blue eth0 10.0.0.2/24". */
int wire_op_veth(const char *a, const char *b, struct out *explain, struct out *result,
		 struct err *err);
/* bridge: NAME[=ADDR/LEN…]; `in`: the target that it is made in, NULL: host. */
int wire_op_bridge(const char *bridge, const char *in, char *const *targets, size_t n,
		   struct out *explain, struct out *result, struct err *err);
/* An existing interface to TARGET[:NEWNAME], with its addresses, up. `from`: where it is, NULL:
 * host. */
int wire_op_move(const char *name, const char *to, const char *from, struct out *explain,
		 struct err *err);
int wire_op_remove(const char *bridge, const char *in, struct out *explain, struct err *err);

#endif
