// SPDX-License-Identifier: Apache-2.0
/* The rules of all networks, put into the kernel by libnftables in one transaction. */
#ifndef KOKON_NETWORK_RULES_H
#define KOKON_NETWORK_RULES_H

#include <stdbool.h>
#include "network-db.h"
#include "out.h"

/* Has the kernel what rules need? 0 or -errno with the message. */
int network_rules_possible(struct err *err);
/* Make the kernel's table what the networks and the published ports say; none: no table. */
int network_rules_load(int directory, const struct network_list *list, struct err *err);
/* The published ports alone, where the table is there. */
int network_rules_load_ports(int directory, const struct network_list *list, struct err *err);
/* The text that it loads. `directory` may be -1: no ports. */
void network_rules_text(int directory, const struct network_list *list, struct out *o);
/* Does one of the networks have rules? */
bool network_rules_wanted(const struct network_list *list);
/* Is there a table of ours in the kernel? */
bool network_rules_loaded(void);
/* Chains of other tables that drop what is forwarded unless they accept it: one note each. */
void network_rules_foreign(struct out *notes);

#endif
