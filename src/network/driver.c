// SPDX-License-Identifier: Apache-2.0
#include "driver.h"

#include <string.h>

extern const struct network_driver bridge_driver, macvlan_driver;

static const struct network_driver *const drivers[] = {&bridge_driver, &macvlan_driver};

const struct network_driver *network_driver_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (strcmp(drivers[i]->name, name) == 0)
			return drivers[i];
	return NULL;
}

const struct network_driver *network_driver(const struct network *n)
{
	const struct network_driver *d = network_driver_find(n->driver);

	return d ? d : &bridge_driver;
}
