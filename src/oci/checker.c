// SPDX-License-Identifier: Apache-2.0
#include "checker.h"

#include <stdlib.h>
#include <string.h>
#include "out.h"

enum { PROBLEMS_MAX = 1000 };

static const char *formatted(struct arena *a, const char *fmt, const struct place *at)
{
	const char *subject = at->subject ? at->subject : "";
	uint32_t index[2] = {at->i, at->j};
	struct out o OUT_CLEANUP = {0};
	size_t next = 0;

	for (; *fmt; fmt++) {
		if (fmt[0] == '%' && fmt[1] == 'u')
			out_printf(&o, "%u", index[next++ % ARRAY_SIZE(index)]);
		else if (fmt[0] == '%' && fmt[1] == 's')
			out_printf(&o, "%.100s", subject);
		else {
			out_put(&o, fmt, 1);
			continue;
		}
		fmt++;
	}
	return arena_strdup(a, o.text ? o.text : "");
}

void broken(struct checker *c, const struct rule *rule, struct place place)
{
	struct spec_problem *p;

	if (c->n == PROBLEMS_MAX)
		return;
	if (c->n == c->room) {
		struct spec_problem *grown =
			arena_array(c->arena, struct spec_problem, c->room + 16);

		if (c->n)
			memcpy(grown, c->list, c->n * sizeof(*grown));
		c->list = grown;
		c->room += 16;
	}
	p = &c->list[c->n++];
	p->severity = rule->severity;
	p->path = formatted(c->arena, rule->path, &place);
	p->text = formatted(c->arena, rule->text, &place);
	p->remedy = rule->remedy ? formatted(c->arena, rule->remedy, &place) : NULL;
}

bool spec_is_list(const char *s)
{
	do {
		char *end;
		unsigned long first, last;

		s += strspn(s, " ");
		if (*s < '0' || *s > '9')
			return false;
		first = last = strtoul(s, &end, 10);
		end += strspn(end, " ");
		if (*end == '-') {
			end++;
			end += strspn(end, " ");
			if (*end < '0' || *end > '9')
				return false;
			last = strtoul(end, &end, 10);
			end += strspn(end, " ");
		}
		if (last < first || last > 8191 || (*end && *end != ','))
			return false;
		s = end + (*end == ',');
		if (*end && !*s)
			return false;
	} while (*s);
	return true;
}
