/* One request to the API, from its head to its answer. A route's handler gets
 * it when its body, if it takes one, is there, and ends it by exactly one
 * call_answer...() or call_fail(); until then it may hand out jobs. All on the
 * API's loop. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/api_object.h"
#include "api/query.h"
#include "base/buf.h"
#include "base/str.h"
#include "core/api_key_record.h"
#include "core/account_record.h"
#include "core/json.h"
#include "http/exchange.h"
#include "http/mailbox.h"
#include "http/router.h"
#include "service/problem.h"

struct call;

enum call_auth {
	AUTH_NONE,    /* anybody */
	AUTH_ACCOUNT, /* a key of an account, or the administrator for one */
	AUTH_ADMIN,   /* the administrator's socket alone: else 404 */
};

enum call_body {
	BODY_NONE,
	BODY_JSON,   /* call->json, an application/json value */
	BODY_HANDLER /* the handler reads it */
};

/* A row of the table of routes. */
struct route {
	enum call_auth auth;
	uint8_t scopes; /* any of these will do; 0: any key */
	enum call_body body;
	const char *const *params; /* known query parameters, or NULL */
	void (*handle)(struct call *c);
	bool needs_all; /* of the scopes */
};

enum {
	REQUEST_ID_LEN = 16,
	CALL_HEADER_MAX = 256,   /* bytes of a header that is kept */
	CALL_BODY_MAX = 1 << 20, /* bytes of an answer made in memory */
};

struct call {
	struct api *api;
	struct http_exchange *ex;
	const struct route *route;
	struct http_match match; /* its captures stay */
	struct query query;
	char request_id[REQUEST_ID_LEN];
	bool is_local;
	bool is_ndjson; /* the Content-Type */
	bool has_key;   /* Idempotency-Key */
	uint8_t key[HASH128_BYTES];
	/* AUTH_ACCOUNT: whose call it is. */
	struct view *view;
	uint64_t account;
	size_t account_name_n;
	char account_name[ACCOUNT_NAME_MAX];
	uint8_t scopes;

	struct buf body; /* of the request */
	void (*whole)(struct call *c);
	struct json_t *json;
	struct problem problem;
	struct mail mail; /* for jobs */
	/* The handler's: freed with the call by free_state. */
	void *state;
	void (*free_state)(void *state);
};

/* For a handler that reads its body whole, unparsed: then `whole` runs. */
void call_read_body(struct call *c, void (*whole)(struct call *c));

/* For the handler object of a listener. */
void call_begin(struct api *api, struct http_exchange *ex,
	const struct http_request *request);

/* The account as the snapshot has it; false after call_fail(). */
bool call_account(struct call *c, struct account *a);
struct str call_capture(const struct call *c, size_t i);

/* Writers of an answer: begin, write into api->body, then answer. */
struct buf *call_answer_begin(struct call *c);
/* application/json; extra header lines may be empty. */
void call_answer(struct call *c, int status, struct str extra_lines);
void call_answer_type(struct call *c, int status, const char *content_type,
	struct str extra_lines);
void call_answer_empty(struct call *c, int status);
/* The problem in c->problem. */
void call_fail(struct call *c);
/* Sets it first. */
void call_fail_with(struct call *c, enum problem_kind kind, const char *detail);
void call_fail_err(struct call *c, enum err e);
/* Appends X-Request-Id, Cache-Control and the like. */
void call_put_lines(const struct call *c, struct buf *lines);
/* The same for an answer to what is no call, with an id of its own. */
void call_put_refusal_lines(struct buf *lines);
/* After a streamed answer stopped; frees it. */
void call_end(struct call *c);

/* Any thread: run fn(call) on the API's loop. Not again before it ran. */
void call_post(struct call *c, void (*fn)(struct mail *mail));
struct call *call_of_mail(struct mail *mail);
