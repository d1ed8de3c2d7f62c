#include "api/client_ip.h"

#include "http/conn.h"
#include "support/cmocka.h"

static struct ip_prefix trusted[3];

static int setup(void **state)
{
	static const struct str texts[] = {
		{"10.0.0.0/8", 10}, {"192.0.2.1", 9}, {"fd00::/8", 8}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(trusted); i++)
		if (ip_parse_prefix(texts[i], &trusted[i]))
			return -1;
	return 0;
}

/* '|' parts several fields. */
static void put_fields(struct http_request *request, const char *forwarded)
{
	struct str rest = str_from(forwarded);

	do {
		request->fields[request->fields_n++] =
			(struct http_field){STR("Other"), STR("1.2.3.4")};
		request->fields[request->fields_n++] = (struct http_field){
			STR("x-forwarded-FOR"), str_split(&rest, '|')};
	} while (rest.p);
	request->known[HTTP_X_FORWARDED_FOR] =
		request->fields[request->fields_n - 1].value;
}

static void check(const char *peer, const char *forwarded, size_t trusted_n,
	const char *want)
{
	static struct http_request request;
	struct http_conn conn = {0};
	struct http_exchange ex = {.conn = &conn};
	char text[IP_TEXT_MAX];
	struct ip ip;

	request = (struct http_request){0};
	if (*peer)
		assert_int_equal(ip_parse(str_from(peer), &conn.peer), OK);
	if (forwarded)
		put_fields(&request, forwarded);
	client_ip(&ex, &request, trusted, trusted_n, &ip);
	ip_put(text, &ip);
	assert_string_equal(text, want);
}

static void test_table(void **state)
{
	static const struct {
		const char *peer, *forwarded, *want;
	} rows[] = {
		{"203.0.113.7", NULL, "203.0.113.7"},
		/* Nobody is believed but a trusted proxy. */
		{"203.0.113.7", "198.51.100.1", "203.0.113.7"},
		{"10.1.2.3", NULL, "10.1.2.3"},
		{"10.1.2.3", "", "10.1.2.3"},
		{"10.1.2.3", "198.51.100.1", "198.51.100.1"},
		{"10.1.2.3", "  198.51.100.1\t", "198.51.100.1"},
		{"10.1.2.3", "2001:db8::1", "2001:db8::1"},
		{"fd00::1", "198.51.100.1", "198.51.100.1"},
		{"192.0.2.1", "198.51.100.1", "198.51.100.1"},
		{"192.0.2.2", "198.51.100.1", "192.0.2.2"},
		/* The last one that is not trusted; what the client wrote
		 * before it is nobody's. */
		{"10.1.2.3", "1.1.1.1, 198.51.100.1", "198.51.100.1"},
		{"10.1.2.3", "1.1.1.1, 198.51.100.1, 10.9.9.9", "198.51.100.1"},
		{"10.1.2.3", "1.1.1.1,10.0.0.1 ,10.9.9.9", "1.1.1.1"},
		{"10.1.2.3", "10.0.0.1, 10.0.0.2", "10.0.0.1"},
		/* Not further than what can be read. */
		{"10.1.2.3", "1.1.1.1, unknown", "10.1.2.3"},
		{"10.1.2.3", "1.1.1.1, unknown, 10.9.9.9", "10.9.9.9"},
		{"10.1.2.3", "1.1.1.1,", "10.1.2.3"},
		{"10.1.2.3", ",1.1.1.1", "1.1.1.1"},
		{"10.1.2.3", ",", "10.1.2.3"},
		{"10.1.2.3", "1.1.1.1:80", "10.1.2.3"},
		{"10.1.2.3", "[2001:db8::1]", "10.1.2.3"},
		{"10.1.2.3", "1.1.1.1 2.2.2.2", "10.1.2.3"},
		{"10.1.2.3", "::ffff:198.51.100.1", "198.51.100.1"},
		/* Several fields are one list (RFC 9110, section 5.3). */
		{"10.1.2.3", "1.1.1.1|198.51.100.1", "198.51.100.1"},
		{"10.1.2.3", "1.1.1.1|10.0.0.1", "1.1.1.1"},
		{"10.1.2.3", "2.2.2.2,1.1.1.1|10.0.0.1, 10.0.0.2", "1.1.1.1"},
		{"10.1.2.3", "1.1.1.1|unknown", "10.1.2.3"},
		{"10.1.2.3", "1.1.1.1|2.2.2.2|10.0.0.1", "2.2.2.2"},
		{"203.0.113.7", "1.1.1.1|10.0.0.1", "203.0.113.7"},
		/* A unix socket's peer is none. */
		{"", "198.51.100.1", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check(rows[i].peer, rows[i].forwarded, COUNT_OF(trusted),
			rows[i].want);
}

static void test_nobody_is_trusted(void **state)
{
	(void)state;
	check("10.1.2.3", "198.51.100.1", 0, "10.1.2.3");
}

/* A chain of proxies without an end is not walked to it. */
static void test_long_chains(void **state)
{
	static const int proxies[] = {15, 16, 1000};
	struct buf list;

	(void)state;
	buf_init(&list, 16384);
	for (size_t i = 0; i < COUNT_OF(proxies); i++) {
		buf_reset(&list);
		buf_text(&list, "198.51.100.1");
		for (int n = 0; n < proxies[i]; n++)
			buf_text(&list, ",10.0.0.1");
		check("10.1.2.3", buf_cstr(&list), COUNT_OF(trusted),
			i ? "10.0.0.1" : "198.51.100.1");
	}
	buf_deinit(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_nobody_is_trusted),
		cmocka_unit_test(test_long_chains),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
