#include "base/ip.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/bytes.h"
#include "support/cmocka.h"

/* NULL as the text means that it must be refused. */
struct row {
	struct str s;
	const char *printed;
};

static void test_parse(void **state)
{
	static const struct row rows[] = {
		{STR("0.0.0.0"), "0.0.0.0"},
		{STR("255.255.255.255"), "255.255.255.255"},
		{STR("203.0.113.9"), "203.0.113.9"},
		{STR("::"), "::"},
		{STR("::1"), "::1"},
		{STR("2001:DB8::A"), "2001:db8::a"},
		{STR("2001:0db8:0:0:0:0:0:1"), "2001:db8::1"},
		/* RFC 5952, 4.2.2 and 4.2.3: one zero is not shortened; the
		 * longest run is, and the first of two equal ones. */
		{STR("2001:db8:0:1:1:1:1:1"), "2001:db8:0:1:1:1:1:1"},
		{STR("2001:0:0:1:0:0:0:1"), "2001:0:0:1::1"},
		{STR("2001:db8:0:0:1:0:0:1"), "2001:db8::1:0:0:1"},
		{STR("::ffff:192.0.2.1"), "192.0.2.1"},
		{STR("::ffff:c000:201"), "192.0.2.1"},
		{STR("0:0:0:0:0:FFFF:192.0.2.1"), "192.0.2.1"},
		{STR("64:ff9b::192.0.2.1"), "64:ff9b::c000:201"},
		{STR("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
			"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
		{STR("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255"),
			"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
		{STR(""), NULL},
		{{NULL, 0}, NULL},
		{STR("1"), NULL},
		{STR("1.2.3"), NULL},
		{STR("1.2.3.4.5"), NULL},
		{STR("1.2.3.256"), NULL},
		{STR("1.2.3.04"), NULL},
		{STR("1.2.3.0x4"), NULL},
		{STR("1.2.3.4 "), NULL},
		{STR(" 1.2.3.4"), NULL},
		{STR("1.2.3.4\0"), NULL},
		{STR("1.2.3.4:80"), NULL},
		{STR("[::1]"), NULL},
		{STR("fe80::1%eth0"), NULL},
		{STR("fe80::1%1"), NULL},
		{STR(":::"), NULL},
		{STR("1::2::3"), NULL},
		{STR("12345::"), NULL},
		{STR("1:2:3:4:5:6:7"), NULL},
		{STR("1:2:3:4:5:6:7:8:9"), NULL},
		{STR("g::"), NULL},
		{STR("00000000000000000000000000000000000000000000001"), NULL},
		{STR("localhost"), NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct ip ip = {.n = 9};
		char text[IP_TEXT_MAX];
		enum err e = ip_parse(rows[i].s, &ip);

		assert_int_equal(e, rows[i].printed ? OK : ERR_INVALID);
		if (e) {
			assert_int_equal(ip.n, 9);
			continue;
		}
		assert_int_equal(ip_put(text, &ip), strlen(rows[i].printed));
		assert_string_equal(text, rows[i].printed);
	}
}

static void check_like_inet_ntop(const struct ip *ip)
{
	char text[IP_TEXT_MAX], want[IP_TEXT_MAX];
	struct ip again;

	assert_non_null(inet_ntop(ip->n == 4 ? AF_INET : AF_INET6, ip->bytes,
		want, sizeof(want)));
	assert_int_equal(ip_put(text, ip), strlen(want));
	assert_string_equal(text, want);
	assert_int_equal(ip_parse(str_from(text), &again), OK);
	assert_true(ip_eq(&again, ip));
}

/* Every octet; every choice of groups that are zero, with others of one to
 * four digits. */
static void test_put(void **state)
{
	static const uint16_t groups[] = {1, 0x2f, 0x30a, 0x4567};
	struct ip ip = {.n = 4};
	char text[IP_TEXT_MAX] = "x";

	(void)state;
	for (unsigned v = 0; v < 256; v++) {
		for (unsigned i = 0; i < 4; i++)
			ip.bytes[i] = (uint8_t)(v + 50 * i);
		check_like_inet_ntop(&ip);
	}
	ip.n = 16;
	for (unsigned zeroes = 0; zeroes < 256; zeroes++) {
		for (unsigned i = 0; i < 8; i++) {
			unsigned v = zeroes >> i & 1 ? 0 : groups[i % 4];

			put_be16(ip.bytes + 2 * (size_t)i, (uint16_t)v);
		}
		/* Of old, ::1.2.3.4 was a way to write some. */
		if ((zeroes & 0x3f) != 0x3f || (zeroes & 0xc0) == 0xc0)
			check_like_inet_ntop(&ip);
	}
	ip = (struct ip){0};
	assert_int_equal(ip_put(text, &ip), 0);
	assert_string_equal(text, "");
}

static void test_prefix(void **state)
{
	static const struct {
		struct str prefix, ip;
		bool in;
	} rows[] = {
		{STR("10.0.0.0/8"), STR("10.255.255.255"), true},
		{STR("10.0.0.0/8"), STR("11.0.0.0"), false},
		{STR("10.1.2.3/8"), STR("10.9.9.9"), true},
		{STR("0.0.0.0/0"), STR("8.8.8.8"), true},
		{STR("0.0.0.0/0"), STR("::1"), false},
		{STR("::/0"), STR("8.8.8.8"), false},
		{STR("::/0"), STR("2001:db8::"), true},
		{STR("192.0.2.1"), STR("192.0.2.1"), true},
		{STR("192.0.2.1"), STR("192.0.2.0"), false},
		{STR("192.0.2.1/32"), STR("::ffff:192.0.2.1"), true},
		{STR("::ffff:10.0.0.0/8"), STR("10.1.1.1"), true},
		{STR("192.0.2.0/25"), STR("192.0.2.127"), true},
		{STR("192.0.2.0/25"), STR("192.0.2.128"), false},
		{STR("192.0.2.128/31"), STR("192.0.2.129"), true},
		{STR("192.0.2.128/31"), STR("192.0.2.130"), false},
		{STR("2001:db8::/33"), STR("2001:db8:7fff::"), true},
		{STR("2001:db8::/33"), STR("2001:db8:8000::"), false},
		{STR("2001:db8::1/128"), STR("2001:db8::1"), true},
		{STR("2001:db8::1"), STR("2001:db8::"), false},
	};
	static const struct str bad[] = {STR(""), STR("/8"), STR("10.0.0.0/"),
		STR("10.0.0.0/33"), STR("10.0.0.0/-1"), STR("10.0.0.0/8 "),
		STR("10.0.0.0/8/8"), STR("::/129"), STR("10/8"),
		STR("10.0.0.0/255.0.0.0"), STR("::ffff:10.0.0.0/104")};
	struct ip none = {0};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct ip_prefix prefix;
		struct ip ip;

		assert_int_equal(ip_parse_prefix(rows[i].prefix, &prefix), OK);
		assert_int_equal(ip_parse(rows[i].ip, &ip), OK);
		assert_int_equal(ip_in(&ip, &prefix), rows[i].in);
		assert_false(ip_in(&none, &prefix));
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct ip_prefix prefix = {.bits = 99};

		assert_int_equal(ip_parse_prefix(bad[i], &prefix), ERR_INVALID);
		assert_int_equal(prefix.bits, 99);
	}
}

static void test_truncate(void **state)
{
	static const struct {
		struct str s;
		const char *want;
	} rows[] = {
		{STR("203.0.113.199"), "203.0.113.0"},
		{STR("::ffff:203.0.113.199"), "203.0.113.0"},
		{STR("2001:db8:1234:5678:9abc:def0:1:2"), "2001:db8:1234::"},
		{STR("::1"), "::"},
	};
	struct ip none = {0};
	char text[IP_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct ip ip;

		assert_int_equal(ip_parse(rows[i].s, &ip), OK);
		ip_truncate(&ip);
		ip_put(text, &ip);
		assert_string_equal(text, rows[i].want);
	}
	ip_truncate(&none);
	ip_put(text, &none);
	assert_string_equal(text, "");
}

static void check_sockaddr(const void *sa, const char *want)
{
	char text[IP_TEXT_MAX];
	struct ip ip;

	ip_from_sockaddr(sa, &ip);
	ip_put(text, &ip);
	assert_string_equal(text, want);
}

static void test_sockaddr(void **state)
{
	struct sockaddr_in v4 = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(0xc0000201)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
		.sin6_addr.s6_addr = {0x20, 1, 0xd, 0xb8, [15] = 1}};
	struct sockaddr_in6 mapped = {.sin6_family = AF_INET6,
		.sin6_addr.s6_addr = {[10] = 0xff, 0xff, 192, 0, 2, 1}};
	struct sockaddr_un local = {.sun_family = AF_UNIX};
	struct ip a, b;

	(void)state;
	check_sockaddr(&v4, "192.0.2.1");
	check_sockaddr(&v6, "2001:db8::1");
	check_sockaddr(&mapped, "192.0.2.1");
	check_sockaddr(&local, "");
	ip_from_sockaddr((const void *)&v4, &a);
	ip_from_sockaddr((const void *)&mapped, &b);
	assert_true(ip_eq(&a, &b));
	ip_from_sockaddr((const void *)&v6, &b);
	assert_false(ip_eq(&a, &b));
	ip_from_sockaddr((const void *)&local, &a);
	assert_true(ip_eq(&a, &a));
	assert_false(ip_eq(&a, &b));
}

static void test_endpoint(void **state)
{
	static const struct {
		struct str s;
		const char *ip;
		uint16_t port;
	} rows[] = {
		{STR("127.0.0.1:8080"), "127.0.0.1", 8080},
		{STR("127.0.0.1:0"), "127.0.0.1", 0},
		{STR("[::1]:65535"), "::1", 65535},
		{STR("[::]:80"), "::", 80},
		{STR("*:80"), "", 80},
		{STR("127.0.0.1:65536"), NULL, 0},
		{STR("127.0.0.1:"), NULL, 0},
		{STR("127.0.0.1"), NULL, 0},
		{STR("127.0.0.1: 80"), NULL, 0},
		{STR("::1:80"), NULL, 0},
		{STR("[::1]80"), NULL, 0},
		{STR("[::1]"), NULL, 0},
		{STR("[127.0.0.1]:80"), NULL, 0},
		{STR("[*]:80"), NULL, 0},
		{STR("[]:80"), NULL, 0},
		{STR("[:80"), NULL, 0},
		{STR(":80"), NULL, 0},
		{STR("80"), NULL, 0},
		{STR(""), NULL, 0},
		{STR("localhost:80"), NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct ip_endpoint got = {.port = 42};
		char text[IP_TEXT_MAX];
		enum err e = ip_parse_endpoint(rows[i].s, &got);

		assert_int_equal(e, rows[i].ip ? OK : ERR_INVALID);
		assert_int_equal(got.port, rows[i].ip ? rows[i].port : 42);
		if (e)
			continue;
		ip_put(text, &got.ip);
		assert_string_equal(text, rows[i].ip);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_put),
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_truncate),
		cmocka_unit_test(test_sockaddr),
		cmocka_unit_test(test_endpoint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
