#include "core/mmdb_check.h"

#include "support/cmocka.h"
#include "support/mmdb.h"

/* Values of a data section that begins at 0; the string's end is its last
 * byte. */
static const struct {
	struct str section;
	bool is_sound;
} values[] = {
	{{"", 0}, false},
	{{"\x40", 1}, true}, /* "" */
	{{"\x42"
	  "DE",
		 3},
		true},
	{{"\x42"
	  "D",
		 2},
		false},
	{{"\x5d\x00", 2}, false}, /* 29 bytes, none there */
	{{"\x5d", 1}, false},     /* its size is cut off */
	{{"\x5e\x00", 2}, false},
	{{"\x5f\x00\x00", 3}, false},
	{{"\x5f\xff\xff\xff", 4}, false},
	{{"\xa0", 1}, true}, /* 0, 16 bits */
	{{"\xa2\x01\x02", 3}, true},
	{{"\xa3\x01\x02\x03", 4}, false},
	{{"\xc4\x01\x02\x03\x04", 5}, true},
	{{"\xc5\x01\x02\x03\x04\x05", 6}, false},
	{{"\x68"
	  "12345678",
		 9},
		true}, /* a double */
	{{"\x67"
	  "1234567",
		 8},
		false},
	{{"\x04\x08"
	  "1234",
		 6},
		true},           /* a float */
	{{"\x00\x07", 2}, true}, /* false */
	{{"\x01\x07", 2}, true}, /* true */
	{{"\x02\x07", 2}, false},
	{{"\x00", 1}, false},     /* its type is cut off */
	{{"\x00\x05", 2}, false}, /* a cache container */
	{{"\x00\x06", 2}, false}, /* an end marker */
	{{"\x00\x00", 2}, false}, /* a type that may not be extended */
	{{"\x00\xff", 2}, false},
	{{"\xe0", 1}, true}, /* {} */
	{{"\xe1\x40\x40", 3}, true},
	{{"\xe1\x40", 2}, false},
	{{"\xff\xff\xff\xff", 4}, false},
	{{"\x00\x04", 2}, true}, /* [] */
	{{"\x02\x04\x40\x40", 4}, true},
	{{"\x02\x04\x40", 3}, false},
	{{"\x1f\x04\xff\xff\xff", 5}, false},
	{{"\x20\x02\x40", 3}, true},          /* a pointer, to "" */
	{{"\x20\x03\x40", 3}, false},         /* out of the section */
	{{"\x20\x00", 2}, false},             /* to itself */
	{{"\x20\x02\x20\x04\x40", 5}, false}, /* to a pointer */
	{{"\x20", 1}, false},
	{{"\x28\x00\x00", 3}, false},
	{{"\x38\x00\x00\x00\x05\x40", 6}, true},
	{{"\x38\xff\xff\xff\xff\x40", 6}, false},
	{{"\x01\x04\x20\x00", 4}, false}, /* an array in itself */
	{{"\xe2\x20\x06\x40\x40\x40\x40", 7}, true},
};

static void test_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(values); i++) {
		print_message("%zu\n", i);
		assert_int_equal(mmdb_check_value(values[i].section, 0),
			values[i].is_sound);
	}
	assert_false(mmdb_check_value(STR("\x40"), 1));
	assert_false(mmdb_check_value(STR("\x40"), UINT32_MAX));
	assert_true(mmdb_check_value(STR("\xff\x40"), 1));
}

static void test_depth(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1024);
	for (size_t i = 0; i + 1 < MMDB_DEPTH_MAX; i++)
		mmdb_put_array(&b, 1);
	mmdb_put_string(&b, STR("x"));
	assert_true(mmdb_check_value(buf_view(&b), 0));
	buf_reset(&b);
	for (size_t i = 0; i < MMDB_DEPTH_MAX; i++)
		mmdb_put_array(&b, 1);
	mmdb_put_string(&b, STR("x"));
	assert_false(mmdb_check_value(buf_view(&b), 0));
	buf_deinit(&b);
}

/* Values are counted through pointers, so that no file makes a few bytes into
 * endless work. */
static void test_many(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 65536);
	mmdb_put_array(&b, MMDB_VALUES_MAX - 1);
	for (size_t i = 0; i + 1 < MMDB_VALUES_MAX; i++)
		mmdb_put_string(&b, STR(""));
	assert_true(mmdb_check_value(buf_view(&b), 0));
	buf_reset(&b);
	mmdb_put_array(&b, MMDB_VALUES_MAX);
	for (size_t i = 0; i < MMDB_VALUES_MAX; i++)
		mmdb_put_string(&b, STR(""));
	assert_false(mmdb_check_value(buf_view(&b), 0));
	/* 20 times 20 times 20 ... */
	buf_reset(&b);
	for (size_t level = 0; level < 10; level++) {
		mmdb_put_array(&b, 20);
		for (size_t i = 0; i < 20; i++)
			mmdb_put_pointer(&b, (uint32_t)((level + 1) * 102));
	}
	mmdb_put_string(&b, STR("x"));
	assert_false(mmdb_check_value(buf_view(&b), 0));
	buf_deinit(&b);
}

static void make_file(struct buf *to, unsigned record_size)
{
	static struct mmdb_writer w;

	mmdb_writer_init(&w, 6, record_size);
	mmdb_writer_add(&w, "10.0.0.0/8", "DE", "FR");
	mmdb_writer_finish(&w, to);
	mmdb_writer_deinit(&w);
}

static void test_file(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 65536);
	for (unsigned size = 24; size <= 32; size += 4) {
		buf_reset(&b);
		make_file(&b, size);
		assert_null(mmdb_check_file(buf_view(&b)));
	}
	/* Cut short, it ends before its metadata does. */
	for (size_t n = 0; n < b.n; n++)
		assert_non_null(mmdb_check_file(str_make(b.p, n)));
	buf_deinit(&b);
}

/* A file of 48 bytes and metadata of the test's own. */
static void make_metadata(struct buf *to)
{
	buf_reset(to);
	for (size_t i = 0; i < 48; i++)
		buf_byte(to, '\0');
	buf_text(to, "\xab\xcd\xefMaxMind.com");
}

static void test_metadata(void **state)
{
	static const struct {
		unsigned node_type;
		uint32_t nodes;
		uint32_t bits;
		const char *why;
	} rows[] = {
		{6, 4, 32, NULL},
		{6, 5, 24, NULL},
		{5, 4, 32, NULL},
		{6, 5, 32, "its tree is longer than the file"},
		{6, UINT32_MAX, 24, "its tree is longer than the file"},
		{6, 0x2aaaaaab, 24, "its tree is longer than the file"},
		{6, 4, 0, "its records are not of 24, 28 or 32 bits"},
		{6, 4, 36, "its records are not of 24, 28 or 32 bits"},
		{6, 4, 65535, "its records are not of 24, 28 or 32 bits"},
		{2, 4, 32, "its metadata is damaged"},
	};
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *why;

		print_message("%zu\n", i);

		make_metadata(&b);
		mmdb_put_map(&b, 2);
		mmdb_put_string(&b, STR("node_count"));
		mmdb_put_number(&b, rows[i].node_type, rows[i].nodes);
		mmdb_put_string(&b, STR("record_size"));
		mmdb_put_number(&b, 5, rows[i].bits);
		if (rows[i].node_type == 2)
			b.n--;
		why = mmdb_check_file(buf_view(&b));
		if (rows[i].why)
			assert_string_equal(why, rows[i].why);
		else
			assert_null(why);
	}
	/* Lists of other things than strings. */
	make_metadata(&b);
	mmdb_put_map(&b, 1);
	mmdb_put_string(&b, STR("languages"));
	mmdb_put_array(&b, 1);
	mmdb_put_number(&b, 6, 1);
	assert_string_equal(
		mmdb_check_file(buf_view(&b)), "its metadata is damaged");
	make_metadata(&b);
	mmdb_put_map(&b, 1);
	mmdb_put_string(&b, STR("description"));
	mmdb_put_map(&b, 1);
	mmdb_put_string(&b, STR("en"));
	mmdb_put_map(&b, 0);
	assert_string_equal(
		mmdb_check_file(buf_view(&b)), "its metadata is damaged");
	make_metadata(&b);
	mmdb_put_array(&b, 0);
	assert_string_equal(mmdb_check_file(buf_view(&b)),
		"its metadata lacks node_count or record_size");
	make_metadata(&b);
	mmdb_put_map(&b, 0);
	assert_string_equal(mmdb_check_file(buf_view(&b)),
		"its metadata lacks node_count or record_size");
	buf_deinit(&b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_metadata),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
