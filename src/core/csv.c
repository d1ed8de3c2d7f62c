#include "core/csv.h"

#include <string.h>

#include "base/assert.h"

static const uint8_t byte_order_mark[] = {0xef, 0xbb, 0xbf};

enum {
	MARK_BYTES = sizeof(byte_order_mark)
};

void csv_reader_init(struct csv_reader *r, size_t row_max)
{
	ASSERT(row_max <= CSV_ROW_BYTES_MAX);
	memset(r, 0, sizeof(*r));
	buf_init(&r->bytes, row_max);
	r->line = 1;
	r->column = 1;
}

void csv_reader_deinit(struct csv_reader *r)
{
	buf_deinit(&r->bytes);
}

static void fail(struct csv_reader *r, enum err e, const char *problem)
{
	r->state = CSV_FAILED;
	r->err = e;
	r->problem = problem;
}

static void add(struct csv_reader *r, const char *p, size_t n)
{
	buf_add(&r->bytes, p, n);
	if (buf_err(&r->bytes) == ERR_TOO_LONG)
		fail(r, ERR_TOO_LONG, "the row is too long");
	else if (buf_err(&r->bytes))
		fail(r, buf_err(&r->bytes), "out of memory");
}

static void end_field(struct csv_reader *r, enum csv_state next)
{
	if (r->fields_n == CSV_FIELDS_MAX) {
		fail(r, ERR_TOO_LONG, "the row has more than 256 fields");
		return;
	}
	r->ends[r->fields_n++] = (uint32_t)r->bytes.n;
	r->state = next;
}

/* A separator behind a field, quoted or not; false if c is none. */
static bool end_at(struct csv_reader *r, char c)
{
	if (c == ',')
		end_field(r, CSV_FIELD_START);
	else if (c == '\r')
		end_field(r, CSV_CR_SEEN);
	else if (c == '\n')
		end_field(r, CSV_ROW_DONE);
	else
		return false;
	return true;
}

/* The bytes at the front of s that are the field's own as they are. */
static size_t plain_run(enum csv_state state, struct str s)
{
	size_t n = 0;

	if (state == CSV_QUOTED)
		while (n < s.n && s.p[n] != '"' && s.p[n] != '\n')
			n++;
	else if (state == CSV_PLAIN || state == CSV_FIELD_START)
		while (n < s.n && s.p[n] != '"' && s.p[n] != '\n' &&
			s.p[n] != ',' && s.p[n] != '\r')
			n++;
	return n;
}

/* A byte that plain_run() stopped at. */
static void step(struct csv_reader *r, char c)
{
	switch (r->state) {
	case CSV_FIELD_START:
		if (c == '"')
			r->state = CSV_QUOTED;
		else
			(void)end_at(r, c);
		break;
	case CSV_PLAIN:
		if (!end_at(r, c))
			fail(r, ERR_INVALID,
				"a quote within a field that has none around");
		break;
	case CSV_QUOTED:
		if (c == '"')
			r->state = CSV_QUOTE_SEEN;
		else
			add(r, &c, 1);
		break;
	case CSV_QUOTE_SEEN:
		if (c == '"') {
			r->state = CSV_QUOTED;
			add(r, &c, 1);
		} else if (!end_at(r, c)) {
			fail(r, ERR_INVALID,
				"neither a comma nor a row end after a quote");
		}
		break;
	case CSV_CR_SEEN:
		if (c == '\n')
			r->state = CSV_ROW_DONE;
		else
			fail(r, ERR_INVALID,
				"a carriage return without a line feed");
		break;
	case CSV_ROW_DONE:
	case CSV_FAILED:
		break;
	}
}

/* No mark after all: what looked like one is the first field's. */
static void give_up_mark(struct csv_reader *r)
{
	if (r->mark_n) {
		r->row_begun = true;
		r->row_line = 1;
		r->column += r->mark_n;
		r->state = CSV_PLAIN;
		add(r, (const char *)byte_order_mark, r->mark_n);
	}
	r->mark_n = MARK_BYTES;
}

/* False once the place of the mark is behind us. */
static bool take_mark(struct csv_reader *r, struct str *in)
{
	if (r->mark_n == MARK_BYTES)
		return false;
	if ((uint8_t)in->p[0] != byte_order_mark[r->mark_n]) {
		give_up_mark(r);
		return false;
	}
	*in = str_skip(*in, 1);
	r->mark_n++;
	return true;
}

static void begin_row(struct csv_reader *r)
{
	if (r->state == CSV_ROW_DONE) {
		r->state = CSV_FIELD_START;
		r->row_begun = false;
		r->fields_n = 0;
		buf_reset(&r->bytes);
	}
}

static void take(struct csv_reader *r, struct str *in)
{
	size_t run = plain_run(r->state, *in);
	char c;

	if (!r->row_begun) {
		r->row_begun = true;
		r->row_line = r->line;
	}
	if (run) {
		add(r, in->p, run);
		if (r->state == CSV_FIELD_START)
			r->state = CSV_PLAIN;
		if (r->state == CSV_FAILED)
			return;
		r->column += run;
		*in = str_skip(*in, run);
		return;
	}
	c = in->p[0];
	step(r, c);
	if (r->state == CSV_FAILED)
		return;
	*in = str_skip(*in, 1);
	r->column = c == '\n' ? 1 : r->column + 1;
	r->line += c == '\n';
}

static void make_fields(struct csv_reader *r)
{
	uint32_t start = 0;

	for (size_t i = 0; i < r->fields_n; i++) {
		r->fields[i] = str_make(r->bytes.p ? r->bytes.p + start : "",
			r->ends[i] - start);
		start = r->ends[i];
	}
}

enum err csv_read(struct csv_reader *r, struct str *in)
{
	begin_row(r);
	while (in->n && r->state != CSV_ROW_DONE && r->state != CSV_FAILED)
		if (!take_mark(r, in))
			take(r, in);
	if (r->state == CSV_FAILED)
		return r->err;
	if (r->state != CSV_ROW_DONE)
		return ERR_AGAIN;
	make_fields(r);
	return OK;
}

enum err csv_finish(struct csv_reader *r)
{
	begin_row(r);
	if (r->mark_n < MARK_BYTES)
		give_up_mark(r);
	if (r->state == CSV_QUOTED)
		fail(r, ERR_INVALID, "the input ends within quotes");
	if (r->state == CSV_CR_SEEN)
		fail(r, ERR_INVALID, "a carriage return without a line feed");
	if (r->state == CSV_FAILED)
		return r->err;
	if (!r->row_begun)
		return ERR_NOT_FOUND;
	end_field(r, CSV_ROW_DONE);
	if (r->state == CSV_FAILED)
		return r->err;
	make_fields(r);
	return OK;
}

void csv_writer_init(struct csv_writer *w, struct buf *b)
{
	*w = (struct csv_writer){.b = b, .row_start = b->n};
}

static bool needs_quotes(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '"' || s.p[i] == ',' || s.p[i] == '\r' ||
			s.p[i] == '\n')
			return true;
	return false;
}

static void separate(struct csv_writer *w)
{
	if (w->fields_n++)
		buf_byte(w->b, ',');
}

void csv_put_str(struct csv_writer *w, struct str s)
{
	separate(w);
	if (!needs_quotes(s)) {
		buf_str(w->b, s);
		return;
	}
	buf_byte(w->b, '"');
	while (s.n) {
		size_t run = str_find(s, '"');

		buf_add(w->b, s.p, run);
		if (run < s.n)
			buf_add(w->b, "\"\"", 2);
		s = str_skip(s, run + 1);
	}
	buf_byte(w->b, '"');
}

void csv_put_u64(struct csv_writer *w, uint64_t v)
{
	separate(w);
	buf_u64(w->b, v);
}

void csv_row_end(struct csv_writer *w)
{
	/* A row of one empty field would read as no row. */
	if (w->fields_n == 1 && w->b->n == w->row_start)
		buf_add(w->b, "\"\"", 2);
	buf_add(w->b, "\r\n", 2);
	w->fields_n = 0;
	w->row_start = w->b->n;
}
