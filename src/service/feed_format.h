/* A click of the feed as a line of NDJSON or CSV: the same columns in the same
 * order; new ones only ever at the end. */
#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "service/feed_row.h"

enum {
	/* A row takes less, whatever phones and senders put into it: a longest
	 * destination and texts, each byte escaped. */
	FEED_ROW_BYTES_MAX = 1 << 17,
};

/* The header row, CRLF at its end (RFC 4180). */
void feed_csv_header(struct buf *out);
/* What the row takes at most, in any format. */
size_t feed_row_max(const struct feed_row *r);
/* Appends the row in its format. Quickest with feed_row_max() of room. */
void feed_row_put(struct buf *out, const struct feed_row *r);
/* The agent as the format writes it: a view of `to`, which holds
 * JSON_QUOTED_MAX() of its bytes. */
struct str feed_agent_put(char *to, enum feed_format format, struct str agent);
