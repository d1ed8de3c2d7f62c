#include "store/click_repeats.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/assert.h"

enum {
	SIZE_MIN = 1024,
	SIZE_KEPT = 1 << 16, /* slots that an empty set may hold on to */
	LARGE_PAGE = 2 << 20,
};

/* Keys are hashes. */
static size_t home(const struct repeat_set *s, uint64_t key)
{
	return (size_t)key & (s->size - 1);
}

static struct repeat_slot *find(const struct repeat_set *s, uint64_t key)
{
	size_t i;

	if (!s->n)
		return NULL;
	for (i = home(s, key); s->slots[i].key; i = (i + 1) & (s->size - 1))
		if (s->slots[i].key == key)
			return &s->slots[i];
	return NULL;
}

static void put(struct repeat_set *s, uint64_t key, uint64_t at_ms)
{
	size_t i = home(s, key);

	while (s->slots[i].key && s->slots[i].key != key)
		i = (i + 1) & (s->size - 1);
	if (!s->slots[i].key) {
		ASSERT(2 * (s->n + 1) <= s->size);
		s->n++;
	}
	s->slots[i] = (struct repeat_slot){key, at_ms};
}

/* All free. In large pages where they fit in: it is looked into all over. */
static struct repeat_slot *make_slots(size_t size)
{
	struct repeat_slot *slots = calloc(size, sizeof(*slots));
	size_t bytes = size * sizeof(*slots);
	size_t before = LARGE_PAGE - (uintptr_t)slots % LARGE_PAGE;

	if (slots && bytes >= before + LARGE_PAGE)
		(void)madvise((char *)slots + before,
			(bytes - before) / LARGE_PAGE * LARGE_PAGE,
			MADV_HUGEPAGE); /* a wish */
	return slots;
}

static enum err grow(struct repeat_set *s, size_t n)
{
	struct repeat_set grown = {.began_ms = s->began_ms};

	grown.size = s->size ? s->size : SIZE_MIN;
	while (grown.size < 2 * (s->n + n))
		grown.size *= 2;
	if (grown.size == s->size)
		return OK;
	grown.slots = make_slots(grown.size);
	if (!grown.slots)
		return ERR_NOMEM;
	for (size_t i = 0; i < s->size; i++)
		if (s->slots[i].key && s->slots[i].at_ms)
			put(&grown, s->slots[i].key, s->slots[i].at_ms);
	free(s->slots);
	*s = grown;
	return OK;
}

static void clear(struct repeat_set *s)
{
	if (s->size > SIZE_KEPT) {
		free(s->slots);
		*s = (struct repeat_set){0};
	} else if (s->n) {
		memset(s->slots, 0, s->size * sizeof(*s->slots));
		s->n = 0;
	}
}

static void turn(struct click_repeats *r)
{
	struct repeat_set empty = r->old;

	clear(&empty);
	r->old = r->young;
	r->young = empty;
}

void click_repeats_deinit(struct click_repeats *r)
{
	free(r->young.slots);
	free(r->old.slots);
	*r = (struct click_repeats){0};
}

enum err click_repeats_reserve(
	struct click_repeats *r, size_t n, uint64_t at_ms)
{
	ASSERT(n <= CLICK_REPEATS_MAX);
	if (!r->window_ms)
		return OK;
	if (r->young.n + n > CLICK_REPEATS_MAX ||
		(r->young.n && at_ms > r->young.began_ms + r->window_ms))
		turn(r);
	if (!r->young.n)
		r->young.began_ms = at_ms;
	return grow(&r->young, n);
}

static void prefetch(const struct repeat_set *s, uint64_t key)
{
	if (s->n)
		__builtin_prefetch(&s->slots[home(s, key)]);
}

void click_repeats_prefetch(const struct click_repeats *r, uint64_t key)
{
	prefetch(&r->young, key);
	prefetch(&r->old, key);
}

static bool is_near(
	const struct repeat_slot *slot, uint64_t at, uint64_t window)
{
	uint64_t before = slot ? slot->at_ms : 0;

	return before && (at > before ? at - before : before - at) <= window;
}

bool click_repeats_has(
	const struct click_repeats *r, uint64_t key, uint64_t at_ms)
{
	return r->window_ms &&
	       (is_near(find(&r->young, key), at_ms, r->window_ms) ||
		       is_near(find(&r->old, key), at_ms, r->window_ms));
}

void click_repeats_add(struct click_repeats *r, uint64_t key, uint64_t at_ms)
{
	ASSERT(key);
	if (r->window_ms)
		put(&r->young, key, at_ms);
}

void click_repeats_take_back(struct click_repeats *r, uint64_t key)
{
	struct repeat_slot *slot = find(&r->young, key);

	if (!slot)
		slot = find(&r->old, key);
	if (slot)
		slot->at_ms = 0;
}
