#include "api/tap_pace.h"

enum {
	/* With so many replies parked, what arrives meanwhile rides in the same
	 * commit anyway. */
	PACE_PARKED = 32,
	PACE_PARKED_US = 300,
	/* Where they come so fast, a few make up for the pause. */
	PACE_BUSY_PER_MS = 8,
	PACE_BUSY_US = 100,
};

static bool is_busy(struct tap_pace *p, uint64_t now_ms)
{
	if (now_ms != p->began_ms) {
		p->is_busy =
			p->taps >= (now_ms - p->began_ms) * PACE_BUSY_PER_MS;
		p->began_ms = now_ms;
		p->taps = 0;
		p->seen = 0;
	}
	return p->is_busy;
}

int32_t tap_pace_turn_end(struct tap_pace *p, uint64_t now_ms)
{
	bool served = p->taps != p->seen;

	p->seen = p->taps;
	if (p->parked >= PACE_PARKED)
		return PACE_PARKED_US;
	if (!is_busy(p, now_ms))
		return TAP_PACE_WAIT;
	/* While there are taps, more are looked for at once. */
	return served ? 0 : PACE_BUSY_US;
}
