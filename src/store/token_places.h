/* Where token blocks lie, by the numbers they hold: a tap then goes to its
 * block without a search through the tree, whose leaves are as cold as the
 * block itself in a large store. Only blocks with pages of their own are
 * kept, since those stay where they are until they are replaced or deleted,
 * however much is minted meanwhile. A hint: what is found there is checked by
 * its own sum, and what is not found is searched for. Bounded; one thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "store/db.h"

enum {
	TOKEN_PLACES_RUN = 128,      /* numbers that share a place */
	TOKEN_PLACES_BLOCKS = 3,     /* of one run */
	TOKEN_PLACES_RUNS = 1 << 20, /* at once: 32 MB, as far as they fill */
};

struct token_run;

/* All zero at first. */
struct token_places {
	uint64_t rewrites;      /* of the blocks, before the snapshot */
	const char *origin;     /* a record; places are pages from there */
	struct token_run *runs; /* NULL until there is something to keep */
};

/* To be called before a snapshot of env is begun: forgets all if blocks were
 * replaced or deleted. */
void token_places_refresh(struct token_places *p, struct db_env *env);
void token_places_deinit(struct token_places *p);

/* Keeps a block that holds the numbers first to last: a view of the snapshot.
 * Without memory, or for a record that may move, nothing is kept. */
void token_places_add(struct token_places *p, uint64_t first, uint64_t last,
	struct str record);
/* Has the next token_places_find() of this number wait less. */
void token_places_prefetch(const struct token_places *p, uint64_t number);
/* The block that should hold this number; false if none is known. */
bool token_places_find(const struct token_places *p, uint64_t number,
	uint64_t *last, struct str *record);
