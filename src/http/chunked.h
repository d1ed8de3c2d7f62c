/* Takes the chunked transfer coding (RFC 9112 7.1) apart, in place and however
 * the bytes were cut. Stricter than the RFC: no extensions, no trailers. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum {
	HTTP_CHUNK_LINE_MAX = 32, /* a chunk's size line, with its CR LF */
};

/* All zero at the start of a body. */
struct http_chunked {
	uint64_t left; /* data bytes of this chunk still to come */
	uint8_t state;
	uint8_t line_n;
};

enum http_chunk {
	CHUNK_MORE, /* all bytes are used up; more must come */
	CHUNK_DATA, /* data stands at the front */
	CHUNK_END,  /* the body is whole */
	CHUNK_BAD,
};

/* Takes framing off the front of *bytes. With CHUNK_DATA, *data is the data at
 * the front, of which any number of bytes may be taken: count them with
 * http_chunked_took(), and skip them in bytes. */
enum http_chunk http_chunked_next(
	struct http_chunked *chunked, struct str *bytes, struct str *data);
void http_chunked_took(struct http_chunked *chunked, size_t n);
