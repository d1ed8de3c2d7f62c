/* When requests are due. Closed loop: always, whenever a connection is free.
 * Open loop: at a constant rate, whatever comes back. Pure: the caller brings
 * the time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
	SCHEDULE_RATE_MAX = 10000000 /* a second */
};

struct schedule {
	uint64_t start_ns;
	uint64_t rate;   /* a second; 0: closed loop */
	uint64_t max;    /* requests in all */
	uint64_t issued; /* so far */
	bool stopped;
};

void schedule_init(
	struct schedule *s, uint64_t start_ns, uint64_t rate, uint64_t max);
/* Takes the next request if one is due by now: true, and since when. */
bool schedule_take(struct schedule *s, uint64_t now_ns, uint64_t *due_ns);
/* Open loop: when the next one is due; UINT64_MAX if none is to come. */
uint64_t schedule_next(const struct schedule *s);
/* No more from now on. Returns how many were due and not taken. */
uint64_t schedule_stop(struct schedule *s, uint64_t now_ns);
/* True if none is to come. */
bool schedule_is_over(const struct schedule *s);
