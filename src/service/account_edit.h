/* Changes to accounts and their API keys, as jobs of the links writer. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "core/account_record.h"
#include "core/api_key_record.h"
#include "core/json.h"
#include "service/problem.h"
#include "service/region.h"
#include "store/links_writer.h"

/* Makes an account with a first key of all scopes, or changes one. The strings
 * live in the caller's JSON until the job is done. */
struct account_edit {
	struct links_job job;
	void *owner; /* for done */
	const struct regions *regions;
	const struct region *region;
	bool is_new;
	struct str name;
	struct str fallback, state;
	const struct json_t *hosts;
	enum json_state has_fallback, has_state, has_hosts;
	struct problem problem;
	/* Out, for a new one: the key's text, the only time it is seen. */
	uint64_t key_id;
	char key[API_KEY_TEXT_MAX];
};

/* Adds a key, or revokes one. */
struct api_key_edit {
	struct links_job job;
	void *owner;
	const struct region *region;
	bool is_new;
	uint64_t account;
	uint8_t scopes;
	uint64_t ttl_ms; /* 0: never expires */
	uint64_t key_id; /* of the one to revoke; out for a new one */
	struct problem problem;
	uint64_t expires_ms;        /* out */
	char key[API_KEY_TEXT_MAX]; /* out */
};

/* Reads {account, region, fallback, allowed_hosts} of a POST, after the caller
 * found the region, or {state, fallback, allowed_hosts} of a PATCH. False with
 * findings in edit->problem. */
bool account_edit_read(struct account_edit *edit, const struct json_t *body);
CHECKED enum err account_edit_submit(
	struct account_edit *edit, struct links_writer *w);

/* Reads {scopes, ttl}. */
bool api_key_edit_read(struct api_key_edit *edit, const struct json_t *body);
CHECKED enum err api_key_edit_submit(
	struct api_key_edit *edit, struct links_writer *w);
