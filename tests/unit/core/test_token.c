#include "core/token.h"

#include "base/num.h"
#include "base/random.h"
#include "support/cmocka.h"
#include "support/dies.h"

enum {
	ROUNDS = 100000,
	FORGERIES = 1000000,
	ALTERED_ROUNDS = 200
};

static const uint8_t key0[CIPHER_KEY] = {
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
static const uint8_t key1[CIPHER_KEY] = {0xff, 0xee, 0xdd, 0xcc, 0xbb, 0xaa};

static void make_codec(struct token_codec *codec, char tag)
{
	struct token_keys keys;

	token_keys_generate(&keys, tag, key0, 0);
	assert_int_equal(token_keys_rotate(&keys, key1, 0), OK);
	assert_int_equal(token_codec_init(codec, &keys), OK);
	assert_int_equal(codec->current, 1);
}

static struct str text_of(const char text[TOKEN_LEN])
{
	return str_make(text, TOKEN_LEN);
}

/* Computed with the openssl command and Python's integers: the format on the
 * wire. */
static void test_vectors(void **state)
{
	static const struct {
		struct token_id id;
		const char *token;
	} rows[] = {
		{{0, 0, 0, 0}, "u62oA96w6EwfVOyZRXSf3ij"},
		{{0, 1, 3735928559, 0}, "u79N8IDHUdqiHsfiszOpaWk"},
		{{0, 1, 3735928559, 1}, "uEDDasT7WcRbxcPcP3MdpvJ"},
		{{65535, 281474976710655, 4294967295, 1},
			"uE0KBm2ulEckhZ1mbnZcTE0"},
		{{7, 123456789, 42, 0}, "u14RWMYQIWRdBKmLvPF8eZK"},
	};
	struct token_codec codec;

	(void)state;
	make_codec(&codec, 'u');
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char text[TOKEN_LEN];
		struct token_id got;

		token_write(&codec, &rows[i].id, text);
		assert_memory_equal(text, rows[i].token, TOKEN_LEN);
		assert_int_equal(
			token_read(&codec, str_from(rows[i].token), &got), OK);
		assert_int_equal(got.shard, rows[i].id.shard);
		assert_int_equal(got.seq, rows[i].id.seq);
		assert_int_equal(got.nonce, rows[i].id.nonce);
		assert_int_equal(got.key_version, rows[i].id.key_version);
	}
	token_codec_deinit(&codec);
}

static struct token_id random_id(void)
{
	struct token_id id;
	uint64_t random[2];

	random_fill(random, sizeof(random));
	id.seq = random[0] & TOKEN_SEQ_MAX;
	id.shard = (uint16_t)(random[0] >> 48);
	id.nonce = (uint32_t)random[1];
	id.key_version = (uint8_t)(random[1] >> 63);
	return id;
}

static void test_random_round_trips(void **state)
{
	struct token_codec codec;

	(void)state;
	make_codec(&codec, 'e');
	for (int i = 0; i < ROUNDS; i++) {
		struct token_id id = random_id();
		struct token_id got;
		char text[TOKEN_LEN];

		token_write(&codec, &id, text);
		assert_int_equal(token_read(&codec, text_of(text), &got), OK);
		assert_int_equal(got.shard, id.shard);
		assert_int_equal(got.seq, id.seq);
		assert_int_equal(got.nonce, id.nonce);
		assert_int_equal(got.key_version, id.key_version);
	}
	token_codec_deinit(&codec);
}

/* Each character exchanged for each other: 32 zero bits let one in 2^32
 * through, so that none of these does. */
static void test_altered_characters(void **state)
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz-_%";
	struct token_codec codec;

	(void)state;
	make_codec(&codec, 'u');
	for (int round = 0; round < ALTERED_ROUNDS; round++) {
		struct token_id id = {3, (uint64_t)round * 99991,
			(uint32_t)round * 2654435761u, (uint8_t)(round & 1)};
		size_t at = (size_t)round % TOKEN_LEN;
		char text[TOKEN_LEN];
		char was;

		token_write(&codec, &id, text);
		was = text[at];
		for (const char *c = digits; *c; c++) {
			struct token_id got = {0};

			if (*c == was)
				continue;
			text[at] = *c;
			assert_int_not_equal(
				token_read(&codec, text_of(text), &got), OK);
			assert_int_equal(got.seq, 0);
		}
	}
	token_codec_deinit(&codec);
}

static void test_refusals(void **state)
{
	static const struct {
		const char *text;
		enum err err;
	} rows[] = {
		{"", ERR_INVALID}, {"u", ERR_INVALID},
		{"u000000000000000000000", ERR_INVALID},
		{"u00000000000000000000000", ERR_INVALID},
		{"e0000000000000000000000", ERR_INVALID}, /* another tag */
		{"U0000000000000000000000", ERR_INVALID},
		{"u000000000000000000000-", ERR_INVALID},
		{"u000000000000 000000000", ERR_INVALID},
		{"uzzzzzzzzzzzzzzzzzzzzzz", ERR_INVALID},
		{"usXSFUqUcLiOD6XzWDolvIu", ERR_INVALID}, /* version 7 */
		{"u0000000000000000000000", ERR_DENIED},
		{"u7n42DGM5Tflk9n8mt7Fhc7", ERR_DENIED},
		{"u7n42DGM5Tflk9n8mt7Fhc8", ERR_DENIED},
		{"ukkODHa8Ws2cSwkqjKhWDgm", ERR_DENIED}, /* no such key */
	};
	struct token_codec codec;

	(void)state;
	make_codec(&codec, 'u');
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct token_id got = {0};

		assert_int_equal(
			token_read(&codec, str_from(rows[i].text), &got),
			rows[i].err);
		assert_int_equal(got.shard, 0);
	}
	token_codec_deinit(&codec);
}

static void test_foreign_key(void **state)
{
	struct token_codec ours, theirs;
	struct token_keys keys;
	struct token_id id = {1, 2, 3, 0}, got;
	char text[TOKEN_LEN];

	(void)state;
	token_keys_generate(&keys, 'u', key1, 0);
	assert_int_equal(token_codec_init(&theirs, &keys), OK);
	make_codec(&ours, 'u');
	token_write(&theirs, &id, text);
	assert_int_equal(token_read(&ours, text_of(text), &got), ERR_DENIED);
	token_codec_deinit(&ours);
	token_codec_deinit(&theirs);
}

/* A token that nobody made: a guess, one of another's key, an altered one, a
 * cut one. */
static struct str forge(const struct token_codec *ours,
	const struct token_codec *theirs, unsigned way, char text[TOKEN_LEN])
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz";
	struct token_id id = random_id();
	uint8_t random[TOKEN_LEN];
	size_t at;

	random_fill(random, sizeof(random));
	at = 1 + random[0] % (TOKEN_LEN - 1u);
	id.key_version = 0;
	token_write(way == 1 ? theirs : ours, &id, text);
	if (way == 0)
		for (size_t i = 1; i < TOKEN_LEN; i++)
			text[i] = digits[random[i] % 62];
	if (way == 2)
		text[at] = text[at] == '7' ? '8' : '7';
	return str_make(text, way == 3 ? at : TOKEN_LEN);
}

/* One in 2^32 guesses is let through here, to be refused by its nonce: one run
 * of this test in 5,000 meets one, one in 60 million two. */
static void test_forgeries(void **state)
{
	struct token_codec ours, theirs;
	struct token_keys keys;
	unsigned accepted = 0;

	(void)state;
	token_keys_generate(&keys, 'u', key1, 0);
	assert_int_equal(token_codec_init(&theirs, &keys), OK);
	make_codec(&ours, 'u');
	for (unsigned i = 0; i < FORGERIES; i++) {
		char text[TOKEN_LEN];
		struct token_id got;
		struct str forged = forge(&ours, &theirs, i % 4, text);

		accepted += token_read(&ours, forged, &got) == OK;
	}
	assert_in_range(accepted, 0, 1);
	token_codec_deinit(&ours);
	token_codec_deinit(&theirs);
}

static void write_token(void *arg)
{
	struct token_codec codec;
	char text[TOKEN_LEN];

	make_codec(&codec, 'u');
	token_write(&codec, arg, text);
}

static void test_impossible_ids(void **state)
{
	struct token_id fine = {65535, TOKEN_SEQ_MAX, 1, 1};
	struct token_id no_key = {1, 1, 1, 2};
	struct token_id no_version = {1, 1, 1, TOKEN_KEY_VERSIONS};
	struct token_id long_seq = {1, TOKEN_SEQ_MAX + 1, 1, 0};

	(void)state;
	assert_false(dies(write_token, &fine));
	assert_true(dies(write_token, &no_key));
	assert_true(dies(write_token, &no_version));
	assert_true(dies(write_token, &long_seq));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_random_round_trips),
		cmocka_unit_test(test_altered_characters),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_foreign_key),
		cmocka_unit_test(test_forgeries),
		cmocka_unit_test(test_impossible_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
