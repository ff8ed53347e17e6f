// SPDX-License-Identifier: Apache-2.0
/* Look-ups in a decoded config.json. */
#include <string.h>
#include "spec.h"

const char *const spec_hook_names[SPEC_HOOK_KINDS] = {
	[SPEC_HOOK_PRESTART] = "prestart",
	[SPEC_HOOK_CREATE_RUNTIME] = "createRuntime",
	[SPEC_HOOK_CREATE_CONTAINER] = "createContainer",
	[SPEC_HOOK_START_CONTAINER] = "startContainer",
	[SPEC_HOOK_POSTSTART] = "poststart",
	[SPEC_HOOK_POSTSTOP] = "poststop",
};

const char *spec_annotation(const struct spec *s, const char *key)
{
	for (uint32_t i = 0; i < s->annotations.n; i++)
		if (strcmp(s->annotations.list[i].key, key) == 0)
			return s->annotations.list[i].value;
	return NULL;
}

const struct spec_namespace *spec_namespace_of(const struct spec *s, uint64_t flag)
{
	for (uint32_t i = 0; i < s->linux_.n_namespaces; i++)
		if (s->linux_.namespaces[i].flag == flag)
			return &s->linux_.namespaces[i];
	return NULL;
}
