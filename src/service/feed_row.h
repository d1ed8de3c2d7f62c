/* A click with what it names, as service/feed_join.h finds it and
 * service/feed_format.h writes it. */
#pragma once

#include <stdint.h>

#include "base/str.h"
#include "core/click_record.h"
#include "core/token.h"
#include "service/cursor.h"

enum feed_format {
	FEED_NDJSON,
	FEED_CSV,
};

/* All strings are views that die with the next row, or with the snapshot; p
 * NULL: null. */
struct feed_row {
	enum feed_format format;
	uint64_t sequence;       /* its place in the feed */
	uint64_t click_sequence; /* another one's, where it comes again */
	struct click click;
	struct str region, account, campaign, link, recipient, ref, destination;
	/* The agent as the format writes it; p NULL: click.agent is to be
	 * written. */
	struct str agent_quoted;
	struct str os, device, browser; /* empty: not known */
	char token[TOKEN_LEN];
	char cursor[CURSOR_LEN];
	char id[CURSOR_LEN];
};
