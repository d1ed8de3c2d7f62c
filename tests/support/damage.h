/* Damage to sealed records: whatever is turned or cut off must be refused. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "support/cmocka.h"

/* read(bytes, arg) decodes the record in b, and takes it as it is. Every bit
 * is turned and every shorter length tried; *b is as before afterwards. */
static inline void check_damage(
	struct buf *b, enum err (*read)(struct str bytes, void *arg), void *arg)
{
	assert_int_equal(buf_err(b), OK);
	assert_int_equal(read(buf_view(b), arg), OK);
	for (size_t i = 0; i < 8 * b->n; i++) {
		b->p[i / 8] = (char)(b->p[i / 8] ^ 1 << i % 8);
		assert_int_equal(read(buf_view(b), arg), ERR_CORRUPT);
		b->p[i / 8] = (char)(b->p[i / 8] ^ 1 << i % 8);
	}
	for (size_t n = 0; n < b->n; n++)
		assert_int_equal(read(str_make(b->p, n), arg), ERR_CORRUPT);
	assert_int_equal(read(buf_view(b), arg), OK);
}
