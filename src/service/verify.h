/* Checks a region's store that no server has open: every record, and that the
 * tally is what the log adds up to. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "service/region.h"
#include "store/check.h"

struct verify_result {
	bool is_absent;   /* it was never served here */
	uint64_t clicks;  /* in the log */
	uint64_t counted; /* by the tally, those that are no longer kept too */
	bool has_tally;   /* false: it will be made by the next start */
};

/* What is wrong is told to the check, and OK; errors, with a problem, are what
 * kept it from checking. The data folder is locked by the caller. */
CHECKED enum err verify_region(const struct regions_settings *settings,
	const struct region_settings *region, struct check *check,
	struct verify_result *result, struct region_problem *problem);
