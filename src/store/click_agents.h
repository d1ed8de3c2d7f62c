/* The user agents that the hot segment has interned, as far as the click
 * writer has met them: text to id without a look into the segment. Bounded by
 * SEGMENT_AGENTS_MAX agents. One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "store/db.h"

struct click_agent;

struct click_agents {
	struct click_agent *agents;
	size_t n, size;
	size_t committed_n;
	uint32_t *index; /* hash to place in agents, plus one; 0: free */
	uint64_t multiplier;
	uint32_t last_id; /* of the segment, with this transaction's */
	uint32_t committed_id;
	bool knows_last; /* last_id was read */
};

CHECKED enum err click_agents_init(struct click_agents *a);
/* A zeroed struct is fine. */
void click_agents_deinit(struct click_agents *a);
/* Another segment is the hot one. */
void click_agents_clear(struct click_agents *a);
/* The id, interned now if need be; 0 if the agent must go into its click: it
 * is empty, the segment is full, or its hash is another's. Errors stick in
 * the transaction. */
uint32_t click_agents_intern(
	struct click_agents *a, struct db_txn *t, struct str agent);
/* After each transaction, as it ended. */
void click_agents_commit(struct click_agents *a);
void click_agents_abort(struct click_agents *a);
