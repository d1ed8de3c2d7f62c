#include "load/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "support/cmocka.h"

static struct report good(void)
{
	return (struct report){.requests = 2, .answered = 3};
}

static void test_good(void **state)
{
	static struct report r;

	(void)state;
	r = good();
	assert_true(report_is_good(&r));
	/* What was never sent is reported, and no fault. */
	r.connect_errors = 1;
	r.unsent = 1;
	assert_true(report_is_good(&r));
	r = good();
	r.wrong = 1;
	assert_false(report_is_good(&r));
	r = good();
	r.unanswered = 1;
	assert_false(report_is_good(&r));
	r = good();
	r.unclean = 1;
	assert_false(report_is_good(&r));
	r = good();
	r.answered = 0;
	assert_false(report_is_good(&r));
}

static void test_print(void **state)
{
	static struct report r;
	char *text = NULL;
	size_t n = 0;
	FILE *file = open_memstream(&text, &n);

	(void)state;
	assert_non_null(file);
	r = (struct report){.requests = 2,
		.answered = 3,
		.wrong = 4,
		.unanswered = 5,
		.connect_errors = 6,
		.unclean = 7,
		.unsent = 8,
		.window_ns = 500000000,
		.cpu_ns = 1500,
		.from_wall_us = 1795423313000001,
		.to_wall_us = 1795423313500001};
	latency_add(&r.latency, 100);
	latency_add(&r.latency, 200);
	assert_int_equal(report_print(&r, file), OK);
	assert_int_equal(fclose(file), 0);
	assert_string_equal(text,
		"{\"requests\": 2, \"answered\": 3, \"wrong\": 4, "
		"\"unanswered\": 5, \"connect_errors\": 6, \"unclean\": 7, "
		"\"unsent\": 8, \"seconds\": 0.500000, \"rate\": 4.0, "
		"\"cpu_seconds\": 0.000002, \"latency_us\": {\"p50\": 0.1, "
		"\"p90\": 0.2, \"p99\": 0.2, \"p99_9\": 0.2, \"max\": 0.2, "
		"\"mean\": 0.1}, \"window\": {\"from\": 1795423313.000001, "
		"\"to\": 1795423313.500001}}\n");
	free(text);
}

static void test_full(void **state)
{
	static struct report r;
	FILE *file = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(file);
	r = good();
	assert_int_equal(report_print(&r, file), ERR_DISK_FULL);
	(void)fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
