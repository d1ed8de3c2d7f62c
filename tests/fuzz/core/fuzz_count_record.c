/* Count records: the input is a key's length, the key, and the body of a
 * sealed record. What is read is written as the same. */
#include <string.h>

#include "base/assert.h"
#include "core/count_record.h"
#include "core/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct count *c, struct str key, struct str record)
{
	struct count_key again;
	struct buf b;

	count_key_put(&again, c);
	ASSERT(str_eq(count_key_view(&again), key));
	buf_init(&b, COUNT_RECORD_MAX);
	count_record_put(&b, key, &c->counts);
	ASSERT(buf_err(&b) == OK && str_eq(buf_view(&b), record));
	buf_deinit(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str key, body;
	struct count c;
	struct writer w;
	struct buf b;

	if (!size || size - 1 < data[0])
		return 0;
	key = str_make((const char *)data + 1, data[0]);
	body = str_make(key.p + key.n, size - 1 - key.n);
	buf_init(&b, size + RECORD_OVERHEAD);
	record_begin(&w, &b, 1);
	writer_raw(&w, body.p, body.n);
	record_seal_keyed(&w, key);
	if (buf_err(&b) == OK && !count_record_get(key, buf_view(&b), &c))
		check(&c, key, buf_view(&b));
	buf_deinit(&b);
	return 0;
}
