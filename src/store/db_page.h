/* A page of an LMDB 0.9 file, as far as its unused bytes are concerned; for
 * store/db_scrub.c alone. Little-endian, 4,096 bytes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	DB_PAGE_BYTES = 4096,
	DB_PAGE_HEAD = 16,
};

/* Bytes of a page. */
struct db_gap {
	size_t from, to;
};

/* The unused middle of page number p, if it is one of keys; false if it is
 * another kind of page, or the inside of a large value. */
bool db_page_gap(
	const char page[DB_PAGE_BYTES], uint64_t number, struct db_gap *gap);
/* The values that page refers to, which have pages of their own: of entry i,
 * the first page and the bytes; false if entry i has none. */
size_t db_page_entries(const char page[DB_PAGE_BYTES]);
bool db_page_large(const char page[DB_PAGE_BYTES], size_t i, uint64_t *number,
	size_t *bytes);
/* Whether all of them are what a cleared page holds. */
bool db_page_is_clear(const char *p, size_t n);
