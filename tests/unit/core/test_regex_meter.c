#include "core/regex_meter.h"

#include "support/cmocka.h"

static void test_callouts(void **state)
{
	static const struct {
		const char *regex;
		const char *metered; /* ! for (?C); NULL: not understood */
		unsigned branches;
	} rows[] = {
		{"abc", "abc", 1},
		{"a+b", "a+!b", 1},
		{"a+?b*c", "a+?!b*!c", 1},
		{"a?b", "a?!b", 1},
		{"a{2}b{2,3}", "a{2}b{2,3}!", 1},
		{"(a)b", "(a)b", 1},
		{"(a)+b", "(a)+!b", 1},
		{"(a){2}b", "(a){2}b", 1},
		{"(a|b)c", "(a|b)!c", 2},
		{"a|b|c", "a|b|c", 3},
		{"(?:(a|b)|c(d))e", "(?:(a|b)!|c(d))!e", 3},
		{"(a|b)(c)d", "(a|b)!(c)d", 2},
		{"^.{0,200}/(\\d+)(?:\\.(\\d+)|)$",
			"^.{0,200}!/(\\d+!)(?:\\.(\\d+!)|)!$", 2},
		{"[+|(]+\\+\\)", "[+|(]+!\\+\\)", 1},
		{"(?=a|b)c", "(?=a|b)!c", 2},
		{"(?i)a+", NULL, 0},
		{"(a+", NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct regex_meter meter;
		struct buf got, want;

		print_message("%s\n", rows[i].regex);
		buf_init(&got, 1024);
		buf_init(&want, 1024);
		buf_text(&got, "before ");
		buf_text(&want, "before ");
		for (const char *p = rows[i].metered; p && *p; p++) {
			if (*p == '!')
				buf_text(&want, "(?C)");
			else
				buf_byte(&want, *p);
		}
		assert_int_equal(
			regex_meter(str_from(rows[i].regex), &meter, &got),
			rows[i].metered != NULL);
		assert_string_equal(buf_cstr(&got), buf_cstr(&want));
		if (rows[i].metered)
			assert_int_equal(meter.branches, rows[i].branches);
		buf_deinit(&got);
		buf_deinit(&want);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_callouts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
