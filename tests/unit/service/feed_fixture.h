/* Taps of a service's tokens, for the tests of its feed. */
#pragma once

#include "core/verdict.h"
#include "service/resolve.h"
#include "unit/service/service_fixture.h"

/* Puts a click into the log; its number. */
static inline uint64_t feed_log(struct service *s, const struct click *click)
{
	struct click_entry entry = {.click = *click};

	assert_int_equal(
		click_writer_push(s->region->click_writer, &entry), OK);
	service_wait(1);
	assert_int_equal(entry.result, OK);
	views_reset(&s->views);
	return entry.sequence;
}

/* The click that a person's tap makes. */
static inline struct click feed_click(struct service *s, uint64_t token,
	struct str query, enum verdict verdict)
{
	struct token_id id = service_token_id(s, token);
	struct resolution r;
	struct buf location;

	buf_init(&location, 16384);
	assert_int_equal(resolve_token(s->view, &id, STR(""), query,
				 service_now(), &location, &r),
		OK);
	buf_deinit(&location);
	return (struct click){
		.at_ms = service_now(),
		.token = r.token,
		.account = r.account,
		.link = r.link,
		.campaign = r.campaign,
		.nonce = r.nonce,
		.link_revision = r.link_revision,
		.target_revision = r.target_revision,
		.rules = VERDICT_RULES_VERSION,
		.outcome = (uint8_t)r.outcome,
		.target = (uint8_t)r.target,
		.verdict = (uint8_t)verdict,
		.counted = r.outcome == CLICK_REDIRECTED && !r.test &&
			   verdict == VERDICT_HUMAN,
		.test = r.test,
		.forwarded_query = r.forward_query,
		.query = query,
	};
}

static inline uint64_t feed_tap(struct service *s, uint64_t token,
	struct str query, enum verdict verdict)
{
	struct click click = feed_click(s, token, query, verdict);

	return feed_log(s, &click);
}
