/* One request's head, parsed strictly (RFC 9110, 9112): on any doubt it is
 * refused. All strings are views into the connection's buffer, and die when
 * on_request() returns: copy what you keep. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum {
	HTTP_HEAD_MAX = 8192,   /* request line and fields; more: 431 */
	HTTP_TARGET_MAX = 2048, /* more: 414 */
	HTTP_METHOD_MAX = 32,   /* more: 400 */
	HTTP_FIELDS_MAX = 64,   /* more: 431 */
};

enum http_method {
	HTTP_GET,
	HTTP_HEAD,
	HTTP_POST,
	HTTP_PUT,
	HTTP_PATCH,
	HTTP_DELETE,
	HTTP_OPTIONS,
	HTTP_OTHER, /* any other token: see method_text */
};

enum {
	HTTP_METHODS_N = HTTP_OTHER
};

/* Fields that are found while parsing. Those marked 1 are refused (400) when
 * they come twice; of the rest the first counts, of X-Forwarded-For the last:
 * the one that the nearest proxy wrote. */
enum http_known {
	HTTP_ACCEPT,
	HTTP_ACCEPT_ENCODING,
	HTTP_ACCEPT_LANGUAGE,
	HTTP_AUTHORIZATION, /* 1 */
	HTTP_CONNECTION,
	HTTP_CONTENT_LENGTH,  /* 1 */
	HTTP_CONTENT_TYPE,    /* 1 */
	HTTP_CTIO_ACCOUNT,    /* 1 */
	HTTP_EXPECT,          /* 1 */
	HTTP_HOST,            /* 1 */
	HTTP_IDEMPOTENCY_KEY, /* 1 */
	HTTP_IF_NONE_MATCH,
	HTTP_PURPOSE,
	HTTP_REFERER,
	HTTP_SEC_PURPOSE,
	HTTP_TRANSFER_ENCODING, /* 1 */
	HTTP_USER_AGENT,
	HTTP_X_FORWARDED_FOR,
	HTTP_X_MOZ,
	HTTP_X_PURPOSE,
	HTTP_X_REQUEST_ID,
	HTTP_KNOWN_N,
};

enum http_framing {
	HTTP_NO_BODY,
	HTTP_BODY_LENGTH,
	HTTP_BODY_CHUNKED,
};

struct http_field {
	struct str name;
	struct str value; /* without blanks around it */
};

struct http_request {
	enum http_method method;
	struct str method_text;
	struct str target; /* as sent */
	/* Raw, not percent-decoded; begins with '/', or is "*" for OPTIONS.
	 * May hold any byte of 0x21-0x7e and 0x80-0xff but '?'. */
	struct str path;
	struct str query; /* behind the first '?', without it */
	bool has_query;
	/* As sent, without port; that of an absolute target before that of
	 * Host; empty only in HTTP/1.0. [A-Za-z0-9._-]+ or "[IPv6]". */
	struct str host;
	uint8_t version_minor; /* 0 or 1 */
	bool keep_alive;       /* the client will take another answer */
	bool expect_continue;
	enum http_framing framing;
	uint64_t content_length; /* with HTTP_BODY_LENGTH */
	size_t fields_n;
	struct http_field fields[HTTP_FIELDS_MAX];
	struct str known[HTTP_KNOWN_N]; /* p is NULL when not sent */
};

/* The first field of that name, case of letters ignored; p is NULL if there is
 * none. */
struct str http_request_field(
	const struct http_request *request, struct str name);
/* The next one from *at on, which moves behind it; begin with 0. */
struct str http_request_next(
	const struct http_request *request, struct str name, size_t *at);
