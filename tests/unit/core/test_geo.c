#include "core/geo.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "support/cmocka.h"
#include "support/fault.h"
#include "support/mmdb.h"
#include "support/temp.h"

static struct temp temp;
static char path[PATH_MAX];
static struct geo_memo memo; /* of the open file */

static int setup(void **state)
{
	(void)state;
	temp_init(&temp);
	(void)snprintf(path, sizeof(path), "%s", temp_file(&temp, "c.mmdb"));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	temp_deinit(&temp);
	return 0;
}

/* Replaces the file. */
static void put_file(struct str bytes)
{
	assert_int_equal(file_write(path, bytes, 0600), OK);
}

/* Writes over one of the same length, which is quicker. */
static void put_over(struct str bytes)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_true(write(fd, bytes.p, bytes.n) == (ssize_t)bytes.n);
	assert_int_equal(close(fd), 0);
}

static void fill(struct mmdb_writer *w)
{
	struct buf odd;

	mmdb_writer_add(w, "81.0.0.0/8", "DE", "FR");
	mmdb_writer_add(w, "81.2.0.0/16", "GB", "GB");
	mmdb_writer_add(w, "81.2.3.4/32", "IE", NULL);
	mmdb_writer_add(w, "82.0.0.0/8", NULL, "FR");
	mmdb_writer_add(w, "83.0.0.0/8", NULL, NULL);
	mmdb_writer_add(w, "84.0.0.0/8", "de", NULL);
	mmdb_writer_add(w, "85.0.0.0/8", "DEU", "D");
	mmdb_writer_add(w, "86.0.0.0/8", "D\xc3", "US");
	mmdb_writer_add_record(w, "87.0.0.0/8", STR("\x42US"));
	mmdb_writer_add_record(w, "88.0.0.0/8",
		STR("\xe1\x47"
		    "country\xa1\x01"));
	/* nothing but a pointer to 83.0.0.0/8's like, by way of a map */
	buf_init(&odd, 64);
	mmdb_put_pointer(&odd, 0);
	mmdb_writer_add_record(w, "89.0.0.0/8", buf_view(&odd));
	buf_deinit(&odd);
	if (w->ip_version == 4)
		return;
	mmdb_writer_add(w, "2001:db8::/32", "JP", NULL);
	mmdb_writer_add(w, "2001:db8:1::/48", "IN", NULL);
}

static void make_file(struct buf *to, unsigned ip_version, unsigned record_size)
{
	static struct mmdb_writer w;

	buf_init(to, 1 << 20);
	mmdb_writer_init(&w, ip_version, record_size);
	fill(&w);
	mmdb_writer_finish(&w, to);
	mmdb_writer_deinit(&w);
}

/* One country for the whole of 81.0.0.0/8. */
static void put_simple(const char *country)
{
	static struct mmdb_writer w;
	struct buf b;

	buf_init(&b, 1 << 20);
	mmdb_writer_init(&w, 4, 24);
	mmdb_writer_add(&w, "81.0.0.0/8", country, NULL);
	mmdb_writer_finish(&w, &b);
	put_file(buf_view(&b));
	mmdb_writer_deinit(&w);
	buf_deinit(&b);
}

static const char *country_of(struct geo *g, const char *address)
{
	static char country[3];
	struct ip ip = {0};
	bool known;

	if (address[0])
		assert_int_equal(ip_parse(str_from(address), &ip), OK);
	memset(country, 'x', sizeof(country));
	known = geo_country(g, &memo, &ip, country);
	assert_int_equal(known, country[0] != '\0');
	assert_int_equal(country[2], 'x');
	country[2] = '\0';
	return country;
}

static struct geo *open_geo(void)
{
	struct geo_problem problem = {""};
	struct geo *g;
	enum err e = geo_open(path, &g, &problem);

	if (e)
		print_message("%s\n", problem.text);
	assert_int_equal(e, OK);
	memset(&memo, 0, sizeof(memo));
	return g;
}

static void check_countries(struct geo *g, bool has_ipv6)
{
	static const struct {
		const char *address;
		const char *country;
	} rows[] = {
		{"81.0.0.0", "DE"},
		{"81.1.255.255", "DE"},
		{"81.2.0.0", "GB"},
		{"81.2.255.255", "GB"},
		{"81.2.3.3", "GB"},
		{"81.2.3.4", "IE"},
		{"81.2.3.5", "GB"},
		{"81.3.0.0", "DE"},
		{"80.255.255.255", ""},
		{"82.1.1.1", "FR"},
		{"83.1.1.1", ""},
		/* no two capital letters */
		{"84.1.1.1", ""},
		{"85.1.1.1", ""},
		{"86.1.1.1", "US"},
		/* records of another shape */
		{"87.1.1.1", ""},
		{"88.1.1.1", ""},
		{"89.1.1.1", "DE"},
		{"0.0.0.0", ""},
		{"255.255.255.255", ""},
		{"", ""}, /* no address */
		{"::ffff:81.2.3.4", "IE"},
	};
	static const struct {
		const char *address;
		const char *country;
	} ipv6[] = {
		{"2001:db8::", "JP"},
		{"2001:db8:ffff::1", "JP"},
		{"2001:db8:1::1", "IN"},
		{"2001:db9::", ""},
		{"::1", ""},
	};

	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < COUNT_OF(rows); i++)
			assert_string_equal(country_of(g, rows[i].address),
				rows[i].country);
		for (size_t i = 0; i < COUNT_OF(ipv6); i++)
			assert_string_equal(country_of(g, ipv6[i].address),
				has_ipv6 ? ipv6[i].country : "");
	}
}

static void test_countries(void **state)
{
	(void)state;
	for (unsigned size = 24; size <= 32; size += 4) {
		for (unsigned version = 4; version <= 6; version += 2) {
			struct geo *g;
			struct buf b;

			make_file(&b, version, size);
			put_file(buf_view(&b));
			g = open_geo();
			check_countries(g, version == 6);
			geo_close(g);
			buf_deinit(&b);
		}
	}
}

static void test_refused(void **state)
{
	static const struct {
		struct str bytes;
		const char *problem;
	} rows[] = {
		{{"", 0}, "not a file of 1 to 536870912 bytes"},
		{{"x", 1}, "not a MaxMind DB file, or cut short"},
		{{"\xab\xcd\xefMaxMind.com", 14},
			"not a MaxMind DB file, or cut short"},
		{{"\xab\xcd\xefMaxMind.com\xe1", 15},
			"its metadata is damaged"},
		{{"\xab\xcd\xefMaxMind.com\xe0", 15},
			"its metadata lacks node_count or record_size"},
	};
	struct geo_problem problem;
	char expected[PATH_MAX + 64];
	struct geo *g;

	(void)state;
	assert_int_equal(unlink(path), 0);
	assert_int_equal(geo_open(path, &g, &problem), ERR_NOT_FOUND);
	(void)snprintf(expected, sizeof(expected),
		"%s: No such file or directory", path);
	assert_string_equal(problem.text, expected);
	assert_int_equal(geo_open(temp.path, &g, &problem), ERR_INVALID);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		put_file(rows[i].bytes);
		assert_int_equal(geo_open(path, &g, &problem), ERR_INVALID);
		(void)snprintf(expected, sizeof(expected), "%s: %s", path,
			rows[i].problem);
		assert_string_equal(problem.text, expected);
	}
}

/* A bit of every byte turned: the file is refused, or some countries are other
 * ones; nothing worse. */
static void test_damaged(void **state)
{
	struct geo_problem problem;
	size_t opened = 0;
	struct geo *g;
	struct buf b;

	(void)state;
	make_file(&b, 6, 28);
	put_file(buf_view(&b));
	for (size_t i = 0; i < b.n; i++) {
		b.p[i] = (char)(b.p[i] ^ 1 << i % 8);
		put_over(buf_view(&b));
		if (geo_open(path, &g, &problem) == OK) {
			opened++;
			memset(&memo, 0, sizeof(memo));
			(void)country_of(g, "81.2.3.4");
			(void)country_of(g, "82.1.1.1");
			(void)country_of(g, "88.1.1.1");
			(void)country_of(g, "255.255.255.255");
			(void)country_of(g, "2001:db8:1::1");
			geo_close(g);
		}
		b.p[i] = (char)(b.p[i] ^ 1 << i % 8);
	}
	assert_true(opened > 100 && opened < b.n);
	buf_deinit(&b);
}

/* What a look finds; *g is exchanged as its owner does. */
static enum geo_news look(struct geo **g, struct geo_refused *refused,
	struct geo_problem *problem)
{
	struct geo *next;
	enum geo_news news = geo_look(*g, path, refused, &next, problem);

	if (news == GEO_REPLACED) {
		geo_close(*g);
		*g = next;
		memset(&memo, 0, sizeof(memo));
	}
	return news;
}

static void test_replaced(void **state)
{
	struct geo_problem problem = {""};
	struct geo_refused refused = {.is_any = false};
	struct geo *g, *shared;

	(void)state;
	put_simple("DE");
	g = open_geo();
	shared = geo_share(g);
	assert_string_equal(country_of(g, "81.1.1.1"), "DE");
	assert_int_equal(look(&g, &refused, &problem), GEO_SAME);
	put_simple("FR");
	assert_string_equal(country_of(g, "81.1.1.1"), "DE");
	assert_int_equal(look(&g, &refused, &problem), GEO_REPLACED);
	assert_string_equal(country_of(g, "81.1.1.1"), "FR");
	assert_int_equal(look(&g, &refused, &problem), GEO_SAME);
	geo_close(g);
	/* Who has a share of the former one reads on. */
	memset(&memo, 0, sizeof(memo));
	assert_string_equal(country_of(shared, "81.1.1.1"), "DE");
	geo_close(shared);
}

/* What cannot be opened is said once, until it is another file. */
static void test_replaced_badly(void **state)
{
	struct geo_problem problem = {""};
	struct geo_refused refused = {.is_any = false};
	char expected[PATH_MAX + 64];
	struct geo *g;

	(void)state;
	put_simple("DE");
	g = open_geo();
	put_file(STR("rubbish"));
	assert_int_equal(look(&g, &refused, &problem), GEO_REFUSED);
	(void)snprintf(expected, sizeof(expected),
		"%s: not a MaxMind DB file, or cut short", path);
	assert_string_equal(problem.text, expected);
	assert_string_equal(country_of(g, "81.1.1.1"), "DE");
	assert_int_equal(look(&g, &refused, &problem), GEO_SAME);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(look(&g, &refused, &problem), GEO_REFUSED);
	assert_int_equal(look(&g, &refused, &problem), GEO_SAME);
	assert_string_equal(country_of(g, "81.1.1.1"), "DE");
	put_simple("FR");
	assert_int_equal(look(&g, &refused, &problem), GEO_REPLACED);
	assert_string_equal(country_of(g, "81.1.1.1"), "FR");
	geo_close(g);
}

/* Somebody writes over the file that is open, which a map of it would not
 * survive. */
static void test_truncated(void **state)
{
	struct geo_problem problem;
	struct geo_refused refused = {.is_any = false};
	struct geo *g;

	(void)state;
	put_simple("DE");
	g = open_geo();
	assert_int_equal(truncate(path, 0), 0);
	assert_string_equal(country_of(g, "81.1.1.1"), "DE");
	assert_int_equal(look(&g, &refused, &problem), GEO_REFUSED);
	assert_string_equal(country_of(g, "81.1.1.1"), "DE");
	geo_close(g);
}

static void test_nomem(void **state)
{
	struct geo_problem problem;
	struct geo *g;

	(void)state;
	put_simple("DE");
	fault_alloc(1);
	assert_int_equal(geo_open(path, &g, &problem), ERR_NOMEM);
	fault_alloc(0);
	geo_close(NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_countries),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_replaced),
		cmocka_unit_test(test_replaced_badly),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_nomem),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
