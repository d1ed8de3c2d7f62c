#include "service/webhook_letter.h"

#include <string.h>

#include "support/cmocka.h"

#define SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define OTHER  "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"
#define NOW_MS UINT64_C(1614265330999)

static struct cipher cipher;

static struct webhook webhook_of(const char *secret, const char *old)
{
	struct webhook w = {.old_until_ms = NOW_MS + 1};

	assert_int_equal(webhook_secret_read(str_from(secret), &w.secret), OK);
	if (old)
		assert_int_equal(
			webhook_secret_read(str_from(old), &w.old_secret), OK);
	return w;
}

static void check_signature(const struct webhook_letter *l,
	const struct webhook_secret *secret, struct str body, size_t i)
{
	char want[WEBHOOK_SIGNATURE_LEN];
	size_t at = i * (WEBHOOK_SIGNATURE_LEN + 1);

	webhook_sign(secret, str_from(l->id), NOW_MS / 1000, body, want);
	assert_memory_equal(l->signatures + at, want, sizeof(want));
}

static void test_headers(void **state)
{
	static const char *const names[] = {"Content-Type", "webhook-id",
		"webhook-timestamp", "webhook-signature"};
	const uint8_t about[HASH128_BYTES] = {1};
	struct webhook w = webhook_of(SECRET, NULL);
	struct webhook_letter l;
	struct http_post p;

	(void)state;
	webhook_letter_name(&l, &cipher, about);
	webhook_letter_sign(&l, &w, NOW_MS, STR("{}"), &p);
	assert_int_equal(p.headers_n, COUNT_OF(names));
	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_string_equal(p.headers[i].name, names[i]);
	assert_string_equal(p.headers[0].value, "application/json");
	assert_string_equal(p.headers[1].value, l.id);
	assert_int_equal(strlen(l.id), WEBHOOK_ID_LEN);
	assert_memory_equal(l.id, "msg_", 4);
	assert_null(strchr(l.id, '.'));
	assert_string_equal(p.headers[2].value, "1614265330");
	assert_int_equal(strlen(p.headers[3].value), WEBHOOK_SIGNATURE_LEN);
	check_signature(&l, &w.secret, STR("{}"), 0);
	assert_true(str_is(p.body, "{}"));
}

static void test_names(void **state)
{
	uint8_t about[HASH128_BYTES] = {1};
	struct webhook_letter a, b;

	(void)state;
	webhook_letter_name(&a, &cipher, about);
	webhook_letter_name(&b, &cipher, about);
	assert_string_equal(a.id, b.id);
	about[15] = 1;
	webhook_letter_name(&b, &cipher, about);
	assert_string_not_equal(a.id, b.id);
}

/* The secret before signs too, until its time has come. */
static void test_old_secret(void **state)
{
	const uint8_t about[HASH128_BYTES] = {1};
	struct webhook w = webhook_of(SECRET, OTHER);
	struct webhook_letter l;
	struct http_post p;

	(void)state;
	webhook_letter_name(&l, &cipher, about);
	webhook_letter_sign(&l, &w, NOW_MS, STR("x"), &p);
	assert_int_equal(strlen(l.signatures), 2 * WEBHOOK_SIGNATURE_LEN + 1);
	assert_int_equal(l.signatures[WEBHOOK_SIGNATURE_LEN], ' ');
	check_signature(&l, &w.secret, STR("x"), 0);
	check_signature(&l, &w.old_secret, STR("x"), 1);
	w.old_until_ms = NOW_MS;
	webhook_letter_sign(&l, &w, NOW_MS, STR("x"), &p);
	assert_int_equal(strlen(l.signatures), WEBHOOK_SIGNATURE_LEN);
}

static const struct {
	enum err err;
	unsigned status;
	enum webhook_result want;
} results[] = {
	{OK, 200, WEBHOOK_OK},
	{OK, 204, WEBHOOK_OK},
	{OK, 299, WEBHOOK_OK},
	{OK, 300, WEBHOOK_STATUS},
	{OK, 302, WEBHOOK_STATUS},
	{OK, 409, WEBHOOK_STATUS},
	{OK, 410, WEBHOOK_GONE},
	{OK, 500, WEBHOOK_STATUS},
	{OK, 999, WEBHOOK_STATUS},
	{ERR_DENIED, 0, WEBHOOK_REFUSED},
	{ERR_NOT_FOUND, 0, WEBHOOK_UNKNOWN},
	{ERR_CLOSED, 0, WEBHOOK_UNREACHABLE},
	{ERR_TIMEOUT, 0, WEBHOOK_TIMEOUT},
	{ERR_INVALID, 0, WEBHOOK_TLS},
	{ERR_NOMEM, 0, WEBHOOK_UNREACHABLE},
};

static void test_results(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(results); i++) {
		struct http_post p = {
			.err = results[i].err, .status = results[i].status};

		if (webhook_letter_result(&p) != results[i].want)
			fail_msg("row %zu", i);
	}
}

static int begin(void **state)
{
	const uint8_t key[CIPHER_KEY] = {7};

	(void)state;
	return cipher_init(&cipher, key) == OK ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	cipher_deinit(&cipher);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_old_secret),
		cmocka_unit_test(test_results),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
