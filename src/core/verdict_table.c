#include "core/verdict_table.h"

#include <string.h>

#include "core/verdict.h"

/* Words by which machines say what they are, whoever runs them. */
static const struct verdict_word generic[] = {
	/* CUBOT makes phones; Botim is a messenger, which RIGHT | NO_MODEL lets
	   pass. */
	{"bot", RIGHT | NO_MODEL, {"cubot"}},
	{"bots", RIGHT | NO_MODEL},
	{"crawl", NO_MODEL},
	{"spider", NO_MODEL},
	{"scrape", NO_MODEL},
	{"scraping", NO_MODEL},
	{"fetcher", NO_MODEL},
	{"fetch/", NO_MODEL, {"mozacfetch/"}},
	{"fetch ", NO_MODEL},
	{"scan", RIGHT | NO_MODEL},
	{"scanner", NO_MODEL, {"camscanner", "qrscanner", "qr scanner"}},
	{"scanning", NO_MODEL},
	{"monitor", NO_MODEL},
	{"check", RIGHT | NO_MODEL},
	{"checker", NO_MODEL},
	{"validator", NO_MODEL},
	{"verifier", NO_MODEL},
	{"analyzer", NO_MODEL},
	{"analyser", NO_MODEL},
	{"extractor", NO_MODEL},
	{"exractor", NO_MODEL},
	{"inspector", NO_MODEL},
	{"indexer", NO_MODEL},
	{"harvest", NO_MODEL},
	{"archiver", NO_MODEL},
	{"aggregator", NO_MODEL},
	{"parser", NO_MODEL},
	{"resolver", NO_MODEL},
	{"grabber", NO_MODEL},
	{"favicon", NO_MODEL},
	{"thumbnail", NO_MODEL},
	{"screenshot", NO_MODEL},
	{"sitemap", NO_MODEL},
	{"uptime", NO_MODEL},
	{"synthetic", NO_MODEL},
	{"probe", RIGHT | NO_MODEL},
	{"prober", NO_MODEL},
	{"webhook", NO_MODEL},
	{"RSS", ALONE | NO_MODEL},
	{"feed", ALONE | NO_MODEL},
	{"SEO", ALONE | NO_MODEL},
	{"survey", RIGHT | NO_MODEL},
	{"search engine", NO_MODEL},
};

/* Where to read about it, or whom to ask. */
static const struct verdict_word address[] = {
	{"+http", ANYWHERE},
	{"mailto:", ANYWHERE},
};

/* The same, but people's too: makers of toolbars and of changed phones named
 * themselves so. */
static const struct verdict_word plain_address[] = {
	{"http://", ANYWHERE,
		{"forum: http://", "http://www.avantbrowser.com"}},
	{"https://", ANYWHERE, {"initiator: https://"}},
	{"(www.", ANYWHERE},
	{"; www.", ANYWHERE},
	{" www.", ANYWHERE},
	{"www.", FRONT},
};

static const struct verdict_words generic_words = VERDICT_WORDS(generic);
static const struct verdict_words address_words = VERDICT_WORDS(address);
static const struct verdict_words plain_address_words =
	VERDICT_WORDS(plain_address);

/* `... [WA4A/2.25.32.75;]` of Android and `... [WAiOS/2.25.31]` of iOS: at the
 * end, whatever else there is. */
static bool is_whatsapp_app(struct str agent)
{
	static const char last = ']';
	size_t open;

	agent = str_trim(agent);
	if (!agent.n || agent.p[agent.n - 1] != last)
		return false;
	for (open = agent.n - 1; open > 0 && agent.p[open] != '['; open--)
		;
	agent = str_skip(agent, open);
	return str_starts(agent, STR("[WA4A/")) ||
	       str_starts(agent, STR("[WAiOS/"));
}

static bool is_no_explorer(struct str agent)
{
	return !str_contains(agent, STR("MSIE "));
}

static bool is_empty(struct str agent)
{
	return str_trim(agent).n == 0;
}

/* Some put something before it. */
static bool is_mozilla(struct str agent)
{
	return str_contains(agent, STR("ozilla/"));
}

/* Models of phones, which some sent alone, have numbers that are no
 * versions: "KE990d". */
static bool is_no_model(struct str agent)
{
	static const char ends[] = "/ (;:,";
	bool has_digit = false, has_dot = false;

	if (is_mozilla(agent))
		return true;
	for (size_t i = 0; i < agent.n; i++) {
		if (memchr(ends, agent.p[i], sizeof(ends) - 1))
			break;
		has_digit = has_digit || ascii_is_digit(agent.p[i]);
		has_dot = has_dot || agent.p[i] == '.';
	}
	return !has_digit || has_dot;
}

const struct verdict_rule verdict_table[] = {
	{VERDICT_HUMAN, REASON_WHATSAPP_APP, .fits = is_whatsapp_app},
	{VERDICT_PREVIEW, REASON_WHATSAPP_AGENT,
		.words = &verdict_whatsapp_words},
	{VERDICT_PREVIEW, REASON_MESSAGING_PREVIEW,
		.words = &verdict_messaging_words},
	{VERDICT_PREVIEW, REASON_META_AGENT,
		.words = &verdict_meta_preview_words},
	{VERDICT_BOT, REASON_META_AGENT, .words = &verdict_meta_bot_words},
	{VERDICT_HUMAN, REASON_META_APP, .words = &verdict_meta_app_words},
	{VERDICT_PREVIEW, REASON_LINK_PREVIEW, .words = &verdict_link_words},
	{VERDICT_BOT, REASON_SEARCH_AGENT, .words = &verdict_search_words},
	{VERDICT_BOT, REASON_AI_AGENT, .words = &verdict_ai_words},
	{VERDICT_BOT, REASON_SEO_AGENT, .words = &verdict_seo_words},
	{VERDICT_BOT, REASON_AD_AGENT, .words = &verdict_ad_words},
	{VERDICT_BOT, REASON_MONITOR_AGENT, .words = &verdict_monitor_words},
	{VERDICT_BOT, REASON_SCANNER_AGENT, .words = &verdict_scanner_words},
	{VERDICT_BOT, REASON_HEADLESS, .words = &verdict_headless_words},
	{VERDICT_BOT, REASON_ARCHIVE_AGENT, .words = &verdict_archive_words},
	{VERDICT_BOT, REASON_FEED_AGENT, .words = &verdict_feed_words},
	{VERDICT_BOT, REASON_SERVICE_AGENT, .words = &verdict_service_words},
	{VERDICT_BOT, REASON_HTTP_LIBRARY, .words = &verdict_library_words},
	{VERDICT_BOT, REASON_EMPTY_AGENT, .fits = is_empty},
	{VERDICT_BOT, REASON_GENERIC_WORD, .words = &generic_words},
	{VERDICT_BOT, REASON_AGENT_URL, .words = &address_words},
	{VERDICT_BOT, REASON_AGENT_URL, .words = &plain_address_words,
		.fits = is_no_explorer},
	{VERDICT_HUMAN, REASON_NONE, .words = &verdict_device_words},
	{VERDICT_HUMAN, REASON_NONE, .words = &verdict_desktop_words,
		.fits = is_mozilla},
	{VERDICT_BOT, REASON_NO_BROWSER, .fits = is_no_model},
};

const size_t verdict_table_n = sizeof(verdict_table) / sizeof(verdict_table[0]);

const char *const verdict_scanner_hosts[] = {
	"emailprotection.link",
	"urlsand.com",
	/* Teams and Outlook: links checked before and while they are opened. */
	"statics.teams.cdn.office.net",
	"safelinks.protection.outlook.com",
	"mimecastprotect.com",
	"deref-gmx.net",
	"deref-mail.com",
};

const size_t verdict_scanner_hosts_n =
	sizeof(verdict_scanner_hosts) / sizeof(verdict_scanner_hosts[0]);
