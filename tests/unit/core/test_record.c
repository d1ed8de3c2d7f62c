#include "core/record.h"

#include "support/cmocka.h"

static void test_varints(void **state)
{
	static const struct {
		uint64_t v;
		struct str bytes;
	} rows[] = {
		{0, {"\x00", 1}},
		{127, {"\x7f", 1}},
		{128, {"\x80\x01", 2}},
		{300, {"\xac\x02", 2}},
		{16384, {"\x80\x80\x01", 3}},
		{UINT64_MAX, {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint8_t to[VARINT_MAX];
		struct reader r;
		size_t n = varint_put(to, rows[i].v);

		assert_int_equal(n, rows[i].bytes.n);
		assert_int_equal(varint_size(rows[i].v), n);
		assert_memory_equal(to, rows[i].bytes.p, n);
		reader_init(&r, rows[i].bytes);
		assert_int_equal(reader_varint(&r), rows[i].v);
		assert_int_equal(reader_end(&r), OK);
	}
}

static void test_bad_varints(void **state)
{
	static const struct str rows[] = {
		{"", 0},
		{"\x80", 1},         /* cut */
		{"\x80\x00", 2},     /* overlong zero */
		{"\xff\x00", 2},     /* overlong 127 */
		{"\xff\x80\x00", 3}, /* overlong */
		{"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10}, /* 65 bits */
		{"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81\x00", 11},
		{"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", 10},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct reader r;

		reader_init(&r, rows[i]);
		assert_int_equal(reader_varint(&r), 0);
		assert_int_equal(reader_end(&r), ERR_CORRUPT);
	}
}

static void write_sample(struct writer *w)
{
	writer_u8(w, 7);
	writer_be16(w, 0x1234);
	writer_be32(w, 0x12345678);
	writer_be64(w, 0x123456789abcdef0);
	writer_varint(w, 300);
	writer_bytes(w, STR("hello"));
	writer_bytes(w, STR(""));
	writer_raw(w, "xyz", 3);
}

static void read_sample(struct reader *r)
{
	assert_int_equal(reader_u8(r), 7);
	assert_int_equal(reader_be16(r), 0x1234);
	assert_int_equal(reader_be32(r), 0x12345678);
	assert_int_equal(reader_be64(r), 0x123456789abcdef0);
	assert_int_equal(reader_varint_max(r, 300), 300);
	assert_true(str_is(reader_bytes(r), "hello"));
	assert_true(str_is(reader_bytes(r), ""));
	assert_int_equal(reader_end(r), ERR_CORRUPT);
	assert_true(str_is(reader_raw(r, 3), "xyz"));
	assert_int_equal(reader_end(r), OK);
}

static void test_round_trip(void **state)
{
	struct writer w;
	struct reader r;
	struct buf b;
	uint8_t version = 0;
	size_t first;

	(void)state;
	buf_init(&b, 1000);
	record_begin(&w, &b, 3);
	write_sample(&w);
	record_seal(&w);
	first = b.n;
	record_begin(&w, &b, 4);
	write_sample(&w);
	record_seal_keyed(&w, STR("key"));
	assert_int_equal(writer_err(&w), OK);

	assert_int_equal(
		record_open(&r, str_make(b.p, first), 3, &version), OK);
	assert_int_equal(version, 3);
	read_sample(&r);
	assert_int_equal(record_open_keyed(&r, str_skip(buf_view(&b), first),
				 STR("key"), 9, &version),
		OK);
	assert_int_equal(version, 4);
	read_sample(&r);
	buf_deinit(&b);
}

static void test_refusals(void **state)
{
	struct writer w;
	struct reader r = {0};
	struct buf b;
	uint8_t version = 77;

	(void)state;
	buf_init(&b, 1000);
	record_begin(&w, &b, 3);
	write_sample(&w);
	record_seal_keyed(&w, STR("key"));
	assert_int_equal(
		record_open_keyed(&r, buf_view(&b), STR("key"), 2, &version),
		ERR_VERSION);
	assert_int_equal(
		record_open_keyed(&r, buf_view(&b), STR("kez"), 3, &version),
		ERR_CORRUPT);
	assert_int_equal(
		record_open_keyed(&r, buf_view(&b), STR(""), 3, &version),
		ERR_CORRUPT);
	assert_int_equal(
		record_open(&r, buf_view(&b), 3, &version), ERR_CORRUPT);
	/* Any bit turned, any length cut. */
	for (size_t i = 0; i < 8 * b.n; i++) {
		b.p[i / 8] ^= (char)(1 << i % 8);
		assert_int_equal(record_open_keyed(&r, buf_view(&b), STR("key"),
					 255, &version),
			ERR_CORRUPT);
		b.p[i / 8] ^= (char)(1 << i % 8);
	}
	for (size_t n = 0; n < b.n; n++)
		assert_int_equal(record_open_keyed(&r, str_make(b.p, n),
					 STR("key"), 255, &version),
			ERR_CORRUPT);
	assert_int_equal(version, 77);
	assert_null(r.p);
	buf_deinit(&b);
}

static void test_version_zero_is_corrupt(void **state)
{
	struct writer w;
	struct reader r;
	struct buf b;
	uint8_t version;

	(void)state;
	buf_init(&b, 100);
	writer_init(&w, &b);
	writer_u8(&w, 0);
	record_seal(&w);
	assert_int_equal(
		record_open(&r, buf_view(&b), 9, &version), ERR_CORRUPT);
	buf_deinit(&b);
}

static void test_full_buffer(void **state)
{
	struct writer w;
	struct buf b;

	(void)state;
	buf_init(&b, 12);
	record_begin(&w, &b, 1);
	writer_be64(&w, 1);
	record_seal(&w);
	assert_int_equal(writer_err(&w), ERR_TOO_LONG);
	buf_deinit(&b);
}

static void test_reader_error_sticks(void **state)
{
	struct reader r;

	(void)state;
	reader_init(&r, STR("\x05"
			    "abc"));
	assert_int_equal(reader_bytes(&r).n, 0);
	assert_int_equal(reader_u8(&r), 0);
	assert_int_equal(reader_left(&r), 0);
	assert_int_equal(reader_end(&r), ERR_CORRUPT);
	reader_init(&r, (struct str){0});
	assert_int_equal(reader_end(&r), OK);
	assert_int_equal(reader_be64(&r), 0);
	assert_int_equal(reader_end(&r), ERR_CORRUPT);
	reader_init(&r, STR("\x05"));
	assert_int_equal(reader_varint_max(&r, 4), 0);
	assert_int_equal(reader_end(&r), ERR_CORRUPT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_varints),
		cmocka_unit_test(test_bad_varints),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_version_zero_is_corrupt),
		cmocka_unit_test(test_full_buffer),
		cmocka_unit_test(test_reader_error_sticks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
