/* Tokens, what goes into {{1}}: a region's tag and 22 base62 characters of
 * version * 2^128 + AES-128(key of that version, shard 16 | sequence 48 |
 * zero 32 | nonce 32), fields big-endian. A token has one spelling. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "core/base62.h"
#include "core/cipher.h"
#include "core/token_keys.h"

enum {
	TOKEN_LEN = 1 + BASE62_LEN
};

#define TOKEN_SEQ_MAX ((1ull << 48) - 1)

struct token_id {
	uint16_t shard;
	uint64_t seq; /* at most TOKEN_SEQ_MAX */
	uint32_t nonce;
	uint8_t key_version;
};

/* One region's, of one thread: the ciphers within are not shared. */
struct token_codec {
	char tag;
	uint8_t current; /* the version that new tokens take */
	uint8_t present; /* a bit a version */
	struct cipher ciphers[TOKEN_KEY_VERSIONS];
};

/* ERR_NOMEM or ERR_SYSTEM; the keys are copied. */
CHECKED enum err token_codec_init(
	struct token_codec *codec, const struct token_keys *keys);
/* A zeroed struct is fine. */
void token_codec_deinit(struct token_codec *codec);

/* Whether it has the key of this version, any number. */
bool token_codec_has(const struct token_codec *codec, unsigned version);
/* Writes the token, no NUL. The id's key_version must be one that the codec
 * has; new tokens take codec->current. */
void token_write(const struct token_codec *codec, const struct token_id *id,
	char to[TOKEN_LEN]);
/* ERR_INVALID for a wrong length, tag or character, or a number too large;
 * ERR_DENIED for a well-formed token that we did not make. */
CHECKED enum err token_read(
	const struct token_codec *codec, struct str s, struct token_id *id);
