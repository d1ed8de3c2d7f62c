#include <stdio.h>

#include "base/file.h"
#include "base/random.h"
#include "service/restore.h"
#include "store/links.h"
#include "store/restores.h"
#include "store/segments.h"

/* The first number of the new history, where `next` would have been the old
 * one's; ERR_FULL: there is none. */
static enum err skip(uint64_t next, uint64_t now_ms, uint64_t *to)
{
	uint64_t now_s = now_ms / 1000, random;
	uint64_t since_s =
		now_s > RESTORE_EPOCH_S ? now_s - RESTORE_EPOCH_S : 0;
	uint64_t from = links_sequence(next) + RESTORE_SKIP;

	if (since_s > LINKS_SEQUENCE_MAX / RESTORE_PER_SECOND)
		return ERR_FULL;
	if (from < since_s * RESTORE_PER_SECOND)
		from = since_s * RESTORE_PER_SECOND;
	if (from >= LINKS_SEQUENCE_MAX - RESTORE_RANDOM)
		return ERR_FULL;
	random_fill(&random, sizeof(random));
	*to = links_number(REGION_SHARD, from + random % RESTORE_RANDOM);
	return OK;
}

static enum err find_clicks(
	const char *dir, uint64_t min, uint64_t *last, char failed[PATH_MAX])
{
	struct segments_problem where = {0};
	struct segments *s;
	enum err e = segments_open(
		&(struct segments_options){
			.dir = dir, .shard = REGION_SHARD, .sequence_min = min},
		&s, &where);

	if (e) {
		(void)snprintf(failed, PATH_MAX, "%s",
			where.path[0] ? where.path : dir);
		return e;
	}
	*last = segments_next_sequence(s) - 1;
	segments_close(s);
	return OK;
}

static enum err plan(const struct restore_run *r, struct db_txn *t,
	const char *clicks, struct restore *to, char failed[PATH_MAX])
{
	uint64_t now_ms = clock_wall_ms(r->options->settings->clock);
	uint64_t next_token, next_id;
	struct restores before;
	enum err e = restores_read(t, &before);

	if (e)
		return e;
	*to = (struct restore){
		.copied_ms = r->about.begun_ms, .restored_ms = now_ms};
	e = find_clicks(
		clicks, restores_first_click(&before), &to->last_click, failed);
	restores_deinit(&before);
	if (!e)
		e = links_next_token(t, REGION_SHARD, &next_token);
	if (!e)
		e = links_next_id(t, &next_id);
	if (e)
		return e;
	to->last_token = next_token - 1;
	e = skip(to->last_click + 1, now_ms, &to->first_click);
	if (!e)
		e = skip(next_token, now_ms, &to->first_token);
	return e ? e : skip(next_id, now_ms, &to->first_id);
}

static enum err write_down(struct restore_run *r, struct links *links,
	const char *clicks, struct restore *cut, char failed[PATH_MAX])
{
	struct db_txn t;
	enum err e = db_begin(links->env, &t);

	if (e)
		return e;
	e = plan(r, &t, clicks, cut, failed);
	if (e) {
		db_abort(&t);
		return e;
	}
	restore_put(&t, cut);
	return db_commit(&t);
}

enum err restore_cut(struct restore_run *r, struct str region)
{
	struct restored_region *to = &r->result->regions[r->result->regions_n];
	char dir[PATH_MAX], path[PATH_MAX], clicks[PATH_MAX];
	struct links links;
	enum err e;

	(void)snprintf(to->name, sizeof(to->name), "%.*s", STR_FMT(region));
	e = file_path(dir, r->part, to->name);
	if (!e)
		e = file_path(path, dir, "links");
	if (!e)
		e = file_path(clicks, dir, "clicks");
	if (!e)
		e = links_open(path, REGION_SHARD, &links);
	if (e)
		return restore_fail(
			r, e, r->options->from, "its links cannot be opened");
	e = write_down(r, &links, clicks, &to->cut, path);
	links_close(&links);
	if (e == ERR_FULL)
		return restore_fail(r, e, r->options->from,
			"there are no more numbers for what comes after it");
	if (e)
		return restore_fail(r, e, path, err_text(e));
	r->result->regions_n++;
	return OK;
}
