#include "service/webhook_pace.h"

#include "base/assert.h"

enum {
	JITTER_SHARE = 8, /* of a pause, either way */
};

/* Seconds; as Standard Webhooks recommends, with a step more for a receiver
 * that was only restarted. */
static const uint32_t steps[WEBHOOK_STEPS] = {
	5, 30, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400};

uint64_t webhook_pause_ms(const struct webhook_pace *pace, uint32_t failures,
	uint64_t retry_after_ms, uint32_t random)
{
	uint32_t step = failures < WEBHOOK_STEPS ? failures : WEBHOOK_STEPS;
	uint64_t ms, spread;

	ASSERT(failures > 0 && pace->first_ms > 0);
	ms = retry_after_ms;
	if (!ms)
		ms = steps[step - 1] * pace->first_ms / steps[0];
	if (ms < pace->first_ms)
		ms = pace->first_ms;
	if (ms > pace->max_ms)
		ms = pace->max_ms;
	spread = ms / JITTER_SHARE;
	return ms - spread + (2 * spread * (uint64_t)random >> 32);
}
