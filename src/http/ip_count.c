#include "http/ip_count.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/random.h"

enum {
	FIRST_SIZE = 256
};

void ip_count_init(struct ip_count *counts)
{
	*counts = (struct ip_count){0};
	random_fill(counts->seed, sizeof(counts->seed));
}

void ip_count_deinit(struct ip_count *counts)
{
	free(counts->slots);
	*counts = (struct ip_count){0};
}

static void make_key(const struct ip *ip, uint64_t key[2])
{
	key[0] = 0;
	key[1] = ip->n;
	memcpy(&key[0], ip->bytes, ip->n < 8 ? ip->n : 8);
}

static uint64_t mix(uint64_t v)
{
	v ^= v >> 33;
	v *= UINT64_C(0xff51afd7ed558ccd);
	v ^= v >> 33;
	v *= UINT64_C(0xc4ceb9fe1a85ec53);
	return v ^ v >> 33;
}

static size_t home_of(const struct ip_count *counts, const uint64_t key[2])
{
	uint64_t hash =
		mix(mix(key[0] ^ counts->seed[0]) ^ key[1] ^ counts->seed[1]);

	return (size_t)hash & (counts->size - 1);
}

/* The slot of the key, or the free one where it belongs. */
static size_t find(const struct ip_count *counts, const uint64_t key[2])
{
	size_t i = home_of(counts, key);

	while (counts->slots[i].count &&
		memcmp(counts->slots[i].key, key, 2 * sizeof(key[0])) != 0)
		i = (i + 1) & (counts->size - 1);
	return i;
}

static enum err grow(struct ip_count *counts)
{
	struct ip_count old = *counts;
	size_t size = old.size ? old.size * 2 : FIRST_SIZE;
	struct ip_count_slot *slots = calloc(size, sizeof(*slots));

	if (!slots)
		return ERR_NOMEM;
	counts->slots = slots;
	counts->size = size;
	for (size_t i = 0; i < old.size; i++) {
		if (old.slots[i].count)
			slots[find(counts, old.slots[i].key)] = old.slots[i];
	}
	free(old.slots);
	return OK;
}

enum err ip_count_add(
	struct ip_count *counts, const struct ip *ip, uint32_t max)
{
	struct ip_count_slot *slot;
	uint64_t key[2];

	if (counts->used * 2 >= counts->size) {
		enum err e = grow(counts);

		if (e)
			return e;
	}
	make_key(ip, key);
	slot = &counts->slots[find(counts, key)];
	if (slot->count >= max)
		return ERR_FULL;
	if (slot->count++ == 0) {
		memcpy(slot->key, key, sizeof(key));
		counts->used++;
	}
	return OK;
}

/* Frees slot i, moving back what was pushed behind it. */
static void free_slot(struct ip_count *counts, size_t i)
{
	size_t mask = counts->size - 1;

	counts->used--;
	for (size_t at = (i + 1) & mask; counts->slots[at].count;
		at = (at + 1) & mask) {
		size_t home = home_of(counts, counts->slots[at].key);

		/* It may move to i unless its home lies behind i. */
		if (((at - home) & mask) >= ((at - i) & mask)) {
			counts->slots[i] = counts->slots[at];
			i = at;
		}
	}
	counts->slots[i].count = 0;
}

void ip_count_remove(struct ip_count *counts, const struct ip *ip)
{
	uint64_t key[2];
	size_t i;

	make_key(ip, key);
	i = find(counts, key);
	ASSERT(counts->slots[i].count > 0);
	if (--counts->slots[i].count == 0)
		free_slot(counts, i);
}
