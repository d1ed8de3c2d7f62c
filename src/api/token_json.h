/* A stored token as the API shows it. */
#pragma once

#include "base/err.h"
#include "core/json_writer.h"
#include "service/view.h"
#include "service/lookup.h"

/* Writes the object, in the snapshot that the token is a view of. */
CHECKED enum err token_json_put(struct json_writer *w, struct view *v,
	const struct stored_token *token, uint64_t now_ms);
