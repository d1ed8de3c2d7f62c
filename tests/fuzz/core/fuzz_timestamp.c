/* Times and days: what is read is written in the one way that reads as the
 * same; any number is written as a text that is read. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "core/timestamp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_ms(uint64_t ms)
{
	char text[TIMESTAMP_LEN];
	uint64_t again;

	timestamp_write(text, ms);
	ASSERT(timestamp_parse(str_make(text, sizeof(text)), &again) == OK);
	ASSERT(again == (ms < TIMESTAMP_MS_MAX ? ms : TIMESTAMP_MS_MAX));
}

static void check_day(uint64_t day)
{
	char text[DAY_LEN];
	uint64_t again;

	day_write(text, day);
	ASSERT(day_parse(str_make(text, sizeof(text)), &again) == OK);
	ASSERT(again == (day < DAY_MAX ? day : DAY_MAX));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_make((const char *)data, size);
	uint64_t number;

	if (timestamp_parse(text, &number) == OK) {
		ASSERT(number <= TIMESTAMP_MS_MAX);
		check_ms(number);
	}
	if (day_parse(text, &number) == OK) {
		ASSERT(number <= DAY_MAX);
		check_day(number);
	}
	if (size >= sizeof(number)) {
		memcpy(&number, data, sizeof(number));
		check_ms(number);
		check_ms(number >> 18);
		check_day(number);
		check_day(number >> 42);
	}
	return 0;
}
