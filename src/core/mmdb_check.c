#include "core/mmdb_check.h"

#include <stddef.h>

enum {
	SEPARATOR = 16, /* zeros between tree and data */
	SIZE_1 = 29     /* sizes from here on have 1, 2, 3 more bytes */
};

/* Types of values; what is not here never stands in a record. */
enum mmdb_type {
	TYPE_EXTENDED = 0,
	TYPE_POINTER = 1,
	TYPE_STRING = 2,
	TYPE_DOUBLE = 3,
	TYPE_BYTES = 4,
	TYPE_UINT16 = 5,
	TYPE_UINT32 = 6,
	TYPE_MAP = 7,
	TYPE_INT32 = 8,
	TYPE_UINT64 = 9,
	TYPE_UINT128 = 10,
	TYPE_ARRAY = 11,
	TYPE_BOOLEAN = 14,
	TYPE_FLOAT = 15
};

/* The beginning of a value. */
struct field {
	unsigned type;
	uint32_t size; /* bytes, pairs, values, or where a pointer leads */
	uint32_t at;   /* of what follows: payload, pairs, values */
};

/* A big-endian number of n bytes. */
static uint32_t number(const char *p, size_t n)
{
	uint32_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | (uint8_t)p[i];
	return v;
}

/* The n bytes at *at, which moves behind them; NULL if they are not there. */
static const char *take(struct str section, uint32_t *at, size_t n)
{
	const char *p;

	if (*at > section.n || n > section.n - *at)
		return NULL;
	p = section.p + *at;
	*at += (uint32_t)n;
	return p;
}

static bool read_pointer(struct str section, unsigned control, struct field *f)
{
	static const uint32_t base[] = {0, 2048, 526336, 0};
	unsigned bytes = (control >> 3 & 3) + 1;
	const char *p = take(section, &f->at, bytes);

	if (!p)
		return false;
	f->size = number(p, bytes);
	if (bytes < 4)
		f->size += (control & 7) << 8 * bytes;
	f->size += base[bytes - 1];
	return true;
}

static bool read_size(struct str section, unsigned control, struct field *f)
{
	static const uint32_t base[] = {29, 285, 65821};
	unsigned bytes;
	const char *p;

	f->size = control & 31;
	if (f->size < SIZE_1)
		return true;
	bytes = f->size - SIZE_1 + 1;
	p = take(section, &f->at, bytes);
	if (p)
		f->size = base[bytes - 1] + number(p, bytes);
	return p != NULL;
}

static bool read_field(struct str section, uint32_t at, struct field *f)
{
	const char *p = take(section, &at, 1);
	unsigned control;

	f->at = at;
	if (!p)
		return false;
	control = (uint8_t)p[0];
	f->type = control >> 5;
	if (f->type == TYPE_POINTER)
		return read_pointer(section, control, f);
	if (f->type == TYPE_EXTENDED) {
		p = take(section, &f->at, 1);
		if (!p)
			return false;
		f->type = (uint8_t)p[0] + 7U;
		if (f->type == TYPE_MAP)
			return false; /* it is not to be extended */
	}
	return read_size(section, control, f);
}

/* Bytes that a value without values in it takes, as its size says; false for a
 * type that may not be. */
static bool payload(const struct field *f, uint32_t *bytes)
{
	*bytes = f->size;
	switch (f->type) {
	case TYPE_STRING:
	case TYPE_BYTES:
		return true;
	case TYPE_DOUBLE:
		return f->size == 8;
	case TYPE_FLOAT:
		return f->size == 4;
	case TYPE_UINT16:
		return f->size <= 2;
	case TYPE_UINT32:
	case TYPE_INT32:
		return f->size <= 4;
	case TYPE_UINT64:
		return f->size <= 8;
	case TYPE_UINT128:
		return f->size <= 16;
	case TYPE_BOOLEAN:
		*bytes = 0;
		return f->size <= 1;
	default:
		return false;
	}
}

/* Values that are still to be looked at: stretches of them, the innermost
 * last. */
struct walk {
	struct str section;
	struct {
		uint32_t at;
		uint32_t left;     /* values from there on */
		bool is_elsewhere; /* a pointer led there */
	} stack[MMDB_DEPTH_MAX];
	size_t depth;
	size_t values_n;
};

static bool push(struct walk *w, uint32_t at, uint32_t values)
{
	if (w->depth == MMDB_DEPTH_MAX)
		return false;
	w->stack[w->depth].at = at;
	w->stack[w->depth].left = values;
	w->stack[w->depth].is_elsewhere = false;
	w->depth++;
	return true;
}

/* A stretch is done: what is around it goes on behind it. */
static void pop(struct walk *w)
{
	size_t top = --w->depth;

	if (top > 0 && !w->stack[top].is_elsewhere)
		w->stack[top - 1].at = w->stack[top].at;
}

static bool push_target(struct walk *w, uint32_t at)
{
	struct field target;

	if (!read_field(w->section, at, &target) ||
		target.type == TYPE_POINTER || !push(w, at, 1))
		return false;
	w->stack[w->depth - 1].is_elsewhere = true;
	return true;
}

/* Takes the next value of the innermost stretch. */
static bool step(struct walk *w)
{
	size_t top = w->depth - 1;
	uint32_t bytes;
	struct field f;

	if (++w->values_n > MMDB_VALUES_MAX ||
		!read_field(w->section, w->stack[top].at, &f))
		return false;
	w->stack[top].left--;
	w->stack[top].at = f.at;
	if (f.type == TYPE_POINTER)
		return push_target(w, f.size);
	if (f.type == TYPE_MAP)
		return f.size <= MMDB_VALUES_MAX && push(w, f.at, 2 * f.size);
	if (f.type == TYPE_ARRAY)
		return push(w, f.at, f.size);
	return payload(&f, &bytes) &&
	       take(w->section, &w->stack[top].at, bytes) != NULL;
}

/* Goes over the value at *at, which moves behind it. */
static bool walk(struct str section, uint32_t *at)
{
	struct walk w = {.section = section};

	(void)push(&w, *at, 1); /* there is room for the first */
	while (w.depth) {
		if (w.stack[w.depth - 1].left == 0)
			pop(&w);
		else if (!step(&w))
			return false;
	}
	*at = w.stack[0].at;
	return true;
}

bool mmdb_check_value(struct str section, uint32_t at)
{
	return walk(section, &at);
}

/* The field at that place, or that its pointer leads to. */
static bool read_target(struct str section, uint32_t at, struct field *f)
{
	if (!read_field(section, at, f))
		return false;
	return f->type != TYPE_POINTER || read_field(section, f->size, f);
}

/* The bytes of a string or a number. */
static bool read_bytes(struct str section, struct field *f, struct str *bytes)
{
	uint32_t n;
	const char *p = payload(f, &n) ? take(section, &f->at, n) : NULL;

	*bytes = str_make(p, p ? n : 0);
	return p != NULL;
}

/* The value of a member of the map that the metadata is, which was walked over;
 * false if there is none. */
static bool metadata_find(
	struct str metadata, const char *name, struct field *value)
{
	struct field map, f;
	struct str key;
	uint32_t at;

	if (!read_field(metadata, 0, &map) || map.type != TYPE_MAP)
		return false;
	at = map.at;
	for (uint32_t i = 0; i < map.size; i++) {
		bool is_it = read_target(metadata, at, &f) &&
			     f.type == TYPE_STRING &&
			     read_bytes(metadata, &f, &key) &&
			     str_is(key, name);

		if (!walk(metadata, &at))
			return false;
		if (is_it)
			return read_target(metadata, at, value);
		if (!walk(metadata, &at))
			return false;
	}
	return false;
}

static bool metadata_number(
	struct str metadata, const char *name, uint32_t *value)
{
	struct str bytes;
	struct field f;

	if (!metadata_find(metadata, name, &f) ||
		(f.type != TYPE_UINT16 && f.type != TYPE_UINT32) ||
		!read_bytes(metadata, &f, &bytes))
		return false;
	*value = number(bytes.p, bytes.n);
	return true;
}

/* True if a member, should it be there, is a list of strings: what else it may
 * be, the library leaks memory over. A map's keys are of the list, too. */
static bool metadata_strings(
	struct str metadata, const char *name, unsigned type)
{
	struct field list, f;
	uint32_t at, n;

	if (!metadata_find(metadata, name, &list))
		return true;
	at = list.at;
	n = type == TYPE_MAP ? 2 * list.size : list.size;
	if (list.type != type)
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (!read_target(metadata, at, &f) || f.type != TYPE_STRING ||
			!walk(metadata, &at))
			return false;
	return true;
}

static const char marker[] = "\xab\xcd\xefMaxMind.com";

enum {
	MARKER_LEN = sizeof(marker) - 1
};

/* The metadata, without its marker, which stands last in the file; p is NULL if
 * there is none. */
static struct str find_metadata(struct str file)
{
	size_t from =
		file.n > MMDB_METADATA_MAX ? file.n - MMDB_METADATA_MAX : 0;
	struct str rest = str_skip(file, from);
	struct str found = str_make(NULL, 0);
	const char *p;

	while (rest.n &&
		(p = memmem(rest.p, rest.n, marker, MARKER_LEN)) != NULL) {
		rest = str_skip(rest, (size_t)(p - rest.p) + MARKER_LEN);
		found = rest.n ? rest : str_make(NULL, 0);
	}
	return found;
}

const char *mmdb_check_file(struct str file)
{
	struct str metadata = find_metadata(file);
	uint32_t nodes, bits;

	if (!metadata.p)
		return "not a MaxMind DB file, or cut short";
	if (!mmdb_check_value(metadata, 0) ||
		!metadata_strings(metadata, "languages", TYPE_ARRAY) ||
		!metadata_strings(metadata, "description", TYPE_MAP))
		return "its metadata is damaged";
	if (!metadata_number(metadata, "node_count", &nodes) ||
		!metadata_number(metadata, "record_size", &bits))
		return "its metadata lacks node_count or record_size";
	if (bits != 24 && bits != 28 && bits != 32)
		return "its records are not of 24, 28 or 32 bits";
	if ((uint64_t)nodes * (bits / 4) + SEPARATOR >
		(uint64_t)(metadata.p - file.p - MARKER_LEN))
		return "its tree is longer than the file";
	return NULL;
}
