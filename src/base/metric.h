/* Counters and histograms that one thread writes and any thread reads, without
 * a lock. Reading sums over the owners' copies. */
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct counter {
	_Atomic uint64_t value;
};

/* The owning thread alone. */
static inline void counter_add(struct counter *c, uint64_t n)
{
	uint64_t v = atomic_load_explicit(&c->value, memory_order_relaxed);

	atomic_store_explicit(&c->value, v + n, memory_order_relaxed);
}

/* The owning thread alone; for gauges. */
static inline void counter_set(struct counter *c, uint64_t v)
{
	atomic_store_explicit(&c->value, v, memory_order_relaxed);
}

static inline uint64_t counter_get(const struct counter *c)
{
	return atomic_load_explicit(&c->value, memory_order_relaxed);
}

enum {
	HISTOGRAM_BUCKETS = 16
};

/* Bucket i counts values up to bounds[i], the one behind the last bound the
 * rest. Bounds ascend, have no more than HISTOGRAM_BUCKETS - 1 entries, and
 * outlive the histogram. */
struct histogram {
	const uint64_t *bounds;
	size_t bounds_n;
	struct counter buckets[HISTOGRAM_BUCKETS];
	struct counter sum;
};

static inline void histogram_add(struct histogram *h, uint64_t v)
{
	size_t i = 0;

	while (i < h->bounds_n && v > h->bounds[i])
		i++;
	counter_add(&h->buckets[i], 1);
	counter_add(&h->sum, v);
}
