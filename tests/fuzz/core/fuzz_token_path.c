/* Request paths and the tokens in them: a path that holds a token holds it as
 * it is read back, and a token that is read is the one spelling of its id. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "core/opaque.h"
#include "core/path.h"
#include "core/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct token_codec codec;
static struct cipher opaque;

static void make_once(void)
{
	static const uint8_t key[CIPHER_KEY] = {1, 2, 3};
	static const uint8_t next[CIPHER_KEY] = {4, 5, 6};
	struct token_keys keys;

	if (codec.present)
		return;
	token_keys_generate(&keys, 'u', key, 0);
	ASSERT(token_keys_rotate(&keys, next, 0) == OK);
	ASSERT(token_codec_init(&codec, &keys) == OK);
	ASSERT(cipher_init(&opaque, key) == OK);
}

static void check_token(struct str s)
{
	char again[TOKEN_LEN];
	struct token_id id;

	switch (token_read(&codec, s, &id)) {
	case OK:
		token_write(&codec, &id, again);
		ASSERT(str_eq(s, str_make(again, sizeof(again))));
		break;
	case ERR_DENIED:
		ASSERT(s.n == TOKEN_LEN && s.p[0] == 'u');
		break;
	case ERR_INVALID:
		break;
	default:
		ASSERT(false);
	}
}

static void check_base62(struct str s)
{
	uint8_t block[BASE62_BLOCK];
	char again[BASE62_LEN];
	unsigned top;

	if (base62_read(s, &top, block))
		return;
	base62_write(again, top, block);
	ASSERT(str_eq(s, str_make(again, sizeof(again))));
}

/* An id made of the input is read back. */
static void check_made(const uint8_t *data, size_t size)
{
	struct token_id id = {0}, got;
	char text[TOKEN_LEN];
	uint64_t numbers[2];

	if (size < sizeof(numbers))
		return;
	memcpy(numbers, data, sizeof(numbers));
	id.shard = (uint16_t)(numbers[0] >> 48);
	id.seq = numbers[0] & TOKEN_SEQ_MAX;
	id.nonce = (uint32_t)numbers[1];
	id.key_version = (uint8_t)(numbers[1] >> 63);
	token_write(&codec, &id, text);
	ASSERT(token_read(&codec, str_make(text, sizeof(text)), &got) == OK);
	ASSERT(got.shard == id.shard && got.seq == id.seq &&
		got.nonce == id.nonce && got.key_version == id.key_version);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = str_make((const char *)data, size);
	uint8_t block[CIPHER_BLOCK];
	struct path path = path_classify(s);

	make_once();
	ASSERT((path.kind == PATH_TOKEN) == (path.token.n == TOKEN_LEN));
	ASSERT(path.kind == PATH_TOKEN || !path.misfilled);
	if (path.kind == PATH_TOKEN) {
		ASSERT(path.token.p > s.p &&
			path.token.p + path.token.n <= s.p + s.n);
		for (size_t i = 0; i < path.token.n; i++)
			ASSERT(ascii_is_alnum(path.token.p[i]));
		check_token(path.token);
	}
	check_token(s);
	check_base62(s);
	check_made(data, size);
	if (opaque_read(&opaque, s, block) == OK)
		ASSERT(s.n == OPAQUE_LEN);
	return 0;
}
