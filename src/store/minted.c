#include "store/minted.h"

#include "base/log.h"
#include "core/token_block.h"
#include "store/link.h"
#include "store/links.h"

void minted_init(struct minted *m)
{
	*m = (struct minted){0};
	buf_init(&m->shape, SHAPE_BYTES_MAX);
	buf_init(&m->record, COUNT_RECORD_MAX);
}

void minted_deinit(struct minted *m)
{
	buf_deinit(&m->shape);
	buf_deinit(&m->record);
}

void minted_begin(struct minted *m, struct db_txn *txn, uint64_t now_ms)
{
	m->txn = txn;
	m->quarter = count_quarter(now_ms);
	m->n = 0;
	buf_reset(&m->shape);
}

/* The campaign that their clicks have. */
static uint64_t campaign_of(const struct minted *m, const struct minted_kind *k)
{
	struct link link;

	/* Links that cannot be read stop no mint. */
	if (k->campaign || !k->link || link_by_id(m->txn, k->link, &link))
		return k->campaign;
	return link.campaign;
}

static void write_kind(struct minted *m, const struct minted_kind *k)
{
	struct count c = {
		.account = k->account,
		.link = k->link,
		.campaign = campaign_of(m, k),
		.quarter = m->quarter,
		.kind = COUNT_TOTAL,
		.counts = {.minted = k->n},
	};

	for (size_t i = 0; i < COUNT_SUMS && !m->txn->err; i++) {
		struct count in = count_in_sum(&c, count_sum_bits(i));

		if (!counts_table_add(m->txn, LINKS_MINTED, &in, &m->record) ||
			m->txn->err)
			continue;
		log_error("links: a count of minted tokens was damaged and "
			  "begins anew");
		counts_table_put(m->txn, LINKS_MINTED, &in, &m->record);
	}
}

void minted_end(struct minted *m)
{
	for (size_t i = 0; i < m->n && !m->txn->err; i++)
		write_kind(m, &m->kinds[i]);
	m->n = 0;
	buf_reset(&m->shape);
}

static size_t kind_of(struct minted *m, const struct token_shape *s)
{
	size_t i = 0;

	for (; i < m->n; i++)
		if (m->kinds[i].link == s->link &&
			m->kinds[i].account == s->account &&
			m->kinds[i].campaign == s->campaign)
			return i;
	if (m->n == MINTED_KINDS) {
		minted_end(m);
		i = 0;
	}
	m->kinds[i] = (struct minted_kind){.account = s->account,
		.link = s->link,
		.campaign = s->campaign};
	m->n = i + 1;
	return i;
}

/* What cannot be read is not counted; it stops no mint. */
static void take_shape(struct minted *m, struct str shape)
{
	struct token_shape s;

	m->at = MINTED_KINDS;
	buf_reset(&m->shape);
	buf_str(&m->shape, shape);
	if (buf_err(&m->shape)) {
		db_fail(m->txn, buf_err(&m->shape));
		buf_reset(&m->shape);
	} else if (!token_shape_get(shape, &s) && !s.test) {
		m->at = kind_of(m, &s);
	}
}

void minted_add(struct minted *m, struct str shape)
{
	if (!m->shape.n || !str_eq(buf_view(&m->shape), shape))
		take_shape(m, shape);
	if (m->at < MINTED_KINDS)
		m->kinds[m->at].n++;
}

void minted_scan(struct counts_scan *s, struct db_txn *txn,
	const struct counts_range *range)
{
	counts_scan_init(s, txn, LINKS_MINTED, range);
}
