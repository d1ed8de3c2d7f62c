#include "service/feed_agents.h"

#include "service/feed_join.h"
#include "unit/service/feed_fixture.h"

enum {
	AGENTS = FEED_AGENTS + 3,
};

static struct service s;
static struct feed_join *join;
static enum feed_format format;

static int setup(void **state)
{
	(void)state;
	service_init(&s);
	format = FEED_NDJSON;
	assert_int_equal(feed_join_new(s.view, &join), OK);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	feed_join_free(join);
	service_deinit(&s);
	return 0;
}

/* What it finds lives until the next one. */
static void read_row(uint64_t sequence, struct feed_row *row)
{
	struct feed_page page = {
		.account = s.account, .n = 1, .sequences = &sequence};
	const struct feed_filter all = {0};

	views_reset(&s.views);
	feed_join_begin(join, &page, format);
	assert_int_equal(feed_join_read(join, 0, &all, row), OK);
	feed_join_end(join);
}

static struct str agent_text(char to[32], unsigned i)
{
	(void)snprintf(to, 32, "agent, \"%u\"", i);
	return str_from(to);
}

static void check_agent(uint64_t sequence, const char *quoted)
{
	struct feed_row row;

	read_row(sequence, &row);
	if (quoted)
		assert_true(str_is(row.agent_quoted, quoted));
	else
		assert_null(row.agent_quoted.p);
}

static void test_agents(void **state)
{
	uint64_t token = service_mint(
		&s, s.account, "{\"destination\":\"https://a.example/\"}");
	struct click click = feed_click(&s, token, STR(""), VERDICT_HUMAN);
	char longest[CLICK_AGENT_MAX];
	uint64_t named, nameless, lengthy;
	struct feed_row row;

	(void)state;
	nameless = feed_log(&s, &click);
	click.agent = STR("a \"b\", c\n");
	named = feed_log(&s, &click);
	memset(longest, '"', sizeof(longest));
	click.agent = str_make(longest, sizeof(longest));
	lengthy = feed_log(&s, &click);
	/* Found, then kept; each format's own. */
	for (int i = 0; i < 2; i++) {
		check_agent(named, "\"a \\\"b\\\", c\\n\"");
		check_agent(nameless, NULL);
	}
	format = FEED_CSV;
	for (int i = 0; i < 2; i++)
		check_agent(named, "\"a \"\"b\"\", c\n\"");
	format = FEED_NDJSON;
	check_agent(named, "\"a \\\"b\\\", c\\n\"");
	/* Too long to be kept: as it is. */
	for (int i = 0; i < 2; i++) {
		read_row(lengthy, &row);
		assert_null(row.agent_quoted.p);
		assert_true(str_eq(row.click.agent, click.agent));
	}
}

/* More than are kept, so that one takes another's place. */
static void test_many_agents(void **state)
{
	static struct click_entry entries[AGENTS];
	static char texts[AGENTS][32];
	uint64_t token = service_mint(
		&s, s.account, "{\"destination\":\"https://a.example/\"}");
	struct click click = feed_click(&s, token, STR(""), VERDICT_HUMAN);

	(void)state;
	for (unsigned i = 0; i < AGENTS; i++) {
		click.agent = agent_text(texts[i], i);
		entries[i] = (struct click_entry){.click = click};
		assert_int_equal(
			click_writer_push(s.region->click_writer, &entries[i]),
			OK);
	}
	service_wait(AGENTS);
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < AGENTS; i++) {
			char want[64];

			(void)snprintf(
				want, sizeof(want), "\"agent, \\\"%u\\\"\"", i);
			check_agent(entries[i].sequence, want);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_agents, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_many_agents, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
