/* An account, as a record: a tenant of one region, with its defaults. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum {
	ACCOUNT_NAME_MAX = 64,
	ACCOUNT_HOSTS_MAX = 64,
};

/* The strings are views of the record, or of the caller's memory. */
struct account {
	uint64_t id;
	uint32_t revision; /* from 1 */
	bool active;
	struct str name;
	struct str fallback; /* empty: none */
	uint64_t created_ms;
	size_t hosts_n; /* none: any destination */
	struct str hosts[ACCOUNT_HOSTS_MAX];
};

/* The record belongs under the key of its id, 8 bytes big-endian. */
void account_record_put(struct buf *out, const struct account *a);
CHECKED enum err account_record_get(struct str record, struct account *a);

/* 1 to 64 of [a-z0-9-], beginning and ending with a letter or digit. */
bool account_name_is_valid(struct str name);
