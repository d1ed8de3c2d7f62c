/* The request for a page of clicks, and where its answer says the next is. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "cli/export_rows.h"

enum {
	EXPORT_PAGE = 10000, /* clicks that a page looks at */
	EXPORT_WAIT_S = 25   /* that the server may wait for a click */
};

enum export_filter {
	EXPORT_FROM,
	EXPORT_TO,
	EXPORT_LINK,
	EXPORT_CAMPAIGN,
	EXPORT_VERDICT,
	EXPORT_RECIPIENT,
	EXPORT_FILTERS
};

struct export_filters {
	const char *text[EXPORT_FILTERS]; /* NULL: none */
};

bool export_is_filtered(const struct export_filters *filters);
/* Appends path and query. An empty cursor is none. */
void export_target(const struct export_filters *filters,
	enum export_format format, bool wait, struct str cursor,
	struct buf *to);
/* Appends the cursor of a Link header's rel="next". ERR_INVALID if there is
 * none. */
CHECKED enum err export_next_of(struct str link, struct buf *cursor);
