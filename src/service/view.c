#include "service/view.h"

#include "store/links.h"

static enum err view_init(
	struct view *v, struct region *region, struct counter *snapshots)
{
	enum err e;

	v->region = region;
	v->snapshots = snapshots;
	e = token_codec_init(&v->codec, &region->keys);
	if (!e)
		e = opaque_cipher_init(&v->click_ids, &region->keys, "click");
	if (!e)
		e = opaque_cipher_init(&v->cursors, &region->keys, "cursor");
	if (!e)
		e = db_reader_init(region->links.env, &v->links);
	if (!e)
		e = db_reader_init(tally_env(region->tally), &v->tally);
	v->changes_version = UINT64_MAX;
	click_reader_init(&v->clicks, region->segments);
	v->is_open = true;
	return e;
}

enum err views_init(struct regions *regions, struct views *v)
{
	enum err e = OK;

	*v = (struct views){.regions = regions};
	for (size_t i = 0; !e && i < regions->n; i++)
		if (regions->items[i].settings.serve)
			e = view_init(&v->items[i], &regions->items[i],
				&v->snapshots);
	if (e)
		views_deinit(v);
	return e;
}

void views_deinit(struct views *v)
{
	for (size_t i = 0; i < REGIONS_MAX; i++) {
		struct view *view = &v->items[i];

		if (!view->is_open)
			continue;
		click_reader_deinit(&view->clicks);
		db_reader_deinit(&view->tally);
		db_cursor_deinit(&view->blocks);
		db_reader_deinit(&view->links);
		catalog_deinit(&view->catalog);
		token_places_deinit(&view->places);
		cipher_deinit(&view->cursors);
		cipher_deinit(&view->click_ids);
		token_codec_deinit(&view->codec);
		*view = (struct view){0};
	}
}

void views_reset(struct views *v)
{
	for (size_t i = 0; i < v->regions->n; i++) {
		struct view *view = &v->items[i];

		if (!view->is_open)
			continue;
		db_reader_reset(&view->links);
		db_reader_reset(&view->tally);
		click_reader_reset(&view->clicks);
	}
}

void view_refresh_links(struct view *v)
{
	if (db_commits(v->region->links.env) != v->commits)
		db_reader_reset(&v->links);
}

struct view *view_of(struct views *v, const struct region *region)
{
	struct view *view = &v->items[region->index];

	return view->is_open ? view : NULL;
}

static struct db_txn *renewed(struct db_txn *t, enum err *e)
{
	*e = OK;
	if (!t->is_live)
		*e = db_reader_renew(t);
	else if (t->err)
		*e = t->err;
	return *e ? NULL : t;
}

static void note_changes(struct view *v, uint64_t version)
{
	/* A snapshot that has failed counts nothing. */
	if (v->links.err || v->changes_version == version)
		return;
	v->has_changes = db_count(&v->links, LINKS_TOKEN_CHANGES) > 0;
	v->changes_version = version;
}

struct db_txn *view_links(struct view *v, enum err *e)
{
	struct db_env *env = v->region->links.env;
	uint64_t changes;

	if (v->links.is_live)
		return renewed(&v->links, e);
	/* What is counted before a snapshot is in it. */
	v->commits = db_commits(env);
	changes = db_version(env, LINKS_TOKEN_CHANGES);
	catalog_refresh(&v->catalog, env);
	token_places_refresh(&v->places, env);
	counter_add(v->snapshots, 1);
	if (!renewed(&v->links, e))
		return NULL;
	db_cursor_renew(&v->links, LINKS_BLOCKS, &v->blocks);
	note_changes(v, changes);
	*e = v->links.err;
	return *e ? NULL : &v->links;
}

struct db_txn *view_tally(struct view *v, enum err *e)
{
	return renewed(&v->tally, e);
}
