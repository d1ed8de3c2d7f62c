/* Counts of an account's tokens and clicks as records: of one link, campaign
 * and quarter of an hour, and for clicks of one value of a dimension. Under
 *   account be64 | kind u8 | link be64 | campaign be64 | quarter be32 | value
 * so that what one question sums up lies together. Each count is there in four
 * kinds of sums: of its link and of all links, of its quarter and of the UTC
 * day; a long range over many links is then few records. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum {
	COUNT_KEY_MIN = 29,
	COUNT_VALUE_MAX = 64,
	COUNT_KEY_MAX = COUNT_KEY_MIN + COUNT_VALUE_MAX,
	COUNT_RECORD_MAX = 64,
	QUARTERS_PER_DAY = 96,
};

/* The low bits of a kind: what its value is. In the sums of every dimension
 * the same clicks are. Stored: none changes its meaning. */
enum count_dimension {
	COUNT_TOTAL = 0,   /* no value */
	COUNT_VERDICT = 1, /* enum verdict, a byte */
	COUNT_COUNTRY = 2, /* two letters; empty: unknown */
	COUNT_OS = 3,      /* a family's name; empty: unknown */
	COUNT_DIMENSIONS
};

/* And its high bits: of which sum. */
enum count_sum {
	COUNT_ALL_LINKS = 0x10, /* link and campaign are 0 */
	COUNT_DAY = 0x20,       /* the quarter is the day's first */
	COUNT_SUMS = 4          /* with either, both, none */
};

struct counts {
	uint64_t minted;   /* tokens, but for those of tests */
	uint64_t requests; /* all clicks, whatever became of them */
	uint64_t clicks;   /* counted */
	uint64_t unique_clicks;
	uint64_t unconfirmed; /* replies that left and whose click was lost */
};

struct count {
	uint64_t account;
	uint64_t link;     /* 0: none */
	uint64_t campaign; /* 0: none */
	uint32_t quarter;  /* of an hour, since 1970; below UINT32_MAX */
	uint8_t kind;      /* enum count_dimension | enum count_sum */
	struct str value;
	struct counts counts;
};

void counts_add(struct counts *to, const struct counts *more);

/* The quarter of a time, later ones than any as the last. */
uint32_t count_quarter(uint64_t ms);
/* The bits of sum i of COUNT_SUMS. */
uint8_t count_sum_bits(size_t i);
/* The count as a part of that sum. */
struct count count_in_sum(const struct count *c, uint8_t sum);

struct count_key {
	size_t n;
	char bytes[COUNT_KEY_MAX];
};
/* A value over COUNT_VALUE_MAX is cut. */
void count_key_put(struct count_key *to, const struct count *c);
static inline struct str count_key_view(const struct count_key *k)
{
	return str_make(k->bytes, k->n);
}
/* The order of the keys: as memcmp. */
int count_compare(const struct count *a, const struct count *b);

/* Appends the record. */
void count_record_put(struct buf *to, struct str key, const struct counts *c);
/* The value is a view of the key. ERR_CORRUPT, ERR_VERSION; c is set on OK
 * only. */
CHECKED enum err count_record_get(
	struct str key, struct str record, struct count *c);
