#include "api/api.h"

#include <stdlib.h>
#include <string.h>

#include "api/api_object.h"
#include "api/call.h"
#include "http/loop.h"
#include "service/problem.h"

enum {
	API_LINES_MAX = 16384
};

enum err busy_key_add(struct api *api, struct busy_key *k)
{
	for (struct busy_key *b = api->busy.next; b != &api->busy; b = b->next)
		if (b->account == k->account && b->region == k->region &&
			memcmp(b->key, k->key, sizeof(k->key)) == 0)
			return ERR_BUSY;
	k->prev = &api->busy;
	k->next = api->busy.next;
	k->next->prev = k;
	api->busy.next = k;
	return OK;
}

void busy_key_remove(struct busy_key *k)
{
	if (!k->next)
		return;
	k->prev->next = k->next;
	k->next->prev = k->prev;
	k->prev = k->next = NULL;
}

static void on_request(
	struct http_exchange *ex, const struct http_request *request, void *arg)
{
	struct api *api = arg;

	/* What was answered before this request came must be seen by it. */
	views_reset(&api->views);
	call_begin(api, ex, request);
}

static void on_refuse(int status, const char *why, struct buf *header_lines,
	struct buf *body, void *arg)
{
	struct problem p = {0};

	(void)arg;
	problem_set(&p, problem_of_status(status), "%s", why);
	call_put_refusal_lines(header_lines);
	buf_text(header_lines, "Content-Type: application/problem+json\r\n");
	if (status == 503)
		buf_text(header_lines, "Retry-After: 1\r\n");
	problem_put(body, &p, PROBLEM_BYTES_MAX);
	buf_byte(body, '\n');
}

static void on_turn_end(void *arg)
{
	views_reset(arg);
}

enum err api_new(const struct api_options *options, struct api **to)
{
	struct api *api = calloc(1, sizeof(*api));
	enum err e;

	if (!api)
		return ERR_NOMEM;
	api->options = *options;
	api->busy.prev = api->busy.next = &api->busy;
	api->started_ms = loop_wall_ms(options->loop);
	api->stored_bytes = regions_stored_bytes(options->regions);
	buf_init(&api->lines, API_LINES_MAX);
	buf_init(&api->body, CALL_BODY_MAX);
	e = views_init(options->regions, &api->views);
	if (e) {
		api_free(api);
		return e;
	}
	loop_on_turn_end(options->loop, on_turn_end, &api->views);
	*to = api;
	return OK;
}

void api_set_listeners(struct api *api, const struct http_listener *tcp,
	const struct http_listener *local)
{
	api->tcp = tcp;
	api->local = local;
}

void api_leave(struct api *api)
{
	if (!api)
		return;
	for (size_t i = 0; i < REGIONS_MAX; i++) {
		feed_join_free(api->joins[i]);
		api->joins[i] = NULL;
	}
	views_deinit(&api->views);
}

void api_free(struct api *api)
{
	if (!api)
		return;
	zones_deinit(&api->zones);
	buf_deinit(&api->lines);
	buf_deinit(&api->body);
	free(api);
}

struct http_handler api_handler(struct api *api)
{
	return (struct http_handler){
		.on_request = on_request, .on_refuse = on_refuse, .arg = api};
}
