/* Brings near what reading several tokens will touch. In a large store a token
 * lies in memory that no cache knows, and the way to it has steps that depend
 * on each other; taken for several tokens side by side, they all wait at the
 * same time. Hints only: nothing is checked, and nothing is answered. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/token_block.h"
#include "store/token_places.h"

struct token_near {
	const struct token_places *places; /* of the snapshot that is held */
	uint64_t number;
	/* Its own. */
	bool is_known;
	uint64_t last;
	struct str record;
	struct block block;
};

void tokens_near(struct token_near *tokens, size_t n);
