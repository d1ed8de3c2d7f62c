/* Bytes as an API key's record: what is read is written as the same bytes. */
#include "core/api_key_record.h"

#include "sealed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct str record, struct str key)
{
	struct api_key k;
	struct buf b;

	(void)key;
	if (api_key_record_get(record, &k))
		return;
	buf_init(&b, record.n);
	api_key_record_put(&b, &k);
	ASSERT(str_eq(buf_view(&b), record));
	buf_deinit(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_both(data, size, str_make(NULL, 0), check);
	return 0;
}
