#include "cli/export_file.h"

#include <stdint.h>
#include <stdlib.h>

enum {
	BLOCK = 256 << 10
};

static const struct str csv_start = {"cursor,", 7};
static const struct str ndjson_start = {"{\"cursor\":", 10};

/* Offsets into the file. */
struct scan {
	uint64_t size;
	uint64_t rows;       /* whole ones */
	uint64_t last_start; /* of the last whole row */
	uint64_t last_end;
	bool quoted;
};

void export_file_init(struct export_file *f)
{
	*f = (struct export_file){0};
	buf_init(&f->cursor, EXPORT_CURSOR_MAX);
}

void export_file_deinit(struct export_file *f)
{
	buf_deinit(&f->cursor);
}

static void scan_block(
	struct scan *s, const char *p, size_t n, enum export_format format)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '"' && format == EXPORT_CSV)
			s->quoted = !s->quoted;
		if (p[i] != '\n' || s->quoted)
			continue;
		s->rows++;
		s->last_start = s->last_end;
		s->last_end = s->size + i + 1;
	}
	s->size += n;
}

/* What the file begins with, as far as it goes. */
static bool begins(struct str text, struct str start)
{
	size_t n = text.n < start.n ? text.n : start.n;

	return str_eq(str_make(text.p, n), str_make(start.p, n));
}

static enum err find_format(struct export_file *f, struct str text)
{
	f->empty = text.n == 0;
	if (begins(text, ndjson_start))
		f->format = EXPORT_NDJSON;
	else if (begins(text, csv_start))
		f->format = EXPORT_CSV;
	else
		return ERR_INVALID;
	return OK;
}

static enum err scan(struct export_file *f, struct out *out, struct scan *s)
{
	char *block = malloc(BLOCK);
	size_t n = 0;
	enum err e;

	if (!block)
		return ERR_NOMEM;
	e = out_read(out, 0, block, BLOCK, &n);
	if (!e)
		e = find_format(f, str_make(block, n));
	while (!e && n) {
		scan_block(s, block, n, f->format);
		e = out_read(out, s->size, block, BLOCK, &n);
	}
	free(block);
	return e;
}

/* The cursor of the last whole row, which must have one. */
static enum err read_cursor(
	struct export_file *f, struct out *out, const struct scan *s)
{
	size_t n = (size_t)(s->last_end - s->last_start);
	struct buf row;
	size_t got = 0;
	enum err e;
	char *to;

	buf_init(&row, EXPORT_ROW_MAX);
	to = buf_reserve(&row, n);
	e = to ? out_read(out, s->last_start, to, n, &got) : ERR_INVALID;
	if (!e && got == n)
		e = export_cursor_of(f->format, str_make(to, n), &f->cursor);
	else if (!e)
		e = ERR_INVALID;
	buf_deinit(&row);
	return e;
}

enum err export_file_resume(struct export_file *f, struct out *out)
{
	struct scan s = {0};
	enum err e = scan(f, out, &s);

	if (e)
		return e;
	f->has_header = f->format == EXPORT_CSV && s.rows > 0;
	if (s.rows > f->has_header)
		e = read_cursor(f, out, &s);
	return e ? e : out_cut(out, s.last_end);
}
