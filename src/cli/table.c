#include "cli/table.h"

#include "base/assert.h"

void table_init(struct table *t)
{
	*t = (struct table){0};
	buf_init(&t->cells, TABLE_BYTES_MAX);
}

void table_deinit(struct table *t)
{
	buf_deinit(&t->cells);
}

enum err table_err(const struct table *t)
{
	return buf_err(&t->cells);
}

/* What a terminal needs for it: a byte that is not inside of a character. */
static size_t width_of(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

void table_piece(struct table *t, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		buf_byte(&t->cells, c < 0x20 || c == 0x7f ? '?' : s.p[i]);
	}
}

void table_end_cell(struct table *t)
{
	struct str cell =
		str_make(t->cells.p + t->begun_at, t->cells.n - t->begun_at);
	size_t column = t->n % t->columns;

	if (table_err(t))
		return;
	if (width_of(cell) > t->widths[column])
		t->widths[column] = width_of(cell);
	buf_byte(&t->cells, '\0');
	t->begun_at = t->cells.n;
	t->n++;
}

void table_add(struct table *t, struct str cell)
{
	table_piece(t, cell);
	table_end_cell(t);
}

void table_add_column(struct table *t, const char *title, bool is_number)
{
	ASSERT(t->columns < TABLE_COLUMNS_MAX && t->n == t->columns);
	t->is_right[t->columns++] = is_number;
	table_add(t, str_from(title));
}

static void show_row(const struct table *t, struct str *cells, FILE *to)
{
	for (size_t i = 0; i < t->columns; i++) {
		struct str cell = str_split(cells, '\0');
		int pad = (int)(t->widths[i] - width_of(cell));
		bool is_last = i + 1 == t->columns;

		if (t->is_right[i])
			(void)fprintf(to, "%*s", pad, "");
		(void)fwrite(cell.p, 1, cell.n, to);
		if (!is_last)
			(void)fprintf(
				to, "%*s", t->is_right[i] ? 2 : pad + 2, "");
	}
	(void)fputc('\n', to);
}

void table_show(const struct table *t, FILE *to)
{
	struct str cells = buf_view(&t->cells);

	for (size_t i = 0; i < t->n; i += t->columns)
		show_row(t, &cells, to);
}
