#include "store/link.h"

#include "store/links.h"
#include "store/name_index.h"
#include "store/revision.h"

static enum err missing(const struct db_txn *t)
{
	return t->err ? t->err : ERR_NOT_FOUND;
}

enum err link_record_of(struct db_txn *t, uint64_t id, struct str *record)
{
	return db_get(t, LINKS_LINKS, DB_KEY64(id), record) ? OK : missing(t);
}

enum err link_by_id(struct db_txn *t, uint64_t id, struct link *l)
{
	struct str record;
	enum err e = link_record_of(t, id, &record);

	if (!e)
		e = link_record_get(record, l);
	return !e && l->id != id ? ERR_CORRUPT : e;
}

enum err link_by_name(
	struct db_txn *t, uint64_t account, struct str name, struct link *l)
{
	uint64_t id;
	enum err e = name_index_get(t, LINKS_LINK_NAMES, account, name, &id);

	return e ? e : link_by_id(t, id, l);
}

enum err link_at(
	struct db_txn *t, uint64_t id, uint32_t revision, struct link *l)
{
	struct str record;

	if (!revision_get(t, REVISION_LINK, id, revision, &record))
		return missing(t);
	return link_record_get(record, l);
}

enum err link_next(
	struct db_txn *t, uint64_t account, struct str after, struct link *l)
{
	struct str name;
	uint64_t id;
	enum err e = name_index_next(
		t, LINKS_LINK_NAMES, account, after, &name, &id);

	return e ? e : link_by_id(t, id, l);
}

enum err campaign_record_of(struct db_txn *t, uint64_t id, struct str *record)
{
	return db_get(t, LINKS_CAMPAIGNS, DB_KEY64(id), record) ? OK
								: missing(t);
}

enum err campaign_by_id(struct db_txn *t, uint64_t id, struct campaign *c)
{
	struct str record;
	enum err e = campaign_record_of(t, id, &record);

	if (!e)
		e = campaign_record_get(record, c);
	return !e && c->id != id ? ERR_CORRUPT : e;
}

enum err campaign_by_name(
	struct db_txn *t, uint64_t account, struct str name, struct campaign *c)
{
	uint64_t id;
	enum err e =
		name_index_get(t, LINKS_CAMPAIGN_NAMES, account, name, &id);

	return e ? e : campaign_by_id(t, id, c);
}

enum err campaign_at(
	struct db_txn *t, uint64_t id, uint32_t revision, struct campaign *c)
{
	struct str record;

	if (!revision_get(t, REVISION_CAMPAIGN, id, revision, &record))
		return missing(t);
	return campaign_record_get(record, c);
}

enum err campaign_next(struct db_txn *t, uint64_t account, struct str after,
	struct campaign *c)
{
	struct str name;
	uint64_t id;
	enum err e = name_index_next(
		t, LINKS_CAMPAIGN_NAMES, account, after, &name, &id);

	return e ? e : campaign_by_id(t, id, c);
}

void apply_link(struct db_txn *t, struct str record)
{
	struct link l;
	enum err e = link_record_get(record, &l);

	if (e) {
		db_fail(t, e);
		return;
	}
	db_put(t, LINKS_LINKS, DB_KEY64(l.id), record);
	name_index_put(t, LINKS_LINK_NAMES, l.account, l.name, l.id);
	revision_put(t, REVISION_LINK, l.id, l.revision, record);
}

void apply_campaign(struct db_txn *t, struct str record)
{
	struct campaign c;
	enum err e = campaign_record_get(record, &c);

	if (e) {
		db_fail(t, e);
		return;
	}
	db_put(t, LINKS_CAMPAIGNS, DB_KEY64(c.id), record);
	name_index_put(t, LINKS_CAMPAIGN_NAMES, c.account, c.name, c.id);
	revision_put(t, REVISION_CAMPAIGN, c.id, c.revision, record);
}
