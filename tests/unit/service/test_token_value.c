#include "service/token_value.h"

#include "support/cmocka.h"

/* Params come first, then recipient and ref by their names, then defaults. */
static void test_order(void **state)
{
	static const struct token_shape shape = {
		.names_n = 2, .names = {{"cart", 4}, {"ref", 3}}};
	static const struct token_shape nameless = {0};
	static const struct token_tail tail = {.recipient = {"user", 4},
		.ref = {"msg", 3},
		.values = {{"A7", 2}, {"", 0}}};
	static const struct token_tail bare = {0};
	static const struct link link = {.defaults_n = 3,
		.defaults = {{{"cart", 4}, {"d1", 2}},
			{{"recipient", 9}, {"d2", 2}},
			{{"lang", 4}, {"hi", 2}}}};
	static const struct {
		const struct token_shape *shape;
		const struct token_tail *tail;
		const char *name, *value; /* NULL: none */
	} rows[] = {
		{&shape, &tail, "cart", "A7"},
		{&shape, &tail, "ref", ""},
		{&shape, &tail, "recipient", "user"},
		{&shape, &tail, "lang", "hi"},
		{&shape, &tail, "other", NULL},
		{&nameless, &tail, "ref", "msg"},
		{&nameless, &tail, "cart", "d1"},
		{&nameless, &bare, "recipient", "d2"},
		{&nameless, &bare, "ref", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct str value = token_value(rows[i].shape, rows[i].tail,
			&link, str_from(rows[i].name));

		if (rows[i].value)
			assert_true(value.p && str_is(value, rows[i].value));
		else
			assert_null(value.p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
