#include "service/webhooks_state.h"

#include <stddef.h>

#include "base/random.h"
#include "core/json_writer.h"
#include "core/timestamp.h"

/* Test deliveries, which requests ask for and wait for. */

enum {
	TEST_BODY_MAX = 1024
};

static struct webhook_test *test_of(struct queue_item *item)
{
	return (struct webhook_test *)(void *)((char *)item -
					       offsetof(struct webhook_test,
						       item));
}

static void finish(struct webhook_test *t, enum webhook_result result)
{
	struct webhooks *w = t->all;

	if (t->next)
		t->next->prev = t->prev;
	if (t->prev)
		t->prev->next = t->next;
	else if (w->tests == t)
		w->tests = t->next;
	buf_deinit(&t->body);
	queue_release(&w->asked, 1);
	t->result = result;
	t->done(t);
}

static void on_posted(struct http_post *p)
{
	struct webhook_test *t =
		(struct webhook_test *)(void *)((char *)p -
						offsetof(struct webhook_test,
							post));

	t->status = (uint16_t)p->status;
	finish(t, webhook_letter_result(p));
}

static void put_body(struct webhook_test *t, struct str name, uint64_t now_ms)
{
	char text[TIMESTAMP_LEN];
	struct json_writer w;

	timestamp_write(text, now_ms);
	buf_init(&t->body, TEST_BODY_MAX);
	json_writer_init(&w, &t->body);
	json_object_begin(&w);
	json_key(&w, "type");
	json_put_str(&w, STR("test"));
	json_key(&w, "timestamp");
	json_put_str(&w, str_make(text, sizeof(text)));
	json_key(&w, "data");
	json_object_begin(&w);
	json_key(&w, "webhook");
	json_put_str(&w, name);
	json_object_end(&w);
	json_object_end(&w);
	buf_byte(&t->body, '\n');
}

static void begin(struct webhooks *w, struct webhook_test *t)
{
	const struct hook *h = webhooks_find(w, t->region, t->webhook);
	uint64_t now_ms = clock_wall_ms(w->options.clock);
	uint8_t about[HASH128_BYTES];

	if (!h) {
		finish(t, WEBHOOK_NEVER);
		return;
	}
	put_body(t, h->record.name, now_ms);
	random_fill(about, sizeof(about));
	webhook_letter_name(&t->letter, &w->ids[t->region->index], about);
	webhook_letter_sign(
		&t->letter, &h->record, now_ms, buf_view(&t->body), &t->post);
	t->post.url = h->url;
	t->post.done = on_posted;
	t->next = w->tests;
	if (t->next)
		t->next->prev = t;
	w->tests = t;
	if (buf_err(&t->body) || http_sender_start(w->sender, &t->post))
		finish(t, WEBHOOK_UNREACHABLE);
}

void webhook_tests_begin(struct webhooks *w)
{
	struct queue_item *item = queue_take(&w->asked);

	while (item) {
		struct webhook_test *t = test_of(item);

		item = item->next;
		begin(w, t);
	}
}

void webhook_tests_end(struct webhooks *w)
{
	queue_close(&w->asked);
	webhook_tests_begin(w);
	while (w->tests) {
		http_sender_cancel(&w->tests->post);
		finish(w->tests, WEBHOOK_UNREACHABLE);
	}
}

enum err webhooks_test(struct webhooks *w, struct webhook_test *t)
{
	enum err e;

	t->all = w;
	t->prev = t->next = NULL;
	t->status = 0;
	t->post = (struct http_post){0};
	buf_init(&t->body, TEST_BODY_MAX);
	e = queue_push(&w->asked, &t->item);
	if (!e)
		webhooks_wake(w);
	return e;
}
