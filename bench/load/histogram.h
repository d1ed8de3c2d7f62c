/* Latencies in a histogram of bounded size: linear up to 256, then 128 buckets
 * for each power of two, so that a value read back is off by less than half a
 * per cent. One thread. */
#pragma once

#include <stdint.h>

enum {
	LATENCY_STEPS_BITS = 7,  /* 128 buckets for each power of two */
	LATENCY_VALUE_BITS = 42, /* larger ones count as the largest: 73 min */
	LATENCY_BUCKETS = (LATENCY_VALUE_BITS - LATENCY_STEPS_BITS + 1)
			  << LATENCY_STEPS_BITS,
};

struct latency {
	uint64_t n;
	uint64_t sum; /* exact, and so is max */
	uint64_t max;
	uint64_t buckets[LATENCY_BUCKETS];
};

void latency_init(struct latency *l);
/* Nanoseconds. */
void latency_add(struct latency *l, uint64_t ns);
/* The value that per_mille of a thousand values do not exceed (nearest rank),
 * at the middle of its bucket and never above the maximum; 0 if there are
 * none. per_mille is 1 to 1,000. */
uint64_t latency_quantile(const struct latency *l, unsigned per_mille);
/* 0 if there are none. */
double latency_mean(const struct latency *l);
