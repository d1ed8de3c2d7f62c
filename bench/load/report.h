/* What a run found, and its one line of JSON. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "load/histogram.h"

struct report {
	uint64_t requests; /* right answers that came in the window */
	uint64_t answered; /* all right answers */
	uint64_t wrong;
	uint64_t unanswered;
	uint64_t connect_errors; /* never sent */
	uint64_t unclean; /* connections that did not end as they should */
	uint64_t unsent;  /* due before the end, and waiting for a turn */
	uint64_t window_ns;
	uint64_t cpu_ns; /* our own, in the window */
	uint64_t from_wall_us;
	uint64_t to_wall_us;
	struct latency latency; /* of requests that were due in the window */
};

/* True if all that was sent was answered as it should, and something was. */
bool report_is_good(const struct report *r);
/* ERR_SYSTEM or ERR_DISK_FULL, with errno. */
CHECKED enum err report_print(const struct report *r, FILE *to);
