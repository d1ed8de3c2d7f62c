#include "core/url.h"

#include <string.h>

#include "support/cmocka.h"

static void assert_str(struct str got, const char *want)
{
	if (!want) {
		assert_null(got.p);
		return;
	}
	if (!str_is(got, want))
		fail_msg("%.*s instead of %s", STR_FMT(got), want);
	assert_non_null(got.p);
}

static void test_parts(void **state)
{
	static const struct {
		const char *text;
		const char *scheme, *host, *port, *path, *query, *fragment;
	} rows[] = {
		{"https://shop.example/a/b?c=d&e#f", "https", "shop.example",
			NULL, "/a/b", "c=d&e", "f"},
		{"http://a", "http", "a", NULL, "", NULL, NULL},
		{"HTTPS://Shop.Example:8443?", "HTTPS", "Shop.Example", "8443",
			"", "", NULL},
		{"http://a#", "http", "a", NULL, "", NULL, ""},
		{"http://a?b#c?d", "http", "a", NULL, "", "b", "c?d"},
		{"http://a/@b:c//", "http", "a", NULL, "/@b:c//", NULL, NULL},
		{"http://127.0.0.1:1/", "http", "127.0.0.1", "1", "/", NULL,
			NULL},
		{"http://[2001:db8::1]:65535/", "http", "[2001:db8::1]",
			"65535", "/", NULL, NULL},
		{"http://[::ffff:1.2.3.4]", "http", "[::ffff:1.2.3.4]", NULL,
			"", NULL, NULL},
		{"https://xn--caf-dma.example./%C3%A9?a[]=1", "https",
			"xn--caf-dma.example.", NULL, "/%C3%A9", "a[]=1", NULL},
		{"http://1a.2b", "http", "1a.2b", NULL, "", NULL, NULL},
		{"http://127.0.0.1./", "http", "127.0.0.1.", NULL, "/", NULL,
			NULL},
		{"http://a/!$&'()*+,;=:@-._~", "http", "a", NULL,
			"/!$&'()*+,;=:@-._~", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct url_problem problem;
		struct url url;

		if (url_check(str_from(rows[i].text), NULL, &url, &problem))
			fail_msg("%s: %s", rows[i].text,
				url_reason_name(problem.reason));
		assert_str(url.scheme, rows[i].scheme);
		assert_str(url.host, rows[i].host);
		assert_str(url.port, rows[i].port);
		assert_str(url.path, rows[i].path);
		assert_str(url.query, rows[i].query);
		assert_str(url.fragment, rows[i].fragment);
	}
}

#define TEXT(literal)                                                          \
	{                                                                      \
		(literal), sizeof(literal) - 1                                 \
	}

static const struct {
	struct str text;
	enum url_reason reason;
	size_t at;
} refused[] = {
	{{"", 0}, URL_EMPTY, 0},
	{TEXT("http://a/\tb"), URL_BAD_CHARACTER, 9},
	{TEXT("http://a/\r\nb"), URL_BAD_CHARACTER, 9},
	{TEXT("http://a/ b"), URL_BAD_CHARACTER, 9},
	{TEXT(" http://a/"), URL_BAD_CHARACTER, 0},
	{TEXT("http://a/b "), URL_BAD_CHARACTER, 10},
	{TEXT("http://a/\0"), URL_BAD_CHARACTER, 9},
	{TEXT("http://a/\x7f"), URL_BAD_CHARACTER, 9},
	{TEXT("http://caf\xc3\xa9/"), URL_BAD_CHARACTER, 10},
	{TEXT("http://a\\b/"), URL_BAD_CHARACTER, 8},
	{TEXT("http:\\\\a/"), URL_BAD_CHARACTER, 5},
	{TEXT("http://a/\"b"), URL_BAD_CHARACTER, 9},
	{TEXT("http://a/<b"), URL_BAD_CHARACTER, 9},
	{TEXT("http://a/{b}"), URL_BAD_CHARACTER, 9},
	{TEXT("http://a/b|c"), URL_BAD_CHARACTER, 10},
	{TEXT("http://a/#b#c"), URL_BAD_CHARACTER, 11},
	{TEXT("http://a/%"), URL_BAD_ESCAPE, 9},
	{TEXT("http://a/%2"), URL_BAD_ESCAPE, 9},
	{TEXT("http://a/?50%25%zz"), URL_BAD_ESCAPE, 15},
	{TEXT("a"), URL_NOT_ABSOLUTE, 0},
	{TEXT("/a/b"), URL_NOT_ABSOLUTE, 0},
	{TEXT("//a/b"), URL_NOT_ABSOLUTE, 0},
	{TEXT("www.example.com"), URL_NOT_ABSOLUTE, 0},
	{TEXT("http:/a/b"), URL_NOT_ABSOLUTE, 0},
	{TEXT("http:a"), URL_NOT_ABSOLUTE, 0},
	{TEXT("mailto:a@b.example"), URL_NOT_ABSOLUTE, 0},
	{TEXT("javascript:alert(1)"), URL_NOT_ABSOLUTE, 0},
	{TEXT("1http://a"), URL_NOT_ABSOLUTE, 0},
	{TEXT("://a"), URL_NOT_ABSOLUTE, 0},
	{TEXT("-://a"), URL_NOT_ABSOLUTE, 0},
	{TEXT("example.com:80/x"), URL_NOT_ABSOLUTE, 0},
	{TEXT("ftp://a/"), URL_SCHEME_NOT_ALLOWED, 0},
	{TEXT("javascript://a/%0Aalert(1)"), URL_SCHEME_NOT_ALLOWED, 0},
	{TEXT("http://me@a/"), URL_HAS_USERINFO, 9},
	{TEXT("http://me:pw@a/"), URL_HAS_USERINFO, 12},
	{TEXT("http://@a/"), URL_HAS_USERINFO, 7},
	{TEXT("http://"), URL_BAD_HOST, 7},
	{TEXT("http:///a"), URL_BAD_HOST, 7},
	{TEXT("http://?a"), URL_BAD_HOST, 7},
	{TEXT("http://:80/"), URL_BAD_HOST, 7},
	{TEXT("http://."), URL_BAD_HOST, 7},
	{TEXT("http://a..b"), URL_BAD_HOST, 7},
	{TEXT("http://a.b.."), URL_BAD_HOST, 7},
	{TEXT("http://.a"), URL_BAD_HOST, 7},
	{TEXT("http://-a.b"), URL_BAD_HOST, 7},
	{TEXT("http://a-.b"), URL_BAD_HOST, 7},
	{TEXT("http://a_b.c"), URL_BAD_HOST, 7},
	{TEXT("http://a%2eb/"), URL_BAD_HOST, 7},
	{TEXT("http://1.2.3"), URL_BAD_HOST, 7},
	{TEXT("http://1.2.3.256"), URL_BAD_HOST, 7},
	{TEXT("http://2130706433/"), URL_BAD_HOST, 7},
	{TEXT("http://0x7f000001/"), URL_BAD_HOST, 7},
	{TEXT("http://a.0x7f/"), URL_BAD_HOST, 7},
	{TEXT("http://a.0x/"), URL_BAD_HOST, 7},
	{TEXT("http://0177.0.0.1/"), URL_BAD_HOST, 7},
	{TEXT("http://[::1"), URL_BAD_HOST, 7},
	{TEXT("http://["), URL_BAD_HOST, 7},
	{TEXT("http://[]"), URL_BAD_HOST, 7},
	{TEXT("http://[1.2.3.4]"), URL_BAD_HOST, 7},
	{TEXT("http://[::g]"), URL_BAD_HOST, 7},
	{TEXT("http://[::1]x"), URL_BAD_HOST, 7},
	{TEXT("http://[fe80::1%25eth0]"), URL_BAD_HOST, 7},
	{TEXT("http://::1/"), URL_BAD_HOST, 7},
	{TEXT("http://a:/"), URL_BAD_PORT, 9},
	{TEXT("http://a:0/"), URL_BAD_PORT, 9},
	{TEXT("http://a:65536/"), URL_BAD_PORT, 9},
	{TEXT("http://a:80x/"), URL_BAD_PORT, 9},
	{TEXT("http://a:80:80/"), URL_BAD_PORT, 9},
	{TEXT("http://[::1]:/"), URL_BAD_PORT, 13},
};

static void test_refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct url_problem problem = {URL_REASONS, 999};
		struct url url = {0};

		assert_int_equal(
			url_check(refused[i].text, NULL, &url, &problem),
			ERR_INVALID);
		if (problem.reason != refused[i].reason ||
			problem.at != refused[i].at)
			fail_msg("%.*s: %s at %zu", STR_FMT(refused[i].text),
				url_reason_name(problem.reason), problem.at);
		assert_null(url.scheme.p);
	}
}

static void test_lengths(void **state)
{
	static char text[URL_MAX + 1] = "https://shop.example/";
	static char host[7 + 5 * 64] = "http://";
	struct url_problem problem;
	struct url url;

	(void)state;
	memset(text + 21, 'x', sizeof(text) - 21);
	assert_int_equal(
		url_check(str_make(text, URL_MAX), NULL, &url, &problem), OK);
	assert_int_equal(
		url_check(str_make(text, URL_MAX + 1), NULL, &url, &problem),
		ERR_TOO_LONG);
	assert_int_equal(problem.reason, URL_TOO_LONG);
	for (size_t i = 7; i < sizeof(host); i++)
		host[i] = (i - 7) % 64 == 63 ? '.' : 'a';
	assert_int_equal(
		url_check(str_make(host, 7 + 253), NULL, &url, &problem), OK);
	assert_int_equal(
		url_check(str_make(host, 7 + 254), NULL, &url, &problem),
		ERR_INVALID);
	host[7 + 63] = 'a';
	assert_int_equal(
		url_check(str_make(host, 7 + 64), NULL, &url, &problem),
		ERR_INVALID);
}

static void test_rules(void **state)
{
	static const struct str schemes[] = {{"https", 5}, {"myapp", 5}};
	static const struct str hosts[] = {
		{"shop.example", 12}, {"*.brand.example", 15}};
	static const struct str own[] = {{"ct5.io", 6}, {"*.ct5.io", 8}};
	static const struct url_rules rules = {schemes, 2, hosts, 2, own, 2};
	static const struct url_rules no_hosts = {schemes, 2, NULL, 0, own, 2};
	static const struct {
		const char *text;
		const struct url_rules *rules;
		enum url_reason reason; /* URL_REASONS: accepted */
	} rows[] = {
		{"https://shop.example/", &rules, URL_REASONS},
		{"https://SHOP.example:1/", &rules, URL_REASONS},
		{"https://shop.example./", &rules, URL_REASONS},
		{"https://www.brand.example/", &rules, URL_REASONS},
		{"https://a.b.Brand.example/", &rules, URL_REASONS},
		{"myapp://shop.example/x", &rules, URL_REASONS},
		{"MyApp://shop.example/x", &rules, URL_REASONS},
		{"http://shop.example/", &rules, URL_SCHEME_NOT_ALLOWED},
		{"https://www.shop.example/", &rules, URL_HOST_NOT_ALLOWED},
		{"https://brand.example/", &rules, URL_HOST_NOT_ALLOWED},
		{"https://evilbrand.example/", &rules, URL_HOST_NOT_ALLOWED},
		{"https://brand.example.evil/", &rules, URL_HOST_NOT_ALLOWED},
		{"https://ct5.io/x", &rules, URL_OWN_DOMAIN},
		{"https://CT5.io./x", &no_hosts, URL_OWN_DOMAIN},
		{"https://a.ct5.io:8080/x", &no_hosts, URL_OWN_DOMAIN},
		{"https://xct5.io/", &no_hosts, URL_REASONS},
		{"https://anything.example/", &no_hosts, URL_REASONS},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct url_problem problem = {URL_REASONS, 0};
		struct url url;
		enum err e = url_check(
			str_from(rows[i].text), rows[i].rules, &url, &problem);

		assert_int_equal(
			e, rows[i].reason == URL_REASONS ? OK : ERR_INVALID);
		assert_int_equal(problem.reason, rows[i].reason);
	}
}

static void test_reasons_have_texts(void **state)
{
	(void)state;
	for (unsigned i = 0; i < URL_REASONS; i++) {
		assert_true(url_reason_name((enum url_reason)i)[0]);
		assert_true(url_reason_text((enum url_reason)i)[0]);
	}
	assert_string_equal(
		url_reason_name(URL_SCHEME_NOT_ALLOWED), "scheme-not-allowed");
}

static void test_host_matches(void **state)
{
	(void)state;
	assert_true(url_host_matches(STR("a.b"), STR("*.b")));
	assert_false(url_host_matches(STR(".b"), STR("*.b")));
	assert_false(url_host_matches(STR("b"), STR("*.b")));
	assert_false(url_host_matches(STR("a.b"), STR("b")));
	assert_true(url_host_matches(STR("[::1]"), STR("[::1]")));
}

static void test_host_patterns(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} rows[] = {
		{"example.com", true},
		{"*.example.com", true},
		{"localhost", true},
		{"127.0.0.1", true},
		{"[::1]", true},
		{"", false},
		{"*", false},
		{"*.", false},
		{"*.*.com", false},
		{"a.*.com", false},
		{"*example.com", false},
		{"example.com.", false},
		{"example.com:80", false},
		{"https://example.com", false},
		{"*.[::1]", false},
		{"exa mple.com", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (url_is_host_pattern(str_from(rows[i].text)) != rows[i].good)
			fail_msg("%s", rows[i].text);
}

static void test_forward_query(void **state)
{
	static const struct {
		const char *destination;
		const char *query;
		const char *result;
	} rows[] = {
		{"https://a/b", "", "https://a/b"},
		{"https://a/b", "x=1", "https://a/b?x=1"},
		{"https://a/b#f", "x=1&y", "https://a/b?x=1&y#f"},
		{"https://a/b?c=d", "x=1", "https://a/b?c=d&x=1"},
		{"https://a/b?c=d#f?g", "x=1", "https://a/b?c=d&x=1#f?g"},
		{"https://a/b#f?g", "x=1", "https://a/b?x=1#f?g"},
		{"https://a/b?", "x=1", "https://a/b?x=1"},
		{"https://a/b?#f", "x=1", "https://a/b?x=1#f"},
		{"https://a/b?c&", "x=1", "https://a/b?c&x=1"},
		{"https://a/b?c=d", "c=e", "https://a/b?c=d"},
		{"https://a/b?c=d", "c=e&x=1&c", "https://a/b?c=d&x=1"},
		{"https://a/b?c", "c=e", "https://a/b?c"},
		{"https://a/b?c=d", "%63=e", "https://a/b?c=d"},
		{"https://a/b?a+b=d", "a%20b=e&a b", "https://a/b?a+b=d"},
		{"https://a/b?c=d", "C=e", "https://a/b?c=d&C=e"},
		{"https://a/b?cc=d", "c=e", "https://a/b?cc=d&c=e"},
		{"https://a/b?c=x=y", "x=1", "https://a/b?c=x=y&x=1"},
		{"https://a/b", "&&x=1&&&y=2&", "https://a/b?x=1&y=2"},
		{"https://a/b", "x=1&x=2", "https://a/b?x=1&x=2"},
		{"https://a/b", "x=\"<é>%41%4\\|#\x01",
			"https://a/b?x=%22%3C%C3%A9%3E%41%254%5C%7C%23%01"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct buf out;

		buf_init(&out, 1000);
		url_forward_query(&out, str_from(rows[i].destination),
			str_from(rows[i].query));
		assert_string_equal(buf_cstr(&out), rows[i].result);
		buf_deinit(&out);
	}
}

static void test_forward_is_bounded(void **state)
{
	struct buf query, out;

	(void)state;
	buf_init(&query, 10000);
	buf_init(&out, 10000);
	for (int i = 0; i < URL_FORWARD_MAX + 3; i++)
		buf_text(&query, "x&");
	url_forward_query(&out, STR("http://a"), buf_view(&query));
	assert_int_equal(out.n, 8 + 2 * URL_FORWARD_MAX);
	buf_deinit(&query);
	buf_deinit(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_reasons_have_texts),
		cmocka_unit_test(test_host_matches),
		cmocka_unit_test(test_host_patterns),
		cmocka_unit_test(test_forward_query),
		cmocka_unit_test(test_forward_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
