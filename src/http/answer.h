/* Writes the head of an answer (RFC 9112 4): pure functions on bytes. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum {
	/* All that is written besides the caller's lines. */
	HTTP_ANSWER_HEAD_MAX = 256,
	HTTP_DATE_LINE_MAX = 40,
};

enum http_answer_length {
	ANSWER_LENGTH,  /* Content-Length */
	ANSWER_CHUNKED, /* Transfer-Encoding: chunked */
	ANSWER_OPEN,    /* ends with the connection, or has no body ever */
};

struct http_answer_head {
	int status;
	enum http_answer_length length;
	size_t content_length;
	bool close;      /* say so */
	bool keep_alive; /* say so: HTTP/1.0 needs it */
	bool gzip;       /* the body is */
	bool varies;     /* it could be, or not: Accept-Encoding decides */
	struct str date_line;
	struct str lines; /* the caller's, each ending in CR LF */
};

/* Writes at most HTTP_ANSWER_HEAD_MAX + lines.n bytes; returns how many. */
size_t http_put_answer_head(char *to, const struct http_answer_head *head);
/* "Date: ...\r\n" of that UTC time, at most HTTP_DATE_LINE_MAX bytes, no NUL;
 * returns how many. */
size_t http_put_date_line(char *to, uint64_t wall_ms);
/* False for 204, 304 and 1xx (RFC 9110 6.4.1). */
bool http_status_has_body(int status);
