/* Texts of any bytes, quoted: as JSON they become what the same texts become
 * with U+FFFD for what is not UTF-8, and CSV reads back as those. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/buf.h"
#include "core/csv.h"
#include "core/csv_quote.h"
#include "core/json_quote.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	TEXT_MAX = 4096
};

static void clean_up(struct buf *clean, struct str s)
{
	while (s.n) {
		size_t n = str_utf8_sequence(s);

		if (n)
			buf_add(clean, s.p, n);
		else
			buf_text(clean, "\xef\xbf\xbd");
		s = str_skip(s, n ? n : 1);
	}
	ASSERT(buf_err(clean) == OK);
}

static void check_json(struct str s, struct str clean)
{
	size_t size = json_quoted_size(s);
	char *out = malloc(size);
	struct buf want;

	ASSERT(out && size <= JSON_QUOTED_MAX(s.n));
	ASSERT(json_quote(out, s) == out + size);
	ASSERT(str_is_utf8(str_make(out, size)));
	/* Cleaned first or by quoting: the same. */
	buf_init(&want, JSON_QUOTED_MAX(clean.n));
	ASSERT(buf_reserve(&want, json_quoted_size(clean)));
	ASSERT(json_quote(want.p, clean) == want.p + size);
	ASSERT(memcmp(want.p, out, size) == 0);
	buf_deinit(&want);
	free(out);
}

static void check_csv(struct str s, struct str clean)
{
	static struct csv_reader reader;
	char *out = malloc(CSV_QUOTED_MAX(s.n) + 2);
	char *end;
	struct str in;

	ASSERT(out);
	end = csv_quote(out, s);
	ASSERT(end <= out + CSV_QUOTED_MAX(s.n));
	memcpy(end, "\r\n", 2);
	in = str_make(out, (size_t)(end - out) + 2);
	csv_reader_init(&reader, CSV_QUOTED_MAX(TEXT_MAX));
	/* A mark is skipped where a text begins; a feed's row does not. */
	if (!str_starts(in, STR("\xef\xbb\xbf"))) {
		ASSERT(csv_read(&reader, &in) == OK);
		ASSERT(reader.fields_n == 1 && in.n == 0);
		ASSERT(str_eq(reader.fields[0], clean));
	}
	csv_reader_deinit(&reader);
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = str_make((const char *)data, size);
	struct buf clean;

	if (size > TEXT_MAX)
		return 0;
	buf_init(&clean, 3 * (size_t)TEXT_MAX);
	clean_up(&clean, s);
	check_json(s, buf_view(&clean));
	check_csv(s, buf_view(&clean));
	buf_deinit(&clean);
	return 0;
}
