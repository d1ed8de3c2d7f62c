/* Accounts, links and campaigns as one thread last read them, decoded and their
 * templates compiled, so that a tap looks up its token alone. What is kept is
 * good until a commit changes one of their tables: the version is read before
 * the snapshot that fills an entry is begun, and a commit moves it before
 * anybody is told, so that an edit holds for every tap after its answer. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "core/account_record.h"
#include "core/link_record.h"
#include "core/uri_template.h"
#include "store/db.h"

enum {
	/* Kept at once; an id has one place, by its low bits. */
	CATALOG_ACCOUNTS = 64,
	CATALOG_LINKS = 256,
	CATALOG_CAMPAIGNS = 64,
	CATALOG_RECORD_MAX = 32768,
};

/* A link, and its template unless that does not compile. */
struct catalog_link {
	struct link link;
	struct uri_template template;
	enum err template_err;
};

struct catalog_entry;

/* All zero at first. */
struct catalog {
	uint64_t version; /* of the tables, before the snapshot */
	struct catalog_entry *accounts[CATALOG_ACCOUNTS];
	struct catalog_entry *links[CATALOG_LINKS];
	struct catalog_entry *campaigns[CATALOG_CAMPAIGNS];
};

void catalog_deinit(struct catalog *c);
/* To be called before a snapshot of env is begun. */
void catalog_refresh(struct catalog *c, struct db_env *env);

/* ERR_NOT_FOUND, or the transaction's or the record's error. What is found is
 * the catalog's, until the next call for another id. */
CHECKED enum err catalog_account(struct catalog *c, struct db_txn *t,
	uint64_t id, const struct account **account);
CHECKED enum err catalog_link(struct catalog *c, struct db_txn *t, uint64_t id,
	const struct catalog_link **link);
CHECKED enum err catalog_campaign(struct catalog *c, struct db_txn *t,
	uint64_t id, const struct campaign **campaign);
