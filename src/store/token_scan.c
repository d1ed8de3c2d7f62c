#include "store/token_scan.h"

#include <string.h>

#include "base/bytes.h"
#include "core/token_erase.h"
#include "store/block_builder.h"
#include "store/links.h"

static enum err scan(struct db_txn *t, uint64_t *next, size_t blocks_max,
	enum err (*visit)(void *arg, struct str record, const struct block *b),
	void *arg)
{
	struct db_key64 from = db_key64(*next);
	struct db_cursor c;
	struct block b;
	enum err e = OK;
	bool more;

	db_cursor_init(t, LINKS_BLOCKS, &c);
	more = db_seek(&c, str_make(from.bytes, sizeof(from.bytes)));
	while (more && !e && blocks_max--) {
		uint64_t last;

		if (c.key.n != sizeof(last)) {
			e = ERR_CORRUPT;
			break;
		}
		last = get_be64(c.key.p);
		e = visit(arg, c.value,
			block_open(c.value, c.key, &b) ? NULL : &b);
		if (!e) {
			*next = last + 1;
			more = db_next(&c);
		}
	}
	db_cursor_deinit(&c);
	if (t->err)
		return t->err;
	return !e && !more ? ERR_NOT_FOUND : e;
}

enum err token_scan_some(struct db_env *links, uint64_t *next,
	size_t blocks_max,
	enum err (*visit)(void *arg, struct str record, const struct block *b),
	void *arg)
{
	struct db_txn t;
	enum err e = db_reader_init(links, &t);

	if (e)
		return e;
	e = db_reader_renew(&t);
	if (!e)
		e = scan(&t, next, blocks_max, visit, arg);
	db_reader_deinit(&t);
	return e;
}

enum err apply_tokens_erased(struct db_txn *t, uint64_t block_last,
	const uint64_t *numbers, size_t n, size_t *erased)
{
	struct db_key64 key = db_key64(block_last);
	struct str k = str_make(key.bytes, sizeof(key.bytes)), record;
	char copy[BLOCK_BYTES_MAX];
	enum err e;

	if (!db_get(t, LINKS_BLOCKS, k, &record))
		return t->err ? t->err : ERR_NOT_FOUND;
	if (record.n > sizeof(copy))
		return ERR_CORRUPT;
	memcpy(copy, record.p, record.n);
	e = block_erase(copy, record.n, k, numbers, n, erased);
	if (!e && *erased)
		apply_block(t, block_last, str_make(copy, record.n));
	return e ? e : t->err;
}
