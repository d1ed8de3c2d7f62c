/* The timers of a loop: FIFO lists, one for each duration in use, since the
 * timers of one duration come due in the order of their setting. */
#pragma once

#include <stdint.h>

#include "http/loop.h"

struct loop_timer_list {
	struct loop_timer head; /* of a ring */
	uint32_t ms;
};

struct timers {
	struct loop_timer_list lists[LOOP_DURATIONS_MAX];
	struct loop_timer_list sorted; /* when no list is free */
	unsigned used;                 /* lists in use are among the first */
};

void timers_init(struct timers *timers);
/* Time never goes back. 0 ms counts as 1, so that a timer that sets itself
 * waits. */
void timers_set(struct timers *timers, struct loop_timer *timer,
	uint64_t now_ms, uint32_t ms);
void timers_clear(struct loop_timer *timer);
/* When the next one is due; UINT64_MAX if there is none. */
uint64_t timers_next(const struct timers *timers);
/* Takes out one that is due, NULL if there is none. */
struct loop_timer *timers_take(struct timers *timers, uint64_t now_ms);
