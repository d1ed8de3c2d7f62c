#include "service/problem.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/assert.h"
#include "core/json_writer.h"

struct row {
	int status;
	const char *name;
	const char *title;
	const char *help;
};

static const struct row rows[PROBLEM_KINDS] = {
	[PROBLEM_NONE] = {500, "none", "No problem", ""},
	[PROBLEM_MALFORMED] = {400, "malformed", "The request is malformed",
		"The request is not valid HTTP or its body not valid JSON; "
		"the detail says where."},
	[PROBLEM_BAD_PARAMETER] = {400, "bad-parameter",
		"A query parameter is wrong",
		"A query parameter or header is unknown, repeated, or has a "
		"value that it cannot have."},
	[PROBLEM_UNAUTHORIZED] = {401, "unauthorized", "A valid key is needed",
		"Send `Authorization: Bearer KEY` with a key of the account "
		"that is neither expired nor revoked."},
	[PROBLEM_FORBIDDEN] = {403, "forbidden", "The key does not allow this",
		"The key lacks the scope that this call needs, or its account "
		"is disabled."},
	[PROBLEM_NOT_FOUND] = {404, "not-found", "There is no such thing",
		"Nothing of that name belongs to this account."},
	[PROBLEM_METHOD] = {405, "method-not-allowed",
		"The method is not allowed here",
		"The Allow header lists the methods of this path."},
	[PROBLEM_TIMEOUT] = {408, "timeout", "The request took too long",
		"The request's head or body did not arrive in time."},
	[PROBLEM_CONFLICT] = {409, "conflict", "It conflicts with what is",
		"The state of the thing does not allow this change."},
	[PROBLEM_IN_FLIGHT] = {409, "in-flight",
		"A request with this Idempotency-Key is in flight",
		"Wait until the first request ended, then try again."},
	[PROBLEM_CURSOR_GONE] = {410, "cursor-gone",
		"The cursor is no longer valid",
		"The clicks behind this cursor are no longer kept; go on from "
		"oldest_cursor."},
	[PROBLEM_TOO_LARGE] = {413, "too-large", "The body is too large",
		"Send a smaller body; batches are NDJSON of any length, whose "
		"lines are bounded."},
	[PROBLEM_TARGET_TOO_LONG] = {414, "target-too-long",
		"The URL is too long", "URLs have at most 2,048 bytes."},
	[PROBLEM_MEDIA_TYPE] = {415, "media-type",
		"The media type is not supported",
		"Send application/json, or application/x-ndjson where "
		"batches are taken."},
	[PROBLEM_EXPECTATION] = {417, "expectation",
		"The expectation cannot be met",
		"100-continue is the only one that is understood."},
	[PROBLEM_INVALID] = {422, "invalid", "The content is not valid",
		"The JSON was understood, but breaks a rule; each finding has "
		"a pointer to its place."},
	[PROBLEM_KEY_REUSED] = {422, "key-reused",
		"The Idempotency-Key was used for another request",
		"A retry must send what the first request sent; use a new key "
		"for a new request."},
	[PROBLEM_HEAD_TOO_LARGE] = {431, "head-too-large",
		"The request's head is too large",
		"The head has at most 8,192 bytes and 64 fields."},
	[PROBLEM_INTERNAL] = {500, "internal", "The server failed",
		"The server's log says more under the X-Request-Id."},
	[PROBLEM_NOT_IMPLEMENTED] = {501, "not-implemented",
		"The server does not understand this",
		"The method or transfer coding is not supported."},
	[PROBLEM_UNAVAILABLE] = {503, "unavailable",
		"The server cannot do this now",
		"Try again after the time that Retry-After names."},
	[PROBLEM_HTTP_VERSION] = {505, "http-version",
		"The HTTP version is not supported", "Use HTTP/1.1."},
};

int problem_status(enum problem_kind kind)
{
	ASSERT(kind < PROBLEM_KINDS);
	return rows[kind].status;
}

const char *problem_name(enum problem_kind kind)
{
	ASSERT(kind < PROBLEM_KINDS);
	return rows[kind].name;
}

const char *problem_title(enum problem_kind kind)
{
	ASSERT(kind < PROBLEM_KINDS);
	return rows[kind].title;
}

const char *problem_help(enum problem_kind kind)
{
	ASSERT(kind < PROBLEM_KINDS);
	return rows[kind].help;
}

enum problem_kind problem_of_status(int status)
{
	for (int i = PROBLEM_NONE + 1; i < PROBLEM_KINDS; i++)
		if (rows[i].status == status)
			return (enum problem_kind)i;
	return PROBLEM_INTERNAL;
}

void problem_set(
	struct problem *p, enum problem_kind kind, const char *format, ...)
{
	va_list args;

	if (p->kind != PROBLEM_NONE)
		return;
	p->kind = kind;
	va_start(args, format);
	(void)vsnprintf(p->detail, sizeof(p->detail), format, args);
	va_end(args);
}

void problem_from_err(struct problem *p, enum err e)
{
	switch (e) {
	case ERR_DISK_FULL:
		problem_set(p, PROBLEM_UNAVAILABLE, "The disk is full.");
		break;
	case ERR_IO:
		problem_set(p, PROBLEM_UNAVAILABLE,
			"The disk failed; the server must be restarted.");
		break;
	case ERR_NOMEM:
	case ERR_FULL:
	case ERR_CLOSED:
		problem_set(p, PROBLEM_UNAVAILABLE, "The server is %s.",
			e == ERR_CLOSED ? "shutting down" : "overloaded");
		break;
	default:
		problem_set(p, PROBLEM_INTERNAL, "The store answered: %s.",
			err_text(e));
		break;
	}
}

static void put_with(struct buf *out, const struct problem *p, size_t findings)
{
	struct json_writer w;

	json_writer_init(&w, out);
	json_object_begin(&w);
	json_key(&w, "type");
	buf_text(out, "\"/problems/");
	buf_text(out, problem_name(p->kind));
	buf_byte(out, '"');
	w.comma = true;
	json_key(&w, "title");
	json_put_str(&w, str_from(problem_title(p->kind)));
	json_key(&w, "status");
	json_put_u64(&w, (uint64_t)problem_status(p->kind));
	json_key(&w, "detail");
	json_put_str(&w, str_from(p->detail));
	if (p->oldest_cursor[0]) {
		json_key(&w, "oldest_cursor");
		json_put_str(&w, str_from(p->oldest_cursor));
	}
	if (findings) {
		json_key(&w, "errors");
		json_array_begin(&w);
		for (size_t i = 0; i < findings; i++) {
			json_object_begin(&w);
			json_key(&w, "detail");
			json_put_str(&w, str_from(p->findings.items[i].detail));
			json_key(&w, "pointer");
			json_put_str(
				&w, str_from(p->findings.items[i].pointer));
			json_object_end(&w);
		}
		json_array_end(&w);
	}
	json_object_end(&w);
}

void problem_put(struct buf *out, const struct problem *p, size_t bytes_max)
{
	size_t start = out->n, findings = p->findings.n;

	for (;;) {
		put_with(out, p, findings);
		if (out->err || out->n - start <= bytes_max || !findings)
			return;
		out->n = start;
		findings--;
	}
}
