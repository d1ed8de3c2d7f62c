/* One region's part of judging again: see service/rejudge.h. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "core/verdict.h"
#include "core/verdict_rules.h"
#include "service/region.h"

/* Since it was told last. */
struct rejudge_progress {
	uint64_t looked, changed;
	uint64_t moved[VERDICTS][VERDICTS];
};

struct rejudge_job {
	struct region *region;
	const struct verdict_rules *rules;
	uint64_t repeat_window_ms;
	const struct clock *clock;
	bool is_dry;
	bool resumes;        /* an earlier run was cut off */
	uint32_t generation; /* of the marked tally, that will know it */
	const atomic_bool *is_stopping;
	void (*note)(void *arg, const struct rejudge_progress *progress);
	void *arg;
};

/* On the caller's thread, which may wait. ERR_CLOSED: it was stopped. */
CHECKED enum err rejudge_region(const struct rejudge_job *job);
