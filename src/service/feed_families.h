/* What the agents of a feed's clicks say of themselves: as the tally has it,
 * so that statistics agree; of agents that it does not have (yet), as the rules
 * say now. Like service/feed_agents.h it keeps what it found, by the agent_id
 * of a segment's opening. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/agent_family.h"
#include "service/feed_row.h"
#include "service/view.h"

enum {
	FEED_FAMILIES = 4096 /* kept at once */
};

struct feed_family {
	uint64_t opening; /* of the segment; 0: none */
	uint32_t id;
	bool is_final; /* it was in the tally */
	struct agent_families families;
};

struct feed_families {
	struct agent_families own; /* of the last agent that has no id */
	struct feed_family items[FEED_FAMILIES];
};

/* Sets the row's system, device and browser, for its click, which the view's
 * reader has just read, without agents. They are views of what is kept. */
void feed_families_join(
	struct feed_families *f, struct view *v, struct feed_row *r);
