/* What a whole log says of its clicks, decided anew and in order: verdicts by
 * other rules, repeats, and what is unique, from the tally's base on. One
 * thread at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "core/click_record.h"
#include "core/verdict_rules.h"
#include "store/click_judge.h"
#include "store/seen_set.h"
#include "store/tally.h"

struct click_fold {
	struct click_judge *judge;
	struct seen_set seen;
	enum err err; /* sticky: nothing is decided any more */
};

/* Begins with what the base has seen. */
CHECKED enum err click_fold_init(struct click_fold *f, struct tally *tally,
	const struct verdict_rules *rules, uint64_t repeat_window_ms);
void click_fold_deinit(struct click_fold *f);
/* The log's next click, its agent set; true if it is another now: verdict,
 * reason, counted, unique, and then rules and revision are. Of an erased one,
 * or one whose agent cannot be read, the verdict stays. */
bool click_fold_next(struct click_fold *f, struct click *c);
