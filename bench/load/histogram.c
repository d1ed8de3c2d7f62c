#include "load/histogram.h"

#include <string.h>

#include "base/assert.h"

enum {
	STEPS = 1 << LATENCY_STEPS_BITS
};

/* Values below 2 * STEPS are their own buckets; above, a bucket holds 2^shift
 * values, of which the highest STEPS_BITS + 1 bits are the same. */
static unsigned shift_of(uint64_t v)
{
	unsigned bits = v ? 64 - (unsigned)__builtin_clzll(v) : 0;

	return bits > LATENCY_STEPS_BITS + 1 ? bits - LATENCY_STEPS_BITS - 1
					     : 0;
}

static size_t bucket_of(uint64_t v)
{
	unsigned shift = shift_of(v);

	return (size_t)shift * STEPS + (size_t)(v >> shift);
}

static uint64_t middle_of(size_t bucket)
{
	unsigned shift;
	uint64_t lowest;

	if (bucket < (size_t)2 * STEPS)
		return bucket;
	shift = (unsigned)(bucket / STEPS) - 1;
	lowest = (uint64_t)(bucket - (size_t)shift * STEPS) << shift;
	return lowest + ((UINT64_C(1) << shift) - 1) / 2;
}

void latency_init(struct latency *l)
{
	memset(l, 0, sizeof(*l));
}

void latency_add(struct latency *l, uint64_t ns)
{
	const uint64_t most = (UINT64_C(1) << LATENCY_VALUE_BITS) - 1;

	l->n++;
	l->sum += ns;
	if (ns > l->max)
		l->max = ns;
	l->buckets[bucket_of(ns < most ? ns : most)]++;
}

uint64_t latency_quantile(const struct latency *l, unsigned per_mille)
{
	/* Rounded up, without an overflow. */
	uint64_t rank = l->n / 1000 * per_mille +
			(l->n % 1000 * per_mille + 999) / 1000;
	uint64_t seen = 0;
	uint64_t v;

	ASSERT(per_mille >= 1 && per_mille <= 1000);
	if (l->n == 0)
		return 0;
	if (rank == l->n)
		return l->max;
	for (size_t i = 0; i < LATENCY_BUCKETS; i++) {
		seen += l->buckets[i];
		if (seen >= rank) {
			v = middle_of(i);
			return v < l->max ? v : l->max;
		}
	}
	return l->max;
}

double latency_mean(const struct latency *l)
{
	return l->n ? (double)l->sum / (double)l->n : 0;
}
