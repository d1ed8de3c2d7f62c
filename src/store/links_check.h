/* Checks every record of a links environment: that it can be trusted, and that
 * what it names is there. */
#pragma once

#include "base/err.h"
#include "store/check.h"
#include "store/db.h"

/* For an environment that nobody writes, at dir. ERR_NOT_FOUND: there is none;
 * others: it cannot be opened. Damage is told to the check, and OK. */
CHECKED enum err links_check(const char *dir, struct check *check);
