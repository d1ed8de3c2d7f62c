/* Bytes as an account's record: what is read from it can be written again, and
 * reads the same. */
#include "core/account_record.h"

#include "sealed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct str record, struct str key)
{
	struct account a, again;
	struct buf b, c;

	(void)key;
	if (account_record_get(record, &a))
		return;
	ASSERT(a.hosts_n <= ACCOUNT_HOSTS_MAX);
	(void)account_name_is_valid(a.name);
	buf_init(&b, record.n + RECORD_OVERHEAD);
	buf_init(&c, record.n + RECORD_OVERHEAD);
	account_record_put(&b, &a);
	ASSERT(buf_err(&b) == OK && b.n == record.n);
	ASSERT(account_record_get(buf_view(&b), &again) == OK);
	account_record_put(&c, &again);
	ASSERT(str_eq(buf_view(&b), buf_view(&c)));
	buf_deinit(&b);
	buf_deinit(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_both(data, size, str_make(NULL, 0), check);
	return 0;
}
