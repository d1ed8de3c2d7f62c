/* Records: any sequence of reads stays within the bytes, the values read are
 * written as the same bytes, and only sealed bytes open. The first half of the
 * input says what to read, the second is read. */
#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"
#include "core/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads one thing and writes it again. */
static void copy(struct reader *r, struct writer *w, uint8_t what)
{
	switch (what % 7) {
	case 0:
		writer_u8(w, reader_u8(r));
		break;
	case 1:
		writer_be16(w, reader_be16(r));
		break;
	case 2:
		writer_be32(w, reader_be32(r));
		break;
	case 3:
		writer_be64(w, reader_be64(r));
		break;
	case 4:
		writer_varint(w, reader_varint(r));
		break;
	case 5:
		writer_bytes(w, reader_bytes(r));
		break;
	default: {
		struct str s = reader_raw(r, what / 7);

		writer_raw(w, s.p, s.n);
		break;
	}
	}
}

static void check_copy(struct str verbs, struct str body)
{
	struct reader r;
	struct writer w;
	struct buf b;

	buf_init(&b, body.n + 16);
	writer_init(&w, &b);
	reader_init(&r, body);
	for (size_t i = 0; i < verbs.n; i++) {
		size_t good = b.n;

		copy(&r, &w, (uint8_t)verbs.p[i]);
		if (!r.err)
			continue;
		ASSERT(reader_left(&r) == 0);
		ASSERT(reader_end(&r) == ERR_CORRUPT);
		b.n = good;
		break;
	}
	ASSERT(writer_err(&w) == OK);
	ASSERT(str_starts(body, buf_view(&b)));
	if (!r.err)
		ASSERT(b.n + reader_left(&r) == body.n);
	buf_deinit(&b);
}

static void check_seal(struct str key, struct str body)
{
	struct reader r;
	struct writer w;
	struct buf b;
	uint8_t version;

	buf_init(&b, body.n + RECORD_OVERHEAD);
	record_begin(&w, &b, 200);
	writer_raw(&w, body.p, body.n);
	record_seal_keyed(&w, key);
	ASSERT(writer_err(&w) == OK);
	ASSERT(record_open_keyed(&r, buf_view(&b), key, 200, &version) == OK);
	ASSERT(version == 200 && str_eq(reader_raw(&r, body.n), body));
	ASSERT(reader_end(&r) == OK);
	ASSERT(record_open_keyed(&r, buf_view(&b), key, 199, &version) ==
		ERR_VERSION);
	ASSERT(record_open(&r, buf_view(&b), 200, &version) == ERR_CORRUPT);
	buf_deinit(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str all = str_make((const char *)data, size);
	struct str verbs = str_make(all.p, size / 2);
	struct str body = str_skip(all, size / 2);
	struct reader r;
	uint8_t version;

	check_copy(verbs, body);
	check_seal(verbs, body);
	if (record_open(&r, all, 255, &version) == OK)
		ASSERT(version && reader_left(&r) == size - RECORD_OVERHEAD);
	return 0;
}
