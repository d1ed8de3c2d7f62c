/* A fixed answer's body, copied, as a source for a streamed one: what is
 * compressed goes that way, a piece a turn. */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "http/exchange.h"

struct held_body;

extern const struct http_source held_body_source;

/* The source's arg, freed when it is stopped. ERR_NOMEM. */
CHECKED enum err held_body_new(struct str body, struct held_body **to);
