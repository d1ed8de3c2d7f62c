/* The parser behind http/request.h: strict, in two steps, so that its result
 * never depends on how the bytes were cut. First the end of the head is
 * searched as bytes arrive, then the whole head is parsed at once. */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "http/request.h"

/* How far the search has come; all zero at the start of a request. */
struct http_scan {
	size_t start; /* of the request line, behind an empty line */
	size_t line;  /* of the line that is not ended yet */
	size_t at;    /* searched up to here */
};

/* Why a request is refused. */
struct http_refusal {
	int status;
	const char *why;
};

/* bytes are all that arrived of this request and what follows it, the same as
 * in the call before and more. OK: the head is its first *head_n bytes;
 * ERR_AGAIN: more is needed; ERR_INVALID: *why says how to refuse it. */
CHECKED enum err http_find_head(struct http_scan *scan, struct str bytes,
	size_t *head_n, struct http_refusal *why);
/* head as found above, of which the views in *to are parts. ERR_INVALID: *why
 * says how to refuse it. */
CHECKED enum err http_parse_head(
	struct str head, struct http_request *to, struct http_refusal *why);
