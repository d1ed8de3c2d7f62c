/* When a webhook that failed is tried again: soon at first, then ever later,
 * for days. */
#pragma once

#include <stdint.h>

/* The whole table shrinks or stretches with first_ms, and ends at max_ms. */
struct webhook_pace {
	uint64_t first_ms; /* 5 s is the table as it stands */
	uint64_t max_ms;   /* at least first_ms */
};

enum {
	WEBHOOK_STEPS = 10 /* of the table; the last one is repeated */
};

/* How long to wait after so many failures in a row, 1 or more. What the
 * answer's Retry-After said (0: nothing) is kept to within the same bounds.
 * random spreads the pauses by an eighth either way, so that what failed
 * together does not come back together. */
uint64_t webhook_pause_ms(const struct webhook_pace *pace, uint32_t failures,
	uint64_t retry_after_ms, uint32_t random);
