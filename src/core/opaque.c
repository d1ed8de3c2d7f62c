#include "core/opaque.h"

#include <openssl/crypto.h>

#include "base/assert.h"
#include "base/bytes.h"

enum err opaque_cipher_init(
	struct cipher *c, const struct token_keys *keys, const char *purpose)
{
	uint8_t key[CIPHER_KEY];
	unsigned oldest = 0;
	enum err e;

	while (oldest < TOKEN_KEY_VERSIONS && !keys->keys[oldest].present)
		oldest++;
	ASSERT(oldest < TOKEN_KEY_VERSIONS);
	e = cipher_derive_key(keys->keys[oldest].bytes, purpose, key);
	if (e)
		return e;
	e = cipher_init(c, key);
	OPENSSL_cleanse(key, sizeof(key));
	return e;
}

void opaque_write(const struct cipher *c, const uint8_t block[CIPHER_BLOCK],
	char to[OPAQUE_LEN])
{
	uint8_t sealed[CIPHER_BLOCK];

	cipher_encrypt(c, block, sealed);
	opaque_text(sealed, to);
}

void opaque_text(const uint8_t sealed[CIPHER_BLOCK], char to[OPAQUE_LEN])
{
	base62_write(to, 0, sealed);
}

enum err opaque_read(
	const struct cipher *c, struct str s, uint8_t block[CIPHER_BLOCK])
{
	uint8_t sealed[CIPHER_BLOCK];
	unsigned top;
	enum err e = base62_read(s, &top, sealed);

	if (e)
		return e;
	if (top)
		return ERR_INVALID;
	cipher_decrypt(c, sealed, block);
	return OK;
}

void sealed_id_block(const struct sealed_id *id, uint8_t block[CIPHER_BLOCK])
{
	put_be64(block, id->a);
	put_be64(block + 8, id->b);
}

void sealed_id_write(
	const struct cipher *c, const struct sealed_id *id, char to[OPAQUE_LEN])
{
	uint8_t block[CIPHER_BLOCK];

	sealed_id_block(id, block);
	opaque_write(c, block, to);
}

enum err sealed_id_read(
	const struct cipher *c, struct str s, struct sealed_id *id)
{
	uint8_t block[CIPHER_BLOCK];
	enum err e = opaque_read(c, s, block);

	if (e)
		return e;
	id->a = get_be64(block);
	id->b = get_be64(block + 8);
	return OK;
}
