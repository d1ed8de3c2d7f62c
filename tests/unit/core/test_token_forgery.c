/* 10^6 tokens that nobody minted, of four kinds, from a fixed seed: a token
 * passes by chance once in 2^32, so that none of these may. */
#include <string.h>

#include "core/token.h"
#include "support/cmocka.h"

enum {
	EACH = 250000
};

static const char digits[] =
	"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/* splitmix64, by Sebastiano Vigna, public domain. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static void make_codec(struct token_codec *codec, uint8_t seed)
{
	uint8_t bytes[CIPHER_KEY];
	struct token_keys keys;

	memset(bytes, seed, sizeof(bytes));
	token_keys_generate(&keys, 'u', bytes, 0);
	for (unsigned v = 1; v < TOKEN_KEY_VERSIONS; v++) {
		bytes[0] = (uint8_t)v;
		assert_int_equal(token_keys_rotate(&keys, bytes, 0), OK);
	}
	assert_int_equal(token_codec_init(codec, &keys), OK);
}

struct forger {
	struct token_codec ours, theirs;
	uint64_t state;
};

static void write_token(
	struct forger *f, const struct token_codec *codec, char to[TOKEN_LEN])
{
	uint64_t random = next_random(&f->state);
	struct token_id id = {
		.seq = random >> 24,
		.nonce = (uint32_t)next_random(&f->state),
		.key_version = (uint8_t)(random % TOKEN_KEY_VERSIONS),
	};

	token_write(codec, &id, to);
}

static size_t forge(struct forger *f, char to[TOKEN_LEN + 1])
{
	to[0] = 'u';
	for (size_t i = 1; i < TOKEN_LEN; i++)
		to[i] = digits[next_random(&f->state) % (sizeof(digits) - 1)];
	return TOKEN_LEN;
}

static size_t cut(struct forger *f, char to[TOKEN_LEN + 1])
{
	write_token(f, &f->ours, to);
	return (size_t)(next_random(&f->state) % TOKEN_LEN);
}

static size_t alter(struct forger *f, char to[TOKEN_LEN + 1])
{
	uint64_t random = next_random(&f->state);
	size_t at = (size_t)(random % TOKEN_LEN);
	char was;

	write_token(f, &f->ours, to);
	was = to[at];
	to[at] = digits[(random >> 32) % (sizeof(digits) - 1)];
	if (to[at] == was)
		to[at] = was == '0' ? '1' : '0';
	return TOKEN_LEN;
}

static size_t borrow(struct forger *f, char to[TOKEN_LEN + 1])
{
	write_token(f, &f->theirs, to);
	return TOKEN_LEN;
}

static void test_none_is_taken(void **state)
{
	static size_t (*const kinds[])(struct forger *, char *) = {
		forge, cut, alter, borrow};
	struct forger f = {.state = 20261123};

	(void)state;
	make_codec(&f.ours, 0x5a);
	make_codec(&f.theirs, 0xa5);
	for (size_t kind = 0; kind < COUNT_OF(kinds); kind++) {
		size_t taken = 0;

		for (int i = 0; i < EACH; i++) {
			char text[TOKEN_LEN + 1];
			size_t n = kinds[kind](&f, text);
			struct token_id id;

			taken += token_read(&f.ours, str_make(text, n), &id) ==
				 OK;
		}
		assert_int_equal(taken, 0);
	}
	token_codec_deinit(&f.ours);
	token_codec_deinit(&f.theirs);
}

/* The same machinery takes what is ours: the test can fail. */
static void test_ours_are_taken(void **state)
{
	struct forger f = {.state = 20261123};

	(void)state;
	make_codec(&f.ours, 0x5a);
	for (int i = 0; i < 1000; i++) {
		char text[TOKEN_LEN];
		struct token_id id;

		write_token(&f, &f.ours, text);
		assert_int_equal(
			token_read(&f.ours, str_make(text, TOKEN_LEN), &id),
			OK);
	}
	token_codec_deinit(&f.ours);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none_is_taken),
		cmocka_unit_test(test_ours_are_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
