/* Bytes as a click record, and as the body of a sealed one: whatever is taken
 * for a click is written again as the same bytes. */
#include <stdlib.h>
#include <string.h>

#include "core/click_record.h"
#include "core/record.h"

enum {
	SEQUENCE = 1
};

static void check(struct str record)
{
	struct click c;
	struct buf b;

	if (click_decode(record, SEQUENCE, &c))
		return;
	/* One of an older format would be written as one of today's. */
	if (record.p[0] != CLICK_FORMAT)
		return;
	if (click_check(&c))
		abort();
	buf_init(&b, CLICK_RECORD_MAX);
	click_encode(&c, SEQUENCE, &b);
	if (buf_err(&b) || !str_eq(buf_view(&b), record))
		abort();
	buf_deinit(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = str_make((const char *)data, size);
	struct writer w;
	struct buf b;
	char key[8];

	check(s);
	put_be64(key, SEQUENCE);
	buf_init(&b, size + RECORD_OVERHEAD);
	record_begin(&w, &b, CLICK_FORMAT);
	writer_raw(&w, s.p, s.n);
	record_seal_keyed(&w, str_make(key, sizeof(key)));
	if (buf_err(&b) == OK)
		check(buf_view(&b));
	buf_deinit(&b);
	return 0;
}
