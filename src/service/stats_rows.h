/* The rows of statistics while they are summed up: found by their keys, then
 * taken out in their order. Memory grows with them, up to STATS_ROWS_MAX. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "core/count_record.h"

enum {
	STATS_ROWS_MAX = 100000,
	STATS_KEY_MAX = COUNT_VALUE_MAX + 1,
};

struct stats_sum {
	uint32_t key_at, key_n; /* in keys */
	struct counts counts;
};

struct stats_rows {
	size_t n, size;
	struct stats_sum *sums;
	size_t last;     /* the one added to last */
	uint32_t *index; /* by hash, place + 1; 0: free */
	size_t index_size;
	uint32_t *heap; /* places, once it is sorted */
	size_t heap_n, unsorted;
	struct buf keys;
};

void stats_rows_init(struct stats_rows *r);
void stats_rows_deinit(struct stats_rows *r);
/* Adds to the row of this key. ERR_FULL: there is none, and no room for one;
 * ERR_NOMEM. */
CHECKED enum err stats_rows_add(
	struct stats_rows *r, struct str key, const struct counts *counts);
/* NULL if there is none. */
const struct counts *stats_rows_find(
	const struct stats_rows *r, struct str key);

/* Then, to take them out in the order of keys: sorts up to budget rows.
 * ERR_AGAIN: not done yet; ERR_NOMEM. */
CHECKED enum err stats_rows_sort(struct stats_rows *r, size_t budget);
/* The next one, each once; false at the end. The key is a view. */
bool stats_rows_next(
	struct stats_rows *r, struct str *key, struct counts *counts);
