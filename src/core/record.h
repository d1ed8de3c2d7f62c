/* Records as they lie on disk: a version byte, the body, and XXH3-64 of all
 * before it. Written through a bounded buffer and read through a cursor whose
 * error sticks: read everything, ask once with reader_end(). Integers are
 * big-endian or LEB128 varints in their shortest form only. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/str.h"

enum {
	VARINT_MAX = 10,    /* bytes of the longest varint */
	RECORD_SEAL = 8,    /* bytes of the checksum */
	RECORD_OVERHEAD = 9 /* version and checksum */
};

/* Appends to a buffer; that buffer's error is the writer's. */
struct writer {
	struct buf *b;
	size_t start; /* where the record begins in b */
};

static inline void writer_init(struct writer *w, struct buf *b)
{
	w->b = b;
	w->start = b->n;
}

static inline void writer_raw(struct writer *w, const void *p, size_t n)
{
	buf_add(w->b, p, n);
}

static inline void writer_u8(struct writer *w, uint8_t v)
{
	buf_add(w->b, &v, 1);
}

static inline void writer_be16(struct writer *w, uint16_t v)
{
	uint8_t to[2];

	put_be16(to, v);
	buf_add(w->b, to, sizeof(to));
}

static inline void writer_be32(struct writer *w, uint32_t v)
{
	uint8_t to[4];

	put_be32(to, v);
	buf_add(w->b, to, sizeof(to));
}

static inline void writer_be64(struct writer *w, uint64_t v)
{
	uint8_t to[8];

	put_be64(to, v);
	buf_add(w->b, to, sizeof(to));
}

static inline size_t varint_put(uint8_t to[VARINT_MAX], uint64_t v)
{
	size_t n = 0;

	while (v >= 0x80) {
		to[n++] = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	to[n++] = (uint8_t)v;
	return n;
}

static inline size_t varint_size(uint64_t v)
{
	size_t n = 1;

	while (v >= 0x80) {
		v >>= 7;
		n++;
	}
	return n;
}

static inline void writer_varint(struct writer *w, uint64_t v)
{
	uint8_t to[VARINT_MAX];

	buf_add(w->b, to, varint_put(to, v));
}

/* The length as a varint, then the bytes. */
static inline void writer_bytes(struct writer *w, struct str s)
{
	writer_varint(w, s.n);
	buf_add(w->b, s.p, s.n);
}

CHECKED static inline enum err writer_err(const struct writer *w)
{
	return w->b->err;
}

/* Views of memory that the caller keeps; after an error every read gives zero
 * or the empty string. */
struct reader {
	const uint8_t *p;
	const uint8_t *end;
	enum err err; /* OK or ERR_CORRUPT */
};

static inline void reader_init(struct reader *r, struct str bytes)
{
	r->p = (const uint8_t *)bytes.p;
	r->end = bytes.n ? r->p + bytes.n : r->p;
	r->err = OK;
}

static inline size_t reader_left(const struct reader *r)
{
	return (size_t)(r->end - r->p);
}

/* For callers that find a value they read impossible. */
static inline void reader_fail(struct reader *r)
{
	r->p = r->end;
	r->err = ERR_CORRUPT;
}

/* The next n bytes, or NULL and the error set; never NULL otherwise but for
 * n == 0. */
static inline const uint8_t *reader_take(struct reader *r, size_t n)
{
	const uint8_t *p = r->p;

	if (n > reader_left(r)) {
		reader_fail(r);
		return NULL;
	}
	if (n)
		r->p += n;
	return p;
}

static inline uint8_t reader_u8(struct reader *r)
{
	if (r->p < r->end)
		return *r->p++;
	reader_fail(r);
	return 0;
}

static inline uint16_t reader_be16(struct reader *r)
{
	const uint8_t *p = reader_take(r, 2);

	return p ? get_be16(p) : 0;
}

static inline uint32_t reader_be32(struct reader *r)
{
	const uint8_t *p = reader_take(r, 4);

	return p ? get_be32(p) : 0;
}

static inline uint64_t reader_be64(struct reader *r)
{
	const uint8_t *p = reader_take(r, 8);

	return p ? get_be64(p) : 0;
}

static inline uint64_t reader_varint(struct reader *r)
{
	uint64_t v = 0;

	for (size_t i = 0; i < VARINT_MAX && r->p < r->end; i++) {
		uint8_t byte = *r->p++;

		/* The tenth byte holds the one bit that is left. */
		if (i == VARINT_MAX - 1 && byte > 1)
			break;
		v |= (uint64_t)(byte & 0x7f) << (7 * i);
		if (byte & 0x80)
			continue;
		/* A last byte of zero: a longer spelling than needed. */
		if (i && !byte)
			break;
		return v;
	}
	reader_fail(r);
	return 0;
}

/* A varint that must not exceed max. */
static inline uint64_t reader_varint_max(struct reader *r, uint64_t max)
{
	uint64_t v = reader_varint(r);

	if (v <= max)
		return v;
	reader_fail(r);
	return 0;
}

static inline struct str reader_raw(struct reader *r, size_t n)
{
	const uint8_t *p = reader_take(r, n);

	return str_make((const char *)p, p ? n : 0);
}

/* What writer_bytes() wrote. */
static inline struct str reader_bytes(struct reader *r)
{
	return reader_raw(r, reader_varint_max(r, SIZE_MAX));
}

/* ERR_CORRUPT after an error, or when bytes are left over. */
CHECKED static inline enum err reader_end(const struct reader *r)
{
	return r->p == r->end ? r->err : ERR_CORRUPT;
}

/* Begins a record at the end of b; version is 1 or more. Several records may
 * follow each other in one buffer. */
void record_begin(struct writer *w, struct buf *b, uint8_t version);
/* Appends the checksum; errors are the buffer's. */
void record_seal(struct writer *w);
/* The checksum covers the key too, which is not written: such a record found
 * under another key is refused. */
void record_seal_keyed(struct writer *w, struct str key);

/* Replaces the checksum of a record that was changed where it lies. */
void record_reseal_keyed(char *bytes, size_t n, struct str key);

/* Checks a whole record and sets the reader to its body. ERR_CORRUPT for a
 * wrong checksum or shape, ERR_VERSION for a version above version_max. The
 * reader and version are set on OK only. */
CHECKED enum err record_open(struct reader *r, struct str bytes,
	uint8_t version_max, uint8_t *version);
CHECKED enum err record_open_keyed(struct reader *r, struct str bytes,
	struct str key, uint8_t version_max, uint8_t *version);
/* The same without looking at the checksum, for records whose parts have their
 * own. */
CHECKED enum err record_open_unchecked(struct reader *r, struct str bytes,
	uint8_t version_max, uint8_t *version);
