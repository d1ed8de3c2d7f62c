/* Text as an API key: one that is taken is the only spelling of its parts. */
#include "base/assert.h"
#include "base/num.h"
#include "core/secret.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_key(struct str text)
{
	uint8_t secret[SECRET_BYTES];
	char again[API_KEY_TEXT_MAX];
	struct api_key_text key;

	if (api_key_parse(text, &key))
		return;
	ASSERT(key.region.n > 0 && key.region.n <= API_KEY_REGION_MAX);
	ASSERT(num_parse_hex(key.secret, secret, sizeof(secret)) == OK);
	if (memchr(key.region.p, '\0', key.region.n))
		return; /* api_key_put() writes C strings */
	api_key_put(again, key.region, key.id, secret);
	ASSERT(str_is(text, again));
}

static void check_id(struct str text)
{
	char again[API_KEY_ID_MAX];
	uint64_t id;

	if (api_key_id_parse(text, &id))
		return;
	api_key_id_put(again, id);
	ASSERT(str_is(text, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_make((const char *)data, size);

	check_key(text);
	check_id(text);
	return 0;
}
