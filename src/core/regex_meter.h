/* Makes a regular expression tell how much work its matching is, since PCRE2's
 * limits count anew for each place in the text where a match may begin: a
 * callout stands behind everything that can match in more than one way. Between
 * two of them the matcher goes straight on, and cannot go back. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

struct regex_meter {
	unsigned branches; /* alternatives of all groups together */
};

/* Appends the expression with its callouts. False, with nothing appended, when
 * it is not understood. */
bool regex_meter(struct str regex, struct regex_meter *meter, struct buf *to);
