#include "core/link_record.h"

#include <string.h>

#include "core/record.h"
#include "support/cmocka.h"
#include "support/damage.h"

enum {
	RECORD_MAX = 16384
};

static char text[2048];

static struct link largest(void)
{
	struct link l = {
		.id = UINT64_MAX,
		.account = UINT64_MAX - 1,
		.revision = UINT32_MAX,
		.active = true,
		.forward_query = true,
		.track = true,
		.name = str_make(text, LINK_NAME_MAX),
		.destination = str_make(text, 2000),
		.campaign = UINT64_MAX - 2,
		.ttl_ms = UINT64_MAX - 3,
		.expires_ms = UINT64_MAX - 4,
		.fallback = str_make(text, 2000),
		.created_ms = UINT64_MAX - 5,
		.updated_ms = UINT64_MAX - 6,
		.defaults_n = LINK_DEFAULTS_MAX,
	};

	for (size_t i = 0; i < LINK_DEFAULTS_MAX; i++) {
		l.defaults[i].name = str_make(text, 1 + i);
		l.defaults[i].value = str_make(text, 2 * i);
	}
	return l;
}

static void check_equal(const struct link *a, const struct link *b)
{
	assert_true(a->id == b->id && a->account == b->account);
	assert_int_equal(a->revision, b->revision);
	assert_int_equal(a->active, b->active);
	assert_int_equal(a->forward_query, b->forward_query);
	assert_int_equal(a->track, b->track);
	assert_true(str_eq(a->name, b->name));
	assert_true(str_eq(a->destination, b->destination));
	assert_true(a->campaign == b->campaign && a->ttl_ms == b->ttl_ms);
	assert_true(a->expires_ms == b->expires_ms);
	assert_true(str_eq(a->fallback, b->fallback));
	assert_true(a->created_ms == b->created_ms);
	assert_true(a->updated_ms == b->updated_ms);
	assert_int_equal(a->defaults_n, b->defaults_n);
	for (size_t i = 0; i < a->defaults_n; i++) {
		assert_true(str_eq(a->defaults[i].name, b->defaults[i].name));
		assert_true(str_eq(a->defaults[i].value, b->defaults[i].value));
	}
}

static void test_link_round_trips(void **state)
{
	struct link rows[6], got;
	struct buf b;

	(void)state;
	rows[0] = largest();
	rows[1] = (struct link){.id = 1};
	for (size_t i = 2; i < COUNT_OF(rows); i++) /* each flag alone */
		rows[i] = (struct link){.id = i,
			.active = i == 2,
			.forward_query = i == 3,
			.track = i == 4,
			.name = STR("n")};
	buf_init(&b, RECORD_MAX);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		buf_reset(&b);
		link_record_put(&b, &rows[i]);
		assert_int_equal(buf_err(&b), OK);
		assert_int_equal(link_record_get(buf_view(&b), &got), OK);
		check_equal(&got, &rows[i]);
	}
	buf_deinit(&b);
}

static void test_campaign_round_trips(void **state)
{
	struct campaign rows[] = {
		{.id = UINT64_MAX,
			.account = UINT64_MAX - 1,
			.revision = UINT32_MAX,
			.active = true,
			.name = str_make(text, LINK_NAME_MAX),
			.override = str_make(text, 2000),
			.created_ms = UINT64_MAX - 2,
			.updated_ms = UINT64_MAX - 3},
		{.id = 1},
	};
	struct campaign got;
	struct buf b;

	(void)state;
	buf_init(&b, RECORD_MAX);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		buf_reset(&b);
		campaign_record_put(&b, &rows[i]);
		assert_int_equal(campaign_record_get(buf_view(&b), &got), OK);
		assert_true(got.id == rows[i].id);
		assert_true(got.account == rows[i].account);
		assert_int_equal(got.revision, rows[i].revision);
		assert_int_equal(got.active, rows[i].active);
		assert_true(str_eq(got.name, rows[i].name));
		assert_true(str_eq(got.override, rows[i].override));
		assert_true(got.created_ms == rows[i].created_ms);
		assert_true(got.updated_ms == rows[i].updated_ms);
	}
	buf_deinit(&b);
}

static enum err read_link(struct str bytes, void *arg)
{
	return link_record_get(bytes, arg);
}

static enum err read_campaign(struct str bytes, void *arg)
{
	return campaign_record_get(bytes, arg);
}

static void test_damage(void **state)
{
	struct campaign c = {.id = 1, .name = STR("diwali")}, got_campaign;
	struct link l = largest(), got_link;
	struct buf b;

	(void)state;
	l.destination.n = l.fallback.n = 20;
	l.defaults_n = 3;
	buf_init(&b, RECORD_MAX);
	link_record_put(&b, &l);
	check_damage(&b, read_link, &got_link);
	buf_reset(&b);
	campaign_record_put(&b, &c);
	check_damage(&b, read_campaign, &got_campaign);
	buf_deinit(&b);
}

static enum err read_odd_link(uint8_t version, uint64_t revision,
	uint64_t defaults_n, size_t defaults, size_t more)
{
	struct link got;
	struct writer w;
	struct buf b;
	enum err e;

	buf_init(&b, RECORD_MAX);
	record_begin(&w, &b, version);
	writer_be64(&w, 1);
	writer_be64(&w, 2);
	writer_varint(&w, revision);
	writer_u8(&w, 7);
	writer_bytes(&w, STR("name"));
	writer_bytes(&w, STR("https://a.example/"));
	writer_be64(&w, 0);
	writer_varint(&w, 0);
	writer_varint(&w, 0);
	writer_bytes(&w, STR(""));
	writer_varint(&w, 0);
	writer_varint(&w, 0);
	writer_varint(&w, defaults_n);
	for (size_t i = 0; i < defaults; i++) {
		writer_bytes(&w, STR("n"));
		writer_bytes(&w, STR("v"));
	}
	writer_raw(&w, "xx", more);
	record_seal(&w);
	e = link_record_get(buf_view(&b), &got);
	buf_deinit(&b);
	return e;
}

static void test_odd_bodies(void **state)
{
	static const struct {
		uint64_t version, revision, defaults_n;
		size_t defaults, more;
		enum err err;
	} rows[] = {
		{1, 1, 32, 32, 0, OK},
		{2, 1, 0, 0, 0, ERR_VERSION},
		{1, (uint64_t)UINT32_MAX + 1, 0, 0, 0, ERR_CORRUPT},
		{1, 1, 33, 33, 0, ERR_CORRUPT},
		{1, 1, 1, 0, 0, ERR_CORRUPT},
		{1, 1, 0, 1, 0, ERR_CORRUPT},
		{1, 1, 0, 0, 2, ERR_CORRUPT},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(read_odd_link((uint8_t)rows[i].version,
					 rows[i].revision, rows[i].defaults_n,
					 rows[i].defaults, rows[i].more),
			rows[i].err);
}

static void test_names(void **state)
{
	static const struct {
		struct str name;
		bool valid;
	} rows[] = {
		{{"a", 1}, true},
		{{"Diwali-26.shop_now", 18}, true},
		{{"_", 1}, true},
		{{"0", 1}, true},
		{{text, LINK_NAME_MAX}, true},
		{{text, LINK_NAME_MAX + 1}, false},
		{{"", 0}, false},
		{{NULL, 0}, false},
		{{".", 1}, false},
		{{"..", 2}, false},
		{{"-a", 2}, false},
		{{".a", 2}, false},
		{{"a/b", 3}, false},
		{{"a b", 3}, false},
		{{"a%2f", 4}, false},
		{{"a?b", 3}, false},
		{{"a\0b", 3}, false},
		{{"\xc3\xa4", 2}, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(
			link_name_is_valid(rows[i].name), rows[i].valid);
}

static void test_defaults(void **state)
{
	const struct link l = {.defaults_n = 2,
		.defaults = {{STR("cart"), STR("A7")}, {STR("u"), STR("")}}};
	struct str empty = link_default_of(&l, STR("u"));

	(void)state;
	assert_true(str_is(link_default_of(&l, STR("cart")), "A7"));
	assert_non_null(empty.p); /* empty is a value */
	assert_int_equal(empty.n, 0);
	assert_null(link_default_of(&l, STR("Cart")).p);
	assert_null(link_default_of(&l, STR("")).p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_link_round_trips),
		cmocka_unit_test(test_campaign_round_trips),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_odd_bodies),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_defaults),
	};

	memset(text, 'n', sizeof(text));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
