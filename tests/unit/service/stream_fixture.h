/* Mint streams driven to their end, for test_mint_stream*.c. */
#pragma once

#include "service/mint_stream.h"
#include "store/stream_store.h"
#include "unit/service/service_fixture.h"

enum {
	STREAM_LINE_MAX = 400,
	STREAM_ANSWER_MAX = 64 << 20,
};

struct stream_run {
	struct service *s;
	struct mint_stream *m;
	const char *key; /* NULL: none */
	struct mint_defaults defaults;
	size_t pull_max; /* bytes asked for at a time */
	bool late;       /* no answer is pulled until the body is whole */
	size_t waits;    /* how often feeding had to wait */
	struct buf out;
};

static inline void stream_run_init(
	struct stream_run *r, struct service *s, const char *key)
{
	*r = (struct stream_run){.s = s, .key = key, .pull_max = 1000};
	buf_init(&r->out, STREAM_ANSWER_MAX);
}

static inline void stream_run_deinit(struct stream_run *r)
{
	buf_deinit(&r->out);
}

CHECKED static inline enum err stream_begin(
	struct stream_run *r, struct problem *problem)
{
	struct mint_stream_options options = {
		.views = &r->s->views,
		.view = r->s->view,
		.account = r->s->account,
		.defaults = r->defaults,
		.has_key = r->key != NULL,
		.line_max = STREAM_LINE_MAX,
		.now_ms = service_now(),
		.job_done = service_stream_done,
	};

	*problem = (struct problem){0};
	if (r->key)
		hash128(str_from(r->key), options.key);
	else
		options.key[0] = 0xaa;
	return mint_stream_new(&options, &r->m, problem);
}

/* Ends the job in flight, if there is one. */
static inline void stream_job(struct stream_run *r)
{
	if (mint_stream_is_idle(r->m))
		return;
	service_wait(1);
	views_reset(&r->s->views);
	mint_stream_job_done(r->m);
}

/* Pulls what there is. */
static inline enum mint_pull stream_pull(struct stream_run *r)
{
	enum mint_pull pull;

	do {
		pull = mint_stream_pull(r->m, &r->out, r->out.n + r->pull_max);
	} while (pull == MINT_PULL_MORE);
	assert_int_equal(buf_err(&r->out), OK);
	return pull;
}

static inline void stream_feed(struct stream_run *r, struct str bytes)
{
	while (bytes.n) {
		size_t n = mint_stream_feed(r->m, bytes);

		assert_true(n <= bytes.n);
		bytes = str_skip(bytes, n);
		if (!bytes.n)
			break;
		/* No progress without a job to wait for would be a hang. */
		assert_false(mint_stream_is_idle(r->m));
		r->waits++;
		stream_job(r);
		if (!r->late && mint_stream_has_answer(r->m))
			(void)stream_pull(r);
	}
}

/* The body is whole; all is answered. Frees the stream. */
static inline enum mint_pull stream_end(struct stream_run *r)
{
	enum mint_pull pull;

	while (!mint_stream_finish(r->m)) {
		assert_false(mint_stream_is_idle(r->m));
		stream_job(r);
	}
	while ((pull = stream_pull(r)) == MINT_PULL_WAIT) {
		assert_false(mint_stream_is_idle(r->m));
		stream_job(r);
	}
	assert_true(mint_stream_is_idle(r->m));
	mint_stream_free(r->m);
	r->m = NULL;
	views_reset(&r->s->views);
	return pull;
}

/* Nobody wants the rest. */
static inline void stream_drop(struct stream_run *r)
{
	mint_stream_break(r->m, PROBLEM_MALFORMED, "The body broke off.");
	while (!mint_stream_is_idle(r->m))
		stream_job(r);
	mint_stream_free(r->m);
	r->m = NULL;
	views_reset(&r->s->views);
}

/* All of it: fed in parts of `part` bytes, after a first one of `first`. */
static inline enum mint_pull stream_all(
	struct stream_run *r, struct str body, size_t first, size_t part)
{
	struct problem problem;

	assert_int_equal(stream_begin(r, &problem), OK);
	for (size_t at = 0, n = first; at < body.n; at += n, n = part) {
		struct str rest = str_skip(body, at);

		stream_feed(r, str_make(rest.p, n < rest.n ? n : rest.n));
	}
	return stream_end(r);
}

/* A line of answers: 't' a token, 'e' an error, '!' the failure that ends it,
 * with its line; '?' for anything else. */
static inline char stream_line_kind(struct str line)
{
	if (str_starts(line, STR("{\"token\":\"u")))
		return 't';
	if (!str_starts(line, STR("{\"error\":{\"type\":\"/problems/")))
		return '?';
	return str_ends(line, STR("}}")) ? 'e' : '!';
}

/* The kinds of all lines, as a string. */
static inline void stream_kinds(const struct buf *out, char *to, size_t max)
{
	struct str rest = buf_view(out);
	size_t n = 0;

	while (rest.n) {
		struct str line = str_split(&rest, '\n');

		assert_true(n + 1 < max);
		to[n++] = stream_line_kind(line);
	}
	to[n] = '\0';
}

/* The number of the token in an answer's line. */
static inline uint64_t stream_token(struct service *s, struct str line)
{
	struct token_id id;

	line = str_skip(line, 10);
	assert_true(line.n > TOKEN_LEN);
	assert_int_equal(
		token_read(&s->view->codec, str_make(line.p, TOKEN_LEN), &id),
		OK);
	return links_number(id.shard, id.seq);
}

static inline size_t stream_table_size(struct service *s, unsigned table)
{
	enum err e;

	views_reset(&s->views);
	return db_count(view_links(s->view, &e), table);
}
