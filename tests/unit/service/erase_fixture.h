/* A service with tokens and clicks of a person to be forgotten, and of others,
 * for the tests of its upkeep. */
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "service/erasure_make.h"
#include "service/feed_join.h"
#include "service/upkeep.h"
#include "store/erasure_store.h"
#include "unit/service/feed_fixture.h"

enum {
	OTHERS = 400, /* tokens of others around the person's */
	PERSONS = 7,  /* the person's own */
};

/* What must be nowhere afterwards: in recipient, ref, params, a destination
 * of one's own, and what only those clicks brought. */
#define GONE "person-to-forget"

static struct service s;
static struct upkeep upkeep;
static uint64_t tokens[PERSONS], clicks_at[PERSONS], other_token;

static inline uint64_t erase_order(const char *recipient)
{
	struct erasure_make make = {.job.done = service_job_done,
		.account = s.account,
		.recipient_n = strlen(recipient)};

	memcpy(make.recipient, recipient, make.recipient_n);
	service_finish(&s, erasure_make_submit(&make, s.region->links_writer));
	assert_int_equal(make.job.result, OK);
	return make.id;
}

static inline struct erasure erase_receipt(uint64_t id)
{
	struct erasure e = {0};
	enum err err;

	views_reset(&s.views);
	assert_int_equal(
		erasure_get(view_links(s.view, &err), s.account, id, &e), OK);
	return e;
}

static inline bool erase_is_on_disk(const char *text)
{
	char command[2 * PATH_MAX];

	(void)snprintf(command, sizeof(command), "grep -rqaF '%s' '%s'", text,
		temp_file(&s.temp, "data"));
	return system(command) == 0;
}

static inline uint64_t erase_tap(uint64_t token, const char *word)
{
	struct click c = feed_click(&s, token, STR(""), VERDICT_HUMAN);
	char agent[128], referer[128];

	(void)snprintf(agent, sizeof(agent), "agent-of-%s", word);
	(void)snprintf(referer, sizeof(referer), "referer-of-%s", word);
	c.agent = str_from(agent);
	c.referer = str_from(referer);
	c.language = str_from(word);
	c.query = str_from(word);
	c.ip = (struct ip){.n = 4, .bytes = {198, 51, 100, 0}};
	return feed_log(&s, &c);
}

static inline uint64_t erase_mint(bool by_link, const char *word, int i)
{
	char line[512];

	if (by_link)
		(void)snprintf(line, sizeof(line),
			"{\"link\":\"l\",\"recipient\":\"%s\",\"ref\":"
			"\"ref-%s\",\"params\":{\"p\":\"param-%s-%d\"}}",
			word, word, word, i);
	else
		(void)snprintf(line, sizeof(line),
			"{\"destination\":\"https://a.example/?u=%s\","
			"\"recipient\":\"%s\",\"ref\":\"ref-%s-%d\"}",
			word, word, word, i);
	return service_mint(&s, s.account, line);
}

static inline void erase_fill(void)
{
	char word[64];

	service_put_link(
		&s, "l", "{\"destination\":\"https://shop.example/{p}\"}");
	for (int i = 0; i < OTHERS; i++) {
		(void)snprintf(word, sizeof(word), "other-%d", i);
		other_token = erase_mint(true, word, i);
		if (i % (OTHERS / PERSONS) == 5 &&
			i / (OTHERS / PERSONS) < PERSONS)
			tokens[i / (OTHERS / PERSONS)] =
				erase_mint(i % 2, GONE, i);
		if (i % 40 == 0)
			(void)erase_tap(other_token, word);
	}
	for (int i = 0; i < PERSONS; i++)
		clicks_at[i] = erase_tap(tokens[i], GONE);
}

static inline void erase_begin(void)
{
	upkeep_init(&upkeep, s.region, &s.clock);
}

static inline int erase_setup(void **state)
{
	(void)state;
	service_init(&s);
	erase_fill();
	erase_begin();
	return 0;
}

static inline int erase_teardown(void **state)
{
	(void)state;
	upkeep_deinit(&upkeep);
	service_deinit(&s);
	return 0;
}

static inline void erase_turn_all(void)
{
	uint64_t due_ms;

	views_reset(&s.views);
	assert_int_equal(upkeep_turn(&upkeep, &due_ms), OK);
}

static inline void erase_reopen(void)
{
	upkeep_deinit(&upkeep);
	service_close(&s);
	service_open(&s);
	erase_begin();
}

/* Everything that an erasure that is done promises. */
static inline void erase_check(uint64_t id)
{
	struct erasure e = erase_receipt(id);
	struct stored_token token;
	struct click click;
	uint64_t announced = 0, sequence;
	struct click_reader r;
	enum err err;

	assert_int_equal(e.state, ERASURE_DONE);
	assert_int_equal(e.recipient_n, 0);
	assert_true(e.tokens == PERSONS && e.clicks == PERSONS);
	assert_true(e.running_ms && e.done_ms);
	assert_false(erase_is_on_disk("son-to-forget"));
	assert_true(erase_is_on_disk("ref-other-7") &&
		    erase_is_on_disk("agent-of-other-40"));
	for (int i = 0; i < PERSONS; i++) {
		struct db_txn *t = view_links(s.view, &err);

		assert_int_equal(token_by_number(t, tokens[i], &token), OK);
		assert_true(token.erased && token.revoked &&
			    !token.tail.recipient.n && !token.tail.ref.n &&
			    !token.shape.destination.n);
		assert_int_equal(
			click_reader_get(&s.view->clicks, clicks_at[i], &click),
			OK);
		assert_true(click.erased && click.revision == 1 &&
			    click.counted && click.unique);
	}
	assert_int_equal(
		token_by_number(view_links(s.view, &err), other_token, &token),
		OK);
	assert_true(!token.erased && token.tail.recipient.n);
	click_reader_init(&r, s.region->segments);
	while (click_reader_next(&r, &sequence, &click) == OK)
		announced += click.revises != 0;
	click_reader_deinit(&r);
	assert_true(announced >= PERSONS);
	views_reset(&s.views);
}
