#include "base/ip_global.h"

#include "support/cmocka.h"

/* First and last address of each range of the registries, and their
 * neighbours. */
static const struct {
	const char *text;
	bool global;
} rows[] = {
	{"0.0.0.0", false},
	{"0.255.255.255", false},
	{"1.0.0.0", true},
	{"9.255.255.255", true},
	{"10.0.0.0", false},
	{"10.255.255.255", false},
	{"11.0.0.0", true},
	{"100.63.255.255", true},
	{"100.64.0.0", false},
	{"100.127.255.255", false},
	{"100.128.0.0", true},
	{"126.255.255.255", true},
	{"127.0.0.0", false},
	{"127.0.0.1", false},
	{"127.255.255.255", false},
	{"128.0.0.0", true},
	{"169.253.255.255", true},
	{"169.254.0.0", false},
	{"169.254.169.254", false},
	{"169.254.255.255", false},
	{"169.255.0.0", true},
	{"172.15.255.255", true},
	{"172.16.0.0", false},
	{"172.31.255.255", false},
	{"172.32.0.0", true},
	{"191.255.255.255", true},
	{"192.0.0.0", false},
	{"192.0.0.255", false},
	{"192.0.1.0", true},
	{"192.0.1.255", true},
	{"192.0.2.0", false},
	{"192.0.2.255", false},
	{"192.0.3.0", true},
	{"192.88.98.255", true},
	{"192.88.99.1", false},
	{"192.88.100.0", true},
	{"192.167.255.255", true},
	{"192.168.0.0", false},
	{"192.168.255.255", false},
	{"192.169.0.0", true},
	{"198.17.255.255", true},
	{"198.18.0.0", false},
	{"198.19.255.255", false},
	{"198.20.0.0", true},
	{"198.51.99.255", true},
	{"198.51.100.0", false},
	{"198.51.101.0", true},
	{"203.0.112.255", true},
	{"203.0.113.0", false},
	{"203.0.114.0", true},
	{"223.255.255.255", true},
	{"224.0.0.0", false},
	{"239.255.255.255", false},
	{"240.0.0.0", false},
	{"255.255.255.255", false},
	{"8.8.8.8", true},

	{"::", false},
	{"::1", false},
	{"::2", false},
	{"::127.0.0.1", false},
	{"::8.8.8.8", false},
	/* An IPv4 address, spelled otherwise. */
	{"::ffff:127.0.0.1", false},
	{"::ffff:10.1.2.3", false},
	{"::ffff:169.254.169.254", false},
	{"::ffff:8.8.8.8", true},
	{"::ffff:0:8.8.8.8", false},
	/* NAT64: by what it carries. */
	{"64:ff9b::8.8.8.8", true},
	{"64:ff9b::127.0.0.1", false},
	{"64:ff9b::10.0.0.1", false},
	{"64:ff9b::169.254.169.254", false},
	{"64:ff9b::1:8.8.8.8", false},
	{"64:ff9b:1::8.8.8.8", false},
	{"64:ff9a::8.8.8.8", false},
	{"100::1", false},
	{"1fff:ffff::", false},
	{"2000::", true},
	{"2001::", false},
	{"2001:0:102:304::", false},
	{"2001:10::1", false},
	{"2001:1ff:ffff::", false},
	{"2001:200::", true},
	{"2001:4860:4860::8888", true},
	{"2001:db7:ffff::", true},
	{"2001:db8::1", false},
	{"2001:db9::", true},
	{"2002:7f00:1::", false},
	{"2002:808:808::", false},
	{"2003::", true},
	{"2606:4700::1111", true},
	{"3ffe:ffff::", true},
	{"3fff::1", false},
	{"3fff:fff:ffff::", false},
	{"3fff:1000::", true},
	{"4000::", false},
	{"5f00::1", false},
	{"fbff::1", false},
	{"fc00::1", false},
	{"fd12:3456::1", false},
	{"fdff:ffff::", false},
	{"fe80::1", false},
	{"febf:ffff::", false},
	{"fec0::1", false},
	{"ff02::1", false},
	{"ff0e::1", false},
	{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct ip ip;

		assert_int_equal(ip_parse(str_from(rows[i].text), &ip), OK);
		if (ip_is_global(&ip) != rows[i].global)
			fail_msg("%s", rows[i].text);
	}
}

static void test_none(void **state)
{
	const struct ip none = {0};

	(void)state;
	assert_false(ip_is_global(&none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
