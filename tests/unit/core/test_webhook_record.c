#include "core/webhook_record.h"

#include <string.h>

#include "core/link_record.h"
#include "core/record.h"
#include "support/cmocka.h"
#include "support/damage.h"

enum {
	RECORD_MAX = 8192
};

static char text[2000];

static struct webhook largest(void)
{
	struct webhook w = {
		.id = UINT64_MAX,
		.account = UINT64_MAX - 1,
		.revision = UINT32_MAX,
		.epoch = UINT32_MAX - 1,
		.start = UINT64_MAX - 2,
		.active = true,
		.revisions = true,
		.name = str_make(text, LINK_NAME_MAX),
		.url = str_make(text, sizeof(text)),
		.secret = {.n = WEBHOOK_SECRET_MAX},
		.old_secret = {.n = WEBHOOK_SECRET_MIN},
		.old_until_ms = UINT64_MAX - 3,
		.created_ms = UINT64_MAX - 4,
		.updated_ms = UINT64_MAX - 5,
	};

	memset(w.secret.bytes, 1, w.secret.n);
	memset(w.old_secret.bytes, 2, w.old_secret.n);
	return w;
}

static struct webhook_progress largest_progress(void)
{
	return (struct webhook_progress){
		.webhook = UINT64_MAX,
		.epoch = UINT32_MAX,
		.sequence = UINT64_MAX - 1,
		.behind = UINT64_MAX - 2,
		.counted_at = UINT64_MAX - 3,
		.delivered = UINT64_MAX - 4,
		.skipped = UINT64_MAX - 5,
		.failures = UINT32_MAX - 1,
		.result = WEBHOOK_RESULTS - 1,
		.status = UINT16_MAX,
		.success_ms = UINT64_MAX - 6,
		.failure_ms = UINT64_MAX - 7,
	};
}

static void check_webhook(const struct webhook *w)
{
	struct webhook got;
	struct buf b;

	buf_init(&b, RECORD_MAX);
	webhook_record_put(&b, w);
	assert_int_equal(buf_err(&b), OK);
	memset(&got, 0xee, sizeof(got));
	assert_int_equal(webhook_record_get(buf_view(&b), &got), OK);
	assert_true(got.id == w->id && got.account == w->account);
	assert_true(got.revision == w->revision && got.epoch == w->epoch);
	assert_true(got.start == w->start && got.active == w->active &&
		    got.revisions == w->revisions);
	assert_true(str_eq(got.name, w->name) && str_eq(got.url, w->url));
	assert_memory_equal(&got.secret, &w->secret, sizeof(w->secret));
	assert_memory_equal(
		&got.old_secret, &w->old_secret, sizeof(w->old_secret));
	assert_true(got.old_until_ms == w->old_until_ms);
	assert_true(got.created_ms == w->created_ms);
	assert_true(got.updated_ms == w->updated_ms);
	buf_deinit(&b);
}

static void test_webhooks(void **state)
{
	const struct webhook none = {0};
	struct webhook w = largest();

	(void)state;
	check_webhook(&w);
	check_webhook(&none);
}

static void check_progress(const struct webhook_progress *p)
{
	struct webhook_progress got;
	struct buf b;

	buf_init(&b, RECORD_MAX);
	webhook_progress_put(&b, p);
	assert_int_equal(webhook_progress_get(buf_view(&b), &got), OK);
	assert_true(got.webhook == p->webhook && got.epoch == p->epoch);
	assert_true(got.sequence == p->sequence && got.behind == p->behind);
	assert_true(got.counted_at == p->counted_at);
	assert_true(got.delivered == p->delivered);
	assert_true(got.skipped == p->skipped);
	assert_true(got.failures == p->failures);
	assert_true(got.result == p->result && got.status == p->status);
	assert_true(got.success_ms == p->success_ms);
	assert_true(got.failure_ms == p->failure_ms);
	buf_deinit(&b);
}

static void test_progress(void **state)
{
	const struct webhook_progress none = {0};
	struct webhook_progress p = largest_progress();

	(void)state;
	check_progress(&p);
	check_progress(&none);
}

static enum err get_webhook(struct str bytes, void *arg)
{
	struct webhook w;

	(void)arg;
	return webhook_record_get(bytes, &w);
}

static enum err get_progress(struct str bytes, void *arg)
{
	struct webhook_progress p;

	(void)arg;
	return webhook_progress_get(bytes, &p);
}

static void test_damage(void **state)
{
	struct webhook w = largest();
	struct webhook_progress p = largest_progress();
	struct buf b;

	(void)state;
	w.url.n = 20; /* each bit of it is tried */
	buf_init(&b, RECORD_MAX);
	webhook_record_put(&b, &w);
	check_damage(&b, get_webhook, NULL);
	buf_reset(&b);
	webhook_progress_put(&b, &p);
	check_damage(&b, get_progress, NULL);
	buf_deinit(&b);
}

/* Sealed rightly, and impossible. */
static void test_impossible(void **state)
{
	struct webhook_progress p = {.result = WEBHOOK_RESULTS};
	struct writer w;
	struct webhook h;
	struct buf b;

	(void)state;
	buf_init(&b, RECORD_MAX);
	webhook_progress_put(&b, &p);
	assert_int_equal(get_progress(buf_view(&b), NULL), ERR_CORRUPT);
	buf_reset(&b);
	record_begin(&w, &b, 1);
	for (unsigned i = 0; i < 2; i++)
		writer_be64(&w, 1);
	writer_varint(&w, 1);
	writer_varint(&w, 1);
	writer_be64(&w, 0);
	writer_u8(&w, 1);
	writer_bytes(&w, STR("n"));
	writer_bytes(&w, STR("u"));
	writer_bytes(&w, str_make(text, WEBHOOK_SECRET_MAX + 1));
	for (unsigned i = 0; i < 4; i++)
		writer_varint(&w, 0);
	record_seal(&w);
	assert_int_equal(webhook_record_get(buf_view(&b), &h), ERR_CORRUPT);
	buf_deinit(&b);
}

static void test_names(void **state)
{
	(void)state;
	for (unsigned i = 0; i < WEBHOOK_RESULTS; i++) {
		const char *name = webhook_result_name(i);

		assert_non_null(webhook_result_text(i));
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(name, webhook_result_name(k));
	}
	assert_string_equal(webhook_result_name(WEBHOOK_OK), "ok");
	assert_string_equal(webhook_result_text(WEBHOOK_OK), "");
}

static int fill(void **state)
{
	(void)state;
	memset(text, 'x', sizeof(text));
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_webhooks),
		cmocka_unit_test(test_progress),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_impossible),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, fill, NULL);
}
