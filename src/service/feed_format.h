/* A click of the feed as a line of NDJSON or CSV: the same columns in the same
 * order; new ones only ever at the end. */
#pragma once

#include "base/buf.h"
#include "service/feed.h"

/* The header row, CRLF at its end (RFC 4180). */
void feed_csv_header(struct buf *out);
void feed_csv_put(struct buf *out, const struct feed_row *r);
void feed_ndjson_put(struct buf *out, const struct feed_row *r);
