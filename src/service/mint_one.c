#include "service/mint_one.h"

#include <string.h>

#include "core/timestamp.h"
#include "store/account.h"
#include "store/stream_store.h"
#include "store/token_store.h"

void mint_one_init(struct mint_one *m)
{
	*m = (struct mint_one){0};
	mint_job_init(&m->job);
}

void mint_one_deinit(struct mint_one *m)
{
	mint_job_deinit(&m->job);
}

static enum mint_one_step refuse_err(struct mint_one *m, enum err e)
{
	problem_from_err(&m->problem, e);
	return MINT_ONE_REFUSED;
}

/* The token that this key minted before; ERR_NOT_FOUND: none. */
static enum err find_stored(struct mint_one *m, struct db_txn *t)
{
	uint32_t today = (uint32_t)day_of_ms(m->now_ms);
	struct stream stream;
	struct range range;
	enum err e;

	if (!m->has_key)
		return ERR_NOT_FOUND;
	e = stream_find(t, today, m->account, m->key, &stream);
	if (e)
		return e;
	if (stream.kind != STREAM_SINGLE) {
		problem_set(&m->problem, PROBLEM_KEY_REUSED,
			"The key was used for a batch.");
		return ERR_CONFLICT;
	}
	e = range_find(t, stream.id, 0, &range);
	if (!e)
		m->token = range.token;
	return e == ERR_NOT_FOUND ? ERR_CORRUPT : e;
}

static enum mint_one_step compare(struct mint_one *m, struct mint_context *c,
	struct mint_encoded *encoded)
{
	struct block_entry entry;
	struct token_shape shape;
	struct block block;
	enum err e = token_entry(c->links, m->token, &block, &entry);

	if (!e)
		e = token_shape_get(entry.shape, &shape);
	if (e)
		return refuse_err(m, e);
	/* What it said is not known any more; its token is dead. */
	if (token_tail_is_erased(entry.tail))
		return MINT_ONE_DONE;
	c->retry_ttl_ms = shape.ttl_ms;
	e = mint_line_encode(c, m->line, true, encoded, &m->problem);
	if (!e && str_eq(buf_view(&encoded->shape), entry.shape) &&
		str_eq(buf_view(&encoded->tail), entry.tail))
		return MINT_ONE_DONE;
	if (e && e != ERR_INVALID && e != ERR_AGAIN)
		return refuse_err(m, e);
	m->problem = (struct problem){0};
	problem_set(&m->problem, PROBLEM_KEY_REUSED,
		"The request differs from the one that was sent first.");
	return MINT_ONE_REFUSED;
}

static enum mint_one_step submit(
	struct mint_one *m, const struct mint_encoded *encoded)
{
	struct mint_job *j = &m->job;
	enum err e;

	mint_job_reset(j);
	j->has_stream = m->has_key;
	j->stream_kind = STREAM_SINGLE;
	stream_key_put(j->stream_key, (uint32_t)day_of_ms(m->now_ms),
		m->account, m->key);
	e = mint_job_add(
		j, buf_view(&encoded->shape), buf_view(&encoded->tail));
	if (!e)
		e = mint_job_submit(j, m->view->region->links_writer);
	return e ? refuse_err(m, e) : MINT_ONE_WAIT;
}

static enum mint_one_step make_campaign(struct mint_one *m, struct str name)
{
	enum err e;

	memcpy(m->campaign.name, name.p, name.n);
	m->campaign.name_n = name.n;
	m->campaign.account = m->account;
	e = campaign_make_submit(&m->campaign, m->view->region->links_writer);
	return e ? refuse_err(m, e) : MINT_ONE_CAMPAIGN;
}

static enum mint_one_step step_with(struct mint_one *m, struct mint_context *c,
	struct mint_encoded *encoded)
{
	enum err e = find_stored(m, c->links);

	if (e == OK)
		return compare(m, c, encoded);
	if (e != ERR_NOT_FOUND)
		return refuse_err(m, e); /* a conflict is set already */
	e = mint_line_encode(c, m->line, false, encoded, &m->problem);
	if (e == ERR_AGAIN)
		return make_campaign(m, buf_view(&encoded->new_campaign));
	if (e == ERR_INVALID)
		return MINT_ONE_REFUSED;
	return e ? refuse_err(m, e) : submit(m, encoded);
}

enum mint_one_step mint_one_step(struct mint_one *m)
{
	struct mint_context c = {
		.regions = m->views->regions,
		.region = m->view->region,
		.now_ms = m->now_ms,
		.defaults = m->defaults,
		.line_max = m->line_max,
	};
	struct mint_encoded encoded;
	enum mint_one_step step;
	struct account account;
	enum err e;

	c.links = view_links(m->view, &e);
	if (!e)
		e = account_by_id(c.links, m->account, &account);
	if (e)
		return refuse_err(m, e);
	if (!account.active) {
		problem_set(&m->problem, PROBLEM_FORBIDDEN,
			"The account is disabled.");
		return MINT_ONE_REFUSED;
	}
	c.account = &account;
	mint_encoded_init(&encoded);
	step = step_with(m, &c, &encoded);
	mint_encoded_deinit(&encoded);
	return step;
}
