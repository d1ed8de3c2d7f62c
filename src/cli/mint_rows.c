#include "cli/mint_rows.h"

#include <stdio.h>
#include <string.h>

#include "cli/mint_json.h"
#include "core/json_writer.h"

static const char *const added[] = {"token", "url", "error"};

enum {
	ADDED_N = sizeof(added) / sizeof(added[0])
};

void mint_rows_init(struct mint_rows *r, enum mint_format format,
	const struct mint_vars *vars)
{
	*r = (struct mint_rows){.format = format, .vars = vars};
	csv_reader_init(&r->csv, MINT_ROW_MAX);
	buf_init(&r->text, MINT_ROW_MAX);
	buf_init(&r->prefix, MINT_PREFIX_MAX);
	buf_init(&r->out, MINT_LINE_MAX);
	buf_init(&r->error, MINT_PROBLEM_MAX);
}

void mint_rows_deinit(struct mint_rows *r)
{
	csv_reader_deinit(&r->csv);
	buf_deinit(&r->text);
	buf_deinit(&r->prefix);
	buf_deinit(&r->out);
	buf_deinit(&r->error);
}

/* `before "text" after`; text.p NULL: before alone. */
static enum err stop(struct mint_rows *r, const char *before, struct str text,
	const char *after)
{
	const char *quote = text.p ? "\"" : "";

	if (!text.p)
		text = str_make("", 0);
	(void)snprintf(r->problem, sizeof(r->problem), "%s%s%.*s%s%s", before,
		quote, STR_FMT(text), quote, after);
	return ERR_INVALID;
}

static enum err stop_plainly(struct mint_rows *r, const char *why)
{
	return stop(r, why, str_make(NULL, 0), "");
}

/* A CSV row is begun, with room for the fields that follow it. */
static void put_fields(struct mint_rows *r)
{
	struct csv_writer w;

	csv_writer_init(&w, &r->prefix);
	for (size_t i = 0; i < r->columns_n; i++)
		csv_put_str(&w, i < r->csv.fields_n ? r->csv.fields[i]
						    : str_make("", 0));
	buf_byte(&r->prefix, ',');
}

static size_t find_column(const struct mint_rows *r, struct str name)
{
	size_t i = 0;

	while (i < r->columns_n && !str_eq(r->csv.fields[i], name))
		i++;
	return i;
}

static enum err check_columns(struct mint_rows *r)
{
	for (size_t i = 0; i < r->columns_n; i++) {
		struct str name = r->csv.fields[i];

		if (!str_is_utf8(name))
			return stop_plainly(r, "the header is not UTF-8");
		if (name.n && find_column(r, name) < i)
			return stop(r, "the header has ", name, " twice");
	}
	for (size_t i = 0; i < ADDED_N; i++)
		if (find_column(r, str_from(added[i])) < r->columns_n)
			return stop(r, "the header has ", str_from(added[i]),
				", which is a column that comes out");
	for (size_t i = 0; i < r->vars->needed_n; i++)
		if (find_column(r, r->vars->needed[i]) == r->columns_n)
			return stop(r, "the link needs ", r->vars->needed[i],
				", which is no column and has no default");
	return OK;
}

static enum err read_header(struct mint_rows *r, struct mint_row *row)
{
	bool any;
	enum err e;

	r->columns_n = r->csv.fields_n;
	e = check_columns(r);
	if (e)
		return e;
	r->recipient = find_column(r, STR("recipient"));
	r->ref = find_column(r, STR("ref"));
	any = r->recipient < r->columns_n || r->ref < r->columns_n;
	for (size_t i = 0; i < r->vars->n; i++) {
		r->var[i] = find_column(r, r->vars->name[i]);
		any = any || r->var[i] < r->columns_n;
	}
	if (!any)
		return stop_plainly(r,
			"the first row names neither recipient nor ref nor a "
			"variable of the link: a header row is needed");
	put_fields(r);
	mint_rows_put_result(
		MINT_CSV, &r->prefix, STR("token"), STR("url"), STR("error"));
	r->begun = true;
	*row = (struct mint_row){.prefix = buf_view(&r->prefix)};
	return buf_err(&r->prefix);
}

/* A cell that is empty says nothing. */
static struct str cell(const struct mint_rows *r, size_t column)
{
	if (column >= r->columns_n || column >= r->csv.fields_n)
		return str_make("", 0);
	return r->csv.fields[column];
}

static void put_member(struct json_writer *w, const char *key, struct str value)
{
	if (!value.n)
		return;
	json_key(w, key);
	json_put_str(w, value);
}

static void put_csv_line(struct mint_rows *r)
{
	struct json_writer w;
	bool params = false;

	json_writer_init(&w, &r->out);
	json_object_begin(&w);
	put_member(&w, "recipient", cell(r, r->recipient));
	put_member(&w, "ref", cell(r, r->ref));
	for (size_t i = 0; i < r->vars->n; i++) {
		struct str value = cell(r, r->var[i]);

		if (!value.n)
			continue;
		if (!params) {
			json_key(&w, "params");
			json_object_begin(&w);
		}
		params = true;
		json_key_str(&w, r->vars->name[i]);
		json_put_str(&w, value);
	}
	if (params)
		json_object_end(&w);
	json_object_end(&w);
	json_line_end(&w);
}

static void check_csv_row(struct mint_rows *r)
{
	if (r->csv.fields_n != r->columns_n) {
		buf_printf(&r->error, "the row has %zu fields, the header %zu",
			r->csv.fields_n, r->columns_n);
		return;
	}
	for (size_t i = 0; i < r->columns_n; i++) {
		struct str field = r->csv.fields[i];

		/* No JSON text of ours may hold a NUL. */
		if (str_is_utf8(field) && str_find(field, '\0') == field.n)
			continue;
		buf_printf(&r->error, "field %zu is not UTF-8 text", i + 1);
		return;
	}
}

/* Ends a row that has its prefix, and its error or its line. */
static enum err finish_row(struct mint_rows *r, struct mint_row *row)
{
	if (buf_err(&r->out) == ERR_TOO_LONG && !r->error.n)
		buf_printf(&r->error,
			"recipient, ref and variables have more than %d bytes",
			MINT_LINE_MAX);
	/* An error without its text would be none. */
	if (buf_err(&r->out) == ERR_NOMEM || buf_err(&r->error) == ERR_NOMEM)
		return ERR_NOMEM;
	if (r->error.n)
		buf_reset(&r->out);
	*row = (struct mint_row){.number = ++r->number,
		.prefix = buf_view(&r->prefix),
		.line = buf_view(&r->out),
		.error = buf_view(&r->error)};
	if (buf_err(&r->prefix) == ERR_TOO_LONG)
		return stop_plainly(r, "the row is too long");
	return buf_err(&r->prefix);
}

static void reset(struct mint_rows *r)
{
	buf_reset(&r->prefix);
	buf_reset(&r->out);
	buf_reset(&r->error);
}

static enum err csv_problem(struct mint_rows *r, enum err e)
{
	if (e == ERR_NOMEM)
		return e;
	(void)snprintf(r->problem, sizeof(r->problem),
		"line %llu, column %llu: %s", (unsigned long long)r->csv.line,
		(unsigned long long)r->csv.column, r->csv.problem);
	return ERR_INVALID;
}

static bool is_blank_row(const struct csv_reader *csv)
{
	return csv->fields_n == 1 && csv->fields[0].n == 0;
}

static enum err next_csv(
	struct mint_rows *r, struct str *in, bool end, struct mint_row *row)
{
	enum err e;

	do {
		e = csv_read(&r->csv, in);
		if (e == ERR_AGAIN && end)
			e = csv_finish(&r->csv);
		if (e == ERR_AGAIN || e == ERR_NOT_FOUND)
			return e;
		if (e)
			return csv_problem(r, e);
	} while (is_blank_row(&r->csv));
	reset(r);
	if (!r->begun)
		return read_header(r, row);
	put_fields(r);
	check_csv_row(r);
	if (!r->error.n)
		put_csv_line(r);
	return finish_row(r, row);
}

/* The next line of NDJSON, without its end; too long: cut, and *whole false. */
static enum err next_line(struct mint_rows *r, struct str *in, bool end,
	struct str *line, bool *whole)
{
	size_t at = str_find(*in, '\n');
	bool ended = at < in->n;
	struct str part = str_make(in->p, at);

	*in = str_skip(*in, at + 1);
	if (ended && !r->text.n && !r->dropping && part.n <= MINT_ROW_MAX) {
		*line = part; /* all of it was there: no copy */
		*whole = true;
		return OK;
	}
	if (!r->dropping)
		buf_str(&r->text, part);
	r->dropping = r->dropping || buf_err(&r->text) == ERR_TOO_LONG;
	if (buf_err(&r->text) == ERR_NOMEM)
		return ERR_NOMEM;
	if (!ended && !end)
		return ERR_AGAIN;
	if (!ended && !r->text.n && !r->dropping)
		return ERR_NOT_FOUND;
	*line = buf_view(&r->text);
	*whole = !r->dropping;
	return OK;
}

static struct str trim_line(struct mint_rows *r, struct str line)
{
	if (r->line == 1 && str_starts(line, STR("\xef\xbb\xbf")))
		line = str_skip(line, 3);
	return mint_json_trim(line);
}

static enum err take_json_row(struct mint_rows *r, struct str line, bool whole)
{
	enum err e = ERR_INVALID;

	if (whole)
		e = mint_json_row(
			r->vars, line, &r->prefix, &r->out, &r->error);
	else
		buf_printf(&r->error, "the line has more than %d bytes",
			MINT_ROW_MAX);
	if (e == ERR_EXISTS) {
		(void)snprintf(r->problem, sizeof(r->problem),
			"line %llu has one of token, url and error already, "
			"which are what comes out",
			(unsigned long long)r->line);
		return ERR_INVALID;
	}
	if (e == ERR_INVALID) {
		/* Nothing can be added to a line that is no object. */
		buf_reset(&r->prefix);
		buf_printf(&r->prefix, "{\"line\":%llu,\"token\":",
			(unsigned long long)r->line);
		e = OK;
	}
	return e;
}

static enum err next_ndjson(
	struct mint_rows *r, struct str *in, bool end, struct mint_row *row)
{
	struct str line;
	bool whole;
	enum err e;

	reset(r);
	do {
		e = next_line(r, in, end, &line, &whole);
		if (e)
			return e;
		r->line++;
		line = trim_line(r, line);
		if (line.n && whole)
			break;
		buf_reset(&r->text);
		r->dropping = false;
	} while (whole);
	e = take_json_row(r, line, whole);
	buf_reset(&r->text);
	r->dropping = false;
	return e ? e : finish_row(r, row);
}

enum err mint_rows_next(
	struct mint_rows *r, struct str *in, bool end, struct mint_row *row)
{
	if (r->format == MINT_CSV)
		return next_csv(r, in, end, row);
	return next_ndjson(r, in, end, row);
}

static void put_ndjson(
	struct buf *to, struct str token, struct str url, struct str error)
{
	const struct str values[ADDED_N] = {token, url, error};
	struct json_writer w;

	/* The prefix ends behind `"token":`. */
	for (size_t i = 0; i < ADDED_N; i++) {
		if (i)
			buf_printf(to, ",\"%s\":", added[i]);
		json_writer_init(&w, to);
		json_put_str_or_null(
			&w, values[i].n ? values[i] : str_make(NULL, 0));
	}
	buf_text(to, "}\n");
}

void mint_rows_put_result(enum mint_format format, struct buf *to,
	struct str token, struct str url, struct str error)
{
	struct csv_writer w;

	if (format == MINT_NDJSON) {
		put_ndjson(to, token, url, error);
		return;
	}
	csv_writer_init(&w, to);
	csv_put_str(&w, token);
	csv_put_str(&w, url);
	csv_put_str(&w, error);
	csv_row_end(&w);
}
