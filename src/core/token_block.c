#include "core/token_block.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "core/hash.h"
#include "core/record.h"

enum {
	BLOCK_VERSION = 2,
	BLOCK_PLACE = 2 + 4, /* an entry's offset and sum */
	SHAPE_HAS_LINK = 1,
	SHAPE_HAS_CAMPAIGN = 2,
	SHAPE_HAS_TTL = 4,
	SHAPE_IS_TEST = 8,
	/* Version, key version, three varints, the seal. */
	BLOCK_HEAD_MAX = 1 + 1 + VARINT_MAX + 2 + 2 + RECORD_SEAL,
	ENTRY_HEAD_MAX = 3 + 8,
};

void token_shape_put(struct buf *out, const struct token_shape *s)
{
	struct writer w;

	writer_init(&w, out);
	writer_u8(&w, (uint8_t)((s->link ? SHAPE_HAS_LINK : 0) |
				(s->campaign ? SHAPE_HAS_CAMPAIGN : 0) |
				(s->ttl_ms ? SHAPE_HAS_TTL : 0) |
				(s->test ? SHAPE_IS_TEST : 0)));
	writer_varint(&w, s->account);
	if (s->link)
		writer_varint(&w, s->link);
	else
		writer_bytes(&w, s->destination);
	if (s->campaign)
		writer_varint(&w, s->campaign);
	if (s->ttl_ms)
		writer_varint(&w, s->ttl_ms);
	writer_varint(&w, s->names_n);
	for (size_t i = 0; i < s->names_n; i++)
		writer_bytes(&w, s->names[i]);
}

enum err token_shape_get(struct str bytes, struct token_shape *s)
{
	struct reader r;
	uint8_t flags;

	reader_init(&r, bytes);
	flags = reader_u8(&r);
	s->account = reader_varint(&r);
	s->link = flags & SHAPE_HAS_LINK ? reader_varint(&r) : 0;
	s->destination =
		flags & SHAPE_HAS_LINK ? str_make(NULL, 0) : reader_bytes(&r);
	s->campaign = flags & SHAPE_HAS_CAMPAIGN ? reader_varint(&r) : 0;
	s->ttl_ms = flags & SHAPE_HAS_TTL ? reader_varint(&r) : 0;
	s->test = flags & SHAPE_IS_TEST;
	s->names_n = (size_t)reader_varint_max(&r, TOKEN_PARAMS_MAX);
	for (size_t i = 0; i < s->names_n; i++)
		s->names[i] = reader_bytes(&r);
	return reader_end(&r);
}

void token_tail_put(
	struct buf *out, const struct token_tail *t, size_t values_n)
{
	struct writer w;

	ASSERT(values_n <= TOKEN_PARAMS_MAX);
	writer_init(&w, out);
	writer_bytes(&w, t->recipient);
	writer_bytes(&w, t->ref);
	for (size_t i = 0; i < values_n; i++)
		writer_bytes(&w, t->values[i]);
}

/* No length begins so: 0xff says that more follows, and 0 that nothing does. */
bool token_tail_is_erased(struct str bytes)
{
	return bytes.n > 1 && (uint8_t)bytes.p[0] == TOKEN_TAIL_ERASED &&
	       bytes.p[1] == 0;
}

enum err token_tail_get(struct str bytes, size_t values_n, struct token_tail *t)
{
	struct reader r;

	ASSERT(values_n <= TOKEN_PARAMS_MAX);
	if (token_tail_is_erased(bytes)) {
		*t = (struct token_tail){.erased = true};
		return OK;
	}
	reader_init(&r, bytes);
	t->erased = false;
	t->recipient = reader_bytes(&r);
	t->ref = reader_bytes(&r);
	for (size_t i = 0; i < values_n; i++)
		t->values[i] = reader_bytes(&r);
	return reader_end(&r);
}

void block_draft_init(struct block_draft *d)
{
	*d = (struct block_draft){0};
	buf_init(&d->shapes, BLOCK_BYTES_MAX);
	buf_init(&d->entries, BLOCK_BYTES_MAX);
}

void block_draft_deinit(struct block_draft *d)
{
	buf_deinit(&d->shapes);
	buf_deinit(&d->entries);
}

void block_draft_reset(
	struct block_draft *d, uint8_t key_version, uint64_t minted_ms)
{
	d->key_version = key_version;
	d->minted_ms = minted_ms;
	d->count = 0;
	d->shapes_n = 0;
	buf_reset(&d->shapes);
	buf_reset(&d->entries);
}

/* The bytes of the places of that many entries. */
static size_t places_size(size_t count)
{
	return count > 1 ? BLOCK_PLACE * count : 0;
}

size_t block_draft_size(const struct block_draft *d)
{
	return 1 + 1 + varint_size(d->minted_ms) + varint_size(d->count) +
	       varint_size(d->shapes.n) + d->shapes.n + places_size(d->count) +
	       d->entries.n + RECORD_SEAL;
}

/* The shape's bytes at a place. */
static struct str shape_at(struct str shapes, size_t at)
{
	struct reader r;

	reader_init(&r, str_skip(shapes, at));
	return reader_bytes(&r);
}

/* The place of an equal shape, or of the one to be added. The last one is the
 * likeliest. */
static size_t find_shape(const struct block_draft *d, struct str shape)
{
	for (size_t i = d->shapes_n; i-- > 0;)
		if (str_eq(shape_at(buf_view(&d->shapes), d->shape_at[i]),
			    shape))
			return d->shape_at[i];
	return d->shapes.n;
}

static bool has_room(const struct block_draft *d, size_t more, size_t bytes_max)
{
	size_t size = BLOCK_HEAD_MAX + d->shapes.n + places_size(d->count + 1) +
		      d->entries.n + ENTRY_HEAD_MAX + more;

	ASSERT(bytes_max <= BLOCK_BYTES_MAX);
	return d->count < BLOCK_TOKENS_MAX && size <= bytes_max;
}

static void begin_entry(struct block_draft *d)
{
	d->offsets[d->count++] = (uint16_t)d->entries.n;
}

static enum err end_entry(const struct block_draft *d)
{
	enum err e = buf_err(&d->shapes);

	/* Room was checked, so only memory can have failed. */
	return e ? e : buf_err(&d->entries);
}

enum err block_draft_add(struct block_draft *d, struct str shape,
	uint32_t nonce, struct str tail, size_t bytes_max)
{
	size_t at = find_shape(d, shape);
	bool is_new = at == d->shapes.n;
	struct writer w;

	if (!has_room(d, tail.n + (is_new ? 2 + shape.n : 0), bytes_max) ||
		(is_new && d->shapes_n == BLOCK_SHAPES_MAX))
		return ERR_FULL;
	if (is_new) {
		d->shape_at[d->shapes_n++] = (uint16_t)at;
		writer_init(&w, &d->shapes);
		writer_bytes(&w, shape);
	}
	begin_entry(d);
	writer_init(&w, &d->entries);
	writer_varint(&w, at + 1);
	writer_be32(&w, nonce);
	writer_raw(&w, tail.p, tail.n);
	return end_entry(d);
}

enum err block_draft_refuse(struct block_draft *d, uint64_t line_hash,
	struct str refusal, size_t bytes_max)
{
	struct writer w;

	if (!has_room(d, refusal.n, bytes_max))
		return ERR_FULL;
	begin_entry(d);
	writer_init(&w, &d->entries);
	writer_varint(&w, 0);
	writer_be64(&w, line_hash);
	writer_raw(&w, refusal.p, refusal.n);
	return end_entry(d);
}

/* Parses the entry at a place, up to its own strings. */
static enum err read_entry(
	struct str bytes, struct str shapes, struct block_entry *entry)
{
	struct block_entry got = {0};
	struct reader r;
	uint64_t place;

	reader_init(&r, bytes);
	place = reader_varint_max(&r, shapes.n);
	if (place == 0) {
		got.refused = true;
		got.line_hash = reader_be64(&r);
		got.refusal = reader_raw(&r, reader_left(&r));
	} else {
		got.nonce = reader_be32(&r);
		got.tail = reader_raw(&r, reader_left(&r));
		got.shape = shape_at(shapes, (size_t)place - 1);
		if (got.shape.n == 0)
			return ERR_CORRUPT;
	}
	if (reader_end(&r))
		return ERR_CORRUPT;
	*entry = got;
	return OK;
}

static uint32_t sum_of(uint8_t key_version, uint64_t minted_ms, uint64_t number,
	struct str bytes, struct str shape)
{
	return (uint32_t)(hash64_seeded(bytes, number) +
			  hash64_seeded(shape, minted_ms << 8 | key_version));
}

static struct str draft_entry(const struct block_draft *d, size_t i)
{
	size_t end = i + 1 < d->count ? d->offsets[i + 1] : d->entries.n;

	return str_make(d->entries.p + d->offsets[i], end - d->offsets[i]);
}

void block_draft_put(
	struct buf *out, const struct block_draft *d, struct str key)
{
	struct writer w;
	uint64_t first;

	ASSERT(d->count > 0 && key.n == 8);
	first = get_be64(key.p) - d->count + 1;
	record_begin(&w, out, BLOCK_VERSION);
	writer_u8(&w, d->key_version);
	writer_varint(&w, d->minted_ms);
	writer_varint(&w, d->count);
	writer_bytes(&w, buf_view(&d->shapes));
	for (size_t i = 0; d->count > 1 && i < d->count; i++) {
		struct str bytes = draft_entry(d, i);
		struct block_entry entry;

		ASSERT(read_entry(bytes, buf_view(&d->shapes), &entry) == OK);
		writer_be16(&w, d->offsets[i]);
		writer_be32(&w, sum_of(d->key_version, d->minted_ms, first + i,
					bytes, entry.shape));
	}
	writer_raw(&w, d->entries.p, d->entries.n);
	record_seal_keyed(&w, key);
}

static enum err open_block(struct reader *r, struct str key, struct block *b)
{
	struct block got = {0};

	got.key_version = reader_u8(r);
	got.minted_ms = reader_varint(r);
	got.count = (size_t)reader_varint_max(r, BLOCK_TOKENS_MAX);
	got.shapes = reader_bytes(r);
	got.places = reader_raw(r, places_size(got.count));
	got.entries = reader_raw(r, reader_left(r));
	if (reader_end(r))
		return ERR_CORRUPT;
	got.last = get_be64(key.p);
	if (got.count == 0 || got.last < got.count)
		return ERR_CORRUPT;
	got.first = got.last - got.count + 1;
	*b = got;
	return OK;
}

enum err block_open(struct str record, struct str key, struct block *b)
{
	struct reader r;
	uint8_t version;
	enum err e;

	if (key.n != 8)
		return ERR_CORRUPT;
	e = record_open_keyed(&r, record, key, BLOCK_VERSION, &version);
	if (!e && version < BLOCK_VERSION)
		e = ERR_VERSION;
	return e ? e : open_block(&r, key, b);
}

static enum err entry_bytes(const struct block *b, size_t i, struct str *bytes)
{
	const char *place = b->places.p + BLOCK_PLACE * i;
	size_t from = b->count > 1 ? get_be16(place) : 0;
	size_t to =
		i + 1 < b->count ? get_be16(place + BLOCK_PLACE) : b->entries.n;

	if (from > to || to > b->entries.n)
		return ERR_CORRUPT;
	*bytes = str_make(b->entries.p + from, to - from);
	return OK;
}

enum err block_entry(
	const struct block *b, uint64_t number, struct block_entry *entry)
{
	struct str bytes;
	enum err e;

	ASSERT(number >= b->first && number <= b->last);
	e = entry_bytes(b, (size_t)(number - b->first), &bytes);
	return e ? e : read_entry(bytes, b->shapes, entry);
}

/* Whether an entry is what was put there under that number. */
static bool is_sound(const struct block *b, size_t i, struct str bytes,
	const struct block_entry *entry)
{
	return get_be32(b->places.p + BLOCK_PLACE * i + 2) ==
	       sum_of(b->key_version, b->minted_ms, b->first + i, bytes,
		       entry->shape);
}

static enum err open_unchecked(
	struct str record, struct str key, struct block *b)
{
	struct reader r;
	uint8_t version;
	enum err e = record_open_unchecked(&r, record, BLOCK_VERSION, &version);

	if (!e && version < BLOCK_VERSION)
		e = ERR_VERSION;
	return e ? e : open_block(&r, key, b);
}

enum err block_reseal(char *record, size_t n, struct str key)
{
	struct block_entry entry;
	struct block b;
	struct str bytes;
	enum err e = ERR_CORRUPT;

	if (key.n == 8)
		e = open_unchecked(str_make(record, n), key, &b);
	for (size_t i = 0; !e && b.count > 1 && i < b.count; i++) {
		e = entry_bytes(&b, i, &bytes);
		if (!e)
			e = read_entry(bytes, b.shapes, &entry);
		if (!e)
			put_be32(record + (b.places.p - record) +
					 BLOCK_PLACE * i + 2,
				sum_of(b.key_version, b.minted_ms, b.first + i,
					bytes, entry.shape));
	}
	if (!e)
		record_reseal_keyed(record, n, key);
	return e;
}

enum err block_find(struct str record, struct str key, uint64_t number,
	struct block *b, struct block_entry *entry)
{
	struct block_entry got;
	struct block block;
	struct str bytes;
	enum err e;
	size_t i;

	if (key.n != 8)
		return ERR_CORRUPT;
	e = open_unchecked(record, key, &block);
	/* One alone has no sum of its own; and damage may look like a version,
	 * or as if the token had not been given out. */
	if (e || block.count == 1 || number < block.first)
		e = block_open(record, key, &block);
	if (e)
		return e;
	if (number < block.first || number > block.last)
		return ERR_NOT_FOUND;
	i = (size_t)(number - block.first);
	e = entry_bytes(&block, i, &bytes);
	if (!e)
		e = read_entry(bytes, block.shapes, &got);
	if (!e && block.count > 1 && !is_sound(&block, i, bytes, &got))
		e = ERR_CORRUPT;
	if (e)
		return e;
	*b = block;
	*entry = got;
	return OK;
}

bool block_near(
	struct str record, struct str key, uint64_t number, struct block *b)
{
	if (open_unchecked(record, key, b) || number < b->first ||
		number > b->last)
		return false;
	if (b->count > 1)
		__builtin_prefetch(
			b->places.p + BLOCK_PLACE * (number - b->first));
	return true;
}

void block_entry_near(const struct block *b, uint64_t number)
{
	struct str bytes;

	if (entry_bytes(b, (size_t)(number - b->first), &bytes))
		return;
	__builtin_prefetch(bytes.p);
	if (bytes.n > 0)
		__builtin_prefetch(bytes.p + bytes.n - 1);
}
