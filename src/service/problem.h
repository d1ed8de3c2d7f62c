/* Why a request was refused, as RFC 9457 problem details: a kind from one
 * table, a sentence, and every finding with its JSON pointer. */
#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"
#include "core/json.h"

enum problem_kind {
	PROBLEM_NONE,
	PROBLEM_MALFORMED,       /* 400 */
	PROBLEM_BAD_PARAMETER,   /* 400 */
	PROBLEM_UNAUTHORIZED,    /* 401 */
	PROBLEM_FORBIDDEN,       /* 403 */
	PROBLEM_NOT_FOUND,       /* 404 */
	PROBLEM_METHOD,          /* 405 */
	PROBLEM_TIMEOUT,         /* 408 */
	PROBLEM_CONFLICT,        /* 409 */
	PROBLEM_IN_FLIGHT,       /* 409 */
	PROBLEM_CURSOR_GONE,     /* 410 */
	PROBLEM_TOO_LARGE,       /* 413 */
	PROBLEM_TARGET_TOO_LONG, /* 414 */
	PROBLEM_MEDIA_TYPE,      /* 415 */
	PROBLEM_EXPECTATION,     /* 417 */
	PROBLEM_INVALID,         /* 422 */
	PROBLEM_KEY_REUSED,      /* 422 */
	PROBLEM_HEAD_TOO_LARGE,  /* 431 */
	PROBLEM_INTERNAL,        /* 500 */
	PROBLEM_NOT_IMPLEMENTED, /* 501 */
	PROBLEM_UNAVAILABLE,     /* 503 */
	PROBLEM_HTTP_VERSION,    /* 505 */
	PROBLEM_KINDS,
};

enum {
	PROBLEM_DETAIL_MAX = 256,
	PROBLEM_BYTES_MAX = 32768, /* of any problem's JSON */
};

struct problem {
	enum problem_kind kind;
	char detail[PROBLEM_DETAIL_MAX];
	struct json_findings findings;
	/* PROBLEM_CURSOR_GONE: the oldest cursor there is; else empty. */
	char oldest_cursor[64];
};

/* The row of a kind. */
int problem_status(enum problem_kind kind);
const char *problem_name(enum problem_kind kind); /* /problems/NAME */
const char *problem_title(enum problem_kind kind);
/* What to do about it, for people. */
const char *problem_help(enum problem_kind kind);
/* The kind that the HTTP layer's own refusals have. */
enum problem_kind problem_of_status(int status);

/* The first call wins; the findings are left alone. */
void problem_set(struct problem *p, enum problem_kind kind, const char *format,
	...) __attribute__((format(printf, 3, 4)));
/* For what the store cannot do now: full and failed disks, full queues and
 * lack of memory are 503, a damaged record is 500. */
void problem_from_err(struct problem *p, enum err e);
/* Appends the JSON object; findings are left out from the end until it has at
 * most bytes_max bytes. */
void problem_put(struct buf *out, const struct problem *p, size_t bytes_max);
