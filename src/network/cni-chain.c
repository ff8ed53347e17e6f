// SPDX-License-Identifier: Apache-2.0
#include "cni-chain.h"

#include <string.h>
#include "cni-exec.h"
#include "cni-result.h"
#include "macros.h"

int cni_chain_init(struct cni_chain *c, struct arena *a, const struct cni_record *at,
		   const char *command, struct err *err)
{
	*c = (struct cni_chain){.a = a, .at = at, .command = command, .lock = -1};
	return cni_conf_parse(a, at->config, strlen(at->config), &c->conf, err);
}

static int no_answer(const struct cni_chain *c, const char *plugin, int r, struct err *err)
{
	if (r != -ETIMEDOUT)
		return r;
	err_set(err, 0, "%s of CNI network '%s': its plugin '%s' did not end within %llu seconds",
		c->command, c->conf.name, plugin, (unsigned long long)c->at->timeout);
	err_remedy(err,
		   "it was killed; see why it hangs (%s), or give it longer: --net "
		   "cni:%s:timeout=SECONDS",
		   c->at->file, c->conf.name);
	return -ETIMEDOUT;
}

int cni_chain_call(const struct cni_chain *c, const struct cni_plugin *p, const char *previous,
		   const char **ret, struct err *err)
{
	const struct cni_record *at = c->at;
	OUT_CLEANUP struct out config = {0};
	struct cni_answer answer = {0};
	struct cni_call q = {.command = c->command,
			     .container = at->container,
			     .netns = at->netns,
			     .interface = at->interface,
			     .args = at->args,
			     .path = at->path,
			     .program = cni_program(c->a, at->path, p->type),
			     .timeout = (uint32_t)at->timeout,
			     .lock = c->lock};
	int r;

	if (!q.program) {
		err_set(err, ENOENT, "the plugin '%s' of the CNI network '%s' is not in '%s'",
			p->type, c->conf.name, at->path);
		return err_remedy(err,
				  "install it again, it has to clean up what it made: apt install "
				  "containernetworking-plugins");
	}
	cni_conf_put(&c->conf, p, at->runtime, previous, c->valid, &config);
	q.config = config.text;
	r = cni_exec(c->a, &q, &answer, err);
	if (r < 0)
		return no_answer(c, p->type, r, err);
	if (answer.status != 0)
		return cni_refused(c->a,
				   &(struct cni_refusal){.network = c->conf.name,
							 .plugin = p->type,
							 .command = c->command,
							 .file = at->file,
							 .status = answer.status,
							 .output = answer.output,
							 .said = answer.said},
				   err);
	*ret = answer.output;
	return 0;
}
