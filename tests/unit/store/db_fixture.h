/* An environment with two tables in a temporary folder, for test_db*.c. */
#pragma once

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "store/db.h"
#include "support/cmocka.h"
#include "support/temp.h"

enum {
	MAP = 16 << 20,
	SMALL_MAP = 256 << 10,
	ONE = 0,
	TWO = 1,
	PAGE = 4096
};

static const char *const names[] = {"one", "two"};
static const struct db_options options = {MAP, names, 2};
static struct temp temp;
static char dir[PATH_MAX];

static inline int setup(void **state)
{
	(void)state;
	temp_init(&temp);
	(void)snprintf(dir, sizeof(dir), "%s", temp_file(&temp, "env"));
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	temp_deinit(&temp);
	return 0;
}

static inline struct db_env *make(const struct db_options *o)
{
	struct db_env *env;

	assert_int_equal(db_create(dir, o, NULL, NULL), OK);
	assert_int_equal(db_open(dir, o, &env), OK);
	return env;
}

static inline void begin(struct db_env *env, struct db_txn *t)
{
	assert_int_equal(db_begin(env, t), OK);
}

static inline void renewed(struct db_env *env, struct db_txn *t)
{
	assert_int_equal(db_reader_init(env, t), OK);
	assert_int_equal(db_reader_renew(t), OK);
}

static inline uint64_t key_of(const struct db_cursor *c)
{
	return get_be64(c->key.p);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
