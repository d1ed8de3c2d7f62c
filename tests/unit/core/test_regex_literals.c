#include "core/regex_literals.h"

#include <stdio.h>

#include "base/buf.h"
#include "support/cmocka.h"

/* The literals of an expression, joined by '|'. */
static const char *literals(struct regex_literals *l, const char *regex,
	bool caseless, struct buf *to)
{
	size_t n = regex_literals_find(l, str_from(regex), caseless);

	buf_reset(to);
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_byte(to, '|');
		buf_str(to, regex_literals_at(l, i));
	}
	return buf_cstr(to);
}

static const struct {
	const char *regex;
	bool caseless;
	const char *literals; /* "" for none */
} expressions[] = {
	{"zulu", false, "zulu"},
	{"ZuLu", true, "zulu"},
	{"ZuLu", false, "ZuLu"},
	{"zu", false, ""},
	{"", false, ""},
	{"^zulu$", false, "zulu"},
	{"\\bzulu\\b", false, "zulu"},
	{"(zulu)", false, "zulu"},
	{"(zu)(?:lu)", false, "zulu"},
	{"zulu|yankee", false, "zulu|yankee"},
	{"zulu|ya", false, ""},
	{"zulu|", false, ""},
	{"(zulu|yankee) x", false, "zulu x|yankee x"},
	/* the best of several */
	{"zulu.yankee", false, "yankee"},
	{"zulu \\d+ yankee", false, " yankee"},
	{"yankee.zulu", false, "yankee"},
	{"Mozilla.zulu", false, "zulu"},
	{"zulu.Android", false, "zulu"},
	{"Mozilla", false, "Mozilla"},
	/* what may be missing */
	{"zulu?", false, "zulu|zul"},
	{"(zulu)?", false, ""},
	{"(zulu)? yankee", false, "zulu yankee| yankee"},
	{"(zulu)*yankee", false, "yankee"},
	{"(zulu){0,5}yankee", false, "yankee"},
	{"(zulu){0}yankee", false, "yankee"},
	{"(zulu)+", false, "zulu"},
	{"(zulu){2,3}", false, "zulu"},
	{"(?:zulu|)yankee", false, "zuluyankee|yankee"},
	{"zul+u", false, ""},
	{"zull+u", false, "zul"},
	{"zulu+", false, "zul"},
	/* lookarounds take no place */
	{"zu(?!yankee)lu", false, "zulu"},
	{"zu(?=yankee)lu", false, "zulu"},
	{"(?<=yankee)zulu", false, "zulu"},
	{"(?=yankee)", false, ""},
	/* classes */
	{"[zZ]ulu", false, "Zulu|zulu"},
	{"[zZ]ulu", true, "zulu"},
	{"zulu[ab][cd]", false, "zuluac|zuluad|zulubc|zulubd"},
	{"zulu[a-z]x", false, "zulu"},
	{"zulu[^a]", false, "zulu"},
	{"[a-z]+", false, ""},
	{"zul\\.u", false, "zul.u"},
	/* what the parts of a product would make too many or too long
	 */
	{"[abcd][abcd][abcd]zulu", false, "azulu|bzulu|czulu|dzulu"},
	{"abcdefghijklmnopqrstuvwxyz", false, "abcdefghijklmnopqrstuvwx"},
	{"abcdefghijklmnopqrstuv(wx|yz)xyz", false,
		"abcdefghijklmnopqrstuvwx|abcdefghijklmnopqrstuvyz"},
	/* nothing is known */
	{"zulu(?i)", false, ""},
	{"zulu\\1", false, ""},
	{"(zulu", false, ""},
	{"(?:zulu|yankee.)+", false, "zulu|yankee"},
	{"((zulu|yankee)|(x-ray|whiskey))\\d", false,
		"zulu|yankee|x-ray|whiskey"},
};

static void test_literals(void **state)
{
	struct regex_literals *l = regex_literals_new();
	struct buf got;

	(void)state;
	assert_non_null(l);
	buf_init(&got, 4096);
	for (size_t i = 0; i < COUNT_OF(expressions); i++) {
		print_message("%s\n", expressions[i].regex);
		assert_string_equal(literals(l, expressions[i].regex,
					    expressions[i].caseless, &got),
			expressions[i].literals);
	}
	buf_deinit(&got);
	regex_literals_free(l);
}

/* Alternatives beyond what one stretch may be are still told apart. */
static void test_many(void **state)
{
	struct regex_literals *l = regex_literals_new();
	struct buf regex;
	size_t n;

	(void)state;
	assert_non_null(l);
	buf_init(&regex, 65536);
	buf_byte(&regex, '(');
	for (int i = 0; i < REGEX_LITERALS_MAX; i++)
		buf_printf(&regex, "%szulu%03d", i ? "|" : "", i);
	buf_text(&regex, ")");
	n = regex_literals_find(l, buf_view(&regex), false);
	assert_int_equal(n, REGEX_LITERALS_MAX);
	assert_true(str_is(regex_literals_at(l, 511), "zulu511"));
	regex.n--;
	buf_text(&regex, "|zulu512)");
	assert_int_equal(regex_literals_find(l, buf_view(&regex), false), 0);
	/* And a whole pool of them. */
	buf_reset(&regex);
	for (int i = 0; i < 3000; i++)
		buf_printf(&regex, "%szulu%04d", i ? "|" : "", i);
	assert_int_equal(regex_literals_find(l, buf_view(&regex), false), 0);
	buf_deinit(&regex);
	regex_literals_free(l);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_literals),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
