#include "core/click_record.h"

#include <string.h>

#include "core/record.h"
#include "core/verdict.h"
#include "support/cmocka.h"

enum {
	TYPICAL_MAX = 110,
	SEQUENCE = 77
};

static char text[CLICK_QUERY_MAX + 1];

static struct str text_of(size_t n)
{
	return str_make(text, n);
}

static struct click typical(void)
{
	return (struct click){
		.at_ms = 1795412520123,
		.token = (uint64_t)1 << 48 | 31415926,
		.account = (uint64_t)1 << 48 | 12,
		.link = (uint64_t)1 << 48 | 345,
		.campaign = (uint64_t)1 << 48 | 67,
		.nonce = 0xdeadbeef,
		.link_revision = 3,
		.target_revision = 3,
		.agent_id = 1234,
		.rules = 1,
		.outcome = CLICK_REDIRECTED,
		.target = CLICK_TARGET_OWN,
		.counted = true,
		.unique = true,
		.ip = {4, {203, 0, 113, 0}},
		.language = STR("en-IN,en;q=0.9,hi;q=0.8"),
	};
}

static struct click largest(void)
{
	struct click c = {
		.at_ms = ((uint64_t)1 << 48) - 1,
		.token = UINT64_MAX,
		.account = UINT64_MAX,
		.link = UINT64_MAX,
		.campaign = UINT64_MAX,
		.nonce = UINT32_MAX,
		.link_revision = UINT32_MAX,
		.target_revision = UINT32_MAX,
		.rules = UINT16_MAX,
		.outcome = CLICK_OUTCOMES - 1,
		.target = CLICK_TARGETS - 1,
		.verdict = UINT8_MAX,
		.reason = UINT8_MAX,
		.counted = true,
		.unique = true,
		.test = true,
		.head = true,
		.misfilled = true,
		.forwarded_query = true,
		.signals = UINT8_MAX,
		.country = {'Z', 'Z'},
		.revision = UINT16_MAX,
		.ip = {16, {0x20, 1, 0xd, 0xb8}},
	};

	c.agent = text_of(CLICK_AGENT_MAX);
	c.referer = text_of(CLICK_REFERER_MAX);
	c.language = text_of(CLICK_LANGUAGE_MAX);
	c.query = text_of(CLICK_QUERY_MAX);
	return c;
}

static struct click erased(void)
{
	struct click c = typical();

	c.erased = true;
	c.revision = 1;
	c.ip.n = 0;
	c.agent_id = 0;
	c.language = text_of(0);
	c.os = STR("Android");
	c.browser = text_of(CLICK_FAMILY_MAX);
	memcpy(c.country, "IN", 2);
	return c;
}

static struct click announcement(void)
{
	return (struct click){
		.at_ms = 1795412520123,
		.account = (uint64_t)1 << 48 | 12,
		.revises = (uint64_t)1 << 48 | 31415926,
		.revision = 2,
	};
}

static void check_equal(const struct click *a, const struct click *b)
{
	assert_int_equal(a->signals, b->signals);
	assert_memory_equal(a->country, b->country, sizeof(a->country));
	assert_int_equal(a->revision, b->revision);
	assert_int_equal(a->erased, b->erased);
	assert_true(a->revises == b->revises);
	assert_true(str_eq(a->os, b->os));
	assert_true(str_eq(a->device, b->device));
	assert_true(str_eq(a->browser, b->browser));
	assert_true(a->at_ms == b->at_ms && a->token == b->token);
	assert_true(a->account == b->account && a->link == b->link);
	assert_true(a->campaign == b->campaign && a->nonce == b->nonce);
	assert_int_equal(a->link_revision, b->link_revision);
	assert_int_equal(a->target_revision, b->target_revision);
	assert_int_equal(a->agent_id, b->agent_id);
	assert_int_equal(a->rules, b->rules);
	assert_int_equal(a->outcome, b->outcome);
	assert_int_equal(a->target, b->target);
	assert_int_equal(a->verdict, b->verdict);
	assert_int_equal(a->reason, b->reason);
	assert_int_equal(a->counted, b->counted);
	assert_int_equal(a->unique, b->unique);
	assert_int_equal(a->test, b->test);
	assert_int_equal(a->head, b->head);
	assert_int_equal(a->misfilled, b->misfilled);
	assert_int_equal(a->forwarded_query, b->forwarded_query);
	assert_true(ip_eq(&a->ip, &b->ip));
	assert_true(str_eq(a->agent, b->agent));
	assert_true(str_eq(a->referer, b->referer));
	assert_true(str_eq(a->language, b->language));
	assert_true(str_eq(a->query, b->query));
}

static struct str encode(struct buf *b, const struct click *c)
{
	assert_int_equal(click_check(c), OK);
	buf_reset(b);
	click_encode(c, SEQUENCE, b);
	assert_int_equal(buf_err(b), OK);
	return buf_view(b);
}

static void test_round_trips(void **state)
{
	struct click rows[12];
	struct click got;
	struct buf b;
	size_t n = 0;

	(void)state;
	rows[n++] = typical();
	rows[n++] = largest();
	rows[n++] = erased();
	rows[n++] = announcement();
	rows[n++] = (struct click){.token = 1, .signals = 1};
	rows[n++] = (struct click){.token = 1};
	for (unsigned i = 0; i < 6; i++) { /* each string alone, and test */
		struct click c = {.token = 1, .test = i == 5};

		c.agent = text_of(i == 0);
		c.referer = text_of(i == 1 ? 2 : 0);
		c.language = text_of(i == 2 ? CLICK_LANGUAGE_MAX : 0);
		c.query = text_of(i == 3 ? 130 : 0);
		c.ip.n = i == 4 ? 16 : 0;
		rows[n++] = c;
	}
	buf_init(&b, CLICK_RECORD_MAX);
	for (size_t i = 0; i < n; i++) {
		struct str record = encode(&b, &rows[i]);

		assert_int_equal(click_decode(record, SEQUENCE, &got), OK);
		check_equal(&rows[i], &got);
	}
	buf_deinit(&b);
}

static void test_sizes(void **state)
{
	struct click small = typical(), large = largest();
	struct buf b;

	(void)state;
	buf_init(&b, CLICK_RECORD_MAX);
	assert_true(encode(&b, &small).n <= TYPICAL_MAX);
	assert_true(encode(&b, &large).n <= CLICK_RECORD_MAX);
	buf_deinit(&b);
}

static void test_every_damage_is_refused(void **state)
{
	struct click c = typical(), got;
	struct str record;
	struct buf b;

	(void)state;
	buf_init(&b, CLICK_RECORD_MAX);
	record = encode(&b, &c);
	for (size_t i = 0; i < record.n; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			b.p[i] = (char)(b.p[i] ^ 1 << bit);
			assert_int_equal(click_decode(record, SEQUENCE, &got),
				ERR_CORRUPT);
			b.p[i] = (char)(b.p[i] ^ 1 << bit);
		}
		assert_int_equal(
			click_decode(str_make(record.p, i), SEQUENCE, &got),
			ERR_CORRUPT);
	}
	assert_int_equal(click_decode(record, SEQUENCE + 1, &got), ERR_CORRUPT);
	assert_int_equal(click_decode(record, SEQUENCE, &got), OK);
	buf_deinit(&b);
}

static void seal(struct buf *b, uint8_t version, struct str body)
{
	char key[8];
	struct writer w;

	put_be64(key, SEQUENCE);
	buf_reset(b);
	record_begin(&w, b, version);
	writer_raw(&w, body.p, body.n);
	record_seal_keyed(&w, str_make(key, sizeof(key)));
}

/* Sealed rightly, but not what we would write. */
static void test_odd_bodies(void **state)
{
	struct click c = typical(), got;
	char body[256];
	struct buf b;
	size_t n;

	(void)state;
	buf_init(&b, CLICK_RECORD_MAX);
	n = encode(&b, &c).n - RECORD_OVERHEAD;
	memcpy(body, b.p + 1, n);
	seal(&b, CLICK_FORMAT, str_make(body, n));
	assert_int_equal(click_decode(buf_view(&b), SEQUENCE, &got), OK);
	seal(&b, CLICK_FORMAT + 1, str_make(body, n));
	assert_int_equal(
		click_decode(buf_view(&b), SEQUENCE, &got), ERR_VERSION);
	seal(&b, CLICK_FORMAT, str_make(body, n - 1));
	assert_int_equal(
		click_decode(buf_view(&b), SEQUENCE, &got), ERR_CORRUPT);
	seal(&b, CLICK_FORMAT, str_make(body, n + 1));
	assert_int_equal(
		click_decode(buf_view(&b), SEQUENCE, &got), ERR_CORRUPT);
	for (unsigned bit = 0; bit < 16; bit++) {
		/* Each flag says what follows, or says what cannot be. */
		body[bit < 8] = (char)(body[bit < 8] ^ 1 << bit % 8);
		seal(&b, CLICK_FORMAT, str_make(body, n));
		if (bit == 1 || (bit >= 2 && bit < 6))
			assert_int_equal(
				click_decode(buf_view(&b), SEQUENCE, &got), OK);
		else
			assert_int_equal(
				click_decode(buf_view(&b), SEQUENCE, &got),
				ERR_CORRUPT);
		body[bit < 8] = (char)(body[bit < 8] ^ 1 << bit % 8);
	}
	buf_deinit(&b);
}

static void test_check(void **state)
{
	struct click c;

	(void)state;
#define REFUSED(error, change)                                                 \
	do {                                                                   \
		c = largest();                                                 \
		change;                                                        \
		assert_int_equal(click_check(&c), error);                      \
	} while (0)
	REFUSED(ERR_TOO_LONG, c.agent.n++);
	REFUSED(ERR_TOO_LONG, c.referer.n++);
	REFUSED(ERR_TOO_LONG, c.language.n++);
	REFUSED(ERR_TOO_LONG, c.query.n++);
	REFUSED(ERR_INVALID, c.at_ms++);
	REFUSED(ERR_INVALID, c.outcome++);
	REFUSED(ERR_INVALID, c.target++);
	REFUSED(ERR_INVALID, c.ip.n = 5);
	REFUSED(ERR_INVALID, c.token = 0);
	REFUSED(ERR_INVALID, c.counted = false);
	REFUSED(ERR_INVALID, c.country[1] = 'z');
	REFUSED(ERR_INVALID, c.country[0] = 0);
	REFUSED(ERR_INVALID, c.erased = true);
	REFUSED(ERR_INVALID, c.os = STR("iOS"));
	REFUSED(ERR_INVALID, c.revises = 1);
#undef REFUSED
#define REFUSED(error, change)                                                 \
	do {                                                                   \
		c = erased();                                                  \
		change;                                                        \
		assert_int_equal(click_check(&c), error);                      \
	} while (0)
	REFUSED(ERR_TOO_LONG, c.browser.n++);
	REFUSED(ERR_INVALID, c.ip.n = 4);
	REFUSED(ERR_INVALID, c.agent_id = 1);
	REFUSED(ERR_INVALID, c.agent = STR("x"));
	REFUSED(ERR_INVALID, c.referer = STR("x"));
	REFUSED(ERR_INVALID, c.language = STR("x"));
	REFUSED(ERR_INVALID, c.query = STR("x"));
#undef REFUSED
}

/* Records from before announcements, countries and the rest. */
static void test_older_format(void **state)
{
	struct click c = typical(), got;
	char body[256];
	struct buf b;
	size_t n;

	(void)state;
	buf_init(&b, CLICK_RECORD_MAX);
	n = encode(&b, &c).n - RECORD_OVERHEAD;
	memcpy(body, b.p + 1, n);
	seal(&b, 1, str_make(body, n));
	assert_int_equal(click_decode(buf_view(&b), SEQUENCE, &got), OK);
	check_equal(&c, &got);
	/* What a header said is known from the reason. */
	for (uint8_t reason = 0; reason < REASONS; reason++) {
		c.reason = reason;
		n = encode(&b, &c).n - RECORD_OVERHEAD;
		memcpy(body, b.p + 1, n);
		seal(&b, 1, str_make(body, n));
		assert_int_equal(
			click_decode(buf_view(&b), SEQUENCE, &got), OK);
		assert_int_equal(got.signals,
			reason >= REASON_SEC_PURPOSE && reason <= REASON_X_MOZ
				? 1 << (reason - REASON_SEC_PURPOSE)
				: 0);
		seal(&b, CLICK_FORMAT, str_make(body, n));
		assert_int_equal(
			click_decode(buf_view(&b), SEQUENCE, &got), OK);
		assert_int_equal(got.signals, 0);
	}
	buf_deinit(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_every_damage_is_refused),
		cmocka_unit_test(test_odd_bodies),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_older_format),
	};

	memset(text, 'x', sizeof(text));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
