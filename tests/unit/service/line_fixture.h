/* Lines of a mint request encoded against a set of links, for
 * test_mint_line*.c. */
#pragma once

#include "service/mint_line.h"
#include "unit/service/service_fixture.h"

enum {
	LINE_BYTES = 4096
};

static struct service s;
static struct mint_encoded encoded;
static struct problem problem;

/* Links: shop {cart}, {u} with a default and {recipient}; plain; off;
 * ended; late (ttl 1h); in a campaign "now" there is, and "over" that is
 * disabled. */
static inline int setup(void **state)
{
	struct campaign_patch patch;
	struct link_edit edit;

	(void)state;
	service_init(&s);
	mint_encoded_init(&encoded);
	service_put_link(&s, "shop",
		"{\"destination\":\"https://a.example/{cart}?u={u}&r="
		"{recipient}\",\"defaults\":{\"u\":\"x\"}}");
	service_put_link(&s, "plain",
		"{\"destination\":\"https://a.example/\",\"campaign\":"
		"\"now\"}");
	service_put_link(&s, "off",
		"{\"destination\":\"https://a.example/\",\"campaign\":"
		"\"over\",\"state\":\"disabled\"}");
	service_put_link(&s, "ended",
		"{\"destination\":\"https://a.example/\",\"expires_at\":"
		"\"2026-11-23T05:42:00Z\"}");
	service_put_link(&s, "late",
		"{\"destination\":\"https://a.example/\",\"ttl\":\"1h\"}");
	assert_int_equal(service_edit_campaign(&s, s.account, "over",
				 "{\"state\":\"disabled\"}", &patch),
		OK);
	assert_int_equal(
		service_edit_link(&s, service_account(&s, "other"), LINK_PUT,
			"theirs", "{\"destination\":\"https://b.example/\"}",
			&edit),
		OK);
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	mint_encoded_deinit(&encoded);
	service_deinit(&s);
	return 0;
}

static struct account account;

static inline struct mint_context context(void)
{
	struct mint_context c = {
		.regions = s.regions,
		.region = s.region,
		.account = &account,
		.now_ms = service_now(),
		.line_max = LINE_BYTES,
	};
	enum err e;

	c.links = view_links(s.view, &e);
	assert_non_null(c.links);
	assert_int_equal(lookup_account(s.view, s.account, &account), OK);
	return c;
}

CHECKED static inline enum err encode(const char *line, bool is_retry)
{
	struct mint_context c = context();

	return mint_line_encode(
		&c, str_from(line), is_retry, &encoded, &problem);
}
