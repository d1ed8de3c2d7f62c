/* What a minted token, or a refused line, is answered with; read back from the
 * store. */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "core/token.h"
#include "service/problem.h"
#include "service/view.h"

/* Writes the token's 23 characters. ERR_DENIED: the key that it was made with
 * is no longer among the region's. */
CHECKED enum err token_text_put(struct view *v, uint64_t number, uint32_t nonce,
	uint8_t key_version, char to[TOKEN_LEN]);
/* Appends {"token", "url", "expires_at"}, as minting answered. ERR_NOT_FOUND.
 */
CHECKED enum err mint_answer_token(
	struct view *v, uint64_t number, struct buf *out);
/* Appends a line each for the stream's lines from *line on, before `to`, until
 * about bytes_max; *line moves. */
CHECKED enum err mint_answer_lines(struct view *v, uint64_t stream,
	uint64_t *line, uint64_t to, struct buf *out, size_t bytes_max);
/* The last line of a stream that failed; line 0 is left out. */
void mint_answer_failure(
	const struct problem *p, uint64_t line, struct buf *out);
/* `https://ct5.io/{{1}}` with the token in place of {{1}}. */
void token_url_put(struct buf *out, struct str url, struct str token);
