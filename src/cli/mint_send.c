#include "cli/mint_send.h"

#include <stdio.h>
#include <string.h>

enum {
	ANSWER_LINE_MAX = 64 << 10,
	ROW_ERROR_MAX = 4 << 10,
	ROW_TAIL_MAX = 32 << 10,
	PROBLEM_TEXT_MAX = 64 << 10,
	PAUSE_FIRST_MS = 250,
	PAUSE_MAX_MS = 30000
};

void mint_sender_init(struct mint_sender *s, const struct mint_server *server,
	struct out *out, enum mint_format format, struct progress *progress)
{
	*s = (struct mint_sender){.server = server,
		.out = out,
		.format = format,
		.progress = progress};
	mint_answer_init(&s->answer);
	buf_init(&s->line, ANSWER_LINE_MAX);
	buf_init(&s->row, ROW_TAIL_MAX);
	buf_init(&s->said, PROBLEM_TEXT_MAX);
	buf_init(&s->reply.problem, PROBLEM_TEXT_MAX);
}

void mint_sender_deinit(struct mint_sender *s)
{
	mint_answer_deinit(&s->answer);
	buf_deinit(&s->line);
	buf_deinit(&s->row);
	buf_deinit(&s->said);
	buf_deinit(&s->reply.problem);
}

void mint_count(struct mint_counts *c, uint64_t number, struct str error)
{
	if (!error.n) {
		c->minted++;
		return;
	}
	c->bad++;
	if (c->shown_n == MINT_SHOWN_ERRORS_MAX)
		return;
	c->shown_row[c->shown_n] = number;
	(void)snprintf(c->shown[c->shown_n++], MINT_SHOWN_ERROR_MAX, "%.*s",
		STR_FMT(error));
}

void mint_show_errors(const struct mint_counts *c)
{
	for (size_t i = 0; i < c->shown_n; i++)
		(void)fprintf(stderr, "  row %llu: %s\n",
			(unsigned long long)c->shown_row[i], c->shown[i]);
	if (c->bad > c->shown_n)
		(void)fprintf(stderr, "  and %llu more\n",
			(unsigned long long)(c->bad - c->shown_n));
}

/* Cut at a character's beginning. */
static struct str cut(struct str s, size_t max)
{
	if (s.n <= max)
		return s;
	while (max && ((unsigned char)s.p[max] & 0xc0) == 0x80)
		max--;
	return str_make(s.p, max);
}

static enum err write_row(struct mint_sender *s, struct str token,
	struct str url, struct str error)
{
	struct mint_row row = mint_chunk_at(s->chunk, s->chunk->written);
	enum err e;

	error = cut(error, ROW_ERROR_MAX);
	buf_reset(&s->row);
	mint_rows_put_result(s->format, &s->row, token, url, error);
	e = buf_err(&s->row);
	if (!e)
		e = out_write(s->out, row.prefix);
	if (!e)
		e = out_write(s->out, buf_view(&s->row));
	if (e)
		return e;
	s->chunk->written++;
	mint_count(&s->counts, row.number, error);
	if (s->progress)
		progress_add(s->progress, 1);
	return OK;
}

/* Rows that were not sent, up to the next that was. */
static enum err write_unsent(struct mint_sender *s)
{
	const struct str nothing = {"", 0};
	enum err e = OK;

	while (!e && s->chunk->written < s->chunk->n) {
		struct mint_row row =
			mint_chunk_at(s->chunk, s->chunk->written);

		if (row.line.n)
			break;
		e = write_row(s, nothing, nothing, row.error);
	}
	return e;
}

/* The next row, from `asked` on, that was sent. */
static void ask_next(struct mint_sender *s)
{
	while (s->asked < s->chunk->n &&
		!mint_chunk_at(s->chunk, s->asked).line.n)
		s->asked++;
}

static enum err protocol_error(struct mint_sender *s, const char *what)
{
	buf_reset(&s->said);
	buf_text(&s->said, what);
	return ERR_INVALID;
}

/* The stream's own last line: why it cannot go on. */
static void take_end(struct mint_sender *s)
{
	s->ended = true;
	s->end_status = s->answer.status;
	buf_reset(&s->said);
	buf_str(&s->said, buf_view(&s->answer.error));
}

static enum err take_line(struct mint_sender *s, struct str line)
{
	enum err e;

	if (!str_trim(line).n || s->ended)
		return OK;
	e = mint_answer_read(&s->answer, line);
	if (e == ERR_INVALID)
		return protocol_error(
			s, "the server's answer is not what it should be");
	if (e)
		return e;
	if (s->answer.last) {
		take_end(s);
		return OK;
	}
	if (s->asked == s->chunk->n)
		return protocol_error(
			s, "the server answered more lines than were sent");
	/* What an earlier try wrote comes again. */
	if (s->asked++ >= s->chunk->written) {
		s->heard = true;
		e = write_row(s, buf_view(&s->answer.token),
			buf_view(&s->answer.url), buf_view(&s->answer.error));
		if (!e)
			e = write_unsent(s);
	}
	ask_next(s);
	return e;
}

static enum err take_bytes(struct mint_sender *s, struct str bytes)
{
	while (bytes.n) {
		size_t at = str_find(bytes, '\n');
		bool ended = at < bytes.n;
		struct str part = str_make(bytes.p, at);
		enum err e = OK;

		bytes = str_skip(bytes, at + 1);
		if (ended && !s->line.n) {
			e = take_line(s, part);
		} else {
			buf_str(&s->line, part);
			e = buf_err(&s->line);
			if (!e && ended) {
				e = take_line(s, buf_view(&s->line));
				buf_reset(&s->line);
			}
		}
		if (e)
			return e;
	}
	return OK;
}

static enum err on_bytes(void *arg, struct str bytes)
{
	struct mint_sender *s = arg;

	s->push_err = take_bytes(s, bytes);
	return s->push_err;
}

static bool is_transient_status(unsigned status)
{
	/* 409: the server still works on the try before. */
	return status == 408 || status == 409 || status == 429 || status >= 500;
}

static bool is_transient(const struct mint_sender *s)
{
	if (s->ended)
		return s->end_status == 0 || is_transient_status(s->end_status);
	switch (s->reply.err) {
	case OK:
		return s->reply.status < 300 ||
		       is_transient_status(s->reply.status);
	case ERR_CLOSED:
	case ERR_TIMEOUT:
	case ERR_NOT_FOUND:
		return true;
	default:
		return false;
	}
}

static uint64_t pause_ms(const struct mint_sender *s, unsigned tries)
{
	uint64_t ms = (uint64_t)PAUSE_FIRST_MS << tries;

	if (ms < s->reply.retry_after_ms)
		ms = s->reply.retry_after_ms;
	return ms < PAUSE_MAX_MS ? ms : PAUSE_MAX_MS;
}

static void begin_try(struct mint_sender *s)
{
	s->asked = 0;
	s->heard = false;
	s->ended = false;
	s->end_status = 0;
	s->push_err = OK;
	ask_next(s);
	buf_reset(&s->line);
	buf_reset(&s->said);
	buf_reset(&s->reply.problem);
	s->reply.err = OK;
	s->reply.status = 0;
	s->reply.retry_after_ms = 0;
}

/* One request. OK: every row is written. ERR_AGAIN: it may work later. */
static enum err try_once(struct mint_sender *s, const char *key)
{
	begin_try(s);
	s->server->post(s->server->arg, key, buf_view(&s->chunk->lines),
		on_bytes, s, &s->reply);
	if (s->ended || s->push_err) {
		buf_reset(&s->reply.problem);
		buf_str(&s->reply.problem, buf_view(&s->said));
	}
	if (s->push_err)
		return s->push_err;
	/* Every answered token is minted, however the answer ended. */
	if (s->chunk->written == s->chunk->n)
		return OK;
	if (!s->reply.err && s->reply.status < 300 && !s->ended)
		buf_text(&s->reply.problem, "the answer ended too early");
	if (is_transient(s))
		return ERR_AGAIN;
	return s->reply.err ? s->reply.err : ERR_CLOSED;
}

static enum err try_often(struct mint_sender *s, const char *key)
{
	unsigned tries = 0;
	enum err e;

	for (;;) {
		e = try_once(s, key);
		if (e != ERR_AGAIN)
			return e;
		if (s->heard)
			tries = 0;
		if (tries == MINT_TRIES_MAX)
			return ERR_CLOSED;
		s->server->pause(s->server->arg, pause_ms(s, tries),
			buf_cstr(&s->reply.problem));
		tries++;
	}
}

enum err mint_send(
	struct mint_sender *s, struct mint_chunk *chunk, const char *key)
{
	enum err e, flushed;

	s->chunk = chunk;
	buf_reset(&s->reply.problem);
	e = write_unsent(s);
	if (!e && chunk->written < chunk->n)
		e = try_often(s, key);
	/* What was answered is the caller's, whatever came then. */
	flushed = out_flush(s->out);
	return e ? e : flushed;
}
