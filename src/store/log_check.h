/* Checks every record of a click log: that it can be trusted, lies where it
 * belongs, and that the agents it names are there. */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "store/check.h"
#include "store/segments.h"

/* Damage is told to the check, and OK; *clicks are those that were looked at.
 * Errors: the log cannot be opened. */
CHECKED enum err log_check(
	struct segments *segments, struct check *check, uint64_t *clicks);
