#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/num.h"

enum {
	BUF_FIRST_SIZE = 128
};

void buf_init(struct buf *b, size_t max)
{
	ASSERT(max <= SIZE_MAX / 4);
	*b = (struct buf){.max = max};
}

void buf_deinit(struct buf *b)
{
	free(b->p);
	buf_init(b, b->max);
}

void buf_reset(struct buf *b)
{
	b->n = 0;
	b->err = OK;
}

char *buf_reserve(struct buf *b, size_t n)
{
	size_t want, size;
	char *p;

	if (b->err)
		return NULL;
	if (n > b->max || b->n > b->max - n) {
		b->err = ERR_TOO_LONG;
		return NULL;
	}
	want = b->n + n;
	if (want <= b->size && b->p)
		return b->p + b->n;
	size = b->size ? b->size : BUF_FIRST_SIZE;
	while (size < want)
		size *= 2;
	if (size > b->max)
		size = b->max;
	/* One byte more than is counted, for buf_cstr(). */
	p = realloc(b->p, size + 1);
	if (!p) {
		b->err = ERR_NOMEM;
		return NULL;
	}
	b->p = p;
	b->size = size;
	return b->p + b->n;
}

void buf_wrote(struct buf *b, size_t n)
{
	ASSERT(n <= b->size - b->n);
	b->n += n;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
	char *to;

	if (!n)
		return;
	to = buf_reserve(b, n);
	if (!to)
		return;
	memcpy(to, p, n);
	b->n += n;
}

void buf_str(struct buf *b, struct str s)
{
	buf_add(b, s.p, s.n);
}

void buf_text(struct buf *b, const char *z)
{
	buf_add(b, z, strlen(z));
}

void buf_byte(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_u64(struct buf *b, uint64_t v)
{
	char text[NUM_U64_MAX];

	buf_add(b, text, num_put_u64(text, v));
}

void buf_i64(struct buf *b, int64_t v)
{
	if (v < 0)
		buf_byte(b, '-');
	buf_u64(b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void buf_vprintf(struct buf *b, const char *format, va_list args)
{
	va_list again;
	int n;

	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, again);
	va_end(again);
	ASSERT(n >= 0);
	if (!buf_reserve(b, (size_t)n))
		return;
	/* The byte behind the counted ones takes the NUL. */
	(void)vsnprintf(b->p + b->n, (size_t)n + 1, format, args);
	b->n += (size_t)n;
}

void buf_printf(struct buf *b, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buf_vprintf(b, format, args);
	va_end(args);
}

void buf_consume(struct buf *b, size_t n)
{
	ASSERT(n <= b->n);
	if (n && n < b->n)
		memmove(b->p, b->p + n, b->n - n);
	b->n -= n;
}

const char *buf_cstr(struct buf *b)
{
	if (b->err || !b->p)
		return "";
	b->p[b->n] = '\0';
	return b->p;
}
