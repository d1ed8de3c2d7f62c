#include "support/cmocka.h"

#include <string.h>

#include "base/conf.h"

enum {
	PLACES_MAX = 3,
	NAME_MAX_BYTES = 8
};

enum color {
	RED,
	GREEN,
	BLUE
};

struct plain {
	bool on;
	uint64_t pause_ms;
	uint64_t room;
	uint64_t count;
	char text[8 + 1];
	enum color color;
	struct ip_endpoint listen;
	struct conf_strings words;
	struct conf_prefixes prefixes;
};

struct named {
	char name[NAME_MAX_BYTES + 1];
	uint64_t count;
};

struct all {
	struct plain plain;
	size_t named_n;
	struct named named[PLACES_MAX];
};

static const char *const colors[] = {"red", "green", "blue", NULL};

#define PLAIN(field) offsetof(struct plain, field)

static const struct conf_section sections[] = {
	{"plain", "A plain one.", offsetof(struct all, plain)},
	{"named", "Named ones.", offsetof(struct all, named),
		sizeof(struct named), PLACES_MAX, offsetof(struct all, named_n),
		NAME_MAX_BYTES},
};

static const struct conf_setting settings[] = {
	{"plain", "on", CONF_BOOL, "yes", "yes | no", "On.", PLAIN(on)},
	{"plain", "pause", CONF_DURATION, "5s", "duration", "Pause.",
		PLAIN(pause_ms), 100, 60000},
	{"plain", "room", CONF_SIZE, "64K", "size", "Room.", PLAIN(room), 1024,
		1 << 20},
	{"plain", "count", CONF_COUNT, "7", "number", "Count.", PLAIN(count), 0,
		10},
	{"plain", "text", CONF_STRING, "some", "text", "Text.", PLAIN(text), 1,
		8},
	{"plain", "color", CONF_CHOICE, "green", "color", "Color.",
		PLAIN(color), .choices = colors},
	{"plain", "listen", CONF_ENDPOINT, "127.0.0.1:80", "address:port",
		"Listen.", PLAIN(listen)},
	{"plain", "words", CONF_STRINGS, "a, b", "list", "Words.", PLAIN(words),
		1, 4},
	{"plain", "prefixes", CONF_PREFIXES, "", "list", "Prefixes.",
		PLAIN(prefixes)},
	{"named", "count", CONF_COUNT, "3", "number", "Count.",
		offsetof(struct named, count), 0, 10},
};

static const struct conf_table table = {sections,
	sizeof(sections) / sizeof(sections[0]), settings,
	sizeof(settings) / sizeof(settings[0])};

static struct all all;

static void begin(struct conf *c)
{
	memset(&all, 0xee, sizeof(all));
	assert_int_equal(conf_init(c, &table, &all), OK);
}

static struct conf_place line(unsigned n)
{
	return (struct conf_place){.source = "x.conf", .line = n};
}

static void set(struct conf *c, unsigned at, const char *section,
	const char *key, const char *value)
{
	conf_set(
		c, line(at), str_from(section), str_from(key), str_from(value));
}

static void test_defaults(void **state)
{
	struct conf c;

	(void)state;
	begin(&c);
	assert_true(all.plain.on);
	assert_int_equal(all.plain.pause_ms, 5000);
	assert_int_equal(all.plain.room, 65536);
	assert_int_equal(all.plain.count, 7);
	assert_string_equal(all.plain.text, "some");
	assert_int_equal(all.plain.color, GREEN);
	assert_int_equal(all.plain.listen.port, 80);
	assert_int_equal(all.plain.words.n, 2);
	assert_string_equal(all.plain.words.text[1], "b");
	assert_int_equal(all.plain.prefixes.n, 0);
	assert_int_equal(all.named_n, 0);
	assert_false(conf_is_set(&c, "plain", 0, "on"));
	conf_deinit(&c);
}

static void test_values(void **state)
{
	struct conf c;

	(void)state;
	begin(&c);
	set(&c, 1, "plain", "on", "no");
	set(&c, 2, "plain", "pause", "100ms");
	set(&c, 3, "plain", "room", "1M");
	set(&c, 4, "plain", "count", "10");
	set(&c, 5, "plain", "text", "12345678");
	set(&c, 6, "plain", "color", "blue");
	set(&c, 7, "plain", "listen", "[::1]:0");
	set(&c, 8, "plain", "words", " one,, two\tfour ,");
	set(&c, 9, "plain", "prefixes", "10.0.0.0/8 ::1");
	assert_int_equal(c.errors_n, 0);
	assert_false(all.plain.on);
	assert_int_equal(all.plain.pause_ms, 100);
	assert_int_equal(all.plain.room, 1 << 20);
	assert_int_equal(all.plain.count, 10);
	assert_string_equal(all.plain.text, "12345678");
	assert_int_equal(all.plain.color, BLUE);
	assert_int_equal(all.plain.listen.ip.n, 16);
	assert_int_equal(all.plain.words.n, 3);
	assert_string_equal(all.plain.words.text[2], "four");
	assert_int_equal(all.plain.prefixes.n, 2);
	assert_int_equal(all.plain.prefixes.prefix[0].bits, 8);
	assert_true(conf_is_set(&c, "plain", 0, "on"));
	set(&c, 0, "plain", "words", "");
	assert_int_equal(all.plain.words.n, 0);
	conf_deinit(&c);
}

struct refused {
	const char *section;
	const char *key;
	const char *value;
	const char *error; /* behind "x.conf:7: " */
};

static const struct refused refused[] = {
	{"plain", "on", "maybe",
		"[plain] on: expected yes or no, got \"maybe\"\n"},
	{"plain", "on", "", "[plain] on: expected yes or no, got \"\"\n"},
	{"plain", "pause", "99ms",
		"[plain] pause: expected a duration (such as 100ms, 90s, 24h, "
		"90d) from 100ms to 1m, got \"99ms\"\n"},
	{"plain", "pause", "5",
		"[plain] pause: expected a duration (such as 100ms, 90s, 24h, "
		"90d) from 100ms to 1m, got \"5\"\n"},
	{"plain", "room", "2M",
		"[plain] room: expected a size (such as 4096, 64K, 1M) from "
		"1K to 1M, got \"2M\"\n"},
	{"plain", "count", "11",
		"[plain] count: expected a number from 0 to 10, got \"11\"\n"},
	{"plain", "count", "-1",
		"[plain] count: expected a number from 0 to 10, got \"-1\"\n"},
	{"plain", "count", "99999999999999999999999",
		"[plain] count: expected a number from 0 to 10, got "
		"\"99999999999999999999999\"\n"},
	{"plain", "text", "",
		"[plain] text: expected text of 1 to 8 bytes, got \"\"\n"},
	{"plain", "text", "123456789",
		"[plain] text: expected text of 1 to 8 bytes, got "
		"\"123456789\"\n"},
	{"plain", "color", "Red",
		"[plain] color: expected red, green or blue, got \"Red\"\n"},
	{"plain", "listen", "80",
		"[plain] listen: expected ADDRESS:PORT (such as "
		"127.0.0.1:8080, [::1]:8080, *:80), got \"80\"\n"},
	{"plain", "words", "a toolong",
		"[plain] words: expected at most 64 words, each of 1 to 4 "
		"bytes, got \"a toolong\"\n"},
	{"plain", "prefixes", "10.0.0.0/33",
		"[plain] prefixes: expected at most 64 addresses or prefixes "
		"(such as 10.0.0.0/8), got \"10.0.0.0/33\"\n"},
	{"plain", "of", "1", "[plain] of: there is no such key\n"},
	{"plan", "on", "no", "[plan]: there is no such section\n"},
	{"plain x", "on", "no", "[plain x]: there is no such section\n"},
	{"", "on", "no", "[]: there is no such section\n"},
	{"named", "count", "1",
		"[named]: expected a name of 1 to 8 bytes after \"named\"\n"},
	{"named 123456789", "count", "1",
		"[named 123456789]: expected a name of 1 to 8 bytes after "
		"\"named\"\n"},
	{"plain", "text", "a\nb",
		"control characters, no UTF-8, or more than 4096 bytes\n"},
	{"plain", "text", "\xff",
		"control characters, no UTF-8, or more than 4096 bytes\n"},
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		const struct refused *r = &refused[i];
		struct all before;
		struct conf c;

		begin(&c);
		before = all;
		set(&c, 7, r->section, r->key, r->value);
		assert_int_equal(c.errors_n, 1);
		assert_memory_equal(buf_cstr(&c.errors), "x.conf:7: ", 10);
		assert_string_equal(buf_cstr(&c.errors) + 10, r->error);
		assert_memory_equal(&before, &all, sizeof(all));
		conf_deinit(&c);
	}
}

static void test_all_errors_are_kept(void **state)
{
	struct conf c;

	(void)state;
	begin(&c);
	for (unsigned i = 1; i <= 10000; i++)
		set(&c, i, "plain", "nothing", "x");
	assert_int_equal(c.errors_n, 10000);
	assert_int_equal(buf_err(&c.errors), OK);
	assert_true(c.errors.n > CONF_ERRORS_MAX / 2);
	assert_int_equal(c.errors.p[c.errors.n - 1], '\n');
	conf_deinit(&c);
}

static void test_twice(void **state)
{
	struct conf c;

	(void)state;
	begin(&c);
	set(&c, 3, "plain", "count", "1");
	set(&c, 4, "named a", "count", "1");
	set(&c, 5, "named b", "count", "2");
	assert_int_equal(c.errors_n, 0);
	set(&c, 9, "plain", "count", "2");
	assert_string_equal(buf_cstr(&c.errors),
		"x.conf:9: [plain] count: set already in line 3\n");
	assert_int_equal(all.plain.count, 1);
	/* What comes from elsewhere wins, again and again. */
	conf_override(&c, "--set", STR("plain.count=5"));
	conf_override(&c, "--set", STR("plain.count = 6"));
	assert_int_equal(c.errors_n, 1);
	assert_int_equal(all.plain.count, 6);
	conf_deinit(&c);
}

static void test_named(void **state)
{
	struct conf c;

	(void)state;
	begin(&c);
	assert_true(conf_section(&c, line(1), STR("named a")));
	assert_true(conf_section(&c, line(2), STR("named  b ")));
	set(&c, 3, "named b", "count", "9");
	assert_true(conf_section(&c, line(4), STR("named a")));
	assert_int_equal(all.named_n, 2);
	assert_string_equal(all.named[0].name, "a");
	assert_int_equal(all.named[0].count, 3);
	assert_string_equal(all.named[1].name, "b");
	assert_int_equal(all.named[1].count, 9);
	assert_true(conf_section(&c, line(5), STR("named c")));
	assert_false(conf_section(&c, line(6), STR("named d")));
	assert_string_equal(buf_cstr(&c.errors),
		"x.conf:6: [named d]: more than 3 such sections\n");
	conf_deinit(&c);
}

struct override {
	const char *text;
	const char *error; /* NULL: count of the named b.c is 4 */
};

static const struct override overrides[] = {
	{"named b.c.count=4", NULL},
	{" named b.c . count = 4 ", NULL},
	{"named b.c.count",
		"--set: expected section.key=value, got \"named b.c.count\"\n"},
	{"count=4", "--set: expected section.key=value, got \"count=4\"\n"},
	{"=", "--set: expected section.key=value, got \"=\"\n"},
	{"", "--set: expected section.key=value, got \"\"\n"},
	{"named b.c.count=4=4",
		"--set: [named b.c] count: expected a number from 0 to 10, got "
		"\"4=4\"\n"},
	{".count=4", "--set: []: there is no such section\n"},
	{"plain.=4", "--set: [plain] : there is no such key\n"},
};

static void test_overrides(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(overrides) / sizeof(overrides[0]); i++) {
		struct conf c;

		begin(&c);
		conf_override(&c, "--set", str_from(overrides[i].text));
		assert_string_equal(buf_cstr(&c.errors),
			overrides[i].error ? overrides[i].error : "");
		if (!overrides[i].error)
			assert_int_equal(all.named[0].count, 4);
		conf_deinit(&c);
	}
}

static void test_error_on_a_key(void **state)
{
	const struct conf_place built_in = {0};
	struct conf c;

	(void)state;
	begin(&c);
	conf_set(&c, built_in, STR("named a"), STR("count"), STR("1"));
	assert_true(conf_section(&c, line(4), STR("named b")));
	set(&c, 5, "plain", "count", "2");
	conf_error_key(&c, "plain", 0, "count", "is %s", "odd");
	conf_error_key(&c, "plain", 0, "text", "is short");
	conf_error_key(&c, "named", 0, "count", "is built in");
	conf_error_key(&c, "named", 1, NULL, "is bad");
	conf_error(&c, built_in, "all in all");
	assert_string_equal(buf_cstr(&c.errors),
		"x.conf:5: [plain] count: is odd\n"
		"[plain] text: is short\n"
		"[named a] count: is built in\n"
		"x.conf:4: [named b]: is bad\n"
		"all in all\n");
	conf_deinit(&c);
}

static void test_print(void **state)
{
	static const struct conf_example examples[] = {
		{"named", "a", "count", "9"}, {"named", "b"}};
	struct buf text;

	(void)state;
	buf_init(&text, 1 << 16);
	conf_print(&table, examples, 2, &text);
	assert_non_null(strstr(buf_cstr(&text),
		"\n# A plain one.\n#[plain]\n# On. (yes | no)\n#on       "));
	assert_non_null(strstr(buf_cstr(&text),
		"\n# Named ones.\n#[named a]\n# Count. (number)\n"
		"#count                     = 9\n\n#[named b]\n"
		"#count                     = 3\n"));
	assert_non_null(strstr(buf_cstr(&text),
		"\n# Prefixes. (list)\n#prefixes                  =\n"));
	buf_deinit(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_all_errors_are_kept),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_named),
		cmocka_unit_test(test_overrides),
		cmocka_unit_test(test_error_on_a_key),
		cmocka_unit_test(test_print),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
