#include "service/erasure_list.h"

#include "core/json_writer.h"
#include "service/lookup.h"
#include "store/erasure_store.h"

enum {
	NUMBER_TEXT = 24
};

enum err lookup_erasure(
	struct view *v, uint64_t account, uint64_t id, struct erasure *e)
{
	enum err err;
	struct db_txn *t = view_links(v, &err);

	return t ? erasure_get(t, account, id, e) : err;
}

enum err lookup_erasure_next(
	struct view *v, uint64_t account, uint64_t after, struct erasure *e)
{
	enum err err;
	struct db_txn *t = view_links(v, &err);

	return t ? erasure_next(t, account, after, e) : err;
}

static enum err put_line(struct view *v, uint64_t account_id,
	const uint64_t *numbers, size_t n, struct buf *out)
{
	struct account account;
	struct json_writer w;
	enum err e = lookup_account(v, account_id, &account);

	if (e)
		return e == ERR_NOT_FOUND ? ERR_CORRUPT : e;
	json_writer_init(&w, out);
	json_object_begin(&w);
	json_key(&w, "region");
	json_put_str(&w, v->region->settings.name);
	json_key(&w, "account");
	json_put_str(&w, account.name);
	json_key(&w, "tokens");
	json_array_begin(&w);
	for (size_t i = 0; i < n; i++) {
		struct buf text;

		buf_init(&text, NUMBER_TEXT);
		buf_u64(&text, numbers[i]);
		json_put_str(&w, buf_view(&text));
		buf_deinit(&text);
	}
	json_array_end(&w);
	json_object_end(&w);
	buf_byte(out, '\n');
	return buf_err(out);
}

enum err erased_export_line(
	struct erased_export *x, struct view *v, struct buf *out)
{
	uint64_t numbers[ERASED_CHUNK_TOKENS];
	struct erasure found;
	struct db_txn *t;
	size_t n;
	enum err e;

	t = view_links(v, &e);
	if (!t)
		return e;
	while ((e = erased_tokens_next(t, x->id, x->token, numbers, &n)) ==
		ERR_NOT_FOUND) {
		e = erasure_any_next(t, x->account, x->id, &found);
		if (e)
			return e;
		*x = (struct erased_export){found.account, found.id, 0};
	}
	if (e)
		return e;
	x->token = numbers[n - 1];
	return put_line(v, x->account, numbers, n, out);
}
