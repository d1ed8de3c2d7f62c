/* Counts a click log again, from the tally's base on, with the tally's own code
 * in another folder, and compares: that the tally is what the log adds up to.
 * While nobody writes either. */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "store/check.h"
#include "store/tally.h"

struct tally_check {
	uint64_t position; /* the tally's */
	uint64_t clicks;   /* that it has counted */
	bool is_missing;   /* there is none, or it waits for a rebuild: nothing
			      was compared */
};

/* The options are those of the tally; temp_dir, whose parent must be there, is
 * made and removed. Differences and damage are told to the check, and OK;
 * errors: the counting itself failed. */
CHECKED enum err tally_check(const struct tally_options *options,
	const char *temp_dir, struct check *check, struct tally_check *result);
