/* A links environment in a temporary folder, written without the writer's
 * thread, for the tests of what lies in it. */
#pragma once

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "store/links.h"
#include "support/cmocka.h"
#include "support/temp.h"

struct links_store {
	struct temp temp;
	char dir[PATH_MAX + 16];
	struct links links;
	struct db_txn reader, writer;
};

static inline void links_store_init(struct links_store *s, uint16_t shard)
{
	memset(s, 0, sizeof(*s));
	temp_init(&s->temp);
	(void)snprintf(s->dir, sizeof(s->dir), "%s/links", s->temp.path);
	assert_int_equal(links_open(s->dir, shard, &s->links), OK);
	assert_int_equal(db_reader_init(s->links.env, &s->reader), OK);
}

static inline void links_store_deinit(struct links_store *s)
{
	db_reader_deinit(&s->reader);
	links_close(&s->links);
	temp_deinit(&s->temp);
}

static inline void links_store_reopen(struct links_store *s)
{
	uint16_t shard = s->links.shard;

	db_reader_deinit(&s->reader);
	links_close(&s->links);
	assert_int_equal(links_open(s->dir, shard, &s->links), OK);
	assert_int_equal(db_reader_init(s->links.env, &s->reader), OK);
}

/* The one writing transaction. */
static inline struct db_txn *links_store_begin(struct links_store *s)
{
	assert_int_equal(db_begin(s->links.env, &s->writer), OK);
	return &s->writer;
}

static inline void links_store_commit(struct links_store *s)
{
	assert_int_equal(db_commit(&s->writer), OK);
}

/* A new snapshot. */
static inline struct db_txn *links_store_read(struct links_store *s)
{
	db_reader_reset(&s->reader);
	assert_int_equal(db_reader_renew(&s->reader), OK);
	return &s->reader;
}

/* The same bytes lie in every table: what "changes nothing" means. */
static inline uint64_t links_store_records(struct links_store *s)
{
	struct db_txn *t = links_store_read(s);
	uint64_t n = 0;

	for (unsigned table = 0; table < LINKS_TABLES_N; table++)
		n += db_count(t, table);
	return n;
}
