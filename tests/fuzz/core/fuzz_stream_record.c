/* Bytes as a mint stream's, a range's and a token change's record: what is read
 * is written as the same bytes. */
#include "core/stream_record.h"

#include "sealed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_same(struct buf *b, struct str record)
{
	ASSERT(buf_err(b) == OK && b->n == record.n);
	buf_deinit(b);
}

static void check(struct str record, struct str key)
{
	struct token_change change;
	struct stream stream;
	struct range range;
	struct buf b;

	buf_init(&b, record.n);
	if (stream_record_get(record, key, &stream) == OK) {
		ASSERT(stream.kind > 0 && stream.kind < STREAM_KINDS);
		stream_record_put(&b, key, &stream);
		check_same(&b, record);
	}
	if (range_record_get(record, key, &range) == OK) {
		range_record_put(&b, key, &range);
		check_same(&b, record);
	}
	if (token_change_get(record, key, &change) == OK) {
		token_change_put(&b, key, &change);
		check_same(&b, record);
	}
	buf_deinit(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_both(data, size, STR("0123456789abcdef"), check);
	return 0;
}
