// SPDX-License-Identifier: Apache-2.0
/*
 * What plugins of CNI answer: the result of ADD, and errors (specification 1.1, section 5). Pure.
 */
#ifndef KOKON_CNI_RESULT_H
#define KOKON_CNI_RESULT_H

#include "address.h"
#include "arena.h"
#include "err.h"

enum { CNI_IPS_MAX = 8 };

/* What of a result concerns the container. Texts are words between blanks. */
struct cni_result {
	uint32_t n_ips;
	struct ip ips[CNI_IPS_MAX];
	struct ip gateway[2]; /* the first of each family; AF_UNSPEC: none */
	unsigned char mac[6]; /* of the first interface in the container; zero: not told */
	char nameservers[256], search[512], options[256];
};

/* 0 or -EINVAL with the message. */
int cni_result_parse(struct arena *a, const char *text, size_t n, struct cni_result *ret,
		     struct err *err);

/* What is known of a plugin that refused. */
struct cni_refusal {
	const char *network, *plugin, *command; /* "lab", "bridge", "ADD" */
	const char *file;                       /* where the network is configured */
	int status;                             /* as from waitpid(2) */
	const char *output;                     /* what it wrote to standard output … */
	const char *said;                       /* … and to standard error */
};
/* One message of it, with a remedy where the cause is known. Returns -EINVAL or what fits. */
int cni_refused(struct arena *a, const struct cni_refusal *r, struct err *err);

#endif
