#include "core/token.h"

#include <string.h>

#include "base/assert.h"
#include "base/bytes.h"

/* The block, before encryption. */
enum {
	AT_SHARD = 0,
	AT_ZERO = 8,
	AT_NONCE = 12
};

static const unsigned seq_bits = 48;

enum err token_codec_init(
	struct token_codec *codec, const struct token_keys *keys)
{
	enum err e;

	ASSERT(keys->current < TOKEN_KEY_VERSIONS &&
		keys->keys[keys->current].present);
	*codec = (struct token_codec){
		.tag = keys->tag, .current = keys->current};
	for (unsigned v = 0; v < TOKEN_KEY_VERSIONS; v++) {
		if (!keys->keys[v].present)
			continue;
		e = cipher_init(&codec->ciphers[v], keys->keys[v].bytes);
		if (e) {
			token_codec_deinit(codec);
			return e;
		}
		codec->present |= (uint8_t)(1u << v);
	}
	return OK;
}

void token_codec_deinit(struct token_codec *codec)
{
	for (unsigned v = 0; v < TOKEN_KEY_VERSIONS; v++)
		cipher_deinit(&codec->ciphers[v]);
	codec->present = 0;
}

bool token_codec_has(const struct token_codec *codec, unsigned version)
{
	return version < TOKEN_KEY_VERSIONS && codec->present >> version & 1;
}

void token_write(const struct token_codec *codec, const struct token_id *id,
	char to[TOKEN_LEN])
{
	uint8_t block[CIPHER_BLOCK];

	ASSERT(id->seq <= TOKEN_SEQ_MAX);
	ASSERT(token_codec_has(codec, id->key_version));
	put_be64(block + AT_SHARD, (uint64_t)id->shard << seq_bits | id->seq);
	put_be32(block + AT_ZERO, 0);
	put_be32(block + AT_NONCE, id->nonce);
	cipher_encrypt(&codec->ciphers[id->key_version], block, block);
	to[0] = codec->tag;
	base62_write(to + 1, id->key_version, block);
}

enum err token_read(
	const struct token_codec *codec, struct str s, struct token_id *id)
{
	uint8_t block[CIPHER_BLOCK];
	unsigned version;
	uint64_t first;
	enum err e;

	if (s.n != TOKEN_LEN || s.p[0] != codec->tag)
		return ERR_INVALID;
	e = base62_read(str_skip(s, 1), &version, block);
	if (e)
		return e;
	if (!token_codec_has(codec, version))
		return ERR_DENIED;
	cipher_decrypt(&codec->ciphers[version], block, block);
	if (get_be32(block + AT_ZERO) != 0)
		return ERR_DENIED;
	first = get_be64(block + AT_SHARD);
	id->shard = (uint16_t)(first >> seq_bits);
	id->seq = first & TOKEN_SEQ_MAX;
	id->nonce = get_be32(block + AT_NONCE);
	id->key_version = (uint8_t)version;
	return OK;
}
