#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "http/ip_count.h"

static struct ip ip_of(const char *text)
{
	struct ip ip;

	assert_int_equal(ip_parse(str_from(text), &ip), OK);
	return ip;
}

static void test_caps(void **state)
{
	struct ip_count counts;
	struct ip a = ip_of("192.0.2.1"), b = ip_of("192.0.2.2");

	(void)state;
	ip_count_init(&counts);
	assert_int_equal(ip_count_add(&counts, &a, 2), OK);
	assert_int_equal(ip_count_add(&counts, &a, 2), OK);
	assert_int_equal(ip_count_add(&counts, &a, 2), ERR_FULL);
	assert_int_equal(ip_count_add(&counts, &b, 2), OK);
	ip_count_remove(&counts, &a);
	assert_int_equal(ip_count_add(&counts, &a, 2), OK);
	assert_int_equal(ip_count_add(&counts, &a, 2), ERR_FULL);
	assert_int_equal(counts.used, 2);
	ip_count_deinit(&counts);
}

static void test_ipv6_by_64(void **state)
{
	struct ip_count counts;
	struct ip a = ip_of("2001:db8::1"), b = ip_of("2001:db8::2:0:0:1");
	struct ip other = ip_of("2001:db8:0:1::1");

	(void)state;
	ip_count_init(&counts);
	assert_int_equal(ip_count_add(&counts, &a, 1), OK);
	assert_int_equal(ip_count_add(&counts, &b, 1), ERR_FULL);
	assert_int_equal(ip_count_add(&counts, &other, 1), OK);
	ip_count_deinit(&counts);
}

/* Grows, and keeps every count right while others come and go. */
static void test_many(void **state)
{
	enum {
		N = 5000
	};
	struct ip_count counts;
	struct ip ip = {.n = 4, .bytes = {10}};

	(void)state;
	ip_count_init(&counts);
	for (unsigned i = 0; i < 3 * N; i++) {
		ip.bytes[1] = (uint8_t)(i % N >> 8);
		ip.bytes[2] = (uint8_t)(i % N);
		assert_int_equal(ip_count_add(&counts, &ip, 3), OK);
	}
	assert_int_equal(counts.used, N);
	for (unsigned i = 0; i < 3 * N; i++) {
		/* Another order: 7919 is prime to N. */
		unsigned k = i * 7919u % N;

		ip.bytes[1] = (uint8_t)(k >> 8);
		ip.bytes[2] = (uint8_t)k;
		ip_count_remove(&counts, &ip);
	}
	assert_int_equal(counts.used, 0);
	for (size_t i = 0; i < counts.size; i++)
		assert_int_equal(counts.slots[i].count, 0);
	ip_count_deinit(&counts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_caps),
		cmocka_unit_test(test_ipv6_by_64),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
