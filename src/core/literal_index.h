/* Many literals, found in a text in one pass over it: which numbers' literals
 * occur there. Each literal is looked for by three of its bytes, those that the
 * fewest others are looked for by. Immutable once filled, and then shared by
 * any threads. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum {
	LITERAL_INDEX_MAX = 16384,         /* literals */
	LITERAL_INDEX_NUMBERS_MAX = 32768, /* (literal, number) */
	LITERAL_INDEX_TEXT_MAX = 24,       /* bytes of a literal */
	LITERAL_INDEX_TEXT_MIN = 3,        /* and the fewest */
	LITERAL_INDEX_HEADS = 4096         /* a power of two */
};

struct literal_entry;
struct literal_number;

struct literal_index {
	uint16_t heads[LITERAL_INDEX_HEADS]; /* entry + 1, by three bytes */
	uint16_t lengths[LITERAL_INDEX_HEADS];
	struct literal_entry *entries;
	size_t entries_n;
	struct literal_number *numbers;
	size_t numbers_n;
	uint32_t *known; /* while it is filled: entry + 1, by its text */
};

/* ERR_NOMEM. */
CHECKED enum err literal_index_init(struct literal_index *x);
/* Adds a literal of a number, 3 to 24 bytes; caseless: in lower case.
 * ERR_FULL. */
CHECKED enum err literal_index_add(struct literal_index *x, struct str literal,
	bool caseless, uint16_t number);
/* No more is added. */
void literal_index_seal(struct literal_index *x);
void literal_index_deinit(struct literal_index *x);

/* Sets the bit of each number that has a literal in the text; bits has room for
 * all numbers. */
void literal_index_find(
	const struct literal_index *x, struct str text, uint64_t *bits);
