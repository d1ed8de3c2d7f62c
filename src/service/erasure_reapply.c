#include "service/erasure_reapply.h"

#include <stdlib.h>

#include "base/num.h"
#include "core/account_record.h"
#include "core/erasure_record.h"
#include "core/json.h"
#include "store/account.h"
#include "store/erasure_store.h"
#include "store/links_writer.h"
#include "store/token_scan.h"
#include "store/token_store.h"

enum {
	LINE_MAX_BYTES = 65536
};

struct reapply {
	struct links_job job;
	struct str account_name;
	size_t erased_n;
	size_t n;
	uint64_t numbers[ERASED_CHUNK_TOKENS];
};

/* The tokens from i on that lie in one block; the next one's place. Another
 * account's are taken out of the list. */
static enum err erase_block(struct reapply *r, struct db_txn *t,
	uint64_t account, size_t i, size_t *next)
{
	struct stored_token token;
	size_t erased = 0, kept = i, at = i;
	struct block b;
	enum err e = token_block_from(t, r->numbers[i], &b);

	*next = i + 1;
	if (e == ERR_NOT_FOUND || (!e && r->numbers[i] < b.first))
		return OK;
	if (e)
		return e;
	for (; at < r->n && r->numbers[at] <= b.last; at++) {
		e = token_in_block(t, &b, r->numbers[at], &token);
		if (e && e != ERR_NOT_FOUND)
			return e;
		if (!e && token.shape.account == account)
			r->numbers[kept++] = r->numbers[at];
	}
	*next = kept;
	for (; at < r->n; at++, kept++)
		r->numbers[kept] = r->numbers[at];
	r->n = kept;
	if (*next > i)
		e = apply_tokens_erased(
			t, b.last, r->numbers + i, *next - i, &erased);
	else
		e = OK;
	r->erased_n += erased;
	return e;
}

static enum err run(struct links_job *job, struct links_batch *batch)
{
	struct reapply *r = (struct reapply *)job;
	struct account account;
	struct erasure erasure;
	size_t i = 0;
	enum err e;

	r->erased_n = 0;
	e = account_by_name(batch->txn, r->account_name, &account);

	if (e)
		return e;
	erasure = (struct erasure){
		.account = account.id,
		.id = links_batch_id(batch),
		.state = ERASURE_RUNNING,
		.requested_ms = batch->now_ms,
		.running_ms = batch->now_ms,
	};
	while (!e && i < r->n)
		e = erase_block(r, batch->txn, erasure.account, i, &i);
	if (e) {
		db_fail(batch->txn, e);
		return OK;
	}
	if (!r->n)
		return OK;
	erased_tokens_put(batch->txn, erasure.id, r->numbers, r->n);
	erasure_put(batch->txn, &erasure);
	return OK;
}

static enum err read_tokens(struct reapply *r, const struct json_t *tokens)
{
	size_t n = json_array_length(tokens);
	enum err e = n > 0 && n <= ERASED_CHUNK_TOKENS ? OK : ERR_INVALID;

	for (r->n = 0; !e && r->n < n; r->n++) {
		const struct json_t *item = json_array_at(tokens, r->n);
		uint64_t *to = &r->numbers[r->n];

		if (json_kind_of(item) != JSON_KIND_STR ||
			num_parse_u64(json_str_of(item), UINT64_MAX, to))
			e = ERR_INVALID;
		if (!e && r->n && to[0] <= to[-1])
			e = ERR_INVALID;
	}
	return e;
}

static enum err reapply(struct upkeep *u, const struct json_t *root,
	struct reapply *r, struct json_findings *findings)
{
	const struct json_t *tokens = NULL;
	struct str region = {0};
	const struct json_field table[] = {
		{"region", JSON_FIELD_STR, JSON_REQUIRED, 0, &region, NULL},
		{"account", JSON_FIELD_STR, JSON_REQUIRED, ACCOUNT_NAME_MAX,
			&r->account_name, NULL},
		{"tokens", JSON_FIELD_ARRAY, JSON_REQUIRED, 0, &tokens, NULL},
	};
	enum err e;

	if (!json_read_object(root, "#", table, 3, findings))
		return ERR_INVALID;
	if (!str_eq(region, u->region->settings.name))
		return ERR_CONFLICT;
	e = read_tokens(r, tokens);
	if (e)
		return e;
	r->job.run = run;
	r->job.bytes = r->n * BLOCK_BYTES_MAX;
	return upkeep_job(u, &r->job);
}

enum err erasure_reapply_line(
	struct upkeep *u, struct str line, size_t *tokens_n)
{
	struct json_findings findings = {0};
	struct reapply *r = calloc(1, sizeof(*r));
	struct json_t *root = NULL;
	enum err e;

	if (!r)
		return ERR_NOMEM;
	e = json_parse(line, LINE_MAX_BYTES, &root, &findings);
	if (!e)
		e = reapply(u, root, r, &findings);
	if (!e)
		*tokens_n = r->erased_n;
	json_free(root);
	free(r);
	return e;
}
