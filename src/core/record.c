#include "core/record.h"

#include "core/hash.h"

/* Tells the hash of a key from the hash of a body of the same bytes. */
static const uint64_t key_seed = 0x6374696f6b657931;

static uint64_t checksum_of_key(struct str key)
{
	return hash64_seeded(key, key_seed);
}

void record_begin(struct writer *w, struct buf *b, uint8_t version)
{
	ASSERT(version > 0);
	writer_init(w, b);
	writer_u8(w, version);
}

static void seal(struct writer *w, uint64_t key_hash)
{
	struct buf *b = w->b;

	if (b->err)
		return;
	ASSERT(w->start < b->n);
	writer_be64(w,
		key_hash ^ hash64(str_make(b->p + w->start, b->n - w->start)));
}

void record_seal(struct writer *w)
{
	seal(w, 0);
}

void record_seal_keyed(struct writer *w, struct str key)
{
	seal(w, checksum_of_key(key));
}

void record_reseal_keyed(char *bytes, size_t n, struct str key)
{
	size_t body = n - RECORD_SEAL;

	ASSERT(n >= RECORD_OVERHEAD);
	put_be64(bytes + body,
		checksum_of_key(key) ^ hash64(str_make(bytes, body)));
}

enum err record_open_unchecked(struct reader *r, struct str bytes,
	uint8_t version_max, uint8_t *version)
{
	uint8_t found;

	if (bytes.n < RECORD_OVERHEAD)
		return ERR_CORRUPT;
	found = (uint8_t)bytes.p[0];
	if (!found)
		return ERR_CORRUPT;
	if (found > version_max)
		return ERR_VERSION;
	*version = found;
	reader_init(r, str_make(bytes.p + 1, bytes.n - RECORD_OVERHEAD));
	return OK;
}

static enum err open_record(struct reader *r, struct str bytes,
	uint64_t key_hash, uint8_t version_max, uint8_t *version)
{
	struct str sealed;

	if (bytes.n < RECORD_OVERHEAD)
		return ERR_CORRUPT;
	sealed = str_make(bytes.p, bytes.n - RECORD_SEAL);
	if (get_be64(sealed.p + sealed.n) != (key_hash ^ hash64(sealed)))
		return ERR_CORRUPT;
	return record_open_unchecked(r, bytes, version_max, version);
}

enum err record_open(struct reader *r, struct str bytes, uint8_t version_max,
	uint8_t *version)
{
	return open_record(r, bytes, 0, version_max, version);
}

enum err record_open_keyed(struct reader *r, struct str bytes, struct str key,
	uint8_t version_max, uint8_t *version)
{
	return open_record(
		r, bytes, checksum_of_key(key), version_max, version);
}
