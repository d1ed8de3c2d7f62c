/* The config engine: a table of settings says which sections and keys there
 * are, and texts are checked against it and stored in the caller's struct.
 * It reads no files; whoever does feeds it with conf_section() and conf_set().
 * Every error is kept, not only the first. One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/ip.h"
#include "base/str.h"

enum {
	CONF_LIST_MAX = 64,        /* entries of a list */
	CONF_WORD_MAX = 255,       /* bytes of an entry of a list of strings */
	CONF_VALUE_MAX = 4096,     /* bytes of a value */
	CONF_ERRORS_MAX = 1 << 18, /* bytes of error texts; more are counted */
};

/* What a key's text may be, and what it is stored as. */
enum conf_type {
	CONF_BOOL,     /* yes | no; bool */
	CONF_DURATION, /* as num_parse_duration(); uint64_t milliseconds */
	CONF_SIZE,     /* as num_parse_size(); uint64_t bytes */
	CONF_COUNT,    /* decimal; uint64_t */
	CONF_STRING,   /* char[max + 1], NUL-terminated */
	CONF_CHOICE,   /* one of choices; an enum: its index there */
	CONF_ENDPOINT, /* as ip_parse_endpoint(); struct ip_endpoint */
	CONF_STRINGS,  /* apart by commas or blanks; struct conf_strings */
	CONF_PREFIXES, /* the same; struct conf_prefixes */
};

/* Lists; a value replaces the whole list, an empty value empties it. */
struct conf_strings {
	size_t n;
	char text[CONF_LIST_MAX][CONF_WORD_MAX + 1];
};

struct conf_prefixes {
	size_t n;
	struct ip_prefix prefix[CONF_LIST_MAX];
};

/* A row of the table. */
struct conf_setting {
	const char *section;
	const char *key;
	enum conf_type type;
	const char *fallback; /* the default's text; must be valid */
	const char *unit;     /* for people: "duration", "yes | no" */
	const char *help;     /* one line */
	size_t offset;        /* in the section's struct */
	/* Durations in ms, sizes, counts: the range. Strings and entries of
	 * lists: the range of their length in bytes; strings' fields are
	 * char[max + 1]. */
	uint64_t min;
	uint64_t max;
	const char *const *choices; /* NULL-terminated */
};

/* A section's struct lies in the caller's struct at offset. One with
 * max > 0 is named, `[region us1]`: then an array of max structs of size bytes
 * lies there, with a size_t at count_offset that counts those in use, and each
 * begins with its name, char[name_max + 1]. */
struct conf_section {
	const char *name;
	const char *help;
	size_t offset;
	size_t size;
	size_t max;
	size_t count_offset;
	size_t name_max;
};

struct conf_table {
	const struct conf_section *sections;
	size_t sections_n;
	const struct conf_setting *settings;
	size_t settings_n;
};

/* Where a text came from; source is borrowed for the life of the conf. NULL:
 * built in. Line 0: the source has no lines. */
struct conf_place {
	const char *source;
	unsigned line;
};

struct conf {
	const struct conf_table *table;
	void *to;
	struct buf errors;         /* one a line */
	size_t errors_n;           /* counts those that found no room, too */
	struct conf_place *places; /* of each setting and each section, for
				      each instance */
	size_t stride;             /* the most instances there may be */
};

/* Stores every plain section's defaults in `to`, and no named sections; both
 * arguments outlive c. ERR_NOMEM. */
CHECKED enum err conf_init(
	struct conf *c, const struct conf_table *table, void *to);
/* Leaves what was stored. NULL-safe members: also after a failed init. */
void conf_deinit(struct conf *c);

/* A section begins: `click` or `region us1`, without brackets. A new name
 * makes an instance with the defaults. False, with an error added, for one
 * that the table does not have. */
bool conf_section(struct conf *c, struct conf_place at, struct str section);
/* Checks and stores, or adds an error. Setting a key twice from places with
 * lines of the same source is an error; else the later wins. */
void conf_set(struct conf *c, struct conf_place at, struct str section,
	struct str key, struct str value);
/* `section.key=value`; the last dot before the first `=` ends the section.
 * Source is for errors, such as "--set click.listen=x". */
void conf_override(struct conf *c, const char *source, struct str text);

/* Adds an error of a source: `FILE:LINE: text`. */
void conf_error(struct conf *c, struct conf_place at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Adds an error on a key, for checks across settings: instance counts from 0
 * (0 for a plain section); the place is where the key was last set, or where
 * the instance began. key NULL: on the instance. */
void conf_error_key(struct conf *c, const char *section, size_t instance,
	const char *key, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
/* True if the key was set by something else than its default. */
bool conf_is_set(const struct conf *c, const char *section, size_t instance,
	const char *key);

/* What a named section's example shows, and where it differs from the rows'
 * defaults. */
struct conf_example {
	const char *section;
	const char *name;
	const char *key; /* NULL: the instance alone */
	const char *value;
};
/* Appends a config file that holds every key, commented out, with its help,
 * unit and default. Named sections are shown once for each name among the
 * examples, in their order; help is with the first alone. */
void conf_print(const struct conf_table *table,
	const struct conf_example *examples, size_t examples_n, struct buf *to);
