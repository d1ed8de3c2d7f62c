/* An API key, as a record: whose it is, what it may do, and the hash of its
 * secret. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "core/secret.h"

enum api_scope {
	SCOPE_MINT = 1,
	SCOPE_LINKS = 2,
	SCOPE_READ = 4,
	SCOPE_ERASE = 8,
	SCOPES_ALL = 15,
	SCOPES_N = 4,
};

struct api_key {
	uint64_t id;
	uint64_t account;
	uint8_t scopes; /* bits of enum api_scope */
	uint64_t created_ms;
	uint64_t expires_ms; /* 0: never */
	uint64_t revoked_ms; /* 0: not */
	uint8_t hash[SECRET_HASH_BYTES];
};

/* The record belongs under the key of its id, 8 bytes big-endian. */
void api_key_record_put(struct buf *out, const struct api_key *k);
CHECKED enum err api_key_record_get(struct str record, struct api_key *k);

/* "mint", "links", "read", "erase"; i counts from 0 to SCOPES_N - 1. */
const char *api_scope_name(unsigned i);
/* ERR_INVALID for no scope's name. */
CHECKED enum err api_scope_parse(struct str name, uint8_t *bit);
