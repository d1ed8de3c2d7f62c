#include "core/account_record.h"

#include <string.h>

#include "core/record.h"
#include "support/cmocka.h"
#include "support/damage.h"

enum {
	RECORD_MAX = 32768
};

static char text[256];

static struct account largest(void)
{
	struct account a = {
		.id = UINT64_MAX,
		.revision = UINT32_MAX,
		.active = true,
		.name = str_make(text, ACCOUNT_NAME_MAX),
		.fallback = STR("https://shop.example/gone"),
		.created_ms = UINT64_MAX,
		.hosts_n = ACCOUNT_HOSTS_MAX,
	};

	for (size_t i = 0; i < ACCOUNT_HOSTS_MAX; i++)
		a.hosts[i] = str_make(text, 1 + i);
	return a;
}

static struct account smallest(void)
{
	return (struct account){.id = 1, .revision = 1, .name = STR("a")};
}

static void check_equal(const struct account *a, const struct account *b)
{
	assert_true(a->id == b->id && a->created_ms == b->created_ms);
	assert_int_equal(a->revision, b->revision);
	assert_int_equal(a->active, b->active);
	assert_true(str_eq(a->name, b->name));
	assert_true(str_eq(a->fallback, b->fallback));
	assert_int_equal(a->hosts_n, b->hosts_n);
	for (size_t i = 0; i < a->hosts_n; i++)
		assert_true(str_eq(a->hosts[i], b->hosts[i]));
}

static void test_round_trips(void **state)
{
	struct account rows[] = {largest(), smallest()}, got;
	struct buf b;

	(void)state;
	buf_init(&b, RECORD_MAX);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		buf_reset(&b);
		account_record_put(&b, &rows[i]);
		assert_int_equal(account_record_get(buf_view(&b), &got), OK);
		check_equal(&got, &rows[i]);
	}
	buf_deinit(&b);
}

static enum err read(struct str bytes, void *arg)
{
	return account_record_get(bytes, arg);
}

static void test_damage(void **state)
{
	struct account a = largest(), got;
	struct buf b;

	(void)state;
	a.hosts_n = 3;
	buf_init(&b, RECORD_MAX);
	account_record_put(&b, &a);
	check_damage(&b, read, &got);
	buf_deinit(&b);
}

/* A body sealed rightly that nobody would have written. */
static enum err read_odd(uint8_t version, uint64_t revision, uint64_t hosts_n,
	size_t hosts, size_t more)
{
	struct account got = {.id = 7};
	struct writer w;
	struct buf b;
	enum err e;

	buf_init(&b, RECORD_MAX);
	record_begin(&w, &b, version);
	writer_be64(&w, 1);
	writer_varint(&w, revision);
	writer_u8(&w, 1);
	writer_bytes(&w, STR("name"));
	writer_bytes(&w, STR(""));
	writer_varint(&w, 5);
	writer_varint(&w, hosts_n);
	for (size_t i = 0; i < hosts; i++)
		writer_bytes(&w, STR("a.example"));
	writer_raw(&w, "xx", more);
	record_seal(&w);
	e = account_record_get(buf_view(&b), &got);
	assert_true(got.id == (e ? 7 : 1));
	buf_deinit(&b);
	return e;
}

static void test_odd_bodies(void **state)
{
	static const struct {
		uint64_t version, revision, hosts_n;
		size_t hosts, more;
		enum err err;
	} rows[] = {
		{1, 1, 0, 0, 0, OK},
		{1, UINT32_MAX, 64, 64, 0, OK},
		{2, 1, 0, 0, 0, ERR_VERSION},
		{1, (uint64_t)UINT32_MAX + 1, 0, 0, 0, ERR_CORRUPT},
		{1, 1, 65, 65, 0, ERR_CORRUPT},
		{1, 1, UINT64_MAX, 2, 0, ERR_CORRUPT},
		{1, 1, 3, 2, 0, ERR_CORRUPT},
		{1, 1, 2, 3, 0, ERR_CORRUPT},
		{1, 1, 0, 0, 1, ERR_CORRUPT},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(
			read_odd((uint8_t)rows[i].version, rows[i].revision,
				rows[i].hosts_n, rows[i].hosts, rows[i].more),
			rows[i].err);
}

static void test_names(void **state)
{
	static const struct {
		struct str name;
		bool valid;
	} rows[] = {
		{{"a", 1}, true},
		{{"0", 1}, true},
		{{"acme", 4}, true},
		{{"acme-2", 6}, true},
		{{"a--b", 4}, true},
		{{text, ACCOUNT_NAME_MAX}, true},
		{{text, ACCOUNT_NAME_MAX + 1}, false},
		{{"", 0}, false},
		{{NULL, 0}, false},
		{{"-", 1}, false},
		{{"-a", 2}, false},
		{{"a-", 2}, false},
		{{"Acme", 4}, false},
		{{"a_b", 3}, false},
		{{"a.b", 3}, false},
		{{"a b", 3}, false},
		{{"a/b", 3}, false},
		{{"a\0b", 3}, false},
		{{"\xc3\xa4", 2}, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(
			account_name_is_valid(rows[i].name), rows[i].valid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_odd_bodies),
		cmocka_unit_test(test_names),
	};

	memset(text, 'n', sizeof(text));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
