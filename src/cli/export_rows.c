#include "cli/export_rows.h"

#include "core/csv.h"
#include "core/json.h"

void export_rows_init(struct export_rows *r, struct out *out,
	enum export_format format, bool header_written)
{
	*r = (struct export_rows){
		.out = out, .format = format, .header_written = header_written};
	buf_init(&r->part, EXPORT_ROW_MAX);
	buf_init(&r->last, EXPORT_ROW_MAX);
}

void export_rows_deinit(struct export_rows *r)
{
	buf_deinit(&r->part);
	buf_deinit(&r->last);
}

void export_rows_begin(struct export_rows *r)
{
	buf_reset(&r->part);
	r->quoted = false;
	r->header_seen = false;
	r->page_rows = 0;
}

bool export_rows_is_whole(const struct export_rows *r)
{
	return r->part.n == 0;
}

/* A line end within quotes ends no row. */
static bool ends_quoted(struct str bytes, bool quoted)
{
	while (bytes.n) {
		size_t at = str_find(bytes, '"');

		if (at < bytes.n)
			quoted = !quoted;
		bytes = str_skip(bytes, at + 1);
	}
	return quoted;
}

static enum err take_row(struct export_rows *r, struct str row)
{
	enum err e;

	if (r->format == EXPORT_CSV && !r->header_seen) {
		r->header_seen = true;
		if (r->header_written)
			return OK;
		r->header_written = true;
		return out_write(r->out, row);
	}
	e = out_write(r->out, row);
	r->rows++;
	r->page_rows++;
	return e;
}

static void keep_last(struct export_rows *r, struct str row)
{
	buf_reset(&r->last);
	buf_str(&r->last, row);
}

/* A row that came in parts. */
static enum err end_part(struct export_rows *r)
{
	uint64_t before = r->rows;
	enum err e = take_row(r, buf_view(&r->part));

	if (r->rows > before)
		keep_last(r, buf_view(&r->part));
	buf_reset(&r->part);
	return e;
}

enum err export_rows_push(struct export_rows *r, struct str bytes)
{
	struct str last = {NULL, 0};
	enum err e = OK;

	while (!e && bytes.n) {
		size_t at = str_find(bytes, '\n');
		bool ended = at < bytes.n;
		struct str part = str_make(bytes.p, at + ended);
		uint64_t before = r->rows;

		bytes = str_skip(bytes, part.n);
		if (r->format == EXPORT_CSV)
			r->quoted = ends_quoted(part, r->quoted);
		if (!ended || r->quoted || r->part.n) {
			buf_str(&r->part, part);
			e = buf_err(&r->part);
			if (!e && ended && !r->quoted) {
				last = str_make(NULL, 0);
				e = end_part(r);
			}
			continue;
		}
		e = take_row(r, part);
		if (r->rows > before)
			last = part;
	}
	if (last.p)
		keep_last(r, last);
	return e ? e : buf_err(&r->last);
}

static enum err cursor_of_csv(struct str row, struct buf *cursor)
{
	struct csv_reader csv;
	enum err e;

	csv_reader_init(&csv, EXPORT_ROW_MAX);
	e = csv_read(&csv, &row);
	if (!e && csv.fields_n > 1 && csv.fields[0].n)
		buf_str(cursor, csv.fields[0]);
	else if (!e || e != ERR_NOMEM)
		e = ERR_INVALID;
	csv_reader_deinit(&csv);
	return e ? e : buf_err(cursor);
}

static enum err cursor_of_json(struct str row, struct buf *cursor)
{
	struct json_findings findings = {0};
	const struct json_t *value = NULL;
	struct json_t *root = NULL;
	enum err e;

	e = json_parse(row, EXPORT_ROW_MAX, &root, &findings);
	if (e)
		return e == ERR_NOMEM ? e : ERR_INVALID;
	if (json_kind_of(root) == JSON_KIND_OBJECT)
		value = json_member(root, STR("cursor"));
	if (value && json_kind_of(value) == JSON_KIND_STR &&
		json_str_of(value).n)
		buf_str(cursor, json_str_of(value));
	else
		e = ERR_INVALID;
	json_free(root);
	return e ? e : buf_err(cursor);
}

enum err export_cursor_of(
	enum export_format format, struct str row, struct buf *cursor)
{
	return format == EXPORT_CSV ? cursor_of_csv(row, cursor)
				    : cursor_of_json(row, cursor);
}
