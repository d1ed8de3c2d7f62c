/* What a matcher found out of the agents that it saw lately: a fixed number of
 * entries, the oldest of a few neighbours replaced. One thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "core/agent_family.h"
#include "core/hash.h"

enum {
	AGENT_MEMO_WAYS =
		4 /* neighbours; the number of entries is a multiple */
};

/* What an entry holds. */
enum agent_known {
	AGENT_KNOWN_SPIDER = 1,  /* families.is_spider */
	AGENT_KNOWN_FAMILIES = 2 /* the rest of families */
};

struct agent_memo_entry {
	uint8_t key[HASH128_BYTES];
	uint8_t known; /* bits of enum agent_known */
	struct agent_families families;
};

struct agent_memo {
	uint64_t
		seed; /* of the keys, so that nobody can make two agents meet */
	size_t sets_n;
	struct agent_memo_set *sets;
	struct agent_memo_entry alone; /* of a memo without entries */
};

/* At least entries_min entries, a power of two; 0: it remembers nothing.
 * ERR_NOMEM. */
CHECKED enum err agent_memo_init(struct agent_memo *m, size_t entries_min);
void agent_memo_deinit(struct agent_memo *m);
/* The agent's entry, to be read and completed, valid until the next call; of an
 * agent that was not there nothing is known. */
struct agent_memo_entry *agent_memo_at(struct agent_memo *m, struct str agent);
