// SPDX-License-Identifier: Apache-2.0
#include "oci-features.h"

#include "json-write.h"
#include "kernel-names.h"
#include "mount-options.h"
#include "spec-names.h"

const char *const features_unsafe_annotations[] = {"org.criu.config", NULL};

static void put_names(struct json_writer *w, const char *key, const struct name *names)
{
	json_put_list(w, key);
	for (; names->name; names++)
		json_put_string(w, NULL, names->name);
	json_put_end(w);
}

static void put_enabled(struct json_writer *w, const char *key)
{
	json_put_object(w, key);
	json_put_bool(w, "enabled", true);
	json_put_end(w);
}

static void put_seccomp(struct json_writer *w, const struct features_build *b)
{
	json_put_object(w, "seccomp");
	json_put_bool(w, "enabled", true);
	put_names(w, "actions", spec_seccomp_actions);
	put_names(w, "operators", spec_seccomp_ops);
	put_names(w, "archs", spec_seccomp_archs);
	put_names(w, "knownFlags", spec_seccomp_flags);
	json_put_list(w, "supportedFlags");
	for (const struct name *f = spec_seccomp_flags; f->name; f++)
		if (b->seccomp_supported & (uint64_t)f->value)
			json_put_string(w, NULL, f->name);
	json_put_end(w);
	json_put_end(w);
}

static void put_extensions(struct json_writer *w)
{
	put_enabled(w, "apparmor");
	put_enabled(w, "selinux");
	json_put_object(w, "intelRdt");
	json_put_bool(w, "enabled", true);
	json_put_bool(w, "schemata", true);
	json_put_bool(w, "monitoring", true);
	json_put_end(w);
	json_put_object(w, "memoryPolicy");
	put_names(w, "modes", spec_memory_modes);
	put_names(w, "flags", spec_memory_flags);
	json_put_end(w);
	json_put_object(w, "mountExtensions");
	put_enabled(w, "idmap");
	json_put_end(w);
	put_enabled(w, "netDevices");
}

static void put_linux(struct json_writer *w, const struct features_build *b)
{
	json_put_object(w, "linux");
	json_put_list(w, "namespaces");
	for (size_t i = 0; i < NAMESPACE_TYPES; i++)
		json_put_string(w, NULL, namespace_infos[i].oci);
	json_put_end(w);
	put_names(w, "capabilities", capability_names);
	json_put_object(w, "cgroup");
	json_put_bool(w, "v1", true);
	json_put_bool(w, "v2", true);
	json_put_bool(w, "systemd", b->systemd);
	json_put_bool(w, "systemdUser", b->systemd);
	json_put_bool(w, "rdma", true);
	json_put_end(w);
	put_seccomp(w, b);
	put_extensions(w);
	json_put_end(w);
}

void features_put(const struct features_build *b, struct out *o)
{
	struct json_writer w = json_writer_to(o, "    ");

	json_put_object(&w, NULL);
	json_put_string(&w, "ociVersionMin", "1.0.0");
	json_put_string(&w, "ociVersionMax", SPEC_VERSION);
	json_put_list(&w, "hooks");
	for (size_t i = 0; i < SPEC_HOOK_KINDS; i++)
		json_put_string(&w, NULL, spec_hook_names[i]);
	json_put_end(&w);
	json_put_list(&w, "mountOptions");
	for (size_t i = 0; mount_option_name(i); i++)
		json_put_string(&w, NULL, mount_option_name(i));
	json_put_end(&w);
	put_linux(&w, b);
	json_put_object(&w, "annotations");
	if (b->libseccomp)
		json_put_string(&w, "io.github.seccomp.libseccomp.version", b->libseccomp);
	json_put_string(&w, "org.opencontainers.runc.checkpoint.enabled",
			b->criu ? "true" : "false");
	json_put_string(&w, "kokon.version", b->version);
	json_put_end(&w);
	json_put_list(&w, "potentiallyUnsafeConfigAnnotations");
	for (const char *const *s = features_unsafe_annotations; *s; s++)
		json_put_string(&w, NULL, *s);
	json_put_end(&w);
	json_put_end(&w);
	out_puts(o, "\n");
}
