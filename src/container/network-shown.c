// SPDX-License-Identifier: Apache-2.0
#include "network-shown.h"

#include <fcntl.h>
#include "cni.h"
#include "macros.h"
#include "pool.h"
#include "state.h"

static void put_lease(const struct network *n, uint32_t place, struct out *o)
{
	char text[IP_TEXT_MAX];
	int k = 0;

	out_printf(o, "%s%s", o->len ? " " : "", n->name);
	for (int f = 0; f < FAMILIES; f++) {
		struct ip ip = network_address(n, f, place);

		if (ip.family != AF_UNSPEC)
			out_printf(o, "%c%s", k++ ? ',' : '=', ip_format(&ip, text));
	}
}

void network_shown(const char *owner, struct out *o)
{
	CLOSE_FD int root = state_root(false, NULL);
	CLOSE_FD int directory = root < 0 ? -1 : pool_directory(root, false, NULL);
	CLOSE_FD int state =
		root < 0 ? -1 : openat(root, owner, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char **names = NULL;
	size_t n = 0;

	if (directory >= 0 && pool_names(directory, &names, &n, NULL) < 0)
		n = 0;
	for (size_t i = 0; i < n; i++) {
		POOL_CLEANUP struct pool pool = POOL_NONE;
		uint32_t place = 0;

		if (pool_open(directory, names[i], &pool, NULL) == 0)
			place = pool_find(&pool, owner);
		if (place)
			put_lease(&pool.head->network, place, o);
	}
	pool_names_free(names, n);
	if (state >= 0)
		cni_shown(state, o);
}
