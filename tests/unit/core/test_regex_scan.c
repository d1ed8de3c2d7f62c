#include "core/regex_scan.h"

#include <stdio.h>

#include "base/buf.h"
#include "support/cmocka.h"

static void put_set(struct buf *to, const struct regex_set *set)
{
	unsigned n = 0, last = 0;

	for (unsigned c = 0; c < 256; c++) {
		if (!regex_set_has(set, (uint8_t)c))
			continue;
		n++;
		last = c;
	}
	if (n == 1)
		buf_byte(to, (char)last);
	else
		buf_printf(to, "<%u>", n);
}

static void put_times(struct buf *to, const struct regex_item *item)
{
	if (item->min == 1 && item->max == 1)
		return;
	if (item->max == REGEX_MANY)
		buf_printf(to, "{%u,}", item->min);
	else
		buf_printf(to, "{%u,%u}", item->min, item->max);
}

/* Sets of one byte as that byte, others as <bytes>; ~ for what takes none, @
 * for a lookaround, ! for what is not known. */
static const char *items(const char *regex, struct buf *to)
{
	struct regex_item item;
	struct regex_scan s;

	buf_reset(to);
	regex_scan_init(&s, str_from(regex));
	do {
		size_t at = s.at;

		regex_scan_next(&s, &item);
		assert_true(item.end == s.at);
		assert_true(item.kind == REGEX_END ||
			    item.kind == REGEX_UNKNOWN || s.at > at);
		switch (item.kind) {
		case REGEX_END:
			break;
		case REGEX_UNKNOWN:
			buf_byte(to, '!');
			break;
		case REGEX_SET:
			put_set(to, &item.set);
			put_times(to, &item);
			break;
		case REGEX_ZERO:
			buf_byte(to, '~');
			break;
		case REGEX_OPEN:
			buf_byte(to, item.is_look ? '@' : '(');
			break;
		case REGEX_CLOSE:
			buf_byte(to, ')');
			put_times(to, &item);
			break;
		case REGEX_OR:
			buf_byte(to, '|');
			break;
		}
	} while (item.kind != REGEX_END && item.kind != REGEX_UNKNOWN);
	return buf_cstr(to);
}

static const struct {
	const char *regex;
	const char *items;
} expressions[] = {
	{"", ""},
	{"abc", "abc"},
	{"a\\.b\\/c\\-", "a.b/c-"},
	{"a|b", "a|b"},
	{"^a$", "~a~"},
	{"\\ba\\B", "~a~"},
	{".", "<255>"},
	{"\\d\\D", "<10><246>"},
	{"\\w\\W", "<63><193>"},
	{"\\s\\S", "<6><250>"},
	{"\\t\\n\\r\\f", "\t\n\r\f"},
	{"(a)(?:b)", "(a)(b)"},
	{"((a)|)", "((a)|)"},
	{"(?=a)(?!b)(?<=c)(?<!d)", "@a)@b)@c)@d)"},
	/* quantifiers */
	{"a?b*c+", "a{0,1}b{0,}c{1,}"},
	{"a??b*?c+?", "a{0,1}b{0,}c{1,}"},
	{"a?+b*+c++", "a{0,1}b{0,}c{1,}"},
	{"a{3}b{3,}c{3,5}d{0}", "a{3,3}b{3,}c{3,5}d{0,0}"},
	{"a{2}?b{2,3}+", "a{2,2}b{2,3}"},
	{"(a){2,}", "(a){2,}"},
	{"a{65535}", "a{65535,65535}"},
	{"a{65536}", "!"},
	{"a{99999999999999999999}", "!"},
	{"a{3,2}", "!"},
	{"a{,3}", "!"},
	{"a{x}", "!"},
	{"a{3", "!"},
	{"a}", "a}"},
	{"{", "!"},
	{"a**", "!"},
	{"a{2}{3}", "!"},
	{"*a", "!"},
	{"(?+a)", "!"},
	{"a|?", "a!"},
	{"^*", "!"},
	{"\\b+", "!"},
	/* classes */
	{"[a]", "a"},
	{"[abc]", "<3>"},
	{"[a-e]", "<5>"},
	{"[^a]", "<255>"},
	{"[]]", "]"},
	{"[]a]", "<2>"},
	{"[^]]", "<255>"},
	{"[-a]", "<2>"},
	{"[a-]", "<2>"},
	{"[a-c-e]", "<5>"},
	{"[\\]]", "]"},
	{"[\\d.]", "<11>"},
	{"[\\w-]", "<64>"},
	{"[\\-\\ ]", "<2>"},
	{"[A-z]", "<58>"},
	{"[%20| ]", "<5>"},
	{"[\\t]", "\t"},
	{"[a-\\d]", "!"},
	{"[\\d-z]", "!"},
	{"[z-a]", "!"},
	{"[[:alpha:]]", "!"},
	{"[[a]", "<2>"},
	{"[a", "!"},
	{"[a-", "!"},
	{"[", "!"},
	{"[\\", "!"},
	{"[\\b]", "!"},
	{"[a]{2}", "a{2,2}"},
	/* what is not known */
	{"\\1", "!"},
	{"\\x41", "!"},
	{"\\Qa\\E", "!"},
	{"\\pL", "!"},
	{"a\\", "a!"},
	{"(?i)a", "!"},
	{"(?i:a)", "!"},
	{"(?<n>a)", "!"},
	{"(?P<n>a)", "!"},
	{"(?>a)", "!"},
	{"(?#a)", "!"},
	{"(*UTF)a", "!"},
	/* pairs */
	{"(", "(!"},
	{")", "!"},
	{"a)", "a!"},
	{"(a))", "(a)!"},
	{"((a)", "((a)!"},
};

static void test_items(void **state)
{
	struct buf got;

	(void)state;
	buf_init(&got, 4096);
	for (size_t i = 0; i < COUNT_OF(expressions); i++) {
		print_message("%s\n", expressions[i].regex);
		assert_string_equal(items(expressions[i].regex, &got),
			expressions[i].items);
	}
	buf_deinit(&got);
}

static void test_depth(void **state)
{
	char regex[2 * REGEX_DEPTH_MAX + 4];
	struct buf got;
	size_t n = 0;

	(void)state;
	buf_init(&got, 4096);
	while (n < REGEX_DEPTH_MAX)
		regex[n++] = '(';
	regex[n] = 'a';
	memset(regex + n + 1, ')', n);
	regex[2 * n + 1] = '\0';
	assert_null(strchr(items(regex, &got), '!'));
	memmove(regex + 1, regex, 2 * n + 2);
	assert_non_null(strchr(items(regex, &got), '!'));
	buf_deinit(&got);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_items),
		cmocka_unit_test(test_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
