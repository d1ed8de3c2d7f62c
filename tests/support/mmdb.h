/* Writes MaxMind DB files for tests, by "MaxMind DB File Format Specification",
 * version 2.0: prefixes and their countries. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum {
	MMDB_NODES_MAX = 4096,
	MMDB_DATA_MAX = 65536
};

struct mmdb_writer {
	unsigned ip_version;  /* 4 or 6 */
	unsigned record_size; /* 24, 28 or 32 bits */
	size_t nodes_n;
	/* A node, or MMDB_NODES_MAX + 1 + where in the data; MMDB_NODES_MAX
	 * for none. */
	uint32_t nodes[MMDB_NODES_MAX][2];
	struct buf data;
};

void mmdb_writer_init(
	struct mmdb_writer *w, unsigned ip_version, unsigned record_size);
void mmdb_writer_deinit(struct mmdb_writer *w);
/* A prefix, such as "10.0.0.0/8", of which the wider come before the narrower;
 * NULL: the record has no country, or no registered country. */
void mmdb_writer_add(struct mmdb_writer *w, const char *prefix,
	const char *country, const char *registered);
/* The same with a record of the test's own: a value as the data section has
 * them. */
void mmdb_writer_add_record(
	struct mmdb_writer *w, const char *prefix, struct str record);
/* Appends the whole file. */
void mmdb_writer_finish(const struct mmdb_writer *w, struct buf *to);

/* Values, as in a data section. */
void mmdb_put_map(struct buf *to, unsigned pairs);
void mmdb_put_array(struct buf *to, unsigned values);
void mmdb_put_string(struct buf *to, struct str s);
void mmdb_put_pointer(struct buf *to, uint32_t at);
/* Of at most 32 bits; type is 5 (16 bits) or 6 (32 bits). */
void mmdb_put_number(struct buf *to, unsigned type, uint32_t v);
