#include "core/verdict.h"

#include <string.h>

#include "core/verdict_rules.h"
#include "support/cmocka.h"
#include "support/fault.h"

#define CHROME                                                                 \
	"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like "  \
	"Gecko) Chrome/131.0.0.0 Mobile Safari/537.36"
#define SAFARI                                                                 \
	"Mozilla/5.0 (iPhone; CPU iPhone OS 26_0_1 like Mac OS X) "            \
	"AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0.1 "             \
	"Mobile/15E148 Safari/604.1"

static struct verdict_rules *make(const struct verdict_rules_source *source)
{
	struct verdict_rules *rules = NULL;
	struct buf findings;

	buf_init(&findings, 10000);
	if (verdict_rules_new(source, &findings, &rules))
		fail_msg("%s", buf_cstr(&findings));
	assert_int_equal(findings.n, 0);
	buf_deinit(&findings);
	return rules;
}

static struct verdict_rules *make_plain(void)
{
	return make(&(struct verdict_rules_source){0});
}

static void test_signals(void **state)
{
	static const struct {
		const char *sec_purpose, *purpose, *x_purpose, *x_moz;
		uint8_t signals;
	} rows[] = {
		{"", "", "", "", 0},
		{"prefetch", "", "", "", VERDICT_SIGNAL_SEC_PURPOSE},
		{"prefetch;prerender", "", "", "", VERDICT_SIGNAL_SEC_PURPOSE},
		{"prefetch;anonymous-client-ip", "", "", "",
			VERDICT_SIGNAL_SEC_PURPOSE},
		{"x, PreRender", "", "", "", VERDICT_SIGNAL_SEC_PURPOSE},
		{"", "prefetch", "", "", VERDICT_SIGNAL_PURPOSE},
		{"", "PREFRESH", "", "", VERDICT_SIGNAL_PURPOSE},
		{"", "", "preview", "", VERDICT_SIGNAL_X_PURPOSE},
		{"", "", "", "prefetch", VERDICT_SIGNAL_X_MOZ},
		{"", "", "", "Preview", VERDICT_SIGNAL_X_MOZ},
		{"prefetch", "prefetch", "preview", "prefetch",
			VERDICT_SIGNALS},
		{"navigate", "view", "p", "x", 0},
		{"prefetc", "", "", "", 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(verdict_signals(str_from(rows[i].sec_purpose),
					 str_from(rows[i].purpose),
					 str_from(rows[i].x_purpose),
					 str_from(rows[i].x_moz)),
			rows[i].signals);
}

static void test_only_the_front_of_a_value_counts(void **state)
{
	static const struct str word = {"prefetch", 8};
	static char value[VERDICT_VALUE_MAX + 8];
	const struct str none = {0};
	struct str long_value = str_make(value, sizeof(value));

	(void)state;
	memset(value, 'p', sizeof(value));
	memcpy(value + VERDICT_VALUE_MAX - 8, word.p, word.n);
	assert_int_equal(verdict_signals(none, long_value, none, none),
		VERDICT_SIGNAL_PURPOSE);
	memset(value, 'p', sizeof(value));
	memcpy(value + VERDICT_VALUE_MAX - 7, word.p, word.n);
	assert_int_equal(verdict_signals(none, long_value, none, none), 0);
	assert_int_equal(verdict_signals(none, none, none, none), 0);
}

static const struct {
	const char *agent;
	enum verdict verdict;
	enum reason reason;
} agents[] = {
	{CHROME, VERDICT_HUMAN, REASON_NONE},
	{SAFARI, VERDICT_HUMAN, REASON_NONE},
	/* WhatsApp's crawler stands at the front, its browsers at the end. */
	{"WhatsApp/2.22.20.72 A", VERDICT_PREVIEW, REASON_WHATSAPP_AGENT},
	{"WhatsApp/2.2236.3 N", VERDICT_PREVIEW, REASON_WHATSAPP_AGENT},
	{"whatsapp/2.2123.8 n", VERDICT_PREVIEW, REASON_WHATSAPP_AGENT},
	{"WhatsApp", VERDICT_PREVIEW, REASON_WHATSAPP_AGENT},
	{CHROME " [WA4A/2.25.32.75;]", VERDICT_HUMAN, REASON_WHATSAPP_APP},
	{SAFARI " [WAiOS/2.25.31]", VERDICT_HUMAN, REASON_WHATSAPP_APP},
	{SAFARI " [WAiOS/2.25.31] ", VERDICT_HUMAN, REASON_WHATSAPP_APP},
	{"Googlebot/2.1 [WA4A/2.25.32.75;]", VERDICT_HUMAN,
		REASON_WHATSAPP_APP},
	{"[WA4A/2.25;] Googlebot/2.1", VERDICT_BOT, REASON_SEARCH_AGENT},
	{CHROME " WhatsApp/2.24.1 WA4A", VERDICT_HUMAN, REASON_NONE},
	{CHROME " [WA4A/2.25.32.75;", VERDICT_HUMAN, REASON_NONE},
	{"]", VERDICT_BOT, REASON_NO_BROWSER},
	/* Meta's machines, those that pretend to be, people in Meta's apps. */
	{"facebookexternalhit/1.1", VERDICT_PREVIEW, REASON_META_AGENT},
	{"facebookexternalhit/1.1;line-poker/1.0", VERDICT_PREVIEW,
		REASON_MESSAGING_PREVIEW},
	{"facebookexternalhit/1.1 Facebot Twitterbot/1.0", VERDICT_PREVIEW,
		REASON_MESSAGING_PREVIEW},
	{"meta-externalagent/1.1", VERDICT_BOT, REASON_META_AGENT},
	{CHROME " MetaIAB Facebook", VERDICT_HUMAN, REASON_META_APP},
	{CHROME " [FB_IAB/FB4A;FBAV/263.0.0.46.121;]", VERDICT_HUMAN,
		REASON_META_APP},
	{CHROME " Instagram 105.0.0.18.119 Android (jackpot2lte; bot)",
		VERDICT_HUMAN, REASON_META_APP},
	{CHROME " Instagram bot", VERDICT_BOT, REASON_GENERIC_WORD},
	{"TelegramBot (like TwitterBot)", VERDICT_PREVIEW,
		REASON_MESSAGING_PREVIEW},
	{"Viber", VERDICT_PREVIEW, REASON_MESSAGING_PREVIEW},
	{CHROME " Viber/11.9.5.8", VERDICT_HUMAN, REASON_NONE},
	{CHROME " Line/14.10.0", VERDICT_HUMAN, REASON_NONE},
	{"Twitterbot/1.0", VERDICT_PREVIEW, REASON_LINK_PREVIEW},
	{"Acme Link Preview/1", VERDICT_PREVIEW, REASON_LINK_PREVIEW},
	{"Googlebot/2.1", VERDICT_BOT, REASON_SEARCH_AGENT},
	{"GPTBot/1.2", VERDICT_BOT, REASON_AI_AGENT},
	{"AhrefsBot/7.0", VERDICT_BOT, REASON_SEO_AGENT},
	{"AdsBot-Google", VERDICT_BOT, REASON_AD_AGENT},
	{CHROME " PTST/1.0", VERDICT_BOT, REASON_MONITOR_AGENT},
	{CHROME " zgrab/0.x", VERDICT_BOT, REASON_SCANNER_AGENT},
	{"HeadlessChrome/1", VERDICT_BOT, REASON_HEADLESS},
	{"heritrix/3", VERDICT_BOT, REASON_ARCHIVE_AGENT},
	{"Feedbin - 9 subscribers", VERDICT_BOT, REASON_FEED_AGENT},
	{"Zapier", VERDICT_BOT, REASON_SERVICE_AGENT},
	{"curl/8.5.0", VERDICT_BOT, REASON_HTTP_LIBRARY},
	{"okhttp/4.9.0", VERDICT_BOT, REASON_HTTP_LIBRARY},
	{"Acme/1.0 (Android 14) okhttp/4.9.0", VERDICT_HUMAN, REASON_NONE},
	{"", VERDICT_BOT, REASON_EMPTY_AGENT},
	{"  ", VERDICT_BOT, REASON_EMPTY_AGENT},
	/* Words, and where they do not count. */
	{CHROME " Acmebot/1", VERDICT_BOT, REASON_GENERIC_WORD},
	{CHROME " acme_BOT", VERDICT_BOT, REASON_GENERIC_WORD},
	{CHROME " acmebot2", VERDICT_BOT, REASON_GENERIC_WORD},
	{CHROME " BOTIM/1", VERDICT_HUMAN, REASON_NONE},
	{CHROME " CUBOT/1", VERDICT_HUMAN, REASON_NONE},
	{CHROME " cubot robot", VERDICT_BOT, REASON_GENERIC_WORD},
	{"Mozilla/5.0 (Linux; Android 7.0; M bot 60 Build/NRD90M; wv) Safari/",
		VERDICT_HUMAN, REASON_NONE},
	{"Mozilla/5.0 (Linux; Android 7.0; M bot 60) Safari/", VERDICT_HUMAN,
		REASON_NONE},
	{"Mozilla/5.0 (Linux; Android 7.0; K Build/1; a bot) Safari/",
		VERDICT_BOT, REASON_GENERIC_WORD},
	{"Mozilla/5.0 (Linux; Android 7.0; K) Safari/ (a bot)", VERDICT_BOT,
		REASON_GENERIC_WORD},
	{"Mozilla/5.0 (a bot; Android 7.0; K) Safari/", VERDICT_BOT,
		REASON_GENERIC_WORD},
	{CHROME " MozacFetch/49.0", VERDICT_HUMAN, REASON_NONE},
	{CHROME " (+https://example.com)", VERDICT_BOT, REASON_AGENT_URL},
	{CHROME " http://example.com", VERDICT_BOT, REASON_AGENT_URL},
	{"Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; www.k2pdf.com)",
		VERDICT_HUMAN, REASON_NONE},
	/* Neither browser nor device. */
	{"Acme/1.0", VERDICT_BOT, REASON_NO_BROWSER},
	{"Acme/1.0 (Linux x86_64)", VERDICT_BOT, REASON_NO_BROWSER},
	{"Mozilla/5.0", VERDICT_BOT, REASON_NO_BROWSER},
	{"Mozilla/5.0 (compatible; Acme)", VERDICT_BOT, REASON_NO_BROWSER},
	{"Mozilla/5.0 (Linux x86_64) Acme", VERDICT_HUMAN, REASON_NONE},
	{"KE990d", VERDICT_HUMAN, REASON_NONE},
	{"KE990d/1.0", VERDICT_HUMAN, REASON_NONE},
	{"Acme-5.19.0", VERDICT_BOT, REASON_NO_BROWSER},
	{"\xff\xfe\x01", VERDICT_BOT, REASON_NO_BROWSER},
};

static void test_agents(void **state)
{
	struct verdict_rules *rules = make_plain();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(agents); i++) {
		struct judgement j =
			verdict_agent(rules, str_from(agents[i].agent));

		if (j.verdict != agents[i].verdict ||
			j.reason != agents[i].reason || j.row)
			fail_msg("%s: %s, %s", agents[i].agent,
				verdict_name(j.verdict), reason_name(j.reason));
	}
	verdict_rules_free(rules);
}

static void put(char *to, struct str s)
{
	memcpy(to, s.p, s.n);
}

static void test_only_what_is_kept_of_an_agent_counts(void **state)
{
	struct verdict_rules *rules = make_plain();
	static char agent[VERDICT_AGENT_MAX + 8];

	(void)state;
	memset(agent, ' ', sizeof(agent));
	put(agent, STR(CHROME));
	put(agent + VERDICT_AGENT_MAX - 4, STR(" bot"));
	assert_int_equal(
		verdict_agent(rules, str_make(agent, sizeof(agent))).reason,
		REASON_GENERIC_WORD);
	put(agent + VERDICT_AGENT_MAX - 4, STR("  bot"));
	assert_int_equal(
		verdict_agent(rules, str_make(agent, sizeof(agent))).reason,
		REASON_NONE);
	assert_int_equal(verdict_agent(rules, (struct str){0}).reason,
		REASON_EMPTY_AGENT);
	verdict_rules_free(rules);
}

static bool ends_in_spider(void *arg, struct str agent)
{
	++*(unsigned *)arg;
	return str_ends(agent, STR("eightlegs"));
}

static void test_spiders(void **state)
{
	unsigned asked = 0;
	struct verdict_rules *rules = make(&(struct verdict_rules_source){
		.is_spider = ends_in_spider, .arg = &asked});

	(void)state;
	assert_int_equal(verdict_agent(rules, STR(CHROME " eightlegs")).reason,
		REASON_UAP_SPIDER);
	assert_int_equal(
		verdict_agent(rules, STR(CHROME)).verdict, VERDICT_HUMAN);
	assert_int_equal(asked, 2);
	/* It is asked last, and not about people's apps. */
	assert_int_equal(verdict_agent(rules, STR("Acme/1 eightlegs")).reason,
		REASON_NO_BROWSER);
	assert_int_equal(
		verdict_agent(rules, STR(CHROME " MetaIAB eightlegs")).reason,
		REASON_META_APP);
	assert_int_equal(asked, 2);
	verdict_rules_free(rules);
}

#define RULES                                                                  \
	"version 7\n"                                                          \
	"human agent contains Kiosk\n"                                         \
	"bot referer host scanner.example\n"                                   \
	"bot agent contains acme\n"                                            \
	"preview ip in 192.0.2.0/24\n"                                         \
	"human referer host example.org\n"

/* Tested by a set of rules with RULES, or without. */
static const struct {
	const char *agent;
	const char *referer;
	const char *ip;
	bool is_head;
	uint8_t signals;
	bool plain; /* no rules of the operator's */
	enum verdict verdict;
	enum reason reason;
} clicks[] = {
	{CHROME, "", "", false, 0, true, VERDICT_HUMAN, REASON_NONE},
	{CHROME, "", "", true, 0, true, VERDICT_PROBE, REASON_HEAD_METHOD},
	{CHROME, "", "", false, 1, true, VERDICT_PREFETCH, REASON_SEC_PURPOSE},
	{CHROME, "", "", false, 2, true, VERDICT_PREFETCH, REASON_PURPOSE},
	{CHROME, "", "", false, 12, true, VERDICT_PREFETCH, REASON_X_PURPOSE},
	{CHROME, "", "", false, 8, true, VERDICT_PREFETCH, REASON_X_MOZ},
	/* Each kind of rule before the next. */
	{"Googlebot", "https://urlsand.com/", "", true, 15, false,
		VERDICT_PROBE, REASON_HEAD_METHOD},
	{CHROME " Kiosk", "", "", false, 15, false, VERDICT_HUMAN,
		REASON_OPERATOR_RULE},
	{"Googlebot", "https://urlsand.com/", "", false, 1, true,
		VERDICT_PREFETCH, REASON_SEC_PURPOSE},
	{"Googlebot", "https://urlsand.com/", "", false, 0, true, VERDICT_BOT,
		REASON_SEARCH_AGENT},
	{CHROME " [WA4A/2;]", "https://urlsand.com/", "", false, 0, true,
		VERDICT_HUMAN, REASON_WHATSAPP_APP},
	/* Hosts that scan, and what is not their host. */
	{CHROME, "https://urlsand.com/?u=x", "", false, 0, true, VERDICT_BOT,
		REASON_SCANNER_REFERER},
	{CHROME, "HTTPS://a:b@X.EmailProtection.LINK.:443/", "", false, 0, true,
		VERDICT_BOT, REASON_SCANNER_REFERER},
	{CHROME, "https://nam10.safelinks.protection.outlook.com", "", false, 0,
		true, VERDICT_BOT, REASON_SCANNER_REFERER},
	{CHROME, "https://noturlsand.com/", "", false, 0, true, VERDICT_HUMAN,
		REASON_NONE},
	{CHROME, "https://urlsand.com.example/", "", false, 0, true,
		VERDICT_HUMAN, REASON_NONE},
	{CHROME, "https://example.com/urlsand.com", "", false, 0, true,
		VERDICT_HUMAN, REASON_NONE},
	{CHROME, "https://example.com?@urlsand.com", "", false, 0, true,
		VERDICT_HUMAN, REASON_NONE},
	{CHROME, "urlsand.com", "", false, 0, true, VERDICT_HUMAN, REASON_NONE},
	{CHROME, "https://[2001:db8::1]:80/", "", false, 0, true, VERDICT_HUMAN,
		REASON_NONE},
	{CHROME, "https://", "", false, 0, true, VERDICT_HUMAN, REASON_NONE},
	{CHROME, ":", "", false, 0, true, VERDICT_HUMAN, REASON_NONE},
	{CHROME, "https://l.wl.co/", "", false, 0, true, VERDICT_HUMAN,
		REASON_NONE},
	/* The operator's first rule, of whatever kind. */
	{CHROME, "https://a.scanner.example/", "", false, 0, false, VERDICT_BOT,
		REASON_OPERATOR_RULE},
	{CHROME " kiosk", "https://a.scanner.example/", "", false, 0, false,
		VERDICT_HUMAN, REASON_OPERATOR_RULE},
	{CHROME " acme", "https://a.scanner.example/", "", false, 0, false,
		VERDICT_BOT, REASON_OPERATOR_RULE},
	{CHROME " acme", "", "192.0.2.7", false, 0, false, VERDICT_BOT,
		REASON_OPERATOR_RULE},
	{CHROME, "https://example.org/", "192.0.2.0", false, 0, false,
		VERDICT_PREVIEW, REASON_OPERATOR_RULE},
	{CHROME, "https://example.org/", "", false, 1, false, VERDICT_HUMAN,
		REASON_OPERATOR_RULE},
	{CHROME, "", "192.0.3.0", false, 0, false, VERDICT_HUMAN, REASON_NONE},
	{CHROME, "", "2001:db8::", false, 0, false, VERDICT_HUMAN, REASON_NONE},
	{"Googlebot", "", "", false, 0, false, VERDICT_BOT,
		REASON_SEARCH_AGENT},
};

static void test_clicks(void **state)
{
	struct verdict_rules *plain = make_plain();
	struct verdict_rules *own = make(&(struct verdict_rules_source){
		.name = "rules", .text = STR(RULES)});

	(void)state;
	assert_int_equal(verdict_rules_number(plain), 2000);
	assert_int_equal(verdict_rules_number(own), 2007);
	for (size_t i = 0; i < COUNT_OF(clicks); i++) {
		const struct verdict_rules *rules =
			clicks[i].plain ? plain : own;
		struct verdict_input input = {
			.is_head = clicks[i].is_head,
			.signals = clicks[i].signals,
			.agent =
				verdict_agent(rules, str_from(clicks[i].agent)),
			.referer = str_from(clicks[i].referer),
		};
		struct judgement j;

		if (clicks[i].ip[0])
			assert_int_equal(
				ip_parse(str_from(clicks[i].ip), &input.ip),
				OK);
		j = verdict_click(rules, &input);
		if (j.verdict != clicks[i].verdict ||
			j.reason != clicks[i].reason)
			fail_msg("%zu: %s, %s", i, verdict_name(j.verdict),
				reason_name(j.reason));
	}
	verdict_rules_free(plain);
	verdict_rules_free(own);
}

/* The referer comes before uap-core's word. */
static void test_a_spider_with_a_referer(void **state)
{
	unsigned asked = 0;
	struct verdict_rules *rules = make(&(struct verdict_rules_source){
		.is_spider = ends_in_spider, .arg = &asked});
	struct verdict_input input = {
		.agent = verdict_agent(rules, STR(CHROME " eightlegs"))};

	(void)state;
	assert_int_equal(
		verdict_click(rules, &input).reason, REASON_UAP_SPIDER);
	input.referer = STR("https://urlsand.com/");
	assert_int_equal(
		verdict_click(rules, &input).reason, REASON_SCANNER_REFERER);
	verdict_rules_free(rules);
}

/* Stored and exported: they never change. */
static void test_names_and_numbers(void **state)
{
	static const char *const names[] = {
		"human", "preview", "prefetch", "bot", "probe", "repeat"};
	static const char *const reasons[] = {"none", "head-method",
		"sec-purpose", "purpose", "x-purpose", "x-moz",
		"whatsapp-agent", "repeat", "operator-rule", "whatsapp-app",
		"meta-app", "meta-agent", "messaging-preview", "link-preview",
		"search-agent", "ai-agent", "seo-agent", "ad-agent",
		"monitor-agent", "scanner-agent", "scanner-referer",
		"feed-agent", "archive-agent", "service-agent", "http-library",
		"headless", "empty-agent", "generic-word", "agent-url",
		"no-browser", "uap-spider"};
	enum verdict verdict;

	(void)state;
	assert_int_equal(VERDICTS, 6);
	for (unsigned i = 0; i < VERDICTS; i++) {
		assert_string_equal(verdict_name(i), names[i]);
		assert_int_equal(
			verdict_parse(str_from(names[i]), &verdict), OK);
		assert_int_equal(verdict, i);
	}
	assert_int_equal(REASONS, COUNT_OF(reasons));
	for (unsigned i = 0; i < REASONS; i++)
		assert_string_equal(reason_name(i), reasons[i]);
	assert_string_equal(verdict_name(VERDICTS), "unknown");
	assert_string_equal(reason_name(255), "unknown");
	assert_int_equal(verdict_parse(STR("Human"), &verdict), ERR_INVALID);
	assert_int_equal(verdict_parse(STR(""), &verdict), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signals),
		cmocka_unit_test(test_only_the_front_of_a_value_counts),
		cmocka_unit_test(test_agents),
		cmocka_unit_test(test_only_what_is_kept_of_an_agent_counts),
		cmocka_unit_test(test_spiders),
		cmocka_unit_test(test_clicks),
		cmocka_unit_test(test_a_spider_with_a_referer),
		cmocka_unit_test(test_names_and_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
