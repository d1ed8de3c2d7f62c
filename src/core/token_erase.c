#include "core/token_erase.h"

#include <stdbool.h>
#include <string.h>

#include "base/assert.h"

enum {
	TAIL_MIN = 2 /* the lengths of recipient and ref */
};

/* A view of the record, to be written to. */
static char *within(char *record, struct str view)
{
	return record + (view.p - record);
}

static void erase_tail(char *record, struct str tail)
{
	char *p = within(record, tail);

	memset(p, 0, tail.n);
	p[0] = (char)TOKEN_TAIL_ERASED;
}

/* Whether a token that is not erased has this shape. */
static bool is_shape_used(const struct block *b, struct str shape)
{
	struct block_entry entry;

	for (uint64_t n = b->first; n <= b->last; n++) {
		if (block_entry(b, n, &entry))
			return true; /* what cannot be read stays */
		if (!entry.refused && entry.shape.p == shape.p &&
			!token_tail_is_erased(entry.tail))
			return true;
	}
	return false;
}

static enum err erase_destination(
	char *record, const struct block *b, struct str bytes)
{
	struct token_shape shape;
	enum err e = token_shape_get(bytes, &shape);

	if (!e && shape.destination.n && !is_shape_used(b, bytes))
		memset(within(record, shape.destination), 0,
			shape.destination.n);
	return e;
}

enum err block_erase(char *record, size_t n, struct str key,
	const uint64_t *numbers, size_t numbers_n, size_t *erased)
{
	struct block_entry entry;
	struct block b;
	size_t done = 0;
	enum err e = block_open(str_make(record, n), key, &b);

	for (size_t i = 0; !e && i < numbers_n; i++) {
		ASSERT(numbers[i] >= b.first && numbers[i] <= b.last);
		e = block_entry(&b, numbers[i], &entry);
		if (e || entry.refused || token_tail_is_erased(entry.tail))
			continue;
		if (entry.tail.n < TAIL_MIN)
			return ERR_CORRUPT;
		erase_tail(record, entry.tail);
		done++;
	}
	for (size_t i = 0; !e && i < numbers_n; i++) {
		e = block_entry(&b, numbers[i], &entry);
		if (!e && !entry.refused)
			e = erase_destination(record, &b, entry.shape);
	}
	if (!e)
		e = block_reseal(record, n, key);
	if (!e)
		*erased = done;
	return e;
}
