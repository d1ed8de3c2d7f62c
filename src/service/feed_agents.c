#include "service/feed_agents.h"

#include <string.h>

#include "core/json_quote.h"
#include "service/feed_format.h"

_Static_assert(sizeof(struct feed_agent) == 512, "whole lines of cache");

static void keep(struct feed_agent *slot, struct click_reader *clicks,
	const struct feed_row *r)
{
	char text[JSON_QUOTED_MAX(CLICK_AGENT_MAX)];
	struct str quoted;

	quoted = feed_agent_put(text, r->format, r->click.agent);
	if (quoted.n > sizeof(slot->text))
		return;
	slot->opening = click_reader_opening(clicks);
	slot->id = r->click.agent_id;
	slot->format = (uint16_t)r->format;
	slot->n = (uint16_t)quoted.n;
	memcpy(slot->text, quoted.p, quoted.n);
}

static bool is_kept(const struct feed_agent *slot,
	const struct click_reader *clicks, const struct feed_row *r)
{
	return slot->id == r->click.agent_id &&
	       slot->opening == click_reader_opening(clicks) &&
	       slot->format == r->format;
}

void feed_agents_join(
	struct feed_agents *a, struct click_reader *clicks, struct feed_row *r)
{
	uint32_t id = r->click.agent_id;
	struct feed_agent *slot = &a->items[id % FEED_AGENTS];

	r->agent_quoted = str_make(NULL, 0);
	if (!id)
		return; /* it has none, or its own */
	if (!is_kept(slot, clicks, r)) {
		/* The reader has said what was wrong. */
		if (click_reader_agent(clicks, id, &r->click.agent) ||
			r->click.agent.n > CLICK_AGENT_MAX) {
			r->click.agent = str_make(NULL, 0);
			return;
		}
		if (r->click.agent.n)
			keep(slot, clicks, r);
	}
	if (is_kept(slot, clicks, r))
		r->agent_quoted = str_make(slot->text, slot->n);
}
