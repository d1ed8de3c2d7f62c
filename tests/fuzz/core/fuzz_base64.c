/* What is read as base64, or as a webhook's secret, is written the same; what
 * is written reads the same. */
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "core/webhook_sign.h"

enum {
	BYTES_MAX = 4096
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_read(struct str text)
{
	static char bytes[BYTES_MAX], again[BASE64_SIZE(BYTES_MAX)];
	size_t n;

	if (base64_read(text, bytes, sizeof(bytes), &n))
		return;
	ASSERT(n <= sizeof(bytes) && text.n == BASE64_SIZE(n));
	ASSERT(str_eq(text, str_make(again, base64_put(again, bytes, n))));
	if (n)
		ASSERT(base64_read(text, bytes, n - 1, &n) == ERR_TOO_LONG);
}

static void check_written(struct str bytes)
{
	static char text[BASE64_SIZE(BYTES_MAX)], again[BYTES_MAX];
	size_t n;

	if (bytes.n > BYTES_MAX)
		return;
	n = base64_put(text, bytes.p, bytes.n);
	ASSERT(base64_read(str_make(text, n), again, sizeof(again), &n) == OK);
	ASSERT(str_eq(bytes, str_make(again, n)));
}

static void check_secret(struct str text)
{
	char again[WEBHOOK_SECRET_TEXT_MAX], signature[WEBHOOK_SIGNATURE_LEN];
	struct webhook_secret s;

	if (webhook_secret_read(text, &s))
		return;
	ASSERT(s.n >= WEBHOOK_SECRET_MIN && s.n <= WEBHOOK_SECRET_MAX);
	webhook_secret_put(again, &s);
	ASSERT(str_is(text, again));
	webhook_sign(&s, text, text.n, text, signature);
	ASSERT(memcmp(signature, "v1,", 3) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = str_make((const char *)data, size);

	check_read(s);
	check_written(s);
	check_secret(s);
	return 0;
}
