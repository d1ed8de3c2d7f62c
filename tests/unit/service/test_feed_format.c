#include "service/feed_format.h"

#include <stdio.h>

#include "core/verdict.h"
#include "support/cmocka.h"

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
		.click = {
			.at_ms = 1795412520123,
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

static void check(void (*put)(struct buf *, const struct feed_row *),
	const struct feed_row *row, const char *want)
{
	struct buf b;

	buf_init(&b, OUT_MAX);
	put(&b, row);
	assert_int_equal(buf_err(&b), OK);
	assert_string_equal(buf_cstr(&b), want);
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
	check(feed_csv_put, &a,
		"cursor7890123456789012,idid567890123456789012,1,"
		"2026-11-23T05:42:00.123Z,us1,acme,diwali,shop,"
		"u1234567890123456789012,\"user,1\",\"say \"\"hi\"\"\","
		"https://a.example/?a=1&b=2,redirected,human,none,1,true,"
		"true,false,GET,click_id=7,203.0.113.0,,,,,Mozilla/5.0 (X),"
		"https://r.example/,\"en-IN,en;q=0.9\",,,,\r\n");
	check(feed_csv_put, &b,
		"cursor7890123456789012,idid567890123456789012,1,"
		"1970-01-01T00:00:00.000Z,us1,acme,,,u1234567890123456789012,"
		",,,gone,probe,head-method,65535,false,false,true,HEAD,,,,,,,"
		",,,,,,\r\n");
}

static void test_ndjson(void **state)
{
	struct feed_row a = full(), b = bare();

	(void)state;
	check(feed_ndjson_put, &a,
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
		"\"country\":null,\"os\":null,\"device\":null,\"browser\":"
		"null,\"agent\":\"Mozilla/5.0 (X)\",\"referer\":"
		"\"https://r.example/\",\"accept_language\":"
		"\"en-IN,en;q=0.9\",\"template\":null,\"template_language\":"
		"null,\"button\":null,\"card\":null}\n");
	check(feed_ndjson_put, &b,
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
		feed_csv_put(&b, &r);
		assert_true(str_contains(buf_view(&b), str_from(rows[i].csv)));
		buf_reset(&b);
		feed_ndjson_put(&b, &r);
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
		feed_ndjson_put(&b, &r);
		assert_true(str_contains(buf_view(&b), str_from(want)));
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
