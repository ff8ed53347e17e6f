// SPDX-License-Identifier: Apache-2.0
#include "oci-hooks.h"

#include <fcntl.h>

static int run(struct hooks_plan *hooks, pid_t pid, const char *bundle, struct err *err)
{
	CLOSE_FD int dir = open(bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return hooks_run(hooks, pid, dir, err);
}

int oci_hooks_poststart(const struct spec *spec, const struct state *state, struct err *err)
{
	struct hooks_plan hooks;
	struct arena a;
	int r;

	if (spec->hooks[SPEC_HOOK_POSTSTART].n == 0)
		return 0;
	if (arena_init(&a) < 0)
		return err_set(err, ENOMEM, "cannot allocate memory");
	hooks = oci_hooks(&a, spec, SPEC_HOOK_POSTSTART, OCI_RUNNING, state->name, state->bundle);
	r = run(&hooks, state->pid, state->bundle, err);
	arena_free(&a);
	return r;
}

void oci_hooks_poststop(const struct spec *spec, const char *id, const char *bundle,
			struct out *notes)
{
	struct hooks_plan hooks;
	struct arena a;

	if (spec->hooks[SPEC_HOOK_POSTSTOP].n == 0 || arena_init(&a) < 0)
		return;
	hooks = oci_hooks(&a, spec, SPEC_HOOK_POSTSTOP, OCI_STOPPED, id, bundle);
	for (uint32_t i = 0; i < hooks.n; i++) {
		struct hooks_plan one = hooks;
		struct err err = {0};

		one.list = &hooks.list[i];
		one.n = 1;
		if (run(&one, 0, bundle, &err) < 0)
			out_printf(notes, "%s\n", err.text);
	}
	arena_free(&a);
}
