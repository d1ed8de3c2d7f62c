#include "cli/mint_run.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"

enum err mint_input_init(struct mint_input *in, int fd)
{
	*in = (struct mint_input){.fd = fd};
	in->block = malloc(MINT_INPUT_BLOCK);
	return in->block ? OK : ERR_NOMEM;
}

void mint_input_deinit(struct mint_input *in)
{
	free(in->block);
	in->block = NULL;
}

/* Appends to the block what can be read. */
static enum err read_more(struct mint_input *in)
{
	ssize_t got;

	do
		got = read(in->fd, in->block + in->n, MINT_INPUT_BLOCK - in->n);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return err_from_errno(errno);
	in->ended = got == 0;
	in->n += (size_t)got;
	return OK;
}

enum err mint_input_fill(struct mint_input *in)
{
	enum err e;

	in->n = 0;
	e = read_more(in);
	in->rest = str_make(in->block, in->n);
	return e;
}

bool mint_input_waits(const struct mint_input *in)
{
	struct pollfd p = {.fd = in->fd, .events = POLLIN};

	return !in->ended && in->rest.n == 0 && poll(&p, 1, 0) == 0;
}

static struct str skip_blanks(struct str s)
{
	if (str_starts(s, STR("\xef\xbb\xbf")))
		s = str_skip(s, 3);
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t' || s.p[0] == '\r' ||
			      s.p[0] == '\n'))
		s = str_skip(s, 1);
	return s;
}

enum err mint_input_format(struct mint_input *in, enum mint_format *format)
{
	enum err e = OK;

	while (!e && !in->ended && in->n < MINT_INPUT_BLOCK) {
		struct str text;

		e = read_more(in);
		in->rest = str_make(in->block, in->n);
		text = skip_blanks(in->rest);
		/* A byte order mark may be here in part. */
		if (e || (in->n < 3 && !in->ended) || !text.n)
			continue;
		*format = text.p[0] == '{' ? MINT_NDJSON : MINT_CSV;
		return OK;
	}
	return e ? e : ERR_NOT_FOUND;
}

/* ERR_NOT_FOUND is the end of the input, and nothing else. */
static enum err failed(struct mint_run *r, enum err e, const char *what)
{
	(void)snprintf(r->problem, sizeof(r->problem), "%s", what);
	return e == ERR_NOT_FOUND ? ERR_SYSTEM : e;
}

static enum err next_row(struct mint_run *r, struct mint_row *row)
{
	for (;;) {
		enum err e = mint_rows_next(
			r->rows, &r->in->rest, r->in->ended, row);

		if (e == ERR_INVALID)
			return failed(r, e, r->rows->problem);
		if (e != ERR_AGAIN)
			return e;
		e = mint_input_fill(r->in);
		if (e)
			return failed(r, e, "the input cannot be read");
	}
}

/* The output holds nothing more of ours: from here on rows are minted. Without
 * a side file, earlier runs were whole. */
static enum err stop_matching(struct mint_run *r)
{
	enum err e;

	r->matching = false;
	e = out_cut(r->out, r->file->row_at);
	if (e)
		return failed(r, e, "the output cannot be written");
	if (r->side_exists)
		return OK;
	r->side->first_row = r->earlier;
	e = mint_side_write(r->side_path, r->side);
	if (e)
		return failed(
			r, e, "the file beside the output cannot be written");
	r->side_exists = true;
	return OK;
}

/* *there: the output has the row. */
static enum err match(
	struct mint_run *r, const struct mint_row *row, bool *there)
{
	enum mint_match found = MINT_MATCH_NONE;
	enum err e;

	*there = false;
	if (!r->matching)
		return OK;
	ASSERT(r->file);
	e = mint_file_match(r->file, row->prefix, row->number == 0, &found);
	if (e)
		return failed(r, e, "the output cannot be read");
	if (found == MINT_MATCH_OTHER) {
		(void)snprintf(r->problem, sizeof(r->problem),
			"the output's row at byte %llu is not what row %llu "
			"of the input gives: another input, or another file",
			(unsigned long long)r->file->row_at,
			(unsigned long long)row->number);
		return ERR_CONFLICT;
	}
	*there = found == MINT_MATCH_WHOLE;
	if (*there)
		return OK;
	if (r->side_exists && r->side->first_row &&
		r->rows_n <= r->side->first_row)
		return failed(r, ERR_CONFLICT,
			"the output has lost rows that it had");
	return stop_matching(r);
}

static enum err take_header(struct mint_run *r, const struct mint_row *row)
{
	bool there;
	enum err e;

	e = match(r, row, &there);
	if (!e && !there)
		e = out_write(r->out, row->prefix);
	return e;
}

/* True if the output's row came from a run that was whole, so that no chunk of
 * this one holds it. */
static bool is_of_earlier_run(const struct mint_run *r)
{
	return r->matching &&
	       (!r->side_exists || r->rows_n <= r->side->first_row);
}

static enum err take_row(struct mint_run *r, const struct mint_row *row)
{
	bool there, earlier;
	enum err e;

	r->rows_n++;
	earlier = is_of_earlier_run(r);
	e = match(r, row, &there);
	if (e)
		return e;
	r->earlier += there;
	if (there && earlier)
		return OK;
	e = mint_chunk_add(&r->chunk, row);
	if (!e && there)
		r->chunk.written++;
	return e;
}

/* Rows until the chunk is full, the input ends, or, to stdout, has no more for
 * now. ERR_NOT_FOUND at the input's end. */
static enum err fill(struct mint_run *r)
{
	struct mint_row row;
	enum err e = OK;

	while (!e && !mint_chunk_is_full(&r->chunk)) {
		if (!r->side_path && r->chunk.n && mint_input_waits(r->in))
			return OK;
		e = next_row(r, &row);
		if (!e)
			e = row.number ? take_row(r, &row)
				       : take_header(r, &row);
	}
	return e;
}

static enum err send(struct mint_run *r)
{
	char key[MINT_KEY_MAX];
	enum err e = OK;

	(void)snprintf(key, sizeof(key), "ctio-mint-%s-%llu", r->side->id,
		(unsigned long long)r->chunk_i);
	if (r->chunk.written < r->chunk.n)
		e = mint_send(r->sender, &r->chunk, key);
	if (e && !r->sender->reply.problem.n)
		e = failed(r, e, "the output cannot be written");
	r->chunk_i++;
	mint_chunk_reset(&r->chunk);
	return e;
}

/* At the input's end the output may hold no more than was matched. */
static enum err check_end(struct mint_run *r)
{
	char more;
	size_t n = 0;
	enum err e;

	if (!r->matching)
		return OK;
	e = out_read(r->out, mint_file_position(r->file), &more, 1, &n);
	if (e)
		return failed(r, e, "the output cannot be read");
	if (n)
		return failed(r, ERR_CONFLICT,
			"the output has more rows than the input");
	return OK;
}

static enum err run(struct mint_run *r)
{
	for (;;) {
		enum err filled = fill(r);
		enum err e;

		if (filled && filled != ERR_NOT_FOUND)
			return filled;
		if (filled)
			e = check_end(r);
		else
			e = OK;
		if (!e)
			e = send(r);
		if (e || filled)
			return e;
	}
}

enum err mint_run(struct mint_run *r)
{
	enum err e, synced;

	r->file = NULL;
	e = mint_chunk_init(
		&r->chunk, r->side->chunk_rows, r->side->chunk_bytes);
	if (!e && r->side_path) {
		r->file = malloc(sizeof(*r->file));
		e = r->file ? OK : ERR_NOMEM;
	}
	if (!e && r->file) {
		mint_file_init(r->file, r->out, r->rows->format);
		r->matching = true;
	}
	if (!e)
		e = run(r);
	synced = out_sync(r->out);
	if (!e && synced)
		e = failed(r, synced, "the output cannot be written");
	/* Only now nothing of it is needed any more. */
	if (!e && r->side_exists) {
		e = mint_side_remove(r->side_path);
		if (e)
			e = failed(r, e,
				"the file beside the output cannot be "
				"removed");
	}
	free(r->file);
	mint_chunk_deinit(&r->chunk);
	return e;
}
