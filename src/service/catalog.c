#include "service/catalog.h"

#include <stdlib.h>

#include "base/buf.h"
#include "store/account.h"
#include "store/link.h"
#include "store/links.h"

struct catalog_entry {
	uint64_t id; /* 0: none */
	uint64_t version;
	struct buf record; /* what the rest are views of */
	union {
		struct account account;
		struct catalog_link link;
		struct campaign campaign;
	};
};

/* How a kind of entry is read: its record, and from the copied bytes the
 * rest. */
struct kind {
	enum err (*find)(struct db_txn *t, uint64_t id, struct str *record);
	/* Also tells the id that the record has. */
	enum err (*decode)(
		struct str record, struct catalog_entry *e, uint64_t *id);
};

static enum err decode_account(
	struct str record, struct catalog_entry *e, uint64_t *id)
{
	enum err err = account_record_get(record, &e->account);

	*id = err ? 0 : e->account.id;
	return err;
}

static enum err decode_link(
	struct str record, struct catalog_entry *e, uint64_t *id)
{
	struct uri_template_problem problem;
	enum err err = link_record_get(record, &e->link.link);

	if (err)
		return err;
	*id = e->link.link.id;
	e->link.template_err = uri_template_compile(
		e->link.link.destination, &e->link.template, &problem);
	return OK;
}

static enum err decode_campaign(
	struct str record, struct catalog_entry *e, uint64_t *id)
{
	enum err err = campaign_record_get(record, &e->campaign);

	*id = err ? 0 : e->campaign.id;
	return err;
}

static const struct kind accounts = {account_record_of, decode_account};
static const struct kind links = {link_record_of, decode_link};
static const struct kind campaigns = {campaign_record_of, decode_campaign};

static void free_entries(struct catalog_entry **entries, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (entries[i])
			buf_deinit(&entries[i]->record);
		free(entries[i]);
		entries[i] = NULL;
	}
}

void catalog_deinit(struct catalog *c)
{
	free_entries(c->accounts, CATALOG_ACCOUNTS);
	free_entries(c->links, CATALOG_LINKS);
	free_entries(c->campaigns, CATALOG_CAMPAIGNS);
}

void catalog_refresh(struct catalog *c, struct db_env *env)
{
	c->version = db_version(env, LINKS_ACCOUNTS) +
		     db_version(env, LINKS_LINKS) +
		     db_version(env, LINKS_CAMPAIGNS);
}

static struct catalog_entry *entry_at(struct catalog_entry **place)
{
	if (!*place) {
		*place = calloc(1, sizeof(**place));
		if (*place)
			buf_init(&(*place)->record, CATALOG_RECORD_MAX);
	}
	return *place;
}

static enum err read_entry(struct catalog_entry *e, const struct kind *kind,
	struct db_txn *t, uint64_t id)
{
	struct str record;
	uint64_t found;
	enum err err;

	e->id = 0;
	err = kind->find(t, id, &record);
	if (err)
		return err;
	buf_reset(&e->record);
	buf_str(&e->record, record);
	err = buf_err(&e->record);
	if (!err)
		err = kind->decode(buf_view(&e->record), e, &found);
	return !err && found != id ? ERR_CORRUPT : err;
}

static enum err get(const struct catalog *c, struct catalog_entry **place,
	const struct kind *kind, struct db_txn *t, uint64_t id)
{
	struct catalog_entry *e = entry_at(place);
	enum err err;

	if (!e)
		return ERR_NOMEM;
	if (id && e->id == id && e->version == c->version)
		return OK;
	err = read_entry(e, kind, t, id);
	if (err)
		return err;
	e->id = id;
	e->version = c->version;
	return OK;
}

enum err catalog_account(struct catalog *c, struct db_txn *t, uint64_t id,
	const struct account **account)
{
	struct catalog_entry **place = &c->accounts[id % CATALOG_ACCOUNTS];
	enum err e = get(c, place, &accounts, t, id);

	if (!e)
		*account = &(*place)->account;
	return e;
}

enum err catalog_link(struct catalog *c, struct db_txn *t, uint64_t id,
	const struct catalog_link **link)
{
	struct catalog_entry **place = &c->links[id % CATALOG_LINKS];
	enum err e = get(c, place, &links, t, id);

	if (!e)
		*link = &(*place)->link;
	return e;
}

enum err catalog_campaign(struct catalog *c, struct db_txn *t, uint64_t id,
	const struct campaign **campaign)
{
	struct catalog_entry **place = &c->campaigns[id % CATALOG_CAMPAIGNS];
	enum err e = get(c, place, &campaigns, t, id);

	if (!e)
		*campaign = &(*place)->campaign;
	return e;
}
