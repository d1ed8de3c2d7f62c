/* A token is looked for by its own bytes alone: what is damaged of them is
 * told, what is damaged of the others is theirs. */
#include "core/record.h"
#include "unit/core/token_block_fixture.h"

enum {
	MINTED_MS = 77,
	KEY_VERSION = 3,
	FIRST = 1000,
	PLACE = 6, /* an entry's offset, be16, and its sum, be32 */
};

static const char *const shapes[] = {"a shape", "another shape"};

static struct str shape_of(size_t i)
{
	return str_from(shapes[i % 2]);
}

/* A block of so many tokens, from FIRST on. */
struct sample {
	struct buf record;
	struct block block; /* views of it */
	struct key key_bytes;
	struct str key;
};

static void sample_init(struct sample *s, size_t count)
{
	struct block_draft d;

	buf_init(&s->record, BLOCK_BYTES_MAX);
	block_draft_init(&d);
	block_draft_reset(&d, KEY_VERSION, MINTED_MS);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(
			block_draft_add(&d, shape_of(i), (uint32_t)i + 1,
				some(i + 1), BLOCK_BYTES_MAX),
			OK);
	s->block = reopen(&d, &s->record, &s->key_bytes, FIRST + count - 1);
	s->key = key_of(&s->key_bytes, FIRST + count - 1);
	block_draft_deinit(&d);
}

static void sample_deinit(struct sample *s)
{
	buf_deinit(&s->record);
}

CHECKED static enum err look(
	const struct sample *s, struct str record, uint64_t number)
{
	struct block_entry entry;
	struct block block;

	return block_find(record, s->key, number, &block, &entry);
}

/* The same for the ith token; what is found is as it was put. */
CHECKED static enum err find(
	const struct sample *s, struct str record, size_t i)
{
	struct block_entry entry;
	struct block block;
	enum err e = block_find(record, s->key, FIRST + i, &block, &entry);

	if (e)
		return e;
	assert_false(entry.refused);
	assert_true(str_eq(entry.tail, some(i + 1)));
	assert_true(str_eq(entry.shape, shape_of(i)));
	assert_int_equal(entry.nonce, i + 1);
	assert_true(block.minted_ms == MINTED_MS);
	assert_int_equal(block.key_version, KEY_VERSION);
	return OK;
}

static const size_t counts[] = {1, 2, 5, 60};

static void test_found(void **state)
{
	(void)state;
	for (size_t c = 0; c < COUNT_OF(counts); c++) {
		struct sample s;

		sample_init(&s, counts[c]);
		for (size_t i = 0; i < counts[c]; i++)
			assert_int_equal(find(&s, buf_view(&s.record), i), OK);
		assert_int_equal(look(&s, buf_view(&s.record), FIRST - 1),
			ERR_NOT_FOUND);
		assert_int_equal(
			look(&s, buf_view(&s.record), 0), ERR_NOT_FOUND);
		assert_int_equal(
			look(&s, buf_view(&s.record), FIRST + counts[c]),
			ERR_NOT_FOUND);
		sample_deinit(&s);
	}
}

/* Under another number nothing is found, and under a key that is none. */
static void test_moved(void **state)
{
	(void)state;
	for (size_t c = 0; c < COUNT_OF(counts); c++) {
		struct sample s;
		uint64_t last = FIRST + counts[c] - 1;

		sample_init(&s, counts[c]);
		s.key = key_of(&s.key_bytes, last + 1);
		for (uint64_t n = FIRST + 1; n <= last + 1; n++)
			assert_int_equal(
				look(&s, buf_view(&s.record), n), ERR_CORRUPT);
		s.key = STR("sevenby");
		assert_int_equal(
			look(&s, buf_view(&s.record), FIRST), ERR_CORRUPT);
		sample_deinit(&s);
	}
}

/* Whatever bit is turned, and wherever it is cut: a token is found as it was
 * put, or told to be damaged; never something else, and never as if it had
 * not been given out. */
static void test_damage(void **state)
{
	(void)state;
	for (size_t c = 0; c < 3; c++) {
		struct sample s;
		struct buf *b = &s.record;

		sample_init(&s, counts[c]);
		for (size_t i = 0; i < counts[c]; i++) {
			for (size_t bit = 0; bit < 8 * b->n; bit++) {
				enum err e;

				b->p[bit / 8] ^= (char)(1 << bit % 8);
				e = find(&s, buf_view(b), i);
				assert_true(e == OK || e == ERR_CORRUPT);
				b->p[bit / 8] ^= (char)(1 << bit % 8);
			}
			for (size_t n = 0; n < b->n; n++) {
				enum err e = find(&s, str_make(b->p, n), i);

				assert_true(e == OK || e == ERR_CORRUPT);
			}
		}
		sample_deinit(&s);
	}
}

/* The ith token's own bytes: its entry, the entry's sum, its shape. */
enum {
	OWN_ENTRY,
	OWN_SUM,
	OWN_SHAPE,
	OWN_N
};

static struct str own_bytes(const struct block *b, size_t i, unsigned which)
{
	const char *place = b->places.p + PLACE * i;
	size_t from = get_be16(place), to = b->entries.n;
	size_t shape_n = shape_of(i).n;

	if (i + 1 < b->count)
		to = get_be16(place + PLACE);
	switch (which) {
	case OWN_ENTRY:
		return str_make(b->entries.p + from, to - from);
	case OWN_SUM:
		return str_make(place + 2, PLACE - 2);
	default:
		/* Its length before it, one byte. */
		return str_make(b->shapes.p + (i % 2 ? 1 + shape_of(0).n : 0),
			1 + shape_n);
	}
}

/* A token may lose its bytes; of the others only those of the same shape are
 * hurt, and by the shape's bytes alone. */
static void test_neighbours(void **state)
{
	struct sample s;
	const size_t count = 5;
	size_t hurt = 0;

	(void)state;
	sample_init(&s, count);
	for (size_t i = 0; i < count * OWN_N; i++) {
		size_t victim = i / OWN_N;
		struct str own =
			own_bytes(&s.block, victim, (unsigned)(i % OWN_N));
		size_t at = (size_t)(own.p - s.record.p);

		for (size_t bit = 8 * at; bit < 8 * (at + own.n); bit++) {
			s.record.p[bit / 8] ^= (char)(1 << bit % 8);
			for (size_t k = 0; k < count; k++) {
				bool is_hurt = k == victim ||
					       (i % OWN_N == OWN_SHAPE &&
						       k % 2 == victim % 2);

				assert_int_equal(
					find(&s, buf_view(&s.record), k),
					is_hurt ? ERR_CORRUPT : OK);
				hurt += is_hurt;
			}
			s.record.p[bit / 8] ^= (char)(1 << bit % 8);
		}
	}
	assert_true(hurt > 0);
	sample_deinit(&s);
}

/* One alone has no sum: the block's seal is its own. */
static void test_alone(void **state)
{
	struct sample s;

	(void)state;
	sample_init(&s, 1);
	assert_int_equal(s.block.places.n, 0);
	for (size_t bit = 0; bit < 8 * s.record.n; bit++) {
		s.record.p[bit / 8] ^= (char)(1 << bit % 8);
		assert_int_equal(find(&s, buf_view(&s.record), 0), ERR_CORRUPT);
		s.record.p[bit / 8] ^= (char)(1 << bit % 8);
	}
	sample_deinit(&s);
}

/* Refused lines have sums as well. */
static void test_refused(void **state)
{
	struct block_draft d;
	struct key k;
	struct buf b;
	struct block block;
	struct block_entry entry;

	(void)state;
	buf_init(&b, BLOCK_BYTES_MAX);
	block_draft_init(&d);
	block_draft_reset(&d, KEY_VERSION, MINTED_MS);
	assert_int_equal(
		block_draft_refuse(&d, 5, STR("{\"a\":1}"), BLOCK_BYTES_MAX),
		OK);
	assert_int_equal(
		block_draft_add(&d, shape_of(0), 1, some(1), BLOCK_BYTES_MAX),
		OK);
	block = reopen(&d, &b, &k, FIRST + 1);
	assert_int_equal(block_find(buf_view(&b), key_of(&k, FIRST + 1), FIRST,
				 &block, &entry),
		OK);
	assert_true(entry.refused && entry.line_hash == 5);
	assert_true(str_is(entry.refusal, "{\"a\":1}"));
	for (size_t i = 0; i < entry.refusal.n; i++) {
		char *p = b.p + (entry.refusal.p - b.p) + i;

		*p ^= 1;
		assert_int_equal(block_find(buf_view(&b), key_of(&k, FIRST + 1),
					 FIRST, &block, &entry),
			ERR_CORRUPT);
		*p ^= 1;
	}
	block_draft_deinit(&d);
	buf_deinit(&b);
}

/* A version of before or of later is told as one, if it is sound. */
static void test_versions(void **state)
{
	static const uint8_t versions[] = {1, 3};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(versions); i++) {
		struct block_entry entry;
		struct block block;
		struct writer w;
		struct key k;
		struct buf b;

		buf_init(&b, BLOCK_BYTES_MAX);
		record_begin(&w, &b, versions[i]);
		writer_be64(&w, 0);
		record_seal_keyed(&w, key_of(&k, FIRST));
		assert_int_equal(block_find(buf_view(&b), key_of(&k, FIRST),
					 FIRST, &block, &entry),
			ERR_VERSION);
		b.p[2] ^= 1;
		assert_int_equal(block_find(buf_view(&b), key_of(&k, FIRST),
					 FIRST, &block, &entry),
			ERR_CORRUPT);
		buf_deinit(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_moved),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_neighbours),
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_versions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
