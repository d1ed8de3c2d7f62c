#include "store/db_page.h"

#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	"pages are in the machine's own order");

enum {
	FLAGS_AT = 10,
	LOWER_AT = 12,
	UPPER_AT = 14,
	FLAG_BRANCH = 0x01,
	FLAG_LEAF = 0x02,
	FLAGS_ON_DISK = 0x2f, /* the others mean something in memory only */
	NODE_HEAD = 8,
	NODE_FLAGS_AT = 4,
	NODE_KEY_SIZE_AT = 6,
	NODE_LARGE = 0x01,
};

static unsigned get16(const char *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint64_t get64(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

bool db_page_gap(
	const char page[DB_PAGE_BYTES], uint64_t number, struct db_gap *gap)
{
	unsigned flags = get16(page + FLAGS_AT) & FLAGS_ON_DISK;
	unsigned lower = get16(page + LOWER_AT), upper = get16(page + UPPER_AT);

	if (get64(page) != number ||
		(flags != FLAG_BRANCH && flags != FLAG_LEAF) ||
		lower < DB_PAGE_HEAD || lower % 2 || lower > upper ||
		upper > DB_PAGE_BYTES)
		return false;
	/* What a page of keys holds is all behind the gap. */
	for (unsigned at = DB_PAGE_HEAD; at < lower; at += 2)
		if (get16(page + at) < upper ||
			get16(page + at) + NODE_HEAD > DB_PAGE_BYTES)
			return false;
	*gap = (struct db_gap){lower, upper};
	return true;
}

size_t db_page_entries(const char page[DB_PAGE_BYTES])
{
	if (!(get16(page + FLAGS_AT) & FLAG_LEAF))
		return 0;
	return (get16(page + LOWER_AT) - DB_PAGE_HEAD) / 2;
}

bool db_page_large(const char page[DB_PAGE_BYTES], size_t i, uint64_t *number,
	size_t *bytes)
{
	size_t at = get16(page + DB_PAGE_HEAD + 2 * i);
	const char *node = page + at;
	size_t key_n = get16(node + NODE_KEY_SIZE_AT);

	if (!(get16(node + NODE_FLAGS_AT) & NODE_LARGE) ||
		at + NODE_HEAD + key_n + sizeof(*number) > DB_PAGE_BYTES)
		return false;
	*bytes = get16(node) | (size_t)get16(node + 2) << 16;
	*number = get64(node + NODE_HEAD + key_n);
	return true;
}

bool db_page_is_clear(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != 0 && (unsigned char)p[i] != 0xff)
			return false;
	return true;
}
