#include "support/mmdb.h"

#include <stdbool.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/ip.h"

enum {
	NONE = MMDB_NODES_MAX,
	SEPARATOR = 16,
	IPV4_BEGIN = 96, /* bits before IPv4 in a tree of IPv6 */
	TYPE_POINTER = 1,
	TYPE_STRING = 2,
	TYPE_UINT16 = 5,
	TYPE_UINT32 = 6,
	TYPE_MAP = 7,
	TYPE_UINT64 = 9,
	TYPE_ARRAY = 11,
	SIZE_SMALL = 29,
	SIZE_MEDIUM = 285,
	SIZE_LARGE = 65821,
	BUILD_EPOCH = 1795411800
};

static void put_control(struct buf *to, unsigned type, size_t size)
{
	unsigned high = type < 8 ? type << 5 : 0;

	ASSERT(size < SIZE_LARGE);
	buf_byte(to, (char)(high | (size < SIZE_SMALL           ? size
					   : size < SIZE_MEDIUM ? 29
								: 30)));
	if (type >= 8)
		buf_byte(to, (char)(type - 7));
	if (size >= SIZE_MEDIUM) {
		buf_byte(to, (char)((size - SIZE_MEDIUM) >> 8));
		buf_byte(to, (char)(size - SIZE_MEDIUM));
	} else if (size >= SIZE_SMALL) {
		buf_byte(to, (char)(size - SIZE_SMALL));
	}
}

void mmdb_put_map(struct buf *to, unsigned pairs)
{
	put_control(to, TYPE_MAP, pairs);
}

void mmdb_put_array(struct buf *to, unsigned values)
{
	put_control(to, TYPE_ARRAY, values);
}

void mmdb_put_string(struct buf *to, struct str s)
{
	put_control(to, TYPE_STRING, s.n);
	buf_str(to, s);
}

void mmdb_put_pointer(struct buf *to, uint32_t at)
{
	char bytes[4];

	put_be32(bytes, at);
	buf_byte(to, (char)(TYPE_POINTER << 5 | 3 << 3));
	buf_add(to, bytes, sizeof(bytes));
}

void mmdb_put_number(struct buf *to, unsigned type, uint32_t v)
{
	size_t n = v >> 24 ? 4 : v >> 16 ? 3 : v >> 8 ? 2 : v ? 1 : 0;
	char bytes[4];

	put_be32(bytes, v);
	put_control(to, type, n);
	buf_add(to, bytes + sizeof(bytes) - n, n);
}

void mmdb_writer_init(
	struct mmdb_writer *w, unsigned ip_version, unsigned record_size)
{
	w->ip_version = ip_version;
	w->record_size = record_size;
	w->nodes_n = 1;
	w->nodes[0][0] = NONE;
	w->nodes[0][1] = NONE;
	buf_init(&w->data, MMDB_DATA_MAX);
}

void mmdb_writer_deinit(struct mmdb_writer *w)
{
	buf_deinit(&w->data);
}

static unsigned bit_of(
	const struct mmdb_writer *w, const struct ip *ip, unsigned i)
{
	if (w->ip_version == 6 && ip->n == 4) {
		if (i < IPV4_BEGIN)
			return 0;
		i -= IPV4_BEGIN;
	}
	return ip->bytes[i / 8] >> (7 - i % 8) & 1;
}

/* The node that the record leads to; one that held data, or nothing, becomes a
 * node both of whose records hold that. */
static uint32_t descend(struct mmdb_writer *w, uint32_t *record)
{
	uint32_t was = *record;

	if (was < MMDB_NODES_MAX)
		return was;
	ASSERT(w->nodes_n < MMDB_NODES_MAX);
	*record = (uint32_t)w->nodes_n++;
	w->nodes[*record][0] = was;
	w->nodes[*record][1] = was;
	return *record;
}

void mmdb_writer_add_record(
	struct mmdb_writer *w, const char *prefix, struct str record)
{
	struct ip_prefix p;
	uint32_t node = 0;
	unsigned bits;

	ASSERT(ip_parse_prefix(str_from(prefix), &p) == OK);
	bits = p.bits;
	if (w->ip_version == 6 && p.ip.n == 4)
		bits += IPV4_BEGIN;
	ASSERT(bits > 0);
	for (unsigned i = 0; i + 1 < bits; i++)
		node = descend(w, &w->nodes[node][bit_of(w, &p.ip, i)]);
	w->nodes[node][bit_of(w, &p.ip, bits - 1)] =
		(uint32_t)(MMDB_NODES_MAX + 1 + w->data.n);
	buf_str(&w->data, record);
}

static void put_country(struct buf *to, const char *member, const char *code)
{
	mmdb_put_string(to, str_from(member));
	mmdb_put_map(to, 2);
	mmdb_put_string(to, STR("geoname_id"));
	mmdb_put_number(to, TYPE_UINT32, 6252001);
	mmdb_put_string(to, STR("iso_code"));
	mmdb_put_string(to, str_from(code));
}

void mmdb_writer_add(struct mmdb_writer *w, const char *prefix,
	const char *country, const char *registered)
{
	struct buf record;

	buf_init(&record, MMDB_DATA_MAX);
	mmdb_put_map(&record, 1 + !!country + !!registered);
	mmdb_put_string(&record, STR("continent"));
	mmdb_put_map(&record, 1);
	mmdb_put_string(&record, STR("code"));
	mmdb_put_string(&record, STR("EU"));
	if (country)
		put_country(&record, "country", country);
	if (registered)
		put_country(&record, "registered_country", registered);
	mmdb_writer_add_record(w, prefix, buf_view(&record));
	buf_deinit(&record);
}

/* A record of the tree, as the file numbers it. */
static uint32_t number_of(const struct mmdb_writer *w, uint32_t record)
{
	if (record < MMDB_NODES_MAX)
		return record;
	if (record == NONE)
		return (uint32_t)w->nodes_n;
	return (uint32_t)(w->nodes_n + SEPARATOR +
			  (record - MMDB_NODES_MAX - 1));
}

static void put_node(
	struct buf *to, unsigned record_size, uint32_t left, uint32_t right)
{
	char l[4], r[4];

	put_be32(l, left);
	put_be32(r, right);
	if (record_size == 32) {
		buf_add(to, l, 4);
		buf_add(to, r, 4);
		return;
	}
	buf_add(to, l + 1, 3);
	if (record_size == 28)
		buf_byte(to, (char)(l[0] << 4 | r[0]));
	buf_add(to, r + 1, 3);
}

static void put_member(
	struct buf *to, const char *name, unsigned type, uint32_t v)
{
	mmdb_put_string(to, str_from(name));
	mmdb_put_number(to, type, v);
}

static void put_metadata(const struct mmdb_writer *w, struct buf *to)
{
	buf_text(to, "\xab\xcd\xefMaxMind.com");
	mmdb_put_map(to, 9);
	put_member(to, "binary_format_major_version", TYPE_UINT16, 2);
	put_member(to, "binary_format_minor_version", TYPE_UINT16, 0);
	put_member(to, "build_epoch", TYPE_UINT64, BUILD_EPOCH);
	mmdb_put_string(to, STR("database_type"));
	mmdb_put_string(to, STR("Test-Country"));
	mmdb_put_string(to, STR("description"));
	mmdb_put_map(to, 1);
	mmdb_put_string(to, STR("en"));
	mmdb_put_string(to, STR("made for a test"));
	put_member(to, "ip_version", TYPE_UINT16, w->ip_version);
	mmdb_put_string(to, STR("languages"));
	mmdb_put_array(to, 1);
	mmdb_put_string(to, STR("en"));
	put_member(to, "node_count", TYPE_UINT32, (uint32_t)w->nodes_n);
	put_member(to, "record_size", TYPE_UINT16, w->record_size);
}

void mmdb_writer_finish(const struct mmdb_writer *w, struct buf *to)
{
	static const char separator[SEPARATOR];

	for (size_t i = 0; i < w->nodes_n; i++)
		put_node(to, w->record_size, number_of(w, w->nodes[i][0]),
			number_of(w, w->nodes[i][1]));
	buf_add(to, separator, sizeof(separator));
	buf_str(to, buf_view(&w->data));
	put_metadata(w, to);
	ASSERT(buf_err(&w->data) == OK && buf_err(to) == OK);
}
