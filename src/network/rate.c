// SPDX-License-Identifier: Apache-2.0
#include "rate.h"

#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include "macros.h"
#include "parse.h"

static const struct {
	const char *name;
	uint64_t bits;
} units[] = {
	{"gbit", 1000000000}, {"mbit", 1000000}, {"kbit", 1000}, {"bit", 1},
	{"gbps", 8000000000}, {"mbps", 8000000}, {"kbps", 8000}, {"bps", 8},
};

enum { MTU = 65535 + 14, TICK = 64 /* nanoseconds: PSCHED_SHIFT of the kernel is 6 */ };

int rate_parse(const char *text, uint64_t *ret, struct err *err)
{
	size_t len = strspn(text, "0123456789.");
	uint64_t number = 0, bits = 0;
	char digits[24];

	if (len > 0 && len < sizeof(digits)) {
		memcpy(digits, text, len);
		digits[len] = '\0';
		for (size_t i = 0; i < ARRAY_SIZE(units); i++)
			if (strcasecmp(text + len, units[i].name) == 0 &&
			    parse_billionths(digits, &number) == 0 &&
			    number / 1000 <= UINT64_MAX / units[i].bits)
				bits = number / 1000 * units[i].bits / 1000000;
	}
	/* Less cannot carry a packet in a second; the upper bound leaves room for the bucket's
	 * size. */
	if (bits < 8000 || bits > 100000000000ULL) {
		err_set(err, 0, "'%.40s' is no rate", text);
		return err_remedy(err,
				  "give a number with a unit from 8kbit to 100gbit, as in 10mbit");
	}
	*ret = bits;
	return 0;
}

uint64_t rate_burst(uint64_t bytes)
{
	return MAX(bytes / 250, (uint64_t)MTU);
}

void rate_put(struct netlink_batch *b, int link, const char *shown, uint64_t bits)
{
	uint64_t bytes = bits / 8, burst = rate_burst(bytes);
	struct tcmsg message = {.tcm_family = AF_UNSPEC,
				.tcm_ifindex = link,
				.tcm_parent = TC_H_ROOT};
	struct tc_tbf_qopt q = {
		.rate = {.linklayer = TC_LINKLAYER_ETHERNET,
			 .rate = (uint32_t)MIN(bytes, UINT32_MAX)},
		/* Time that the bucket takes to fill; and 50 ms of queue behind it. */
		.buffer = (uint32_t)MIN(burst * 1000000000 / bytes / TICK, UINT32_MAX),
		.limit = (uint32_t)MIN(burst + bytes / 20, UINT32_MAX),
	};
	size_t nest;

	netlink_request(b, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, &message, sizeof(message));
	netlink_what(b, "cannot limit the rate of '%s'", shown);
	netlink_put_text(b, TCA_KIND, "tbf");
	nest = netlink_nest(b, TCA_OPTIONS);
	netlink_put(b, TCA_TBF_PARMS, &q, sizeof(q));
	netlink_put_u32(b, TCA_TBF_BURST, (uint32_t)MIN(burst, UINT32_MAX));
	if (bytes > UINT32_MAX)
		netlink_put(b, TCA_TBF_RATE64, &bytes, sizeof(bytes));
	netlink_nest_end(b, nest);
}
