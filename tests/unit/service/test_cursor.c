#include "service/cursor.h"

#include "unit/service/service_fixture.h"

static struct service s;

static int setup(void **state)
{
	(void)state;
	service_init(&s);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	service_deinit(&s);
	return 0;
}

static struct str text_of(const char text[CURSOR_LEN])
{
	return str_make(text, CURSOR_LEN);
}

static void test_round_trips(void **state)
{
	static const struct {
		uint64_t account;
		struct cursor cursor;
	} rows[] = {
		{1, {0}},
		{1, {1}},
		{UINT64_MAX, {UINT64_MAX}},
		{(uint64_t)3 << 48 | 7, {(uint64_t)3 << 48 | 99}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char text[CURSOR_LEN];
		struct cursor got;

		cursor_write(s.view, rows[i].account, &rows[i].cursor, text);
		assert_int_equal(cursor_read(s.view, rows[i].account,
					 text_of(text), &got),
			OK);
		assert_true(got.sequence == rows[i].cursor.sequence);
	}
}

/* Another account's, a click's id, a token's text, an altered one: none is a
 * cursor. */
static void test_refusals(void **state)
{
	const struct cursor cursor = {1234};
	char text[CURSOR_LEN], id[CURSOR_LEN];
	struct cursor got = {77};

	(void)state;
	cursor_write(s.view, 5, &cursor, text);
	for (uint64_t account = 0; account < 200; account++)
		if (account != 5)
			assert_int_equal(cursor_read(s.view, account,
						 text_of(text), &got),
				ERR_INVALID);
	assert_int_equal(
		cursor_read(s.view, (uint64_t)1 << 32 | 5, text_of(text), &got),
		ERR_INVALID);
	click_id_write(s.view, 1234, id);
	assert_int_equal(
		cursor_read(s.view, 5, text_of(id), &got), ERR_INVALID);
	for (size_t n = 0; n < CURSOR_LEN; n++)
		assert_int_equal(
			cursor_read(s.view, 5, str_make(text, n), &got),
			ERR_INVALID);
	for (size_t at = 0; at < CURSOR_LEN; at++) {
		static const char others[] = "0129ABCZabcz-_ %";
		char was = text[at];

		for (const char *c = others; *c; c++) {
			if (*c == was)
				continue;
			text[at] = *c;
			assert_int_equal(
				cursor_read(s.view, 5, text_of(text), &got),
				ERR_INVALID);
		}
		text[at] = was;
	}
	assert_int_equal(
		cursor_read(s.view, 5, STR("u0000000000000000000000"), &got),
		ERR_INVALID);
	assert_true(got.sequence == 77);
}

/* They tell nothing of their order, and outlive the process. */
static void test_ids(void **state)
{
	char a[CURSOR_LEN], b[CURSOR_LEN], again[CURSOR_LEN];
	size_t same = 0;

	(void)state;
	click_id_write(s.view, 1, a);
	click_id_write(s.view, 2, b);
	for (size_t i = 0; i < CURSOR_LEN; i++)
		same += a[i] == b[i];
	assert_true(same < CURSOR_LEN / 2);
	service_close(&s);
	service_open(&s);
	click_id_write(s.view, 1, again);
	assert_memory_equal(a, again, CURSOR_LEN);
}

/* The ids of many clicks at once are those of each. */
static void test_seals(void **state)
{
	uint64_t sequences[SEALS_MAX];
	struct seals seals;

	(void)state;
	for (size_t i = 0; i < SEALS_MAX; i++)
		sequences[i] = (uint64_t)1 << 48 | i * i;
	for (size_t n = 1; n <= SEALS_MAX; n++) {
		seals_write(s.view, 77, sequences, n, &seals);
		for (size_t i = 0; i < n; i++) {
			struct cursor cursor = {.sequence = sequences[i]};
			char want[CURSOR_LEN], got[CURSOR_LEN];

			cursor_write(s.view, 77, &cursor, want);
			opaque_text(seals.cursors[i], got);
			assert_memory_equal(got, want, CURSOR_LEN);
			click_id_write(s.view, sequences[i], want);
			opaque_text(seals.click_ids[i], got);
			assert_memory_equal(got, want, CURSOR_LEN);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seals),
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_ids),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
