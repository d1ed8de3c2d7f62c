#include "store/seen_set.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "store/tally_tables.h"

enum {
	SIZE_MIN = 64
};

void seen_set_deinit(struct seen_set *s)
{
	for (size_t i = 0; i < s->size; i++)
		free(s->slots[i].bits);
	free(s->slots);
	*s = (struct seen_set){0};
}

static struct seen_slot *slot_of(const struct seen_set *s, uint64_t chunk)
{
	size_t i = (size_t)(chunk * 0x9e3779b97f4a7c15 >> 20) & (s->size - 1);

	while (s->slots[i].chunk && s->slots[i].chunk != chunk + 1)
		i = (i + 1) & (s->size - 1);
	return &s->slots[i];
}

static enum err grow(struct seen_set *s)
{
	struct seen_set grown = {.size = s->size ? 2 * s->size : SIZE_MIN};

	if (2 * (s->n + 1) <= s->size)
		return OK;
	grown.slots = calloc(grown.size, sizeof(*grown.slots));
	if (!grown.slots)
		return ERR_NOMEM;
	for (size_t i = 0; i < s->size; i++)
		if (s->slots[i].chunk)
			*slot_of(&grown, s->slots[i].chunk - 1) = s->slots[i];
	grown.n = s->n;
	free(s->slots);
	*s = grown;
	return OK;
}

/* The chunk's bits, all zero if they are new. */
static enum err chunk_of(struct seen_set *s, uint64_t chunk, uint8_t **bits)
{
	struct seen_slot *slot;
	enum err e = grow(s);

	if (e)
		return e;
	slot = slot_of(s, chunk);
	if (!slot->chunk) {
		slot->bits = calloc(1, TALLY_CHUNK_BYTES);
		if (!slot->bits)
			return ERR_NOMEM;
		slot->chunk = chunk + 1;
		s->n++;
	}
	*bits = slot->bits;
	return OK;
}

enum err seen_set_load(struct seen_set *s, uint64_t chunk, struct str bits)
{
	uint8_t *to;
	enum err e = chunk_of(s, chunk, &to);

	ASSERT(bits.n == TALLY_CHUNK_BYTES);
	if (!e)
		memcpy(to, bits.p, bits.n);
	return e;
}

enum err seen_set_add(struct seen_set *s, uint64_t token, bool *added)
{
	unsigned bit;
	uint64_t chunk = tally_chunk_of(token, &bit);
	uint8_t mask = (uint8_t)(1u << bit % 8), *bits;
	enum err e = chunk_of(s, chunk, &bits);

	if (e)
		return e;
	*added = !(bits[bit / 8] & mask);
	bits[bit / 8] |= mask;
	return OK;
}

static uint8_t *find(const struct seen_set *s, uint64_t token, uint8_t *mask)
{
	unsigned bit;
	uint64_t chunk = tally_chunk_of(token, &bit);
	struct seen_slot *slot = s->size ? slot_of(s, chunk) : NULL;

	*mask = (uint8_t)(1u << bit % 8);
	return slot && slot->chunk ? slot->bits + bit / 8 : NULL;
}

bool seen_set_has(const struct seen_set *s, uint64_t token)
{
	uint8_t mask, *byte = find(s, token, &mask);

	return byte && (*byte & mask);
}

void seen_set_remove(struct seen_set *s, uint64_t token)
{
	uint8_t mask, *byte = find(s, token, &mask);

	if (byte)
		*byte &= (uint8_t)~mask;
}
