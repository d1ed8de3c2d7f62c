#include "service/webhook_target.h"

#include "support/cmocka.h"

static const struct ip_prefix allowed[] = {
	{{4, {10, 1}}, 16},
	{{16, {0xfd}}, 8},
};
static const struct webhook_rules strict = {0};
static const struct webhook_rules lenient = {
	.allow_http = true, .allowed = allowed, .allowed_n = 2};

static struct str own[] = {{"ct5.io", 6}};
static const struct regions regions = {.own_domains = own, .own_domains_n = 1};

static const struct {
	const char *address;
	bool strict, lenient;
} addresses[] = {
	{"8.8.8.8", true, true},
	{"2606:4700::1111", true, true},
	{"10.1.255.1", false, true},
	{"::ffff:10.1.255.1", false, true},
	{"10.2.0.1", false, false},
	{"fd00::1", false, true},
	{"fc00::1", false, false},
	{"127.0.0.1", false, false},
	{"::1", false, false},
	/* What NAT64 carries is not what was allowed. */
	{"64:ff9b::10.1.0.1", false, false},
};

static void test_addresses(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(addresses); i++) {
		struct ip ip;

		assert_int_equal(
			ip_parse(str_from(addresses[i].address), &ip), OK);
		if (webhook_may_connect(&strict, &ip) != addresses[i].strict ||
			webhook_may_connect(&lenient, &ip) !=
				addresses[i].lenient)
			fail_msg("%s", addresses[i].address);
	}
}

static const struct {
	const char *url;
	bool strict, lenient;
} urls[] = {
	{"https://crm.example/hook?key=1", true, true},
	{"https://crm.example:8443/", true, true},
	{"https://crm.example", true, true},
	{"HTTPS://CRM.example/", true, true},
	{"https://8.8.8.8/", true, true},
	{"https://[2606:4700::1111]/", true, true},
	{"http://crm.example/", false, true},
	{"https://10.1.2.3/", false, true},
	{"https://[fd00::1]:80/", false, true},
	{"https://10.2.2.3/", false, false},
	{"https://127.0.0.1/", false, false},
	{"https://169.254.169.254/latest", false, false},
	{"https://[::1]/", false, false},
	{"https://[::ffff:127.0.0.1]/", false, false},
	/* By its name alone nothing is known. */
	{"https://localhost/", true, true},
	{"https://ct5.io/x", false, false},
	{"https://user@crm.example/", false, false},
	{"https://user:pass@crm.example/", false, false},
	{"https://crm.example/#top", false, false},
	{"https://crm.example/#", false, false},
	{"https:///hook", false, false},
	{"https://crm.example:0/", false, false},
	{"https://crm.example:99999/", false, false},
	{"ftp://crm.example/", false, false},
	{"file:///etc/passwd", false, false},
	{"//crm.example/", false, false},
	{"crm.example", false, false},
	{"https://crm.example/a b", false, false},
	{"https://crm.example/\r\nX: y", false, false},
	{"", false, false},
};

static void check_url(
	const struct webhook_rules *rules, const char *url, bool want)
{
	struct json_findings findings = {0};
	bool got =
		webhook_target_check(rules, &regions, str_from(url), &findings);

	if (got != want || (findings.n == 0) != want)
		fail_msg("%s", url);
	if (findings.n)
		assert_string_equal(findings.items[0].pointer, "#/url");
}

static void test_urls(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(urls); i++) {
		check_url(&strict, urls[i].url, urls[i].strict);
		check_url(&lenient, urls[i].url, urls[i].lenient);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_urls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
