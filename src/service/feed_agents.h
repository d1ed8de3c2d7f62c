/* Agents as a feed writes them, quoted: there are few, and each is long. An
 * agent_id of a segment names one text for as long as the segment stays open,
 * which is the key here. */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "service/feed_row.h"
#include "store/click_reader.h"

enum {
	FEED_AGENTS = 4096,    /* kept at once */
	FEED_AGENT_TEXT = 496, /* bytes of one; longer ones are not kept */
};

struct feed_agent {
	uint64_t opening; /* of the segment; 0: none */
	uint32_t id;
	uint16_t n;
	uint16_t format; /* enum feed_format */
	char text[FEED_AGENT_TEXT];
};

struct feed_agents {
	struct feed_agent items[FEED_AGENTS];
};

/* Sets the row's agent: that of its click, which the reader has just read,
 * without agents. One that cannot be trusted is left out. */
void feed_agents_join(
	struct feed_agents *a, struct click_reader *clicks, struct feed_row *r);
