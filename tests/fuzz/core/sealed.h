/* For fuzzers of records: the input as it is, and as the body of a record that
 * is sealed rightly, which no fuzzer would find by itself. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "core/record.h"

enum {
	SEALED_VERSION = 1
};

/* An exact copy on the heap, so that a read past its end is seen; key.p NULL
 * for records that are sealed without one. The result is to be freed by
 * buf_deinit(). */
static inline struct buf sealed_record(struct str body, struct str key)
{
	struct writer w;
	struct buf b;

	buf_init(&b, body.n + RECORD_OVERHEAD);
	record_begin(&w, &b, SEALED_VERSION);
	writer_raw(&w, body.p, body.n);
	if (key.p)
		record_seal_keyed(&w, key);
	else
		record_seal(&w);
	return b;
}

/* Calls check(record, key) for both. */
static inline void check_both(const uint8_t *data, size_t size, struct str key,
	void (*check)(struct str record, struct str key))
{
	struct str input = str_make((const char *)data, size);
	struct buf b = sealed_record(input, key);

	check(input, key);
	if (buf_err(&b) == OK)
		check(buf_view(&b), key);
	buf_deinit(&b);
}
