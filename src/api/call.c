#include "api/call.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "api/auth.h"
#include "api/routes.h"
#include "base/assert.h"
#include "base/log.h"
#include "base/num.h"
#include "base/random.h"
#include "core/hash.h"
#include "http/loop.h"
#include "service/lookup.h"

struct call *call_of_mail(struct mail *mail)
{
	return (struct call *)(void *)((char *)mail -
				       offsetof(struct call, mail));
}

void call_post(struct call *c, void (*fn)(struct mail *mail))
{
	c->mail.deliver = fn;
	loop_post(c->api->options.loop, &c->mail);
}

static void make_request_id(char to[REQUEST_ID_LEN])
{
	uint8_t id[REQUEST_ID_LEN / 2];

	random_fill(id, sizeof(id));
	num_put_hex(to, id, sizeof(id));
}

static struct call *call_new(struct api *api, struct http_exchange *ex)
{
	struct call *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->api = api;
	c->ex = ex;
	c->is_local = http_is_local(ex);
	make_request_id(c->request_id);
	buf_init(&c->body, api->options.body_max);
	return c;
}

void call_end(struct call *c)
{
	if (c->free_state)
		c->free_state(c->state);
	json_free(c->json);
	buf_deinit(&c->body);
	free(c);
}

struct str call_capture(const struct call *c, size_t i)
{
	ASSERT(i < c->match.captures_n);
	return c->match.captures[i];
}

static void put_common_lines(
	struct buf *lines, const char request_id[REQUEST_ID_LEN])
{
	buf_text(lines, "X-Request-Id: ");
	buf_add(lines, request_id, REQUEST_ID_LEN);
	buf_text(lines, "\r\nCache-Control: no-store\r\n"
			"X-Content-Type-Options: nosniff\r\n");
}

void call_put_lines(const struct call *c, struct buf *lines)
{
	put_common_lines(lines, c->request_id);
}

void call_put_refusal_lines(struct buf *lines)
{
	char request_id[REQUEST_ID_LEN];

	make_request_id(request_id);
	put_common_lines(lines, request_id);
}

struct buf *call_answer_begin(struct call *c)
{
	buf_reset(&c->api->lines);
	buf_reset(&c->api->body);
	return &c->api->body;
}

static void answer_out_of_memory(struct http_exchange *ex)
{
	http_answer(ex, 503, STR("Retry-After: 1\r\n"), str_make(NULL, 0));
}

void call_answer_type(struct call *c, int status, const char *content_type,
	struct str extra_lines)
{
	struct api *api = c->api;

	call_put_lines(c, &api->lines);
	buf_text(&api->lines, "Content-Type: ");
	buf_text(&api->lines, content_type);
	buf_text(&api->lines, "\r\n");
	buf_str(&api->lines, extra_lines);
	if (buf_err(&api->lines) || buf_err(&api->body))
		answer_out_of_memory(c->ex);
	else
		http_answer(c->ex, status, buf_view(&api->lines),
			buf_view(&api->body));
	call_end(c);
}

void call_answer(struct call *c, int status, struct str extra_lines)
{
	buf_byte(&c->api->body, '\n');
	call_answer_type(c, status, "application/json", extra_lines);
}

void call_answer_empty(struct call *c, int status)
{
	(void)call_answer_begin(c);
	call_put_lines(c, &c->api->lines);
	http_answer(c->ex, status, buf_view(&c->api->lines), str_make(NULL, 0));
	call_end(c);
}

void call_fail(struct call *c)
{
	int status = problem_status(c->problem.kind);
	struct str extra = str_make(NULL, 0);
	char allow[HTTP_ALLOW_MAX + 16];

	if (status == 401)
		extra = STR("WWW-Authenticate: Bearer\r\n");
	else if (status == 503)
		extra = STR("Retry-After: 1\r\n");
	if (status == 405) {
		struct buf line;

		buf_init(&line, sizeof(allow));
		buf_printf(&line, "Allow: %s\r\n", c->match.allow);
		if (!buf_err(&line)) {
			memcpy(allow, line.p, line.n);
			extra = str_make(allow, line.n);
		}
		buf_deinit(&line);
	}
	if (status == 500)
		log_error("api: request failed request=%.*s detail=\"%s\"",
			REQUEST_ID_LEN, c->request_id, c->problem.detail);
	problem_put(call_answer_begin(c), &c->problem, PROBLEM_BYTES_MAX);
	buf_byte(&c->api->body, '\n');
	call_answer_type(c, status, "application/problem+json", extra);
}

void call_fail_with(struct call *c, enum problem_kind kind, const char *detail)
{
	problem_set(&c->problem, kind, "%s", detail);
	call_fail(c);
}

void call_fail_err(struct call *c, enum err e)
{
	problem_from_err(&c->problem, e);
	call_fail(c);
}

bool call_account(struct call *c, struct account *a)
{
	enum err e = lookup_account(c->view, c->account, a);

	if (e)
		call_fail_err(c, e);
	return !e;
}

static size_t on_body(void *arg, struct str bytes)
{
	struct call *c = arg;

	/* The HTTP layer keeps the bound; memory shows at the end. */
	buf_str(&c->body, bytes);
	return bytes.n;
}

static void on_body_end(void *arg)
{
	struct call *c = arg;
	enum err e = buf_err(&c->body);

	if (!e && c->whole) {
		c->whole(c);
		return;
	}
	if (!e)
		e = json_parse(buf_view(&c->body), c->api->options.body_max,
			&c->json, &c->problem.findings);
	if (e == ERR_INVALID) {
		problem_set(&c->problem, PROBLEM_MALFORMED,
			"The body is not valid JSON.");
		call_fail(c);
	} else if (e) {
		call_fail_err(c, e);
	} else {
		c->route->handle(c);
	}
}

static void on_body_broken(void *arg, enum err why)
{
	struct call *c = arg;

	switch (why) {
	case ERR_TOO_LONG:
		problem_set(&c->problem, PROBLEM_TOO_LARGE,
			"The body has more than %zu bytes.",
			c->api->options.body_max);
		break;
	case ERR_TIMEOUT:
		problem_set(&c->problem, PROBLEM_TIMEOUT,
			"The body did not arrive in time.");
		break;
	default:
		problem_set(
			&c->problem, PROBLEM_MALFORMED, "The body broke off.");
		break;
	}
	call_fail(c);
}

static const struct http_sink json_sink = {
	on_body, on_body_end, on_body_broken};

void call_read_body(struct call *c, void (*whole)(struct call *c))
{
	c->whole = whole;
	http_accept_body(c->ex, &json_sink, c, c->api->options.body_max);
}

/* Whether the media type is this one, parameters aside. */
static bool is_media_type(struct str value, const char *type)
{
	return str_eq_nocase(str_trim(str_split(&value, ';')), str_from(type));
}

static bool read_headers(struct call *c, const struct http_request *request)
{
	struct str type = request->known[HTTP_CONTENT_TYPE];
	struct str key = request->known[HTTP_IDEMPOTENCY_KEY];

	c->is_ndjson = type.p && is_media_type(type, "application/x-ndjson");
	if (c->route->body != BODY_NONE && !c->is_ndjson && type.p &&
		!is_media_type(type, "application/json")) {
		problem_set(&c->problem, PROBLEM_MEDIA_TYPE,
			"The Content-Type must be application/json%s.",
			c->route->body == BODY_HANDLER
				? ", or application/x-ndjson for a batch"
				: "");
		return false;
	}
	if (c->route->body == BODY_JSON && (c->is_ndjson || !type.p)) {
		problem_set(&c->problem, PROBLEM_MEDIA_TYPE,
			"The Content-Type must be application/json.");
		return false;
	}
	if (!key.p)
		return true;
	if (key.n >= 2 && key.p[0] == '"' && key.p[key.n - 1] == '"')
		key = str_make(key.p + 1, key.n - 2);
	if (key.n == 0 || key.n > CALL_HEADER_MAX) {
		problem_set(&c->problem, PROBLEM_BAD_PARAMETER,
			"The Idempotency-Key must have 1 to %d bytes.",
			CALL_HEADER_MAX);
		return false;
	}
	c->has_key = true;
	hash128(key, c->key);
	return true;
}

/* The rows that there are for this client: to anybody but the administrator his
 * are not there at all. */
static size_t routes_n(bool is_local)
{
	size_t n = 0;

	while (n < api_routes_n) {
		const struct route *route = api_routes[n].data;

		if (route->auth == AUTH_ADMIN && !is_local)
			break;
		n++;
	}
	return n;
}

static bool find_route(struct call *c, const struct http_request *request)
{
	enum err e = http_route_find(api_routes, routes_n(c->is_local),
		request->method, request->path, &c->match);

	if (e == ERR_DENIED) {
		problem_set(&c->problem, PROBLEM_METHOD,
			"This path answers to: %s.", c->match.allow);
		return false;
	}
	if (e == ERR_INVALID) {
		problem_set(&c->problem, PROBLEM_MALFORMED,
			"The path has a bad percent-escape.");
		return false;
	}
	if (e) {
		problem_set(&c->problem, PROBLEM_NOT_FOUND,
			"There is no such path.");
		return false;
	}
	c->route = c->match.route->data;
	ASSERT(c->route->auth != AUTH_ADMIN || c->is_local);
	return true;
}

void call_begin(struct api *api, struct http_exchange *ex,
	const struct http_request *request)
{
	struct call *c = call_new(api, ex);

	if (!c) {
		answer_out_of_memory(ex);
		return;
	}
	if (!find_route(c, request) || !auth_check(c, request) ||
		!read_headers(c, request) ||
		!query_parse(&c->query, request->query, c->route->params,
			&c->problem)) {
		call_fail(c);
		return;
	}
	if (c->route->body == BODY_JSON)
		http_accept_body(ex, &json_sink, c, api->options.body_max);
	else
		c->route->handle(c);
}
