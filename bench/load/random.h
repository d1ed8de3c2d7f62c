/* Numbers for choosing targets: xorshift64*, seeded, so that a run can be
 * repeated. Not for secrets. */
#pragma once

#include <stdint.h>

struct xorshift {
	uint64_t state;
};

static inline void xorshift_init(struct xorshift *x, uint64_t seed)
{
	/* Spreads small seeds; the state must not be 0. */
	x->state = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
	if (x->state == 0)
		x->state = 1;
}

static inline uint32_t xorshift_next(struct xorshift *x)
{
	x->state ^= x->state >> 12;
	x->state ^= x->state << 25;
	x->state ^= x->state >> 27;
	return (uint32_t)(x->state * UINT64_C(0x2545f4914f6cdd1d) >> 32);
}

/* Below n, which is at most UINT32_MAX. */
static inline uint32_t xorshift_below(struct xorshift *x, uint64_t n)
{
	return (uint32_t)(xorshift_next(x) * n >> 32);
}
