#include "service/feed_format.h"

#include <stdio.h>

#include "core/json_quote.h"
#include "core/verdict.h"
#include "support/cmocka.h"
#include "support/fault.h"

enum {
	OUT_MAX = 65536
};

#define HEADER                                                                 \
	"cursor,id,revision,at,region,account,campaign,link,token,recipient,"  \
	"ref,destination,outcome,verdict,reason,rules,counted,unique,test,"    \
	"method,query,ip,country,os,device,browser,agent,referer,"             \
	"accept_language,template,template_language,button,card\r\n"

static struct feed_row full(void)
{
	struct feed_row r = {.region = STR("us1"),
		.account = STR("acme"),
		.campaign = STR("diwali"),
		.link = STR("shop"),
		.recipient = STR("user,1"),
		.ref = STR("say \"hi\""),
		.destination = STR("https://a.example/?a=1&b=2"),
		.token = "u1234567890123456789012",
		.cursor = "cursor7890123456789012",
		.id = "idid567890123456789012",
		.os = STR("Mac OS X"),
		.device = STR("Phone \"8\""),
		.browser = STR("Mobile, Safari"),
		.click = {
			.at_ms = 1795412520123,
			.country = {'I', 'N'},
			.rules = 1,
			.outcome = CLICK_REDIRECTED,
			.verdict = VERDICT_HUMAN,
			.reason = REASON_NONE,
			.counted = true,
			.unique = true,
			.ip = {4, {203, 0, 113, 0}},
			.agent = STR("Mozilla/5.0 (X)"),
			.referer = STR("https://r.example/"),
			.language = STR("en-IN,en;q=0.9"),
			.query = STR("click_id=7"),
		}};

	return r;
}

static struct feed_row bare(void)
{
	struct feed_row r = {.region = STR("us1"),
		.account = STR("acme"),
		.token = "u1234567890123456789012",
		.cursor = "cursor7890123456789012",
		.id = "idid567890123456789012",
		.click = {.at_ms = 0,
			.rules = 65535,
			.outcome = CLICK_GONE,
			.verdict = VERDICT_PROBE,
			.reason = REASON_HEAD_METHOD,
			.test = true,
			.head = true}};

	return r;
}

static void check(
	enum feed_format format, struct feed_row row, const char *want)
{
	struct buf b;

	row.format = format;
	buf_init(&b, OUT_MAX);
	feed_row_put(&b, &row);
	assert_int_equal(buf_err(&b), OK);
	assert_string_equal(buf_cstr(&b), want);
	assert_true(b.n <= feed_row_max(&row));
	buf_deinit(&b);
}

static void test_csv(void **state)
{
	struct feed_row a = full(), b = bare();
	struct buf header;

	(void)state;
	buf_init(&header, OUT_MAX);
	feed_csv_header(&header);
	assert_string_equal(buf_cstr(&header), HEADER);
	buf_deinit(&header);
	check(FEED_CSV, a,
		"cursor7890123456789012,idid567890123456789012,1,"
		"2026-11-23T05:42:00.123Z,us1,acme,diwali,shop,"
		"u1234567890123456789012,\"user,1\",\"say \"\"hi\"\"\","
		"https://a.example/?a=1&b=2,redirected,human,none,1,true,"
		"true,false,GET,click_id=7,203.0.113.0,IN,Mac OS X,\"Phone \"\"8\"\"\","
		"\"Mobile, Safari\",Mozilla/5.0 (X),"
		"https://r.example/,\"en-IN,en;q=0.9\",,,,\r\n");
	check(FEED_CSV, b,
		"cursor7890123456789012,idid567890123456789012,1,"
		"1970-01-01T00:00:00.000Z,us1,acme,,,u1234567890123456789012,"
		",,,gone,probe,head-method,65535,false,false,true,HEAD,,,,,,,"
		",,,,,,\r\n");
}

static void test_ndjson(void **state)
{
	struct feed_row a = full(), b = bare();

	(void)state;
	check(FEED_NDJSON, a,
		"{\"cursor\":\"cursor7890123456789012\",\"id\":"
		"\"idid567890123456789012\",\"revision\":1,\"at\":"
		"\"2026-11-23T05:42:00.123Z\",\"region\":\"us1\",\"account\":"
		"\"acme\",\"campaign\":\"diwali\",\"link\":\"shop\",\"token\":"
		"\"u1234567890123456789012\",\"recipient\":\"user,1\","
		"\"ref\":\"say \\\"hi\\\"\",\"destination\":"
		"\"https://a.example/?a=1&b=2\",\"outcome\":\"redirected\","
		"\"verdict\":\"human\",\"reason\":\"none\",\"rules\":1,"
		"\"counted\":true,\"unique\":true,\"test\":false,\"method\":"
		"\"GET\",\"query\":\"click_id=7\",\"ip\":\"203.0.113.0\","
		"\"country\":\"IN\",\"os\":\"Mac OS X\",\"device\":"
		"\"Phone \\\"8\\\"\",\"browser\":\"Mobile, Safari\",\"agent\":\"Mozilla/5.0 (X)\",\"referer\":"
		"\"https://r.example/\",\"accept_language\":"
		"\"en-IN,en;q=0.9\",\"template\":null,\"template_language\":"
		"null,\"button\":null,\"card\":null}\n");
	check(FEED_NDJSON, b,
		"{\"cursor\":\"cursor7890123456789012\",\"id\":"
		"\"idid567890123456789012\",\"revision\":1,\"at\":"
		"\"1970-01-01T00:00:00.000Z\",\"region\":\"us1\",\"account\":"
		"\"acme\",\"campaign\":null,\"link\":null,\"token\":"
		"\"u1234567890123456789012\",\"recipient\":null,\"ref\":null,"
		"\"destination\":null,\"outcome\":\"gone\",\"verdict\":"
		"\"probe\",\"reason\":\"head-method\",\"rules\":65535,"
		"\"counted\":false,\"unique\":false,\"test\":true,\"method\":"
		"\"HEAD\",\"query\":null,\"ip\":null,\"country\":null,\"os\":"
		"null,\"device\":null,\"browser\":null,\"agent\":null,"
		"\"referer\":null,\"accept_language\":null,\"template\":null,"
		"\"template_language\":null,\"button\":null,\"card\":null}\n");
}

/* A row stays a row, whatever phones send. */
static void test_hostile_text(void **state)
{
	static const struct {
		struct str agent;
		const char *csv, *json;
	} rows[] = {
		{{"a\r\nb", 4}, ",\"a\r\nb\",", "\"agent\":\"a\\r\\nb\","},
		{{"a\"b,c", 5}, ",\"a\"\"b,c\",", "\"agent\":\"a\\\"b,c\","},
		{{"a\xff"
		  "b",
			 3},
			",a\xef\xbf\xbd"
			"b,",
			"\"agent\":\"a\xef\xbf\xbd"
			"b\","},
		{{"\xed\xa0\x80", 3}, ",\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd,",
			"\"agent\":\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\","},
		{{"\xc3\xa4", 2}, ",\xc3\xa4,", "\"agent\":\"\xc3\xa4\","},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct feed_row r = bare();
		struct buf b;

		r.click.agent = rows[i].agent;
		buf_init(&b, OUT_MAX);
		r.format = FEED_CSV;
		feed_row_put(&b, &r);
		assert_true(str_contains(buf_view(&b), str_from(rows[i].csv)));
		buf_reset(&b);
		r.format = FEED_NDJSON;
		feed_row_put(&b, &r);
		assert_true(str_contains(buf_view(&b), str_from(rows[i].json)));
		/* One line, and its end. */
		assert_int_equal(str_find(buf_view(&b), '\n'), b.n - 1);
		buf_deinit(&b);
	}
}

static void test_names(void **state)
{
	static const char *const outcomes[] = {
		"redirected", "fallback", "gone"};
	static const char *const verdicts[] = {
		"human", "preview", "prefetch", "bot", "probe", "repeat"};

	(void)state;
	assert_int_equal(COUNT_OF(outcomes), CLICK_OUTCOMES);
	assert_int_equal(COUNT_OF(verdicts), VERDICTS);
	for (unsigned i = 0; i < VERDICTS; i++) {
		struct feed_row r = bare();
		char want[64];
		struct buf b;

		r.click.outcome = (uint8_t)(i % CLICK_OUTCOMES);
		r.click.verdict = (uint8_t)i;
		(void)snprintf(want, sizeof(want),
			"\"outcome\":\"%s\",\"verdict\":\"%s\"",
			outcomes[i % CLICK_OUTCOMES], verdicts[i]);
		buf_init(&b, OUT_MAX);
		feed_row_put(&b, &r);
		assert_true(str_contains(buf_view(&b), str_from(want)));
		buf_deinit(&b);
	}
}

/* An agent that was quoted before is written as it is. */
static void test_quoted_agent(void **state)
{
	static const char text[] = "a \"b\", c";
	static const struct {
		enum feed_format format;
		const char *quoted;
	} rows[] = {
		{FEED_NDJSON, "\"a \\\"b\\\", c\""},
		{FEED_CSV, "\"a \"\"b\"\", c\""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct feed_row r = full();
		char to[JSON_QUOTED_MAX(sizeof(text))];
		struct buf plain, ready;

		r.format = rows[i].format;
		r.click.agent = str_from(text);
		buf_init(&plain, OUT_MAX);
		buf_init(&ready, OUT_MAX);
		feed_row_put(&plain, &r);
		r.agent_quoted = feed_agent_put(to, r.format, str_from(text));
		assert_true(str_is(r.agent_quoted, rows[i].quoted));
		r.click.agent = STR("another");
		feed_row_put(&ready, &r);
		assert_true(str_eq(buf_view(&ready), buf_view(&plain)));
		buf_deinit(&plain);
		buf_deinit(&ready);
	}
}

/* Texts of the longest kinds, of bytes that grow most. */
static struct feed_row longest(char *bytes, size_t n)
{
	struct feed_row r = full();

	memset(bytes, 1, n);
	r.region = r.account = r.campaign = r.link = str_make(bytes, 128);
	r.recipient = r.ref = str_make(bytes, 128);
	r.destination = str_make(bytes, n);
	r.click.agent = str_make(bytes, CLICK_AGENT_MAX);
	r.click.referer = str_make(bytes, CLICK_REFERER_MAX);
	r.click.language = str_make(bytes, CLICK_LANGUAGE_MAX);
	r.click.query = str_make(bytes, CLICK_QUERY_MAX);
	r.click.ip.n = 16;
	memset(r.click.ip.bytes, 0xff, 16);
	r.click.verdict = VERDICT_PREFETCH;
	r.click.reason = REASON_WHATSAPP_AGENT;
	r.click.outcome = CLICK_REDIRECTED;
	r.click.rules = UINT16_MAX;
	return r;
}

/* The bound holds, and the buffer that has room for the row, but not for the
 * bound, still takes it; one that has not says so and stays as it was. */
static void test_bound(void **state)
{
	static char bytes[16384];
	struct feed_row r = longest(bytes, sizeof(bytes));

	(void)state;
	for (unsigned f = FEED_NDJSON; f <= FEED_CSV; f++) {
		struct buf wide, narrow;

		r.format = (enum feed_format)f;
		assert_true(feed_row_max(&r) <= FEED_ROW_BYTES_MAX);
		buf_init(&wide, FEED_ROW_BYTES_MAX);
		feed_row_put(&wide, &r);
		assert_int_equal(buf_err(&wide), OK);
		assert_true(wide.n <= feed_row_max(&r));
		buf_init(&narrow, wide.n + 3);
		buf_text(&narrow, "abc");
		feed_row_put(&narrow, &r);
		assert_int_equal(buf_err(&narrow), OK);
		assert_true(str_eq(
			str_skip(buf_view(&narrow), 3), buf_view(&wide)));
		buf_deinit(&narrow);
		buf_init(&narrow, wide.n + 2);
		buf_text(&narrow, "abc");
		feed_row_put(&narrow, &r);
		assert_int_equal(buf_err(&narrow), ERR_TOO_LONG);
		assert_true(str_is(buf_view(&narrow), "abc"));
		buf_deinit(&narrow);
		buf_deinit(&wide);
	}
}

static void test_no_memory(void **state)
{
	/* The buffer's own, and that of a row which it might not hold. */
	static const size_t sizes[] = {OUT_MAX, 2048};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		struct feed_row r = full();
		struct buf b;

		buf_init(&b, sizes[i]);
		fault_alloc(1);
		feed_row_put(&b, &r);
		assert_true(fault_alloc_hit());
		fault_alloc(0);
		assert_int_equal(buf_err(&b), ERR_NOMEM);
		assert_int_equal(b.n, 0);
		buf_deinit(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_csv),
		cmocka_unit_test(test_ndjson),
		cmocka_unit_test(test_hostile_text),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_quoted_agent),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
