/* uap-core's own tests, as its package installs them, through our matcher: what
 * each list of rules tells must be what they expect. */
#include "core/agent_parser.h"

#include <yaml.h>

#include "base/file.h"
#include "support/cmocka.h"

#define UAP "/usr/share/uap-core/"

enum {
	CASES_FILE_MAX = 16 << 20, /* bytes */
	TEXT_MAX = 4096,           /* of an agent */
	SHOWN_MAX = 40             /* misses printed */
};

struct agent_case {
	char agent[TEXT_MAX];
	char family[TEXT_MAX];
	bool has_agent;
};

struct tally {
	size_t cases;
	size_t equal;
};

static struct agent_parser *parser;
static struct agent_matcher *matcher;

static int setup(void **state)
{
	struct agent_problem problem;

	(void)state;
	assert_int_equal(
		agent_parser_load(UAP "regexes.yaml", &parser, &problem), OK);
	matcher = agent_matcher_new(parser, 1024);
	assert_non_null(matcher);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	agent_matcher_free(matcher);
	agent_parser_free(parser);
	return 0;
}

static const char *family_of(
	const struct agent_families *f, enum agent_list list)
{
	const char *families[AGENT_LISTS] = {
		[AGENT_BROWSER] = f->browser,
		[AGENT_OS] = f->os,
		[AGENT_DEVICE] = f->device,
	};

	return families[list];
}

static void check_case(
	const struct agent_case *c, enum agent_list list, struct tally *t)
{
	struct agent_families families;
	struct str agent = str_from(c->agent);
	const char *got;

	agent_parser_families(matcher, agent, &families);
	got = family_of(&families, list);
	t->cases++;
	/* Two ways to ask, one answer. */
	assert_int_equal(
		families.is_spider, agent_parser_is_spider(matcher, agent));
	assert_int_equal(
		families.is_spider, strcmp(families.device, "Spider") == 0);
	if (strcmp(got, c->family) == 0)
		t->equal++;
	else if (t->cases - t->equal <= SHOWN_MAX)
		print_message("  %s\n    expected %s, got %s\n", c->agent,
			c->family, got);
}

static void take_member(
	struct agent_case *c, const char *key, const yaml_event_t *event)
{
	const char *value = (const char *)event->data.scalar.value;
	char *to = NULL;

	if (strcmp(key, "user_agent_string") == 0)
		to = c->agent;
	else if (strcmp(key, "family") == 0)
		to = c->family;
	if (!to)
		return;
	assert_true(strlen(value) < TEXT_MAX);
	memcpy(to, value, strlen(value) + 1);
	c->has_agent = c->has_agent || to == c->agent;
}

/* The members of the mappings in the file, as they come. */
static void check_yaml(struct str text, enum agent_list list, struct tally *t)
{
	struct agent_case c = {.has_agent = false};
	char key[64] = "";
	yaml_event_t event = {.type = YAML_NO_EVENT};
	yaml_parser_t yaml;
	bool is_end = false;

	assert_true(yaml_parser_initialize(&yaml));
	yaml_parser_set_input_string(
		&yaml, (const unsigned char *)text.p, text.n);
	while (!is_end) {
		assert_true(yaml_parser_parse(&yaml, &event));
		is_end = event.type == YAML_STREAM_END_EVENT;
		if (event.type == YAML_MAPPING_START_EVENT) {
			c = (struct agent_case){.has_agent = false};
			key[0] = '\0';
		} else if (event.type == YAML_MAPPING_END_EVENT) {
			if (c.has_agent)
				check_case(&c, list, t);
		} else if (event.type == YAML_SCALAR_EVENT && !key[0]) {
			(void)snprintf(key, sizeof(key), "%s",
				(const char *)event.data.scalar.value);
		} else if (event.type == YAML_SCALAR_EVENT) {
			take_member(&c, key, &event);
			key[0] = '\0';
		}
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&yaml);
}

static void check_files(
	const char *const *files, enum agent_list list, const char *name)
{
	struct tally t = {0, 0};
	struct buf text;

	buf_init(&text, CASES_FILE_MAX);
	for (size_t i = 0; files[i]; i++) {
		buf_reset(&text);
		assert_int_equal(file_read(files[i], &text), OK);
		check_yaml(buf_view(&text), list, &t);
	}
	buf_deinit(&text);
	print_message("%s: %zu of %zu equal, %.3f %%\n", name, t.equal, t.cases,
		100.0 * (double)t.equal / (double)t.cases);
	assert_true(t.cases > 100);
	assert_true(100 * t.equal >= 99 * t.cases);
}

static void test_os(void **state)
{
	static const char *const files[] = {UAP "tests/test_os.yaml",
		UAP "test_resources/additional_os_tests.yaml", NULL};

	(void)state;
	check_files(files, AGENT_OS, "system");
}

static void test_device(void **state)
{
	static const char *const files[] = {UAP "tests/test_device.yaml", NULL};

	(void)state;
	check_files(files, AGENT_DEVICE, "device");
}

static void test_browser(void **state)
{
	static const char *const files[] = {UAP "tests/test_ua.yaml",
		UAP "test_resources/firefox_user_agent_strings.yaml",
		UAP "test_resources/pgts_browser_list.yaml",
		UAP "test_resources/opera_mini_user_agent_strings.yaml",
		UAP "test_resources/podcasting_user_agent_strings.yaml", NULL};

	(void)state;
	check_files(files, AGENT_BROWSER, "browser");
}

/* Every expression of theirs compiles. */
static void test_compile(void **state)
{
	struct agent_problem problem;

	(void)state;
	assert_int_equal(agent_parser_compile(parser, &problem), OK);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_os),
		cmocka_unit_test(test_device),
		cmocka_unit_test(test_browser),
		cmocka_unit_test(test_compile),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
