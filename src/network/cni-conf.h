// SPDX-License-Identifier: Apache-2.0
/*
 * Networks of CNI, the Container Network Interface: their configuration files, and what a plugin
 * is given of them (specification 1.1, sections 1 and 3). Pure.
 *
 * A configuration is passed on as it is written: what kokon does not know, a plugin may.
 */
#ifndef KOKON_CNI_CONF_H
#define KOKON_CNI_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include "arena.h"
#include "err.h"
#include "out.h"

enum { CNI_PLUGINS_MAX = 32, CNI_CAPABILITIES_MAX = 16, CNI_CONF_MAX = 1 << 20 /* bytes */ };

struct cni_plugin {
	const char *type; /* the name of its program */
	const char *text; /* its object in the configuration, not terminated */
	size_t len;
	const char *capabilities[CNI_CAPABILITIES_MAX]; /* that it has; ends with NULL */
};

struct cni_conf {
	const char *name;
	const char *version; /* the highest one of the configuration that kokon speaks */
	bool no_check;       /* "disableCheck" */
	bool no_gc;          /* "disableGC" */
	size_t n;
	struct cni_plugin plugins[CNI_PLUGINS_MAX];
};

/* A list of plugins, or one alone as before version 1.0; `text` must stay. 0 or -EINVAL with the
 * message. */
int cni_conf_parse(struct arena *a, const char *text, size_t n, struct cni_conf *ret,
		   struct err *err);
/* Is this name one that the specification allows? */
bool cni_name_is_good(const char *name);
/* Does one of its plugins ask for this? "portMappings" … */
bool cni_conf_can(const struct cni_conf *c, const char *capability);
/* Is the version this one or a later one? "0.4.0" … */
bool cni_version_from(const struct cni_conf *c, const char *version);

/*
 * What a plugin reads: its object with the network's name and version, those values of the object
 * `runtime` that it has capabilities for, the result of the plugin before it, and the attachments
 * that are valid (GC), JSON objects between commas. Each is JSON, or NULL.
 */
void cni_conf_put(const struct cni_conf *c, const struct cni_plugin *p, const char *runtime,
		  const char *previous, const char *valid, struct out *o);

#endif
