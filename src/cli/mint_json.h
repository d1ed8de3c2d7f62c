/* One NDJSON row of `ctio mint`'s input, and one line of the server's answer.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct mint_vars;

/* A line without what JSON takes for blanks at its ends. */
struct str mint_json_trim(struct str s);

/* Appends to prefix the row up to and with `"token":`, and to out the line of
 * the request. ERR_INVALID: it is no JSON object, and error says why. A row
 * that is one but cannot be minted is OK, with an error. ERR_EXISTS: it has a
 * member that is to be added. ERR_NOMEM. */
CHECKED enum err mint_json_row(const struct mint_vars *vars, struct str row,
	struct buf *prefix, struct buf *out, struct buf *error);

/* A line of the answer. The buffers are the caller's; token and url are empty
 * with an error. */
struct mint_answer {
	struct buf token;
	struct buf url;
	struct buf error;
	bool last;       /* the stream cannot go on, and says why */
	unsigned status; /* of the error, 0: none is told */
};

void mint_answer_init(struct mint_answer *a);
void mint_answer_deinit(struct mint_answer *a);
/* ERR_INVALID if the line is no answer; ERR_NOMEM. */
CHECKED enum err mint_answer_read(struct mint_answer *a, struct str line);
