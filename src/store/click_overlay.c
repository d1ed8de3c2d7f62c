#include "store/click_overlay.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

enum {
	SIZE_MIN = 1024,
	SIZE_KEPT = 65536, /* a larger set's memory is freed with its tokens */
};

/* Fibonacci hashing: the high bits of the product. */
static size_t place(const struct token_set *s, uint64_t token)
{
	uint64_t h = token * 0x9e3779b97f4a7c15;

	return (size_t)(h >> 20) & (s->size - 1);
}

static bool set_has(const struct token_set *s, uint64_t token)
{
	if (!s->n)
		return false;
	for (size_t i = place(s, token); s->slots[i];
		i = (i + 1) & (s->size - 1))
		if (s->slots[i] == token)
			return true;
	return false;
}

static void set_add(struct token_set *s, uint64_t token)
{
	size_t i = place(s, token);

	ASSERT(token && 2 * s->n < s->size);
	while (s->slots[i])
		i = (i + 1) & (s->size - 1);
	s->slots[i] = token;
	s->n++;
}

static enum err set_reserve(struct token_set *s, size_t n)
{
	struct token_set grown = {.size = s->size ? s->size : SIZE_MIN};

	while (grown.size < 2 * (s->n + n))
		grown.size *= 2;
	if (grown.size == s->size)
		return OK;
	grown.slots = calloc(grown.size, sizeof(*grown.slots));
	if (!grown.slots)
		return ERR_NOMEM;
	for (size_t i = 0; i < s->size; i++)
		if (s->slots[i])
			set_add(&grown, s->slots[i]);
	free(s->slots);
	*s = grown;
	return OK;
}

/* Moves what follows back over the hole, as linear probing needs. */
static void set_remove(struct token_set *s, uint64_t token)
{
	size_t mask = s->size - 1, hole = place(s, token), i;

	while (s->slots[hole] != token) {
		ASSERT(s->slots[hole]);
		hole = (hole + 1) & mask;
	}
	for (i = (hole + 1) & mask; s->slots[i]; i = (i + 1) & mask) {
		size_t home = place(s, s->slots[i]);

		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		s->slots[hole] = s->slots[i];
		hole = i;
	}
	s->slots[hole] = 0;
	s->n--;
}

static void set_clear(struct token_set *s)
{
	if (s->size > SIZE_KEPT) {
		free(s->slots);
		*s = (struct token_set){0};
	} else if (s->n) {
		memset(s->slots, 0, s->size * sizeof(*s->slots));
		s->n = 0;
	}
}

void click_overlay_init(struct click_overlay *o, uint64_t position)
{
	*o = (struct click_overlay){
		.young_newest = position,
		.old_newest = position,
		.dropped_to = position,
	};
}

void click_overlay_deinit(struct click_overlay *o)
{
	free(o->young.slots);
	free(o->old.slots);
	*o = (struct click_overlay){0};
}

enum err click_overlay_reserve(struct click_overlay *o, size_t n)
{
	return set_reserve(&o->young, n);
}

bool click_overlay_has(const struct click_overlay *o, uint64_t token)
{
	return set_has(&o->young, token) || set_has(&o->old, token);
}

void click_overlay_add(struct click_overlay *o, uint64_t token)
{
	set_add(&o->young, token);
}

void click_overlay_remove(struct click_overlay *o, uint64_t token)
{
	set_remove(&o->young, token);
}

void click_overlay_committed(struct click_overlay *o, uint64_t newest)
{
	o->young_newest = newest;
}

static void drop_old(struct click_overlay *o, uint64_t position)
{
	if (!o->old.n || position < o->old_newest)
		return;
	o->dropped_to = o->old_newest;
	set_clear(&o->old);
}

void click_overlay_passed(struct click_overlay *o, uint64_t position)
{
	struct token_set empty;

	drop_old(o, position);
	if (o->old.n || !o->young.n)
		return;
	empty = o->old;
	o->old = o->young;
	o->young = empty;
	o->old_newest = o->young_newest;
	drop_old(o, position);
}

size_t click_overlay_n(const struct click_overlay *o)
{
	return o->young.n + o->old.n;
}
