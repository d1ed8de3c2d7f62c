#include "store/links_check.h"

#include <inttypes.h>

#include "base/bytes.h"
#include "core/count_record.h"
#include "core/erasure_record.h"
#include "core/record.h"
#include "core/restore_record.h"
#include "core/stream_record.h"
#include "core/token_block.h"
#include "core/webhook_record.h"
#include "store/account.h"
#include "store/link.h"
#include "store/links.h"
#include "store/name_index.h"
#include "store/revision.h"
#include "store/token_store.h"

enum {
	REVISION_KEY_BYTES = 13,
	ANY_VERSION = 255,
};

/* One walk through all tables. */
struct walk {
	struct check *check;
	struct db_txn *t;
	const char *kind; /* the table's name for people */
	struct str key, value;
	uint64_t last_token; /* of the block before */
	/* What tokens named last, since most name the same. */
	uint64_t link, campaign;
	struct counts minted[COUNT_SUMS];
};

static uint64_t number(struct str key)
{
	return key.n == sizeof(uint64_t) ? get_be64(key.p) : 0;
}

static void found(struct walk *w, const char *what)
{
	check_found(w->check, w->kind, "%" PRIu64 ": %s", number(w->key), what);
}

static void check_err(struct walk *w, enum err e)
{
	if (e)
		found(w, err_text(e));
}

static void check_meta(struct walk *w)
{
	struct reader r;
	uint8_t version;
	enum err e =
		record_open_keyed(&r, w->value, w->key, ANY_VERSION, &version);

	if (e)
		check_found(w->check, w->kind, "%.*s: %s", STR_FMT(w->key),
			err_text(e));
}

/* A record that is kept under its id, its name and its revision. */
static void check_kept(struct walk *w, uint64_t id, unsigned names,
	uint64_t account, struct str name, enum revision_kind kind,
	uint32_t revision)
{
	struct str record;
	uint64_t named = 0;

	if (id != number(w->key))
		found(w, "lies under another id");
	if (name_index_get(w->t, names, account, name, &named) || named != id)
		found(w, "its name does not lead to it");
	if (!revision_get(w->t, kind, id, revision, &record) ||
		!str_eq(record, w->value))
		found(w, "its revision is not kept");
}

static void check_account(struct walk *w)
{
	struct account a;
	enum err e = account_record_get(w->value, &a);

	if (e)
		check_err(w, e);
	else
		check_kept(w, a.id, LINKS_ACCOUNT_NAMES, 0, a.name,
			REVISION_ACCOUNT, a.revision);
}

static bool has_account(struct walk *w, uint64_t id)
{
	struct str record;

	return account_record_of(w->t, id, &record) == OK;
}

static bool has_campaign(struct walk *w, uint64_t id)
{
	struct str record;

	if (!id || id == w->campaign)
		return true;
	w->campaign = campaign_record_of(w->t, id, &record) ? 0 : id;
	return w->campaign == id;
}

static bool has_link(struct walk *w, uint64_t id)
{
	struct str record;

	if (!id || id == w->link)
		return true;
	w->link = link_record_of(w->t, id, &record) ? 0 : id;
	return w->link == id;
}

static void check_link(struct walk *w)
{
	struct link l;
	enum err e = link_record_get(w->value, &l);

	if (e) {
		check_err(w, e);
		return;
	}
	check_kept(w, l.id, LINKS_LINK_NAMES, l.account, l.name, REVISION_LINK,
		l.revision);
	if (!has_account(w, l.account) || !has_campaign(w, l.campaign))
		found(w, "its account or campaign is not there");
}

static void check_campaign(struct walk *w)
{
	struct campaign c;
	enum err e = campaign_record_get(w->value, &c);

	if (e) {
		check_err(w, e);
		return;
	}
	check_kept(w, c.id, LINKS_CAMPAIGN_NAMES, c.account, c.name,
		REVISION_CAMPAIGN, c.revision);
	if (!has_account(w, c.account))
		found(w, "its account is not there");
}

static void check_api_key(struct walk *w)
{
	struct api_key k;
	enum err e = api_key_record_get(w->value, &k);

	if (e)
		check_err(w, e);
	else if (k.id != number(w->key) || !has_account(w, k.account))
		found(w, "lies under another id, or its account is not there");
}

/* A name leads to something that is there; that one leads back. */
static void check_name(struct walk *w, unsigned table)
{
	struct reader r;
	struct str record;
	uint8_t version;
	uint64_t id = 0;
	enum err e =
		record_open_keyed(&r, w->value, w->key, ANY_VERSION, &version);

	if (!e) {
		id = reader_be64(&r);
		e = reader_end(&r);
	}
	if (!e && !db_get(w->t, table, DB_KEY64(id), &record))
		e = ERR_NOT_FOUND;
	if (e)
		check_found(w->check, w->kind, "%.*s: %s",
			STR_FMT(str_skip(w->key, sizeof(uint64_t))),
			err_text(e));
}

static void check_account_name(struct walk *w)
{
	check_name(w, LINKS_ACCOUNTS);
}

static void check_link_name(struct walk *w)
{
	check_name(w, LINKS_LINKS);
}

static void check_campaign_name(struct walk *w)
{
	check_name(w, LINKS_CAMPAIGNS);
}

/* The id and revision that the record has by itself. */
static enum err read_revision(struct walk *w, uint64_t *id, uint32_t *revision)
{
	struct account a = {0};
	struct link l = {0};
	struct campaign c = {0};
	enum err e = ERR_CORRUPT;

	switch (w->key.p[0]) {
	case REVISION_ACCOUNT:
		e = account_record_get(w->value, &a);
		*id = a.id;
		*revision = a.revision;
		break;
	case REVISION_LINK:
		e = link_record_get(w->value, &l);
		*id = l.id;
		*revision = l.revision;
		break;
	case REVISION_CAMPAIGN:
		e = campaign_record_get(w->value, &c);
		*id = c.id;
		*revision = c.revision;
		break;
	default:
		break;
	}
	return e;
}

static void check_revision(struct walk *w)
{
	uint64_t id = 0;
	uint32_t revision = 0;
	enum err e = ERR_CORRUPT;

	if (w->key.n == REVISION_KEY_BYTES)
		e = read_revision(w, &id, &revision);
	if (!e && (id != get_be64(w->key.p + 1) ||
			  revision != get_be32(w->key.p + 9)))
		e = ERR_CORRUPT;
	if (e)
		check_found(w->check, w->kind, "of %" PRIu64 ": %s", id,
			err_text(e));
}

static enum err check_entry(struct walk *w, uint64_t token)
{
	struct token_shape shape;
	struct token_tail tail;
	struct block_entry entry;
	struct block block;
	enum err e = block_find(w->value, w->key, token, &block, &entry);

	if (e || entry.refused)
		return e;
	e = token_shape_get(entry.shape, &shape);
	if (!e)
		e = token_tail_get(entry.tail, shape.names_n, &tail);
	if (!e &&
		(!has_link(w, shape.link) || !has_campaign(w, shape.campaign)))
		e = ERR_NOT_FOUND;
	return e;
}

/* Wholly, and then each entry by its own sum. */
static void check_block(struct walk *w)
{
	struct block b;
	enum err e = block_open(w->value, w->key, &b);

	if (e) {
		check_found(w->check, w->kind, "that ends with %" PRIu64 ": %s",
			number(w->key), err_text(e));
		return;
	}
	if (b.first <= w->last_token)
		check_found(w->check, w->kind,
			"%" PRIu64 " to %" PRIu64 ": overlaps another", b.first,
			b.last);
	w->last_token = b.last;
	for (uint64_t n = b.first; n <= b.last; n++) {
		e = check_entry(w, n);
		if (e)
			check_found(w->check, "tokens", "%" PRIu64 ": %s", n,
				err_text(e));
	}
	check_looked(w->check, b.count);
}

static void check_change(struct walk *w)
{
	struct stored_token token;
	struct token_change change;
	enum err e = token_change_get(w->value, w->key, &change);

	if (!e)
		e = token_by_number(w->t, number(w->key), &token);
	check_err(w, e);
}

static void check_stream(struct walk *w)
{
	struct stream s;

	check_err(w, w->key.n == STREAM_KEY_BYTES
			     ? stream_record_get(w->value, w->key, &s)
			     : ERR_CORRUPT);
}

static void check_webhook(struct walk *w)
{
	struct webhook h;

	check_err(w, webhook_record_get(w->value, &h));
}

static void check_progress(struct walk *w)
{
	struct webhook_progress p;

	check_err(w, webhook_progress_get(w->value, &p));
}

static void check_erasure(struct walk *w)
{
	struct erasure e;

	check_err(w, erasure_record_get(w->value, w->key, &e));
}

static void check_erased(struct walk *w)
{
	uint64_t numbers[ERASED_CHUNK_TOKENS];
	size_t n;

	check_err(w, erased_record_get(w->value, w->key, numbers, &n));
}

static void check_restore(struct walk *w)
{
	struct restore r;

	check_err(w, restore_record_get(w->value, w->key, &r));
}

static void check_range(struct walk *w)
{
	struct range r;
	enum err e = w->key.n == RANGE_KEY_BYTES
			     ? range_record_get(w->value, w->key, &r)
			     : ERR_CORRUPT;

	if (!e && (!r.count || r.token + r.count - 1 > w->last_token))
		e = ERR_NOT_FOUND;
	if (e)
		check_found(w->check, w->kind, "of stream %" PRIu64 ": %s",
			w->key.n >= 8 ? get_be64(w->key.p) : 0, err_text(e));
}

static void check_minted(struct walk *w)
{
	struct count c;
	enum err e = count_record_get(w->key, w->value, &c);

	if (e) {
		check_found(w->check, w->kind, "a count: %s", err_text(e));
		return;
	}
	for (size_t i = 0; i < COUNT_SUMS; i++)
		if (c.kind == count_sum_bits(i))
			counts_add(&w->minted[i], &c.counts);
}

/* Blocks before what refers to tokens. */
static const struct row {
	unsigned table;
	const char *kind;
	void (*check)(struct walk *w);
} rows[] = {
	{LINKS_META, "meta", check_meta},
	{LINKS_ACCOUNTS, "accounts", check_account},
	{LINKS_ACCOUNT_NAMES, "account names", check_account_name},
	{LINKS_API_KEYS, "API keys", check_api_key},
	{LINKS_LINKS, "links", check_link},
	{LINKS_LINK_NAMES, "link names", check_link_name},
	{LINKS_CAMPAIGNS, "campaigns", check_campaign},
	{LINKS_CAMPAIGN_NAMES, "campaign names", check_campaign_name},
	{LINKS_REVISIONS, "revisions", check_revision},
	{LINKS_BLOCKS, "token blocks", check_block},
	{LINKS_TOKEN_CHANGES, "token changes", check_change},
	{LINKS_STREAMS, "mint streams", check_stream},
	{LINKS_RANGES, "mint ranges", check_range},
	{LINKS_MINTED, "minted counts", check_minted},
	{LINKS_WEBHOOKS, "webhooks", check_webhook},
	{LINKS_HOOK_PROGRESS, "webhooks' progress", check_progress},
	{LINKS_ERASURES, "erasures", check_erasure},
	{LINKS_ERASED, "erased tokens", check_erased},
	{LINKS_RESTORES, "restores", check_restore},
};

static void check_table(struct walk *w, const struct row *row)
{
	struct db_cursor c;
	bool there;

	w->kind = row->kind;
	db_cursor_init(w->t, row->table, &c);
	for (there = db_first(&c); there; there = db_next(&c)) {
		w->key = c.key;
		w->value = c.value;
		row->check(w);
		check_looked(w->check, 1);
	}
	db_cursor_deinit(&c);
	if (w->t->err)
		check_found(w->check, row->kind, "cannot be read: %s",
			err_text(w->t->err));
}

static void check_all(struct walk *w)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!w->t->err)
			check_table(w, &rows[i]);
	}
	for (size_t i = 1; i < COUNT_SUMS && !w->t->err; i++)
		if (w->minted[i].minted != w->minted[0].minted)
			check_found(w->check, "minted counts",
				"%" PRIu64 " in all, but %" PRIu64
				" summed up otherwise",
				w->minted[0].minted, w->minted[i].minted);
}

enum err links_check(const char *dir, struct check *check)
{
	struct walk w = {.check = check};
	struct db_env *env;
	struct db_txn t;
	enum err e = links_open_sealed(dir, &env);

	if (e)
		return e;
	e = db_reader_init(env, &t);
	if (!e)
		e = db_reader_renew(&t);
	w.t = &t;
	if (!e)
		check_all(&w);
	db_reader_deinit(&t);
	db_close(env);
	return e;
}
