#include <stdlib.h>
#include <string.h>

#include "api/token_json.h"
#include "api/tokens.h"
#include "base/log.h"
#include "http/loop.h"
#include "service/lookup.h"

enum {
	SCAN_NS_MAX = 1000000, /* work of a turn */
	ITEM_BYTES_MAX = 16384,
};

const char *const tokens_list_params[] = {"recipient", NULL};

/* What is held on a person is found by looking at every token: nothing on the
 * mint path pays for an index of recipients. */
struct scan {
	struct call *call;
	uint64_t next; /* number of the next token to look at */
	char recipient[TOKEN_RECIPIENT_MAX];
	size_t recipient_n;
	bool begun;
	bool any;
	struct buf item;
};

static void free_scan(void *state)
{
	struct scan *s = state;

	buf_deinit(&s->item);
	free(s);
}

static enum err put_if_match(
	struct scan *s, const struct stored_token *token, struct buf *out)
{
	struct str wanted = str_make(s->recipient, s->recipient_n);
	struct call *c = s->call;
	struct json_writer w;
	enum err e;

	if (token->shape.account != c->account ||
		!str_eq(token->tail.recipient, wanted))
		return OK;
	buf_reset(&s->item);
	json_writer_init(&w, &s->item);
	e = token_json_put(
		&w, c->view, token, loop_wall_ms(c->api->options.loop));
	if (e)
		return e;
	if (s->any)
		buf_byte(out, ',');
	s->any = true;
	buf_str(out, buf_view(&s->item));
	return OK;
}

/* A block's tokens, or the rest of them, as far as there is room;
 * ERR_NOT_FOUND: there are no more. */
static enum err scan_block(struct scan *s, struct buf *out)
{
	struct stored_token token;
	struct block block;
	enum err e = lookup_block_from(s->call->view, s->next, &block);

	if (!e && s->next < block.first)
		s->next = block.first;
	while (!e && s->next <= block.last && out->n < ITEM_BYTES_MAX) {
		e = lookup_in_block(s->call->view, &block, s->next, &token);
		if (e == ERR_NOT_FOUND)
			e = OK; /* a refused line */
		else if (!e)
			e = put_if_match(s, &token, out);
		if (!e)
			s->next++;
	}
	return e;
}

static enum http_pull pull(void *arg, struct buf *out)
{
	struct scan *s = arg;
	struct loop *loop = s->call->api->options.loop;
	uint64_t end = loop_precise_ns(loop) + SCAN_NS_MAX;
	enum err e = OK;

	if (!s->begun)
		buf_text(out, "{\"items\":[");
	s->begun = true;
	while (!e && loop_precise_ns(loop) < end) {
		if (out->n >= ITEM_BYTES_MAX)
			return PULL_MORE;
		e = scan_block(s, out);
	}
	if (!e)
		return PULL_AGAIN;
	if (e != ERR_NOT_FOUND) {
		log_error("tokens: a list broke off at=%llu error=\"%s\"",
			(unsigned long long)s->next, err_text(e));
		return PULL_ABORT;
	}
	buf_text(out, "],\"next\":null}\n");
	return PULL_END;
}

static void stop(void *arg)
{
	struct scan *s = arg;

	call_end(s->call);
}

static const struct http_source source = {pull, stop};

void tokens_list(struct call *c)
{
	struct str recipient = query_get(&c->query, "recipient");
	struct buf *lines = &c->api->lines;
	struct scan *s;

	if (!recipient.n || recipient.n > TOKEN_RECIPIENT_MAX) {
		call_fail_with(c, PROBLEM_BAD_PARAMETER,
			"recipient must be given, with at most 128 bytes.");
		return;
	}
	s = calloc(1, sizeof(*s));
	if (!s) {
		call_fail_err(c, ERR_NOMEM);
		return;
	}
	s->call = c;
	c->state = s;
	c->free_state = free_scan;
	memcpy(s->recipient, recipient.p, recipient.n);
	s->recipient_n = recipient.n;
	buf_init(&s->item, ITEM_BYTES_MAX);
	buf_reset(lines);
	call_put_lines(c, lines);
	buf_text(lines, "Content-Type: application/json\r\n");
	http_answer_stream(c->ex, 200, buf_view(lines), &source, s);
}
