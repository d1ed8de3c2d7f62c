#include "core/agent_parser.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "support/cmocka.h"
#include "support/fault.h"
#include "support/temp.h"

enum {
	THREADS = 4
};

/* Small rules with an answer for every question of order. */
static const char rules[] = "user_agent_parsers:\n"
			    "  - regex: '(Firefox)/(\\d+)'\n"
			    "  - regex: 'Fire'\n"
			    "    family_replacement: 'Fire $1'\n"
			    "  - regex: '(Chrome)|nothing'\n"
			    "  - regex: 'Opera Mini'\n"
			    "os_parsers:\n"
			    "  - regex: '(?:(Windows) (NT)|Win(32))'\n"
			    "    os_replacement: '$1 $2$3'\n"
			    "  - regex: '(ANDROID)'\n"
			    "    regex_flag: 'i'\n"
			    "device_parsers:\n"
			    "  - regex: 'early bot'\n"
			    "    device_replacement: 'Spider'\n"
			    "  - regex: '(Pixel)'\n"
			    "    device_replacement: 'Google $1'\n"
			    "  - regex: '[Bb]ot'\n"
			    "    device_replacement: 'Spider'\n"
			    "  - regex: 'a(.*)z'\n"
			    "    device_replacement: '$1'\n"
			    "  - regex: 'B'\n"
			    "    device_replacement: 'short'\n";

static struct agent_parser *load(const char *yaml)
{
	struct agent_problem problem = {""};
	struct agent_parser *p;

	assert_int_equal(
		agent_parser_load_text("f", str_from(yaml), &p, &problem), OK);
	return p;
}

static void test_families(void **state)
{
	static const struct {
		const char *agent;
		const char *browser;
		const char *os;
		const char *device;
		bool is_spider;
	} rows[] = {
		{"", "Other", "Other", "Other", false},
		{"Firefox/3", "Firefox", "Other", "Other", false},
		{"Firefox", "Fire", "Other", "Other", false},
		{"Chrome", "Chrome", "Other", "Other", false},
		/* a rule that matches without its group ends the search */
		{"nothing Opera Mini", "Other", "Other", "Other", false},
		{"Windows NT", "Other", "Windows NT", "Other", false},
		{"Win32", "Other", "32", "Other", false},
		{"android", "Other", "android", "Other", false},
		{"AnDroid", "Other", "AnDroid", "Other", false},
		{"Pixel", "Other", "Other", "Google Pixel", false},
		/* spiders, before and behind another rule */
		{"bot", "Other", "Other", "Spider", true},
		{"Bot", "Other", "Other", "Spider", true},
		{"BOT", "Other", "Other", "short", false},
		{"Pixel bot", "Other", "Other", "Google Pixel", false},
		{"Pixel early bot", "Other", "Other", "Spider", true},
		{"Bot B", "Other", "Other", "Spider", true},
		{"a Spider z", "Other", "Other", "Spider", false},
		{"az", "Other", "Other", "Other", false},
		{"a \xff z", "Other", "Other", "?", false},
	};
	struct agent_parser *p = load(rules);
	struct agent_matcher *m = agent_matcher_new(p, 8);

	(void)state;
	assert_non_null(m);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct str agent = str_from(rows[i].agent);
		struct agent_families f;

		print_message("%s\n", rows[i].agent);
		if (i % 2)
			assert_int_equal(agent_parser_is_spider(m, agent),
				rows[i].is_spider);
		agent_parser_families(m, agent, &f);
		assert_string_equal(f.browser, rows[i].browser);
		assert_string_equal(f.os, rows[i].os);
		assert_string_equal(f.device, rows[i].device);
		assert_int_equal(f.is_spider, rows[i].is_spider);
		assert_int_equal(
			agent_parser_is_spider(m, agent), rows[i].is_spider);
	}
	agent_matcher_free(m);
	agent_parser_free(p);
}

static void test_work(void **state)
{
	struct agent_parser *p = load(rules);
	struct agent_matcher *m = agent_matcher_new(p, 8);
	struct agent_families f;

	(void)state;
	assert_non_null(m);
	/* Rules without a literal of three bytes are tried on every agent. */
	agent_parser_families(m, STR("x"), &f);
	assert_int_equal(agent_matcher_work(m).rules, 2);
	agent_parser_families(m, STR("Firefox"), &f);
	assert_int_equal(agent_matcher_work(m).rules, 3);
	assert_true(agent_matcher_work(m).steps > 0);
	/* The memo knows it now. */
	agent_parser_families(m, STR("Firefox"), &f);
	assert_int_equal(agent_matcher_work(m).rules, 0);
	assert_int_equal(agent_matcher_work(m).steps, 0);
	assert_string_equal(f.browser, "Fire");
	assert_false(agent_parser_is_spider(m, STR("Firefox")));
	assert_int_equal(agent_matcher_work(m).rules, 0);
	/* What the quick question told is less than all. */
	assert_true(agent_parser_is_spider(m, STR("Firefox bot")));
	assert_int_equal(agent_matcher_work(m).rules, 1);
	agent_parser_families(m, STR("Firefox bot"), &f);
	assert_string_equal(f.browser, "Fire");
	agent_matcher_free(m);
	agent_parser_free(p);
}

/* What lies behind the bytes that are kept is not looked at. */
static void test_cut(void **state)
{
	struct agent_parser *p = load(rules);
	struct agent_matcher *m = agent_matcher_new(p, 0);
	struct agent_families f;
	struct buf agent;

	(void)state;
	assert_non_null(m);
	buf_init(&agent, (size_t)2 * AGENT_TEXT_MAX);
	while (agent.n < AGENT_TEXT_MAX - 3)
		buf_byte(&agent, 'x');
	buf_text(&agent, "bot and more");
	assert_true(agent_parser_is_spider(m, buf_view(&agent)));
	buf_consume(&agent, 1);
	assert_true(agent_parser_is_spider(m, buf_view(&agent)));
	agent.n = AGENT_TEXT_MAX - 3;
	buf_text(&agent, "xbot and more");
	assert_false(agent_parser_is_spider(m, buf_view(&agent)));
	agent_parser_families(m, buf_view(&agent), &f);
	assert_string_equal(f.device, "Other");
	buf_deinit(&agent);
	agent_matcher_free(m);
	agent_parser_free(p);
}

/* Rules that PCRE2 refuses load, match nothing, and are named when asked. */
static void test_refused(void **state)
{
	static const char yaml[] = "user_agent_parsers:\n"
				   "  - regex: '(Chrome'\n"
				   "  - regex: '(Chrome)'\n"
				   "os_parsers: []\n"
				   "device_parsers: []\n";
	struct agent_parser *p = load(yaml);
	struct agent_matcher *m = agent_matcher_new(p, 0);
	struct agent_problem problem;
	struct agent_families f;

	(void)state;
	assert_non_null(m);
	agent_parser_families(m, STR("Chrome"), &f);
	assert_string_equal(f.browser, "Chrome");
	assert_int_equal(agent_parser_compile(p, &problem), ERR_INVALID);
	assert_string_equal(problem.text, "f:2: missing closing parenthesis");
	agent_matcher_free(m);
	agent_parser_free(p);
}

static void test_load(void **state)
{
	struct agent_problem problem;
	char expected[PATH_MAX + 64];
	struct agent_parser *p, *same;
	const char *path;
	struct temp t;

	(void)state;
	temp_init(&t);
	path = temp_file(&t, "regexes.yaml");
	assert_int_equal(agent_parser_load(path, &p, &problem), ERR_NOT_FOUND);
	(void)snprintf(expected, sizeof(expected),
		"%s: No such file or directory", path);
	assert_string_equal(problem.text, expected);
	assert_int_equal(file_write(path, STR("x: [\n"), 0600), OK);
	assert_int_equal(agent_parser_load(path, &p, &problem), ERR_INVALID);
	(void)snprintf(expected, sizeof(expected), "%s:2: not YAML: ", path);
	assert_memory_equal(problem.text, expected, strlen(expected));
	assert_int_equal(file_write(path, str_from(rules), 0600), OK);
	assert_int_equal(agent_parser_load(path, &p, &problem), OK);
	same = load(rules);
	assert_true(
		agent_parser_fingerprint(p) == agent_parser_fingerprint(same));
	agent_parser_free(p);
	agent_parser_free(same);
	p = load("user_agent_parsers: []\nos_parsers: []\n"
		 "device_parsers: []\n");
	assert_int_equal(agent_parser_compile(p, &problem), OK);
	agent_parser_free(p);
	temp_deinit(&t);
}

static void test_nomem(void **state)
{
	enum err e = ERR_NOMEM;

	(void)state;
	for (unsigned nth = 1; e; nth++) {
		struct agent_matcher *m = NULL;
		struct agent_problem problem;
		struct agent_parser *p = NULL;

		fault_alloc(nth);
		e = agent_parser_load_text("f", STR(rules), &p, &problem);
		if (!e) {
			m = agent_matcher_new(p, 4);
			e = m ? OK : ERR_NOMEM;
		}
		assert_true(!e == !fault_alloc_hit());
		fault_alloc(0);
		assert_true(e == OK || e == ERR_NOMEM);
		agent_matcher_free(m);
		agent_parser_free(p);
	}
}

/* A rule that could not be compiled for want of memory is tried again, and the
 * answer without it is not remembered. */
static void test_nomem_compile(void **state)
{
	struct agent_parser *p = load(rules);
	struct agent_matcher *m = agent_matcher_new(p, 4);
	struct agent_families f;

	(void)state;
	assert_non_null(m);
	fault_alloc(1);
	agent_parser_families(m, STR("Chrome"), &f);
	assert_true(fault_alloc_hit());
	fault_alloc(0);
	agent_parser_families(m, STR("Chrome"), &f);
	assert_string_equal(f.browser, "Chrome");
	agent_matcher_free(m);
	agent_parser_free(p);
}

static const char *const agents[] = {
	("Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) "
	 "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 "
	 "Safari/604.1"),
	("Mozilla/5.0 (Linux; Android 13; SM-A536B) AppleWebKit/537.36 (KHTML, "
	 "like Gecko) Chrome/124.0.0.0 Mobile Safari/537.36"),
	("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:125.0) Gecko/20100101 "
	 "Firefox/125.0"),
	("Mozilla/5.0 (compatible; Googlebot/2.1; "
	 "+http://www.google.com/bot.html)"),
	("facebookexternalhit/1.1 "
	 "(+http://www.facebook.com/externalhit_uatext.php)"),
	"WhatsApp/2.23.20.0",
	"curl/7.88.1",
	("Opera/9.80 (J2ME/MIDP; Opera Mini/9.80 (S60; SymbOS; Opera "
	 "Mobi/23.348; U; en) Presto/2.5.25 Version/10.54"),
};

struct thread {
	pthread_t thread;
	struct agent_parser *parser;
	pthread_barrier_t *start;
	struct agent_families families[COUNT_OF(agents)];
};

static void *run_thread(void *arg)
{
	struct thread *t = arg;
	struct agent_matcher *m = agent_matcher_new(t->parser, 4);

	if (!m)
		abort();
	(void)pthread_barrier_wait(t->start);
	for (size_t i = 0; i < COUNT_OF(agents); i++)
		agent_parser_families(m, str_from(agents[i]), &t->families[i]);
	agent_matcher_free(m);
	return NULL;
}

/* Threads that come to the same rules for the first time all at once, and one
 * that compiles them all. */
static void test_threads(void **state)
{
	struct thread threads[THREADS];
	struct agent_problem problem;
	struct agent_parser *p;
	pthread_barrier_t start;

	(void)state;
	assert_int_equal(agent_parser_load("/usr/share/uap-core/regexes.yaml",
				 &p, &problem),
		OK);
	assert_int_equal(pthread_barrier_init(&start, NULL, THREADS + 1), 0);
	memset(threads, 0, sizeof(threads));
	for (size_t i = 0; i < THREADS; i++) {
		threads[i].parser = p;
		threads[i].start = &start;
		assert_int_equal(pthread_create(&threads[i].thread, NULL,
					 run_thread, &threads[i]),
			0);
	}
	(void)pthread_barrier_wait(&start);
	assert_int_equal(agent_parser_compile(p, &problem), OK);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i].thread, NULL), 0);
	for (size_t i = 0; i < THREADS; i++)
		assert_memory_equal(threads[i].families, threads[0].families,
			sizeof(threads[0].families));
	assert_string_equal(threads[0].families[0].os, "iOS");
	assert_string_equal(threads[0].families[0].device, "iPhone");
	assert_string_equal(threads[0].families[0].browser, "Mobile Safari");
	assert_string_equal(threads[0].families[1].device, "Samsung SM-A536B");
	assert_true(threads[0].families[3].is_spider);
	assert_true(threads[0].families[5].is_spider);
	assert_false(threads[0].families[6].is_spider);
	assert_int_equal(pthread_barrier_destroy(&start), 0);
	agent_parser_free(p);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_families),
		cmocka_unit_test(test_work),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_nomem),
		cmocka_unit_test(test_nomem_compile),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
