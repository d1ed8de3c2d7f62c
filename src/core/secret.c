#include "core/secret.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/num.h"

/* num_parse_hex() takes both cases; a key has one spelling. */
static bool is_lower_hex(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (ascii_hex_value(s.p[i]) < 0 ||
			(s.p[i] >= 'A' && s.p[i] <= 'F'))
			return false;
	return true;
}

void api_key_id_put(char to[API_KEY_ID_MAX], uint64_t id)
{
	uint8_t bytes[8];

	put_be64(bytes, id);
	num_put_hex(to, bytes, sizeof(bytes));
	to[2 * sizeof(bytes)] = '\0';
}

enum err api_key_id_parse(struct str text, uint64_t *id)
{
	uint8_t bytes[8];
	enum err e;

	if (!is_lower_hex(text))
		return ERR_INVALID;
	e = num_parse_hex(text, bytes, sizeof(bytes));
	if (!e)
		*id = get_be64(bytes);
	return e;
}

enum err api_key_parse(struct str text, struct api_key_text *key)
{
	struct str rest = text, prefix, region, id;
	uint64_t number;
	enum err e;

	prefix = str_split(&rest, '_');
	region = str_split(&rest, '_');
	id = str_split(&rest, '_');
	if (!str_is(prefix, "ctio") || region.n == 0 ||
		region.n > API_KEY_REGION_MAX || rest.n != 2 * SECRET_BYTES ||
		!is_lower_hex(rest))
		return ERR_INVALID;
	e = api_key_id_parse(id, &number);
	if (e)
		return e;
	*key = (struct api_key_text){region, number, rest};
	return OK;
}

void api_key_put(char to[API_KEY_TEXT_MAX], struct str region, uint64_t id,
	const uint8_t secret[SECRET_BYTES])
{
	char id_text[API_KEY_ID_MAX], secret_text[2 * SECRET_BYTES + 1] = {0};

	ASSERT(region.n <= API_KEY_REGION_MAX);
	api_key_id_put(id_text, id);
	num_put_hex(secret_text, secret, SECRET_BYTES);
	(void)snprintf(to, API_KEY_TEXT_MAX, "ctio_%.*s_%s_%s", STR_FMT(region),
		id_text, secret_text);
}

void secret_hash(struct str secret, uint8_t to[SECRET_HASH_BYTES])
{
	unsigned n = 0;

	ASSERT(EVP_Digest(secret.p, secret.n, to, &n, EVP_sha256(), NULL) == 1);
	ASSERT(n == SECRET_HASH_BYTES);
}

bool secret_hash_eq(
	const uint8_t a[SECRET_HASH_BYTES], const uint8_t b[SECRET_HASH_BYTES])
{
	return CRYPTO_memcmp(a, b, SECRET_HASH_BYTES) == 0;
}
