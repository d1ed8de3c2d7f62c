#include "core/verdict.h"

#include <stddef.h>

#include "base/assert.h"
#include "core/verdict_set.h"

/* The values with which browsers and apps mark a speculative load: Sec-Purpose
 * (wicg.github.io/nav-speculation/prefetch.html) and its forerunners, Chrome's
 * and Safari's Purpose, Safari's and Facebook's X-Purpose, Firefox's X-Moz. */
static const char *const speculative[] = {
	"prefetch", "prerender", "preview", "prefresh"};

static const enum reason signal_reasons[] = {
	REASON_SEC_PURPOSE, REASON_PURPOSE, REASON_X_PURPOSE, REASON_X_MOZ};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool holds(struct str s, const char *word)
{
	for (size_t i = 0; i < s.n; i++) {
		size_t n = 0;

		while (word[n] && i + n < s.n &&
			ascii_lower(s.p[i + n]) == word[n])
			n++;
		if (!word[n])
			return true;
	}
	return false;
}

static bool is_speculative(struct str value)
{
	if (value.n > VERDICT_VALUE_MAX)
		value.n = VERDICT_VALUE_MAX;
	for (size_t i = 0; value.n && i < COUNT(speculative); i++)
		if (holds(value, speculative[i]))
			return true;
	return false;
}

uint8_t verdict_signals(struct str sec_purpose, struct str purpose,
	struct str x_purpose, struct str x_moz)
{
	unsigned signals = 0;

	if (is_speculative(sec_purpose))
		signals |= VERDICT_SIGNAL_SEC_PURPOSE;
	if (is_speculative(purpose))
		signals |= VERDICT_SIGNAL_PURPOSE;
	if (is_speculative(x_purpose))
		signals |= VERDICT_SIGNAL_X_PURPOSE;
	if (is_speculative(x_moz))
		signals |= VERDICT_SIGNAL_X_MOZ;
	return (uint8_t)signals;
}

/* The host of `scheme://user@host:port/path`, or empty. */
static struct str host_of(struct str referer)
{
	size_t at;

	if (referer.n > VERDICT_VALUE_MAX)
		referer.n = VERDICT_VALUE_MAX;
	at = str_find(referer, ':');
	referer = str_skip(referer, at);
	if (!str_starts(referer, STR("://")))
		return (struct str){0};
	referer = str_skip(referer, 3);
	for (at = 0; at < referer.n; at++)
		if (referer.p[at] == '/' || referer.p[at] == '?' ||
			referer.p[at] == '#')
			break;
	referer.n = at;
	at = str_find(referer, '@');
	if (at < referer.n)
		referer = str_skip(referer, at + 1);
	/* An IPv6 address has more colons, and its brackets. */
	if (referer.n && referer.p[0] != '[')
		referer.n = str_find(referer, ':');
	if (referer.n && referer.p[referer.n - 1] == '.')
		referer.n--;
	return referer;
}

static bool is_host_or_below(struct str host, struct str of)
{
	struct str end;

	if (host.n < of.n)
		return false;
	end = str_skip(host, host.n - of.n);
	if (of.n == 0 || !str_eq_nocase(end, of))
		return false;
	return host.n == of.n || host.p[host.n - of.n - 1] == '.';
}

static bool is_scanner(struct str referer)
{
	struct str host = host_of(referer);

	for (size_t i = 0; i < verdict_scanner_hosts_n; i++)
		if (is_host_or_below(host, str_from(verdict_scanner_hosts[i])))
			return true;
	return false;
}

static bool row_matches(
	const struct verdict_file_rule *rule, const struct verdict_input *input)
{
	if (rule->how == VERDICT_IP_IN)
		return ip_in(&input->ip, &rule->prefix);
	return is_host_or_below(host_of(input->referer), rule->text);
}

/* The operator's first rule that matches, or NULL: of those on agents the
 * judgement holds the first. */
static const struct verdict_file_rule *operator_rule(
	const struct verdict_rules *rules, const struct verdict_input *input)
{
	const struct verdict_file *file = &rules->file;

	ASSERT(input->agent.row <= file->n); /* else: another object's rules */
	for (size_t i = 0; i < rules->click_rows_n; i++) {
		unsigned row = rules->click_rows[i];

		if (input->agent.row && row >= input->agent.row)
			break;
		if (row_matches(&file->rules[row], input))
			return &file->rules[row];
	}
	return input->agent.row ? &file->rules[input->agent.row - 1] : NULL;
}

static struct judgement judge(enum verdict verdict, enum reason reason)
{
	return (struct judgement){(uint8_t)verdict, (uint8_t)reason, 0};
}

struct judgement verdict_click(
	const struct verdict_rules *rules, const struct verdict_input *input)
{
	const struct verdict_file_rule *rule;

	if (input->is_head)
		return judge(VERDICT_PROBE, REASON_HEAD_METHOD);
	rule = operator_rule(rules, input);
	if (rule)
		return judge(rule->verdict, REASON_OPERATOR_RULE);
	for (size_t i = 0; i < COUNT(signal_reasons); i++)
		if (input->signals >> i & 1)
			return judge(VERDICT_PREFETCH, signal_reasons[i]);
	if (input->agent.reason != REASON_NONE &&
		input->agent.reason != REASON_UAP_SPIDER)
		return input->agent;
	if (input->referer.n && is_scanner(input->referer))
		return judge(VERDICT_BOT, REASON_SCANNER_REFERER);
	return input->agent;
}

static const char *const verdict_names[VERDICTS] = {
	[VERDICT_HUMAN] = "human",
	[VERDICT_PREVIEW] = "preview",
	[VERDICT_PREFETCH] = "prefetch",
	[VERDICT_BOT] = "bot",
	[VERDICT_PROBE] = "probe",
	[VERDICT_REPEAT] = "repeat",
};

static const char *const reason_names[REASONS] = {
	[REASON_NONE] = "none",
	[REASON_HEAD_METHOD] = "head-method",
	[REASON_SEC_PURPOSE] = "sec-purpose",
	[REASON_PURPOSE] = "purpose",
	[REASON_X_PURPOSE] = "x-purpose",
	[REASON_X_MOZ] = "x-moz",
	[REASON_WHATSAPP_AGENT] = "whatsapp-agent",
	[REASON_REPEAT] = "repeat",
	[REASON_OPERATOR_RULE] = "operator-rule",
	[REASON_WHATSAPP_APP] = "whatsapp-app",
	[REASON_META_APP] = "meta-app",
	[REASON_META_AGENT] = "meta-agent",
	[REASON_MESSAGING_PREVIEW] = "messaging-preview",
	[REASON_LINK_PREVIEW] = "link-preview",
	[REASON_SEARCH_AGENT] = "search-agent",
	[REASON_AI_AGENT] = "ai-agent",
	[REASON_SEO_AGENT] = "seo-agent",
	[REASON_AD_AGENT] = "ad-agent",
	[REASON_MONITOR_AGENT] = "monitor-agent",
	[REASON_SCANNER_AGENT] = "scanner-agent",
	[REASON_SCANNER_REFERER] = "scanner-referer",
	[REASON_FEED_AGENT] = "feed-agent",
	[REASON_ARCHIVE_AGENT] = "archive-agent",
	[REASON_SERVICE_AGENT] = "service-agent",
	[REASON_HTTP_LIBRARY] = "http-library",
	[REASON_HEADLESS] = "headless",
	[REASON_EMPTY_AGENT] = "empty-agent",
	[REASON_GENERIC_WORD] = "generic-word",
	[REASON_AGENT_URL] = "agent-url",
	[REASON_NO_BROWSER] = "no-browser",
	[REASON_UAP_SPIDER] = "uap-spider",
};

const char *verdict_name(unsigned verdict)
{
	return verdict < VERDICTS ? verdict_names[verdict] : "unknown";
}

const char *reason_name(unsigned reason)
{
	return reason < REASONS ? reason_names[reason] : "unknown";
}

enum err verdict_parse(struct str name, enum verdict *verdict)
{
	for (unsigned v = 0; v < VERDICTS; v++) {
		if (!str_is(name, verdict_names[v]))
			continue;
		*verdict = (enum verdict)v;
		return OK;
	}
	return ERR_INVALID;
}
