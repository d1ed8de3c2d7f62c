#include "core/agent_family.h"

#include "support/cmocka.h"

#define TEN   "0123456789"
#define FIFTY TEN TEN TEN TEN TEN

static void test_families(void **state)
{
	static const struct {
		const char *replacement;
		const char *groups[3]; /* $1 to $3; the rest are empty */
		const char *family;
	} rows[] = {
		{"Chrome", {"", "", ""}, "Chrome"},
		{"$1", {"Chrome", "", ""}, "Chrome"},
		{"a $1 b $2 c $3", {"1", "2", "3"}, "a 1 b 2 c 3"},
		{"$2$1", {"1", "2", ""}, "21"},
		{"$1$1", {"1", "", ""}, "11"},
		{"$9x", {"1", "2", "3"}, "x"},
		{"$10", {"1", "", ""}, "10"},
		/* no group's */
		{"$", {"", "", ""}, "$"},
		{"$0", {"1", "", ""}, "$0"},
		{"$a$1", {"1", "", ""}, "$a1"},
		{"$$1", {"1", "", ""}, "$1"},
		{"100$", {"", "", ""}, "100$"},
		/* what comes from a group is not read again */
		{"$1", {"$2", "x", ""}, "$2"},
		/* trimmed */
		{" Chrome ", {"", "", ""}, "Chrome"},
		{" $1 ", {"\t\n ab \r", "", ""}, "ab"},
		{"$1 $2", {"HTC", "", ""}, "HTC"},
		{"$1 $2", {"", "One", ""}, "One"},
		{"a$1b", {"\t", "", ""}, "a b"},
		/* nothing left */
		{"", {"", "", ""}, "Other"},
		{"$1", {"", "", ""}, "Other"},
		{" $1 $2 ", {" ", "", ""}, "Other"},
		/* UTF-8 */
		{"prohl\xc3\xad\xc5\xbe", {"", "", ""},
			"prohl\xc3\xad\xc5\xbe"},
		{"$1", {"\xff\xc3 \xe2\x82", "", ""}, "?? ??"},
		{"$1", {"a\x01\x7f", "", ""}, "a??"},
		/* cut, whole characters only */
		{"$1", {FIFTY TEN TEN, "", ""}, FIFTY TEN "012"},
		{"$1$2", {FIFTY TEN "01", "\xc3\xa9x", ""}, FIFTY TEN "01"},
		{"$1$2", {FIFTY TEN "0", "\xc3\xa9x", ""},
			FIFTY TEN "0\xc3\xa9"},
		{"$1$2", {FIFTY TEN " ", "  x", ""}, FIFTY TEN},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct str groups[10];
		char family[AGENT_FAMILY_SIZE];

		for (size_t j = 0; j < 10; j++)
			groups[j] = j >= 1 && j <= 3
					    ? str_from(rows[i].groups[j - 1])
					    : STR("");
		memset(family, 'x', sizeof(family));
		agent_family_put(family, str_from(rows[i].replacement), groups);
		assert_string_equal(family, rows[i].family);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_families),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
