/* CSV: the rows do not depend on how the input is cut (the first byte says how
 * large the chunks are), and rows that are written read back as they were. */
#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"
#include "core/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	ROW_MAX = 512,
	OUT_MAX = 1 << 20
};

struct result {
	struct csv_reader reader;
	struct buf out; /* the rows, written */
	enum err err;
	size_t rows;
};

static void write_row(struct result *result)
{
	struct csv_writer w;

	csv_writer_init(&w, &result->out);
	for (size_t i = 0; i < result->reader.fields_n; i++)
		csv_put_str(&w, result->reader.fields[i]);
	csv_row_end(&w);
	result->rows++;
}

static void read_all(struct result *result, struct str text, size_t chunk)
{
	enum err e = OK;

	csv_reader_init(&result->reader, ROW_MAX);
	buf_init(&result->out, OUT_MAX);
	result->rows = 0;
	while (text.n && (e == OK || e == ERR_AGAIN)) {
		struct str in =
			str_make(text.p, chunk < text.n ? chunk : text.n);

		text = str_skip(text, in.n);
		while ((e = csv_read(&result->reader, &in)) == OK)
			write_row(result);
		ASSERT(e != ERR_AGAIN || in.n == 0);
	}
	if (e == OK || e == ERR_AGAIN) {
		e = csv_finish(&result->reader);
		if (e == OK)
			write_row(result);
		if (e == ERR_NOT_FOUND)
			e = OK;
	}
	result->err = e;
	ASSERT(buf_err(&result->out) == OK);
}

static void end(struct result *result)
{
	csv_reader_deinit(&result->reader);
	buf_deinit(&result->out);
}

static struct result whole, cut, again;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_make((const char *)data, size);
	size_t chunk;

	if (size < 1 || size > OUT_MAX / 8)
		return 0;
	chunk = 1 + data[0] % 61u;
	text = str_skip(text, 1);
	read_all(&whole, text, SIZE_MAX);
	read_all(&cut, text, chunk);
	ASSERT(cut.err == whole.err && cut.rows == whole.rows);
	ASSERT(str_eq(buf_view(&cut.out), buf_view(&whole.out)));
	ASSERT(cut.reader.line == whole.reader.line);
	ASSERT(whole.err != ERR_INVALID ||
		cut.reader.column == whole.reader.column);
	/* A first field may begin with bytes that now look like a mark. */
	if (!str_starts(buf_view(&whole.out), STR("\xef\xbb\xbf"))) {
		read_all(&again, buf_view(&whole.out), SIZE_MAX);
		ASSERT(again.err == OK && again.rows == whole.rows);
		ASSERT(str_eq(buf_view(&again.out), buf_view(&whole.out)));
		end(&again);
	}
	end(&whole);
	end(&cut);
	return 0;
}
