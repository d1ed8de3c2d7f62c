#include "core/webhook_sign.h"

#include <string.h>

#include "support/cmocka.h"

/* The vector that Standard Webhooks' own libraries are tested with, and others
 * by Python's hmac. */
static const struct {
	const char *secret;
	const char *id;
	uint64_t seconds;
	const char *body;
	const char *want;
} rows[] = {
	{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
		"msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
		"{\"test\": 2432232314}",
		"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
	{"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX", "a", 0, "",
		"v1,N+Hx3edQLOlFWLC6mCr/sY5tyN1fcB3a/kg4SRyryWQ="},
	{"whsec_//////////////////////////////////////////////////////"
	 "///////////////////////////////w==",
		"msg_x", 18446744073709551615ull, "\xc3\xa9",
		"v1,qCCJP6tlF1lqxLzUkQPEx6ZRepEPq/4tSFOox81wgLY="},
};

static void test_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char text[WEBHOOK_SIGNATURE_LEN];
		struct webhook_secret s;

		assert_int_equal(
			webhook_secret_read(str_from(rows[i].secret), &s), OK);
		webhook_sign(&s, str_from(rows[i].id), rows[i].seconds,
			str_from(rows[i].body), text);
		if (!str_is(str_make(text, sizeof(text)), rows[i].want))
			fail_msg("row %zu: %.*s", i, (int)sizeof(text), text);
	}
}

/* 23 and 65 bytes are one too few and one too many. */
static const char *const refused[] = {
	"",
	"whsec_",
	"whsec",
	"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
	"WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
	"whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
	"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
	"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw ",
	"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRY=",
	"whsec_//////////////////////////////////////////////////////"
	"////////////////////////////////8=",
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct webhook_secret s = {.n = 77};

		if (webhook_secret_read(str_from(refused[i]), &s) !=
			ERR_INVALID)
			fail_msg("%s", refused[i]);
		assert_int_equal(s.n, 77);
	}
}

static void test_made(void **state)
{
	char text[WEBHOOK_SECRET_TEXT_MAX], again[WEBHOOK_SECRET_TEXT_MAX];
	struct webhook_secret a, b, c;

	(void)state;
	webhook_secret_make(&a);
	webhook_secret_make(&b);
	assert_true(a.n >= WEBHOOK_SECRET_MIN && a.n <= WEBHOOK_SECRET_MAX);
	webhook_secret_put(text, &a);
	webhook_secret_put(again, &b);
	assert_string_not_equal(text, again);
	assert_int_equal(webhook_secret_read(str_from(text), &c), OK);
	assert_memory_equal(&a, &c, sizeof(a));
}

static void test_longest(void **state)
{
	char text[WEBHOOK_SECRET_TEXT_MAX];
	struct webhook_secret s = {.n = WEBHOOK_SECRET_MAX}, back;

	(void)state;
	memset(s.bytes, 0xa5, sizeof(s.bytes));
	webhook_secret_put(text, &s);
	assert_int_equal(strlen(text), sizeof(text) - 1);
	assert_int_equal(webhook_secret_read(str_from(text), &back), OK);
	assert_memory_equal(&s, &back, sizeof(s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_made),
		cmocka_unit_test(test_longest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
