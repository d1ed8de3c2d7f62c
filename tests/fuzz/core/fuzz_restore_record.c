/* Bytes as what a restore leaves behind: what is read is written as the same
 * bytes. */
#include "core/restore_record.h"

#include "sealed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct str record, struct str key)
{
	struct restore r;
	struct buf b;

	if (restore_record_get(record, key, &r))
		return;
	buf_init(&b, record.n);
	restore_record_put(&b, key, &r);
	ASSERT(buf_err(&b) == OK && b.n == record.n);
	ASSERT(memcmp(b.p, record.p, b.n) == 0);
	buf_deinit(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_both(data, size, STR("01234567"), check);
	return 0;
}
