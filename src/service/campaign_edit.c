#include "service/campaign_edit.h"

#include "base/assert.h"
#include "service/destination.h"
#include "store/link.h"

enum {
	CAMPAIGN_RECORD_MAX = 4096
};

static void put_campaign(struct links_batch *batch, const struct campaign *c)
{
	struct buf record;

	buf_init(&record, CAMPAIGN_RECORD_MAX);
	campaign_record_put(&record, c);
	if (buf_err(&record))
		db_fail(batch->txn, buf_err(&record));
	apply_campaign(batch->txn, buf_view(&record));
	buf_deinit(&record);
}

uint64_t campaign_ensure(
	struct links_batch *batch, uint64_t account, struct str name)
{
	struct campaign c;
	enum err e = campaign_by_name(batch->txn, account, name, &c);

	if (e == OK)
		return c.id;
	if (e != ERR_NOT_FOUND) {
		db_fail(batch->txn, e);
		return 0;
	}
	c = (struct campaign){
		.id = links_batch_id(batch),
		.account = account,
		.revision = 1,
		.active = true,
		.name = name,
		.created_ms = batch->now_ms,
		.updated_ms = batch->now_ms,
	};
	put_campaign(batch, &c);
	return c.id;
}

static enum err run_make(struct links_job *job, struct links_batch *batch)
{
	struct campaign_make *m = (struct campaign_make *)job;

	(void)campaign_ensure(batch, m->account, str_make(m->name, m->name_n));
	return OK; /* a failure is in the transaction */
}

enum err campaign_make_submit(struct campaign_make *m, struct links_writer *w)
{
	ASSERT(link_name_is_valid(str_make(m->name, m->name_n)));
	m->job.run = run_make;
	return links_writer_push(w, &m->job);
}

bool state_read(struct str text, bool *active, struct json_findings *findings)
{
	if (!str_is(text, "active") && !str_is(text, "disabled")) {
		json_finding_add(findings, "#", STR("state"),
			"must be \"active\" or \"disabled\"");
		return false;
	}
	*active = str_is(text, "active");
	return true;
}

bool campaign_patch_read(struct campaign_patch *p, const struct json_t *body,
	const struct regions *regions, const struct region *region,
	const struct account *account)
{
	struct json_findings *findings = &p->problem.findings;
	struct str state = {0};
	const struct json_field table[] = {
		{"state", JSON_FIELD_STR, 0, 0, &state, &p->state_given},
		{"override", JSON_FIELD_STR, JSON_NULLABLE | JSON_NONEMPTY, 0,
			&p->override, &p->override_given},
	};

	(void)json_read_object(
		body, "#", table, sizeof(table) / sizeof(table[0]), findings);
	if (p->state_given == JSON_PRESENT && state.p)
		(void)state_read(state, &p->active, findings);
	if (p->override_given == JSON_PRESENT && p->override.n)
		(void)destination_check(regions, region, account, p->override,
			"#", STR("override"), findings);
	if (findings->n)
		problem_set(&p->problem, PROBLEM_INVALID,
			"The campaign was not changed.");
	return findings->n == 0;
}

static enum err run_patch(struct links_job *job, struct links_batch *batch)
{
	struct campaign_patch *p = (struct campaign_patch *)job;
	struct campaign c;
	enum err e = campaign_by_name(batch->txn, p->account, p->name, &c);

	if (e == ERR_NOT_FOUND) {
		problem_set(&p->problem, PROBLEM_NOT_FOUND,
			"There is no campaign of this name.");
		return e;
	}
	if (e)
		return e;
	if (p->state_given == JSON_PRESENT)
		c.active = p->active;
	if (p->override_given == JSON_PRESENT)
		c.override = p->override;
	else if (p->override_given == JSON_IS_NULL)
		c.override = str_make(NULL, 0);
	c.revision++;
	c.updated_ms = batch->now_ms;
	put_campaign(batch, &c);
	return OK;
}

enum err campaign_patch_submit(struct campaign_patch *p, struct links_writer *w)
{
	p->job.run = run_patch;
	return links_writer_push(w, &p->job);
}
