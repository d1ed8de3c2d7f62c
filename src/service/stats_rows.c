#include "service/stats_rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "core/hash.h"

enum {
	SIZE_MIN = 64,
};

void stats_rows_init(struct stats_rows *r)
{
	*r = (struct stats_rows){0};
	buf_init(&r->keys, (size_t)STATS_ROWS_MAX * STATS_KEY_MAX);
}

void stats_rows_deinit(struct stats_rows *r)
{
	free(r->sums);
	free(r->index);
	free(r->heap);
	buf_deinit(&r->keys);
	*r = (struct stats_rows){0};
}

static struct str key_of(const struct stats_rows *r, size_t i)
{
	const struct stats_sum *s = &r->sums[i];

	return str_make(r->keys.p + s->key_at, s->key_n);
}

/* Where the key is in the index, or would be. */
static size_t place_of(const struct stats_rows *r, struct str key)
{
	size_t at = hash64(key) & (r->index_size - 1);

	while (r->index[at] && !str_eq(key_of(r, r->index[at] - 1), key))
		at = (at + 1) & (r->index_size - 1);
	return at;
}

static enum err grow(struct stats_rows *r)
{
	size_t size = r->size ? 2 * r->size : SIZE_MIN;
	uint32_t *index = calloc(2 * size, sizeof(*index));
	struct stats_sum *sums = realloc(r->sums, size * sizeof(*sums));

	if (sums)
		r->sums = sums;
	if (!index || !sums) {
		free(index);
		return ERR_NOMEM;
	}
	free(r->index);
	r->size = size;
	r->index = index;
	r->index_size = 2 * size;
	for (size_t i = 0; i < r->n; i++)
		index[place_of(r, key_of(r, i))] = (uint32_t)i + 1;
	return OK;
}

static enum err add_row(struct stats_rows *r, struct str key)
{
	enum err e = r->n == r->size ? grow(r) : OK;

	if (e)
		return e;
	r->sums[r->n] = (struct stats_sum){
		.key_at = (uint32_t)r->keys.n, .key_n = (uint32_t)key.n};
	buf_str(&r->keys, key);
	if (buf_err(&r->keys))
		return buf_err(&r->keys);
	r->index[place_of(r, key)] = (uint32_t)r->n + 1;
	r->last = r->n++;
	return OK;
}

/* The row of the key; false if there is none. */
static bool find(const struct stats_rows *r, struct str key, size_t *i)
{
	size_t at;

	if (!r->n)
		return false;
	/* Most come one after the other. */
	if (str_eq(key_of(r, r->last), key)) {
		*i = r->last;
		return true;
	}
	at = r->index[place_of(r, key)];
	*i = at - 1;
	return at;
}

enum err stats_rows_add(
	struct stats_rows *r, struct str key, const struct counts *counts)
{
	ASSERT(key.n <= STATS_KEY_MAX && !r->heap);
	if (!find(r, key, &r->last)) {
		enum err e = r->n < STATS_ROWS_MAX ? add_row(r, key) : ERR_FULL;

		if (e) {
			r->last = 0;
			return e;
		}
	}
	counts_add(&r->sums[r->last].counts, counts);
	return OK;
}

const struct counts *stats_rows_find(const struct stats_rows *r, struct str key)
{
	size_t i;

	return find(r, key, &i) ? &r->sums[i].counts : NULL;
}

static bool is_before(const struct stats_rows *r, uint32_t a, uint32_t b)
{
	return str_cmp(key_of(r, a), key_of(r, b)) < 0;
}

/* Puts the one at i where it belongs among those below it. */
static void sift(struct stats_rows *r, size_t i)
{
	uint32_t *heap = r->heap;
	uint32_t row = heap[i];

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= r->heap_n)
			break;
		if (child + 1 < r->heap_n &&
			is_before(r, heap[child + 1], heap[child]))
			child++;
		if (!is_before(r, heap[child], row))
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = row;
}

enum err stats_rows_sort(struct stats_rows *r, size_t budget)
{
	if (!r->n)
		return OK;
	if (!r->heap) {
		r->heap = calloc(r->n, sizeof(*r->heap));
		if (!r->heap)
			return ERR_NOMEM;
		r->heap_n = r->unsorted = r->n;
		for (size_t i = 0; i < r->n; i++)
			r->heap[i] = (uint32_t)i;
	}
	for (; r->unsorted && budget; budget--)
		sift(r, --r->unsorted);
	return r->unsorted ? ERR_AGAIN : OK;
}

bool stats_rows_next(
	struct stats_rows *r, struct str *key, struct counts *counts)
{
	ASSERT(!r->unsorted);
	if (!r->heap_n)
		return false;
	*key = key_of(r, r->heap[0]);
	*counts = r->sums[r->heap[0]].counts;
	r->heap[0] = r->heap[--r->heap_n];
	if (r->heap_n)
		sift(r, 0);
	return true;
}
