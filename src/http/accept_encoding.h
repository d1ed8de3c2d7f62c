/* Whether a client wants its answer compressed: Accept-Encoding (RFC 9110
 * 12.5.3), of which gzip is all that this server speaks. */
#pragma once

#include <stdbool.h>

#include "base/str.h"
#include "http/request.h"

/* Weights in thousandths, -1 where nothing was said: all -1 at first. Of a
 * coding named twice the first counts. */
struct accepted_codings {
	int gzip; /* or x-gzip, RFC 9110 8.4.1.3 */
	int identity;
	int any; /* "*" */
};

#define ACCEPTED_NONE ((struct accepted_codings){-1, -1, -1})

/* Adds what one field's value says. Elements that break the grammar say
 * nothing. */
void accepted_codings_read(struct accepted_codings *c, struct str value);
/* True if gzip is acceptable, and not less welcome than plain bytes. */
bool accepted_codings_want_gzip(const struct accepted_codings *c);
/* The same of all of a request's fields. */
bool http_wants_gzip(const struct http_request *request);
