/* What a click says of its visitor, decided as it is written: the country, by
 * the whole address, of which only what the region keeps goes on; the verdict,
 * by the rules; and whether it repeats a click that was counted just before.
 * For the click writer alone, on its thread, but for click_judge_rules() and
 * click_judge_countries(). */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/ip.h"
#include "core/click_record.h"
#include "core/geo.h"
#include "core/verdict_rules.h"
#include "store/click_repeats.h"
#include "store/segments.h"

enum {
	CLICK_JUDGE_AGENTS = 1 << 14, /* judgements remembered, 384 KB */
	CLICK_REPLAY_MAX = 1 << 18,   /* clicks looked at when it starts */
};

struct click_judge_options {
	const struct verdict_rules *rules; /* outlives it, or its change */
	enum ip_policy ip;
	uint64_t repeat_window_ms; /* 0: nothing repeats */
};

struct click_judge;

/* ERR_NOMEM. */
CHECKED enum err click_judge_new(
	const struct click_judge_options *options, struct click_judge **j);
/* NULL is fine. */
void click_judge_free(struct click_judge *j);
/* Remembers the counted clicks at the log's end: before the first one is
 * judged. */
CHECKED enum err click_judge_replay(
	struct click_judge *j, struct segments *segments);

/* Any thread: other rules from the next batch on. */
void click_judge_rules(
	struct click_judge *j, const struct verdict_rules *rules);
/* Any thread: other countries from the next batch on, which it closes. Without
 * any, countries are not known. */
void click_judge_countries(struct click_judge *j, struct geo *geo);

/* Goes on from what another one remembers of repeats, as if it had decided all
 * that the other one did; the other one is then as one that is new. */
void click_judge_adopt(struct click_judge *j, struct click_judge *from);

/* Before a batch of clicks arrives: what other threads have given it. */
void click_judge_refresh(struct click_judge *j);

/* Once for each click, as it arrives: its country, its address as kept. */
void click_judge_receive(struct click_judge *j, struct click *c);
/* Before n clicks are decided, around this time. ERR_NOMEM. */
CHECKED enum err click_judge_prepare(
	struct click_judge *j, size_t n, uint64_t at_ms);
/* Has the decision on this click, some clicks later, wait less. */
void click_judge_prefetch(const struct click_judge *j, const struct click *c);
/* Sets verdict, reason, rules and counted; of what is given it depends on the
 * record's own fields alone, so that it can be done again. */
void click_judge_decide(struct click_judge *j, struct click *c);
/* For each click that was decided and did not come to disk. */
void click_judge_take_back(struct click_judge *j, const struct click *c);
