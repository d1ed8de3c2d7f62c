/* A page of clicks of any bytes: however it arrives, the same whole rows leave,
 * they are the page up to some row's end, and nothing of a row is lost in
 * between. The first byte says how many bytes arrive at once, and the format.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/assert.h"
#include "cli/export_rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	BYTES_MAX = 1 << 20
};

/* What leaves, in a file of memory that is used again. */
static int file = -1;

static size_t write_rows(enum export_format format, struct str page,
	size_t step, char *to, struct buf *last)
{
	struct out out = {.fd = file, .is_file = true};
	struct export_rows rows;
	ssize_t n;

	ASSERT(ftruncate(file, 0) == 0 && lseek(file, 0, SEEK_SET) == 0);
	buf_init(&out.bytes, BYTES_MAX);
	export_rows_init(&rows, &out, format, false);
	export_rows_begin(&rows);
	while (page.n) {
		struct str piece =
			str_make(page.p, page.n < step ? page.n : step);

		ASSERT(export_rows_push(&rows, piece) == OK);
		page = str_skip(page, piece.n);
	}
	ASSERT(out_flush(&out) == OK);
	buf_str(last, buf_view(&rows.last));
	ASSERT((rows.rows > 0) == (rows.last.n > 0));
	export_rows_deinit(&rows);
	buf_deinit(&out.bytes);
	n = pread(file, to, BYTES_MAX, 0);
	ASSERT(n >= 0);
	return (size_t)n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char whole[BYTES_MAX], pieces[BYTES_MAX];
	enum export_format format;
	struct buf last, last_of_pieces, cursor;
	struct str page;
	size_t n;

	if (file < 0)
		file = memfd_create("rows", 0);
	if (size == 0 || size >= BYTES_MAX || file < 0)
		return 0;
	format = data[0] & 1 ? EXPORT_CSV : EXPORT_NDJSON;
	page = str_make((const char *)data + 1, size - 1);
	buf_init(&last, BYTES_MAX);
	buf_init(&last_of_pieces, BYTES_MAX);
	buf_init(&cursor, EXPORT_CURSOR_MAX);
	n = write_rows(format, page, size, whole, &last);
	ASSERT(n <= page.n && memcmp(whole, page.p, n) == 0);
	ASSERT(n == 0 || whole[n - 1] == '\n');
	ASSERT(write_rows(format, page, 1 + (data[0] >> 1), pieces,
		       &last_of_pieces) == n);
	ASSERT(memcmp(whole, pieces, n) == 0);
	ASSERT(str_eq(buf_view(&last), buf_view(&last_of_pieces)));
	if (export_cursor_of(format, buf_view(&last), &cursor) == OK)
		ASSERT(cursor.n > 0);
	buf_deinit(&last);
	buf_deinit(&last_of_pieces);
	buf_deinit(&cursor);
	return 0;
}
