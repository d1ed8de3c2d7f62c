/* A growing byte buffer that is given its maximum when it is made. An append
 * that would pass the maximum, or finds no memory, changes nothing and sets a
 * sticky error: append freely, check once with buf_err(). */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct buf {
	char *p;
	size_t n;     /* bytes in use */
	size_t size;  /* bytes allocated */
	size_t max;   /* never more than this */
	enum err err; /* OK, ERR_NOMEM, or ERR_TOO_LONG for the maximum */
};

/* On the caller's storage; no memory is taken until the first append. max is
 * at most SIZE_MAX / 4. */
void buf_init(struct buf *b, size_t max);
/* Frees the bytes; the buffer can be used again, with the same maximum. */
void buf_deinit(struct buf *b);
/* Empties it and clears the error; keeps the memory. */
void buf_reset(struct buf *b);

void buf_add(struct buf *b, const void *p, size_t n);
void buf_str(struct buf *b, struct str s);
void buf_text(struct buf *b, const char *z);
void buf_byte(struct buf *b, char c);
/* Decimal. */
void buf_u64(struct buf *b, uint64_t v);
void buf_i64(struct buf *b, int64_t v);
void buf_printf(struct buf *b, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));
/* Room for n more bytes, to be written by the caller and counted with
 * buf_wrote(); NULL if there is none (and the error is set). */
char *buf_reserve(struct buf *b, size_t n);
void buf_wrote(struct buf *b, size_t n);
/* Drops n bytes from the front, moving the rest. */
void buf_consume(struct buf *b, size_t n);
/* Ends it with a NUL that n does not count; "" after an error. Valid until the
 * next change. */
const char *buf_cstr(struct buf *b);

static inline struct str buf_view(const struct buf *b)
{
	return str_make(b->p, b->n);
}

CHECKED static inline enum err buf_err(const struct buf *b)
{
	return b->err;
}
