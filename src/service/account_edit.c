#include "service/account_edit.h"

#include "base/num.h"
#include "base/random.h"
#include "core/url.h"
#include "service/campaign_edit.h"
#include "service/destination.h"
#include "store/account.h"

enum {
	ACCOUNT_RECORD_MAX = 32768,
	API_KEY_RECORD_MAX = 256
};

bool account_edit_read(struct account_edit *d, const struct json_t *body)
{
	struct json_findings *findings = &d->problem.findings;
	struct str account, region;
	const struct json_field table[] = {
		{"fallback", JSON_FIELD_STR, JSON_NULLABLE | JSON_NONEMPTY, 0,
			&d->fallback, &d->has_fallback},
		{"allowed_hosts", JSON_FIELD_ARRAY, JSON_NULLABLE,
			ACCOUNT_HOSTS_MAX, &d->hosts, &d->has_hosts},
		{d->is_new ? "account" : "state", JSON_FIELD_STR, 0, 0,
			d->is_new ? &account : &d->state,
			d->is_new ? NULL : &d->has_state},
		{"region", JSON_FIELD_STR, 0, 0, &region, NULL},
	};

	(void)json_read_object(body, "#", table, d->is_new ? 4 : 3, findings);
	if (d->is_new && !account_name_is_valid(d->name))
		json_finding_add(findings, "#", STR("account"),
			"must be 1 to %d of a-z, 0-9 and '-', with a letter "
			"or digit at both ends",
			ACCOUNT_NAME_MAX);
	if (findings->n)
		problem_set(&d->problem, PROBLEM_INVALID,
			"The account was not changed.");
	return findings->n == 0;
}

static void edit_hosts(const struct account_edit *d, struct account *a,
	struct json_findings *findings)
{
	if (d->has_hosts == JSON_ABSENT)
		return;
	a->hosts_n = 0;
	if (d->has_hosts == JSON_IS_NULL)
		return;
	for (size_t i = 0; i < json_array_length(d->hosts); i++) {
		const struct json_t *value = json_array_at(d->hosts, i);

		if (json_kind_of(value) != JSON_KIND_STR ||
			!url_is_host_pattern(json_str_of(value))) {
			json_finding_add(findings, "#", STR("allowed_hosts"),
				"item %zu is no host such as shop.example or "
				"*.shop.example",
				i);
			return;
		}
		a->hosts[a->hosts_n++] = json_str_of(value);
	}
}

static void put_api_key(struct links_batch *batch, const struct api_key *k)
{
	struct buf record;

	buf_init(&record, API_KEY_RECORD_MAX);
	api_key_record_put(&record, k);
	if (buf_err(&record))
		db_fail(batch->txn, buf_err(&record));
	apply_api_key(batch->txn, buf_view(&record));
	buf_deinit(&record);
}

/* The text is made here and nowhere kept. */
static void make_api_key(struct links_batch *batch, struct str region,
	struct api_key *k, char text[API_KEY_TEXT_MAX])
{
	uint8_t secret[SECRET_BYTES];
	struct api_key_text parts;

	random_fill(secret, sizeof(secret));
	random_fill(&k->id, sizeof(k->id));
	api_key_put(text, region, k->id, secret);
	if (api_key_parse(str_from(text), &parts)) {
		db_fail(batch->txn, ERR_INVALID); /* a region's odd name */
		return;
	}
	secret_hash(parts.secret, k->hash);
	put_api_key(batch, k);
}

static void put_account(struct links_batch *batch, const struct account *a)
{
	struct buf record;

	buf_init(&record, ACCOUNT_RECORD_MAX);
	account_record_put(&record, a);
	if (buf_err(&record))
		db_fail(batch->txn, buf_err(&record));
	apply_account(batch->txn, buf_view(&record));
	buf_deinit(&record);
}

static enum err finish(
	struct account_edit *d, struct links_batch *batch, struct account *a)
{
	struct json_findings *findings = &d->problem.findings;

	if (d->has_fallback != JSON_ABSENT)
		a->fallback = d->fallback;
	edit_hosts(d, a, findings);
	if (d->has_fallback == JSON_PRESENT)
		(void)destination_check(d->regions, d->region, a, d->fallback,
			"#", STR("fallback"), findings);
	if (d->has_state == JSON_PRESENT)
		(void)state_read(d->state, &a->active, findings);
	if (findings->n) {
		problem_set(&d->problem, PROBLEM_INVALID,
			"The account was not changed.");
		return ERR_INVALID;
	}
	a->revision++;
	if (d->is_new)
		a->id = links_batch_id(batch);
	put_account(batch, a);
	return OK;
}

static enum err run(struct links_job *job, struct links_batch *batch)
{
	struct account_edit *d = (struct account_edit *)job;
	struct account a;
	struct api_key key;
	enum err e = account_by_name(batch->txn, d->name, &a);

	if (e && e != ERR_NOT_FOUND)
		return e;
	if (d->is_new != (e == ERR_NOT_FOUND)) {
		problem_set(&d->problem,
			d->is_new ? PROBLEM_CONFLICT : PROBLEM_NOT_FOUND,
			d->is_new ? "There is an account of this name already."
				  : "There is no account of this name.");
		return ERR_CONFLICT;
	}
	if (!d->is_new)
		return finish(d, batch, &a);
	a = (struct account){
		.active = true, .name = d->name, .created_ms = batch->now_ms};
	e = finish(d, batch, &a);
	if (e)
		return e;
	key = (struct api_key){.account = a.id,
		.scopes = SCOPES_ALL,
		.created_ms = batch->now_ms};
	make_api_key(batch, d->region->settings.name, &key, d->key);
	d->key_id = key.id;
	return OK;
}

enum err account_edit_submit(struct account_edit *edit, struct links_writer *w)
{
	edit->job.run = run;
	return links_writer_push(w, &edit->job);
}

static void read_scopes(struct api_key_edit *d, const struct json_t *scopes)
{
	d->scopes = scopes ? 0 : SCOPES_ALL;
	for (size_t i = 0; scopes && i < json_array_length(scopes); i++) {
		const struct json_t *value = json_array_at(scopes, i);
		uint8_t bit;

		if (json_kind_of(value) != JSON_KIND_STR ||
			api_scope_parse(json_str_of(value), &bit)) {
			json_finding_add(&d->problem.findings, "#",
				STR("scopes"),
				"item %zu is none of mint, links, read, erase",
				i);
			return;
		}
		d->scopes |= bit;
	}
}

bool api_key_edit_read(struct api_key_edit *d, const struct json_t *body)
{
	struct json_findings *findings = &d->problem.findings;
	const struct json_t *scopes = NULL;
	enum json_state has_ttl = JSON_ABSENT;
	struct str ttl = {0};
	const struct json_field table[] = {
		{"scopes", JSON_FIELD_ARRAY, JSON_NULLABLE | JSON_NONEMPTY,
			SCOPES_N, &scopes, NULL},
		{"ttl", JSON_FIELD_STR, JSON_NULLABLE, 0, &ttl, &has_ttl},
	};

	(void)json_read_object(
		body, "#", table, sizeof(table) / sizeof(table[0]), findings);
	read_scopes(d, scopes);
	if (has_ttl == JSON_PRESENT && ttl.p &&
		(num_parse_duration(ttl, &d->ttl_ms) || !d->ttl_ms))
		json_finding_add(findings, "#", STR("ttl"),
			"must be a duration such as 24h or 90d");
	if (findings->n)
		problem_set(
			&d->problem, PROBLEM_INVALID, "The key was not made.");
	return findings->n == 0;
}

static enum err run_key(struct links_job *job, struct links_batch *batch)
{
	struct api_key_edit *d = (struct api_key_edit *)job;
	struct api_key k;
	enum err e;

	if (d->is_new) {
		k = (struct api_key){.account = d->account,
			.scopes = d->scopes,
			.created_ms = batch->now_ms,
			.expires_ms =
				d->ttl_ms ? batch->now_ms + d->ttl_ms : 0};
		make_api_key(batch, d->region->settings.name, &k, d->key);
		d->key_id = k.id;
		d->expires_ms = k.expires_ms;
		return OK;
	}
	e = api_key_by_id(batch->txn, d->key_id, &k);
	if (e == ERR_NOT_FOUND || (!e && k.account != d->account)) {
		problem_set(&d->problem, PROBLEM_NOT_FOUND,
			"The account has no such key.");
		return ERR_NOT_FOUND;
	}
	if (e)
		return e;
	if (!k.revoked_ms)
		k.revoked_ms = batch->now_ms;
	put_api_key(batch, &k);
	return OK;
}

enum err api_key_edit_submit(struct api_key_edit *edit, struct links_writer *w)
{
	edit->job.run = run_key;
	return links_writer_push(w, &edit->job);
}
