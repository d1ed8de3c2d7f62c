/* Bytes as a webhook's record and as that of its progress: what is read can be
 * written again, and reads the same. */
#include "core/webhook_record.h"

#include "sealed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_webhook(struct str record)
{
	struct webhook w, again;
	struct buf b, c;

	if (webhook_record_get(record, &w))
		return;
	ASSERT(w.secret.n <= WEBHOOK_SECRET_MAX);
	ASSERT(w.old_secret.n <= WEBHOOK_SECRET_MAX);
	buf_init(&b, record.n);
	buf_init(&c, record.n);
	webhook_record_put(&b, &w);
	ASSERT(buf_err(&b) == OK && b.n == record.n);
	ASSERT(webhook_record_get(buf_view(&b), &again) == OK);
	webhook_record_put(&c, &again);
	ASSERT(str_eq(buf_view(&b), buf_view(&c)));
	buf_deinit(&b);
	buf_deinit(&c);
}

static void check_progress(struct str record)
{
	struct webhook_progress p;
	struct buf b;

	if (webhook_progress_get(record, &p))
		return;
	ASSERT(webhook_result_name(p.result)[0]);
	buf_init(&b, record.n);
	webhook_progress_put(&b, &p);
	ASSERT(buf_err(&b) == OK && b.n == record.n);
	ASSERT(webhook_progress_get(buf_view(&b), &p) == OK);
	buf_deinit(&b);
}

static void check(struct str record, struct str key)
{
	(void)key;
	check_webhook(record);
	check_progress(record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_both(data, size, str_make(NULL, 0), check);
	return 0;
}
