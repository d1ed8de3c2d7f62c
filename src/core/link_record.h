/* Links and campaigns, as records. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum {
	LINK_NAME_MAX = 128, /* links' and campaigns' */
	LINK_DEFAULTS_MAX = 32,
	LINK_DEFAULTS_BYTES_MAX = 1024, /* names and values together */
};

struct link_default {
	struct str name;
	struct str value;
};

/* The strings are views of the record, or of the caller's memory. */
struct link {
	uint64_t id;
	uint64_t account;
	uint32_t revision; /* from 1 */
	bool active;
	bool forward_query;
	bool track;
	struct str name;
	struct str destination; /* RFC 6570, level 1 */
	uint64_t campaign;      /* id, 0: none */
	uint64_t ttl_ms;     /* of tokens minted without their own; 0: none */
	uint64_t expires_ms; /* 0: never */
	struct str fallback; /* empty: none */
	uint64_t created_ms;
	uint64_t updated_ms;
	size_t defaults_n;
	struct link_default defaults[LINK_DEFAULTS_MAX];
};

struct campaign {
	uint64_t id;
	uint64_t account;
	uint32_t revision;
	bool active;
	struct str name;
	struct str override; /* empty: none */
	uint64_t created_ms;
	uint64_t updated_ms;
};

/* The records belong under the keys of their ids, 8 bytes big-endian. */
void link_record_put(struct buf *out, const struct link *l);
CHECKED enum err link_record_get(struct str record, struct link *l);
void campaign_record_put(struct buf *out, const struct campaign *c);
CHECKED enum err campaign_record_get(struct str record, struct campaign *c);

/* 1 to 128 of [A-Za-z0-9._-], not beginning with '.' or '-'. */
bool link_name_is_valid(struct str name);
/* The default's value, p NULL if there is none. */
struct str link_default_of(const struct link *l, struct str name);
