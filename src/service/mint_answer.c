#include "service/mint_answer.h"

#include "core/json_writer.h"
#include "core/timestamp.h"
#include "store/links.h"
#include "store/stream_store.h"
#include "store/token_store.h"

enum {
	PROBLEM_LINE_MAX = 4096
};

enum err token_text_put(struct view *v, uint64_t number, uint32_t nonce,
	uint8_t key_version, char to[TOKEN_LEN])
{
	struct token_id id = {
		.shard = (uint16_t)(number >> LINKS_SEQUENCE_BITS),
		.seq = links_sequence(number),
		.nonce = nonce,
		.key_version = key_version,
	};

	if (!token_codec_has(&v->codec, key_version))
		return ERR_DENIED;
	token_write(&v->codec, &id, to);
	return OK;
}

void token_url_put(struct buf *out, struct str url, struct str token)
{
	struct str variable = STR("{{1}}");

	if (str_ends(url, variable))
		url.n -= variable.n;
	buf_str(out, url);
	buf_str(out, token);
}

/* One contiguous append of known size: there may be millions. */
static enum err put_token(struct view *v, const struct block *block,
	uint64_t number, const struct block_entry *entry, struct buf *out)
{
	struct token_shape shape;
	char token[TOKEN_LEN], time[TIMESTAMP_LEN];
	enum err e = token_shape_get(entry->shape, &shape);

	if (!e)
		e = token_text_put(
			v, number, entry->nonce, block->key_version, token);
	if (e)
		return e;
	buf_text(out, "{\"token\":\"");
	buf_add(out, token, TOKEN_LEN);
	buf_text(out, "\",\"url\":\"");
	token_url_put(out, v->region->settings.url, str_make(token, TOKEN_LEN));
	if (!shape.ttl_ms) {
		buf_text(out, "\",\"expires_at\":null}");
		return buf_err(out);
	}
	timestamp_write(time, block->minted_ms + shape.ttl_ms);
	buf_text(out, "\",\"expires_at\":\"");
	buf_add(out, time, TIMESTAMP_LEN);
	buf_text(out, "\"}");
	return buf_err(out);
}

enum err mint_answer_token(struct view *v, uint64_t number, struct buf *out)
{
	struct block_entry entry;
	struct block block;
	struct db_txn *t;
	enum err e;

	t = view_links(v, &e);
	if (!e)
		e = token_entry(t, number, &block, &entry);
	if (e)
		return e;
	return entry.refused ? ERR_NOT_FOUND
			     : put_token(v, &block, number, &entry, out);
}

static enum err put_line(struct view *v, const struct block *block,
	uint64_t number, struct buf *out)
{
	struct block_entry entry;
	enum err e = block_entry(block, number, &entry);

	if (e)
		return e;
	if (entry.refused) {
		buf_text(out, "{\"error\":");
		buf_str(out, entry.refusal);
		buf_byte(out, '}');
	} else {
		e = put_token(v, block, number, &entry, out);
	}
	buf_byte(out, '\n');
	return e ? e : buf_err(out);
}

enum err mint_answer_lines(struct view *v, uint64_t stream, uint64_t *line,
	uint64_t to, struct buf *out, size_t bytes_max)
{
	struct range range = {0};
	struct block block = {0};
	struct db_txn *t;
	enum err e;

	t = view_links(v, &e);
	while (!e && *line < to && out->n < bytes_max) {
		uint64_t number;

		if (*line - range.line >= range.count)
			e = range_find(t, stream, *line, &range);
		if (e)
			break;
		number = range.token + (*line - range.line);
		if (number < block.first || number > block.last)
			e = token_block_from(t, number, &block);
		if (!e && number < block.first)
			e = ERR_NOT_FOUND;
		if (!e)
			e = put_line(v, &block, number, out);
		if (!e)
			++*line;
	}
	return e == ERR_NOT_FOUND ? ERR_CORRUPT : e;
}

void mint_answer_failure(
	const struct problem *p, uint64_t line, struct buf *out)
{
	buf_text(out, "{\"error\":");
	problem_put(out, p, PROBLEM_LINE_MAX);
	if (line) {
		buf_text(out, ",\"line\":");
		buf_u64(out, line);
	}
	buf_text(out, "}\n");
}
