/* Recipients of any bytes: however they arrive, the same rows come out, every
 * line of the request is one JSON object, and so is every row of NDJSON. The
 * first byte says how many bytes arrive at once, and in which format. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "cli/mint_json.h"
#include "cli/mint_rows.h"
#include "core/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	OUT_MAX = 64 << 20
};

static const struct mint_vars vars = {
	.n = 2, .name = {{"cart", 4}, {"size", 4}}};

static void check_object(struct str line)
{
	struct json_findings findings = {0};
	struct json_t *root = NULL;

	ASSERT(line.n && line.p[line.n - 1] == '\n');
	ASSERT(str_find(line, '\n') == line.n - 1);
	ASSERT(json_parse(line, OUT_MAX, &root, &findings) == OK);
	ASSERT(json_kind_of(root) == JSON_KIND_OBJECT);
	json_free(root);
}

static void take(
	enum mint_format format, const struct mint_row *row, struct buf *out)
{
	size_t start;

	ASSERT(row->number == 0 || (row->line.n == 0) == (row->error.n > 0));
	if (row->line.n)
		check_object(row->line);
	buf_str(out, row->line);
	start = out->n;
	buf_str(out, row->prefix);
	if (row->number)
		mint_rows_put_result(
			format, out, STR("T"), STR("U"), row->error);
	if (format == MINT_NDJSON && !buf_err(out))
		check_object(str_make(out->p + start, out->n - start));
}

static enum err transform(
	enum mint_format format, struct str in, size_t step, struct buf *out)
{
	struct mint_rows rows;
	struct mint_row row;
	struct str piece = {NULL, 0};
	enum err e = OK;

	mint_rows_init(&rows, format, &vars);
	while (e == OK || e == ERR_AGAIN) {
		e = mint_rows_next(&rows, &piece, in.n == 0, &row);
		if (e == OK)
			take(format, &row, out);
		if (e == ERR_AGAIN) {
			ASSERT(piece.n == 0);
			piece = str_make(in.p, in.n < step ? in.n : step);
			in = str_skip(in, piece.n);
		}
	}
	ASSERT(e == ERR_NOT_FOUND || (e == ERR_INVALID && rows.problem[0]));
	mint_rows_deinit(&rows);
	return e;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum mint_format format;
	struct buf whole, pieces;
	struct str in;
	enum err e;

	if (size == 0)
		return 0;
	format = data[0] & 1 ? MINT_NDJSON : MINT_CSV;
	in = str_make((const char *)data + 1, size - 1);
	buf_init(&whole, OUT_MAX);
	buf_init(&pieces, OUT_MAX);
	e = transform(format, in, size, &whole);
	ASSERT(transform(format, in, 1 + (data[0] >> 1), &pieces) == e);
	ASSERT(str_eq(buf_view(&whole), buf_view(&pieces)));
	buf_deinit(&whole);
	buf_deinit(&pieces);
	return 0;
}
