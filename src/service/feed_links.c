#include "service/feed_links.h"

#include "core/record.h"
#include "service/token_value.h"
#include "store/revision.h"

void feed_links_init(struct feed_links *l)
{
	*l = (struct feed_links){0};
	for (size_t i = 0; i < FEED_LINKS; i++)
		buf_init(&l->items[i].record, FEED_LINK_BYTES_MAX);
}

void feed_links_deinit(struct feed_links *l)
{
	for (size_t i = 0; i < FEED_LINKS; i++)
		buf_deinit(&l->items[i].record);
}

void feed_links_renew(struct feed_links *l)
{
	l->snapshot++;
}

/* The seal tells a record from any other: it is a hash of all of it. */
static bool has_same_seal(struct str a, struct str b)
{
	return a.n == b.n && a.n >= RECORD_SEAL &&
	       memcmp(a.p + a.n - RECORD_SEAL, b.p + b.n - RECORD_SEAL,
		       RECORD_SEAL) == 0;
}

/* Makes the slot that of the record, which is checked; on an error nobody's.
 */
static enum err take(struct feed_link *slot, uint64_t id, uint32_t revision,
	struct str record)
{
	struct uri_template_problem problem;
	enum err e;

	slot->id = 0;
	buf_reset(&slot->record);
	buf_str(&slot->record, record);
	e = buf_err(&slot->record);
	if (!e)
		e = link_record_get(buf_view(&slot->record), &slot->link);
	if (!e && (slot->link.id != id || slot->link.revision != revision))
		e = ERR_CORRUPT;
	if (e)
		return e;
	slot->id = id;
	slot->revision = revision;
	slot->template_err = OK;
	if (uri_template_compile(
		    slot->link.destination, &slot->template, &problem))
		slot->template_err = ERR_CORRUPT;
	return OK;
}

static enum err compare(struct feed_link *slot, struct db_txn *t, uint64_t id,
	uint32_t revision)
{
	struct str record;

	if (!revision_get(t, REVISION_LINK, id, revision, &record))
		return t->err ? t->err : ERR_NOT_FOUND;
	if (slot->id != id || slot->revision != revision ||
		!has_same_seal(record, buf_view(&slot->record)))
		return take(slot, id, revision, record);
	return OK;
}

enum err feed_links_get(struct feed_links *l, struct db_txn *t, uint64_t id,
	uint32_t revision, const struct feed_link **to)
{
	struct feed_link *slot = &l->items[(id + revision) % FEED_LINKS];
	enum err e = OK;

	if (slot->id != id || slot->revision != revision ||
		slot->snapshot != l->snapshot)
		e = compare(slot, t, id, revision);
	if (e)
		return e;
	slot->snapshot = l->snapshot;
	*to = slot;
	return OK;
}

enum err feed_link_expand(const struct feed_link *l,
	const struct minted_token *token, struct buf *out)
{
	if (l->template_err)
		return l->template_err;
	return token_expand(
		&l->template, token->shape, &token->tail, &l->link, out);
}
