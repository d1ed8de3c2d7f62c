#include "cli/mint_chunk.h"

#include <stdlib.h>

#include "base/assert.h"

enum {
	ROWS_FIRST = 256
};

enum err mint_chunk_init(
	struct mint_chunk *c, uint64_t rows_max, uint64_t bytes_max)
{
	*c = (struct mint_chunk){
		.rows_max = (size_t)rows_max, .bytes_max = (size_t)bytes_max};
	if (rows_max > MINT_CHUNK_ROWS_MAX || bytes_max > MINT_CHUNK_BYTES_MAX)
		return ERR_INVALID;
	/* The row that reaches bytes_max may be the largest there is. */
	buf_init(&c->prefixes, c->bytes_max + MINT_PREFIX_MAX);
	buf_init(&c->lines, c->bytes_max + MINT_LINE_MAX);
	buf_init(&c->errors, c->rows_max * MINT_PROBLEM_MAX);
	return OK;
}

void mint_chunk_deinit(struct mint_chunk *c)
{
	buf_deinit(&c->prefixes);
	buf_deinit(&c->lines);
	buf_deinit(&c->errors);
	free(c->rows);
	c->rows = NULL;
}

void mint_chunk_reset(struct mint_chunk *c)
{
	c->n = 0;
	c->lines_n = 0;
	c->written = 0;
	buf_reset(&c->prefixes);
	buf_reset(&c->lines);
	buf_reset(&c->errors);
}

bool mint_chunk_is_full(const struct mint_chunk *c)
{
	return c->n >= c->rows_max ||
	       c->prefixes.n + c->lines.n >= c->bytes_max;
}

static enum err grow(struct mint_chunk *c)
{
	size_t room = c->room ? 2 * c->room : ROWS_FIRST;
	struct mint_chunk_row *rows;

	if (c->n < c->room)
		return OK;
	rows = realloc(c->rows, room * sizeof(*rows));
	if (!rows)
		return ERR_NOMEM;
	c->rows = rows;
	c->room = room;
	return OK;
}

enum err mint_chunk_add(struct mint_chunk *c, const struct mint_row *row)
{
	enum err e = grow(c);

	if (e)
		return e;
	buf_str(&c->prefixes, row->prefix);
	buf_str(&c->lines, row->line);
	buf_str(&c->errors, row->error);
	if (buf_err(&c->prefixes) || buf_err(&c->lines) || buf_err(&c->errors))
		return ERR_NOMEM;
	c->rows[c->n++] = (struct mint_chunk_row){.number = row->number,
		.prefix_end = c->prefixes.n,
		.line_end = c->lines.n,
		.error_end = c->errors.n};
	c->lines_n += row->line.n > 0;
	return OK;
}

static struct str slice(const struct buf *b, size_t from, size_t to)
{
	return from == to ? str_make("", 0) : str_make(b->p + from, to - from);
}

struct mint_row mint_chunk_at(const struct mint_chunk *c, size_t i)
{
	static const struct mint_chunk_row zero;
	const struct mint_chunk_row *row = &c->rows[i];
	const struct mint_chunk_row *before = i ? row - 1 : &zero;

	ASSERT(i < c->n);
	return (struct mint_row){.number = row->number,
		.prefix = slice(
			&c->prefixes, before->prefix_end, row->prefix_end),
		.line = slice(&c->lines, before->line_end, row->line_end),
		.error = slice(&c->errors, before->error_end, row->error_end)};
}
